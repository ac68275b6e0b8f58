//! In-toto vulnerability scan, version 0.2: what a scanner found in an artifact, and how old its database was.
//!
//! How fresh a scan is follows from the database, not only from when the scan ran, so `lastUpdate` is required as the
//! format says. A severity that is no number makes the highest score unreadable and the rest of the scan no less so.

use decision_gate_core::dsse::Verified;
use decision_gate_core::intoto::Statement;
use serde_json::{Value, json};

use super::members::Optional as _;
use super::{FactKind, Facts, Format, PredicateError, Shape, typed};
use crate::predicate::{Members, PredicateFault};

pub(super) const FORMAT: Format = Format {
    word: "vulns",
    predicate_types: &["https://in-toto.io/attestation/vulns/v0.2"],
    facts: &[
        FactKind { name: "count", about: "How many vulnerabilities were found.", shape: Shape::Count, example: "2" },
        FactKind { name: "ids", about: "Their ids.", shape: Shape::Texts, example: "CVE-2026-0001" },
        FactKind {
            name: "max_score",
            about: "The highest score of any of them; 0 for none.",
            shape: Shape::Number,
            example: "5.2",
        },
        FactKind { name: "scanner_uri", about: "Which scanner.", shape: Shape::Text, example: "pkg:generic/scanner@1" },
        FactKind {
            name: "database_updated",
            about: "When its database was updated, as signed.",
            shape: Shape::Text,
            example: "2026-01-01T00:00:00Z",
        },
        FactKind {
            name: "finished_on",
            about: "When the scan ended, as signed.",
            shape: Shape::Text,
            example: "2026-01-01T00:05:00Z",
        },
    ],
    read: |_, predicate| VulnerabilityScan::read("", predicate).map(VulnerabilityScan::into_facts),
};

/// A scan for vulnerabilities.
#[derive(Clone, Debug, PartialEq)]
pub struct VulnerabilityScan {
    /// Which scanner.
    pub scanner_uri: String,
    /// When its database was updated, as signed.
    pub database_updated: String,
    /// When the scan ended, as signed.
    pub finished_on: String,
    /// The id of each vulnerability.
    pub ids: Vec<String>,
    /// The highest score of any of them, 0 where there is none.
    pub max_score: Result<f64, PredicateFault>,
}

impl VulnerabilityScan {
    /// The scan that was signed.
    ///
    /// # Errors
    /// [`PredicateError`].
    pub fn of(statement: &Verified<Statement>) -> Result<Self, PredicateError> {
        typed(statement, FORMAT.predicate_types, Self::read)
    }

    fn read(_: &str, predicate: &Value) -> Result<Self, PredicateFault> {
        let predicate = Members::of(predicate)?;
        let scanner = predicate.object("scanner")?;
        let (database, metadata) = (scanner.object("db")?, predicate.object("metadata")?);
        let time = |it: &Members<'_>, name: &'static str| it.time(name).and_then(|_| it.text(name).map(str::to_owned));
        // An empty list says that nothing was found; no list says nothing.
        let results = scanner.objects("result")?;
        metadata.time("scanStartedOn")?;
        Ok(Self {
            scanner_uri: scanner.text("uri")?.to_owned(),
            database_updated: time(&database, "lastUpdate")?,
            finished_on: time(&metadata, "scanFinishedOn")?,
            ids: results.iter().map(|it| found(it)?.text("id").map(str::to_owned)).collect::<Result<_, _>>()?,
            max_score: results
                .iter()
                .map(|it| score(&found(it)?))
                .try_fold(0.0, |highest: f64, score| Ok(highest.max(score?))),
        })
    }

    fn into_facts(self) -> Facts {
        Facts::default()
            .with("count", Some(self.ids.len()))
            .with_texts("ids", Some(&self.ids))
            .with_result("max_score", self.max_score.map(|score| Some(json!(score))))
            .with("scanner_uri", Some(self.scanner_uri))
            .with("database_updated", Some(self.database_updated))
            .with("finished_on", Some(self.finished_on))
    }
}

/// The vulnerability of a result: itself, or a member of it, since the format is written down in both ways.
fn found<'a>(result: &Members<'a>) -> Result<Members<'a>, PredicateFault> {
    Ok(result.maybe_object("vulnerability")?.unwrap_or(*result))
}

/// The highest score of one vulnerability. Words such as `medium` are passed over where there is a number as well; one
/// without any number could be of any severity.
fn score(vulnerability: &Members<'_>) -> Result<f64, PredicateFault> {
    let unreadable = || vulnerability.malformed("severity", "an array with a `score` from 0 to 10");
    let severities = vulnerability.need("severity")?.as_array().ok_or_else(unreadable)?;
    let number = |severity: &Value| match severity.get("score")? {
        Value::String(text) => text.parse::<f64>().ok(),
        score => score.as_f64(),
    };
    let scores: Vec<f64> = severities.iter().filter_map(number).collect();
    let possible = scores.iter().all(|score| (0.0..=10.0).contains(score));
    scores.into_iter().reduce(f64::max).filter(|_| possible).ok_or_else(unreadable)
}
