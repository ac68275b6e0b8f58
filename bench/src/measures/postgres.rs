//! What a ledger in PostgreSQL costs beyond its statements: sixteen callers, each stepping a run of its own through the
//! store, beside sixteen connections that send the very same statements in a loop and nothing else. The server is one
//! that is started for this and writes through to the disk.

#[path = "../../../crates/decision-gate-store/src/contract/build.rs"]
#[expect(clippy::unwrap_used, reason = "the builders read fixed texts")]
#[expect(dead_code, reason = "shared with the contract suite")]
mod build;

use std::sync::Arc;
use std::time::{Duration, Instant};

use decision_gate_core::digest::Digest;
use decision_gate_core::engine::SealedState;
use decision_gate_core::ledger::{CompactRange, leaf_hash};
use decision_gate_runtime::ports::{Append, Store as _};
use decision_gate_services::{Cluster, NAME};
use decision_gate_store::{APPEND_STATEMENTS, PostgresSettings, PostgresStore};
use futures_util::future::join;
use tokio::task::JoinSet;
use tokio_postgres::types::ToSql;
use tokio_postgres::{Client, Config, NoTls};

use crate::fault::Fault;
use crate::setup::Setup;
use crate::stats::{Pair, Summary};
use crate::table::{Bar, Row, Unit};

/// How many callers there are at once.
const CALLERS: usize = 16;
/// How many steps each takes in a block.
const STEPS: usize = 40;
/// How many pairs of blocks.
const PAIRS: usize = 30;

pub(crate) fn run(setup: &Setup) -> Result<Vec<Row>, Fault> {
    let Some(cluster) = Cluster::own(&[], &[]).map_err(|fault| failed(&fault))? else { return Ok(Vec::new()) };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let pairs = runtime.map_err(Fault::io("start", "a runtime"))?.block_on(measured(&cluster, setup.pairs(PAIRS)))?;
    let what = format!("steps a second of {CALLERS} callers on PostgreSQL, against a loop with the same statements");
    Ok(vec![Row { what, summary: Summary::of(&pairs), unit: Unit::PerSecond, bar: Bar::AtLeast(0.7) }])
}

fn failed(error: &dyn std::fmt::Display) -> Fault {
    Fault::NotComparable(error.to_string())
}

async fn measured(cluster: &Cluster, pairs: usize) -> Result<Vec<Pair>, Fault> {
    let mut ours = Ours::new(cluster).await?;
    let mut bare = Bare::new(cluster).await?;
    // Prepares every statement, and fills what both fill once.
    ours.block().await?;
    bare.block().await?;
    let mut taken = Vec::new();
    for number in 0..pairs {
        let (mine, floor);
        if number % 2 == 0 {
            mine = ours.block().await?;
            floor = bare.block().await?;
        } else {
            floor = bare.block().await?;
            mine = ours.block().await?;
        }
        let steps = u32::try_from(CALLERS * STEPS).map_or(0.0, f64::from);
        let rate = |time: Duration| steps / time.as_secs_f64();
        taken.push(Pair { ours: rate(mine), floor: rate(floor) });
    }
    Ok(taken)
}

/// The callers of a store.
struct Ours {
    store: Arc<PostgresStore>,
    states: Vec<Arc<SealedState>>,
}

impl Ours {
    async fn new(cluster: &Cluster) -> Result<Self, Fault> {
        let settings = PostgresSettings {
            schema: "ours".to_owned(),
            pool_size: CALLERS,
            ..PostgresSettings::socket(cluster.socket(), NAME, NAME)
        };
        let store = Arc::new(PostgresStore::new(settings).map_err(|error| failed(&error))?);
        let states = started(&store, "ours").await?;
        Ok(Self { store, states })
    }

    async fn block(&mut self) -> Result<Duration, Fault> {
        let mut callers = JoinSet::new();
        let began = Instant::now();
        for mut state in self.states.drain(..) {
            let store = Arc::clone(&self.store);
            callers.spawn(async move {
                for _ in 0..STEPS {
                    let append = next(&state);
                    state = append.state.clone().unwrap_or(state);
                    store.append(&append).await.map_err(|error| error.to_string())?;
                }
                Ok::<_, String>(state)
            });
        }
        let states: Result<Vec<_>, String> = callers.join_all().await.into_iter().collect();
        let took = began.elapsed();
        self.states = states.map_err(|error| failed(&error))?;
        Ok(took)
    }
}

/// Starts a run for each caller, under a policy that every step names.
async fn started(store: &PostgresStore, name: &str) -> Result<Vec<Arc<SealedState>>, Fault> {
    let scope = build::shelf(1);
    let bytes = name.as_bytes().to_vec();
    let activated = store.activate_policy(scope, Digest::of(&bytes), bytes, build::activation(scope)).await;
    activated.map_err(|error| failed(&error))?;
    let mut states = Vec::new();
    for caller in 0..CALLERS {
        let start = build::start(scope, &format!("{name}-{caller}"));
        states.extend(start.state.clone());
        store.append(&start).await.map_err(|error| failed(&error))?;
    }
    Ok(states)
}

