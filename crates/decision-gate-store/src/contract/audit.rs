//! What a check of the whole ledger finds, whatever keeps it: every table is held against the events.

use decision_gate_core::at::Timestamp;
use decision_gate_core::digest::Digest;
use decision_gate_core::keys::SigningKey;
use decision_gate_core::ledger::CheckpointTrust;
use decision_gate_core::scenario::Origin;
use decision_gate_runtime::ledger::{
    HeldAgainst, LogSigner, PruneRequest, anchor_run, checkpoint, prune_runs, verify_ledger,
};
use decision_gate_runtime::ports::{Cell, RowsOf, Store, StoreError, Table};

use super::build::{SPEC, activation_of, definition, end, registration, shelf, step, stream};
use super::{Ground, started};

pub(crate) fn signer() -> LogSigner {
    LogSigner::new("gate.example/ledger".parse().unwrap(), SigningKey::from_seed(&[7; 32]))
}

/// Two policies; a scenario whose first version came back, one that stayed a draft and one that became pinned; a data
/// shape; a run that goes on, one that ended and was pruned, one that ended, and one on another shelf. All of it is in
/// logs with a checkpoint, but for the last step of the first run.
async fn written(store: &dyn Store) {
    for policy in ["one", "two"] {
        let (bytes, event) = (policy.as_bytes().to_vec(), activation_of(shelf(1), policy.as_bytes()));
        store.activate_policy(shelf(1), Digest::of(&bytes), bytes, event).await.unwrap();
    }
    let drafts = [("release", SPEC), ("release", "[]"), ("release", SPEC), ("draft", "{}"), ("pinned", "{}")];
    for (id, spec) in drafts {
        store.put_scenario(definition(shelf(1), id, Origin::Draft, spec)).await.unwrap();
    }
    store.put_scenario(definition(shelf(1), "pinned", Origin::Pinned, "{}")).await.unwrap();
    store.put_scenario(definition(shelf(2), "release", Origin::Draft, SPEC)).await.unwrap();
    store.put_schema(registration(shelf(1), "report", "1", "{}")).await.unwrap();
    for (namespace, run) in [(1, "ended"), (1, "goes-on"), (1, "pruned"), (2, "elsewhere")] {
        let state = started(store, &stream(shelf(namespace), run)).await;
        let mut append = step(&state, "first", 2);
        store.append(&append).await.unwrap();
        if ["ended", "pruned"].contains(&run) {
            append = end(append.state.as_ref().unwrap(), "last");
            store.append(&append).await.unwrap();
        }
    }
    let request = PruneRequest {
        scope: shelf(1),
        run: Some("pruned".try_into().unwrap()),
        before: None,
        dry: false,
        at: Timestamp::UnixMillis(1),
    };
    assert_eq!(prune_runs(store, &request).await.unwrap().len(), 1);
    for namespace in [1, 2] {
        checkpoint(store, shelf(namespace), &signer()).await.unwrap();
    }
    let state = store.run(shelf(1), &"goes-on".try_into().unwrap()).await.unwrap().unwrap().state;
    store.append(&step(&state, "second", 1)).await.unwrap();
}

/// Everything that is found, a line for each.
async fn found(store: &dyn Store) -> Vec<String> {
    let own = signer();
    let against = HeldAgainst { signer: Some(&own), ..HeldAgainst::default() };
    verify_ledger(store, against).await.unwrap().findings.iter().map(ToString::to_string).collect()
}

pub(crate) async fn an_untouched_ledger_is_sound(ground: &impl Ground) {
    let store = ground.open();
    written(&*store).await;
    let keys = [1, 2].map(|namespace| signer().verifier_key(shelf(namespace)).unwrap());
    let trust = CheckpointTrust::new(keys.to_vec(), None);
    let report = verify_ledger(&*store, HeldAgainst { keys: Some(&trust), ..HeldAgainst::default() }).await.unwrap();
    assert_eq!(report.findings, []);
    assert_eq!((report.shelves, report.streams, report.events), (2, 6, 9 + 1 + 11));
    assert_eq!((report.values, report.pruned, report.entries, report.checkpoints), (8, 3, 6, 2));
}

