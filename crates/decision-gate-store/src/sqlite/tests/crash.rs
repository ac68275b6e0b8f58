//! A process that is killed at each point of a write, a journal that was cut or changed, and a reader during a
//! checkpoint: what was acknowledged is there, and nothing is there by half.

use std::fs::{self, OpenOptions};
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::{AtomicUsize, Ordering};

use decision_gate_core::engine::RunState;
use decision_gate_core::ledger::Event;
use decision_gate_runtime::ports::{Store as _, StoreError};
use rusqlite::Connection;

use super::super::{SqliteSettings, SqliteStore};
use super::Folder;
use crate::contract::build::{shelf, start, step, stream};
use crate::contract::started;

/// In a process that is to be killed: at which point, and where its ledger is.
const AT: &str = "DECISION_GATE_TEST_KILL_AT";
const PLACE: &str = "DECISION_GATE_TEST_KILL_IN";

/// How many appends the victim makes.
const APPENDS: usize = 4;

static PASSED: AtomicUsize = AtomicUsize::new(0);

/// A point before or after a statement of a transaction. The victim dies at the one that it was told.
pub(in crate::sqlite) fn point() {
    let Some(at) = std::env::var(AT).ok().and_then(|it| it.parse::<usize>().ok()) else { return };
    if PASSED.fetch_add(1, Ordering::SeqCst) == at {
        let process = std::process::id().to_string();
        Command::new("kill").args(["-KILL", &process]).status().unwrap();
        unreachable!("it was killed");
    }
}

/// Appends until it is killed, and notes each append once it is acknowledged.
async fn be_the_victim(place: &Path) {
    let store = SqliteStore::new(SqliteSettings::file(place));
    let mut acknowledged = OpenOptions::new().append(true).create(true).open(place.with_extension("acks")).unwrap();
    let mut append = start(shelf(1), "run-1");
    for number in 0..APPENDS {
        let state = append.state.clone().unwrap();
        store.append(&append).await.unwrap();
        acknowledged.write_all(b"+").unwrap();
        append = step(&state, &format!("step-{number}"), 2);
    }
}

#[tokio::test]
async fn a_kill_at_every_statement_loses_nothing() {
    if let Some(place) = std::env::var_os(PLACE) {
        return be_the_victim(Path::new(&place)).await;
    }
    let (mut killed, mut point) = (0, 0);
    loop {
        let folder = Folder::new();
        fs::create_dir(folder.path().parent().unwrap()).unwrap();
        let name = "sqlite::tests::crash::a_kill_at_every_statement_loses_nothing";
        let victim = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", name])
            .env(AT, point.to_string())
            .env(PLACE, folder.path())
            .output()
            .unwrap();
        let acknowledged = fs::read(folder.path().with_extension("acks")).unwrap_or_default().len();
        let there = whole_run(&folder.store()).await.unwrap();
        // One more may be there: committed, and killed before anybody was told.
        assert!((acknowledged..=acknowledged + 1).contains(&there), "point {point}: {acknowledged}, {there}");
        if victim.status.success() {
            assert_eq!((acknowledged, there), (APPENDS, APPENDS), "{victim:?}");
            break;
        }
        (killed, point) = (killed + 1, point + 1);
    }
    assert_eq!(killed, APPENDS * 4, "before and after each BEGIN and each COMMIT");
}

/// How many events the run has. They follow one another, and each has its values.
async fn whole_run(store: &SqliteStore) -> Result<usize, StoreError> {
    let stream = stream(shelf(1), "run-1");
    let Some(head) = store.run(shelf(1), stream.run.as_ref().unwrap()).await? else { return Ok(0) };
    let page = store.events(&stream, 1, 100).await?;
    let mut state: Option<RunState> = None;
    for stored in &page.events {
        state = Some(RunState::apply(state.as_ref(), &Event::read(&stored.bytes).unwrap()).unwrap());
        let values = page.values.iter().filter(|it| it.seq == stored.seq).count();
        assert_eq!(values, if stored.seq == 1 { 0 } else { 2 });
    }
    assert_eq!(state.as_ref().map(RunState::digest), Some(head.state.digest()), "the head is that of the events");
    Ok(page.events.len())
}

/// A ledger whose journal was not written back: both files, and how long the journal was after each append.
async fn journalled() -> (Vec<u8>, Vec<u8>, Vec<usize>) {
    let folder = Folder::new();
    let store = folder.store();
    let journal = beside(&folder.path(), "-wal");
    let mut state = started(&store, &stream(shelf(1), "run-1")).await;
    let mut ends = vec![fs::metadata(&journal).unwrap().len()];
    for number in 0..APPENDS {
        let append = step(&state, &format!("step-{number}"), 2);
        state = append.state.clone().unwrap();
        store.append(&append).await.unwrap();
        ends.push(fs::metadata(&journal).unwrap().len());
    }
    let ends = ends.into_iter().map(|it| usize::try_from(it).unwrap()).collect();
    (fs::read(folder.path()).unwrap(), fs::read(journal).unwrap(), ends)
}

