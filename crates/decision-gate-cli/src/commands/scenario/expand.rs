//! `scenario expand`: the form that is kept, hashed and bound to runs.

use serde_json::json;

use super::ScenarioArguments;
use super::subject::Subject;
use crate::arguments::Format;
use crate::commands::Ending;
use crate::fault::Fault;
use crate::output::Output;
use crate::render::json_text;

pub(super) const EXAMPLES: &str = "\
Examples:
  decision-gate scenario expand release
  decision-gate scenario expand release.yaml --format json";

/// Prints the expanded scenario; as JSON beside its hash.
pub(super) fn run(arguments: &ScenarioArguments, output: Output) -> Result<Ending, Fault> {
    let subject = Subject::open(arguments)?;
    let (spec, hash) = (json!(subject.scenario.spec()), subject.scenario.hash());
    match arguments.report.format {
        Format::Json => output.json(&json!({ "scenario": spec, "spec_hash": hash }))?,
        Format::Text => output.data(&format!("{}\n", json_text(&format!("{spec:#}"))))?,
    }
    Ok(Ending::Yes)
}