pub(crate) async fn every_table_is_read_as_it_lies_there(ground: &impl Ground) {
    let store = ground.open();
    written(&*store).await;
    assert_eq!(store.schema_changes().await, Ok(Vec::new()));
    for table in Table::ALL {
        let asked = |after: &[Cell], limit| RowsOf { table: *table, within: Vec::new(), after: after.to_vec(), limit };
        let all = store.raw_rows(&asked(&[], 100)).await.unwrap();
        assert!(all.iter().all(|row| row.len() == table.columns().count() && !row.contains(&Cell::Other)), "{table:?}");
        assert!(*table == Table::Marks || !all.is_empty(), "{table:?}");
        // Row by row it is the same.
        let (mut found, mut after) = (Vec::new(), Vec::new());
        while let Some(row) = store.raw_rows(&asked(&after, 1)).await.unwrap().pop() {
            after = row[..table.key().len()].to_vec();
            found.push(row);
        }
        assert_eq!(found, all, "{table:?}");
    }
    let names =
        async |after: Option<&str>, limit| store.raw_streams(shelf(1), after.map(str::as_bytes), limit).await.unwrap();
    let all: Vec<Vec<u8>> = ["", "ended", "goes-on", "pruned"].iter().map(|it| it.as_bytes().to_vec()).collect();
    assert_eq!(names(None, 10).await, all);
    assert_eq!((names(None, 2).await, names(Some("ended"), 10).await), (all[..2].to_vec(), all[2..].to_vec()));
}

