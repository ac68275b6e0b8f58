//! Rows changed by hand: the check of the ledger finds every change, and names the first bad event.

use decision_gate_core::at::Timestamp;
use decision_gate_core::keys::SigningKey;
use decision_gate_core::ledger::{
    Checkpoint, CheckpointTrust, Event, KeyUse, NoteSignature, VerifierKey, leaf_hash, read_checkpoint,
};
use decision_gate_core::scenario::Origin;
use decision_gate_runtime::ledger::{
    Cosigned, HeldAgainst, KnownCheckpoint, LedgerError, LogSigner, add_cosignatures, checkpoint, prove_event,
    prove_run, verify_ledger,
};
use decision_gate_runtime::ports::{Mark, Store, Stream};
use rusqlite::Connection;

use super::super::SqliteStore;
use super::Folder;
use crate::contract::build::{activation, definition, end, release, shelf, step, stream};
use crate::contract::started;

const STEPS: u64 = 8;

fn signer() -> LogSigner {
    LogSigner::new("gate.example/ledger".parse().unwrap(), SigningKey::from_seed(&[7; 32]))
}

async fn run(store: &SqliteStore, run: &Stream, steps: u64) {
    let head = store.run(run.scope, run.run.as_ref().unwrap()).await.unwrap();
    let mut state = match head {
        Some(head) => head.state,
        None => started(store, run).await,
    };
    for round in state.seq..state.seq + steps {
        let append = step(&state, &format!("round-{round}"), 2);
        state = append.state.clone().unwrap();
        store.append(&append).await.unwrap();
    }
}

/// A ledger with two runs, a policy and a scenario; a checkpoint, and events after it.
async fn written() -> (Folder, KnownCheckpoint) {
    let folder = Folder::new();
    let store = folder.store();
    let policy = decision_gate_core::digest::Digest::of(b"policy");
    store.activate_policy(shelf(1), policy, b"policy".to_vec(), activation(shelf(1))).await.unwrap();
    store.put_scenario(definition(shelf(1), "release", Origin::Draft, "{}")).await.unwrap();
    for name in ["run-1", "run-2"] {
        run(&store, &stream(shelf(1), name), STEPS).await;
    }
    let signed = checkpoint(&store, shelf(1), &signer()).await.unwrap();
    let trust = CheckpointTrust::new(vec![signed.key], None);
    let known = KnownCheckpoint { note: signed.kept.note.into_bytes(), trust };
    run(&store, &stream(shelf(1), "run-1"), 3).await;
    (folder, known)
}

fn against(checkpoint: Option<&KnownCheckpoint>) -> HeldAgainst<'_> {
    HeldAgainst { checkpoint, ..HeldAgainst::default() }
}

/// What is found, as the first line of a report.
async fn first(folder: &Folder, known: Option<&KnownCheckpoint>) -> String {
    let report = verify_ledger(&folder.store(), against(known)).await.unwrap();
    report.findings.first().map_or_else(String::new, ToString::to_string)
}

pub(super) fn by_hand(folder: &Folder, script: &str) {
    let connection = Connection::open(folder.path()).unwrap();
    connection.execute_batch("PRAGMA foreign_keys = OFF").unwrap();
    connection.execute_batch(script).unwrap_or_else(|error| panic!("{script}: {error}"));
}

#[tokio::test]
async fn an_untouched_ledger_is_sound() {
    let (folder, known) = written().await;
    let report = verify_ledger(&folder.store(), against(Some(&known))).await.unwrap();
    assert_eq!(report.findings, []);
    assert_eq!((report.shelves, report.streams, report.events), (1, 3, 2 + 12 + 9));
    assert_eq!((report.values, report.entries, report.checkpoints), (38, 3, 2));
}

