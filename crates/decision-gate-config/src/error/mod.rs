//! What is wrong with a configuration, where, and what to do about it.
//!
//! A [`ConfigError`] is one [`Fault`] at one [`Origin`]. [`ConfigErrors`] are all that was found in one go, in the
//! order of the file, so that a person mends a configuration in one round and not in ten.

mod fault;
mod render;

use std::fmt;

pub use self::fault::{Fault, FileFault};
use crate::key_path::KeyPath;
use crate::origin::Origin;

/// The most errors that are reported at once; beyond that the file is probably something else.
pub const MAX_ERRORS: usize = 100;

/// One thing that is wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConfigError {
    /// Where it was written.
    pub origin: Origin,
    /// Which setting it is about; the root for what is about a file as a whole.
    pub key: KeyPath,
    /// What is wrong.
    pub fault: Fault,
}

impl ConfigError {
    /// Stable code, such as `config_unknown_key`.
    pub fn code(&self) -> &'static str {
        self.fault.code()
    }
}

impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.origin {
            Origin::BuiltIn => {}
            Origin::File { .. } | Origin::Variable { .. } | Origin::Flag { .. } => write!(f, "{}: ", self.origin)?,
        }
        // The message of an option has its path already.
        if !self.key.is_root() && !matches!(self.fault, Fault::Option { .. }) {
            write!(f, "{}: ", self.key)?;
        }
        write!(f, "{}", self.fault)?;
        match self.fault.hint() {
            Some(hint) => write!(f, " ({hint})"),
            None => Ok(()),
        }
    }
}

impl std::error::Error for ConfigError {}

/// Everything that was found wrong, in the order of the file; never empty.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConfigErrors {
    errors: Vec<ConfigError>,
    more: bool,
}

impl ConfigErrors {
    /// One error that stands alone.
    pub(crate) fn one(origin: Origin, key: KeyPath, fault: impl Into<Fault>) -> Self {
        Self { errors: vec![ConfigError { origin, key, fault: fault.into() }], more: false }
    }

    /// All of `errors`, or nothing if there are none.
    pub(crate) fn of(mut errors: Vec<ConfigError>, more: bool) -> Option<Self> {
        errors.sort_by_key(|error| (error.origin.order(), error.key.clone()));
        errors.dedup();
        let more = more || errors.len() > MAX_ERRORS;
        errors.truncate(MAX_ERRORS);
        (!errors.is_empty()).then_some(Self { errors, more })
    }

    /// The errors, at least one.
    pub fn errors(&self) -> &[ConfigError] {
        &self.errors
    }

    /// Whether there are more than are listed.
    pub fn more(&self) -> bool {
        self.more
    }

    /// The code of the first error.
    pub fn code(&self) -> &'static str {
        self.errors.first().map_or("config_invalid", ConfigError::code)
    }
}

impl std::error::Error for ConfigErrors {}
