//! Reading a ledger without changing anything: what is refused, what is left alone, and what is seen.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use decision_gate_runtime::ports::{Store as _, StoreError};

use super::super::schema::STEPS;
use super::super::{SqliteSettings, SqliteStore};
use super::Folder;
use super::files::older;
use crate::Opening;
use crate::contract::build::{shelf, start, step, stream};
use crate::contract::started;

fn reader(path: &Path) -> SqliteStore {
    SqliteStore::new(SqliteSettings { opening: Opening::ToRead, ..SqliteSettings::file(path) })
}

/// Every file of a folder with its content.
fn all(folder: &Path) -> Vec<(PathBuf, Vec<u8>)> {
    let mut all: Vec<_> = fs::read_dir(folder)
        .unwrap()
        .map(|it| it.unwrap().path())
        .map(|path| (path.clone(), fs::read(&path).unwrap_or_default()))
        .collect();
    all.sort();
    all
}

#[tokio::test]
async fn reading_changes_nothing_and_brings_nothing_up() {
    let folder = Folder::new();
    let run = stream(shelf(1), "run-1");
    let state = started(&folder.store(), &run).await;
    let state_folder = folder.path().parent().unwrap().to_owned();
    let before = all(&state_folder);
    let store = reader(&folder.path());
    store.examine().await.unwrap();
    assert_eq!(store.run(shelf(1), run.run.as_ref().unwrap()).await.unwrap().unwrap().state, state);
    assert_eq!(store.latest().await, Ok(Some(state.last_event_at)));
    assert_eq!(all(&state_folder), before, "neither a journal nor a file of shared memory is made");
    assert_eq!(store.append(&step(&state, "first", 1)).await.unwrap_err().code(), "store_read_only");
    drop(store);
    assert_eq!(all(&state_folder), before);

    for version in 1..STEPS.len() {
        let folder = Folder::new();
        older(&folder, version).await;
        let state_folder = folder.path().parent().unwrap().to_owned();
        let before = all(&state_folder);
        let refused = reader(&folder.path()).run(shelf(1), run.run.as_ref().unwrap()).await.unwrap_err();
        assert!(matches!(&refused, StoreError::Older { version: it, .. } if usize::try_from(*it) == Ok(version)));
        assert_eq!(refused.code(), "store_version");
        assert!(refused.hint().contains("brings it up"), "{}", refused.hint());
        assert_eq!(all(&state_folder), before);
    }
}

#[tokio::test]
async fn what_is_not_there_is_not_made_and_what_is_no_file_is_not_opened() {
    let folder = Folder::new();
    let within = folder.0.path();
    fs::write(within.join("empty"), b"").unwrap();
    fs::create_dir(within.join("folder")).unwrap();
    assert!(Command::new("mkfifo").arg(within.join("pipe")).status().unwrap().success());
    #[cfg(unix)]
    std::os::unix::fs::symlink(within.join("nowhere"), within.join("link")).unwrap();
    let count = || fs::read_dir(within).unwrap().count();
    let before = count();
    for (name, says) in [
        ("missing", "there is no ledger"),
        ("link", "leads nowhere"),
        ("empty", "it is empty"),
        ("folder", "not a regular file"),
        ("pipe", "not a regular file"),
    ] {
        let refused = reader(&within.join(name)).ready().await.unwrap_err();
        assert_eq!(refused.code(), "store_unavailable");
        assert!(refused.to_string().contains(says), "{refused}");
    }
    assert_eq!(count(), before);
}

#[tokio::test]
async fn what_is_read_without_a_lock_is_read_again_when_somebody_writes() {
    let folder = Folder::new();
    let path = folder.0.path().join("a ledger?#%41.db");
    let run = stream(shelf(1), "run-1");
    let settings = SqliteSettings::file(&path);
    started(&SqliteStore::new(settings.clone()), &run).await;
    let store = reader(&path);
    let seen = async || store.events(&run, 1, 100).await.unwrap().events.len();
    assert_eq!(seen().await, 1);
    // While it is open elsewhere the new event is in the journal, and then in the file.
    let writer = SqliteStore::new(settings.clone());
    let state = writer.run(shelf(1), run.run.as_ref().unwrap()).await.unwrap().unwrap().state;
    writer.append(&step(&state, "first", 1)).await.unwrap();
    assert_eq!(seen().await, 2);
    drop(writer);
    assert_eq!(seen().await, 2);
    let writer = SqliteStore::new(settings);
    let state = writer.run(shelf(1), run.run.as_ref().unwrap()).await.unwrap().unwrap().state;
    writer.append(&step(&state, "second", 1)).await.unwrap();
    drop(writer);
    assert_eq!(seen().await, 3);
}

#[cfg(unix)]
#[tokio::test]
async fn a_journal_that_can_not_be_read_is_said() {
    let folder = Folder::new();
    let run = stream(shelf(1), "run-1");
    let writer = folder.store();
    started(&writer, &run).await;
    let copy = TempCopy::of(&folder.path());
    // Where a file of shared memory can't be made, as in a folder that takes none.
    std::os::unix::fs::symlink("nowhere", copy.beside("-shm")).unwrap();
    let refused = reader(&copy.path).ready().await.unwrap_err();
    assert_eq!(refused.code(), "store_unavailable");
    let said = refused.to_string();
    assert!(
        said.contains("ledger.db-wal` has what is not in the file yet") && said.contains("read the copy"),
        "{said}"
    );
    fs::remove_file(copy.beside("-shm")).unwrap();
    assert_eq!(reader(&copy.path).events(&run, 1, 10).await.unwrap().events.len(), 1);
}

/// A ledger and its journal, as somebody copied them.
struct TempCopy {
    _folder: tempfile::TempDir,
    path: PathBuf,
}

impl TempCopy {
    fn of(path: &Path) -> Self {
        let folder = tempfile::TempDir::new().unwrap();
        let copy = Self { path: folder.path().join("ledger.db"), _folder: folder };
        fs::copy(path, &copy.path).unwrap();
        fs::copy(path.with_file_name("ledger.db-wal"), copy.beside("-wal")).unwrap();
        copy
    }

    fn beside(&self, ending: &str) -> PathBuf {
        self.path.with_file_name(format!("ledger.db{ending}"))
    }
}

#[tokio::test]
async fn many_that_open_an_older_file_make_one_backup() {
    let folder = Folder::new();
    older(&folder, 1).await;
    let mut opening = tokio::task::JoinSet::new();
    for run in 0..8 {
        let store = folder.store();
        opening.spawn(async move { store.append(&start(shelf(1), &format!("new-{run}"))).await });
    }
    let opened = opening.join_all().await;
    assert!(opened.iter().all(Result::is_ok), "{opened:?}");
    let names = all(folder.path().parent().unwrap());
    let backups = names.iter().filter(|(path, _)| path.to_string_lossy().contains(".backup")).count();
    assert_eq!(backups, 1, "{names:?}");
}
