//! What a durable step costs, beside one bare SQLite insert and commit in the same run.
//!
//! Prints ratios of medians, measured in alternation, against the bars of the design; the exit code says whether
//! they hold.

#![expect(clippy::print_stdout, reason = "a measurement prints what it measured")]

#[path = "../src/contract/build.rs"]
#[expect(clippy::unwrap_used, reason = "the builders read fixed texts")]
#[expect(dead_code, reason = "shared with the contract suite")]
mod build;

use std::error::Error;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::{Duration, Instant};

use decision_gate_core::digest::Digest;
use decision_gate_core::engine::SealedState;
use decision_gate_runtime::ports::{Store, Stream};
use decision_gate_store::{SqliteSettings, SqliteStore, SyncMode};
use rusqlite::Connection;
use tokio::task::JoinSet;

type Outcome<T> = Result<T, Box<dyn Error + Send + Sync>>;

/// A ratio and the bar that it must keep.
struct Measure {
    what: &'static str,
    ratio: f64,
    bar: Bar,
}

enum Bar {
    AtMost(f64),
    AtLeast(f64),
}

impl Measure {
    fn print(&self) -> bool {
        let (holds, word, bar) = match self.bar {
            Bar::AtMost(bar) => (self.ratio <= bar, "<=", bar),
            Bar::AtLeast(bar) => (self.ratio >= bar, ">=", bar),
        };
        println!("{:<58} {:>7.2}  {word} {bar:<5} {}", self.what, self.ratio, if holds { "holds" } else { "MISSED" });
        holds
    }
}

