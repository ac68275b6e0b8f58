//! Marks: they only go up, together with their event or not at all.

use std::sync::Arc;

use decision_gate_core::scenario::Origin;
use decision_gate_runtime::ledger::{HeldAgainst, verify_ledger};
use decision_gate_runtime::ports::{Append, Mark, Store, StoreError};
use tokio::task::JoinSet;

use super::build::{self, shelf, stream};
use super::{Ground, started};

fn mark(name: &str, height: u64) -> Mark {
    Mark { name: name.to_owned(), height: height.into() }
}

async fn raised(store: &dyn Store, run: &str, marks: &[Mark]) -> Result<u64, StoreError> {
    let stream = stream(shelf(1), run);
    let state = match store.run(stream.scope, stream.run.as_ref().unwrap()).await.unwrap() {
        Some(head) => head.state,
        None => started(store, &stream).await,
    };
    let append = build::step(&state, &format!("step-{}", state.seq), 0);
    store.append(&Append { marks: marks.to_vec(), ..append }).await.map(|it| it.seq)
}

async fn height(store: &dyn Store, name: &str) -> Option<u64> {
    let found = store.marks(shelf(1), &[name.to_owned()], &[]).await.unwrap();
    found.first().map(|it| it.height.numbers()[0])
}

pub(crate) async fn marks_only_go_up(ground: &impl Ground) {
    let (store, other) = (ground.open(), ground.open());
    assert_eq!(height(&*store, "version/a").await, None);
    assert_eq!(raised(&*store, "run-1", &[mark("version/a", 3)]).await, Ok(2));
    assert_eq!(raised(&*other, "run-2", &[mark("version/a", 3), mark("version/b", 1)]).await, Ok(2));
    assert_eq!(raised(&*store, "run-1", &[mark("version/a", u64::MAX)]).await, Ok(3));
    assert_eq!(raised(&*store, "run-1", &[mark("version/a", 256)]).await, Err(StoreError::Conflict { seq: 4 }));
    assert_eq!((height(&*other, "version/a").await, height(&*other, "version/b").await), (Some(u64::MAX), Some(1)));
}

pub(crate) async fn a_mark_that_has_gone_higher_is_a_conflict(ground: &impl Ground) {
    let store = ground.open();
    raised(&*store, "run-1", &[mark("version/a", 2)]).await.unwrap();
    let marks = [mark("version/0", 9), mark("version/a", 1), mark("version/b", 9)];
    assert_eq!(raised(&*store, "run-2", &marks).await, Err(StoreError::Conflict { seq: 2 }));
    // Nothing of it was written: no event and no mark.
    assert_eq!((height(&*store, "version/0").await, height(&*store, "version/b").await), (None, None));
    assert_eq!(store.events(&stream(shelf(1), "run-2"), 1, 10).await.unwrap().events.len(), 1);
    assert_eq!(raised(&*store, "run-2", &[mark("version/a", 2)]).await, Ok(2));
}

pub(crate) async fn marks_are_held_against_the_events_that_raised_them(ground: &impl Ground) {
    let store = ground.open();
    store.put_scenario(build::definition(shelf(1), "release", Origin::Draft, build::SPEC)).await.unwrap();
    let run = stream(shelf(1), "run-1");
    let state = started(&*store, &run).await;
    let append = build::release(&state, "release", &[mark("version/a", 3), mark("version/b", 1)]);
    let state = append.state.clone().unwrap();
    store.append(&append).await.unwrap();
    store.append(&build::release(&state, "again", &[mark("version/a", 3), mark("version/b", 2)])).await.unwrap();
    let found = async || -> Vec<String> {
        verify_ledger(&*store, HeldAgainst::default()).await.unwrap().findings.iter().map(ToString::to_string).collect()
    };
    assert_eq!(found().await, Vec::<String>::new());
    // Higher than any event says, and one that no event knows; each with an event that says nothing of it.
    raised(&*store, "run-2", &[mark("version/a", 4), mark("version/c", 1)]).await.unwrap();
    assert_eq!(
        found().await,
        [
            "mark_mismatch tenant 1, namespace 1, run run-1, event 2: \
             the event raised the mark `version/a` to 3, and it stands at 4",
            "mark_mismatch tenant 1, namespace 1: the mark `version/c` stands at 1, and no event raised it",
        ]
    );
}

pub(crate) async fn marks_are_found_by_name_and_below_a_path(ground: &impl Ground) {
    let store = ground.open();
    let names = ["word/a/1", "word/a/2", "word/a", "word/aa/1", "word/a0", "word/A/1", "word/a/\u{10ffff}", "é/x"];
    let marks: Vec<Mark> = names.iter().map(|it| mark(it, 1)).collect();
    raised(&*store, "run-1", &marks).await.unwrap();
    let find = async |names: &[&str], below: &[&str]| -> Vec<String> {
        let owned = |it: &[&str]| -> Vec<String> { it.iter().map(|it| (*it).to_owned()).collect() };
        let found = store.marks(shelf(1), &owned(names), &owned(below)).await.unwrap();
        found.into_iter().map(|it| it.name).collect()
    };
    assert_eq!(find(&[], &["word/a/"]).await, ["word/a/1", "word/a/2", "word/a/\u{10ffff}"]);
    assert_eq!(find(&["word/a", "none"], &["é/", "none/"]).await, ["word/a", "é/x"]);
    assert_eq!(find(&["word/a/1", "word/a/1"], &["word/a/", "word/a/"]).await.len(), 3);
    // Another shelf has its own.
    assert_eq!(store.marks(shelf(2), &["word/a".to_owned()], &["word/a/".to_owned()]).await, Ok(Vec::new()));
}

pub(crate) async fn many_handles_leave_the_highest_mark(ground: &impl Ground) {
    let keep = ground.open();
    let mut callers = JoinSet::new();
    for caller in 0..4_u64 {
        let store = ground.open();
        callers.spawn(async move {
            let run = format!("run-{caller}");
            for round in 0..25_u64 {
                // Who is overtaken looks again, and goes with what is higher.
                let own = round * 4 + caller;
                loop {
                    let known = height(&*store, "version/a").await.unwrap_or_default();
                    match raised(&*store, &run, &[mark("version/a", own.max(known))]).await {
                        Ok(_) => break,
                        Err(StoreError::Conflict { .. }) => {}
                        Err(other) => panic!("{other}"),
                    }
                }
            }
        });
    }
    callers.join_all().await;
    let store: Arc<dyn Store> = ground.open();
    assert_eq!(height(&*store, "version/a").await, Some(99));
    drop(keep);
}
