//! Telemetry of the built binary: what a decision leaves behind where it is asked for, and nothing where it is not.

use serde_json::json;

use crate::support::{Project, files_below};

const GATES: &str = "PolicyGates:\n  VexTrust:\n    Enabled: true\n";

fn evaluated(config: &str) -> Project {
    let project = Project::empty();
    let release = "environments = [\"staging\", \"production\"]\n[release]\npolicy = \"gates.yaml\"\n";
    project.write(".decision-gate/config.toml", &format!("{release}{config}"));
    project.write(".decision-gate/gates.yaml", GATES);
    let subject = format!("sha256:{}", "ab".repeat(32));
    project.run(&["release", "evaluate", "--environment", "production", "--subject", &subject]).expect(0);
    project
}

#[test]
fn a_release_decision_is_told_as_the_command_ends() {
    let project = evaluated("[telemetry]\nprometheus_file = \"gate.prom\"\n");
    let text = project.read(".decision-gate/gate.prom");
    let line = "stellaops_policy_vex_trust_gate_decisions_total{decision=\"warn\",environment=\"production\",reason=\"missing_vex_trust_data\"} 1";
    assert!(text.lines().any(|it| it == line), "{text}");
}

#[test]
fn a_release_that_a_scenario_asks_for_is_told_as_well() {
    let project = Project::empty();
    let config = "environments = [\"production\"]\n[scenarios]\nfiles = [\"ship.yaml\"]\n\
                  [release]\npolicy = \"gates.yaml\"\n[telemetry]\nprometheus_file = \"gate.prom\"\n";
    project.write(".decision-gate/config.toml", config);
    project.write(".decision-gate/gates.yaml", GATES);
    let scenario = json!({
        "scenario_id": "ship",
        "stages": [{ "stage_id": "ship", "gates": [{ "gate_id": "released", "requirement": "release" }] }],
        "conditions": [{
            "condition_id": "release", "comparator": "equals", "expected": "pass",
            "query": { "provider_id": "release", "check_id": "vex-trust", "params": { "environment": "production" } },
        }],
    });
    project.write(".decision-gate/ship.yaml", &scenario.to_string());
    let subject = format!("sha256:{}", "ab".repeat(32));
    project.run(&["check", "ship", "--environment", "production", "--subject", &subject]).expect(0);
    let text = project.read(".decision-gate/gate.prom");
    let line = "stellaops_policy_vex_trust_gate_evaluations_total{environment=\"production\"} 1";
    assert!(text.lines().any(|it| it == line), "{text}");
}

#[test]
fn nothing_is_told_where_nothing_is_configured() {
    let project = evaluated("");
    assert_eq!(files_below(&project.folder()), [".decision-gate/config.toml", ".decision-gate/gates.yaml"]);
}