fn main() -> Outcome<ExitCode> {
    // Without the word that `cargo bench` adds, a test runner only wants to know what tests there are: none.
    if std::env::args().all(|word| word != "--bench") {
        return Ok(ExitCode::SUCCESS);
    }
    let runtime = tokio::runtime::Builder::new_current_thread().build()?;
    let measures = runtime.block_on(async {
        let mut measures = vec![against_bare().await?];
        measures.push(callers().await?);
        measures.extend(flat().await?);
        reads().await?;
        Ok::<_, Box<dyn Error + Send + Sync>>(measures)
    })?;
    let missed = measures.iter().filter(|it| !it.print()).count();
    Ok(if missed == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

async fn against_bare() -> Outcome<Measure> {
    let folder = tempfile::tempdir()?;
    let store = SqliteStore::new(SqliteSettings::file(folder.path().join("ledger.db")));
    let bare = Connection::open(folder.path().join("bare.db"))?;
    bare.pragma_update(None, "journal_mode", "WAL")?;
    bare.pragma_update(None, "synchronous", "FULL")?;
    bare.execute_batch("CREATE TABLE rows (id INTEGER PRIMARY KEY, bytes BLOB NOT NULL) STRICT")?;
    activate(&store).await?;
    let mut state = start(&store, "run-1").await?;
    let (mut ours, mut theirs) = (Vec::new(), Vec::new());
    for round in 0..200 {
        let mut append = build::step(&state, &format!("step-{round}"), 1);
        append.policy_epoch = Some(1);
        let bytes = append.event.to_bytes();
        let begin = Instant::now();
        bare.prepare_cached("INSERT INTO rows (bytes) VALUES (?1)")?.execute([&bytes])?;
        theirs.push(begin.elapsed());

        let begin = Instant::now();
        let head = store.run(append.stream.scope, &state.run).await?;
        let after = append.state.clone();
        store.append(&append).await?;
        ours.push(begin.elapsed());
        state = after.or_else(|| head.map(|it| it.state)).ok_or("no state")?;
    }
    // Pair by pair: a disk that changes its pace changes it for both.
    let ratio = median(ours.iter().zip(&theirs).map(|(ours, theirs)| ratio(*ours, *theirs)).collect());
    println!("durable step {:?}, bare insert and commit {:?}", median(ours), median(theirs));
    Ok(Measure { what: "durable step (read and append) / bare insert and commit", ratio, bar: Bar::AtMost(1.5) })
}

async fn callers() -> Outcome<Measure> {
    const CALLERS: u32 = 16;
    const STEPS: u32 = 40;
    let folder = tempfile::tempdir()?;
    let store = Arc::new(SqliteStore::new(SqliteSettings::file(folder.path().join("ledger.db"))));
    let state = start(&*store, "serial").await?;
    let begin = Instant::now();
    steps(&*store, state, STEPS).await?;
    let serial = begin.elapsed() / STEPS;
    let mut states = Vec::new();
    for caller in 0..CALLERS {
        states.push(start(&*store, &format!("caller-{caller}")).await?);
    }
    let begin = Instant::now();
    let mut together = JoinSet::new();
    for state in states {
        let store = Arc::clone(&store);
        together.spawn(async move { steps(&*store, state, STEPS).await });
    }
    while let Some(done) = together.join_next().await {
        done??;
    }
    let each = begin.elapsed() / (CALLERS * STEPS);
    println!("one caller {serial:?} a step, sixteen {each:?}");
    Ok(Measure { what: "rate of 16 callers / serial rate", ratio: ratio(serial, each), bar: Bar::AtLeast(3.0) })
}

async fn flat() -> Outcome<Vec<Measure>> {
    let folder = tempfile::tempdir()?;
    let path = folder.path().join("ledger.db");
    let settings = SqliteSettings { sync_mode: SyncMode::Normal, ..SqliteSettings::file(&path) };
    let store = SqliteStore::new(settings);
    let pages = Connection::open(&path)?;
    let late = steps(&store, start(&store, "late").await?, 500).await?;
    let size = || pages.pragma_query_value(None, "page_count", |row| row.get::<_, i32>(0));
    let before = size()?;
    let late = steps(&store, late, 500).await?;
    let early_growth = size()? - before;
    let late = steps(&store, late, 1_500).await?;
    let before = size()?;
    let mut late = steps(&store, late, 500).await?;
    let late_growth = size()? - before;
    // The same file, in alternation: a run that is young, and the one that is old.
    let (mut young, mut old) = (Vec::new(), Vec::new());
    for round in 0..40 {
        let early = steps(&store, start(&store, &format!("early-{round}")).await?, 8).await?;
        let begin = Instant::now();
        steps(&store, early, 4).await?;
        young.push(begin.elapsed() / 4);
        let begin = Instant::now();
        late = steps(&store, late, 4).await?;
        old.push(begin.elapsed() / 4);
    }
    let (young, old) = (median(young), median(old));
    println!("step 10 {young:?}, step {} {old:?}; {} bytes a step", late.seq, late_growth * 4096 / 500);
    Ok(vec![
        Measure {
            what: "step 3,000 / step 10 (not waiting for the disk)",
            ratio: ratio(old, young),
            bar: Bar::AtMost(1.2),
        },
        Measure {
            what: "bytes of 500 steps, late / early",
            ratio: f64::from(late_growth) / f64::from(early_growth),
            bar: Bar::AtMost(1.05),
        },
    ])
}

async fn reads() -> Outcome<()> {
    let folder = tempfile::tempdir()?;
    let store = SqliteStore::new(SqliteSettings::file(folder.path().join("ledger.db")));
    activate(&store).await?;
    let state = start(&store, "run-1").await?;
    let state = steps(&store, state, 20).await?;
    let stream = Stream { scope: build::shelf(1), run: Some(state.run.clone()) };
    let (mut heads, mut keys, mut policies) = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..500 {
        let begin = Instant::now();
        store.run(stream.scope, &state.run).await?;
        heads.push(begin.elapsed());
        let begin = Instant::now();
        store.by_key(&stream, "step_decided", "step-5").await?;
        keys.push(begin.elapsed());
        let begin = Instant::now();
        store.active_policy(stream.scope).await?;
        policies.push(begin.elapsed());
    }
    println!("reads: run {:?}, by key {:?}, policy {:?}", median(heads), median(keys), median(policies));
    Ok(())
}

async fn activate(store: &dyn Store) -> Outcome<u64> {
    let scope = build::shelf(1);
    Ok(store.activate_policy(scope, Digest::of(b"{}"), b"{}".to_vec(), build::activation(scope)).await?)
}

async fn start(store: &dyn Store, run: &str) -> Outcome<Arc<SealedState>> {
    let append = build::start(build::shelf(1), run);
    let state = append.state.clone();
    store.append(&append).await?;
    Ok(state.ok_or("no state")?)
}

async fn steps(store: &dyn Store, mut state: Arc<SealedState>, count: u32) -> Outcome<Arc<SealedState>> {
    for _ in 0..count {
        let append = build::step(&state, &format!("step-{}", state.seq), 1);
        let after = append.state.clone();
        store.append(&append).await?;
        state = after.ok_or("no state")?;
    }
    Ok(state)
}

fn median<T: Copy + Default + PartialOrd>(mut measured: Vec<T>) -> T {
    measured.sort_by(|one, other| one.partial_cmp(other).unwrap_or(std::cmp::Ordering::Equal));
    measured.get(measured.len() / 2).copied().unwrap_or_default()
}

fn ratio(one: Duration, other: Duration) -> f64 {
    one.as_secs_f64() / other.as_secs_f64()
}
