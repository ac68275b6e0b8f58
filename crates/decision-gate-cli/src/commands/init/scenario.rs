//! The first scenario, written from what the project has.

use decision_gate_attest::reports::Kind;

use super::detect::{Files, Source};

/// As much of the lines as is asked for where there is more.
const ENOUGH: u64 = 80;

/// One condition.
struct Condition {
    id: &'static str,
    check: &'static str,
    comparator: &'static str,
    expected: String,
    note: &'static str,
}

/// A scenario that asks for what the sources say.
pub(super) fn of(sources: &[Source]) -> String {
    let mut gates = String::new();
    let mut conditions = String::new();
    for source in sources {
        let asked = conditions_of(source);
        let ids: Vec<_> = asked.iter().map(|it| it.id).collect();
        gates.push_str(&format!(
            "      - gate_id: {}\n        requirement:\n          And: [{}]\n",
            source.kind.word(),
            ids.join(", ")
        ));
        for condition in asked {
            conditions.push_str(&text(&condition, source));
        }
    }
    format!(
        "# yaml-language-server: $schema=../schemas/scenario.schema.json\n\
         # The first scenario: a release needs what this project's reports say.\n#\n\
         # A condition asks a provider one question and compares the answer. A gate says which conditions must hold (And, Or,\n\
         # Not, RequireGroup). A stage advances when all of its gates are true; what can't be established holds.\n\
         scenario_id: release\nspec_version: \"1\"\n\nstages:\n  - stage_id: release\n    gates:\n{gates}    \
         advance_to: terminal\n\nconditions:\n{conditions}"
    )
}

fn conditions_of(source: &Source) -> Vec<Condition> {
    let condition = |id, check, comparator, expected: String, note| Condition { id, check, comparator, expected, note };
    match source.kind {
        Kind::Coverage => {
            let percent = source.covered.unwrap_or(ENOUGH).min(ENOUGH);
            let note = if percent < ENOUGH { "# What is covered today; raise it as it grows.\n" } else { "" };
            let expected = format!("{}.{:02}", percent / 100, percent % 100);
            vec![condition("enough_coverage", "coverage.lines", "greater_than_or_equal", expected, note)]
        }
        Kind::Findings => vec![
            condition("nothing_critical", "findings.critical", "equals", "0".to_owned(), ""),
            condition("nothing_high", "findings.high", "equals", "0".to_owned(), ""),
        ],
        _ => vec![
            condition(
                "tests_ran",
                "tests.passed",
                "greater_than",
                "0".to_owned(),
                "# Skipped tests do not fail, so some must have passed.\n",
            ),
            condition("no_test_failed", "tests.failed", "equals", "0".to_owned(), ""),
        ],
    }
}

fn text(condition: &Condition, source: &Source) -> String {
    let note = if condition.note.is_empty() { String::new() } else { format!("  {}", condition.note) };
    format!(
        "{note}  - condition_id: {}\n    query:\n      provider_id: report\n      check_id: {}\n      params: {}\n    \
         comparator: {}\n    expected: {}\n\n",
        condition.id,
        condition.check,
        params(source),
        condition.comparator,
        condition.expected
    )
}

/// JSON is YAML too, and quotes whatever a file is called.
fn params(source: &Source) -> String {
    let quoted = |text: &str| serde_json::Value::from(text).to_string();
    match &source.files {
        Files::Named(files) => match files.as_slice() {
            [one] => format!("{{ file: {} }}", quoted(one)),
            several => format!("{{ files: [{}] }}", several.iter().map(|it| quoted(it)).collect::<Vec<_>>().join(", ")),
        },
        Files::Glob(glob) => format!("{{ glob: {}, at_least: 1 }}", quoted(glob)),
    }
}