/// What is done by hand, and how the first finding begins.
const CHANGES: &[(&str, &str)] = &[
    // Scenarios.
    (
        "UPDATE scenarios SET origin = 'pinned' WHERE scenario_id = 'draft'",
        "document_mismatch tenant 1, namespace 1, event 6: version `1` of scenario `draft` stands as `pinned`, and the event makes it draft",
    ),
    (
        "UPDATE scenarios SET defined = defined + 1000 WHERE spec = (SELECT spec FROM scenarios WHERE version = 2)",
        "document_mismatch tenant 1, namespace 1, event 4: version `2` of scenario `release` stands as defined by event 1004",
    ),
    (
        "UPDATE scenarios SET version = version + 5 WHERE scenario_id = 'release' AND namespace = 1",
        "document_mismatch tenant 1, namespace 1, event 4: version `7` of scenario `release` is number 2",
    ),
    (
        "INSERT INTO scenarios SELECT 1, 1, 'law', 1, spec_hash, 'pinned', 9, spec FROM scenarios WHERE scenario_id = 'draft'",
        "document_mismatch tenant 1, namespace 1: version `1` of scenario `law` is there as pinned, and no event defined it",
    ),
    (
        "DELETE FROM scenarios WHERE version = 2",
        "document_mismatch tenant 1, namespace 1, event 4: the scenario that it names is gone, or this version of it: `release`",
    ),
    (
        "UPDATE scenarios SET origin = 'law' WHERE scenario_id = 'draft'",
        "document_mismatch tenant 1, namespace 1, event 6: version `1` of scenario `draft` stands as `law`",
    ),
    (
        "UPDATE scenarios SET version = -1 WHERE scenario_id = 'draft'",
        "document_mismatch tenant 1, namespace 1, event 6: the scenario that it names is gone",
    ),
    // Data shapes and policies.
    (
        "UPDATE data_shapes SET registered = 3",
        "document_mismatch tenant 1, namespace 1, event 9: version `1` of data shape `report` is not what the event",
    ),
    (
        "INSERT INTO data_shapes SELECT 1, 1, 'other', version, schema_hash, description, registered, schema FROM data_shapes",
        "document_mismatch tenant 1, namespace 1: version `1` of data shape `other` is there, and no event registered it",
    ),
    (
        "DELETE FROM data_shapes",
        "document_mismatch tenant 1, namespace 1, event 9: the data shape that it names is gone",
    ),
    (
        "DELETE FROM policy_epochs WHERE epoch = 2",
        "document_mismatch tenant 1, namespace 1, event 2: epoch 2 of the shelf's policies, which it began, is gone",
    ),
    (
        "UPDATE policy_epochs SET epoch = epoch + 5",
        "document_mismatch tenant 1, namespace 1, event 1: epoch 1 of the shelf's policies, which it began, is gone",
    ),
    (
        "INSERT INTO policy_epochs SELECT 1, 1, 3, digest FROM policy_epochs WHERE epoch = 1",
        "document_mismatch tenant 1, namespace 1: epoch 3 of the shelf's policies was made by no event",
    ),
    (
        "INSERT INTO policies SELECT spec_hash, spec FROM scenarios WHERE scenario_id = 'draft'",
        "document_mismatch: the policy `",
    ),
    // What the log does not know of.
    (
        "DELETE FROM pending_heads",
        "head_not_pending tenant 1, namespace 1, run goes-on: the log has 2 of its 3 events, and will not take the others",
    ),
    (
        "INSERT INTO pending_heads VALUES (1, 1, 'ghost')",
        "row_unexpected tenant 1, namespace 1, run ghost: table `pending_heads` has rows of this stream",
    ),
    // Shelves that were emptied.
    (
        "DELETE FROM events WHERE namespace = 2; DELETE FROM side_values WHERE namespace = 2; DELETE FROM heads WHERE namespace = 2; \
         DELETE FROM log_entries WHERE namespace = 2; DELETE FROM logs WHERE namespace = 2; DELETE FROM log_tiles WHERE namespace = 2; \
         DELETE FROM event_tiles WHERE namespace = 2; DELETE FROM scenarios WHERE namespace = 2",
        "log_truncated tenant 1, namespace 2: a checkpoint has 2 entries, the log has 0",
    ),
    (
        "INSERT INTO side_values SELECT 7, 7, 'ghost', seq, slot, salt, canonical FROM side_values WHERE stream = 'ended'",
        "value_unexpected tenant 7, namespace 7, run ghost, event 2",
    ),
    (
        "UPDATE checkpoints SET namespace = 3 WHERE namespace = 2",
        "checkpoint_mismatch tenant 1, namespace 3: the kept checkpoint of size 2 is not what lies beside it",
    ),
    // Prunings.
    (
        "DELETE FROM side_values WHERE stream = 'goes-on'; INSERT INTO prunings VALUES (1, 1, 'goes-on', 3, '{\"kind\":\"unix_millis\",\"value\":1}', 3)",
        "pruning_mismatch tenant 1, namespace 1, run goes-on, event 2: a record says that 3 values up to event 3 were pruned, and the run had not ended",
    ),
    (
        "DELETE FROM side_values WHERE stream = 'ended'; INSERT INTO prunings VALUES (1, 1, 'ended', 99, '{\"kind\":\"unix_millis\",\"value\":1}', 3)",
        "pruning_mismatch tenant 1, namespace 1, run ended, event 2: a record says that 3 values up to event 99 were pruned, and the stream has 3 events",
    ),
    (
        "DELETE FROM side_values WHERE stream = 'ended'; INSERT INTO prunings VALUES (1, 1, 'ended', 3, '{\"kind\":\"unix_millis\",\"value\":1}', 0)",
        "value_missing tenant 1, namespace 1, run ended, event 2",
    ),
    (
        "DELETE FROM side_values WHERE stream = 'ended'; INSERT INTO prunings VALUES (1, 1, 'ended', 3, '{\"kind\":\"unix_millis\",\"value\":1}', 2)",
        "pruning_mismatch tenant 1, namespace 1, run ended, event 2: a record says that 2 values up to event 3 were pruned, and 3 are gone",
    ),
    ("DELETE FROM prunings", "value_missing tenant 1, namespace 1, run pruned, event 2"),
    ("UPDATE prunings SET at = 'garbage'", "value_missing tenant 1, namespace 1, run pruned, event 2"),
    ("UPDATE prunings SET through = -9", "value_missing tenant 1, namespace 1, run pruned, event 2"),
    (
        "INSERT INTO prunings VALUES (1, 1, 'ghost', 3, '{\"kind\":\"unix_millis\",\"value\":1}', 2)",
        "pruning_mismatch tenant 1, namespace 1, run ghost: a record says",
    ),
    // Tiles and checkpoints.
    (
        "INSERT INTO event_tiles SELECT 1, 1, 'ended', 1, 0, hashes FROM event_tiles WHERE stream = 'ended'",
        "row_unexpected tenant 1, namespace 1, run ended: the row of table `event_tiles` with stream `ended`, level `1`, number `0` is beyond the tree",
    ),
    (
        "INSERT INTO log_tiles SELECT 1, 1, 0, 7, hashes FROM log_tiles WHERE namespace = 1",
        "row_unexpected tenant 1, namespace 1: the row of table `log_tiles` with level `0`, number `7` is beyond the tree",
    ),
    (
        "UPDATE checkpoints SET size = -4 WHERE namespace = 1",
        "row_malformed tenant 1, namespace 1: the row of table `checkpoints` with size `-4`: its `size` is `-4`",
    ),
    (
        "UPDATE checkpoints SET note = replace(note, 'ledger/1/1\n4', 'ledgex/1/1\n4')",
        "checkpoint_mismatch tenant 1, namespace 1: the kept checkpoint of size 4 is not accepted",
    ),
    // Cells that are nothing.
    (
        "UPDATE events SET stream = 'a bad name' WHERE stream = 'ended'",
        "row_malformed tenant 1, namespace 1: table `events` has rows of stream `a bad name`, which is no run's name, the first of them with seq `1`",
    ),
    (
        "UPDATE heads SET tenant = 0 WHERE stream = 'ended'",
        "head_mismatch tenant 1, namespace 1, run ended: the stream has no head",
    ),
    (
        "UPDATE log_entries SET size = -1 WHERE stream = 'ended'",
        "log_mismatch tenant 1, namespace 1, run ended: its last head in the log does not read: a position is `-1`",
    ),
    // Triggers and indexes.
    ("DROP INDEX events_by_key", "schema_changed: the index `events_by_key`"),
    ("CREATE TABLE another (one INTEGER)", "schema_changed: there is a foreign table `another`"),
    ("CREATE VIEW another AS SELECT 1 AS one", "schema_changed: there is a foreign view `another`"),
];

