//! Why a report is no evidence: each reason has a code of its own, and none of them is a pass.

use std::fmt;

use decision_gate_core::json::JsonError;
use serde_json::{Map, Value, json};

use super::formats::FORMATS;

/// Why a report is no evidence.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum ReportError {
    /// Of no format that is known.
    #[error("{}", match named {
        Some(named) => format!("`{}` is no format of reports that is known", named.escape_debug()),
        None => "the report is of no format that is known".to_owned(),
    })]
    Unsupported {
        /// The format as it was asked for, cut to a bounded length.
        named: Option<String>,
    },
    /// Of another format than was named.
    #[error("the report is {}, not `{named}`", match found {
        Some(found) => format!("`{found}`"),
        None => "of no format that is known".to_owned(),
    })]
    OtherFormat {
        /// What was asked for.
        named: &'static str,
        /// What it is.
        found: Option<&'static str>,
    },
    /// Of another kind than was asked about.
    #[error("a `{format}` report is about `{found}`, not about `{asked}`")]
    OtherKind {
        /// Its format.
        format: &'static str,
        /// Its kind.
        found: &'static str,
        /// What was asked about.
        asked: &'static str,
    },
    /// Nothing in it that could speak for a change.
    #[error("the report is empty: {missing}")]
    Empty {
        /// Its format, where that can be told.
        format: Option<&'static str>,
        /// What there is none of.
        missing: &'static str,
    },
    /// A part of a report.
    #[error("the report is cut: {missing}")]
    Truncated {
        /// Its format.
        format: &'static str,
        /// What is not there.
        missing: String,
    },
    /// The tool says that it failed.
    #[error("the tool failed, says `{place}`: {what}")]
    ToolFailed {
        /// Its format.
        format: &'static str,
        /// Where it says so.
        place: String,
        /// What that means.
        what: &'static str,
    },
    /// About another commit than was asked about.
    #[error("the report is about {}, not about commit `{}`", match found {
        Some(found) => format!("commit `{}`", found.escape_debug()),
        None => "no commit that it names".to_owned(),
    }, asked.escape_debug())]
    OtherCommit {
        /// What was asked about, cut to a bounded length.
        asked: String,
        /// What it names, cut to a bounded length.
        found: Option<String>,
    },
    /// Broken.
    #[error("the report is broken at {place}: {what}")]
    Invalid {
        /// Where.
        place: Place,
        /// What is wrong there; never what stands there.
        what: String,
    },
}

/// Where in a report.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Place {
    /// A line and a column, from 1.
    At {
        /// The line.
        line: usize,
        /// The column, in bytes.
        column: usize,
    },
    /// A line, from 1.
    Line(usize),
    /// A JSON Pointer, behind the line where there are several documents.
    Pointer(String),
    /// The whole of it.
    Whole,
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::At { line, column } => write!(f, "line {line} column {column}"),
            Self::Line(line) => write!(f, "line {line}"),
            Self::Pointer(pointer) => write!(f, "`{pointer}`"),
            Self::Whole => f.write_str("the document"),
        }
    }
}

impl ReportError {
    /// Stable code for the wire.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Unsupported { .. } => "report_unsupported",
            Self::OtherFormat { .. } => "report_format_mismatch",
            Self::OtherKind { .. } => "report_kind_mismatch",
            Self::Empty { .. } => "report_empty",
            Self::Truncated { .. } => "report_truncated",
            Self::ToolFailed { .. } => "report_tool_failed",
            Self::OtherCommit { .. } => "report_commit_mismatch",
            Self::Invalid { .. } => "report_invalid",
        }
    }

    /// What to do about it.
    pub fn hint(&self) -> &'static str {
        match self {
            Self::Unsupported { .. } => "let the tool write one of the formats in `known`",
            Self::OtherFormat { .. } => "name the format that it is, or leave `format` out",
            Self::OtherKind { .. } => "ask a check of its kind, or name another file",
            Self::Empty { .. } => "let the tool run on what the gate is about: nothing found in nothing is no pass",
            Self::Truncated { .. } => "write the whole report: all pages of it, and to the end of the run",
            Self::ToolFailed { .. } => "mend what the tool stumbled over and run it again",
            Self::OtherCommit { .. } => "let the report be made for the commit that is asked about",
            Self::Invalid { .. } => "let the tool write the report again, and put nothing else into its file",
        }
    }

    /// What is known about it.
    pub fn facts(&self) -> Map<String, Value> {
        let facts = match self {
            Self::Unsupported { named } => {
                let known: Vec<_> = FORMATS.into_iter().map(|it| it.id).collect();
                json!({ "known": known, "named": named })
            }
            Self::OtherFormat { named, found } => json!({ "named": named, "found": found }),
            Self::OtherKind { format, found, asked } => json!({ "format": format, "found": found, "asked": asked }),
            Self::Empty { format, .. } => json!({ "format": format }),
            Self::Truncated { format, .. } => json!({ "format": format }),
            Self::ToolFailed { format, place, .. } => json!({ "format": format, "place": place }),
            Self::OtherCommit { asked, found } => json!({ "asked": asked, "found": found }),
            Self::Invalid { place: Place::At { line, column }, .. } => json!({ "line": line, "column": column }),
            Self::Invalid { place: Place::Line(line), .. } => json!({ "line": line }),
            Self::Invalid { place: Place::Pointer(pointer), .. } => json!({ "pointer": pointer }),
            Self::Invalid { place: Place::Whole, .. } => json!({}),
        };
        let Value::Object(mut facts) = facts else { return Map::new() };
        facts.retain(|_, it| !it.is_null());
        facts
    }

    /// Broken JSON, `lines` below the first.
    pub(super) fn json(error: &JsonError, lines: usize) -> Self {
        let place = match error.position() {
            Some(at) => Place::At { line: at.line + lines, column: at.column },
            None => Place::Whole,
        };
        // Only what is wrong and never what stands there: the text of the tool is not ours to repeat.
        let what = match error {
            JsonError::Syntax { .. } => "it is not json",
            JsonError::InvalidUtf8 { .. } => "it is not utf-8",
            JsonError::DuplicateKey { .. } => "a key is given twice",
            JsonError::TooDeep { .. } => "it is nested too deeply",
            JsonError::LoneSurrogate { .. } => "half of a surrogate pair",
            JsonError::TooLarge { .. } => "it is too large",
            JsonError::NumberOutOfRange { .. } | JsonError::ValueOutOfRange { .. } | JsonError::NoJsonForm { .. } => {
                "a number beyond every double"
            }
        };
        Self::Invalid { place, what: what.to_owned() }
    }

    /// A member that must be something else.
    pub(super) fn member(pointer: impl Into<String>, expected: &str) -> Self {
        Self::Invalid { place: Place::Pointer(pointer.into()), what: format!("it must be {expected}") }
    }

    /// A document as a whole that does not do.
    pub(super) fn whole(what: impl Into<String>) -> Self {
        Self::Invalid { place: Place::Whole, what: what.into() }
    }

    /// A list of fewer than there are.
    pub(super) fn page(format: &'static str, listed: u64, total: u64) -> Self {
        Self::Truncated { format, missing: format!("it lists `{listed}` of `{total}`") }
    }
}
