//! Files that are not what was written: every read says so, and none panics.

use std::fs;

use decision_gate_runtime::ports::{Store as _, StoreError, Stream};
use proptest::prelude::*;
use rusqlite::Connection;

use super::super::SqliteStore;
use super::Folder;
use crate::contract::build::{definition, shelf, step, stream};
use crate::contract::started;

const STEPS: u64 = 12;

/// A closed ledger with one run and one scenario.
async fn written() -> (Folder, Stream) {
    let folder = Folder::new();
    let stream = stream(shelf(1), "run-1");
    let store = folder.store();
    let mut state = started(&store, &stream).await;
    for round in 0..STEPS - 1 {
        let append = step(&state, &format!("round-{round}"), 2);
        state = append.state.clone().unwrap();
        store.append(&append).await.unwrap();
    }
    store
        .put_scenario(definition(shelf(1), "release", decision_gate_core::scenario::Origin::Draft, "{}"))
        .await
        .unwrap();
    (folder, stream)
}

async fn read_all(store: &SqliteStore, stream: &Stream) -> Vec<Result<(), StoreError>> {
    vec![
        store.run(stream.scope, stream.run.as_ref().unwrap()).await.map(drop),
        store.events(stream, 1, 100).await.map(drop),
        store.by_key(stream, "step_decided", "round-3").await.map(drop),
        store.scenario(stream.scope, &"release".try_into().unwrap(), None).await.map(drop),
        store.scenarios(stream.scope, None, 10).await.map(drop),
        store.active_policy(stream.scope).await.map(drop),
        store.append(&crate::contract::build::start(stream.scope, "another")).await.map(drop),
    ]
}

#[tokio::test]
async fn what_was_changed_by_hand_is_found_and_named() {
    for (script, what) in [
        ("UPDATE events SET bytes = replace(bytes, 'False', 'True') WHERE seq = 5", "event `5` does not have its hash"),
        ("UPDATE events SET leaf = zeroblob(32) WHERE seq = 5", "event `5` does not have its hash"),
        ("UPDATE events SET leaf = zeroblob(31) WHERE seq = 5", "a digest has `31` bytes"),
        ("DELETE FROM side_values; DELETE FROM events WHERE seq = 5", "event `5` is missing"),
        ("DELETE FROM side_values; DELETE FROM events WHERE seq = 12", "event `12` is missing"),
        ("DELETE FROM side_values; DELETE FROM events WHERE seq = 1", "event `1` is missing"),
        (
            "UPDATE side_values SET slot = 'other' WHERE seq = 5 AND slot LIKE '%1'",
            "the value `other` of event `5` does not read",
        ),
        (
            "UPDATE side_values SET salt = zeroblob(3) WHERE seq = 5",
            "the value `evidence:condition-0000` of event `5` does not read",
        ),
        (
            "UPDATE heads SET state = replace(state, 'active', 'failed') WHERE stream = 'run-1'",
            "its state does not have its digest",
        ),
        (
            "UPDATE heads SET seq = 8, peaks = zeroblob(32) WHERE stream = 'run-1'",
            "its state is of another run or event",
        ),
        (
            "UPDATE heads SET peaks = zeroblob(96) WHERE stream = 'run-1'",
            "the tree over its `12` events is not of their number",
        ),
        ("UPDATE heads SET seq = -1 WHERE stream = 'run-1'", "a position is `-1`"),
        ("UPDATE heads SET state = NULL WHERE stream = 'run-1'", "Invalid column type"),
        ("DELETE FROM heads WHERE stream = 'run-1'", "it has events and no head"),
        ("UPDATE scenarios SET spec = x'5b5d'", "version `1` of scenario `release` does not have its hash"),
        ("UPDATE scenarios SET origin = 'blessed'", "`blessed` is no origin of a scenario"),
        ("UPDATE scenarios SET scenario_id = '../x'", "a scenario's name"),
        ("DROP TABLE side_values; DROP TABLE events", "no such table"),
    ] {
        let (folder, stream) = written().await;
        let by_hand = Connection::open(folder.path()).unwrap();
        by_hand.execute_batch("PRAGMA foreign_keys = OFF").unwrap();
        by_hand.execute_batch(&script.replace("replace(bytes,", "replace(CAST(bytes AS TEXT),")).unwrap_or_else(|_| {
            // STRICT keeps a text out of a BLOB column.
            let cast = script.replace("= replace(bytes,", "= CAST(replace(CAST(bytes AS TEXT),");
            let cast = cast.replace("= replace(state,", "= CAST(replace(CAST(state AS TEXT),");
            by_hand.execute_batch(&cast.replace(") WHERE", ") AS BLOB) WHERE")).unwrap();
        });
        drop(by_hand);
        let errors: Vec<_> = read_all(&folder.store(), &stream).await.into_iter().filter_map(Result::err).collect();
        assert!(!errors.is_empty(), "{script}");
        assert!(errors.iter().all(|it| it.code() == "store_corrupt"), "{script}: {errors:?}");
        assert!(errors.iter().any(|it| it.to_string().contains(what)), "{script}: {errors:?}");
    }
}

