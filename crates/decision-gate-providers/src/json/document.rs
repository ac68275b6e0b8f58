//! From the bytes of a file to a document: strict JSON, or YAML of the same data model.

use std::fmt;

use decision_gate_core::json::{self, JsonError, Limits, Parsed};
use serde_json::{Map, Value, json};

use super::relative::RelativePath;
use super::yaml::{self, YamlFault};
use crate::refusal::{NotJson, Refusal, facts};

/// How a file is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Format {
    Json,
    Yaml,
}

/// Why bytes are no document.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum DocumentFault {
    YamlDisabled,
    Empty,
    Json(JsonError),
    Yaml(YamlFault),
}

impl Format {
    /// As the name's ending says.
    pub(super) fn of(path: &RelativePath) -> Self {
        let ending = path.name().rsplit_once('.').map(|(_, ending)| ending);
        let yaml = ending.is_some_and(|it| it.eq_ignore_ascii_case("yaml") || it.eq_ignore_ascii_case("yml"));
        if yaml { Self::Yaml } else { Self::Json }
    }

    /// Its media type.
    pub(super) fn content_type(self) -> &'static str {
        match self {
            Self::Json => "application/json",
            Self::Yaml => "application/yaml",
        }
    }

    /// The document that `bytes` are.
    pub(super) fn parse(self, bytes: &[u8]) -> Result<Parsed, DocumentFault> {
        if bytes.iter().all(u8::is_ascii_whitespace) {
            return Err(DocumentFault::Empty);
        }
        match self {
            Self::Json => json::parse(bytes, &Limits::evidence(bytes.len())).map_err(DocumentFault::Json),
            Self::Yaml => yaml::parse(bytes).map_err(DocumentFault::Yaml),
        }
    }
}

/// Says the place and never what stands there.
impl fmt::Display for DocumentFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::YamlDisabled => f.write_str("yaml files are not read here"),
            Self::Empty => f.write_str("the file is empty"),
            Self::Yaml(fault) => fault.fmt(f),
            Self::Json(error) => NotJson { what: "file", error }.fmt(f),
        }
    }
}

impl Refusal for DocumentFault {
    fn code(&self) -> &'static str {
        match self {
            Self::YamlDisabled => "yaml_disabled",
            Self::Empty => "file_empty",
            Self::Json(error) => NotJson::code(error),
            Self::Yaml(fault) => fault.code(),
        }
    }

    fn hint(&self) -> &'static str {
        match self {
            Self::YamlDisabled => "write the file as json, or set `allow_yaml`",
            Self::Empty => "run the step that writes the file to its end",
            Self::Json(error) => error.hint(),
            Self::Yaml(fault) => fault.hint(),
        }
    }

    fn facts(&self) -> Map<String, Value> {
        match self {
            Self::Json(error) => NotJson::facts(error),
            Self::Yaml(fault) => match fault.place() {
                Some(at) => facts([("line", json!(at.line)), ("column", json!(at.column))]),
                None => Map::new(),
            },
            Self::YamlDisabled | Self::Empty => Map::new(),
        }
    }
}
