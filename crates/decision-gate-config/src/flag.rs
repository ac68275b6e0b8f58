//! A command-line flag that sets something.

use crate::error::{ConfigErrors, Fault};
use crate::key_path::KeyPath;
use crate::origin::Origin;

/// A flag, the setting that it sets, and the text that it sets it to. The text is read as an environment
/// variable's is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Flag {
    name: String,
    key: String,
    value: String,
}

impl Flag {
    /// The flag `name`, as the user writes it (`--profile`), that sets `key` (`server.profile`).
    pub fn new(name: impl Into<String>, key: impl Into<String>, value: impl Into<String>) -> Self {
        Self { name: name.into(), key: key.into(), value: value.into() }
    }

    /// The flag that sets any key: `KEY=VALUE`.
    ///
    /// # Errors
    /// If there is no `=`, or nothing before it.
    pub fn set(name: impl Into<String>, assignment: &str) -> Result<Self, ConfigErrors> {
        let name = name.into();
        match assignment.split_once('=') {
            Some((key, value)) if !key.trim().is_empty() => Ok(Self::new(name, key.trim(), value)),
            _ => {
                let fault = Fault::Type { expected: "`KEY=VALUE`".to_owned(), found: format!("string `{assignment}`") };
                Err(ConfigErrors::one(Origin::Flag { name }, KeyPath::ROOT, fault))
            }
        }
    }

    /// As the user writes it.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The setting, such as `server.profile`.
    pub fn key(&self) -> &str {
        &self.key
    }

    /// The text that it is set to.
    pub fn value(&self) -> &str {
        &self.value
    }
}
