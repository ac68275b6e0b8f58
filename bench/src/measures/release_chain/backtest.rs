//! A backtest over a stored ledger, reading from SQLite included, against `regorus` over a table of ready inputs in SQLite: the
//! same releases under the same policy.
//!
//! Ours reads events and values, holds them against their hashes, judges each release by the recorded policy and by the
//! candidate, one page after the other on one thread; theirs reads the facts as JSON and judges once. Each release was decided
//! [`AGAIN`] times, as releases are that hold before they go on.

use std::hint::black_box;
use std::time::{Duration, Instant};

use decision_gate_core::at::Timestamp;
use decision_gate_core::digest::Digest;
use decision_gate_core::engine::{self, SaltedAnswer, Start, Step, Trigger, TriggerKind};
use decision_gate_core::evidence::{Answer, Found};
use decision_gate_core::ledger::{Event, Salt, SideValue, leaf_hash};
use decision_gate_core::name::{NamespaceId, RunId, ScenarioId, TenantId};
use decision_gate_core::policy::Policy;
use decision_gate_core::scenario::{Origin, Scenario};
use decision_gate_policy::READERS;
use decision_gate_policy::backtest::{Backtest, Candidate, Documents, Extent, Filter, Report};
use decision_gate_policy::options::Overlays;
use decision_gate_policy::release::{Asked, Brought, BroughtRoot, Rules, TenantName, checks};
use decision_gate_runtime::ports::Store as _;
use decision_gate_runtime::take_scanned;
use decision_gate_store::{SqliteSettings, SqliteStore};
use regorus::{Engine, Value as RegoValue};
use rusqlite::{Connection, params};
use serde_json::{Value, json};
use tokio::runtime::Runtime;

use super::pieces::{NOW, keyring, subject};
use super::releases::{DECLARED, Release, in_files, not_comparable, overlay};
use super::{engine, rego, theirs};
use crate::fault::Fault;
use crate::setup::{Folder, Setup};
use crate::stats::{Pair, Summary};
use crate::table::{Bar, Row, Unit};

/// Different releases, and how often each was decided.
const RELEASES: usize = 2_000;
const AGAIN: usize = 10;
const PAIRS: usize = 7;
const PAGE: usize = 256;
/// Five million a minute.
const WANTED: f64 = 5_000_000.0 / 60.0;

pub(crate) fn run(setup: &Setup) -> Result<Vec<Row>, Fault> {
    let runtime =
        tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(Fault::io("make", "a runtime"))?;
    let folder = Folder::new()?;
    let world = World::new()?;
    let again = if setup.pairs(PAIRS) < PAIRS { 1 } else { AGAIN };
    let decisions = write(&runtime, &folder, &world, again)?;
    let store = SqliteStore::new(SqliteSettings::file(folder.ledger()));
    let table = Connection::open(folder.ledger())?;
    let mut rego_engine = engine()?;
    let count = f64::from(u32::try_from(decisions).unwrap_or(u32::MAX));
    let (mut against, mut alone) = (Vec::new(), Vec::new());
    for _ in 0..setup.pairs(PAIRS) {
        let (ours, report) = ours(&runtime, &store, &world)?;
        if report.judged != u64::try_from(decisions).unwrap_or(0) || report.differing_count > 0 {
            return Err(not_comparable(format!("{} of {decisions} were judged", report.judged)));
        }
        let floor = floor(&table, &mut rego_engine)?;
        against.push(Pair { ours: count / ours.as_secs_f64(), floor: count / floor.as_secs_f64() });
        alone.push(Pair { ours: count / ours.as_secs_f64(), floor: WANTED });
    }
    let what = format!(
        "backtest of {decisions} stored decisions on {RELEASES} releases, SQLite included, against `regorus` over ready inputs"
    );
    let wanted = "the same, against 5,000,000 decisions a minute".to_owned();
    Ok(vec![
        Row { what, summary: Summary::of(&against), unit: Unit::PerSecond, bar: Bar::AtLeast(8.0) },
        Row { what: wanted, summary: Summary::of(&alone), unit: Unit::PerSecond, bar: Bar::AtLeast(1.0) },
    ])
}

/// What was in force, and what is asked.
struct World {
    releases: Vec<Release>,
    policy: Policy,
    scenario: Scenario,
    candidate: Candidate,
}

