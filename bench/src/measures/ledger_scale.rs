//! Does a large ledger stay quick? One of many runs, written straight into the tables of the store with all hashes right,
//! is opened beside an empty one, and proves its events beside one of a thousand events.
//!
//! A run has a start and documents that were handed in, whose values were pruned; an event takes about 640 bytes. Ten
//! million of them are 6.4 GB and some minutes, so that many are written only where this measure alone is asked for.

use std::hint::black_box;
use std::path::Path;
use std::time::{Duration, Instant};

use decision_gate_core::at::Timestamp;
use decision_gate_core::engine::{self, RunState, Start, Submission};
use decision_gate_core::json::{self, canonical};
use decision_gate_core::keys::SigningKey;
use decision_gate_core::ledger::{CompactRange, Event, Salt, leaf_hash};
use decision_gate_core::name::{NamespaceId, RunId, TenantId};
use decision_gate_core::policy::Policy;
use decision_gate_core::scenario::packets::PacketPayload;
use decision_gate_core::scenario::{Origin, Scenario};
use decision_gate_runtime::ledger::{LogSigner, checkpoint, prove_event, prove_run};
use decision_gate_runtime::ports::{Scope, Store as _, Stream};
use decision_gate_store::{SqliteSettings, SqliteStore};
use rusqlite::{Connection, Statement, params};
use serde_json::json;

use super::step_growth::{define, start};
use crate::fault::Fault;
use crate::server::Era;
use crate::setup::{Folder, Setup};
use crate::stats::{Pair, Summary};
use crate::table::{Bar, Row, Unit};

const SCOPE: Scope = Scope { tenant: TenantId::FIRST, namespace: NamespaceId::FIRST };
/// Events of a run, and of the whole small ledger.
const PER_RUN: u64 = 1_000;
const PAIRS: usize = 100;
const AT: Timestamp = Timestamp::UnixMillis(1_700_000_000_000);

pub(crate) fn run(setup: &Setup) -> Result<Vec<Row>, Fault> {
    let runtime =
        tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(Fault::io("make", "a runtime"))?;
    let (empty, small, large) = (Folder::new()?, Folder::new()?, Folder::new()?);
    let runs = (setup.events() / PER_RUN).max(1);
    runtime.block_on(async { store(&empty).ready().await }).map_err(unusable)?;
    runtime.block_on(filled(setup, &small, 1))?;
    runtime.block_on(filled(setup, &large, runs))?;
    let (mut opened, mut proven) = (Vec::new(), Vec::new());
    let (of_large, of_small) = (store(&large), store(&small));
    for number in 0..setup.pairs(PAIRS) {
        let ours = runtime.block_on(open(&large))?;
        opened.push(Pair::of_times(ours, runtime.block_on(open(&empty))?));
        // Scattered, so that no page is at hand because it was just read.
        let place = u64::try_from(number).unwrap_or(u64::MAX).wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 16;
        let seq = place % PER_RUN + 1;
        let ours = runtime.block_on(prove(&of_large, place % runs, seq))?;
        proven.push(Pair::of_times(ours, runtime.block_on(prove(&of_small, 0, seq))?));
    }
    let events = runs * PER_RUN;
    let open = format!("opening a ledger of {events} events, against an empty one");
    let prove = format!("proof of an event in a ledger of {events} events, against one of {PER_RUN}");
    Ok(vec![
        Row { what: open, summary: Summary::of(&opened), unit: Unit::Time, bar: Bar::AtMost(2.0) },
        Row { what: prove, summary: Summary::of(&proven), unit: Unit::Time, bar: Bar::AtMost(3.0) },
    ])
}

fn store(folder: &Folder) -> SqliteStore {
    SqliteStore::new(SqliteSettings::file(folder.ledger()))
}

/// Until the first answer.
async fn open(folder: &Folder) -> Result<Duration, Fault> {
    let began = Instant::now();
    let store = store(folder);
    store.ready().await.map_err(unusable)?;
    black_box(store.run(SCOPE, &name("no-such-run")?).await.map_err(unusable)?);
    Ok(began.elapsed())
}

async fn prove(store: &SqliteStore, run: u64, seq: u64) -> Result<Duration, Fault> {
    let run = name(&run_name(run))?;
    let began = Instant::now();
    let proof = prove_run(store, SCOPE, &run, None).await.map_err(unusable)?;
    black_box(prove_event(store, &proof.head, seq).await.map_err(unusable)?);
    Ok(began.elapsed())
}

/// A ledger of so many runs, their heads in a log with a checkpoint.
async fn filled(setup: &Setup, folder: &Folder, runs: u64) -> Result<(), Fault> {
    let mut server = setup.ours(Era::Legacy, folder)?;
    define(&mut server)?;
    start(&mut server, "seed")?;
    drop(server);
    let seeded = store(folder);
    let stream = Stream { scope: SCOPE, run: Some(name("seed")?) };
    let page = seeded.events(&stream, 1, 1).await.map_err(unusable)?;
    let first = page.events.first().ok_or_else(|| unusable("no event"))?;
    let digest = Event::read(&first.bytes).map_err(unusable)?.policy_digest;
    let policy = seeded.policy(digest).await.map_err(unusable)?.ok_or_else(|| unusable("no policy"))?;
    let policy = Policy::read(&policy).map_err(unusable)?;
    let id = "bench".try_into().map_err(unusable)?;
    let stored = seeded.scenario(SCOPE, &id, None).await.map_err(unusable)?.ok_or_else(|| unusable("no scenario"))?;
    let spec = json::parse_exact(&stored.spec, &json::Limits::message(1 << 20)).map_err(unusable)?;
    let scenario = Scenario::read(&spec).and_then(Scenario::check).map_err(unusable)?;
    drop(seeded);
    write(&folder.ledger(), &scenario, &policy, runs)?;
    let signer = LogSigner::new("bench.example/ledger".parse().map_err(unusable)?, SigningKey::from_seed(&[7; 32]));
    checkpoint(&store(folder), SCOPE, &signer).await.map_err(unusable)?;
    Ok(())
}