pub(crate) async fn what_events_made_is_held_against_them<G: Ground>(_: &G) {
    for (script, expected) in CHANGES {
        let ground = G::fresh().unwrap();
        {
            let store = ground.open();
            written(&*store).await;
            assert_eq!(found(&*store).await, Vec::<String>::new());
        }
        if !ground.by_hand(script).await {
            return;
        }
        let all = found(&*ground.open()).await;
        assert!(all.first().is_some_and(|first| first.starts_with(expected)), "{script}: {all:#?}");
    }
}

/// Whose kept checkpoints are accepted says who checks: a note under another name is then none of them.
pub(crate) async fn t183_kept_checkpoints_are_signed_by_whom_they_must_be(ground: &impl Ground) {
    written(&*ground.open()).await;
    if !ground
        .by_hand("UPDATE checkpoints SET note = replace(note, 'gate.example', 'gate.exbmple') WHERE namespace = 2")
        .await
    {
        return;
    }
    let store = ground.open();
    assert_eq!(found(&*store).await, Vec::<String>::new());
    // Nor does a key of a shelf that is not here pass for one that was looked at.
    let other = CheckpointTrust::new(vec![signer().verifier_key(shelf(9)).unwrap()], None);
    let refused = verify_ledger(&*store, HeldAgainst { keys: Some(&other), ..HeldAgainst::default() }).await;
    assert_eq!(refused.unwrap_err().code(), "checkpoint_other_log");
    let trust = CheckpointTrust::new(vec![signer().verifier_key(shelf(2)).unwrap()], None);
    let report = verify_ledger(&*store, HeldAgainst { keys: Some(&trust), ..HeldAgainst::default() }).await.unwrap();
    let [finding] = report.findings.as_slice() else { panic!("{report:?}") };
    let begins = "checkpoint_mismatch tenant 1, namespace 2: the kept checkpoint of size 2 is not accepted";
    assert!(finding.to_string().starts_with(begins), "{finding}");
}