impl World {
    fn new() -> Result<Self, Fault> {
        let mut overlays = Overlays::default();
        overlays.push("bench", overlay());
        let acme = TenantName { id: TenantId::new(2).ok_or_else(|| not_comparable("a tenant"))?, name: "acme".into() };
        let rules = Rules {
            policies: [("default".to_owned(), overlays.clone())].into(),
            environments: DECLARED.iter().map(|it| it.parse()).collect::<Result<_, _>>().map_err(failed)?,
            tenants: vec![acme],
            ..Rules::default()
        };
        overlays.push("candidate", json!({ "PolicyGates": { "BeaconRate": { "MinVerificationRate": 0.93 } } }));
        let schemas: serde_json::Map<String, Value> = checks().map(|it| (it.to_owned(), json!(true))).collect();
        let snapshot = json!({
            "v": 1, "trust_requirement": "asserted", "provider_trust_overrides": {},
            "providers": { "release": {
                "answers": "fetched", "max_lane": "verified", "allow_raw": false, "result_schemas": schemas,
                "contract": Digest::of(b"contract"), "release": rules.to_value(),
            } },
            "anchors": {},
            "evidence": { "allow_raw_values": false, "require_provider_opt_in": true, "hash_profile": "kept" },
            "limits": { "max_evidence_bytes": 1_048_576, "max_payload_bytes": 1_048_576 },
            "packets": { "engine": "permit_all" },
            "time": { "source": "server", "max_skew_ms": 300_000 },
            "keys": keyring()?,
        });
        let spec = json!({
            "scenario_id": "ship",
            "stages": [{ "stage_id": "gates", "gates": [{ "gate_id": "released", "requirement": "release" }] }],
            "conditions": [{
                "condition_id": "release", "comparator": "equals", "expected": "pass",
                "query": { "provider_id": "release", "check_id": "chain", "params": {} },
            }],
        });
        Ok(Self {
            releases: in_files(RELEASES)?,
            policy: Policy::new(serde_json::from_value(snapshot).map_err(failed)?).with_readers(Some(READERS)),
            scenario: Scenario::read(&spec).and_then(Scenario::check).map_err(failed)?,
            candidate: Candidate::read("candidate", &overlays).map_err(|_| not_comparable("the candidate"))?,
        })
    }

    /// The events of a run that decides a release, and the value beside the second.
    fn decide(&self, run: &RunId, release: &Release) -> Result<(Event, Event, Vec<SideValue>), Fault> {
        let tenant = if release.context.tenant.is_some() { 2 } else { 1 };
        let (at, subject) = (Timestamp::UnixMillis(NOW), subject());
        let started = engine::start(Start {
            tenant: TenantId::new(tenant).unwrap_or(TenantId::FIRST),
            namespace: NamespaceId::FIRST,
            run,
            scenario: &self.scenario,
            origin: Origin::Pinned,
            subject: Some(&subject),
            environment: Some(&release.context.environment),
            dispatch_targets: &[],
            issue_entry_packets: false,
            correlation_id: None,
            policy: &self.policy,
            at,
            actor: None,
        });
        let started = started.map_err(failed)?;
        let files = release.files.iter().enumerate().map(|(index, it)| (format!("{index:02}.json"), it.clone()));
        let asked = Asked { requested_status: release.context.requested_status, ..Asked::default() };
        let brought = Brought::new(asked, [BroughtRoot::new("ci", None, files)]).to_value();
        let answer = SaltedAnswer {
            condition_id: "release".parse().map_err(failed)?,
            answer: Answer::Found(Box::new(Found { value: brought, ..Found::json(Value::Null) })),
            salt: Salt::new(*Digest::of(run.as_str().as_bytes()).as_bytes()),
        };
        let trigger = Trigger {
            trigger_id: "next".parse().map_err(failed)?,
            kind: TriggerKind::AgentRequestNext,
            source_id: "bench".into(),
            correlation_id: None,
            payload: None,
        };
        let decided = engine::decide(Step {
            state: &started.state,
            scenario: &self.scenario,
            trigger: &trigger,
            answers: &[answer],
            policy: &self.policy,
            at,
            actor: None,
        });
        let decided = decided.map_err(failed)?;
        Ok((started.event, decided.event, decided.values))
    }
}

