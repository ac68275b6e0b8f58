//! OpenSSF Scorecard: `scorecard --format json`. A score of -1 means that it could not tell.

use serde_json::Number;

use super::super::content::Content;
use super::super::error::ReportError;
use super::super::node::Node;
use super::super::summary::{Kind, Score, Summary};
use super::{Format, document, has, never};

pub(super) const FORMAT: Format = Format {
    id: "scorecard",
    name: "OpenSSF Scorecard JSON",
    kind: Kind::Score,
    fits: |content| has(content, &["scorecard", "score", "checks"]),
    bare: never,
    read,
};

fn read(content: &Content) -> Result<Summary, ReportError> {
    let report = document(content)?;
    let (mut checks, mut inconclusive) = (0, 0);
    let mut lowest: Option<Number> = None;
    for check in report.array("checks")? {
        match score(&check)? {
            None => inconclusive += 1,
            Some(score) => {
                checks += 1;
                if lowest.as_ref().and_then(Number::as_f64) > score.as_f64() || lowest.is_none() {
                    lowest = Some(score);
                }
            }
        }
    }
    let failed = || {
        let what = "it came to no score";
        ReportError::ToolFailed { format: FORMAT.id, place: report.at("score"), what }
    };
    let value = score(&report)?.ok_or_else(failed)?;
    if checks == 0 {
        return Err(ReportError::Empty { format: Some(FORMAT.id), missing: "no check came to a score" });
    }
    Ok(Summary::Score(Score { value, lowest, checks, inconclusive }))
}

/// A score from 0 to 10; nothing where it could not tell.
fn score(scored: &Node<'_>) -> Result<Option<Number>, ReportError> {
    let number = scored.need("score")?.value().as_number().cloned();
    match number.as_ref().and_then(Number::as_f64) {
        Some(score) if (0.0..=10.0).contains(&score) => Ok(number),
        Some(-1.0) => Ok(None),
        _ => Err(ReportError::member(scored.at("score"), "a number from 0 to 10, or -1")),
    }
}
