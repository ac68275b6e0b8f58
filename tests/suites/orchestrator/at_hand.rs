//! A process goes by what it wrote last. Another one may have written since: it never shows.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use decision_gate_runtime::Store;
use decision_gate_store::{SqliteSettings, SqliteStore};
use serde_json::{Value, json};

use crate::harness::{Gate, Plan, found, wants_one};

/// Two gates on one store, with a run of this scenario.
async fn two_gates(spec: &Value) -> (Gate, Gate) {
    let store: Arc<dyn Store> = Arc::new(SqliteStore::new(SqliteSettings::memory()));
    let one = Plan::on(Arc::clone(&store)).build();
    one.begin(spec).await;
    let two = Plan { seed: 1, ..Plan::on(store) }.build();
    for gate in [&one, &two] {
        gate.told.tell("k", found(json!(2)));
    }
    (one, two)
}

fn three_stages() -> Value {
    let mut spec = wants_one("s", &json!({"give": 1}));
    let more = ["two", "three"].map(|it| json!({"stage_id": it, "gates": [{"gate_id": it, "requirement": "c"}]}));
    spec["stages"].as_array_mut().unwrap().extend(more);
    spec
}

#[tokio::test]
async fn a_stage_that_another_process_left_is_not_judged_again() {
    let (one, two) = two_gates(&three_stages()).await;
    let mut judged = Vec::new();
    for gate in [&one, &two, &one] {
        judged.push(gate.next(None).await.unwrap().decision.stage_id.to_string());
    }
    assert_eq!(judged, ["only", "two", "three"]);
    assert_eq!(one.events(Some("run-1")).await.len(), 4);
}

#[tokio::test]
async fn processes_that_take_turns_count_on_and_ask_once_a_step() {
    let (one, two) = two_gates(&wants_one("s", &json!({"key": "k"}))).await;
    for round in 1..=5 {
        for (gate, triggers) in [(&one, 2 * round - 1), (&two, 2 * round)] {
            let reply = gate.next(None).await.unwrap();
            assert_eq!((reply.state.triggers, reply.state.seq, reply.repeated), (triggers, triggers + 1, false));
        }
    }
    assert_eq!([&one, &two].map(|it| it.told.asked.load(Ordering::SeqCst)), [5, 5]);
}

#[tokio::test]
async fn an_answer_that_was_given_before_comes_with_the_run_as_it_stands() {
    let (one, two) = two_gates(&wants_one("s", &json!({"key": "k"}))).await;
    let first = one.next(Some("first")).await.unwrap();
    two.next(Some("second")).await.unwrap();
    two.submit(None, json!("a document")).await.unwrap();
    let again = one.next(Some("first")).await.unwrap();
    assert_eq!((&again.decision, again.repeated), (&first.decision, true));
    assert_eq!((first.state.seq, again.state.seq), (2, 4));
}

#[tokio::test]
async fn a_document_that_another_process_took_is_followed() {
    let (one, two) = two_gates(&wants_one("s", &json!({"key": "k"}))).await;
    one.next(None).await.unwrap();
    two.submit(None, json!("a document")).await.unwrap();
    assert_eq!(one.next(None).await.unwrap().state.seq, 4);
    one.submit(None, json!("another")).await.unwrap();
    assert_eq!(two.next(None).await.unwrap().state.seq, 6);
}

#[tokio::test]
async fn a_run_that_another_process_brought_to_its_end_has_ended() {
    let (one, two) = two_gates(&wants_one("s", &json!({"key": "k"}))).await;
    one.next(None).await.unwrap();
    two.told.tell("k", found(json!(1)));
    let last = two.next(None).await.unwrap();
    assert_eq!(last.decision.outcome.word(), "complete");
    let again = one.next(None).await.unwrap();
    assert_eq!((&again.decision, again.repeated), (&last.decision, true));
    assert_eq!(one.events(Some("run-1")).await.len(), 3);
}
