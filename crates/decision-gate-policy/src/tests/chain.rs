//! Order, modes, and what rows come to.

use decision_gate_core::condition::Truth;
use serde_json::{Value, json};

use super::{attest, execution, policy, release, released, row, subject};
use crate::chain::{evaluate, precheck};
use crate::gates::ALL;
use crate::result::Outcome;

#[test]
fn gates_stand_in_order_and_each_once() {
    let order: Vec<_> = ALL.iter().map(|gate| (gate.order, gate.id)).collect();
    assert_eq!(
        order,
        [
            (100, "evidence-completeness"),
            (150, "execution-evidence"),
            (160, "beacon-rate"),
            (200, "lattice-state"),
            (250, "vex-trust"),
            (300, "uncertainty-tier"),
            (400, "confidence"),
        ]
    );
}

#[test]
fn a_chain_that_asked_nobody_holds_unless_the_policy_says_so() {
    let decision = evaluate(&policy(&json!({})), &release("production"));
    assert_eq!((decision.truth, decision.reason), (Truth::Unknown, "no_gate_asked"));
    assert!(decision.rows.iter().all(|row| row.outcome == Outcome::Skip && row.judged.reason == "gate_off"));
    let decision = evaluate(&policy(&json!({ "Ungated": "Allow" })), &release("production"));
    assert_eq!((decision.truth, decision.reason), (Truth::True, "ungated"));
    assert_eq!(decision.relaxations, ["release_ungated"]);
}

#[test]
fn every_gate_is_asked_and_the_first_block_decides() {
    let policy = policy(&json!({
        "ExecutionEvidence": { "Enabled": true },
        "BeaconRate": { "Enabled": true, "MissingBeaconAction": "Block" },
        "UncertaintyTier": { "Enabled": true, "T1OtherStatusAction": "Block" },
    }));
    let decision = evaluate(&policy, &release("production"));
    assert_eq!((decision.truth, decision.decided_by), (Truth::Unknown, Some("beacon-rate")));
    let warnings: Vec<_> = decision.warnings().map(|row| row.gate).collect();
    assert_eq!(warnings, ["execution-evidence"]);
    let mut thin = release("production");
    thin.attestations.push(attest(
        &subject(),
        decision_gate_attest::execution_evidence::PREDICATE_TYPE,
        execution(&json!({ "hot": 1, "paths": 0 })),
    ));
    assert_eq!(evaluate(&policy, &thin).truth, Truth::False, "what was measured weighs more than what is missing");
}

#[test]
fn modes_say_how_far_a_gate_counts_and_where_that_was_said() {
    let table: [(Value, Outcome, Outcome, Option<&str>); 9] = [
        (json!({}), Outcome::Skip, Outcome::Skip, Some("PolicyGates.BeaconRate.Enabled (built-in)")),
        (json!({ "Enabled": true }), Outcome::Block, Outcome::Block, Some("PolicyGates.BeaconRate.Enabled (test)")),
        (json!({ "Mode": "Block" }), Outcome::Block, Outcome::Block, Some("PolicyGates.BeaconRate.Mode (test)")),
        (json!({ "Mode": "Warn" }), Outcome::Warn, Outcome::Block, Some("PolicyGates.BeaconRate.Mode (test)")),
        (json!({ "Mode": "Shadow" }), Outcome::Skip, Outcome::Block, Some("PolicyGates.BeaconRate.Mode (test)")),
        (json!({ "Mode": "Off" }), Outcome::Skip, Outcome::Skip, Some("PolicyGates.BeaconRate.Mode (test)")),
        (
            json!({ "Enabled": false, "Mode": "Block" }),
            Outcome::Skip,
            Outcome::Skip,
            Some("PolicyGates.BeaconRate.Enabled (test)"),
        ),
        (
            json!({ "Enabled": true, "Mode": "Block", "Environments": { "production": { "Mode": "Warn" } } }),
            Outcome::Warn,
            Outcome::Block,
            Some("PolicyGates.BeaconRate.Environments.production.Mode (test)"),
        ),
        (
            json!({
                "Enabled": true,
                "Environments": { "production": { "Mode": "Block" } },
                "TenantOverrides": { "acme": { "production": { "Mode": "Shadow" } } },
            }),
            Outcome::Skip,
            Outcome::Block,
            Some("PolicyGates.BeaconRate.TenantOverrides.acme.production.Mode (test)"),
        ),
    ];
    for (options, outcome, would_have, source) in table {
        let mut options = options;
        options["MissingBeaconAction"] = "Block".into();
        let mut release = release("production");
        release.tenant = Some("acme".into());
        let decision = evaluate(&policy(&json!({ "BeaconRate": options })), &release);
        let row = row(&decision, "beacon-rate");
        assert_eq!((row.outcome, row.would_have), (outcome, would_have), "{options}");
        assert!(row.mode.is_some());
        assert_eq!(row.mode_source.as_ref().map(ToString::to_string).as_deref(), source, "{options}");
    }
}

