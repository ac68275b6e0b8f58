//! One document of a policy, its layer's name, and where each of its values was written.

use std::path::{Path, PathBuf};

use decision_gate_policy::options::OptionFault;
use serde_json::Value;

use super::places::steps;
use super::{More, text};
use crate::config::Config;
use crate::error::{ConfigError, ConfigErrors, Fault, FileFault};
use crate::key_path::{KeyPath, Segment};
use crate::layer::{At, Layer, Layers, Setter};
use crate::origin::Origin;
use crate::tree::Marks;
use crate::{document, read};

/// One document of a policy.
#[derive(Clone, Debug)]
pub(crate) struct Written {
    /// What rows, `config show` and the policy's snapshot call it.
    pub(crate) layer: String,
    pub(crate) document: Value,
    places: Places,
}

/// Where the values of a document were written.
#[derive(Clone, Debug)]
enum Places {
    /// In a file of their own.
    File(PathBuf, Marks),
    /// Below a key of the configuration.
    Within(KeyPath, Layers),
    /// In a variable or a flag, which has no lines.
    Text(Origin),
}

impl Written {
    /// Reads a file; `given` is its path as it was written.
    pub(crate) fn file(path: &Path, given: &str) -> Result<Self, Vec<ConfigError>> {
        let errors = |errors: ConfigErrors| errors.errors().to_vec();
        let (parsed, misread) = read::file(path).map_err(errors)?;
        if !misread.is_empty() {
            return Err(misread);
        }
        let document = document::value(&parsed.tree).map_err(|problem| {
            let origin = Origin::File { path: path.to_owned(), line: None, column: None };
            errors(ConfigErrors::one(origin, KeyPath::ROOT, FileFault::Syntax { problem }))
        })?;
        Ok(Self { layer: layer_name(given), document, places: Places::File(path.to_owned(), parsed.marks) })
    }

    /// A document that stands in the configuration itself.
    pub(crate) fn inline(document: &Value, at: &KeyPath, layers: &Layers) -> Self {
        Self { layer: at.to_string(), document: document.clone(), places: Places::Within(at.clone(), layers.clone()) }
    }

    /// A document of one value that a variable or a flag sets.
    pub(crate) fn text(setter: &Setter, path: &KeyPath, value: &Value) -> Self {
        let nest = |inner: Value, segment: &Segment| match segment {
            Segment::Key(key) => Value::Object([(key.clone(), inner)].into_iter().collect()),
            Segment::Index(_) => Value::Array(vec![inner]),
        };
        let document = path.segments().iter().rev().fold(value.clone(), nest);
        let layer = match setter {
            Setter::File(path) => layer_name(&path.display().to_string()),
            Setter::Variable(name) | Setter::Flag(name) => name.clone(),
        };
        Self { layer, document, places: Places::Text(setter.origin()) }
    }

    /// The file that it was read from, if it has one of its own.
    pub(crate) fn path(&self) -> Option<&Path> {
        match &self.places {
            Places::File(path, _) => Some(path),
            Places::Within(..) | Places::Text(_) => None,
        }
    }

    /// Whether it is a file, in which a mistake is one even where something covers it.
    pub(crate) fn is_file(&self) -> bool {
        matches!(self.places, Places::File(..) | Places::Within(..))
    }

    /// Whether it has a value at exactly this path of an option.
    pub(crate) fn writes(&self, path: &str) -> bool {
        steps(path, &self.document).1
    }

    /// The steps of such a path, as far as this document has them.
    pub(crate) fn steps(&self, path: &str) -> KeyPath {
        steps(path, &self.document).0
    }

    /// Where the value at this path was written, or the nearest one around it.
    pub(crate) fn origin(&self, path: &str, at: At) -> Origin {
        let (steps, _) = steps(path, &self.document);
        match &self.places {
            Places::Text(origin) => origin.clone(),
            Places::Within(key, layers) => {
                let path = steps.segments().iter().cloned();
                layers.place_of(&KeyPath::from(key.segments().iter().cloned().chain(path).collect::<Vec<_>>()), at)
            }
            Places::File(path, marks) => {
                let layer =
                    Layer { setter: Setter::File(path.clone()), tree: crate::tree::Tree::Null, marks: marks.clone() };
                Layers(vec![layer]).place_of(&steps, at)
            }
        }
    }

    /// A fault about an option, with its place.
    pub(crate) fn error(&self, fault: OptionFault, at: At) -> ConfigError {
        let at = if matches!(fault, OptionFault::UnknownKey { .. }) { at } else { At::Value };
        let origin = self.origin(fault.path(), at);
        let key = self.steps(fault.path());
        ConfigError { origin, key, fault: Fault::option(fault) }
    }
}

/// A fault about an option that several documents may have written: the last that did.
pub(crate) fn located(written: &[Written], fault: OptionFault) -> ConfigError {
    let own = written.iter().rev().find(|it| it.writes(fault.path())).or_else(|| written.last());
    match own {
        Some(own) => own.error(fault, At::Value),
        None => ConfigError { origin: Origin::BuiltIn, key: KeyPath::ROOT, fault: Fault::option(fault) },
    }
}

/// Variables, then files that flags name, then flags.
pub(crate) fn of_flags(more: &More<'_>, config: &Config, errors: &mut Vec<ConfigError>) -> Vec<Written> {
    let (variables, flags): (Vec<_>, Vec<_>) =
        more.texts.iter().partition(|it| matches!(it.setter, Setter::Variable(_)));
    let mut written = text::read(&variables, config, errors);
    for file in more.files {
        match Written::file(file, &file.to_string_lossy()) {
            Ok(it) => written.push(it),
            Err(faults) => errors.extend(faults),
        }
    }
    written.extend(text::read(&flags, config, errors));
    written
}

/// The path as it was written; of an absolute one the last part, since where a machine keeps its files is no part of
/// a policy.
fn layer_name(given: &str) -> String {
    let path = Path::new(given);
    let last = path.file_name().map(|name| name.to_string_lossy().into_owned());
    if path.is_absolute() || path.has_root() { last.unwrap_or_else(|| given.to_owned()) } else { given.to_owned() }
}