fn next(state: &SealedState) -> Append {
    Append { policy_epoch: Some(1), ..build::step(state, &format!("step-{}", state.seq), 1) }
}

/// Connections that send the same statements with the same values.
struct Bare {
    callers: Vec<(Client, Arc<SealedState>, CompactRange)>,
}

impl Bare {
    async fn new(cluster: &Cluster) -> Result<Self, Fault> {
        // The tables are those that a store makes.
        let settings =
            PostgresSettings { schema: "bare".to_owned(), ..PostgresSettings::socket(cluster.socket(), NAME, NAME) };
        let store = PostgresStore::new(settings).map_err(|error| failed(&error))?;
        let states = started(&store, "bare").await?;
        let mut callers = Vec::new();
        for state in states {
            let head = store.run(build::shelf(1), &state.run).await.map_err(|error| failed(&error))?;
            let tree = head.ok_or_else(|| failed(&"a run is gone"))?.tree;
            let mut config = Config::new();
            config.host(cluster.socket().to_string_lossy()).user(NAME).dbname(NAME);
            let (client, connection) = config.connect(NoTls).await.map_err(|error| failed(&error))?;
            tokio::spawn(connection);
            client.batch_execute("SET search_path = bare, pg_catalog").await.map_err(|error| failed(&error))?;
            callers.push((client, state, tree));
        }
        Ok(Self { callers })
    }

    async fn block(&mut self) -> Result<Duration, Fault> {
        let mut tasks = JoinSet::new();
        let began = Instant::now();
        for (client, mut state, mut tree) in self.callers.drain(..) {
            tasks.spawn(async move {
                let [lock, append] = APPEND_STATEMENTS;
                let (lock, append) = (client.prepare(lock).await?, client.prepare(append).await?);
                for _ in 0..STEPS {
                    let step = next(&state);
                    state = step.state.clone().unwrap_or(state);
                    send(&client, &lock, &append, &step, &mut tree).await?;
                }
                Ok::<_, tokio_postgres::Error>((client, state, tree))
            });
        }
        let callers: Result<Vec<_>, _> = tasks.join_all().await.into_iter().collect();
        let took = began.elapsed();
        self.callers = callers.map_err(|error| failed(&error))?;
        Ok(took)
    }
}

/// One step: the statements of an append, all of them on their way at once.
async fn send(
    client: &Client,
    lock: &tokio_postgres::Statement,
    append: &tokio_postgres::Statement,
    step: &Append,
    tree: &mut CompactRange,
) -> Result<(), tokio_postgres::Error> {
    let bytes = step.event.to_bytes();
    let leaf = leaf_hash(&bytes);
    let before: Vec<u8> = tree.peaks().iter().flat_map(|it| *it.as_bytes()).collect();
    tree.push(leaf);
    let after: Vec<u8> = tree.peaks().iter().flat_map(|it| *it.as_bytes()).collect();
    let (state, digest) = step.state.as_ref().map(|it| (it.canonical(), it.digest())).unzip();
    let (digest, follows) = (digest.as_ref().map(Digest::as_bytes), step.follows.as_ref().map(Digest::as_bytes));
    let (digest, follows) = (digest.map(<[u8; 32]>::as_slice), follows.map(<[u8; 32]>::as_slice));
    let run = step.stream.run.as_ref().map(ToString::to_string).unwrap_or_default();
    let slots: Vec<String> = step.values.iter().map(|it| it.slot.name()).collect();
    let salts: Vec<&[u8]> = step.values.iter().map(|it| it.salt.as_bytes().as_slice()).collect();
    let canonicals: Vec<&[u8]> = step.values.iter().map(|it| it.canonical.as_slice()).collect();
    let (one, seq, epoch) = (1_i64, step.event.seq.cast_signed(), Some(1_i64));
    let (kind, key) = (step.event.kind().word(), step.event.key.as_deref());
    let leaf = leaf.as_bytes().as_slice();
    let values: [&(dyn ToSql + Sync); 17] = [
        &one,
        &one,
        &run,
        &seq,
        &after,
        &state,
        &digest,
        &before,
        &epoch,
        &kind,
        &key,
        &bytes,
        &leaf,
        &slots,
        &salts,
        &canonicals,
        &follows,
    ];
    let asked: [&(dyn ToSql + Sync); 1] = [&one];
    let around = join(client.batch_execute("BEGIN"), client.query(lock, &asked));
    let within = join(client.query(append, &values), client.batch_execute("COMMIT"));
    let ((begun, locked), (written, ended)) = join(around, within).await;
    begun?;
    locked?;
    written?;
    ended
}