/// A run is not started, and a document not read, by a row that says something else than its event.
pub(crate) async fn t179_a_row_that_no_event_made_is_not_believed(ground: &impl Ground) {
    written(&*ground.open()).await;
    let changes = "UPDATE scenarios SET origin = 'pinned' WHERE scenario_id = 'draft'; \
        UPDATE scenarios SET defined = 1000 WHERE version = 2; UPDATE data_shapes SET registered = 1; \
        INSERT INTO scenarios SELECT 1, 1, 'law', 1, spec_hash, 'pinned', defined, spec FROM scenarios WHERE scenario_id = 'pinned'";
    if !ground.by_hand(changes).await {
        return;
    }
    let store = ground.open();
    for id in ["draft", "release", "law"] {
        let refused = store.scenario(shelf(1), &id.try_into().unwrap(), None).await.unwrap_err();
        assert_eq!(refused.code(), "store_corrupt", "{id}: {refused}");
    }
    let first = store.scenario(shelf(1), &"release".try_into().unwrap(), Some(Digest::of(SPEC.as_bytes()))).await;
    assert_eq!(first.unwrap().unwrap().version, 1);
    let shape = store.schema(shelf(1), &"report".try_into().unwrap(), &"1".try_into().unwrap()).await;
    assert!(matches!(shape, Err(StoreError::Corrupt { .. })), "{shape:?}");
    // Nor is it taken for the version that is there already.
    let again = store.put_scenario(definition(shelf(1), "draft", Origin::Pinned, "{}")).await;
    assert_eq!(again.unwrap_err().code(), "store_corrupt");
}

/// Who takes a run off the list of what grew keeps it out of the log until its pack is made or the next checkpoint, and no
/// longer.
pub(crate) async fn t181_a_run_that_was_kept_out_of_the_log_comes_back(ground: &impl Ground) {
    written(&*ground.open()).await;
    if !ground.by_hand("DELETE FROM pending_heads").await {
        return;
    }
    let store = ground.open();
    assert_eq!(found(&*store).await.len(), 1);
    assert_eq!(store.integrate(shelf(1), 10).await.unwrap().added, 0);
    assert_eq!(checkpoint(&*store, shelf(1), &signer()).await.unwrap().added, 1);
    assert_eq!(found(&*store).await, Vec::<String>::new());
    assert_eq!(store.find_unlogged(shelf(1), None).await, Ok(0));
    // Nor is a pack made of what the run was before.
    let run = "goes-on".try_into().unwrap();
    let state = store.run(shelf(1), &run).await.unwrap().unwrap().state;
    store.append(&step(&state, "third", 1)).await.unwrap();
    assert!(ground.by_hand("DELETE FROM pending_heads").await);
    assert_eq!(anchor_run(&*store, shelf(1), &run, &signer()).await.unwrap().1, 4);
}

/// A run is not gone on with from a state whose event is not there.
pub(crate) async fn t218_a_run_without_its_last_event_is_not_believed(ground: &impl Ground) {
    written(&*ground.open()).await;
    if !ground.by_hand("DELETE FROM events WHERE stream = 'ended' AND seq = 3").await {
        return;
    }
    let refused = ground.open().run(shelf(1), &"ended".try_into().unwrap()).await.unwrap_err();
    assert!(refused.to_string().contains("its state is not the one that event `3` names"), "{refused}");
}

/// Whoever checks a ledger that others write reads one moment of it, and accuses nobody.
pub(crate) async fn what_is_written_during_a_check_is_no_change(ground: &impl Ground) {
    let store = ground.open();
    written(&*store).await;
    let Some(reader) = ground.at_one_moment() else { return };
    let before = reader.raw_streams(shelf(1), None, 10).await.unwrap();
    let run = "goes-on".try_into().unwrap();
    let state = store.run(shelf(1), &run).await.unwrap().unwrap().state;
    store.append(&end(&state, "meanwhile")).await.unwrap();
    started(&*store, &stream(shelf(1), "later")).await;
    store.put_scenario(definition(shelf(1), "later", Origin::Draft, "{}")).await.unwrap();
    store.prune(&stream(shelf(1), "goes-on"), 4, Timestamp::UnixMillis(2)).await.unwrap();
    checkpoint(&*store, shelf(1), &signer()).await.unwrap();
    assert_eq!(found(&*store).await, Vec::<String>::new());

    let report = verify_ledger(&*reader, HeldAgainst::default()).await.unwrap();
    assert_eq!(report.findings, []);
    assert_eq!((report.streams, report.events, report.pruned, report.entries), (6, 9 + 1 + 11, 3, 6));
    assert_eq!(reader.raw_streams(shelf(1), None, 10).await.unwrap(), before);
}