/// What is done by hand, and how the first finding begins.
const CHANGES: &[(&str, &str)] = &[
    (
        "UPDATE events SET bytes = CAST(replace(CAST(bytes AS TEXT), 'False', 'True') AS BLOB) WHERE stream = 'run-1' AND seq = 5",
        "event_changed tenant 1, namespace 1, run run-1, event 5",
    ),
    (
        "UPDATE events SET leaf = zeroblob(32) WHERE stream = 'run-1' AND seq = 5",
        "event_changed tenant 1, namespace 1, run run-1, event 5",
    ),
    (
        "DELETE FROM events WHERE stream = 'run-1' AND seq = 5",
        "event_missing tenant 1, namespace 1, run run-1, event 5: the row is gone",
    ),
    (
        "DELETE FROM events WHERE stream = 'run-1' AND seq IN (5, 6, 7)",
        "event_missing tenant 1, namespace 1, run run-1, event 5: this row and 2 after it are gone",
    ),
    (
        "DELETE FROM events WHERE stream = 'run-1' AND seq = 1",
        "event_missing tenant 1, namespace 1, run run-1, event 1",
    ),
    // The last rows, in the log and after it.
    (
        "DELETE FROM events WHERE stream = 'run-1' AND seq >= 11",
        "event_missing tenant 1, namespace 1, run run-1, event 11: the head says that there are 12 events",
    ),
    (
        "DELETE FROM events WHERE stream = 'run-2' AND seq >= 4",
        "event_missing tenant 1, namespace 1, run run-2, event 4: the log says that there were 9 events",
    ),
    (
        "DELETE FROM events WHERE stream = 'run-2'",
        "event_missing tenant 1, namespace 1, run run-2, event 1: the log says that there were 9 events",
    ),
    (
        "DELETE FROM events WHERE stream = 'run-2'; DELETE FROM heads WHERE stream = 'run-2'; DELETE FROM side_values WHERE stream = 'run-2'",
        "event_missing tenant 1, namespace 1, run run-2, event 1: the log says that there were 9 events",
    ),
    (
        "UPDATE events SET seq = 100 WHERE stream = 'run-1' AND seq = 4; UPDATE events SET seq = 4 WHERE stream = 'run-1' AND seq = 5; UPDATE events SET seq = 5 WHERE stream = 'run-1' AND seq = 100",
        "event_changed tenant 1, namespace 1, run run-1, event 4",
    ),
    (
        "UPDATE events SET kind = 'submitted' WHERE stream = 'run-1' AND seq = 3",
        "event_misplaced tenant 1, namespace 1, run run-1, event 3",
    ),
    (
        "UPDATE events SET key = 'another' WHERE stream = 'run-1' AND seq = 3",
        "event_misplaced tenant 1, namespace 1, run run-1, event 3",
    ),
    (
        "UPDATE events SET stream = 'run-3' WHERE stream = 'run-2'",
        "event_missing tenant 1, namespace 1, run run-2, event 1",
    ),
    (
        "UPDATE events SET seq = -7 WHERE stream = 'run-1' AND seq = 1",
        "event_missing tenant 1, namespace 1, run run-1, event 1",
    ),
    (
        "UPDATE side_values SET canonical = x'7b7d' WHERE stream = 'run-1' AND seq = 6 AND slot LIKE '%0'",
        "value_changed tenant 1, namespace 1, run run-1, event 6",
    ),
    (
        "UPDATE side_values SET salt = zeroblob(31) WHERE stream = 'run-1' AND seq = 6 AND slot LIKE '%0'",
        "value_changed tenant 1, namespace 1, run run-1, event 6",
    ),
    (
        "DELETE FROM side_values WHERE stream = 'run-1' AND seq = 6 AND slot LIKE '%0'",
        "value_missing tenant 1, namespace 1, run run-1, event 6",
    ),
    (
        "INSERT INTO side_values VALUES (1, 1, 'run-1', 6, 'payload', zeroblob(32), x'7b7d')",
        "value_unexpected tenant 1, namespace 1, run run-1, event 6",
    ),
    (
        "INSERT INTO side_values VALUES (1, 1, 'run-1', 99, 'payload', zeroblob(32), x'7b7d')",
        "value_unexpected tenant 1, namespace 1, run run-1, event 99",
    ),
    ("UPDATE heads SET state = x'7b7d' WHERE stream = 'run-1'", "head_mismatch tenant 1, namespace 1, run run-1"),
    ("UPDATE heads SET peaks = zeroblob(64) WHERE stream = 'run-1'", "head_mismatch tenant 1, namespace 1, run run-1"),
    (
        "DELETE FROM heads WHERE stream = 'run-1'",
        "head_mismatch tenant 1, namespace 1, run run-1: the stream has no head",
    ),
    ("UPDATE scenarios SET spec = x'5b5d'", "document_mismatch tenant 1, namespace 1, event 2"),
    ("DELETE FROM scenarios", "document_mismatch tenant 1, namespace 1, event 2: the scenario that it names is gone"),
    ("UPDATE policies SET bytes = x'00'", "document_mismatch tenant 1, namespace 1, event 1"),
    (
        "UPDATE log_entries SET root = zeroblob(32) WHERE position = 1",
        "log_mismatch tenant 1, namespace 1, run run-1, event 9",
    ),
    // What is not in the log has no tiles, and must be on its way into the log.
    ("DELETE FROM log_entries WHERE position = 1", "row_unexpected tenant 1, namespace 1, run run-1"),
    ("DELETE FROM log_entries WHERE position = 0", "head_not_pending tenant 1, namespace 1: "),
    ("UPDATE logs SET peaks = zeroblob(64)", "log_mismatch tenant 1, namespace 1"),
    ("UPDATE log_tiles SET hashes = zeroblob(96)", "log_mismatch tenant 1, namespace 1"),
    (
        "UPDATE event_tiles SET hashes = zeroblob(288) WHERE stream = 'run-2'",
        "event_changed tenant 1, namespace 1, run run-2, event 1",
    ),
    ("UPDATE checkpoints SET root = zeroblob(32)", "checkpoint_mismatch tenant 1, namespace 1"),
    ("UPDATE checkpoints SET note = 'nothing'", "checkpoint_mismatch tenant 1, namespace 1"),
];

