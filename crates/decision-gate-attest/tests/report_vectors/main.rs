//! Public test vectors of reports of CI tools: what each says, and which say nothing.
//!
//! Prints one line for each collection and demands all of it. The folder comes from `DECISION_GATE_VECTORS`, else it
//! stands beside the project; where it is absent the tests say so and pass, unless `DECISION_GATE_REQUIRE_VECTORS` is
//! set. A report that is no evidence and would be a pass is a false accept.

#![cfg(test)]

mod coverage;
mod findings;
mod state;
mod tests_run;

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use decision_gate_attest::reports::{self, Report, ReportError, Summary};
use decision_gate_vectors::{cases, collection, text};
use serde_json::Value;

/// Goes through the cases of a collection whose files are there.
fn each(name: &str, mut take: impl FnMut(&Value, &str, &[u8])) -> bool {
    let Some(folder) = collection(name) else { return false };
    for case in cases(&folder.join("cases.json"), "cases") {
        // A file that was left out for its licence is not part of the collection.
        if let Some(bytes) = file(&folder, &case) {
            take(&case, text(&case, "id"), &bytes);
        }
    }
    true
}

fn file(folder: &Path, case: &Value) -> Option<Vec<u8>> {
    fs::read(folder.join(text(case, "file"))).ok()
}

/// What a report states, or the code of why not.
fn stated(bytes: &[u8], named: Option<&str>) -> Result<Summary, ReportError> {
    reports::read(bytes, named).map(|it| it.stated().clone())
}

/// What a report proves, or why it proves nothing.
fn evidence(bytes: &[u8], named: Option<&str>) -> Result<Summary, ReportError> {
    reports::read(bytes, named).and_then(|it: Report| it.evidence().cloned())
}

/// A member that counts.
fn count(case: &Value, member: &str) -> u64 {
    case[member].as_u64().unwrap_or_default()
}

/// Counts by spelling, without those of nothing.
fn counts(case: &Value) -> BTreeMap<String, u64> {
    let members = case.as_object().into_iter().flatten();
    members.filter_map(|(name, count)| Some((name.clone(), count.as_u64().filter(|it| *it > 0)?))).collect()
}
