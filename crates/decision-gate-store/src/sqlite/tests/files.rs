//! Which files are made, when, and for whom; and which are left alone.

use std::fs;
use std::path::Path;
use std::time::Duration;

use decision_gate_runtime::ports::{Store as _, StoreError};
use rusqlite::Connection;

use super::super::schema::{APPLICATION_ID, SCHEMA_VERSION, STEPS};
use super::super::{SqliteSettings, SqliteStore};
use super::Folder;
use crate::contract::build::{registration, shelf, step, stream};
use crate::contract::started;

#[tokio::test]
async fn making_a_store_touches_nothing() {
    let folder = Folder::new();
    let store = folder.store();
    assert!(!folder.path().parent().unwrap().exists());
    assert_eq!(store.active_policy(shelf(1)).await, Ok(None));
    assert!(folder.path().exists());
}

#[cfg(unix)]
#[tokio::test]
async fn the_files_are_for_this_user_alone() {
    use std::os::unix::fs::PermissionsExt as _;
    let folder = Folder::new();
    let store = folder.store();
    started(&store, &stream(shelf(1), "run-1")).await;
    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    let state = folder.path();
    assert_eq!(mode(state.parent().unwrap()), 0o700);
    for name in ["ledger.db", "ledger.db-wal", "ledger.db-shm"] {
        assert_eq!(mode(&state.with_file_name(name)), 0o600, "{name}");
    }
}

#[tokio::test]
async fn closing_leaves_one_file_that_names_itself() {
    let folder = Folder::new();
    let store = folder.store();
    started(&store, &stream(shelf(1), "run-1")).await;
    assert!(store.run(shelf(1), &"run-1".try_into().unwrap()).await.unwrap().is_some());
    drop(store);
    let names: Vec<_> =
        fs::read_dir(folder.path().parent().unwrap()).unwrap().map(|it| it.unwrap().file_name()).collect();
    assert_eq!(names, ["ledger.db"]);
    let connection = Connection::open(folder.path()).unwrap();
    let pragma = |name: &str| connection.pragma_query_value(None, name, |row| row.get::<_, i32>(0)).unwrap();
    assert_eq!((pragma("application_id"), pragma("user_version")), (APPLICATION_ID, SCHEMA_VERSION));
    let mode: String = connection.pragma_query_value(None, "journal_mode", |row| row.get(0)).unwrap();
    assert_eq!(mode, "wal");
    for table in [
        "events",
        "side_values",
        "heads",
        "scenarios",
        "policies",
        "policy_epochs",
        "data_shapes",
        "logs",
        "log_entries",
        "checkpoints",
        "prunings",
    ] {
        let strict = "SELECT strict FROM pragma_table_list WHERE name = ?1";
        assert!(connection.query_row(strict, [table], |row| row.get::<_, bool>(0)).unwrap(), "{table}");
    }
}

/// Readiness is a read that can fail, and with a working store it does not.
#[tokio::test]
async fn d08_a_working_store_is_ready() {
    let folder = Folder::new();
    assert_eq!(folder.store().ready().await, Ok(()));
    assert_eq!(SqliteStore::new(SqliteSettings::memory()).ready().await, Ok(()));
    let broken = SqliteStore::new(SqliteSettings::file(folder.path().join("below-a-file").join("ledger.db")));
    assert_eq!(broken.ready().await.unwrap_err().code(), "store_unavailable");
}

#[tokio::test]
async fn a_file_of_another_application_is_refused_and_left_alone() {
    for script in ["CREATE TABLE other (id)", "PRAGMA application_id = 7", "PRAGMA user_version = 7"] {
        let folder = Folder::new();
        let path = folder.0.path().join("other.db");
        Connection::open(&path).unwrap().execute_batch(script).unwrap();
        let before = fs::read(&path).unwrap();
        let store = SqliteStore::new(SqliteSettings::file(&path));
        let error = store.active_policy(shelf(1)).await.unwrap_err();
        assert!(matches!(&error, StoreError::Version { what, .. } if what.contains("another application")), "{error}");
        assert!(error.hint().contains("store.path"), "{}", error.hint());
        drop(store);
        assert_eq!(fs::read(&path).unwrap(), before, "{script}");
        assert!(!path.with_file_name("other.db-wal").exists());
    }
}

