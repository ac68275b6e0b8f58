//! `scenario explain`: the gates as sentences.

use decision_gate_core::scenario::sentences;
use serde_json::json;

use super::ScenarioArguments;
use super::subject::Subject;
use crate::arguments::Format;
use crate::commands::Ending;
use crate::fault::Fault;
use crate::output::Output;
use crate::render::Line;

pub(super) const EXAMPLES: &str = "\
Examples:
  decision-gate scenario explain release
  decision-gate scenario explain release.yaml";

/// Says what must hold.
pub(super) fn run(arguments: &ScenarioArguments, output: Output) -> Result<Ending, Fault> {
    let subject = Subject::open(arguments)?;
    let sentences = sentences(&subject.scenario);
    match arguments.report.format {
        Format::Json => output.json(&json!({
            "scenario_id": subject.scenario.spec().scenario_id,
            "spec_hash": subject.scenario.hash(),
            "sentences": sentences,
        }))?,
        Format::Text => {
            let lines: Vec<String> = sentences.iter().map(|it| Line(it).to_string()).collect();
            output.answer(&format!("{}\n", lines.join("\n")))?;
        }
    }
    Ok(Ending::Yes)
}
