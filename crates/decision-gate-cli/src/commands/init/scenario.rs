//! The first scenario and the places of its reports, written from what the project has.

use decision_gate_attest::reports::Kind;
use serde_json::json;

use super::detect::{Files, Source};

/// As much of the lines as is asked for where there is more.
const ENOUGH: u64 = 80;

/// One condition, in short form.
struct Condition {
    id: &'static str,
    line: String,
    note: &'static str,
}

/// A scenario that asks for what the sources say.
pub(super) fn of(sources: &[Source]) -> String {
    let mut gates = String::new();
    let mut conditions = String::new();
    for source in sources {
        let asked = conditions_of(source);
        let ids: Vec<_> = asked.iter().map(|it| it.id).collect();
        let requirement = match ids.as_slice() {
            [one] => (*one).to_owned(),
            several => format!("{{ And: [{}] }}", several.join(", ")),
        };
        gates.push_str(&format!("      - {{ gate_id: {}, requirement: {requirement} }}\n", source.kind.word()));
        for Condition { id, line, note } in asked {
            conditions.push_str(&format!("{note}  {id}: {line}\n"));
        }
    }
    format!(
        "# yaml-language-server: $schema=../schemas/scenario.schema.json\n\
         # The first scenario: a release needs what this project's reports say.\n#\n\
         # A condition asks a provider one question and compares the answer; where the reports are, `sources` in the\n\
         # configuration says. A gate says which conditions must hold (And, Or, Not, RequireGroup). A stage advances when\n\
         # all of its gates are true; what can't be established holds.\n\
         scenario_id: release\nspec_version: \"1\"\n\nstages:\n  - stage_id: release\n    gates:\n{gates}    \
         advance_to: terminal\n\nconditions:\n{conditions}"
    )
}

fn conditions_of(source: &Source) -> Vec<Condition> {
    let condition = |id, line: &str, note| Condition { id, line: line.to_owned(), note };
    match source.kind {
        Kind::Coverage => {
            let percent = source.covered.unwrap_or(ENOUGH).min(ENOUGH);
            let note = if percent < ENOUGH { "  # What is covered today; raise it as it grows.\n" } else { "" };
            let line = format!("report.coverage.lines >= {}.{:02}", percent / 100, percent % 100);
            vec![condition("enough_coverage", &line, note)]
        }
        Kind::Findings => vec![
            condition("nothing_critical", "report.findings.critical == 0", ""),
            condition("nothing_high", "report.findings.high == 0", ""),
        ],
        _ => vec![
            condition(
                "tests_ran",
                "report.tests.passed > 0",
                "  # Skipped tests do not fail, so some must have passed.\n",
            ),
            condition("no_test_failed", "report.tests.failed == 0", ""),
        ],
    }
}

/// The places of the reports, as keys of the configuration. JSON texts and lists are TOML too, and quote whatever a
/// file is called.
pub(super) fn places(sources: &[Source]) -> String {
    let place = |source: &Source| match &source.files {
        Files::Named(files) => match files.as_slice() {
            [one] if one.contains('*') => format!("{{ file = {} }}", json!(one)),
            [one] => json!(one).to_string(),
            several => format!("[{}]", several.iter().map(|it| json!(it).to_string()).collect::<Vec<_>>().join(", ")),
        },
        Files::Glob(glob) => json!(glob).to_string(),
    };
    let lines: Vec<_> = sources.iter().map(|it| format!("{} = {}", it.kind.word(), place(it))).collect();
    lines.join("\n")
}