impl Documents for World {
    type Fault = std::convert::Infallible;

    fn policy(&self, digest: Digest) -> Result<Option<Vec<u8>>, Self::Fault> {
        Ok((digest == self.policy.digest()).then(|| self.policy.to_bytes()))
    }

    fn scenario(
        &self,
        _: (TenantId, NamespaceId),
        _: &ScenarioId,
        spec_hash: Digest,
    ) -> Result<Option<Vec<u8>>, Self::Fault> {
        Ok((spec_hash == self.scenario.hash()).then(|| self.scenario.to_bytes()))
    }
}

/// Writes events and values as the store would have, and the facts for Rego beside them. Gives how many decisions.
fn write(runtime: &Runtime, folder: &Folder, world: &World, again: usize) -> Result<usize, Fault> {
    let store = SqliteStore::new(SqliteSettings::file(folder.ledger()));
    runtime.block_on(store.ready()).map_err(failed)?;
    drop(store);
    let connection = Connection::open(folder.ledger())?;
    connection
        .execute_batch("PRAGMA synchronous = OFF; CREATE TABLE inputs (id INTEGER PRIMARY KEY, json TEXT); BEGIN")?;
    let mut event = connection.prepare(
        "INSERT INTO events (tenant, namespace, stream, seq, kind, key, bytes, leaf) VALUES (?1, 1, ?2, ?3, ?4, ?5, ?6, ?7)",
    )?;
    let mut value = connection.prepare(
        "INSERT INTO side_values (tenant, namespace, stream, seq, slot, salt, canonical) VALUES (?1, 1, ?2, 2, ?3, ?4, ?5)",
    )?;
    let mut input = connection.prepare("INSERT INTO inputs (json) VALUES (?1)")?;
    for turn in 0..again {
        for (index, release) in world.releases.iter().enumerate() {
            let name = format!("r{turn:02}-{index:05}");
            let run = RunId::try_from(name.as_str()).map_err(failed)?;
            let (start, step, values) = world.decide(&run, release)?;
            for it in [&start, &step] {
                let (bytes, seq) = (it.to_bytes(), i64::try_from(it.seq).map_err(failed)?);
                let (tenant, leaf) = (it.tenant.get().cast_signed(), leaf_hash(&bytes));
                event.execute(params![tenant, name, seq, it.kind().word(), it.key, bytes, leaf.as_bytes()])?;
            }
            for it in &values {
                let tenant = step.tenant.get().cast_signed();
                value.execute(params![tenant, name, it.slot.name(), it.salt.as_bytes(), it.canonical])?;
            }
            input.execute(params![release.input.to_string()])?;
        }
    }
    connection.execute_batch("COMMIT; PRAGMA wal_checkpoint(TRUNCATE)")?;
    Ok(again * world.releases.len())
}

/// One page after the other, read and judged on this thread.
fn ours(runtime: &Runtime, store: &SqliteStore, world: &World) -> Result<(Duration, Report), Fault> {
    let began = Instant::now();
    let extent = Extent { examples: 10, curves: None };
    let mut backtest = Backtest::new(world.candidate.clone(), Filter::default(), extent);
    for scope in runtime.block_on(store.scopes()).map_err(failed)? {
        let mut after: Option<(String, i64)> = None;
        loop {
            let from = after.as_ref().map(|(run, seq)| (run.as_str(), *seq));
            let page = runtime.block_on(store.scan(scope, from, PAGE)).map_err(failed)?;
            let Some(last) = page.last() else { break };
            after = Some((last.run.clone(), last.seq));
            let Ok(()) = take_scanned(&mut backtest, scope, &page, world);
        }
    }
    let report = backtest.finish();
    Ok((began.elapsed(), report))
}

/// Every input, read and judged.
fn floor(table: &Connection, engine: &mut Engine) -> Result<Duration, Fault> {
    let began = Instant::now();
    let mut select = table.prepare("SELECT json FROM inputs ORDER BY id")?;
    let mut rows = select.query([])?;
    while let Some(row) = rows.next()? {
        let text: String = row.get(0)?;
        let input = RegoValue::from_json_str(&text).map_err(rego)?;
        black_box(theirs(engine, &input)?);
    }
    Ok(began.elapsed())
}

fn failed(error: impl std::fmt::Display) -> Fault {
    not_comparable(error.to_string())
}
