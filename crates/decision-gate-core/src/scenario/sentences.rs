//! A scenario in sentences: what a run goes through, and what must hold there.

use super::checked::Scenario;
use super::spec::ConditionSpec;
use super::stage::{AdvanceTo, GateOutcome, StageSpec, TimeoutPolicy};
use crate::condition::{Comparator, Expects};
use crate::gate::Requirement;
use crate::json::canonical;

/// One sentence for each gate and each way on, in the order of the text.
pub fn sentences(scenario: &Scenario) -> Vec<String> {
    let spec = scenario.spec();
    let mut all = Vec::new();
    if let Some(first) = spec.stages.first() {
        all.push(format!("A run of `{}` starts at stage `{}`.", spec.scenario_id, first.stage_id));
    }
    for (index, stage) in spec.stages.iter().enumerate() {
        let name = &stage.stage_id;
        if stage.ungated {
            all.push(format!("Stage `{name}` asks nothing."));
        }
        for gate in &stage.gates {
            let verified =
                gate.trust.map_or(String::new(), |trust| format!(", each by {} evidence", trust.min_lane.word()));
            let needs = tree(scenario, &gate.requirement, false);
            all.push(format!("Gate `{}` of stage `{name}` opens when {needs}{verified}.", gate.gate_id));
        }
        all.extend(ways(stage, spec.stages.get(index + 1)));
    }
    all
}

fn ways(stage: &StageSpec, next: Option<&StageSpec>) -> Vec<String> {
    let name = &stage.stage_id;
    let all_open = match stage.gates.len() {
        0 => "Then".to_owned(),
        1 => "When it is open,".to_owned(),
        _ => "When all of them are open,".to_owned(),
    };
    let mut all = match &stage.advance_to {
        AdvanceTo::Terminal => vec![format!("{all_open} the run is complete.")],
        AdvanceTo::Fixed { stage_id } => vec![format!("{all_open} the run goes to stage `{stage_id}`.")],
        AdvanceTo::Linear => vec![match next {
            Some(next) => format!("{all_open} the run goes to stage `{}`.", next.stage_id),
            None => format!("{all_open} the run is complete."),
        }],
        AdvanceTo::Branch { branches, default } => {
            let way = |rule: &super::stage::BranchRule| {
                let is = match rule.outcome {
                    GateOutcome::True => "is open",
                    GateOutcome::False => "is shown not to hold",
                    GateOutcome::Unknown => "stays unknown, which degrades the run",
                };
                format!(
                    "From `{name}` the run goes to stage `{}` when gate `{}` {is}.",
                    rule.next_stage_id, rule.gate_id
                )
            };
            let mut ways: Vec<String> = branches.iter().map(way).collect();
            if let Some(id) = default {
                ways.push(format!(
                    "From `{name}` it goes to stage `{id}` when every gate is decided and none of these fits."
                ));
            }
            ways
        }
    };
    if let Some(timeout) = &stage.timeout {
        let then = match stage.on_timeout {
            TimeoutPolicy::Fail => "the run fails",
            TimeoutPolicy::AdvanceWithFlag => "the run goes on as if every gate were open, and is degraded",
            TimeoutPolicy::AlternateBranch => "the run goes on as if nothing were known, and is degraded",
        };
        all.push(format!("After {} ms at `{name}`, {then}.", timeout.timeout_ms));
    }
    all
}

fn tree(scenario: &Scenario, node: &Requirement, inner: bool) -> String {
    let joined = |parts: &[Requirement], word: &str| {
        let parts: Vec<String> = parts.iter().map(|part| tree(scenario, part, true)).collect();
        let text = parts.join(word);
        if inner && parts.len() > 1 { format!("({text})") } else { text }
    };
    match node {
        Requirement::And(parts) => joined(parts, " and "),
        Requirement::Or(parts) => joined(parts, " or "),
        Requirement::Not(part) => format!("it is shown not to hold that {}", tree(scenario, part, true)),
        Requirement::RequireGroup { min, reqs } => {
            let parts: Vec<String> = reqs.iter().map(|part| tree(scenario, part, true)).collect();
            format!("at least {min} of these hold: ({})", parts.join("; "))
        }
        Requirement::Condition(id) => scenario.condition(id).map_or_else(|| format!("`{id}`"), condition),
    }
}

