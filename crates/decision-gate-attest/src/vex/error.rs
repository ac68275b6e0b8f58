//! Why a document is no VEX, and which rules of its format one breaks that is.

use decision_gate_core::json::JsonError;

/// Why a document can't be read.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum VexError {
    /// It is no acceptable JSON.
    #[error("{0}")]
    Json(#[source] JsonError),
    /// It is of none of the formats.
    #[error("neither an OpenVEX, a CycloneDX nor a CSAF document")]
    UnknownFormat,
    /// A member that its statements depend on is missing or of another kind.
    #[error("`{pointer}` must be {expected}")]
    Member {
        /// Where it stands, or should.
        pointer: String,
        /// What would do.
        expected: &'static str,
    },
    /// More statements than are read.
    #[error("more than `{limit}` statements")]
    TooManyStatements {
        /// The limit.
        limit: usize,
    },
}

impl VexError {
    /// Stable code for the wire.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Json(error) => error.code(),
            Self::UnknownFormat => "vex_format_unknown",
            Self::Member { .. } => "vex_member_invalid",
            Self::TooManyStatements { .. } => "vex_too_large",
        }
    }

    pub(super) fn member(pointer: impl Into<String>, expected: &'static str) -> Self {
        Self::Member { pointer: pointer.into(), expected }
    }
}

/// A rule of a format that documents break and can be read all the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Rule {
    /// The version of the format is not one that is asked for.
    FormatVersion,
    /// A member that the format demands is missing or of another kind.
    Member,
    /// No statement at all.
    NoStatement,
    /// `not_affected` without a justification and without an impact statement.
    Unjustified,
    /// A justification that is in no catalogue.
    UnknownJustification,
    /// `affected` without an action.
    NoAction,
    /// A product, group or component that nothing defines.
    DanglingReference,
    /// A product, group or reference that is defined twice.
    DefinedTwice,
    /// A product that is defined by itself.
    CircularDefinition,
    /// One product with two statuses for one vulnerability.
    StatusContradiction,
    /// A version with another status than its statement.
    VersionContradiction,
    /// One product with two flags for one vulnerability.
    FlagContradiction,
    /// A vulnerability that nothing identifies.
    NoVulnerabilityId,
    /// What the document's category demands or forbids.
    Profile,
    /// Its version and history do not fit together.
    Tracking,
}

impl Rule {
    /// Stable code for the wire.
    pub fn code(self) -> &'static str {
        match self {
            Self::FormatVersion => "vex_format_version",
            Self::Member => "vex_member",
            Self::NoStatement => "vex_no_statement",
            Self::Unjustified => "vex_unjustified",
            Self::UnknownJustification => "vex_unknown_justification",
            Self::NoAction => "vex_no_action",
            Self::DanglingReference => "vex_dangling_reference",
            Self::DefinedTwice => "vex_defined_twice",
            Self::CircularDefinition => "vex_circular_definition",
            Self::StatusContradiction => "vex_status_contradiction",
            Self::VersionContradiction => "vex_version_contradiction",
            Self::FlagContradiction => "vex_flag_contradiction",
            Self::NoVulnerabilityId => "vex_no_vulnerability_id",
            Self::Profile => "vex_profile",
            Self::Tracking => "vex_tracking",
        }
    }
}

/// A rule that a document breaks, and where.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Breach {
    /// Which rule.
    pub rule: Rule,
    /// JSON Pointer of the place.
    pub pointer: String,
}

/// Breaches that are found while a document is read, at most so many.
#[derive(Debug, Default)]
pub(super) struct Breaches(Vec<Breach>);

/// The most breaches that one document reports.
const MAX_BREACHES: usize = 64;

impl Breaches {
    pub(super) fn add(&mut self, rule: Rule, pointer: impl Into<String>) {
        if self.0.len() < MAX_BREACHES {
            self.0.push(Breach { rule, pointer: pointer.into() });
        }
    }

    pub(super) fn unless(&mut self, holds: bool, rule: Rule, pointer: impl Into<String>) {
        if !holds {
            self.add(rule, pointer);
        }
    }

    pub(super) fn into_vec(mut self) -> Vec<Breach> {
        self.0.sort();
        self.0.dedup();
        self.0
    }
}
