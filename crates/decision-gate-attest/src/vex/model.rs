//! The normal form of VEX: one statement about one vulnerability and one product.

use std::collections::BTreeSet;

use decision_gate_core::at::Timestamp;
use decision_gate_core::digest::Digest;
use serde_json::{Value, json};

use super::error::{Breach, VexError};
use super::product::Product;
use crate::vex_status::VexStatus;

/// The most statements of one document, each for one product.
pub const MAX_STATEMENTS: usize = 200_000;

/// A format of VEX documents.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum VexFormat {
    /// OpenVEX.
    OpenVex,
    /// CycloneDX.
    CycloneDx,
    /// CSAF.
    Csaf,
}

impl VexFormat {
    /// The word on the wire.
    pub fn word(self) -> &'static str {
        match self {
            Self::OpenVex => "openvex",
            Self::CycloneDx => "cyclonedx",
            Self::Csaf => "csaf",
        }
    }
}

/// Why a product is not affected, in the words that OpenVEX and CSAF share.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Justification {
    /// The component is not there.
    ComponentNotPresent,
    /// The vulnerable code is not there.
    VulnerableCodeNotPresent,
    /// It is never run.
    VulnerableCodeNotInExecutePath,
    /// An adversary can't reach it.
    VulnerableCodeCannotBeControlledByAdversary,
    /// Something else keeps it from harm.
    InlineMitigationsAlreadyExist,
}

impl Justification {
    /// Every justification.
    pub const ALL: [Self; 5] = [
        Self::ComponentNotPresent,
        Self::VulnerableCodeNotPresent,
        Self::VulnerableCodeNotInExecutePath,
        Self::VulnerableCodeCannotBeControlledByAdversary,
        Self::InlineMitigationsAlreadyExist,
    ];

    /// The word of OpenVEX and CSAF.
    pub fn word(self) -> &'static str {
        match self {
            Self::ComponentNotPresent => "component_not_present",
            Self::VulnerableCodeNotPresent => "vulnerable_code_not_present",
            Self::VulnerableCodeNotInExecutePath => "vulnerable_code_not_in_execute_path",
            Self::VulnerableCodeCannotBeControlledByAdversary => "vulnerable_code_cannot_be_controlled_by_adversary",
            Self::InlineMitigationsAlreadyExist => "inline_mitigations_already_exist",
        }
    }

    /// From the word of OpenVEX and CSAF.
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|it| it.word() == word)
    }

    /// From the word of CycloneDX. Several of its words come to one of ours.
    pub fn parse_cyclonedx(word: &str) -> Option<Self> {
        Some(match word {
            "code_not_present" => Self::VulnerableCodeNotPresent,
            "code_not_reachable" => Self::VulnerableCodeNotInExecutePath,
            "requires_dependency" => Self::ComponentNotPresent,
            "requires_configuration" | "requires_environment" => Self::VulnerableCodeCannotBeControlledByAdversary,
            "protected_by_compiler"
            | "protected_at_runtime"
            | "protected_at_perimeter"
            | "protected_by_mitigating_control" => Self::InlineMitigationsAlreadyExist,
            _ => return None,
        })
    }
}

/// A vulnerability by all its names.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Vulnerability {
    /// What the document calls it.
    pub name: String,
    /// Its other names.
    pub aliases: BTreeSet<String>,
}

impl Vulnerability {
    /// Whether it goes by this name.
    pub fn is_called(&self, name: &str) -> bool {
        self.name == name || self.aliases.contains(name)
    }

    /// Whether both have a name in common.
    pub fn overlaps(&self, other: &Self) -> bool {
        other.is_called(&self.name) || self.aliases.iter().any(|it| other.is_called(it))
    }
}

/// What a document literally says of a status, beside what it comes to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Stated {
    /// The word for the status: `known_not_affected`, `exploitable`.
    pub status: Option<String>,
    /// The word for the justification: `code_not_reachable`.
    pub justification: Option<String>,
    /// The status of the version, where versions have one.
    pub version_status: Option<String>,
}

/// Which versions of its product a statement is about, where the product itself does not say.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum VersionScope {
    /// This one.
    Exact(String),
    /// Those of a range, which is kept as written and never evaluated.
    Range(String),
}

impl VersionScope {
    /// As written.
    pub fn text(&self) -> &str {
        match self {
            Self::Exact(text) | Self::Range(text) => text,
        }
    }
}

/// One statement: a vulnerability, a product, a status.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VexStatement {
    /// Which vulnerability.
    pub vulnerability: Vulnerability,
    /// Which product; nothing where the document leaves it to what it is attached to.
    pub product: Option<Product>,
    /// Which versions of it.
    pub versions: Option<VersionScope>,
    /// The part of the product that has the vulnerability.
    pub subcomponent: Option<Product>,
    /// What is claimed; nothing where the document does not say, or only recommends.
    pub status: Option<VexStatus>,
    /// In the document's own words.
    pub stated: Stated,
    /// Why not affected.
    pub justification: Option<Justification>,
    /// Why not affected, in prose.
    pub impact: Option<String>,
    /// What to do.
    pub action: Option<String>,
    /// Since when this is claimed, in milliseconds since 1970.
    pub timestamp: Option<i64>,
}

