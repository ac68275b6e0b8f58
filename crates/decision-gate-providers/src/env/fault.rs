//! Why `env` gives no answer. No variant knows a value.

use decision_gate_core::evidence::{Fault, FaultCode};
use serde_json::{Value, json};
use thiserror::Error;

use crate::error::bounded;

/// Why there is no answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub(super) enum EnvFault<'a> {
    #[error("the name has `{length}` bytes, the limit is `{limit}`")]
    KeyTooLong { length: usize, limit: usize },
    #[error("the variable `{}` is not opened in the settings", bounded(key))]
    NotAllowed { key: &'a str },
    #[error("the value of `{key}` has `{length}` bytes, the limit is `{limit}`")]
    TooLarge { key: &'a str, length: usize, limit: usize },
    #[error("the value of `{key}` is not utf-8")]
    NotUtf8 { key: &'a str },
}

impl EnvFault<'_> {
    /// Stable code.
    pub(super) fn code(self) -> &'static str {
        match self {
            Self::KeyTooLong { .. } => "env_key_too_long",
            Self::NotAllowed { .. } => "env_key_not_allowed",
            Self::TooLarge { .. } => "evidence_too_large",
            Self::NotUtf8 { .. } => "env_value_not_utf8",
        }
    }

    /// What to do about it.
    fn hint(self) -> &'static str {
        match self {
            Self::KeyTooLong { .. } => "ask for a shorter name, or raise `max_key_bytes`",
            Self::NotAllowed { .. } => "name the variable under `allow` of the provider `env`",
            Self::TooLarge { .. } => "shorten the value, or raise `max_value_bytes`",
            Self::NotUtf8 { .. } => "set the variable to utf-8 text",
        }
    }

    fn facts(self) -> Value {
        match self {
            Self::KeyTooLong { length, limit } => {
                json!({ "max_bytes": limit, "actual_bytes": length, "hint": self.hint() })
            }
            Self::NotAllowed { key } => json!({ "key": bounded(key), "hint": self.hint() }),
            Self::TooLarge { key, length, limit } => {
                json!({ "key": key, "max_bytes": limit, "actual_bytes": length, "hint": self.hint() })
            }
            Self::NotUtf8 { key } => json!({ "key": key, "hint": self.hint() }),
        }
    }
}

impl From<EnvFault<'_>> for Fault {
    fn from(fault: EnvFault<'_>) -> Self {
        Self::new(FaultCode::known(fault.code()), fault.to_string()).with_details(fault.facts())
    }
}
