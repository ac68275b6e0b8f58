//! Checked names: one grammar for every id, and the numbers that scope them.
//!
//! An id is 1–128 characters of `[A-Za-z0-9._:-]`, the first of them alphanumeric (DESIGN section 9). Ids of the
//! public project that do not fit are read by the verifier only, which treats them as opaque text.

use std::fmt;
use std::num::NonZeroU64;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::json::canonical::form::Form;

/// The longest id, in bytes.
pub const MAX_NAME_BYTES: usize = 128;

/// The highest number of a tenant or namespace: the highest that JSON carries exactly, neighbours included.
pub const MAX_SCOPE: u64 = (1 << 53) - 1;

/// A number that is no tenant and no namespace.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{number}` is not a number from 1 to {MAX_SCOPE}")]
pub struct ScopeError {
    /// As written.
    pub number: u64,
}

/// Why a text is not an id.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NameError {
    /// No characters at all.
    #[error("an id must have at least one character")]
    Empty,
    /// More than [`MAX_NAME_BYTES`].
    #[error("an id may have at most {MAX_NAME_BYTES} characters, this one has {length}")]
    TooLong {
        /// Its length in bytes.
        length: usize,
    },
    /// A character outside the grammar.
    #[error(
        "`{character}` at position {position} is not allowed in an id (letters, digits and `._:-`, first a letter or digit)"
    )]
    Character {
        /// The offending character.
        character: char,
        /// Zero-based, in characters.
        position: usize,
    },
}

impl NameError {
    /// Stable code for the wire.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Empty | Self::TooLong { .. } | Self::Character { .. } => "name_invalid",
        }
    }
}

/// Checks the one grammar of ids.
fn check(text: &str) -> Result<(), NameError> {
    if text.is_empty() {
        return Err(NameError::Empty);
    }
    if text.len() > MAX_NAME_BYTES {
        return Err(NameError::TooLong { length: text.len() });
    }
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_' | b':' | b'-');
    if text.bytes().all(is_plain) && text.starts_with(|first: char| first.is_ascii_alphanumeric()) {
        return Ok(());
    }
    for (position, character) in text.chars().enumerate() {
        let allowed = character.is_ascii_alphanumeric() || (position > 0 && matches!(character, '.' | '_' | ':' | '-'));
        if !allowed {
            return Err(NameError::Character { character, position });
        }
    }
    Ok(())
}

macro_rules! names {
    ($($(#[$doc:meta])* $name:ident),+ $(,)?) => {$(
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
        #[serde(try_from = "String", into = "String")]
        #[schemars(with = "String", inline)]
        pub struct $name(String);

        impl $name {
            /// The text of the id.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl TryFrom<String> for $name {
            type Error = NameError;

            fn try_from(text: String) -> Result<Self, NameError> {
                check(&text)?;
                Ok(Self(text))
            }
        }

        impl TryFrom<&str> for $name {
            type Error = NameError;

            fn try_from(text: &str) -> Result<Self, NameError> {
                check(text)?;
                Ok(Self(text.to_owned()))
            }
        }

        impl std::str::FromStr for $name {
            type Err = NameError;

            fn from_str(text: &str) -> Result<Self, NameError> {
                Self::try_from(text)
            }
        }

        impl Form for $name {
            /// No character of the grammar is written in another way.
            fn form(&self, out: &mut Vec<u8>) {
                out.push(b'"');
                out.extend_from_slice(self.0.as_bytes());
                out.push(b'"');
            }
        }

        impl From<$name> for String {
            fn from(name: $name) -> Self {
                name.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
    )+};
}

names! {
    /// Names a scenario within a namespace.
    ScenarioId,
    /// Names a run within a namespace.
    RunId,
    /// Names a stage within a scenario.
    StageId,
    /// Names a gate within a scenario.
    GateId,
    /// Names a condition within a scenario.
    ConditionId,
    /// Names an evidence provider in the configuration.
    ProviderId,
    /// Names one question that a provider answers.
    CheckId,
    /// Idempotency key of a step.
    TriggerId,
    /// Idempotency key of a submission.
    SubmissionId,
    /// Names an entry packet within a scenario.
    PacketId,
    /// Names a data shape within a namespace.
    SchemaId,
    /// One version of a data shape.
    SchemaVersion,
    /// Names an environment that the configuration declares.
    EnvironmentName,
}

macro_rules! scopes {
    ($($(#[$doc:meta])* $name:ident),+ $(,)?) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(try_from = "u64", into = "u64")]
        pub struct $name(NonZeroU64);

        impl $name {
            /// The first and default scope, 1.
            pub const FIRST: Self = Self(NonZeroU64::MIN);

            /// A scope from its number: 1 to [`MAX_SCOPE`].
            pub fn new(number: u64) -> Option<Self> {
                NonZeroU64::new(number).filter(|it| it.get() <= MAX_SCOPE).map(Self)
            }

            /// Its number.
            pub fn get(self) -> u64 {
                self.0.get()
            }
        }

        impl TryFrom<u64> for $name {
            type Error = ScopeError;

            fn try_from(number: u64) -> Result<Self, ScopeError> {
                Self::new(number).ok_or(ScopeError { number })
            }
        }

        impl Form for $name {
            fn form(&self, out: &mut Vec<u8>) {
                self.get().form(out);
            }
        }

        impl From<$name> for u64 {
            fn from(scope: $name) -> Self {
                scope.get()
            }
        }

        impl JsonSchema for $name {
            fn schema_name() -> std::borrow::Cow<'static, str> {
                stringify!($name).into()
            }

            fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
                schemars::json_schema!({ "type": "integer", "minimum": 1 })
            }

            fn inline_schema() -> bool {
                true
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }
    )+};
}

scopes! {
    /// Who the data belongs to; in every key of the store.
    TenantId,
    /// A shelf within a tenant: scenarios and runs are named within it.
    NamespaceId,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_grammar_has_one_answer() {
        for good in ["a", "0", "release-1.2", "tests:unit", "A_b", &"x".repeat(128)] {
            assert!(RunId::try_from(good).is_ok(), "{good}");
        }
        for (bad, why) in [
            ("", NameError::Empty),
            ("-a", NameError::Character { character: '-', position: 0 }),
            ("a b", NameError::Character { character: ' ', position: 1 }),
            ("a/b", NameError::Character { character: '/', position: 1 }),
            ("ä", NameError::Character { character: 'ä', position: 0 }),
            (&"x".repeat(129), NameError::TooLong { length: 129 }),
        ] {
            assert_eq!(RunId::try_from(bad), Err(why), "{bad}");
        }
    }

    #[test]
    fn a_scope_of_zero_does_not_parse() {
        assert!(serde_json::from_str::<TenantId>("0").is_err());
        assert_eq!(serde_json::from_str::<TenantId>("1").unwrap(), TenantId::FIRST);
    }

    #[test]
    fn a_scope_that_json_would_round_does_not_parse() {
        assert_eq!(TenantId::new(MAX_SCOPE).map(TenantId::get), Some(MAX_SCOPE));
        assert!(TenantId::new(MAX_SCOPE + 1).is_none());
        assert!(serde_json::from_str::<NamespaceId>("9007199254740993").is_err());
    }
}
