//! What shares one transaction: each write counts for itself, and none counts before the commit.

use std::sync::{Arc, mpsc};

use decision_gate_runtime::ports::{Append, Store as _, StoreError};
use tokio::task::JoinSet;

use super::super::SqliteStore;
use super::Folder;
use crate::contract::build::{shelf, start, stream};
use crate::contract::started;

/// Holds the writer's thread until the sender is dropped, so that everything called meanwhile becomes one batch.
async fn hold(store: &Arc<SqliteStore>) -> (mpsc::Sender<()>, tokio::task::JoinHandle<Result<(), StoreError>>) {
    let (release, held) = mpsc::channel::<()>();
    let (begun, mut began) = tokio::sync::mpsc::unbounded_channel();
    let held = std::sync::Mutex::new(held);
    let store = Arc::clone(store);
    let holding = tokio::spawn(async move {
        let wait = move |_: &rusqlite::Connection| {
            begun.send(()).unwrap();
            held.lock().unwrap().recv().unwrap_or_default();
            Ok(())
        };
        store.writer.read(wait).await
    });
    began.recv().await.unwrap();
    (release, holding)
}

fn spawn(store: &Arc<SqliteStore>, calls: &mut JoinSet<Result<u64, StoreError>>, append: Append) {
    let store = Arc::clone(store);
    calls.spawn(async move { store.append(&append).await.map(|it| it.seq) });
}

/// Lets everything that was spawned come as far as the queue.
async fn all_waiting() {
    for _ in 0..3 {
        tokio::task::yield_now().await;
    }
}

/// A column of what a pragma answers on the writer's connection, outside of any transaction.
async fn number(store: &SqliteStore, pragma: &str, column: usize) -> i64 {
    let pragma = pragma.to_owned();
    let ask = move |it: &rusqlite::Connection| Ok(it.query_row(&pragma, [], |row| row.get(column))?);
    store.writer.read(ask).await.unwrap()
}

async fn runs(folder: &Folder, names: &[&str]) -> Vec<bool> {
    let store = folder.store();
    let mut found = Vec::new();
    for name in names {
        found.push(store.run(shelf(1), &(*name).try_into().unwrap()).await.unwrap().is_some());
    }
    found
}

#[tokio::test]
async fn a_batch_is_one_transaction() {
    let folder = Folder::new();
    let store = Arc::new(folder.store());
    store.ready().await.unwrap();
    let (release, holding) = hold(&store).await;
    let mut calls = JoinSet::new();
    for run in 0..20 {
        spawn(&store, &mut calls, start(shelf(1), &format!("run-{run}")));
    }
    all_waiting().await;
    drop(release);
    holding.await.unwrap().unwrap();
    assert!(calls.join_all().await.iter().all(|it| *it == Ok(1)));
    // A transaction writes each page that it changed once: twenty of them would have written the pages of events, heads
    // and pending heads twenty times each, beside those that making the tables took.
    let frames = number(&store, "PRAGMA wal_checkpoint(PASSIVE)", 1).await;
    assert!(frames < 60, "{frames}");
}

#[tokio::test]
async fn a_commit_that_fails_fails_its_whole_batch() {
    let folder = Folder::new();
    let store = Arc::new(folder.store());
    store.ready().await.unwrap();
    let (release, holding) = hold(&store).await;
    let mut calls = JoinSet::new();
    spawn(&store, &mut calls, start(shelf(1), "run-1"));
    let broken = Arc::clone(&store);
    calls.spawn(async move {
        let work = |it: &rusqlite::Connection| {
            it.execute_batch("PRAGMA defer_foreign_keys = ON; INSERT INTO policy_epochs VALUES (9, 9, 1, x'00')")?;
            Ok(1)
        };
        broken.writer.write(work).await
    });
    spawn(&store, &mut calls, start(shelf(1), "run-2"));
    all_waiting().await;
    drop(release);
    holding.await.unwrap().unwrap();
    let outcomes = calls.join_all().await;
    assert!(outcomes.iter().all(|it| it.as_ref().is_err_and(|it| it.code() == "store_corrupt")), "{outcomes:?}");
    assert_eq!(runs(&folder, &["run-1", "run-2"]).await, [false, false]);
    assert_eq!(store.append(&start(shelf(1), "run-1")).await.unwrap().seq, 1);
}

