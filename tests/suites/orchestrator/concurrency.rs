//! Many callers at once, in one process and in two: what was acknowledged is there, once.

use std::sync::Arc;

use decision_gate_runtime::RuntimeError;
use decision_gate_store::{SqliteSettings, SqliteStore};
use futures_util::future::join_all;
use serde_json::json;

use crate::harness::{Gate, Plan, caller, document, found, step_request, wants_one};

async fn holding(plan: Plan) -> Gate {
    let gate = plan.build();
    gate.told.tell("k", found(json!(2)));
    gate.begin(&wants_one("s", &json!({"key": "k"}))).await;
    gate
}

#[tokio::test]
async fn d02_forty_steps_and_submissions_at_once_are_all_kept() {
    let gate = holding(Plan::default()).await;
    let names: Vec<_> = (0..40).map(|number| format!("n{number}")).collect();
    let steps = join_all(names.iter().map(|name| gate.next(Some(name)))).await;
    assert!(steps.iter().all(Result::is_ok), "{:?}", steps.iter().find_map(|it| it.as_ref().err()));
    let documents = join_all(names.iter().map(|name| gate.submit(Some(name), json!(name)))).await;
    assert!(documents.iter().all(Result::is_ok));
    let keys: std::collections::BTreeSet<_> = gate
        .events(Some("run-1"))
        .await
        .into_iter()
        .filter_map(|event| Some((event.kind().word(), event.key?)))
        .collect();
    assert_eq!(keys.len(), 80);
}

#[tokio::test]
async fn d36_twelve_hundred_steps_of_four_clients_in_two_processes_are_all_kept() {
    let folder = tempfile::tempdir().unwrap();
    let open = || Arc::new(SqliteStore::new(SqliteSettings::file(folder.path().join("ledger.db"))));
    let one = holding(Plan::on(open())).await;
    let two = Plan { seed: 1, ..Plan::on(open()) }.build();
    two.told.tell("k", found(json!(2)));
    let client = async |gate: &Gate, name: usize| {
        let mut acknowledged = Vec::new();
        for number in 0..300 {
            let trigger = format!("{name}-{number}");
            match gate.next(Some(&trigger)).await {
                Ok(_) => acknowledged.push(trigger),
                // The other process was faster time after time: it was said, and nothing was written.
                Err(RuntimeError::RunConflict { .. }) => {}
                Err(error) => panic!("{error}"),
            }
        }
        acknowledged
    };
    let all = tokio::join!(client(&one, 0), client(&one, 1), client(&two, 2), client(&two, 3));
    let acknowledged: Vec<_> = [all.0, all.1, all.2, all.3].concat();
    assert!(acknowledged.len() >= 1_100, "only {} of 1,200 got through", acknowledged.len());
    let kept: std::collections::BTreeSet<_> =
        one.events(Some("run-1")).await.into_iter().filter_map(|it| it.key).collect();
    assert_eq!(kept, acknowledged.into_iter().collect());
}

#[tokio::test]
async fn two_processes_that_race_for_one_trigger_make_one_decision() {
    let folder = tempfile::tempdir().unwrap();
    let open = || Arc::new(SqliteStore::new(SqliteSettings::file(folder.path().join("ledger.db"))));
    let one = holding(Plan::on(open())).await;
    let two = Plan { seed: 1, ..Plan::on(open()) }.build();
    two.told.tell("k", found(json!(2)));
    for round in 0..20 {
        let trigger = format!("t{round}");
        let (a, b) = tokio::join!(one.next(Some(&trigger)), two.next(Some(&trigger)));
        let (a, b) = (a.unwrap(), b.unwrap());
        assert_eq!(a.decision, b.decision);
        assert_eq!([a.repeated, b.repeated].iter().filter(|it| **it).count(), 1, "one of them decided");
    }
    assert_eq!(one.events(Some("run-1")).await.len(), 21);
}

#[tokio::test]
async fn a_stage_that_another_process_left_meanwhile_is_a_conflict_and_no_second_step() {
    let store: Arc<dyn decision_gate_runtime::Store> = Arc::new(SqliteStore::new(SqliteSettings::memory()));
    let one = Plan::on(Arc::clone(&store)).build();
    let mut spec = wants_one("s", &json!({"give": 1}));
    let more =
        ["two", "three"].map(|stage| json!({"stage_id": stage, "gates": [{"gate_id": stage, "requirement": "c"}]}));
    spec["stages"].as_array_mut().unwrap().extend(more);
    one.begin(&spec).await;
    let two = Plan { seed: 1, ..Plan::on(store) }.build();
    let (a, b) = tokio::join!(one.next(Some("a")), two.next(Some("b")));
    let (won, lost) = if a.is_ok() { (a, b) } else { (b, a) };
    let won = won.unwrap();
    assert_eq!(won.decision.stage_id.as_str(), "only");
    match lost {
        Err(error) => assert_eq!(error.code(), "run_conflict"),
        // It asked only after the other had written: a step of its own, at the next stage.
        Ok(reply) => assert_eq!(reply.decision.stage_id.as_str(), "two"),
    }
}

#[tokio::test]
async fn a_run_that_ends_meanwhile_answers_its_end_to_everybody() {
    let gate = Plan::default().build();
    gate.begin(&wants_one("s", &json!({"give": 1}))).await;
    let requests: Vec<_> = (0..8).map(|number| step_request("run-1", Some(&format!("t{number}")))).collect();
    let caller = caller();
    let replies = join_all(requests.iter().map(|request| gate.orchestrator.step(&caller, request))).await;
    assert!(replies.iter().all(|it| it.as_ref().is_ok_and(|it| it.decision.outcome.word() == "complete")));
    assert_eq!(replies.iter().filter(|it| it.as_ref().is_ok_and(|it| !it.repeated)).count(), 1);
    assert_eq!(gate.events(Some("run-1")).await.len(), 2);
    let late = document("run-1", None, json!("after the end"));
    assert!(gate.orchestrator.submit(&caller, &late).await.is_ok(), "documents are taken as long as the run is there");
}
