//! From sources to a checked configuration, or to everything that is wrong with them.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use crate::config::Config;
use crate::decode::{Found, decode};
use crate::environment::Environment;
use crate::error::{ConfigError, ConfigErrors, Fault, FileFault, MAX_ERRORS};
use crate::flag::Flag;
use crate::key_path::KeyPath;
use crate::layer::{At, Layer, Layers, Setter};
use crate::loaded::Loaded;
use crate::origin::Origin;
use crate::release::{self, PolicyText};
use crate::schema::Shapes;
use crate::sections::{Checks, providers};
use crate::tree::Tree;
use crate::{near, read};

/// Where settings come from, lowest layer first: defaults, then these in order.
#[derive(Clone, Debug, Default)]
pub struct Source {
    /// The file, if there is one; see [`crate::discover`].
    pub file: Option<PathBuf>,
    /// The environment variables.
    pub environment: Environment,
    /// The command-line flags.
    pub flags: Vec<Flag>,
    /// Files that lie over the release policy `default`, the strongest last, as `--policy` names them.
    pub policies: Vec<PathBuf>,
}

/// Reads, merges and checks all layers.
///
/// # Errors
/// Everything that is wrong with any of them, or only what keeps the file from being read at all.
pub fn load(source: &Source) -> Result<Loaded, ConfigErrors> {
    let mut errors = Errors::default();
    let mut layers = Layers::default();
    let mut texts = Texts::default();
    if let Some(path) = &source.file {
        let (parsed, misread) = read::file(path)?;
        errors.list.extend(misread);
        layers.0.push(Layer { setter: Setter::File(path.clone()), tree: parsed.tree, marks: parsed.marks });
    }
    let file_layers = layers.0.len();
    texts.read(source, &mut layers, &mut errors);
    if layers.0.len() > file_layers {
        // A mistake in the file is one even where a variable or a flag covers it.
        let file = Layers(layers.0.get(..file_layers).unwrap_or_default().to_vec());
        typed(&file, &mut errors)?;
    }
    let config = typed(&layers, &mut errors)?;
    let config = config.and_then(|config| checked(config, source.file.as_deref(), &layers, &mut errors));
    let policies = config.as_ref().map(|config| {
        let more = release::More { texts: texts.policy, files: &source.policies };
        release::read(config, source.file.as_deref(), &layers, &more, &mut errors.list)
    });
    match (errors.into_report(), config.zip(policies)) {
        (Some(report), _) => Err(report),
        (None, Some((config, policies))) => Ok(Loaded::new(config, source, layers, policies)),
        // Not reached: without a configuration there is an error.
        (None, None) => Err(ConfigErrors::one(
            Origin::BuiltIn,
            KeyPath::ROOT,
            Fault::Grammar { problem: "the configuration cannot be read".to_owned() },
        )),
    }
}

/// The texts of variables and flags, as far as they are no settings of a section.
#[derive(Default)]
struct Texts {
    /// Those that set an option of the release policy.
    policy: Vec<PolicyText>,
}

impl Texts {
    /// Adds a layer for each environment variable and each flag.
    fn read(&mut self, source: &Source, layers: &mut Layers, errors: &mut Errors) {
        let variables: Vec<_> = source.environment.settings().collect();
        if variables.is_empty() && source.flags.is_empty() {
            return;
        }
        let shapes = Shapes::new();
        let mut add = |setter: Setter, keys: Vec<&str>, text: &str| {
            if PolicyText::is_meant(&keys) {
                let keys = keys.into_iter().map(str::to_owned).collect();
                self.policy.push(PolicyText { setter, keys, text: text.to_owned() });
                return;
            }
            match shapes.read(&keys, text) {
                Ok((path, value)) => layers.0.push(Layer::single(setter, &path, value)),
                Err((key, fault)) => errors.list.push(ConfigError { origin: setter.origin(), key, fault }),
            }
        };
        let mut unreadable = Vec::new();
        for (name, setting, value) in variables {
            let setter = Setter::Variable(name.to_owned());
            if let Some(text) = value.to_str() {
                add(setter, setting.split("__").collect(), text);
            } else {
                let fault = FileFault::VariableNotUtf8.into();
                unreadable.push(ConfigError { origin: setter.origin(), key: KeyPath::ROOT, fault });
            }
        }
        for flag in &source.flags {
            add(Setter::Flag(flag.name().to_owned()), flag.key().split('.').collect(), flag.value());
        }
        errors.list.append(&mut unreadable);
    }
}

/// Types the merged layers; notes what has no type.
fn typed(layers: &Layers, errors: &mut Errors) -> Result<Option<Config>, ConfigErrors> {
    let merged = layers.merged();
    let mut tree: Tree =
        merged.map_err(|problem| ConfigErrors::one(Origin::BuiltIn, KeyPath::ROOT, Fault::Grammar { problem }))?;
    let mut found = Vec::new();
    providers::prepare(&mut tree, &mut found);
    let decoded = decode::<Config>(tree);
    found.extend(decoded.found);
    errors.add(found, layers);
    Ok(decoded.value)
}

/// Checks what types can't say, in sections that have nothing wrong yet, and makes paths absolute.
fn checked(mut config: Config, file: Option<&Path>, layers: &Layers, errors: &mut Errors) -> Option<Config> {
    let faulty: BTreeSet<_> = errors.list.iter().filter_map(|it| it.key.section()).map(str::to_owned).collect();
    let mut checks = Checks::new();
    config.check(&mut checks, |section| !faulty.contains(section));
    if !faulty.contains("trust") {
        config.check_between(&mut checks, |section| !faulty.contains(section));
    }
    let mut found = checks.into_found();
    let folder = file.map(folder_of);
    for (key, path) in config.paths() {
        let relative = path.resolve(folder.as_deref()).is_none();
        if relative && !key.section().is_some_and(|section| faulty.contains(section)) {
            found.push(Found { key, fault: Fault::RelativePath { path: path.given().to_owned() } });
        }
    }
    errors.add(found, layers);
    errors.list.is_empty().then_some(config)
}

/// The absolute path of the folder that `file` is in.
fn folder_of(file: &Path) -> PathBuf {
    let absolute = std::path::absolute(file).unwrap_or_else(|_| file.to_owned());
    absolute.parent().unwrap_or(&absolute).to_owned()
}

/// What was found wrong so far.
#[derive(Default)]
struct Errors {
    list: Vec<ConfigError>,
    more: bool,
}

impl Errors {
    fn add(&mut self, found: Vec<Found>, layers: &Layers) {
        self.more |= found.len() > MAX_ERRORS;
        self.list.extend(locate(found, layers));
    }

    fn into_report(mut self) -> Option<ConfigErrors> {
        let strangers = self.list.iter_mut().filter(|error| matches!(error.fault, Fault::UnknownKey { .. }));
        let mut known = None;
        for error in strangers {
            let known: &Vec<String> = known.get_or_insert_with(|| Shapes::new().key_paths());
            if let Fault::UnknownKey { key, elsewhere, .. } = &mut error.fault {
                *elsewhere = near::elsewhere(&error.key.to_string(), key, known.iter().map(String::as_str));
            }
        }
        ConfigErrors::of(self.list, self.more)
    }
}

/// Ties faults to the places where their values were written.
pub(crate) fn locate(found: Vec<Found>, layers: &Layers) -> Vec<ConfigError> {
    let place = |Found { key, fault }: Found| {
        let at = if matches!(fault, Fault::UnknownKey { .. }) { At::Key } else { At::Value };
        ConfigError { origin: layers.place_of(&key, at), key, fault }
    };
    found.into_iter().map(place).collect()
}
