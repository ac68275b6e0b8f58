//! Every case under `cases/engine/`. An area has at least a pass, a fail and a hold.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use decision_gate_core::condition::Truth;
use decision_gate_core::engine::{DecisionOutcome, RunState};
use decision_gate_core::ledger::{Body, Event};
use decision_gate_core::scenario::EdgePolicy;
use serde_json::{Value, json};

use crate::case::{Case, Expect, Refused, RunCase};
use crate::support::{BOUNDS, Run, Setup, define, merge, policy_with, salted};

#[test]
fn every_case_comes_out_as_it_says() {
    let mut seen: BTreeMap<String, BTreeSet<&str>> = BTreeMap::new();
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("cases/engine");
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path().join("case.json");
        let case: Case = serde_json::from_slice(&fs::read(&path).unwrap())
            .unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        assert!(!case.why.is_empty(), "{}: why is it there?", path.display());
        assert!(!case.runs.is_empty() || !case.refused.is_empty(), "{}: nothing is run", path.display());
        for run in &case.runs {
            let place = format!("{}: {}", path.display(), run.why);
            seen.entry(case.area.clone()).or_default().extend(check_run(&case, run, &place));
        }
        for refused in &case.refused {
            check_refused(&case, refused, &format!("{}: {}", path.display(), refused.why));
        }
    }
    let lacking: Vec<_> =
        seen.iter().filter(|(_, kinds)| !["pass", "fail", "hold"].iter().all(|it| kinds.contains(it))).collect();
    assert!(lacking.is_empty(), "every area needs a pass, a fail and a hold: {lacking:?}");
    assert!(seen.len() >= 8, "{:?}", seen.keys());
}

fn check_refused(case: &Case, refused: &Refused, place: &str) {
    let mut spec = case.scenario.clone();
    merge(&mut spec, &refused.patch);
    let edges = if refused.hardened { EdgePolicy::Refuse } else { EdgePolicy::Allow };
    let faults =
        define(&spec, decision_gate_core::scenario::Bounds { degraded_edges: edges, ..BOUNDS }).expect_err(place);
    let first = faults.iter().next().unwrap();
    assert_eq!(
        (first.problem.code(), first.pointer.as_str()),
        (refused.code.as_str(), refused.path.as_str()),
        "{place}: {faults}"
    );
    assert!(!first.problem.hint().is_empty(), "{place}: no hint");
}

fn check_run(case: &Case, told: &RunCase, place: &str) -> Vec<&'static str> {
    let mut spec = case.scenario.clone();
    merge(&mut spec, &told.scenario);
    let scenario = define(&spec, BOUNDS).unwrap_or_else(|faults| panic!("{place}: {faults}"));
    let setup = Setup { origin: told.origin(), targets: told.targets.clone(), at: told.at.time() };
    let mut run = Run::start(scenario, policy_with(&[&case.policy, &told.policy]), &setup);
    compare(&told.start, &run.state, &run.events[0].0, &format!("{place}: start"));
    let mut kinds = Vec::new();
    for (number, step) in told.steps.iter().enumerate() {
        let place = format!("{place}: step {}", number + 1);
        let occasion = run.state.occasion(step.at.time());
        let query = |id: &str| &run.scenario.condition(&id.parse().unwrap()).expect("a condition of the case").query;
        let answers = step.answers.iter().map(|(id, given)| (id.clone(), given.answer(query(id), &occasion))).collect();
        let before = run.state.clone();
        match run.step(step.kind, &salted(&answers), step.at.time()) {
            Err(fault) => assert_eq!(step.expect.fault.as_deref(), Some(fault.code()), "{place}: {fault}"),
            Ok(decided) => {
                assert_eq!(step.expect.fault, None, "{place}");
                assert_eq!(
                    RunState::apply(Some(&before), &decided.event),
                    Ok(RunState::clone(&decided.state)),
                    "{place}"
                );
                compare(&step.expect, &decided.state, &decided.event, &place);
                kinds.push(kind_of(&decided.event));
            }
        }
    }
    kinds
}

/// A pass, a fail (shown not to hold) or a hold (can't tell); a run that took something for granted is none of them.
fn kind_of(event: &Event) -> &'static str {
    let Body::StepDecided(body) = &event.body else { unreachable!() };
    match &body.decision.outcome {
        _ if body.degraded.is_some() => "degraded",
        DecisionOutcome::Fail { .. } => "fail",
        DecisionOutcome::Hold { .. } if body.gates.iter().any(|gate| gate.status == Truth::False) => "fail",
        DecisionOutcome::Hold { .. } => "hold",
        DecisionOutcome::Advance { .. } | DecisionOutcome::Complete { .. } | DecisionOutcome::Start { .. } => "pass",
    }
}

fn compare(expect: &Expect, state: &RunState, event: &Event, place: &str) {
    let body = &event.to_value()["body"];
    let outcome = &body["decision"]["outcome"];
    let mut wrong = Vec::new();
    let mut check = |what: &str, wanted: Option<Value>, got: Value| {
        if wanted.as_ref().is_some_and(|wanted| *wanted != got) {
            wrong.push(format!("{what} is {got}, not {}", wanted.unwrap_or_default()));
        }
    };
    let by_id = |list: &str, id: &str, member: &str| -> Value {
        let items = body[list].as_array().into_iter().flatten();
        items
            .filter(|it| !it[member].is_null())
            .map(|it| (it[id].as_str().unwrap().to_owned(), it[member].clone()))
            .collect()
    };
    let ids =
        |items: &Value| -> Value { items.as_array().into_iter().flatten().map(|it| it["packet_id"].clone()).collect() };
    let degraded = || state.degraded.as_ref().map_or(json!("no"), |it| json!(it.reason));
    check("outcome", expect.outcome.clone().map(Value::from), outcome["kind"].clone());
    check("to", expect.to.clone().map(Value::from), outcome["to_stage"].clone());
    check("timeout", expect.timeout.map(Value::from), outcome["timeout"].clone());
    check("reason", expect.reason.clone().map(Value::from), outcome["reason"].clone());
    check("unmet", expect.unmet.clone().map(Value::from), outcome["summary"]["unmet_gates"].clone());
    check("status", expect.status.clone().map(Value::from), json!(state.status));
    check("degraded", expect.degraded.clone().map(Value::from), degraded());
    check("allowed", expect.allowed.map(Value::from), state.is_allowed().into());
    check("relaxations", expect.relaxations.clone().map(Value::from), body["relaxations"].clone());
    check("packets", expect.packets.clone().map(Value::from), ids(&body["packets"]));
    check("gates", expect.gates.as_ref().map(|it| json!(it)), by_id("gates", "gate_id", "status"));
    check("conditions", expect.conditions.as_ref().map(|it| json!(it)), by_id("evidence", "condition_id", "status"));
    check("gaps", expect.gaps.as_ref().map(|it| json!(it)), by_id("evidence", "condition_id", "gap"));
    check("lanes", expect.lanes.as_ref().map(|it| json!(it)), by_id("evidence", "condition_id", "lane"));
    assert!(wrong.is_empty(), "{place}: {}", wrong.join("; "));
}
