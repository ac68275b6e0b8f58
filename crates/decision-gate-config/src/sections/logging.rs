//! `logging`: what is logged to stderr, and how.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Section;
use crate::values::text_type;

/// What is logged to stderr, and how.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Logging {
    /// `error`, `warn`, `info`, `debug`, `trace` or `off`, or levels by target such as
    /// `warn,decision_gate_mcp=debug`.
    pub level: LogLevel,
    /// The form of a log line.
    pub format: LogFormat,
}

impl Default for Logging {
    fn default() -> Self {
        Self { level: LogLevel("info".to_owned()), format: LogFormat::Text }
    }
}

impl Section for Logging {}

/// The form of a log line.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum LogFormat {
    /// For people.
    Text,
    /// One JSON object a line.
    Json,
}

const LEVELS: [&str; 6] = ["off", "error", "warn", "info", "debug", "trace"];

text_type! {
    /// A level, or a list of levels by target.
    LogLevel, LogLevelFault, check_level, {
        "type": "string",
        "pattern": "^(([A-Za-z0-9_:-]+=)?(off|error|warn|info|debug|trace))(,([A-Za-z0-9_:-]+=)?(off|error|warn|info|debug|trace))*$"
    }
}

/// Why a text is not a log level.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LogLevelFault {
    /// Not one of the levels.
    #[error("`{level}` is not a log level: `off`, `error`, `warn`, `info`, `debug` or `trace`")]
    Level {
        /// As it was written.
        level: String,
    },
    /// Not the name of a module.
    #[error("`{target}` is not a log target: letters, digits and `_:-`")]
    Target {
        /// As it was written.
        target: String,
    },
}

fn check_level(text: &str) -> Result<(), LogLevelFault> {
    for directive in text.split(',') {
        let (target, level) = directive.split_once('=').unwrap_or(("-", directive));
        if target.is_empty() || !target.chars().all(|it| it.is_ascii_alphanumeric() || matches!(it, '_' | ':' | '-')) {
            return Err(LogLevelFault::Target { target: target.to_owned() });
        }
        if !LEVELS.contains(&level) {
            return Err(LogLevelFault::Level { level: level.to_owned() });
        }
    }
    Ok(())
}
