//! From the bytes of a file to a [`Tree`] with [`Marks`], for each of the three formats.
//!
//! Each reader refuses what its format calls malformed and what would be lost silently: duplicate keys, aliases
//! beyond a limit, more than one document. Nothing here knows any key.

mod json;
mod toml;
mod yaml;

use std::fs::File;
use std::io::Read as _;
use std::path::Path;

use crate::error::{ConfigError, ConfigErrors, Fault, FileFault};
use crate::key_path::KeyPath;
use crate::origin::Origin;
use crate::tree::{Mark, Marks, Tree};

pub(crate) use self::toml::value as toml_value;

/// The most bytes of a configuration file that are read.
pub const MAX_FILE_BYTES: u64 = 1024 * 1024;

/// The deepest that tables and lists stand within one another.
const MAX_DEPTH: usize = 64;

/// What a reader made of a text.
#[derive(Default)]
pub(crate) struct Parsed {
    pub(crate) tree: Tree,
    pub(crate) marks: Marks,
    /// Values that are well-formed and that no setting can hold; they are left out of the tree.
    misreads: Vec<Misread>,
}

/// Something wrong at a place of a text.
pub(crate) struct Misread {
    pub(crate) mark: Option<Mark>,
    pub(crate) key: KeyPath,
    pub(crate) fault: Fault,
}

impl Misread {
    fn syntax(mark: Option<Mark>, problem: impl Into<String>) -> Self {
        Self { mark, key: KeyPath::ROOT, fault: FileFault::Syntax { problem: problem.into() }.into() }
    }
}

/// The formats, by file extension.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Format {
    Toml,
    Yaml,
    Json,
}

impl Format {
    /// The extensions in the order in which a folder is searched for them.
    pub(crate) const EXTENSIONS: [&str; 4] = ["toml", "yaml", "yml", "json"];

    fn of(path: &Path) -> Option<Self> {
        match path.extension()?.to_str()? {
            "toml" => Some(Self::Toml),
            "yaml" | "yml" => Some(Self::Yaml),
            "json" => Some(Self::Json),
            _ => None,
        }
    }

    fn read(self, text: &str) -> Result<Parsed, Vec<Misread>> {
        let parsed = match self {
            Self::Toml => toml::read(text)?,
            Self::Yaml => yaml::read(text).map_err(|misread| vec![misread])?,
            Self::Json => json::read(text).map_err(|misread| vec![misread])?,
        };
        // An empty YAML file is a configuration that sets nothing.
        if self == Self::Yaml && parsed.tree == Tree::Null {
            return Ok(Parsed { tree: Tree::table(), ..parsed });
        }
        if let Tree::Table(_) = parsed.tree {
            return Ok(parsed);
        }
        let fault = Fault::Type { expected: "a table of sections".to_owned(), found: parsed.tree.describe() };
        Err(vec![Misread { mark: parsed.marks.value, key: KeyPath::ROOT, fault }])
    }
}

/// Reads and parses the file at `path`. The errors beside the result leave the rest of the file worth reading.
pub(crate) fn file(path: &Path) -> Result<(Parsed, Vec<ConfigError>), ConfigErrors> {
    let whole = |fault: FileFault| {
        ConfigErrors::one(Origin::File { path: path.to_owned(), line: None, column: None }, KeyPath::ROOT, fault)
    };
    let format = Format::of(path).ok_or_else(|| whole(FileFault::UnknownFormat))?;
    let text = text(path).map_err(whole)?;
    let located = |misreads: Vec<Misread>| misreads.into_iter().map(|it| it.into_error(path)).collect();
    match format.read(&text) {
        Ok(mut parsed) => {
            let errors = located(std::mem::take(&mut parsed.misreads));
            Ok((parsed, errors))
        }
        Err(misreads) => {
            let errors = located(misreads);
            let silent = || whole(FileFault::Syntax { problem: "the file cannot be parsed".to_owned() });
            Err(ConfigErrors::of(errors, false).unwrap_or_else(silent))
        }
    }
}

impl Misread {
    fn into_error(self, path: &Path) -> ConfigError {
        let (line, column) = self.mark.map_or((None, None), |mark| (Some(mark.line), Some(mark.column)));
        ConfigError { origin: Origin::File { path: path.to_owned(), line, column }, key: self.key, fault: self.fault }
    }
}

fn text(path: &Path) -> Result<String, FileFault> {
    let bytes = bytes(path, MAX_FILE_BYTES)?;
    String::from_utf8(bytes).map_err(|error| FileFault::NotUtf8 { offset: error.utf8_error().valid_up_to() })
}

/// Reads a file of at most `limit` bytes.
pub(crate) fn bytes(path: &Path, limit: u64) -> Result<Vec<u8>, FileFault> {
    let failed = |error: std::io::Error| {
        let kind = error.kind();
        let missing = kind == std::io::ErrorKind::NotFound;
        if missing { FileFault::NotFound } else { FileFault::Unreadable { reason: kind.to_string() } }
    };
    // Asked before opening, since opening a pipe would wait for its writer.
    if !std::fs::metadata(path).map_err(failed)?.is_file() {
        return Err(FileFault::NotAFile);
    }
    let mut bytes = Vec::new();
    File::open(path).map_err(failed)?.take(limit + 1).read_to_end(&mut bytes).map_err(failed)?;
    if bytes.len() as u64 > limit { Err(FileFault::TooLarge { limit }) } else { Ok(bytes) }
}

/// Reads a list or a table written in one line, as a variable or a flag carries it: JSON, or TOML as in a file.
pub(crate) fn inline(text: &str) -> Result<Tree, Fault> {
    if let Ok(parsed) = json::read(text) {
        return Ok(parsed.tree);
    }
    toml_value(text).map_err(|problem| {
        FileFault::Syntax { problem: format!("neither json nor an inline toml value: {problem}") }.into()
    })
}
