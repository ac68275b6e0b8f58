//! Cells that hold nothing that their column is for, triggers and a database that is no longer whole: a check names them
//! and goes on.

use decision_gate_core::scenario::Origin;
use decision_gate_runtime::ledger::{HeldAgainst, LedgerFindingCode, verify_ledger};
use decision_gate_runtime::ports::{Mark, Store};

use super::Folder;
use super::audit::by_hand;
use crate::contract::audit::signer;
use crate::contract::build::{SPEC, definition, registration, release, shelf, step, stream};
use crate::contract::started;

async fn written() -> Folder {
    let folder = Folder::new();
    let store = folder.store();
    store.put_scenario(definition(shelf(1), "release", Origin::Draft, SPEC)).await.unwrap();
    store.put_schema(registration(shelf(1), "report", "1", "{}")).await.unwrap();
    for run in ["run-1", "run-2"] {
        let state = started(&store, &stream(shelf(1), run)).await;
        let append = step(&state, "first", 2);
        store.append(&append).await.unwrap();
        let marks = [Mark { name: "version/a".into(), height: 3.into() }];
        store.append(&release(append.state.as_ref().unwrap(), "release", &marks)).await.unwrap();
    }
    decision_gate_runtime::ledger::checkpoint(&store, shelf(1), &signer()).await.unwrap();
    folder
}

async fn all(folder: &Folder) -> Vec<String> {
    let report = verify_ledger(&folder.store(), HeldAgainst::default()).await.unwrap();
    report.findings.iter().map(ToString::to_string).collect()
}

/// What is put into a cell, and what the finding about it begins with. Beside it stands a change that is far away.
const CELLS: &[(&str, &str)] = &[
    (
        "events SET kind = CAST(x'80ff' AS TEXT) WHERE stream = 'run-1' AND seq = 2",
        "event_misplaced tenant 1, namespace 1, run run-1, event 2",
    ),
    (
        "events SET key = CAST(x'80ff' AS TEXT) WHERE stream = 'run-1' AND seq = 2",
        "event_misplaced tenant 1, namespace 1, run run-1, event 2",
    ),
    (
        "events SET leaf = x'00' WHERE stream = 'run-1' AND seq = 2",
        "event_changed tenant 1, namespace 1, run run-1, event 2",
    ),
    (
        "events SET bytes = x'80ff' WHERE stream = 'run-1' AND seq = 2",
        "event_changed tenant 1, namespace 1, run run-1, event 2",
    ),
    (
        "events SET stream = CAST(x'80ff' AS TEXT) WHERE stream = 'run-1'",
        "row_malformed tenant 1, namespace 1: table `events` has rows of stream",
    ),
    (
        "events SET tenant = 0 WHERE stream = 'run-1'",
        "row_malformed: table `events` has rows of tenant and namespace `0` and `1`",
    ),
    (
        "side_values SET slot = CAST(x'80ff' AS TEXT) WHERE stream = 'run-1' AND slot LIKE '%0'",
        "value_missing tenant 1, namespace 1, run run-1, event 2",
    ),
    ("heads SET peaks = x'00' WHERE stream = 'run-1'", "head_mismatch tenant 1, namespace 1, run run-1"),
    ("scenarios SET origin = CAST(x'80ff' AS TEXT)", "document_mismatch tenant 1, namespace 1, event 1"),
    ("scenarios SET scenario_id = 'a bad name'", "document_mismatch tenant 1, namespace 1, event 1"),
    ("scenarios SET spec_hash = x'00'", "document_mismatch tenant 1, namespace 1, event 1"),
    ("data_shapes SET version = CAST(x'80ff' AS TEXT)", "document_mismatch tenant 1, namespace 1, event 2"),
    ("marks SET name = CAST(x'80ff' AS TEXT)", "mark_mismatch tenant 1, namespace 1, run run-1, event 3"),
    (
        "checkpoints SET root = x'00'",
        "row_malformed tenant 1, namespace 1: the row of table `checkpoints` with size `3`: its `root` is 1 bytes",
    ),
    (
        "checkpoints SET note = CAST(x'80ff' AS TEXT)",
        "row_malformed tenant 1, namespace 1: the row of table `checkpoints` with size `3`: its `note` is",
    ),
    ("event_tiles SET hashes = x'0000' WHERE stream = 'run-1'", "log_mismatch tenant 1, namespace 1, run run-1"),
    ("log_tiles SET hashes = x'0000'", "log_mismatch tenant 1, namespace 1: tile 0"),
    ("logs SET peaks = x'00'", "log_mismatch tenant 1, namespace 1: the tree of the log"),
    ("log_entries SET root = x'00' WHERE stream = 'run-1'", "log_mismatch tenant 1, namespace 1, run run-1"),
    (
        "log_entries SET stream = CAST(x'80ff' AS TEXT) WHERE stream = 'run-1'",
        "row_malformed tenant 1, namespace 1: the row of table `log_entries` with position `1`",
    ),
    (
        "log_entries SET position = -1 WHERE stream = 'run-1'",
        "row_malformed tenant 1, namespace 1: the row of table `log_entries` with position `-1`",
    ),
    (
        "pending_heads SET stream = CAST(x'80ff' AS TEXT)",
        "row_malformed tenant 1, namespace 1: table `pending_heads` has rows of stream",
    ),
];

