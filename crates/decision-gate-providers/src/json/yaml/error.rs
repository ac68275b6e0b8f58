//! Why a YAML text is refused, and where. No variant knows what stands there.

use std::fmt;

use granit_parser::{ErrorKind, Marker, ScanError};
use thiserror::Error;

use crate::refusal::bounded_pointer;

/// A place in a text, from 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::json) struct Place {
    pub(in crate::json) line: usize,
    pub(in crate::json) column: usize,
}

impl Place {
    pub(super) fn of(marker: &Marker) -> Self {
        Self { line: marker.line(), column: marker.col() + 1 }
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line `{}` column `{}`", self.line, self.column)
    }
}

/// Why a text is refused.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub(in crate::json) enum YamlFault {
    #[error("the file is not utf-8 at {at}")]
    InvalidUtf8 { at: Place },
    #[error("the file is not yaml at {at}")]
    Syntax { at: Place },
    #[error("the file has no yaml document")]
    NoDocument,
    #[error("the file has a second yaml document at {at}")]
    SecondDocument { at: Place },
    #[error("the file says at {at} that it is of a yaml version before 1.2")]
    Version { at: Place },
    #[error("a tag at {at} has no place in json")]
    Tag { at: Place },
    #[error("a key at {at} is not text")]
    KeyNotText { at: Place },
    #[error("a key is given twice, again at {at}")]
    DuplicateKey { at: Place },
    #[error("a merge key at {at} is not read")]
    MergeKey { at: Place },
    #[error("a number at {at} is not finite")]
    NotFinite { at: Place },
    #[error("a number at {at} has more than 128 bits")]
    NumberTooLong { at: Place },
    #[error("the number `{}` is beyond every double", bounded_pointer(pointer))]
    NumberOutOfRange { pointer: String },
    #[error("the file nests deeper than `{limit}` levels{}", At(*at))]
    TooDeep { at: Option<Place>, limit: usize },
    #[error("the aliases up to {at} repeat more than `{limit}` bytes")]
    AliasLimit { at: Place, limit: usize },
    #[error("an alias at {at} stands within what it repeats")]
    AliasWithin { at: Place },
    #[error("the file has no json form")]
    NoJson,
}

impl YamlFault {
    /// What the parser found wrong.
    pub(super) fn of_scan(error: &ScanError) -> Self {
        let at = Place::of(error.marker());
        if matches!(error.kind(), ErrorKind::RecursionLimitExceeded) {
            Self::TooDeep { at: Some(at), limit: decision_gate_core::json::Limits::EVIDENCE_DEPTH }
        } else {
            Self::Syntax { at }
        }
    }

    /// Stable code.
    pub(in crate::json) fn code(&self) -> &'static str {
        match self {
            Self::InvalidUtf8 { .. } => "yaml_invalid_utf8",
            Self::Syntax { .. } | Self::NoJson => "invalid_yaml",
            Self::NoDocument => "yaml_no_document",
            Self::SecondDocument { .. } => "yaml_several_documents",
            Self::Version { .. } => "yaml_version_unsupported",
            Self::Tag { .. } => "yaml_tag_unsupported",
            Self::KeyNotText { .. } => "yaml_key_not_text",
            Self::DuplicateKey { .. } => "yaml_duplicate_key",
            Self::MergeKey { .. } => "yaml_merge_key_unsupported",
            Self::NotFinite { .. } => "yaml_number_not_finite",
            Self::NumberTooLong { .. } | Self::NumberOutOfRange { .. } => "number_out_of_range",
            Self::TooDeep { .. } => "yaml_too_deep",
            Self::AliasLimit { .. } => "yaml_alias_limit",
            Self::AliasWithin { .. } => "yaml_alias_recursive",
        }
    }

    /// What to do about it.
    pub(in crate::json) fn hint(&self) -> &'static str {
        match self {
            Self::InvalidUtf8 { .. } => "encode the file as utf-8",
            Self::Syntax { .. } | Self::NoJson => "write the file as yaml 1.2",
            Self::NoDocument => "run the step that writes the file to its end",
            Self::SecondDocument { .. } => "write each document to a file of its own",
            Self::Version { .. } => "leave the `%YAML` line out, and check that the file means the same in yaml 1.2",
            Self::Tag { .. } => "leave the tag out, and quote what is meant as text",
            Self::KeyNotText { .. } => "quote the key",
            Self::DuplicateKey { .. } => "keep one of the two",
            Self::MergeKey { .. } => "write the merged keys out",
            Self::NotFinite { .. } => "write the number as text, or leave it out",
            Self::NumberTooLong { .. } | Self::NumberOutOfRange { .. } => {
                "write the number with at most 15 significant digits, or as a string"
            }
            Self::TooDeep { .. } => "flatten the document",
            Self::AliasLimit { .. } | Self::AliasWithin { .. } => "write out what the aliases repeat",
        }
    }

    /// Where in the text, if it is about one place.
    pub(in crate::json) fn place(&self) -> Option<Place> {
        match self {
            Self::InvalidUtf8 { at }
            | Self::Syntax { at }
            | Self::SecondDocument { at }
            | Self::Version { at }
            | Self::Tag { at }
            | Self::KeyNotText { at }
            | Self::DuplicateKey { at }
            | Self::MergeKey { at }
            | Self::NotFinite { at }
            | Self::NumberTooLong { at }
            | Self::AliasLimit { at, .. }
            | Self::AliasWithin { at } => Some(*at),
            Self::TooDeep { at, .. } => *at,
            Self::NoDocument | Self::NumberOutOfRange { .. } | Self::NoJson => None,
        }
    }
}

/// Prints a place that may not be known.
struct At(Option<Place>);

impl fmt::Display for At {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.map_or(Ok(()), |place| write!(f, " at {place}"))
    }
}