fn beside(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.file_name().unwrap().to_owned();
    name.push(suffix);
    path.with_file_name(name)
}

/// The same files in another folder.
fn laid_out(file: &[u8], journal: &[u8]) -> Folder {
    let folder = Folder::new();
    fs::create_dir(folder.path().parent().unwrap()).unwrap();
    fs::write(folder.path(), file).unwrap();
    fs::write(beside(&folder.path(), "-wal"), journal).unwrap();
    folder
}

#[tokio::test]
async fn a_torn_journal_keeps_every_step_that_was_whole() {
    const HEADER: usize = 32;
    const FRAME: usize = 24 + 4096;
    let (file, journal, ends) = journalled().await;
    assert_eq!((journal.len() - HEADER) % FRAME, 0, "whole frames");
    // At the end of each frame, within its header, and within its page.
    let cuts = (HEADER..=journal.len()).step_by(FRAME).flat_map(|end| [end, end + 7, end + 24 + 2000]);
    let mut seen = 0;
    for cut in cuts.chain([0, 1, HEADER - 1]).filter(|cut| *cut <= journal.len()) {
        let folder = laid_out(&file, &journal[..cut]);
        let whole = ends.iter().filter(|end| **end <= cut).count();
        assert_eq!(whole_run(&folder.store()).await.unwrap(), whole, "cut at {cut} of {}", journal.len());
        // What is there can be gone on with.
        if whole > 0 {
            let run = "run-1".try_into().unwrap();
            let state = folder.store().run(shelf(1), &run).await.unwrap().unwrap().state;
            let again = folder.store().append(&step(&state, "again", 2)).await.unwrap();
            assert_eq!(usize::try_from(again.seq).unwrap(), whole + 1);
        }
        seen += 1;
    }
    assert!(seen > 20, "{seen}");
}

#[tokio::test]
async fn a_journal_that_was_changed_never_shows_half_a_step() {
    let (file, journal, ends) = journalled().await;
    for place in (0..journal.len()).step_by(1_531) {
        let mut changed = journal.clone();
        changed[place] ^= 0x40;
        let folder = laid_out(&file, &changed);
        // Every step before the change is there; those behind it are not, and none is there by half.
        let whole = ends.iter().filter(|end| **end <= place).count();
        match whole_run(&folder.store()).await {
            Ok(there) => assert_eq!(there, whole, "changed at {place}"),
            Err(error) => assert_eq!(error.code(), "store_corrupt", "changed at {place}: {error}"),
        }
    }
}

#[tokio::test]
async fn a_reader_during_a_checkpoint_sees_one_moment() {
    let folder = Folder::new();
    let store = folder.store();
    let mut state = started(&store, &stream(shelf(1), "run-1")).await;
    let reader = Connection::open(folder.path()).unwrap();
    let count = || reader.query_row("SELECT count(*) FROM events", [], |row| row.get::<_, i64>(0)).unwrap();
    reader.execute_batch("BEGIN").unwrap();
    let before = count();
    let by_hand = Connection::open(folder.path()).unwrap();
    for number in 0..APPENDS {
        let append = step(&state, &format!("step-{number}"), 2);
        state = append.state.clone().unwrap();
        store.append(&append).await.unwrap();
        // Whole while somebody reads older pages it can't be; what it can write back it does.
        let busy: i64 = by_hand.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |row| row.get(0)).unwrap();
        assert_eq!((busy, count()), (1, before), "{number}");
    }
    reader.execute_batch("COMMIT").unwrap();
    let appended = i64::try_from(APPENDS).unwrap();
    assert_eq!(count(), before + appended);
    let busy: i64 = by_hand.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |row| row.get(0)).unwrap();
    assert_eq!(busy, 0);
    assert_eq!(whole_run(&store).await.unwrap(), APPENDS + 1);
}

#[tokio::test]
async fn a_full_ledger_says_so_and_goes_on_once_there_is_room() {
    let folder = Folder::new();
    let store = folder.store();
    let mut state = started(&store, &stream(shelf(1), "run-1")).await;
    let limit = |pages: &'static str| {
        let statement = format!("PRAGMA max_page_count = {pages}");
        let set = move |it: &Connection| Ok(it.query_row(&statement, [], |row| row.get::<_, i64>(0))?);
        store.writer.read(set)
    };
    limit("1").await.unwrap();
    let mut acknowledged = 1;
    let refused = loop {
        let append = step(&state, &format!("step-{acknowledged}"), 2);
        let next = append.state.clone().unwrap();
        match store.append(&append).await {
            Ok(_) => (state, acknowledged) = (next, acknowledged + 1),
            Err(error) => break error,
        }
    };
    assert_eq!((refused.code(), whole_run(&store).await.unwrap()), ("store_full", acknowledged));
    limit("1073741823").await.unwrap();
    store.append(&step(&state, "with-room", 2)).await.unwrap();
    assert_eq!(whole_run(&store).await.unwrap(), acknowledged + 1);
}