#[tokio::test]
async fn a_newer_schema_is_refused() {
    let folder = Folder::new();
    folder.store().ready().await.unwrap();
    Connection::open(folder.path()).unwrap().pragma_update(None, "user_version", 99).unwrap();
    let error = folder.store().ready().await.unwrap_err();
    assert_eq!(error.code(), "store_version");
    assert!(
        error.to_string().contains(&format!("it has schema version `99`, known here is `{SCHEMA_VERSION}`")),
        "{error}"
    );
    assert!(error.to_string().contains("ledger.db"), "{error}");
}

/// A ledger as an older version of this program left it, made by its own steps, with a run of one event in it.
pub(super) async fn older(folder: &Folder, version: usize) {
    let run = stream(shelf(1), "run-1");
    let new = Folder::new();
    started(&new.store(), &run).await;
    fs::create_dir(folder.path().parent().unwrap()).unwrap();
    let old = Connection::open(folder.path()).unwrap();
    old.execute_batch("PRAGMA journal_mode = WAL").unwrap();
    STEPS[..version].iter().for_each(|step| old.execute_batch(step).unwrap());
    old.pragma_update(None, "user_version", i32::try_from(version).unwrap()).unwrap();
    old.pragma_update(None, "application_id", APPLICATION_ID).unwrap();
    old.execute("ATTACH ?1 AS new", [new.path().to_str().unwrap()]).unwrap();
    for table in ["events", "side_values", "heads"] {
        old.execute_batch(&format!("INSERT INTO main.{table} SELECT * FROM new.{table}")).unwrap();
    }
}

fn version_of(path: &Path) -> i32 {
    Connection::open(path).unwrap().pragma_query_value(None, "user_version", |row| row.get(0)).unwrap()
}

#[tokio::test]
async fn an_older_file_is_backed_up_and_brought_up_and_keeps_what_it_has() {
    for version in 1..STEPS.len() {
        let (folder, run) = (Folder::new(), stream(shelf(1), "run-1"));
        older(&folder, version).await;
        // Two handles at once, as two processes would have.
        let [one, two] = [folder.store(), folder.store()];
        let (first, second) = tokio::join!(one.ready(), two.put_schema(registration(shelf(1), "report", "1", "{}")));
        assert_eq!((first, second.unwrap().registered), (Ok(()), 1));
        let state = one.run(shelf(1), run.run.as_ref().unwrap()).await.unwrap().unwrap().state;
        one.append(&step(&state, "next", 1)).await.unwrap();
        // What an older version wrote is found by the log.
        assert_eq!(one.integrate(shelf(1), 100).await.unwrap().added, 2);
        drop((one, two));
        assert_eq!(version_of(&folder.path()), SCHEMA_VERSION);
        let backup = folder.path().with_file_name(format!("ledger.db.v{version}.backup"));
        assert_eq!(version_of(&backup), i32::try_from(version).unwrap());
        let copied = Connection::open(&backup).unwrap();
        let events: i64 = copied.query_row("SELECT count(*) FROM events", [], |row| row.get(0)).unwrap();
        assert_eq!(events, 1);
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt as _;
            assert_eq!(fs::metadata(&backup).unwrap().permissions().mode() & 0o777, 0o600);
        }
    }
}

#[tokio::test]
async fn a_backup_is_never_overwritten_and_a_new_file_has_none() {
    let folder = Folder::new();
    older(&folder, 1).await;
    let taken = folder.path().with_file_name("ledger.db.v1.backup");
    fs::write(&taken, b"mine").unwrap();
    folder.store().ready().await.unwrap();
    assert_eq!(fs::read(&taken).unwrap(), b"mine");
    assert_eq!(version_of(&folder.path().with_file_name("ledger.db.v1.backup.2")), 1);
    let new = Folder::new();
    new.store().ready().await.unwrap();
    let names = fs::read_dir(new.path().parent().unwrap()).unwrap();
    assert!(names.into_iter().all(|it| !it.unwrap().file_name().to_string_lossy().contains("backup")));
}

/// The copy fails before anything was changed, and so does the migration.
#[tokio::test]
async fn without_a_backup_nothing_is_migrated() {
    let folder = Folder::new();
    older(&folder, 1).await;
    for number in 1..100 {
        let suffix = if number == 1 { String::new() } else { format!(".{number}") };
        fs::write(folder.path().with_file_name(format!("ledger.db.v1.backup{suffix}")), b"").unwrap();
    }
    assert_eq!(folder.store().ready().await.unwrap_err().code(), "store_unavailable");
    assert_eq!(version_of(&folder.path()), 1);
}

#[tokio::test]
async fn an_empty_file_becomes_a_ledger() {
    let folder = Folder::new();
    fs::create_dir(folder.path().parent().unwrap()).unwrap();
    fs::write(folder.path(), b"").unwrap();
    started(&folder.store(), &stream(shelf(1), "run-1")).await;
}