#[tokio::test]
async fn every_change_by_hand_is_found_and_the_first_bad_event_named() {
    for (script, expected) in CHANGES {
        let (folder, _) = written().await;
        by_hand(&folder, script);
        let found = first(&folder, None).await;
        assert!(found.starts_with(expected), "{script}: {found}");
    }
}

/// Somebody rewrites a run, and every hash, head, tile and entry that follows from it. Only the checkpoint is beyond them.
#[tokio::test]
async fn a_ledger_that_was_rewritten_consistently_is_found_by_its_checkpoint() {
    let (folder, known) = written().await;
    let copy = Folder::new();
    {
        // Another history from the same beginning, made by the program itself.
        let store = copy.store();
        let policy = decision_gate_core::digest::Digest::of(b"policy");
        store.activate_policy(shelf(1), policy, b"policy".to_vec(), activation(shelf(1))).await.unwrap();
        store.put_scenario(definition(shelf(1), "release", Origin::Draft, "{}")).await.unwrap();
        run(&store, &stream(shelf(1), "run-1"), STEPS).await;
        run(&store, &stream(shelf(1), "run-2"), STEPS - 1).await;
        run(&store, &stream(shelf(1), "run-2"), 1).await;
        step_differently(&store).await;
        store.integrate(shelf(1), 10).await.unwrap();
    }
    assert_eq!(first(&copy, None).await, "");
    assert_eq!(
        first(&copy, Some(&known)).await,
        "checkpoint_mismatch tenant 1, namespace 1: a checkpoint of size 3 has another root: the log was rewritten"
    );
    assert_eq!(first(&folder, Some(&known)).await, "");
}

async fn step_differently(store: &SqliteStore) {
    let state = store.run(shelf(1), &"run-2".try_into().unwrap()).await.unwrap().unwrap().state;
    store.append(&step(&state, "another", 1)).await.unwrap();
}

#[tokio::test]
async fn a_ledger_that_was_cut_off_consistently_is_found_by_its_checkpoint() {
    let (folder, known) = written().await;
    by_hand(
        &folder,
        "DELETE FROM log_entries WHERE stream = 'run-2'; DELETE FROM events WHERE stream = 'run-2'; \
         DELETE FROM heads WHERE stream = 'run-2'; DELETE FROM side_values WHERE stream = 'run-2'; \
         DELETE FROM event_tiles WHERE stream = 'run-2'; DELETE FROM checkpoints; DELETE FROM log_tiles; \
         DELETE FROM logs; DELETE FROM log_entries; DELETE FROM event_tiles; \
         INSERT INTO pending_heads SELECT tenant, namespace, stream FROM heads WHERE stream <> 'run-1'",
    );
    folder.store().integrate(shelf(1), 10).await.unwrap();
    assert_eq!(first(&folder, None).await, "");
    let found = first(&folder, Some(&known)).await;
    assert_eq!(found, "log_truncated tenant 1, namespace 1: a checkpoint has 3 entries, the log has 2");
}

/// A log that does not go on from its own checkpoint is not signed again.
#[tokio::test]
async fn a_rewritten_log_is_not_signed() {
    let (folder, _) = written().await;
    by_hand(&folder, "UPDATE checkpoints SET root = zeroblob(32)");
    let error = checkpoint(&folder.store(), shelf(1), &signer()).await.unwrap_err();
    assert!(matches!(error, LedgerError::Rewritten { size: 3, .. }), "{error}");
    assert_eq!(error.code(), "ledger_rewritten");
    // A stream that lost events is not integrated either.
    let (folder, _) = written().await;
    by_hand(&folder, "UPDATE heads SET seq = 4, peaks = zeroblob(32) WHERE stream = 'run-1'");
    let error = checkpoint(&folder.store(), shelf(1), &signer()).await.unwrap_err();
    assert_eq!(error.code(), "store_corrupt");
}

