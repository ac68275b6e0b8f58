//! Checked values that several sections use: bounded numbers and paths.

use std::borrow::Cow;
use std::fmt;
use std::path::{Path, PathBuf};

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::{Error, Unexpected, Visitor};
use serde::{Deserialize, Deserializer, Serialize};

/// A whole number from `MIN` to `MAX`, and `DEFAULT` if nobody says. Range and default stand in the type, so that
/// reader, schema and documentation can't disagree about them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct Bounded<const MIN: u64, const MAX: u64, const DEFAULT: u64>(u64);

impl<const MIN: u64, const MAX: u64, const DEFAULT: u64> Bounded<MIN, MAX, DEFAULT> {
    /// `value`, if it is within the range.
    pub fn new(value: u64) -> Option<Self> {
        (MIN..=MAX).contains(&value).then_some(Self(value))
    }

    /// The number.
    pub fn get(self) -> u64 {
        self.0
    }

    /// The number as a size in memory.
    pub fn as_usize(self) -> usize {
        usize::try_from(self.0).unwrap_or(usize::MAX)
    }
}

impl<const MIN: u64, const MAX: u64, const DEFAULT: u64> Default for Bounded<MIN, MAX, DEFAULT> {
    fn default() -> Self {
        const { assert!(MIN <= DEFAULT && DEFAULT <= MAX) }
        Self(DEFAULT)
    }
}

impl<'de, const MIN: u64, const MAX: u64, const DEFAULT: u64> Deserialize<'de> for Bounded<MIN, MAX, DEFAULT> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_u64(InRange::<MIN, MAX, DEFAULT>)
    }
}

impl<const MIN: u64, const MAX: u64, const DEFAULT: u64> JsonSchema for Bounded<MIN, MAX, DEFAULT> {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        format!("Integer{MIN}To{MAX}").into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "integer", "minimum": MIN, "maximum": MAX })
    }
}

struct InRange<const MIN: u64, const MAX: u64, const DEFAULT: u64>;

impl<const MIN: u64, const MAX: u64, const DEFAULT: u64> Visitor<'_> for InRange<MIN, MAX, DEFAULT> {
    type Value = Bounded<MIN, MAX, DEFAULT>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "an integer from {MIN} to {MAX}")
    }

    fn visit_u64<E: Error>(self, value: u64) -> Result<Self::Value, E> {
        Bounded::new(value).ok_or_else(|| E::invalid_value(Unexpected::Unsigned(value), &self))
    }

    fn visit_i64<E: Error>(self, value: i64) -> Result<Self::Value, E> {
        match u64::try_from(value) {
            Ok(value) => self.visit_u64(value),
            Err(_) => Err(E::invalid_value(Unexpected::Signed(value), &self)),
        }
    }
}

/// The longest path, in bytes.
const MAX_PATH_BYTES: usize = 4096;

/// A path as it was written, and where it leads. Relative paths are relative to the folder of the configuration
/// file, whichever layer they come from; the working directory plays no part.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct ConfigPath {
    given: String,
    absolute: PathBuf,
}

/// Why a text is not a path.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PathFault {
    /// No characters at all.
    #[error("a path must not be empty")]
    Empty,
    /// A zero byte, which no system takes.
    #[error("a path must not contain a zero byte")]
    ZeroByte,
    /// Longer than systems take.
    #[error("a path may have at most `{MAX_PATH_BYTES}` bytes, this one has `{length}`")]
    TooLong {
        /// Its length in bytes.
        length: usize,
    },
}

impl ConfigPath {
    /// As it was written.
    pub fn given(&self) -> &str {
        &self.given
    }

    /// Where it leads.
    pub fn as_path(&self) -> &Path {
        &self.absolute
    }

    /// Makes the path absolute. `None` if it is relative and there is no folder.
    pub(crate) fn resolve(&mut self, folder: Option<&Path>) -> Option<()> {
        if self.absolute.is_relative() {
            self.absolute = folder?.join(&self.given);
        }
        Some(())
    }
}

impl TryFrom<String> for ConfigPath {
    type Error = PathFault;

    fn try_from(given: String) -> Result<Self, PathFault> {
        if given.is_empty() {
            return Err(PathFault::Empty);
        }
        if given.contains('\0') {
            return Err(PathFault::ZeroByte);
        }
        if given.len() > MAX_PATH_BYTES {
            return Err(PathFault::TooLong { length: given.len() });
        }
        Ok(Self { absolute: PathBuf::from(&given), given })
    }
}

impl From<ConfigPath> for String {
    fn from(path: ConfigPath) -> Self {
        path.given
    }
}

impl JsonSchema for ConfigPath {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        "Path".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "string", "minLength": 1, "maxLength": MAX_PATH_BYTES })
    }
}

/// Declares a text type with a grammar: `as_str`, serde and schema, given how it is checked.
macro_rules! text_type {
    ($(#[$doc:meta])* $name:ident, $fault:ty, $check:path, $schema:tt) => {
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, serde::Serialize, serde::Deserialize)]
        #[serde(try_from = "String", into = "String")]
        pub struct $name(String);

        impl $name {
            /// The text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl TryFrom<String> for $name {
            type Error = $fault;

            fn try_from(text: String) -> Result<Self, $fault> {
                $check(&text)?;
                Ok(Self(text))
            }
        }

        impl From<$name> for String {
            fn from(it: $name) -> Self {
                it.0
            }
        }

        impl schemars::JsonSchema for $name {
            fn inline_schema() -> bool {
                true
            }

            fn schema_name() -> std::borrow::Cow<'static, str> {
                stringify!($name).into()
            }

            fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
                schemars::json_schema!($schema)
            }
        }
    };
}

pub(crate) use text_type;