impl VexStatement {
    /// The statement without what only its format or its document gives it: equal for one statement in three formats.
    pub fn normal(&self) -> Value {
        json!({
            "vulnerability": self.vulnerability.name,
            "aliases": self.vulnerability.aliases,
            "product": self.product.as_ref().map(Product::normal),
            "subcomponent": self.subcomponent.as_ref().map(Product::normal),
            "versions": self.versions.as_ref().map(VersionScope::text),
            "status": self.status.map(VexStatus::word),
            "justification": self.justification.map(Justification::word),
            "impact": self.impact,
            "action": self.action,
            "timestamp": self.timestamp,
        })
    }
}

/// A document's version: numbers that compare one by one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct DocumentVersion(pub [u64; 3]);

impl DocumentVersion {
    /// Reads `3` or `1.2.3`; what follows a `-` or `+` is left out.
    pub fn parse(text: &str) -> Option<Self> {
        let plain = text.split(['-', '+']).next()?;
        let mut numbers = [0; 3];
        let mut parts = plain.split('.');
        for (place, number) in numbers.iter_mut().enumerate() {
            match parts.next() {
                Some(part) if part.len() <= 18 && !part.is_empty() && part.bytes().all(|it| it.is_ascii_digit()) => {
                    *number = part.parse().ok()?;
                }
                None if place > 0 => {}
                _ => return None,
            }
        }
        parts.next().is_none().then_some(Self(numbers))
    }

    /// A version that is a number, or a text.
    pub(super) fn of(value: &Value) -> Option<Self> {
        match value {
            Value::Number(number) => number.as_u64().map(|it| Self([it, 0, 0])),
            Value::String(text) => Self::parse(text),
            _ => None,
        }
    }
}

impl std::fmt::Display for DocumentVersion {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self([major, minor, patch]) = self;
        if (*minor, *patch) == (0, 0) { write!(f, "{major}") } else { write!(f, "{major}.{minor}.{patch}") }
    }
}

/// A document, read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VexDocument {
    pub(super) digest: Digest,
    pub(super) format: VexFormat,
    pub(super) format_version: String,
    pub(super) id: Option<String>,
    pub(super) version: Option<DocumentVersion>,
    pub(super) issuer: Option<String>,
    pub(super) issued: Option<i64>,
    pub(super) updated: Option<i64>,
    pub(super) statements: Vec<VexStatement>,
    pub(super) breaches: Vec<Breach>,
}

impl VexDocument {
    /// SHA-256 of what it was read from.
    pub fn digest(&self) -> Digest {
        self.digest
    }

    /// Its format.
    pub fn format(&self) -> VexFormat {
        self.format
    }

    /// The version of the format, as written.
    pub fn format_version(&self) -> &str {
        &self.format_version
    }

    /// What it calls itself, the same for all its versions.
    pub fn id(&self) -> Option<&str> {
        self.id.as_deref()
    }

    /// Its version.
    pub fn version(&self) -> Option<DocumentVersion> {
        self.version
    }

    /// Who it says it is from. Nobody has checked that.
    pub fn claimed_issuer(&self) -> Option<&str> {
        self.issuer.as_deref()
    }

    /// When it was first issued, in milliseconds since 1970.
    pub fn issued(&self) -> Option<i64> {
        self.issued
    }

    /// When it was last changed; else when it was issued.
    pub fn updated(&self) -> Option<i64> {
        self.updated.or(self.issued)
    }

    /// Its statements, in the order of the document.
    pub fn statements(&self) -> &[VexStatement] {
        &self.statements
    }

    /// The rules of its format that it breaks. One is enough that it speaks for nothing.
    pub fn breaches(&self) -> &[Breach] {
        &self.breaches
    }

    /// Whether it keeps every rule of its format that is checked here.
    pub fn conforms(&self) -> bool {
        self.breaches.is_empty()
    }
}

/// Statements as they are collected, bounded.
#[derive(Default)]
pub(super) struct Statements(Vec<VexStatement>);

impl Statements {
    pub(super) fn push(&mut self, statement: VexStatement) -> Result<(), VexError> {
        if self.0.len() >= MAX_STATEMENTS {
            return Err(VexError::TooManyStatements { limit: MAX_STATEMENTS });
        }
        self.0.push(statement);
        Ok(())
    }

    pub(super) fn into_vec(self) -> Vec<VexStatement> {
        self.0
    }
}

/// A text that is not blank.
pub(super) fn text(value: &Value, member: &str) -> Option<String> {
    value.get(member).and_then(Value::as_str).filter(|it| !it.trim().is_empty()).map(str::to_owned)
}

/// The items of a member that is an array; none where it is missing.
pub(super) fn items<'a>(value: &'a Value, member: &str) -> &'a [Value] {
    value.get(member).and_then(Value::as_array).map_or(&[], Vec::as_slice)
}

/// Milliseconds of a member that is a time.
pub(super) fn time(value: &Value, member: &str) -> Option<i64> {
    value.get(member).and_then(Value::as_str).and_then(millis)
}

/// Milliseconds of an RFC 3339 time.
pub(super) fn millis(text: &str) -> Option<i64> {
    match Timestamp::from_rfc3339(text)? {
        Timestamp::UnixMillis(millis) => Some(millis),
        Timestamp::Logical(_) => None,
    }
}
