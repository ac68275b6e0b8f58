//! Sixteen callers of the store at once against one: what waits while the disk is being synchronised becomes one
//! transaction. The events are those of real runs, taken from a ledger that the server wrote.

use std::sync::Arc;
use std::time::{Duration, Instant};

use decision_gate_core::engine::{RunState, SealedState};
use decision_gate_core::json;
use decision_gate_core::ledger::Event;
use decision_gate_core::name::{NamespaceId, RunId, TenantId};
use decision_gate_runtime::ports::{Append, Scope, Store as _, StoreError, Stream};
use decision_gate_store::{SqliteSettings, SqliteStore};
use tokio::task::JoinSet;

use super::step_growth::{define, start};
use crate::fault::Fault;
use crate::server::Era;
use crate::setup::{Folder, Setup};
use crate::stats::{Pair, Summary};
use crate::table::{Bar, Row, Unit};

const CALLERS: usize = 16;
const STEPS: usize = 20;
const PAIRS: usize = 20;

pub(crate) fn run(setup: &Setup) -> Result<Vec<Row>, Fault> {
    let runtime =
        tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(Fault::io("make", "a runtime"))?;
    let runs = runtime.block_on(recorded(setup))?;
    let mut pairs = Vec::new();
    for number in 0..setup.pairs(PAIRS) {
        let (together, alone);
        if number % 2 == 0 {
            together = runtime.block_on(at_once(&runs))?;
            alone = runtime.block_on(one_by_one(&runs))?;
        } else {
            alone = runtime.block_on(one_by_one(&runs))?;
            together = runtime.block_on(at_once(&runs))?;
        }
        let count: usize = runs.iter().map(Vec::len).sum();
        let count = f64::from(u32::try_from(count).unwrap_or(u32::MAX));
        pairs.push(Pair { ours: count / together.as_secs_f64(), floor: count / alone.as_secs_f64() });
    }
    let what = format!("durable events of {CALLERS} callers of the SQLite store, against one caller");
    Ok(vec![Row { what, summary: Summary::of(&pairs), unit: Unit::PerSecond, bar: Bar::AtLeast(3.0) }])
}

/// The events of some runs, each as it was handed to the store.
async fn recorded(setup: &Setup) -> Result<Vec<Vec<Append>>, Fault> {
    let folder = Folder::new()?;
    let mut server = setup.ours(Era::Legacy, &folder)?;
    define(&mut server)?;
    let names: Vec<String> = (0..CALLERS).map(|number| format!("run-{number}")).collect();
    for name in &names {
        let step = start(&mut server, name)?;
        for _ in 0..STEPS {
            server.result(&step)?;
        }
    }
    drop(server);
    let store = SqliteStore::new(SqliteSettings::file(folder.ledger()));
    let scope = Scope { tenant: TenantId::FIRST, namespace: NamespaceId::FIRST };
    let mut runs = Vec::new();
    for name in &names {
        let run = RunId::try_from(name.as_str()).map_err(unusable)?;
        let stream = Stream { scope, run: Some(run) };
        let page = store.events(&stream, 1, 10 * STEPS).await.map_err(stopped)?;
        let mut state: Option<Arc<SealedState>> = None;
        let mut appends = Vec::new();
        for stored in &page.events {
            let value = json::parse_exact(&stored.bytes, &json::Limits::message(1 << 20)).map_err(unusable)?;
            let event = Event::from_value(value).map_err(unusable)?;
            let next = RunState::apply(state.as_deref().map(|it| &**it), &event).map_err(unusable)?;
            let next = Arc::new(SealedState::of(next));
            let values = page.values.iter().filter(|it| it.seq == stored.seq).map(|it| it.value.clone()).collect();
            appends.push(Append {
                stream: stream.clone(),
                event,
                values,
                state: Some(Arc::clone(&next)),
                follows: state.as_ref().map(|it| it.digest()),
                marks: Vec::new(),
                policy_epoch: None,
            });
            state = Some(next);
        }
        runs.push(appends);
    }
    Ok(runs)
}

async fn one_by_one(runs: &[Vec<Append>]) -> Result<Duration, Fault> {
    let folder = Folder::new()?;
    let store = SqliteStore::new(SqliteSettings::file(folder.ledger()));
    store.ready().await.map_err(stopped)?;
    let began = Instant::now();
    for append in runs.iter().flatten() {
        store.append(append).await.map_err(stopped)?;
    }
    Ok(began.elapsed())
}

async fn at_once(runs: &[Vec<Append>]) -> Result<Duration, Fault> {
    let folder = Folder::new()?;
    let store = Arc::new(SqliteStore::new(SqliteSettings::file(folder.ledger())));
    store.ready().await.map_err(stopped)?;
    let mut callers = JoinSet::new();
    let began = Instant::now();
    for run in runs.iter().cloned() {
        let store = Arc::clone(&store);
        callers.spawn(async move {
            for append in run {
                store.append(&append).await?;
            }
            Ok::<(), StoreError>(())
        });
    }
    while let Some(ended) = callers.join_next().await {
        ended.map_err(unusable)?.map_err(stopped)?;
    }
    Ok(began.elapsed())
}

#[expect(clippy::needless_pass_by_value, reason = "handed to `map_err`")]
fn stopped(error: StoreError) -> Fault {
    Fault::NotComparable(format!("the store: {error}"))
}

fn unusable(error: impl std::fmt::Display) -> Fault {
    Fault::NotComparable(format!("a recorded event could not be read: {error}"))
}