#[tokio::test]
async fn what_is_no_regular_file_is_refused() {
    let folder = Folder::new();
    let error = SqliteStore::new(SqliteSettings::file(folder.0.path())).ready().await.unwrap_err();
    assert_eq!(error.code(), "store_unavailable");
    assert!(error.to_string().contains("not a regular file"), "{error}");
}

#[tokio::test]
async fn a_path_that_looks_like_a_uri_is_a_path() {
    let folder = Folder::new();
    let path = folder.0.path().join("file:ledger.db?mode=memory");
    let store = SqliteStore::new(SqliteSettings::file(&path));
    store.ready().await.unwrap();
    assert!(path.exists());
}

#[tokio::test]
async fn a_locked_file_is_named_after_the_time_limit() {
    let folder = Folder::new();
    folder.store().ready().await.unwrap();
    let holder = Connection::open(folder.path()).unwrap();
    holder.execute_batch("BEGIN IMMEDIATE").unwrap();
    let store = SqliteStore::new(SqliteSettings { busy_timeout: Duration::from_millis(20), ..folder.settings() });
    let start = crate::contract::build::start(shelf(1), "run-1");
    let error = store.append(&start.clone()).await.unwrap_err();
    assert_eq!(error.code(), "store_locked");
    // Who reads does not wait for who writes.
    assert_eq!(store.active_policy(shelf(1)).await, Ok(None));
    holder.execute_batch("ROLLBACK").unwrap();
    assert_eq!(store.append(&start).await.unwrap().seq, 1);
}

#[tokio::test]
async fn a_waiting_writer_gets_its_turn() {
    let folder = Folder::new();
    folder.store().ready().await.unwrap();
    let holder = Connection::open(folder.path()).unwrap();
    holder.execute_batch("BEGIN IMMEDIATE").unwrap();
    let store = folder.store();
    let waiting = tokio::spawn(async move { store.append(&crate::contract::build::start(shelf(1), "run-1")).await });
    tokio::task::yield_now().await;
    holder.execute_batch("COMMIT").unwrap();
    assert_eq!(waiting.await.unwrap().unwrap().seq, 1);
}

/// Run as a user whom file modes do not bind, this shows only that reading goes on.
#[cfg(unix)]
#[tokio::test]
async fn a_read_only_file_can_be_read_and_says_so_when_written() {
    use std::os::unix::fs::PermissionsExt as _;
    let folder = Folder::new();
    let stream = stream(shelf(1), "run-1");
    let state = started(&folder.store(), &stream).await;
    fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o400)).unwrap();
    let is_bound = fs::OpenOptions::new().write(true).open(folder.path()).is_err();
    let store = folder.store();
    let written = store.append(&step(&state, "first", 1)).await;
    if is_bound {
        assert_eq!(written.unwrap_err().code(), "store_read_only");
    } else {
        assert_eq!(written.unwrap().seq, 2);
    }
    assert!(store.run(shelf(1), stream.run.as_ref().unwrap()).await.unwrap().is_some());
}

#[tokio::test]
async fn a_file_that_was_removed_is_not_written_to() {
    let folder = Folder::new();
    let store = folder.store();
    let stream = stream(shelf(1), "run-1");
    let state = started(&store, &stream).await;
    assert!(store.run(shelf(1), stream.run.as_ref().unwrap()).await.unwrap().is_some());
    for name in ["ledger.db", "ledger.db-wal", "ledger.db-shm"] {
        fs::remove_file(folder.path().with_file_name(name)).unwrap();
    }
    // Nothing is acknowledged that would lie in a file without a name.
    assert_eq!(store.append(&step(&state, "first", 1)).await, Err(StoreError::Conflict { seq: 2 }));
    assert_eq!(store.run(shelf(1), stream.run.as_ref().unwrap()).await, Ok(None));
    started(&store, &stream).await;
    drop(store);
    assert!(folder.store().run(shelf(1), stream.run.as_ref().unwrap()).await.unwrap().is_some());
}

#[tokio::test]
async fn many_may_open_a_new_file_at_once() {
    for _ in 0..8 {
        let folder = Folder::new();
        let mut opening = tokio::task::JoinSet::new();
        for run in 0..6 {
            let store = folder.store();
            opening.spawn(async move {
                store.append(&crate::contract::build::start(shelf(1), &format!("run-{run}"))).await
            });
        }
        let opened = opening.join_all().await;
        assert!(opened.iter().all(Result::is_ok), "{opened:?}");
    }
}
