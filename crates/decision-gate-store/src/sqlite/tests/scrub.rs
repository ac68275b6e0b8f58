//! What was pruned is in no byte of the file, nor of its journal.

use std::fs;

use decision_gate_core::at::Timestamp;
use decision_gate_core::engine::RunState;
use decision_gate_core::ledger::Salt;
use decision_gate_runtime::ports::{Append, Store as _};

use super::Folder;
use crate::contract::build::{shelf, step, stream};
use crate::contract::started;

/// How often some bytes occur in the file and its journal.
fn occurrences(folder: &Folder, bytes: &[u8]) -> usize {
    let path = folder.path();
    let files = [path.clone(), path.with_file_name("ledger.db-wal")];
    let read = files.iter().filter_map(|it| fs::read(it).ok());
    read.map(|content| content.windows(bytes.len()).filter(|it| *it == bytes).count()).sum()
}

/// A step with values whose salts begin with their run's name, so that their bytes can be told.
fn marked(state: &RunState, name: &str, round: u8) -> Append {
    let mut append = step(state, &format!("step-{round}"), 3);
    for (index, value) in append.values.iter_mut().enumerate() {
        let mut salt = [round; 32];
        salt[..name.len()].copy_from_slice(name.as_bytes());
        salt[31] = u8::try_from(index).unwrap();
        value.salt = Salt::new(salt);
    }
    append
}

#[tokio::test]
async fn what_was_pruned_is_in_no_byte_of_the_file_or_its_journal() {
    let folder = Folder::new();
    let store = folder.store();
    let names = ["secret-of-1", "secret-of-2", "secret-of-3", "secret-of-4"];
    let runs: Vec<_> = (1..=4).map(|it| stream(shelf(1), &format!("run-{it}"))).collect();
    let mut states = Vec::new();
    for run in &runs {
        states.push(started(&store, run).await);
    }
    // Runs that go on by turns put rows between rows: pages are split, and leave copies behind.
    for round in 0..60 {
        for (state, name) in states.iter_mut().zip(names) {
            let append = marked(state, name, round);
            *state = append.state.clone().unwrap();
            store.append(&append).await.unwrap();
        }
    }
    let counts = names.map(|name| occurrences(&folder, name.as_bytes()));
    assert!(counts.iter().all(|it| *it >= 180), "{counts:?}");

    let pruned = store.prune(&runs[1], 1_000, Timestamp::UnixMillis(1_700_000_000_000)).await.unwrap();
    assert_eq!(pruned.values, 180);
    assert!(occurrences(&folder, names[1].as_bytes()) > 0, "the deletion alone leaves bytes");
    store.scrub().await.unwrap();
    // With the store still open.
    assert_eq!(occurrences(&folder, names[1].as_bytes()), 0);
    assert!(occurrences(&folder, names[0].as_bytes()) >= 180);
    let kept = store.events(&runs[0], 1, 100).await.unwrap().values;
    assert_eq!(kept.len(), 180);
    let head = store.run(shelf(1), runs[1].run.as_ref().unwrap()).await.unwrap().unwrap();
    store.append(&step(&head.state, "after", 1)).await.unwrap();
}

/// Somebody who reads an older moment keeps the journal: that is said, and a second try does it.
#[tokio::test]
async fn a_reader_that_keeps_the_journal_is_said() {
    let folder = Folder::new();
    let store = super::SqliteStore::new(super::SqliteSettings {
        busy_timeout: std::time::Duration::from_millis(20),
        ..folder.settings()
    });
    started(&store, &stream(shelf(1), "run-1")).await;
    let other = rusqlite::Connection::open(folder.path()).unwrap();
    other.execute_batch("BEGIN; SELECT count(*) FROM events;").unwrap();
    assert_eq!(store.scrub().await.unwrap_err().code(), "store_locked");
    other.execute_batch("COMMIT").unwrap();
    store.scrub().await.unwrap();
    assert_eq!(fs::metadata(folder.path().with_file_name("ledger.db-wal")).unwrap().len(), 0);
}
