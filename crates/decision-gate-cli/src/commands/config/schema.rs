//! `config schema`: what a configuration may say, as JSON Schema.

use crate::commands::Ending;
use crate::fault::Fault;
use crate::output::Output;

pub(super) const EXAMPLES: &str = "\
Examples:
  decision-gate config schema > decision-gate.schema.json";

/// Prints the schema. It is JSON in either format; only its layout would differ.
pub(super) fn run(output: Output) -> Result<Ending, Fault> {
    let schema = decision_gate_config::schema();
    output.data(&format!("{schema:#}\n"))?;
    Ok(Ending::Yes)
}
