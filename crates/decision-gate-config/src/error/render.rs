//! Errors as text, one a line, and as JSON.

use std::fmt;

use serde_json::{Value, json};

use super::{ConfigError, ConfigErrors, MAX_ERRORS};

impl fmt::Display for ConfigErrors {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, error) in self.errors.iter().enumerate() {
            if index > 0 {
                f.write_str("\n")?;
            }
            write!(f, "{error}")?;
        }
        if self.more { write!(f, "\nonly the first {MAX_ERRORS} errors are listed") } else { Ok(()) }
    }
}

impl ConfigErrors {
    /// `{"errors": [{code, message, hint, key, origin, allowed, nearest}], "more": false}`.
    pub fn to_json(&self) -> Value {
        json!({ "errors": self.errors.iter().map(ConfigError::to_json).collect::<Vec<_>>(), "more": self.more })
    }
}

impl ConfigError {
    /// The error as one JSON object.
    pub fn to_json(&self) -> Value {
        json!({
            "code": self.code(),
            "message": self.fault.to_string(),
            "hint": self.fault.hint(),
            "key": self.key.to_string(),
            "origin": self.origin.to_json(),
            "allowed": self.fault.allowed(),
            "nearest": self.fault.nearest(),
        })
    }
}
