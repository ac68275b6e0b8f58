//! Where a setting came from.

use std::fmt;
use std::path::PathBuf;

use serde_json::{Value, json};

/// The layer that set a value, and the place in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Origin {
    /// Nobody set it.
    BuiltIn,
    /// A configuration file.
    File {
        /// Its path, as it was given or found.
        path: PathBuf,
        /// From 1; absent when the fault is about the file as a whole.
        line: Option<u32>,
        /// In characters, from 1.
        column: Option<u32>,
    },
    /// An environment variable.
    Variable {
        /// Its whole name.
        name: String,
    },
    /// A command-line flag.
    Flag {
        /// As the user writes it, such as `--profile`.
        name: String,
    },
}

impl Origin {
    /// The origin as one JSON object, tagged by `kind`.
    pub fn to_json(&self) -> Value {
        match self {
            Self::BuiltIn => json!({ "kind": "default" }),
            Self::File { path, line, column } => {
                json!({ "kind": "file", "path": path.display().to_string(), "line": line, "column": column })
            }
            Self::Variable { name } => json!({ "kind": "environment", "variable": name }),
            Self::Flag { name } => json!({ "kind": "flag", "flag": name }),
        }
    }

    /// Files by name and line, then variables and flags by name.
    pub(crate) fn order(&self) -> (u8, String, u32, u32) {
        match self {
            Self::BuiltIn => (0, String::new(), 0, 0),
            Self::File { path, line, column } => {
                (1, path.display().to_string(), line.unwrap_or(0), column.unwrap_or(0))
            }
            Self::Variable { name } => (2, name.clone(), 0, 0),
            Self::Flag { name } => (3, name.clone(), 0, 0),
        }
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::BuiltIn => f.write_str("default"),
            Self::File { path, line, column } => {
                write!(f, "{}", path.display())?;
                match (line, column) {
                    (Some(line), Some(column)) => write!(f, ":{line}:{column}"),
                    (Some(line), None) => write!(f, ":{line}"),
                    (None, _) => Ok(()),
                }
            }
            Self::Variable { name } | Self::Flag { name } => f.write_str(name),
        }
    }
}
