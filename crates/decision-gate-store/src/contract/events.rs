//! Appending events and reading them back.

use decision_gate_core::ledger::{CompactRange, Event, EventKind, leaf_hash};
use decision_gate_core::name::TenantId;
use decision_gate_runtime::ports::{Append, EventPage, Scope, StoreError};

use super::build::{self, shelf, stream};
use super::{Ground, started, step};

pub(crate) async fn what_is_appended_is_read_back(ground: &impl Ground) {
    let store = ground.open();
    let stream = stream(shelf(1), "run-1");
    assert_eq!(store.run(stream.scope, stream.run.as_ref().unwrap()).await, Ok(None));
    assert_eq!(store.events(&stream, 1, 10).await, Ok(EventPage::default()));
    let state = started(&*store, &stream).await;
    let append = build::step(&state, "first", 3);
    let appended = store.append(&append.clone()).await.unwrap();
    assert_eq!(appended.leaf, append.event.leaf_hash());

    let head = store.run(stream.scope, stream.run.as_ref().unwrap()).await.unwrap().unwrap();
    assert_eq!(head.state, append.state.unwrap());
    let page = store.events(&stream, 2, 10).await.unwrap();
    assert_eq!(Event::read(&page.events[0].bytes).unwrap(), append.event);
    let values: Vec<_> = page.values.into_iter().map(|it| it.value).collect();
    assert_eq!(values, append.values);
}

pub(crate) async fn a_position_is_given_once(ground: &impl Ground) {
    let store = ground.open();
    let stream = stream(shelf(1), "run-1");
    let state = started(&*store, &stream).await;
    store.append(&build::step(&state, "first", 1)).await.unwrap();
    assert_eq!(store.append(&build::step(&state, "second", 1)).await, Err(StoreError::Conflict { seq: 2 }));
    let again = build::start(stream.scope, "run-1");
    assert_eq!(store.append(&again).await, Err(StoreError::Conflict { seq: 1 }));
    // A position that leaves a hole is not free either.
    let ahead = build::step(&build::step(&state, "x", 0).state.unwrap(), "y", 0);
    let ahead = build::step(&ahead.state.unwrap(), "z", 0);
    assert_eq!(store.append(&ahead).await, Err(StoreError::Conflict { seq: 4 }));
    assert_eq!(store.events(&stream, 1, 10).await.unwrap().events.len(), 2);
}

pub(crate) async fn a_key_is_given_once_in_a_stream(ground: &impl Ground) {
    let store = ground.open();
    let (one, other) = (stream(shelf(1), "run-1"), stream(shelf(1), "run-2"));
    let state = started(&*store, &one).await;
    let first = build::step(&state, "the-key", 1);
    store.append(&first.clone()).await.unwrap();
    let again = build::step(first.state.as_ref().unwrap(), "the-key", 1);
    assert_eq!(store.append(&again).await, Err(StoreError::Conflict { seq: 3 }));

    let kind = EventKind::StepDecided.word();
    let found = store.by_key(&one, kind, "the-key").await.unwrap().unwrap();
    assert_eq!((found.seq, found.bytes), (2, first.event.to_bytes()));
    assert_eq!(store.by_key(&one, EventKind::Submitted.word(), "the-key").await, Ok(None));
    assert_eq!(store.by_key(&one, kind, "another").await, Ok(None));
    started(&*store, &other).await;
    assert_eq!(store.by_key(&other, kind, "the-key").await, Ok(None));
    step(&*store, &other, "the-key").await;
}

pub(crate) async fn a_run_is_found_only_in_its_scope(ground: &impl Ground) {
    let store = ground.open();
    let mine = stream(shelf(1), "run-1");
    let theirs = [
        shelf(2),
        shelf((1 << 53) - 1),
        Scope { tenant: TenantId::new(2).unwrap(), ..shelf(1) },
        Scope { tenant: TenantId::new((1 << 53) - 1).unwrap(), ..shelf(1) },
    ];
    started(&*store, &mine).await;
    for scope in theirs {
        let other = stream(scope, "run-1");
        assert_eq!(store.run(scope, mine.run.as_ref().unwrap()).await, Ok(None));
        assert_eq!(store.events(&other, 1, 10).await, Ok(EventPage::default()));
        // The same name is free there.
        assert_eq!(store.append(&build::start(scope, "run-1")).await.unwrap().seq, 1);
        assert_eq!(
            store.run(scope, mine.run.as_ref().unwrap()).await.unwrap().unwrap().state.namespace,
            scope.namespace
        );
    }
}