#[tokio::test]
async fn a_write_that_undoes_the_batch_fails_alone() {
    let folder = Folder::new();
    let store = Arc::new(folder.store());
    store.ready().await.unwrap();
    let (release, holding) = hold(&store).await;
    let mut calls = JoinSet::new();
    spawn(&store, &mut calls, start(shelf(1), "run-1"));
    let broken = Arc::clone(&store);
    calls.spawn(async move {
        let work = |it: &rusqlite::Connection| {
            it.execute_batch("ROLLBACK")?;
            Err(super::super::fault::Fault::Damaged("it undid everything".to_owned()))
        };
        broken.writer.write(work).await
    });
    spawn(&store, &mut calls, start(shelf(1), "run-2"));
    all_waiting().await;
    drop(release);
    holding.await.unwrap().unwrap();
    let outcomes = calls.join_all().await;
    assert_eq!(outcomes.iter().filter(|it| **it == Ok(1)).count(), 2, "{outcomes:?}");
    assert_eq!(runs(&folder, &["run-1", "run-2"]).await, [true, true]);
}

#[tokio::test]
async fn a_full_store_says_so_and_keeps_what_it_has() {
    let folder = Folder::new();
    let store = Arc::new(folder.store());
    assert_eq!(store.append(&start(shelf(1), "run-1")).await.unwrap().seq, 1);
    let pages = number(&store, "PRAGMA page_count", 0).await;
    number(&store, &format!("PRAGMA max_page_count = {}", pages + 8), 0).await;
    let mut state = start(shelf(1), "run-1").state.unwrap();
    let refused = loop {
        let append = crate::contract::build::step(&state, &format!("step-{}", state.seq), 20);
        let after = append.state.clone().unwrap();
        match store.append(&append).await {
            Ok(_) => state = after,
            Err(error) => break error,
        }
    };
    assert_eq!(refused.code(), "store_full");
    let stream = stream(shelf(1), "run-1");
    assert_eq!(store.run(shelf(1), stream.run.as_ref().unwrap()).await.unwrap().unwrap().state, state);
    number(&store, "PRAGMA max_page_count = 100000", 0).await;
    store.append(&crate::contract::build::step(&state, "at-last", 20)).await.unwrap();
}

#[tokio::test]
async fn a_caller_that_goes_away_changes_nothing() {
    let folder = Folder::new();
    let store = Arc::new(folder.store());
    store.ready().await.unwrap();
    let (release, holding) = hold(&store).await;
    let mut calls = JoinSet::new();
    spawn(&store, &mut calls, start(shelf(1), "run-1"));
    all_waiting().await;
    calls.abort_all();
    while calls.join_next().await.is_some() {}
    drop(release);
    holding.await.unwrap().unwrap();
    // It was in the queue, so it was done; whoever asks finds it.
    assert_eq!(store.append(&start(shelf(1), "run-1")).await, Err(StoreError::Conflict { seq: 1 }));
}

#[tokio::test]
async fn a_write_that_is_alone_needs_no_hand_over_once_the_disk_was_quick() {
    let folder = Folder::new();
    let store = Arc::new(folder.store());
    let stream = stream(shelf(1), "run-1");
    let mut state = started(&*store, &stream).await;
    let here = std::thread::current().id();
    let where_done = || async {
        let ask = move |_: &rusqlite::Connection| Ok(std::thread::current().id());
        store.writer.write(ask).await.unwrap() == here
    };
    // How quick this disk is nobody knows, so it is said.
    store.writer.was_quick(true);
    assert!(where_done().await);
    store.writer.was_quick(false);
    assert!(!where_done().await);
    store.writer.was_quick(true);
    let (release, holding) = hold(&store).await;
    let mut calls = JoinSet::new();
    let waiting = Arc::clone(&store);
    calls.spawn(async move {
        let ask = move |_: &rusqlite::Connection| Ok(std::thread::current().id());
        waiting.writer.write(ask).await.unwrap() == here
    });
    all_waiting().await;
    drop(release);
    holding.await.unwrap().unwrap();
    assert_eq!(calls.join_all().await, [false]);
    for trigger in ["step-1", "step-2"] {
        let append = crate::contract::build::step(&state, trigger, 2);
        state = append.state.clone().unwrap();
        store.append(&append).await.unwrap();
    }
    assert_eq!(store.run(shelf(1), stream.run.as_ref().unwrap()).await.unwrap().unwrap().state, state);
}