fn condition(spec: &ConditionSpec) -> String {
    let query = &spec.query;
    let params = query.params.as_ref().and_then(serde_json::Value::as_object);
    let of = params.filter(|it| !it.is_empty()).map_or(String::new(), |params| {
        let param = |(name, value): (&String, &serde_json::Value)| {
            let value = value.as_str().map_or_else(|| text(value), str::to_owned);
            format!("{name} {value}")
        };
        format!(" ({})", params.iter().map(param).collect::<Vec<_>>().join(", "))
    });
    let verified = spec.trust.map_or(String::new(), |trust| format!(" by {} evidence", trust.min_lane.word()));
    let is = comparison(spec.comparator);
    let expected = match spec.comparator.expects() {
        Expects::Presence { .. } => String::new(),
        Expects::Value | Expects::Set | Expects::Part => format!(" {}", text(spec.expected.value())),
    };
    format!("`{}` of `{}`{of} {is}{expected}{verified}", query.check_id, query.provider_id)
}

fn text(value: &serde_json::Value) -> String {
    String::from_utf8_lossy(&canonical::to_vec(value)).into_owned()
}

/// A comparator as a verb; the word itself where it has none here.
fn comparison(comparator: Comparator) -> &'static str {
    match comparator.word() {
        "equals" => "is",
        "not_equals" => "is not",
        "greater_than" => "is more than",
        "greater_than_or_equal" => "is at least",
        "less_than" => "is less than",
        "less_than_or_equal" => "is at most",
        "lex_greater_than" => "sorts after",
        "lex_greater_than_or_equal" => "does not sort before",
        "lex_less_than" => "sorts before",
        "lex_less_than_or_equal" => "does not sort after",
        "contains" => "contains",
        "in_set" => "is one of",
        "deep_equals" => "is, in all its parts,",
        "deep_not_equals" => "differs in some part from",
        "exists" => "is there",
        "not_exists" => "is not there",
        word => word,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_scenario_reads_as_sentences() {
        let spec = json!({
            "scenario_id": "release",
            "stages": [
                { "stage_id": "test", "gates": [
                    { "gate_id": "quality", "requirement": { "And": ["no_failures", { "Or": ["covered", { "Not": "big" }] }] } },
                    { "gate_id": "owners", "requirement": { "RequireGroup": { "min": 1, "reqs": ["covered", "signed"] } },
                      "trust": { "min_lane": "verified" } },
                ] },
                { "stage_id": "look", "gates": [{ "gate_id": "sign", "requirement": "signed" }],
                  "timeout": { "timeout_ms": 5000 },
                  "advance_to": { "kind": "branch", "default": "test",
                    "branches": [{ "gate_id": "sign", "outcome": "true", "next_stage_id": "ship" }] } },
                { "stage_id": "ship", "ungated": true },
            ],
            "conditions": {
                "no_failures": "report.tests.failed(glob: out/*.xml, at_least: 2) == 0",
                "covered": "report.coverage.lines >= 0.8",
                "big": "json.path(file: size.json, jsonpath: $.n) > 10",
                "signed": "env.get(key: APPROVAL) exists",
            },
        });
        let scenario = Scenario::check(Scenario::read(&spec).unwrap()).unwrap();
        insta::assert_snapshot!(sentences(&scenario).join("\n"), @r"
        A run of `release` starts at stage `test`.
        Gate `quality` of stage `test` opens when `tests.failed` of `report` (at_least 2, glob out/*.xml) is 0 and (`coverage.lines` of `report` is at least 0.8 or it is shown not to hold that `path` of `json` (file size.json, jsonpath $.n) is more than 10).
        Gate `owners` of stage `test` opens when at least 1 of these hold: (`coverage.lines` of `report` is at least 0.8; `get` of `env` (key APPROVAL) is there), each by verified evidence.
        When all of them are open, the run goes to stage `look`.
        Gate `sign` of stage `look` opens when `get` of `env` (key APPROVAL) is there.
        From `look` the run goes to stage `ship` when gate `sign` is open.
        From `look` it goes to stage `test` when every gate is decided and none of these fits.
        After 5000 ms at `look`, the run fails.
        Stage `ship` asks nothing.
        Then the run is complete.
        ");
    }

    #[test]
    fn every_comparator_has_a_verb() {
        for comparator in crate::condition::ALL {
            let verb = comparison(comparator);
            assert!(verb == "contains" || verb != comparator.word(), "{comparator}");
        }
    }
}