pub(crate) async fn what_does_not_fit_together_is_refused(ground: &impl Ground) {
    let store = ground.open();
    let state = started(&*store, &stream(shelf(1), "run-1")).await;
    let good = build::step(&state, "first", 1);
    let mut bad = vec![good.clone(); 7];
    bad[0].stream = stream(shelf(1), "run-2");
    bad[1].stream = stream(shelf(2), "run-1");
    bad[2].state = None;
    bad[3].state = Some(state.clone());
    bad[4].event.state_digest = None;
    bad[5].follows = None;
    bad[6].event.seq = 1;
    for append in bad {
        assert_eq!(store.append(&append).await.unwrap_err().code(), "store_append_invalid");
    }
    let mut put = build::definition(shelf(1), "release", decision_gate_core::scenario::Origin::Draft, "{}");
    put.spec = b"[]".to_vec();
    assert_eq!(store.put_scenario(put).await.unwrap_err().code(), "store_append_invalid");
    store.append(&good).await.unwrap();
}

pub(crate) async fn an_append_follows_the_state_that_it_was_decided_on(ground: &impl Ground) {
    let store = ground.open();
    let stream = stream(shelf(1), "run-1");
    let state = started(&*store, &stream).await;
    let (written, never_written) = (build::step(&state, "written", 1), build::step(&state, "never-written", 1));
    store.append(&written).await.unwrap();
    let after = |append: &Append| build::step(append.state.as_ref().unwrap(), "next", 1);
    assert_eq!(store.append(&after(&never_written)).await, Err(StoreError::Conflict { seq: 3 }));
    assert_eq!(store.append(&after(&written)).await.unwrap().seq, 3);
}

pub(crate) async fn what_was_acknowledged_outlives_the_handle<G: Ground>(ground: &G) {
    let stream = stream(shelf(1), "run-1");
    let keep = (!G::LASTS).then(|| ground.open());
    started(&*ground.open(), &stream).await;
    for round in 2..6 {
        let appended = step(&*ground.open(), &stream, &format!("round-{round}")).await;
        assert_eq!(appended.seq, round);
    }
    assert_eq!(ground.open().events(&stream, 1, 10).await.unwrap().events.len(), 5);
    drop(keep);
}

pub(crate) async fn the_tree_grows_by_one_leaf_an_event(ground: &impl Ground) {
    let store = ground.open();
    let stream = stream(shelf(1), "run-1");
    started(&*store, &stream).await;
    let mut expected = CompactRange::default();
    for round in 1..20_u64 {
        let page = store.events(&stream, round, 1).await.unwrap();
        assert_eq!(page.events[0].leaf, leaf_hash(&page.events[0].bytes));
        expected.push(page.events[0].leaf);
        let head = store.run(stream.scope, stream.run.as_ref().unwrap()).await.unwrap().unwrap();
        assert_eq!((head.tree.size(), head.tree), (round, expected.clone()));
        step(&*store, &stream, &format!("round-{round}")).await;
    }
}

pub(crate) async fn a_page_has_the_values_of_its_events(ground: &impl Ground) {
    let store = ground.open();
    let stream = stream(shelf(1), "run-1");
    let mut state = started(&*store, &stream).await;
    for round in 0..5 {
        let append = build::step(&state, &format!("round-{round}"), 2);
        state = append.state.clone().unwrap();
        store.append(&append).await.unwrap();
    }
    for (from, limit, events) in
        [(1, 100, 1..7), (0, 100, 1..7), (3, 2, 3..5), (6, 1, 6..7), (1, 1, 1..2), (7, 5, 7..7), (1, 0, 1..1)]
    {
        let page = store.events(&stream, from, limit).await.unwrap();
        let seqs: Vec<u64> = page.events.iter().map(|it| it.seq).collect();
        assert_eq!(seqs, events.clone().collect::<Vec<u64>>(), "{from} {limit}");
        let of_values: Vec<u64> = page.values.iter().map(|it| it.seq).collect();
        assert_eq!(
            of_values,
            events.filter(|seq| *seq > 1).flat_map(|seq| [seq, seq]).collect::<Vec<_>>(),
            "{from} {limit}"
        );
    }
    assert_eq!(store.events(&stream, u64::MAX, usize::MAX).await, Ok(EventPage::default()));
}
