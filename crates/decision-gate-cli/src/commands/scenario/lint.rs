//! `scenario lint`: what can be run and does not do what it seems to.

use decision_gate_core::scenario::lint::{Finding, Lint, lint};
use serde_json::{Value, json};

use super::ScenarioArguments;
use super::subject::Subject;
use crate::arguments::Format;
use crate::commands::Ending;
use crate::fault::Fault;
use crate::output::Output;
use crate::render::{FAINT, GOOD, Line, OPEN, Styled, config_line, path_json};

pub(super) const EXAMPLES: &str = "\
Looked at with the providers and the policy of the configuration in force.

Exit codes: 0 nothing to look at again, 1 findings, 2 it is no scenario.

Examples:
  decision-gate scenario lint release
  decision-gate scenario lint release.yaml --format json";

/// Looks, and says what was found.
pub(super) fn run(arguments: &ScenarioArguments, output: Output) -> Result<Ending, Fault> {
    let subject = Subject::open(arguments)?;
    let contracts = subject.session.app().orchestrator().contracts();
    let findings = lint(Lint { scenario: &subject.scenario, contracts, policy: Some(&subject.policy) });
    match arguments.report.format {
        Format::Text => output.answer(&text(&subject, &findings))?,
        Format::Json => output.json(&as_json(&subject, &findings))?,
    }
    Ok(if findings.is_empty() { Ending::Yes } else { Ending::No })
}

fn text(subject: &Subject, findings: &[Finding]) -> String {
    let mut text = String::new();
    for finding in findings {
        let Finding { path, code, message, hint } = finding;
        let place = subject.place(path);
        text.push_str(&format!("{}: {} {}\n", Line(place), Styled(OPEN, Line(message)), Styled(FAINT, code)));
        text.push_str(&format!("  hint: {hint}\n"));
    }
    if findings.is_empty() {
        text.push_str(&format!("{}\n", Styled(GOOD.bold(), "nothing to look at again")));
    }
    config_line(&mut text, subject.config());
    text
}

fn as_json(subject: &Subject, findings: &[Finding]) -> Value {
    let finding = |it: &Finding| {
        let Finding { path, code, message, hint } = it;
        json!({ "path": path, "place": subject.place(path), "code": code, "message": message, "hint": hint })
    };
    json!({
        "scenario_id": subject.scenario.spec().scenario_id,
        "spec_hash": subject.scenario.hash(),
        "findings": findings.iter().map(finding).collect::<Vec<_>>(),
        "config": path_json(subject.config()),
    })
}