#[tokio::test]
async fn what_was_pruned_is_known_and_proofs_stay_valid() {
    let (folder, known) = written().await;
    let store = folder.store();
    let run = "run-2".try_into().unwrap();
    let before = prove_run(&store, shelf(1), &run, None).await.unwrap();
    let event = prove_event(&store, &before.head, 4).await.unwrap();
    let state = store.run(shelf(1), &run).await.unwrap().unwrap().state;
    store.append(&end(&state, "last")).await.unwrap();
    store.prune(&stream(shelf(1), "run-2"), STEPS + 2, Timestamp::UnixMillis(1)).await.unwrap();
    let report = verify_ledger(&store, against(Some(&known))).await.unwrap();
    assert_eq!((report.findings, report.pruned), (vec![], 2 * STEPS + 1));
    assert_eq!(prove_run(&store, shelf(1), &run, None).await.unwrap(), before);
    assert_eq!(prove_event(&store, &before.head, 4).await.unwrap(), event);
    let row = store.events(&stream(shelf(1), "run-2"), 4, 1).await.unwrap().events.remove(0);
    assert_eq!((event.leaf, Event::read(&row.bytes).unwrap().seq), (leaf_hash(&row.bytes), 4));
    // What was not pruned must still be there.
    drop(store);
    by_hand(&folder, "DELETE FROM side_values WHERE stream = 'run-1' AND seq = 7");
    assert!(first(&folder, None).await.starts_with("value_missing tenant 1, namespace 1, run run-1, event 7"));
}

#[tokio::test]
async fn a_checkpoint_of_a_shelf_that_is_not_there_says_that_it_was_cut_off() {
    let (folder, _) = written().await;
    let other = Folder::new();
    started(&other.store(), &stream(shelf(2), "run-1")).await;
    let signed = checkpoint(&other.store(), shelf(2), &signer()).await.unwrap();
    let trust = CheckpointTrust::new(vec![signed.key], None);
    let known = KnownCheckpoint { note: signed.kept.note.into_bytes(), trust };
    let found = first(&folder, Some(&known)).await;
    assert_eq!(found, "log_truncated tenant 1, namespace 2: a checkpoint has 1 entries, the log has 0");
    // One whose origin names no shelf is of no log here.
    let key = SigningKey::from_seed(&[7; 32]);
    let size = 1;
    let foreign = Checkpoint { origin: "log.example".into(), size, root: leaf_hash(b"") }.sign(&key).unwrap();
    let of_key = VerifierKey::new("log.example", KeyUse::Plain, key.public()).unwrap();
    let trust = CheckpointTrust::new(vec![of_key], None);
    let known = KnownCheckpoint { note: foreign.to_text().into_bytes(), trust };
    let error = verify_ledger(&folder.store(), against(Some(&known))).await.unwrap_err();
    assert_eq!(error.code(), "checkpoint_other_log");
}

#[tokio::test]
async fn what_witnesses_add_is_kept_and_replaced_by_nobody() {
    let (folder, _) = written().await;
    let store = folder.store();
    let signed = checkpoint(&store, shelf(1), &signer()).await.unwrap();
    let (mut note, plain) = read_checkpoint(signed.kept.note.as_bytes()).unwrap();
    let witness = SigningKey::from_seed(&[8; 32]);
    let line = NoteSignature::cosign(note.claimed_text(), "witness.example", &witness, 1_700_000_000).unwrap();
    note.add([line]);
    let theirs = VerifierKey::new("witness.example", KeyUse::Cosignature, witness.public()).unwrap();
    let trust = CheckpointTrust::new(vec![signed.key.clone(), theirs], None);
    let add = async || add_cosignatures(&store, shelf(1), note.to_text().as_bytes(), &trust).await.unwrap();
    let Cosigned { kept, added } = add().await;
    assert_eq!((kept.note.as_str(), added), (note.to_text().as_str(), 1));
    assert_eq!((add().await.kept, add().await.added), (kept.clone(), 0), "a line that is there already is not doubled");
    // The log did not grow: the same note, with what the witness said; and so under another name.
    assert_eq!(checkpoint(&store, shelf(1), &signer()).await.unwrap().kept, kept);
    let other = LogSigner::new("gate.example/other".parse().unwrap(), SigningKey::from_seed(&[9; 32]));
    assert_ne!(checkpoint(&store, shelf(1), &other).await.unwrap().kept, kept);
    assert_eq!(store.last_checkpoint(shelf(1)).await.unwrap(), Some(kept));
    // What is over another log of this size is refused.
    let forked = Checkpoint { root: decision_gate_core::digest::Digest::of(b"other"), ..plain };
    let forked = forked.sign(&SigningKey::from_seed(&[7; 32])).unwrap().to_text();
    let error = add_cosignatures(&store, shelf(1), forked.as_bytes(), &trust).await.unwrap_err();
    assert_eq!(error.code(), "cosignature_other_checkpoint");
}