/// Writes runs as the store would have, all in few transactions.
fn write(ledger: &Path, scenario: &Scenario, policy: &Policy, runs: u64) -> Result<(), Fault> {
    let connection = Connection::open(ledger)?;
    connection
        .execute_batch("PRAGMA synchronous = OFF; PRAGMA cache_size = -65536; PRAGMA wal_autocheckpoint = 20000")?;
    let mut rows = Rows::new(&connection)?;
    for run in 0..runs {
        if run % 100 == 0 {
            connection.execute_batch(if run == 0 { "BEGIN" } else { "COMMIT; BEGIN" })?;
        }
        rows.run(&run_name(run), scenario, policy)?;
    }
    connection.execute_batch("COMMIT")?;
    drop(rows);
    connection.execute_batch("PRAGMA wal_checkpoint(TRUNCATE)")?;
    Ok(())
}

fn run_name(run: u64) -> String {
    format!("r{run:07}")
}

/// What a run fills.
struct Rows<'c> {
    event: Statement<'c>,
    head: Statement<'c>,
    pending: Statement<'c>,
    pruning: Statement<'c>,
}

impl<'c> Rows<'c> {
    fn new(connection: &'c Connection) -> Result<Self, Fault> {
        Ok(Self {
            event: connection.prepare(
                "INSERT INTO events (tenant, namespace, stream, seq, kind, key, bytes, leaf) \
                 VALUES (1, 1, ?1, ?2, ?3, ?4, ?5, ?6)",
            )?,
            head: connection.prepare(
                "INSERT INTO heads (tenant, namespace, stream, seq, peaks, state, state_digest) \
                 VALUES (1, 1, ?1, ?2, ?3, ?4, ?5)",
            )?,
            pending: connection.prepare("INSERT INTO pending_heads (tenant, namespace, stream) VALUES (1, 1, ?1)")?,
            pruning: connection.prepare(
                "INSERT INTO prunings (tenant, namespace, stream, through, at, pruned) VALUES (1, 1, ?1, ?2, ?3, ?4)",
            )?,
        })
    }

    fn run(&mut self, text: &str, scenario: &Scenario, policy: &Policy) -> Result<(), Fault> {
        let run = name(text)?;
        let started = engine::start(Start {
            tenant: SCOPE.tenant,
            namespace: SCOPE.namespace,
            run: &run,
            scenario,
            origin: Origin::Draft,
            subject: None,
            environment: None,
            dispatch_targets: &[],
            issue_entry_packets: false,
            correlation_id: None,
            policy,
            at: AT,
            actor: None,
        });
        let started = started.map_err(unusable)?;
        let (mut tree, mut state) = (CompactRange::default(), started.state);
        self.event(text, &started.event, &mut tree)?;
        let payload = PacketPayload::Json { value: json!(1) };
        while state.seq < PER_RUN {
            let submission_id = format!("s{}", state.seq).try_into().map_err(unusable)?;
            let taken = engine::submit(Submission {
                state: &state,
                submission_id: &submission_id,
                payload: &payload,
                content_type: "text/plain",
                salt: Salt::new([7; 32]),
                correlation_id: None,
                policy,
                at: AT,
                actor: None,
            });
            let taken = taken.map_err(unusable)?;
            self.event(text, &taken.event, &mut tree)?;
            state = taken.state;
        }
        self.end(text, &tree, &state)
    }

    fn event(&mut self, run: &str, event: &Event, tree: &mut CompactRange) -> Result<(), Fault> {
        let bytes = event.to_bytes();
        let leaf = leaf_hash(&bytes);
        tree.push(leaf);
        let seq = i64::try_from(event.seq).map_err(unusable)?;
        self.event.execute(params![run, seq, event.kind().word(), event.key, bytes, leaf.as_bytes()])?;
        Ok(())
    }

    fn end(&mut self, run: &str, tree: &CompactRange, state: &RunState) -> Result<(), Fault> {
        let peaks: Vec<u8> = tree.peaks().iter().flat_map(|it| *it.as_bytes()).collect();
        let bytes = canonical::of(state).map_err(unusable)?;
        let seq = i64::try_from(state.seq).map_err(unusable)?;
        self.head.execute(params![run, seq, peaks, bytes, state.digest().as_bytes()])?;
        self.pending.execute(params![run])?;
        self.pruning.execute(params![run, seq, json!(AT).to_string(), seq - 1])?;
        Ok(())
    }
}

fn name(text: &str) -> Result<RunId, Fault> {
    text.try_into().map_err(unusable)
}

fn unusable(error: impl std::fmt::Display) -> Fault {
    Fault::NotComparable(format!("the ledger: {error}"))
}