#[tokio::test]
async fn t184_a_cell_that_does_not_read_is_named_and_the_rest_is_checked() {
    for (change, expected) in CELLS {
        let folder = written().await;
        by_hand(&folder, "INSERT INTO pending_heads VALUES (1, 1, 'run-2')");
        assert_eq!(all(&folder).await, Vec::<String>::new());
        by_hand(&folder, &format!("UPDATE {change}"));
        by_hand(&folder, "UPDATE events SET leaf = zeroblob(32) WHERE stream = 'run-2' AND seq = 3");
        let found = all(&folder).await;
        assert!(found.iter().any(|it| it.starts_with(expected)), "{change}: {found:#?}");
        let other = "event_changed tenant 1, namespace 1, run run-2, event 3";
        assert!(found.iter().any(|it| it.starts_with(other)), "{change}: {found:#?}");
    }
}

#[tokio::test]
async fn t182_what_is_beside_the_tables_of_a_ledger_is_found() {
    let folder = written().await;
    by_hand(
        &folder,
        "CREATE TRIGGER quiet AFTER INSERT ON pending_heads BEGIN DELETE FROM pending_heads; END; \
         DROP INDEX events_by_key; CREATE INDEX events_by_key ON events (kind); DROP TABLE marks; CREATE TABLE other (one)",
    );
    let report = verify_ledger(&folder.store(), HeldAgainst::default()).await.unwrap();
    let changes = report.findings.iter().filter(|it| it.code == LedgerFindingCode::SchemaChanged);
    assert_eq!(
        changes.map(|it| it.reason.as_str()).collect::<Vec<_>>(),
        [
            "the index `events_by_key` of `events` has another form",
            "there is a foreign table `other` of `other`",
            "there is a foreign trigger `quiet` of `pending_heads`",
            "the table `marks` of `marks` is gone",
        ]
    );
    let gone = "row_malformed tenant 1, namespace 1: not everything can be read here: no such table: marks";
    assert!(report.findings.iter().any(|it| it.to_string().starts_with(gone)), "{report:?}");
}

/// Pages of the file overwritten: what can't be read is said, and what can be is checked.
#[tokio::test]
async fn t184_a_damaged_page_is_a_finding() {
    let folder = written().await;
    let (root, size) = {
        let connection = rusqlite::Connection::open(folder.path()).unwrap();
        let root: u32 = connection
            .query_row("SELECT rootpage FROM sqlite_master WHERE name = 'scenarios'", [], |row| row.get(0))
            .unwrap();
        (root, connection.pragma_query_value(None, "page_size", |row| row.get::<_, u32>(0)).unwrap())
    };
    let mut file = std::fs::read(folder.path()).unwrap();
    let start = usize::try_from((root - 1) * size).unwrap();
    file[start..start + 64].fill(0xff);
    std::fs::write(folder.path(), file).unwrap();
    let found = all(&folder).await;
    assert!(found.iter().any(|it| it.starts_with("row_malformed tenant 1, namespace 1")), "{found:#?}");
}