/// One line that does not hold makes every reader who knows its key refuse the checkpoint: none is kept.
#[tokio::test]
async fn a_cosignature_that_does_not_hold_or_is_by_nobody_known_is_not_kept() {
    let (folder, _) = written().await;
    let store = folder.store();
    let signed = checkpoint(&store, shelf(1), &signer()).await.unwrap();
    let (note, _) = read_checkpoint(signed.kept.note.as_bytes()).unwrap();
    let [known, unknown] = [8, 9].map(|seed| SigningKey::from_seed(&[seed; 32]));
    let theirs = VerifierKey::new("witness.example", KeyUse::Cosignature, known.public()).unwrap();
    let trust = CheckpointTrust::new(vec![signed.key.clone(), theirs], None);
    let cosigned = |text: &str, name: &str, key: &SigningKey| NoteSignature::cosign(text, name, key, 1).unwrap();
    let own = NoteSignature::sign("another text\n", signed.key.name(), &SigningKey::from_seed(&[7; 32])).unwrap();
    for (line, code) in [
        (cosigned("another text\n", "witness.example", &known), "note_signature_invalid"),
        (own, "note_signature_invalid"),
        (cosigned(note.claimed_text(), "witness.example", &unknown), "note_signer_unknown"),
        (cosigned(note.claimed_text(), "another.example", &known), "note_signer_unknown"),
    ] {
        let mut more = note.clone();
        more.add([cosigned(note.claimed_text(), "witness.example", &known), line]);
        let refused = add_cosignatures(&store, shelf(1), more.to_text().as_bytes(), &trust).await.unwrap_err();
        assert_eq!(refused.code(), code);
        assert_eq!(store.last_checkpoint(shelf(1)).await.unwrap(), Some(signed.kept.clone()), "nothing of it is kept");
    }
}

/// How far VEX sources have come, changed by hand: who takes a mark back makes room for an older document.
#[tokio::test]
async fn marks_that_were_moved_by_hand_are_found() {
    let at = "mark_mismatch tenant 1, namespace 1, run run-1, event 2: the event raised the mark `version/a` to 3";
    let changes = [
        ("UPDATE marks SET height = x'000000000000000200000000000000000000000000000000'", "and it stands at 2"),
        ("UPDATE marks SET height = x'000000000000000300000000000000010000000000000000'", "and it stands at 3.1.0"),
        ("UPDATE marks SET height = zeroblob(23)", "and it stands at no height"),
        ("DELETE FROM marks", "and there is no such mark"),
        ("UPDATE marks SET name = 'version/b'", "and there is no such mark"),
        ("UPDATE marks SET namespace = 2", "and there is no such mark"),
    ];
    for (change, says) in changes {
        let folder = Folder::new();
        let store = folder.store();
        store.put_scenario(definition(shelf(1), "release", Origin::Draft, "{}")).await.unwrap();
        let state = started(&store, &stream(shelf(1), "run-1")).await;
        let marks = [Mark { name: "version/a".into(), height: 3.into() }];
        store.append(&release(&state, "release", &marks)).await.unwrap();
        drop(store);
        assert_eq!(first(&folder, None).await, "");
        by_hand(&folder, change);
        assert!(first(&folder, None).await.starts_with(&format!("{at}, {says}")), "{change}");
        by_hand(
            &folder,
            "DELETE FROM marks; INSERT INTO marks SELECT 1, 1, 'version/a', x'000000000000000300000000000000000000000000000000'",
        );
        assert_eq!(first(&folder, None).await, "");
        by_hand(&folder, "INSERT INTO marks SELECT 1, 2, name, height FROM marks");
        let found = "mark_mismatch tenant 1, namespace 2: the mark `version/a` stands at 3, and no event raised it";
        assert_eq!(first(&folder, None).await, found);
    }
}
