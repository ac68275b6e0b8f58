//! Many callers at once, over one handle and over several.

use std::collections::BTreeSet;
use std::sync::Arc;

use decision_gate_core::ledger::EventKind;
use decision_gate_runtime::ports::{Store, StoreError, Stream};
use tokio::task::JoinSet;

use super::build::{self, shelf, stream};
use super::{Ground, started, step};

/// Every acknowledged trigger is found under its position, and nothing else is there.
async fn all_are_stored(store: &dyn Store, stream: &Stream, acknowledged: &[(String, u64)]) {
    let positions: BTreeSet<u64> = acknowledged.iter().map(|(_, seq)| *seq).collect();
    let expected = 2..=u64::try_from(acknowledged.len()).unwrap() + 1;
    assert_eq!(positions.into_iter().collect::<Vec<_>>(), expected.collect::<Vec<_>>());
    for (trigger, seq) in acknowledged {
        let found = store.by_key(stream, EventKind::StepDecided.word(), trigger).await.unwrap();
        assert_eq!(found.map(|it| it.seq), Some(*seq), "{trigger}");
    }
    let head = store.run(stream.scope, stream.run.as_ref().unwrap()).await.unwrap().unwrap();
    assert_eq!(head.state.triggers, u64::try_from(acknowledged.len()).unwrap());
}

pub(crate) async fn d02_forty_callers_lose_nothing(ground: &impl Ground) {
    let store = ground.open();
    let stream = stream(shelf(1), "run-1");
    started(&*store, &stream).await;
    let mut callers = JoinSet::new();
    for caller in 0..40 {
        let (store, stream) = (Arc::clone(&store), stream.clone());
        callers.spawn(async move {
            let trigger = format!("caller-{caller}");
            let seq = step(&*store, &stream, &trigger).await.seq;
            (trigger, seq)
        });
    }
    all_are_stored(&*ground.open(), &stream, &callers.join_all().await).await;
}

pub(crate) async fn d36_four_clients_keep_all_of_1200_steps(ground: &impl Ground) {
    let stream = stream(shelf(1), "run-1");
    let keep = ground.open();
    started(&*keep, &stream).await;
    let mut clients = JoinSet::new();
    for client in 0..4 {
        let (store, stream) = (ground.open(), stream.clone());
        clients.spawn(async move {
            let mut acknowledged = Vec::new();
            for round in 0..300 {
                let trigger = format!("client-{client}-{round}");
                let seq = step(&*store, &stream, &trigger).await.seq;
                acknowledged.push((trigger, seq));
            }
            acknowledged
        });
    }
    all_are_stored(&*ground.open(), &stream, &clients.join_all().await.concat()).await;
}

pub(crate) async fn one_failing_append_fails_alone(ground: &impl Ground) {
    let store = ground.open();
    let mut calls = Vec::new();
    for run in ["run-1", "run-2", "run-3"] {
        let state = started(&*store, &stream(shelf(1), run)).await;
        calls.push(build::step(&state, "first", 1));
        calls.push(build::step(&state, "second", 1));
    }
    let mut pending = JoinSet::new();
    for append in calls {
        let store = Arc::clone(&store);
        pending.spawn(async move { store.append(&append).await });
    }
    let outcomes = pending.join_all().await;
    let refused = |it: &&Result<_, StoreError>| matches!(it, Err(StoreError::Conflict { seq: 2 }));
    assert_eq!((outcomes.iter().filter(|it| it.is_ok()).count(), outcomes.iter().filter(refused).count()), (3, 3));
    for run in ["run-1", "run-2", "run-3"] {
        assert_eq!(store.events(&stream(shelf(1), run), 1, 10).await.unwrap().events.len(), 2);
    }
}