#[test]
fn a_tenant_s_entry_is_merged_field_by_field_and_is_for_it_alone() {
    let policy = policy(&json!({ "BeaconRate": {
        "Enabled": true,
        "MinVerificationRate": 0.9,
        "Environments": { "default": { "BelowThresholdAction": "Block" } },
        "TenantOverrides": { "acme": { "production": { "MinVerificationRate": 0.7 } } },
    } }));
    let mut release = released(&json!({
        "evidence": [{ "beacon": { "from": 9, "to": 1, "first": 1, "last": 100, "count": 80 } }],
    }));
    assert_eq!(row(&evaluate(&policy, &release), "beacon-rate").outcome, Outcome::Block);
    release.tenant = Some("acme".into());
    assert_eq!(row(&evaluate(&policy, &release), "beacon-rate").outcome, Outcome::Pass);
    release.tenant = Some("Acme".into());
    assert_eq!(row(&evaluate(&policy, &release), "beacon-rate").outcome, Outcome::Block);
}

#[test]
fn a_precheck_believes_what_was_supplied_and_is_no_decision() {
    let policy = policy(&json!({ "ExecutionEvidence": { "Enabled": true, "MissingEvidenceAction": "Block" } }));
    let mut release = release("production");
    for (key, value) in [
        ("has_execution_evidence", "true"),
        ("execution_evidence_hot_symbol_count", "42"),
        ("execution_evidence_unique_call_paths", "17"),
    ] {
        release.metadata.insert(key.into(), value.into());
    }
    assert_eq!(evaluate(&policy, &release).truth, Truth::Unknown);
    assert_eq!(precheck(&policy, &release).would_be(), Truth::True);
}

#[test]
fn a_decision_as_json_leaves_out_what_is_empty() {
    let policy = policy(&json!({ "BeaconRate": { "Enabled": true, "Mode": "Warn", "MissingBeaconAction": "Block" } }));
    let view = evaluate(&policy, &release("production")).to_json();
    insta::assert_snapshot!(format!("{:#}", view["gates"][2]), @r#"
    {
      "basis": "missing",
      "gate": "beacon-rate",
      "message": "No beacon telemetry data available for this artifact",
      "mode": "Warn",
      "mode_source": "PolicyGates.BeaconRate.Mode (test)",
      "order": 160,
      "outcome": "Warn",
      "reason": "beacon_data_missing",
      "recommendation": "run the artifact with beacons in a source environment and attest a window of them",
      "truth": "True",
      "would_have": "Block"
    }
    "#);
    assert_eq!((&view["allowed"], &view["warnings"]), (&json!(true), &json!(["beacon-rate"])));
    assert!(view.get("upcoming").is_none() && view.get("relaxations").is_none());
}

#[test]
fn with_vex_trust_off_or_in_shadow_every_other_row_is_the_same() {
    let all = |mode: &str| {
        let mut gates = json!({ "VexTrust": { "Mode": mode } });
        for gate in ALL.iter().filter(|gate| gate.id != "vex-trust") {
            gates[gate.key] = json!({ "Enabled": true });
        }
        let decision = evaluate(&policy(&gates), &release("production"));
        let others = decision.rows.iter().filter(|row| row.gate != "vex-trust");
        (decision.truth, others.map(|row| row.to_json().to_string()).collect::<Vec<_>>())
    };
    assert_eq!(all("Off"), all("Shadow"));
    assert_eq!(all("Off").1, all("Block").1);
}
