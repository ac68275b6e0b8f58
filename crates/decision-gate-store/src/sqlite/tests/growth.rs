//! Cost and size of a step do not depend on how many steps there were.

use std::sync::Arc;

use decision_gate_core::engine::SealedState;
use decision_gate_runtime::ports::Store as _;
use rusqlite::Connection;

use super::super::SqliteStore;
use super::Folder;
use crate::contract::build::{shelf, step, stream};
use crate::contract::started;

async fn steps(store: &SqliteStore, mut state: Arc<SealedState>, count: u64, conditions: usize) -> Arc<SealedState> {
    for _ in 0..count {
        let append = step(&state, &format!("step-{}", state.seq), conditions);
        state = append.state.clone().unwrap();
        store.append(&append).await.unwrap();
    }
    state
}

/// Bytes of the database once everything is in it.
async fn size(store: &SqliteStore) -> i64 {
    let pages = |it: &Connection| {
        let count: i64 = it.pragma_query_value(None, "page_count", |row| row.get(0))?;
        let size: i64 = it.pragma_query_value(None, "page_size", |row| row.get(0))?;
        Ok(count * size)
    };
    store.read(pages).await.unwrap()
}

#[tokio::test]
async fn d37_a_step_adds_as_many_bytes_late_as_early() {
    let folder = Folder::new();
    let store = folder.store();
    let state = started(&store, &stream(shelf(1), "run-1")).await;
    let state = steps(&store, state, 500, 1).await;
    let early = size(&store).await;
    let state = steps(&store, state, 500, 1).await;
    let between = size(&store).await;
    let state = steps(&store, state, 1_500, 1).await;
    let late = size(&store).await;
    steps(&store, state, 500, 1).await;
    let (first, last) = (between - early, size(&store).await - late);
    assert!(last * 100 <= first * 105, "500 steps added {first} bytes early and {last} late");
}

/// A run of 200 conditions has no last step.
#[tokio::test]
async fn d37_a_wide_run_goes_on() {
    let folder = Folder::new();
    let store = folder.store();
    let state = started(&store, &stream(shelf(1), "run-1")).await;
    let state = steps(&store, state, 220, 200).await;
    assert_eq!(state.seq, 221);
    let page = store.events(&stream(shelf(1), "run-1"), 221, 1).await.unwrap();
    assert_eq!((page.events.len(), page.values.len()), (1, 200));
}

#[tokio::test]
async fn d09_reading_writes_nothing() {
    let folder = Folder::new();
    let store = folder.store();
    let stream = stream(shelf(1), "run-1");
    let state = started(&store, &stream).await;
    steps(&store, state, 10, 2).await;
    let files = || {
        let size = |name: &str| std::fs::metadata(folder.path().with_file_name(name)).unwrap().len();
        (size("ledger.db"), size("ledger.db-wal"))
    };
    let before = files();
    for _ in 0..100 {
        store.run(stream.scope, stream.run.as_ref().unwrap()).await.unwrap();
        store.events(&stream, 1, 100).await.unwrap();
        store.by_key(&stream, "step_decided", "step-3").await.unwrap();
        store.scenarios(stream.scope, None, 10).await.unwrap();
    }
    assert_eq!(files(), before);
}
