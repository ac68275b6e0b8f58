//! Time is the server's, is taken once when the last answer is in, and never goes back.

use decision_gate_core::at::Timestamp;
use decision_gate_runtime::{StartRequest, StepRequest};
use serde_json::json;

use crate::harness::{EPOCH, Plan, at, caller, code, start_request, step_request, wants_one};

#[tokio::test]
async fn a_clock_that_went_back_too_far_writes_nothing() {
    let gate = Plan::default().build();
    gate.begin(&wants_one("s", &json!({"give": 2}))).await;
    gate.clock.set(EPOCH - 300_000);
    assert_eq!(
        gate.next(None).await.unwrap().decision.decided_at,
        Timestamp::UnixMillis(EPOCH),
        "within the skew it stands still"
    );
    gate.clock.set(EPOCH - 300_001);
    assert_eq!(code(gate.next(None).await), "clock_regressed");
    assert_eq!(code(gate.submit(None, json!(1)).await), "clock_regressed");
    assert_eq!(gate.events(Some("run-1")).await.len(), 2);
    gate.clock.set(EPOCH + 5);
    assert_eq!(gate.next(None).await.unwrap().decision.decided_at, Timestamp::UnixMillis(EPOCH + 5));
}

#[tokio::test]
async fn the_time_of_a_caller_is_ignored_within_the_skew_and_refused_beyond() {
    let gate = Plan::default().build();
    gate.begin(&wants_one("s", &json!({"give": 2}))).await;
    let step =
        async |time| gate.orchestrator.step(&caller(), &StepRequest { time, ..step_request("run-1", None) }).await;
    assert_eq!(step(Some(at(300_000))).await.unwrap().decision.decided_at, Timestamp::UnixMillis(EPOCH));
    assert_eq!(step(Some(at(-300_000))).await.unwrap().decision.decided_at, Timestamp::UnixMillis(EPOCH));
    assert_eq!(code(step(Some(at(300_001))).await), "time_skew");
    assert_eq!(code(step(Some(at(-300_001))).await), "time_skew");
    assert_eq!(code(step(Some(Timestamp::Logical(1))).await), "time_skew");
    let start = StartRequest { time: Some(at(300_001)), ..start_request("s", "run-2") };
    assert_eq!(code(gate.orchestrator.start(&caller(), &start).await), "time_skew");
    assert_eq!(gate.events(Some("run-1")).await.len(), 3);
}

#[tokio::test]
async fn where_the_callers_time_counts_it_counts_and_is_said() {
    let gate = Plan { policy: json!({"/time/source": "caller"}), ..Plan::default() }.build();
    gate.orchestrator.define(&caller(), &wants_one("s", &json!({"give": 2}))).await.unwrap();
    let start = StartRequest { time: Some(Timestamp::Logical(7)), ..start_request("s", "run-1") };
    gate.orchestrator.start(&caller(), &start).await.unwrap();
    let step =
        async |time| gate.orchestrator.step(&caller(), &StepRequest { time, ..step_request("run-1", None) }).await;
    let reply = step(Some(Timestamp::Logical(9))).await.unwrap();
    assert_eq!(reply.decision.decided_at, Timestamp::Logical(9));
    assert!(reply.relaxations.iter().any(|it| serde_json::to_value(it).unwrap() == "time_source_caller"));
    assert_eq!(code(step(None).await), "time_kind_mismatch", "a wall clock in a logical run");
    assert_eq!(code(step(Some(Timestamp::Logical(u64::MAX))).await), "time_out_of_range");
    assert_eq!(gate.events(Some("run-1")).await.len(), 2);
}

#[tokio::test]
async fn derived_time_is_the_time_of_the_decision() {
    let gate = Plan::default().build();
    let mut spec = wants_one("s", &json!({"give": 1}));
    spec["conditions"][0]["query"] =
        json!({"provider_id": "time", "check_id": "after", "params": {"timestamp": EPOCH}});
    spec["conditions"][0]["expected"] = true.into();
    gate.begin(&spec).await;
    assert_eq!(gate.next(None).await.unwrap().decision.outcome.word(), "hold");
    gate.clock.set(EPOCH + 1);
    assert_eq!(gate.next(None).await.unwrap().decision.outcome.word(), "complete");
    let events = gate.events(Some("run-1")).await;
    let body = &events[2].to_value()["body"]["evidence"][0];
    assert_eq!(
        (&body["proof"], &body["answer"]),
        (&json!("derived"), &json!(null)),
        "nothing is kept: a replay computes it"
    );
}

/// A run that was decided in the future waits until the clock is there; every other run goes on.
#[tokio::test]
async fn a_clock_that_jumps_ahead_and_back_holds_only_the_runs_that_it_touched() {
    const YEAR: i64 = 365 * 86_400_000;
    let gate = Plan::default().build();
    gate.begin(&wants_one("s", &json!({"give": 2}))).await;
    gate.start("s", "run-2").await.unwrap();
    gate.clock.set(EPOCH + YEAR);
    assert_eq!(gate.next(None).await.unwrap().decision.decided_at, Timestamp::UnixMillis(EPOCH + YEAR));
    gate.clock.set(EPOCH + 1_000);
    assert_eq!(code(gate.next(None).await), "clock_regressed");
    let other = gate.orchestrator.step(&caller(), &step_request("run-2", None)).await.unwrap();
    assert_eq!(other.decision.decided_at, Timestamp::UnixMillis(EPOCH + 1_000));
    gate.clock.set(EPOCH + YEAR + 1);
    assert_eq!(gate.next(None).await.unwrap().decision.decided_at, Timestamp::UnixMillis(EPOCH + YEAR + 1));
    assert_eq!(gate.events(Some("run-1")).await.len(), 3);
}