#[tokio::test]
async fn a_damaged_event_is_named_with_its_stream() {
    let (folder, stream) = written().await;
    let by_hand = Connection::open(folder.path()).unwrap();
    by_hand.execute("UPDATE events SET bytes = x'7b7d' WHERE seq = 7", []).unwrap();
    let store = folder.store();
    let StoreError::Corrupt { place, what } = store.events(&stream, 1, 100).await.unwrap_err() else { panic!() };
    assert_eq!(what, "run `run-1` of namespace `1` of tenant `1`: event `7` does not have its hash");
    assert_eq!(place, folder.path().display().to_string());
    // What is not damaged can still be read.
    assert_eq!(store.events(&stream, 1, 6).await.unwrap().events.len(), 6);
    assert_eq!(store.events(&stream, 8, 10).await.unwrap().events.len(), 5);
}

#[tokio::test]
async fn garbage_is_no_ledger_and_is_left_alone() {
    for garbage in
        [b"xy".to_vec(), b"{\"not\": \"a database\"}".repeat(1_000), vec![0; 100_000], b"SQLite format 3\0".to_vec()]
    {
        let folder = Folder::new();
        fs::create_dir(folder.path().parent().unwrap()).unwrap();
        fs::write(folder.path(), &garbage).unwrap();
        let stream = stream(shelf(1), "run-1");
        let store = folder.store();
        for outcome in read_all(&store, &stream).await {
            let Err(error) = outcome else { panic!("{} bytes were taken for a ledger", garbage.len()) };
            assert!(matches!(error.code(), "store_corrupt" | "store_version"), "{error:?}");
        }
        drop(store);
        assert_eq!(fs::read(folder.path()).unwrap(), garbage);
    }
}

#[tokio::test]
async fn a_store_recovers_when_a_backup_is_put_in_place() {
    let (folder, stream) = written().await;
    let backup = fs::read(folder.path()).unwrap();
    fs::write(folder.path(), b"garbage").unwrap();
    let store = folder.store();
    assert_eq!(store.events(&stream, 1, 100).await.unwrap_err().code(), "store_corrupt");
    fs::write(folder.path(), backup).unwrap();
    assert_eq!(store.events(&stream, 1, 100).await.unwrap().events.len(), usize::try_from(STEPS).unwrap());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    /// Any bytes anywhere in the file: an answer that is right, or an error with a code; never a panic.
    #[test]
    fn a_damaged_page_never_panics(places in proptest::collection::vec((0.0..1.0_f64, any::<[u8; 16]>()), 1..8), cut in proptest::option::weighted(0.2, 0.0..1.0_f64)) {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        runtime.block_on(async {
            let (folder, stream) = written().await;
            let mut bytes = fs::read(folder.path()).unwrap();
            #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, clippy::cast_precision_loss, reason = "a place in a small file")]
            let place = |share: f64| (share * bytes.len() as f64) as usize;
            let cut = cut.map(place);
            let places: Vec<_> = places.into_iter().map(|(share, noise)| (place(share), noise)).collect();
            for (place, noise) in places {
                bytes.iter_mut().skip(place).zip(noise).for_each(|(byte, noise)| *byte = noise);
            }
            bytes.truncate(cut.unwrap_or(bytes.len()));
            fs::write(folder.path(), bytes).unwrap();
            let store = folder.store();
            for outcome in read_all(&store, &stream).await {
                if let Err(error) = outcome {
                    let codes = ["store_corrupt", "store_version", "store_unavailable", "store_full", "store_locked", "run_conflict"];
                    prop_assert!(codes.contains(&error.code()), "{error:?}");
                }
            }
            Ok(())
        })?;
    }
}
