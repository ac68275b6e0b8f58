//! Cases as folders: why, what was decided and is proposed (`case.json`), and what is found (`expected.json`).

use std::path::Path;

use serde_json::{Value, json};

use super::{Extent, Filter, Ledger};
use crate::gates::ALL;
use crate::release::tests::{World, signed, traced, waiver};
use crate::tests::{NOW, beacon, execution};

/// One decision of a case: `{run, environment?, minutes?, evidence?, metadata?, pruned?}`.
fn world(gates: &Value, decision: &Value) -> World {
    let mut world = World { gates: gates.clone(), ..World::blocking() };
    world.environment = match decision["environment"].as_str() {
        Some("staging") => "staging",
        _ => "production",
    };
    world.at = NOW + decision["minutes"].as_i64().unwrap_or(0) * 60_000;
    if let Some(metadata) = decision.get("metadata") {
        world.asked.metadata = serde_json::from_value(metadata.clone()).unwrap();
    }
    for (index, it) in decision["evidence"].as_array().into_iter().flatten().enumerate() {
        let file = match (it.get("execution"), it.get("beacon"), it.as_str()) {
            (Some(short), ..) => {
                signed("builder", decision_gate_attest::execution_evidence::PREDICATE_TYPE, &execution(short))
            }
            (_, Some(short), _) => signed("builder", decision_gate_attest::beacon::PREDICATE_TYPE, &beacon(short)),
            (.., Some("trace")) => traced("builder"),
            (.., Some("waiver")) => waiver("board", -1, 1),
            other => panic!("{other:?}"),
        };
        world = world.with(&format!("{index}.json"), file);
    }
    world
}

fn found(case: &Value) -> Value {
    let mut ledger = Ledger::default();
    for decision in case["decisions"].as_array().unwrap() {
        let run = decision["run"].as_str().unwrap();
        ledger.keep(run, &world(decision.get("recorded").unwrap_or(&case["recorded"]), decision).run_as(run));
        if decision["pruned"] == true {
            ledger.runs.last_mut().unwrap()[1].values.clear();
        }
    }
    let wanted = &case["filter"];
    let minutes = |name: &str| wanted[name].as_i64().map(|it| NOW + it * 60_000);
    let filter = Filter {
        since: minutes("since"),
        until: minutes("until"),
        environments: serde_json::from_value(wanted["environments"].clone()).unwrap_or_default(),
        gate: wanted["gate"].as_str().map(|id| ALL.iter().find(|gate| gate.id == id).unwrap().id),
        ..Filter::default()
    };
    let curves = case["curves"].as_u64().map(|it| usize::try_from(it).unwrap());
    let mut report = json!(ledger.backtest(&case["candidate"], filter, Extent { examples: 3, curves }));
    // Another default elsewhere is no change here.
    report.as_object_mut().unwrap().remove("candidate");
    report
}

#[test]
fn cases() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/backtest/cases");
    let mut count = 0;
    for entry in std::fs::read_dir(&folder).unwrap() {
        let path = entry.unwrap().path();
        let read = |name: &str| -> Value {
            let text = std::fs::read_to_string(path.join(name)).unwrap_or_else(|_| "null".to_owned());
            serde_json::from_str(&text).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
        };
        let case = read("case.json");
        let found = found(&case);
        if std::env::var_os("UPDATE_CASES").is_some() {
            let text = serde_json::to_string_pretty(&found).unwrap();
            std::fs::write(path.join("expected.json"), text + "\n").unwrap();
        }
        assert_eq!(found, read("expected.json"), "{}: {}", path.display(), case["why"]);
        count += 1;
    }
    assert!(count >= 8, "{count} cases");
}
