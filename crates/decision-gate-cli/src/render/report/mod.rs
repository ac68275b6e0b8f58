//! A verdict as the reports that CI systems, IDEs and verifiers read: one structure, a file for each format, a line for
//! each in [`FORMATS`].
//!
//! Whoever is judged has written half of the texts in here: names of gates, values, words of reports. Every format
//! takes them through its own escaping, and none of them can start a line, a tag, a cell or a command of its own.

pub(crate) mod escape;
mod from_check;
mod from_release;
mod github;
mod gitlab;
mod junit;
mod markdown;
mod sarif;
mod statement;
mod svr;
mod vsa;

use decision_gate_core::at::Timestamp;
use decision_gate_core::evidence::Subject;
use decision_gate_core::explain::Explanation;
use decision_gate_core::keys::SigningKey;
use serde_json::Value;

pub(crate) use self::from_check::of as of_check;
pub(crate) use self::from_release::of as of_release;
use crate::fault::Fault;

/// A format that is made of a [`Report`].
pub(crate) struct ReportFormat {
    /// The word on the command line.
    pub(crate) word: &'static str,
    /// Whether it is a signed statement about an artifact.
    pub(crate) signed: bool,
    write: fn(&Report, Option<&Signer<'_>>) -> Result<String, Fault>,
}

/// Every format beside text and JSON. A new one is a file here and a line in this list.
pub(crate) static FORMATS: [ReportFormat; 7] = [
    ReportFormat { word: "markdown", signed: false, write: |report, _| Ok(markdown::write(report)) },
    ReportFormat { word: "junit", signed: false, write: |report, _| Ok(junit::write(report)) },
    ReportFormat { word: "sarif", signed: false, write: |report, _| Ok(sarif::write(report)) },
    ReportFormat { word: "github", signed: false, write: |report, _| Ok(github::write(report)) },
    ReportFormat { word: "gitlab", signed: false, write: |report, _| Ok(gitlab::write(report)) },
    ReportFormat {
        word: "vsa",
        signed: true,
        write: |report, signer| statement::write(report, signer, vsa::predicate),
    },
    ReportFormat {
        word: "svr",
        signed: true,
        write: |report, signer| statement::write(report, signer, svr::predicate),
    },
];

impl ReportFormat {
    /// The format of that word.
    pub(crate) fn named(word: &str) -> Option<&'static Self> {
        FORMATS.iter().find(|it| it.word == word)
    }

    /// The report in this format.
    pub(crate) fn write(&self, report: &Report, signer: Option<&Signer<'_>>) -> Result<String, Fault> {
        (self.write)(report, signer)
    }
}

/// Who signs a statement, and how it names verifier and artifact.
pub(crate) struct Signer<'a> {
    /// The private key.
    pub(crate) key: &'a SigningKey,
    /// Who verified: consumers accept pairs of a key and this.
    pub(crate) verifier_id: &'a str,
    /// What the artifact is called; by its digest when left out.
    pub(crate) resource_uri: Option<&'a str>,
}

/// A verdict, and what it rests on.
pub(crate) struct Report {
    /// What was decided about: a scenario, or a release.
    pub(crate) title: String,
    /// Whether it may advance.
    pub(crate) allowed: bool,
    /// Why, in one line.
    pub(crate) reason: String,
    /// One for each gate.
    pub(crate) rows: Vec<Row>,
    /// Why not, and what to do.
    pub(crate) explanation: Option<Explanation>,
    /// What is worth a second look.
    pub(crate) notes: Vec<String>,
    /// The file with the law, relative to the working directory; nothing where it lies elsewhere.
    pub(crate) file: Option<String>,
    /// What somebody would look up later, by name.
    pub(crate) facts: Vec<(&'static str, String)>,
    /// When it was decided.
    pub(crate) at: Timestamp,
    /// What a statement about it says.
    pub(crate) verified: Verification,
}

/// What a statement about a verdict says beside it.
pub(crate) struct Verification {
    /// The artifact, if the run is about one.
    pub(crate) subject: Option<Subject>,
    /// The policy that was gone by: its URI.
    pub(crate) policy_uri: String,
    /// SHA-256 of it.
    pub(crate) policy_sha256: String,
    /// SHA-256 of every envelope that the verdict rests on, sorted.
    pub(crate) envelopes: Vec<String>,
    /// What else an auditor wants to know.
    pub(crate) details: Value,
}

/// A gate's outcome.
pub(crate) struct Row {
    /// Stage, or `release`.
    pub(crate) group: String,
    /// Which gate.
    pub(crate) gate: String,
    /// What it came to.
    pub(crate) status: Status,
    /// Stable code.
    pub(crate) code: String,
    /// Why, one line for each thing.
    pub(crate) why: Vec<String>,
    /// Who answers for it.
    pub(crate) waivers: Vec<Waiver>,
}

/// Somebody who answers for a gate.
pub(crate) struct Waiver {
    /// Who.
    pub(crate) approver: String,
    /// Why.
    pub(crate) reason: String,
    /// Until when.
    pub(crate) until: String,
}

/// What a gate came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Status {
    /// Met.
    Passed,
    /// Met, and there is something to know.
    Noted,
    /// Not met, and it only warns.
    Warned,
    /// Not met.
    Failed,
    /// Not known, which holds as well.
    Unknown,
    /// Not met, and somebody answers for it.
    Waived,
    /// Not met, and the way that was taken does not ask for it.
    PassedBy,
    /// Not asked.
    NotAsked,
}

impl Status {
    /// A word for people.
    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::Passed => "passed",
            Self::Noted => "passed with a note",
            Self::Warned => "warned",
            Self::Failed => "failed",
            Self::Unknown => "unknown",
            Self::Waived => "waived",
            Self::PassedBy => "not asked for",
            Self::NotAsked => "off",
        }
    }
}

impl Report {
    /// The verdict in one line.
    pub(crate) fn verdict(&self) -> String {
        let word = if self.allowed { "ALLOWED" } else { "NOT ALLOWED" };
        format!("{word}: {}: {}", self.title, self.reason)
    }

    /// What to do, one line for each change.
    pub(crate) fn next(&self) -> Vec<&str> {
        let Some(explanation) = self.explanation.as_ref().filter(|_| !self.allowed) else { return Vec::new() };
        let next = &explanation.next_actions;
        next.changes.iter().map(|it| it.text.as_str()).chain(next.note.as_deref()).collect()
    }
}
