//! The issuer directory as a file: a JSON list of issuers, read strictly, with the place of whatever is wrong.

use decision_gate_core::json::{self, JsonError, Limits, pointer};
use serde::Deserialize as _;
use serde_json::Value;

use super::directory::{DirectoryError, Issuer, IssuerDirectory};

/// Some thousand issuers.
pub const MAX_DIRECTORY_BYTES: usize = 4 << 20;

/// Why bytes are no issuer directory.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum DirectoryFileFault {
    /// Not strict JSON.
    #[error("not strict json: {0}")]
    Json(#[source] JsonError),
    /// Not a list of issuers.
    #[error("malformed at `{pointer}`: {problem}")]
    Form {
        /// Where: JSON Pointer; empty for the whole.
        pointer: String,
        /// What is wrong there.
        problem: String,
    },
    /// Issuers that do not go together.
    #[error(transparent)]
    Directory(#[from] DirectoryError),
}

impl DirectoryFileFault {
    /// Stable code.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Json(error) => error.code(),
            Self::Form { .. } => "issuers_invalid",
            Self::Directory(error) => error.code(),
        }
    }
}

/// Reads a directory.
///
/// # Errors
/// [`DirectoryFileFault`] with the place.
pub fn read_directory(bytes: &[u8]) -> Result<IssuerDirectory, DirectoryFileFault> {
    let form = |pointer, problem| DirectoryFileFault::Form { pointer, problem };
    let value = json::parse_exact(bytes, &Limits::message(MAX_DIRECTORY_BYTES)).map_err(DirectoryFileFault::Json)?;
    let Value::Array(entries) = value else {
        return Err(form(String::new(), "it must be a list of issuers".to_owned()));
    };
    let mut issuers = Vec::new();
    for (index, entry) in entries.iter().enumerate() {
        let mut at = String::new();
        pointer::push_index(&mut at, index);
        if !entry.is_object() {
            return Err(form(at, "an issuer is an object".to_owned()));
        }
        issuers.push(Issuer::deserialize(entry).map_err(|error| form(at, plain(&error.to_string())))?);
    }
    Ok(IssuerDirectory::new(issuers)?)
}

/// What serde says, unless it names what only our sources know.
fn plain(message: &str) -> String {
    if ["struct ", "enum ", "variant identifier"].iter().any(|it| message.contains(it)) {
        return "it has another form than `issuers add` writes there".to_owned();
    }
    message.to_owned()
}
