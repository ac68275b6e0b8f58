//! One bad provider makes its own conditions Unknown and nothing else.

use std::time::{Duration, Instant};

use decision_gate_core::ledger::{Body, Event};
use serde_json::{Value, json};

use crate::harness::{Plan, found, wants_one};

/// A scenario whose conditions have these parameters, each with a gate of its own.
fn each(params: &[Value]) -> Value {
    let id = |index: usize| format!("c{index}");
    let gates: Vec<_> =
        (0..params.len()).map(|index| json!({"gate_id": format!("g{index}"), "requirement": id(index)})).collect();
    let conditions: Vec<_> = params
        .iter()
        .enumerate()
        .map(|(index, params)| {
            json!({
                "condition_id": id(index), "comparator": "equals", "expected": 1,
                "query": {"provider_id": "p", "check_id": "ask", "params": params}
            })
        })
        .collect();
    json!({"scenario_id": "s", "stages": [{"stage_id": "only", "gates": gates}], "conditions": conditions})
}

fn evidence(event: &Event) -> Vec<(String, Option<String>)> {
    let Body::StepDecided(body) = &event.body else { panic!("no step") };
    body.evidence.iter().map(|it| (it.status.to_string(), it.gap.clone())).collect()
}

fn known(status: &str) -> (String, Option<String>) {
    (status.into(), None)
}

fn unknown(gap: &str) -> (String, Option<String>) {
    ("Unknown".into(), Some(gap.into()))
}

#[tokio::test]
async fn d05_a_hung_provider_times_out_and_the_rest_is_decided() {
    let gate = Plan::default().build();
    gate.begin(&each(&[json!({"give": 1}), json!({"hang": true}), json!({"give": 2}), json!({"hang": true})])).await;
    let before = Instant::now();
    let reply = gate.next(None).await.unwrap();
    assert!(before.elapsed() < Duration::from_secs(5), "queries wait for each other");
    assert_eq!(reply.decision.outcome.word(), "hold");
    let events = gate.events(Some("run-1")).await;
    let timeout = unknown("provider_timeout");
    assert_eq!(evidence(&events[1]), [known("True"), timeout.clone(), known("False"), timeout]);
}

#[tokio::test]
async fn a_provider_that_breaks_down_breaks_nothing_else() {
    let gate = Plan::default().build();
    gate.begin(&each(&[json!({"panic": true}), json!({"give": 1})])).await;
    assert_eq!(gate.next(None).await.unwrap().decision.outcome.word(), "hold");
    let events = gate.events(Some("run-1")).await;
    assert_eq!(evidence(&events[1]), [unknown("provider_failed"), known("True")]);
}

#[tokio::test]
async fn d06_an_oversize_value_is_unknown_and_not_kept() {
    let gate = Plan::default().build();
    gate.begin(&each(&[json!({"key": "big"}), json!({"give": 1})])).await;
    gate.told.tell("big", found(json!("x".repeat(600_000))));
    assert_eq!(gate.next(None).await.unwrap().decision.outcome.word(), "hold");
    let events = gate.events(Some("run-1")).await;
    assert_eq!(evidence(&events[1]), [unknown("evidence_too_large"), known("True")]);
    let stream = decision_gate_runtime::ports::Stream {
        scope: decision_gate_runtime::ports::Scope {
            tenant: decision_gate_core::name::TenantId::FIRST,
            namespace: decision_gate_core::name::NamespaceId::FIRST,
        },
        run: Some(crate::harness::run_id("run-1")),
    };
    let values = gate.store.events(&stream, 2, 1).await.unwrap().values;
    assert!(values.iter().all(|it| it.value.canonical.len() < 1_000), "the ledger keeps that it was too large");
    gate.told.tell("big", found(json!(1)));
    assert_eq!(gate.next(None).await.unwrap().decision.outcome.word(), "complete", "the run goes on");
}

#[tokio::test]
async fn a_value_that_json_would_round_is_unknown() {
    let gate = Plan::default().build();
    gate.begin(&wants_one("s", &json!({"key": "k"}))).await;
    gate.told.tell("k", found(json!(9_007_199_254_740_993_u64)));
    gate.next(None).await.unwrap();
    assert_eq!(evidence(&gate.events(Some("run-1")).await[1]), [unknown("number_out_of_range")]);
}

#[tokio::test]
async fn a_run_whose_evidence_was_refused_still_makes_a_pack_that_verifies() {
    use decision_gate_core::runpack::{Expect, ManifestName, Profile, Verification, verify};
    let gate = Plan::default().build();
    let spec = each(&[json!({"key": "a"}), json!({"key": "b"}), json!({"hang": true}), json!({"give": 1})]);
    gate.begin(&spec).await;
    gate.told.tell("a", found(json!("x".repeat(600_000))));
    gate.told.tell("b", found(json!([1.5, 18_446_744_073_709_551_615_u64])));
    gate.next(None).await.unwrap();
    gate.submit(None, json!({"note": 1})).await.unwrap();
    let request = decision_gate_runtime::ExportRequest {
        run_id: crate::harness::run_id("run-1"),
        scenario_id: None,
        profile: Profile::Audit,
        verification: Verification::Include,
        manifest_name: ManifestName::standard(),
    };
    let pack = gate.orchestrator.export(&crate::harness::caller(), &request).await.unwrap();
    let report = verify(&pack.to_files(), pack.manifest_name(), &Expect::default());
    assert!(report.findings.is_empty(), "{:?}", report.findings);
}
