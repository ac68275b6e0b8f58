//! The same call again has the same answer; the same id for something else is an error; nothing is written twice.

use decision_gate_core::engine::TriggerKind;
use decision_gate_core::scenario::packets::PacketPayload;
use decision_gate_runtime::StepRequest;
use serde_json::{Value, json};

use crate::harness::{Gate, Plan, at, caller, code, found, step_request, wants_one};

async fn holding() -> Gate {
    let gate = Plan::default().build();
    gate.told.tell("k", found(json!(2)));
    gate.begin(&wants_one("s", &json!({"key": "k"}))).await;
    gate
}

fn with_payload(value: Value) -> StepRequest {
    StepRequest { payload: Some(PacketPayload::Json { value }), ..step_request("run-1", Some("t")) }
}

#[tokio::test]
async fn a_trigger_is_decided_once() {
    let gate = holding().await;
    let first = gate.next(Some("t")).await.unwrap();
    gate.told.tell("k", found(json!(1)));
    gate.clock.set(crate::harness::EPOCH + 1_000_000);
    let again = gate.next(Some("t")).await.unwrap();
    assert_eq!((&again.decision, &again.relaxations, again.repeated), (&first.decision, &first.relaxations, true));
    assert!(!first.repeated);
    assert_eq!(gate.told.asked.load(std::sync::atomic::Ordering::SeqCst), 1, "nobody is asked again");
    assert_eq!(gate.events(Some("run-1")).await.len(), 2);
    let other = gate.next(Some("u")).await.unwrap();
    assert_eq!((other.decision.outcome.word(), other.decision.seq), ("complete", 3));
}

#[tokio::test]
async fn a_trigger_id_means_one_thing() {
    let gate = holding().await;
    let step = async |request: StepRequest| gate.orchestrator.step(&caller(), &request).await;
    assert!(!step(with_payload(json!({"a": 1}))).await.unwrap().repeated);
    assert!(step(with_payload(json!({"a": 1.0}))).await.unwrap().repeated, "the same value, spelled otherwise");
    assert_eq!(code(step(with_payload(json!({"a": 2}))).await), "trigger_conflict");
    assert_eq!(code(gate.next(Some("t")).await), "trigger_conflict");
    let kind = StepRequest { kind: TriggerKind::Tick, ..with_payload(json!({"a": 1})) };
    assert_eq!(code(step(kind).await), "trigger_conflict");
    assert_eq!(gate.events(Some("run-1")).await.len(), 2);
}

#[tokio::test]
async fn the_id_of_the_start_is_taken() {
    let gate = holding().await;
    assert_eq!(code(gate.next(Some("init")).await), "trigger_conflict");
    assert_eq!(gate.events(Some("run-1")).await.len(), 1);
}

#[tokio::test]
async fn a_repeated_call_is_answered_though_its_time_is_long_past() {
    let gate = holding().await;
    let timed = StepRequest { time: Some(at(0)), ..step_request("run-1", Some("t")) };
    let first = gate.orchestrator.step(&caller(), &timed).await.unwrap();
    gate.clock.set(crate::harness::EPOCH + 3_600_000);
    assert_eq!(gate.orchestrator.step(&caller(), &timed).await.unwrap().decision, first.decision);
}

#[tokio::test]
async fn a_run_that_has_ended_answers_its_last_decision() {
    let gate = holding().await;
    gate.told.tell("k", found(json!(1)));
    let last = gate.next(None).await.unwrap();
    assert_eq!(last.decision.outcome.word(), "complete");
    let again = gate.next(Some("later")).await.unwrap();
    assert_eq!((&again.decision, &again.relaxations, again.repeated), (&last.decision, &last.relaxations, true));
    assert!(!again.relaxations.is_empty(), "a draft says so for good");
    assert_eq!(gate.events(Some("run-1")).await.len(), 2, "an answer that was given is no event");
}

#[tokio::test]
async fn a_submission_is_taken_once() {
    let gate = holding().await;
    let first = gate.submit(Some("d"), json!({"b": [1]})).await.unwrap();
    let again = gate.submit(Some("d"), json!({"b": [1.0]})).await.unwrap();
    assert_eq!((again.commitment, again.submitted_at, again.repeated), (first.commitment, first.submitted_at, true));
    assert_eq!(code(gate.submit(Some("d"), json!({"b": [2]})).await), "submission_conflict");
    let typed = decision_gate_runtime::SubmitRequest {
        content_type: "text/plain".into(),
        ..crate::harness::document("run-1", Some("d"), json!({"b": [1]}))
    };
    assert_eq!(code(gate.orchestrator.submit(&caller(), &typed).await), "submission_conflict");
    assert_eq!(gate.events(Some("run-1")).await.len(), 2);
    gate.submit(None, json!({"b": [1]})).await.unwrap();
    assert_eq!(gate.events(Some("run-1")).await.len(), 3, "without an id it is another one");
}

#[tokio::test]
async fn a_trigger_and_a_submission_may_have_one_id() {
    let gate = holding().await;
    gate.submit(Some("same"), json!(1)).await.unwrap();
    assert_eq!(gate.next(Some("same")).await.unwrap().decision.outcome.word(), "hold");
    assert!(gate.submit(Some("same"), json!(1)).await.unwrap().repeated);
}

#[tokio::test]
async fn a_run_is_started_once() {
    let gate = holding().await;
    assert_eq!(code(gate.start("s", "run-1").await), "run_exists");
    let mut unnamed = crate::harness::start_request("s", "run-1");
    unnamed.run_id = None;
    let (one, two) = (
        gate.orchestrator.start(&caller(), &unnamed).await.unwrap(),
        gate.orchestrator.start(&caller(), &unnamed).await.unwrap(),
    );
    assert_ne!(one.state.run, two.state.run);
}

#[tokio::test]
async fn a_payload_that_can_not_be_kept_is_refused() {
    let gate = holding().await;
    let step = async |value| code(gate.orchestrator.step(&caller(), &with_payload(value)).await);
    assert_eq!(step(json!("x".repeat(1_023))).await, "payload_too_large");
    assert_eq!(step(json!(9_007_199_254_740_993_u64)).await, "number_out_of_range");
    assert_eq!(code(gate.submit(None, json!("x".repeat(1_023))).await), "payload_too_large");
    assert_eq!(code(gate.submit(None, json!([18_446_744_073_709_551_615_u64])).await), "number_out_of_range");
    assert_eq!(gate.events(Some("run-1")).await.len(), 1);
    assert_eq!(step(json!("x".repeat(1_022))).await, "ok");
}
