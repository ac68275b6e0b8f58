//! The row of a run's state, changed by hand for as long as one decision takes: neither the store nor a check believes it.

use std::sync::Arc;

use decision_gate_core::engine::{DecisionOutcome, RunState, RunStatus, SealedState};
use decision_gate_core::ledger::{Body, Event};
use decision_gate_runtime::ledger::{HeldAgainst, verify_ledger};
use decision_gate_runtime::ports::{Append, Store};
use rusqlite::{Connection, params};

use super::Folder;
use crate::contract::build::{end, shelf, step, stream};
use crate::contract::started;

/// A run with a step, and the state that it has come to.
async fn written(ends: bool) -> (Folder, Arc<SealedState>) {
    let folder = Folder::new();
    let store = folder.store();
    let state = started(&store, &stream(shelf(1), "run-1")).await;
    let append = if ends { end(&state, "first") } else { step(&state, "first", 1) };
    store.append(&append).await.unwrap();
    (folder, append.state.unwrap())
}

fn put(folder: &Folder, state: &SealedState) {
    let connection = Connection::open(folder.path()).unwrap();
    let digest = state.digest();
    let row = params![state.canonical(), digest.as_bytes()];
    assert_eq!(connection.execute("UPDATE heads SET state = ?1, state_digest = ?2 WHERE stream = 'run-1'", row), Ok(1));
}

fn forged(state: &SealedState, change: impl FnOnce(&mut RunState)) -> SealedState {
    let mut state = SealedState::clone(state).into_state();
    change(&mut state);
    SealedState::of(state)
}

async fn refused(folder: &Folder) -> String {
    folder.store().run(shelf(1), &"run-1".try_into().unwrap()).await.unwrap_err().to_string()
}

async fn found(folder: &Folder) -> Vec<String> {
    let report = verify_ledger(&folder.store(), HeldAgainst::default()).await.unwrap();
    report.findings.iter().map(ToString::to_string).filter(|it| it.starts_with("state_mismatch")).collect()
}

#[tokio::test]
async fn t218_a_state_that_the_last_event_does_not_name_is_not_believed() {
    for change in [
        |it: &mut RunState| it.status = RunStatus::Completed,
        |it: &mut RunState| it.stage_id = "ship".try_into().unwrap(),
        |it: &mut RunState| it.triggers = 0,
    ] {
        let (folder, state) = written(false).await;
        put(&folder, &forged(&state, change));
        let refused = refused(&folder).await;
        assert!(refused.contains("its state is not the one that event `2` names"), "{refused}");
    }
    let (folder, state) = written(false).await;
    put(&folder, &state);
    assert_eq!(folder.store().run(shelf(1), &"run-1".try_into().unwrap()).await.unwrap().unwrap().state, state);
}

/// A decision that was made on a state that no events give, by a server that believed the row.
async fn decided_on(state: &SealedState, folder: &Folder, as_if: SealedState, outcome: Option<DecisionOutcome>) {
    put(folder, &as_if);
    let Append { stream, mut event, values, .. } = step(&as_if, "second", 1);
    if let (Body::StepDecided(body), Some(outcome)) = (&mut event.body, outcome) {
        body.stage_id = as_if.stage_id.clone();
        body.decision.stage_id = as_if.stage_id.clone();
        body.decision.outcome = outcome;
    }
    let after = SealedState::of(RunState::apply(Some(&as_if), &Event { state_digest: None, ..event.clone() }).unwrap());
    event.state_digest = Some(after.digest());
    // The fold of the events comes to the same state, and says nothing.
    assert_eq!(RunState::apply(Some(state), &event).unwrap().digest(), after.digest());
    let state = Some(Arc::new(after));
    let follows = Some(as_if.digest());
    folder
        .store()
        .append(&Append { stream, event, values, state, follows, policy_epoch: None, marks: vec![] })
        .await
        .unwrap();
}

#[tokio::test]
async fn t219_a_decision_on_a_state_that_no_events_give_is_found() {
    let (folder, state) = written(true).await;
    let complete = DecisionOutcome::Complete { stage_id: state.stage_id.clone() };
    decided_on(&state, &folder, forged(&state, |it| it.status = RunStatus::Active), Some(complete)).await;
    let ended = "state_mismatch tenant 1, namespace 1, run run-1, event 3: event 3 decides the run, which is completed";
    assert_eq!(found(&folder).await, [ended]);

    let (folder, state) = written(false).await;
    let skipped = forged(&state, |it| it.stage_id = "skipped".try_into().unwrap());
    let (from_stage, to_stage) = (skipped.stage_id.clone(), "ship".try_into().unwrap());
    let advance = DecisionOutcome::Advance { from_stage, to_stage, timeout: false };
    decided_on(&state, &folder, skipped, Some(advance)).await;
    let other = "state_mismatch tenant 1, namespace 1, run run-1, event 3: event 3 decides stage `skipped`, and the run \
        stands at `verify`";
    assert_eq!(found(&folder).await, [other]);
}
