//! Forty submitters and sixteen triggers at once, over four server processes on one ledger: all that is acknowledged
//! is there, once, in one order, and the packs of all runs verify. The same on one SQLite file and on one PostgreSQL.

#![cfg(test)]

use std::collections::BTreeMap;
use std::fs;
use std::thread;

use decision_gate_services::{Cluster, NAME};
use decision_gate_tests::wire::Era;
use decision_gate_tests::{Answer, Fault, Server, Workspace};
use serde_json::{Value, json};

const SERVERS: usize = 4;
const SUBMITTERS: usize = 40;
const TRIGGERS: usize = 16;
/// Rounds of the whole crowd.
const ROUNDS: usize = 1;

#[test]
fn forty_submitters_and_sixteen_triggers_on_one_file() -> Result<(), Fault> {
    crowd(&Workspace::new()?)
}

#[test]
fn forty_submitters_and_sixteen_triggers_on_one_postgresql() -> Result<(), Fault> {
    let Some(cluster) = Cluster::shared().unwrap() else { return Ok(()) };
    let workspace = Workspace::new()?;
    on_postgres(&workspace, &cluster)?;
    crowd(&workspace)
}

#[test]
fn one_trigger_has_one_decision_on_postgresql_whoever_is_asked() -> Result<(), Fault> {
    let Some(cluster) = Cluster::shared().unwrap() else { return Ok(()) };
    let workspace = Workspace::new()?;
    on_postgres(&workspace, &cluster)?;
    prepared(&workspace)?;
    // All servers are asked the same, and all at once.
    let calls: Vec<Call> = (0..TRIGGERS).map(|it| Call::next(&format!("same-{it}"))).collect();
    let answers = side_by_side(|_| all_of(&workspace, calls.clone()))?;
    let mut decided: BTreeMap<&str, Vec<&Value>> = BTreeMap::new();
    for (call, answer) in answers.iter().flatten() {
        decided.entry(&call.id).or_default().push(&answer.structured);
    }
    assert_eq!(decided.len(), TRIGGERS);
    for (trigger, answers) in decided {
        let fresh = answers.iter().filter(|it| it["repeated"] == false).count();
        assert_eq!((fresh, answers.len()), (1, SERVERS), "{trigger}");
        assert!(answers.iter().all(|it| it["decision"] == answers[0]["decision"]), "{trigger}: {answers:?}");
    }
    proven(&workspace, TRIGGERS)
}

/// Puts the ledger into a schema of its own.
fn on_postgres(workspace: &Workspace, cluster: &Cluster) -> Result<(), Fault> {
    workspace.keep_ledger_in(&cluster.socket(), NAME, &Cluster::fresh_name())
}

/// A call of one of the crowd.
#[derive(Clone, Debug)]
struct Call {
    tool: &'static str,
    id: String,
    arguments: Value,
}

impl Call {
    fn next(id: &str) -> Self {
        Self { tool: "scenario_next", id: id.to_owned(), arguments: json!({"run_id": "shared", "trigger_id": id}) }
    }

    fn submit(id: &str) -> Self {
        let payload = json!({"kind": "json", "value": {"from": id}});
        let arguments = json!({"run_id": "shared", "submission_id": id, "payload": payload});
        Self { tool: "scenario_submit", id: id.to_owned(), arguments }
    }
}

fn crowd(workspace: &Workspace) -> Result<(), Fault> {
    prepared(workspace)?;
    let mut acknowledged = Vec::new();
    for round in 0..ROUNDS {
        let calls = |server: usize| {
            let submits = (0..SUBMITTERS / SERVERS).map(|it| Call::submit(&format!("submit-{round}-{server}-{it}")));
            let triggers = (0..TRIGGERS / SERVERS).map(|it| Call::next(&format!("trigger-{round}-{server}-{it}")));
            submits.chain(triggers).collect()
        };
        acknowledged.extend(side_by_side(|server| all_of(workspace, calls(server)))?.into_iter().flatten());
    }
    assert_eq!(acknowledged.len(), ROUNDS * (SUBMITTERS + TRIGGERS));
    assert!(acknowledged.iter().all(|(_, answer)| answer.structured["repeated"] == false));

    // Each call is there under the answer that it got, whoever is asked for it later.
    let mut server = Server::start(workspace, Era::Legacy)?;
    for (call, answer) in &acknowledged {
        let again = server.answer(call.tool, &call.arguments)?;
        assert_eq!(again["repeated"], true, "{call:?}: {again}");
        for part in ["decision", "commitment", "submitted_at"] {
            assert_eq!(again[part], answer.structured[part], "{call:?}: {again}");
        }
    }
    proven(workspace, acknowledged.len())
}

fn prepared(workspace: &Workspace) -> Result<(), Fault> {
    let mut server = Server::start(workspace, Era::Legacy)?;
    server.answer("scenario_define", &json!({"spec": workspace.scenario()?}))?;
    server.answer("scenario_start", &json!({"scenario_id": "release", "run_id": "shared"}))?;
    server.close().map(drop)
}

/// The run has so many events after its start, each key once, and its pack verifies by full replay.
fn proven(workspace: &Workspace, expected: usize) -> Result<(), Fault> {
    let mut server = Server::start(workspace, Era::Legacy)?;
    server.answer("runpack_export", &json!({"run_id": "shared", "profile": "audit"}))?;
    let verdict = server.answer("runpack_verify", &json!({"runpack_dir": "shared", "expect_run": "shared"}))?;
    assert_eq!(verdict["status"], "pass", "{verdict}");
    assert_eq!(verdict["facets"]["replay"]["level"], "all", "{verdict}");
    let path = workspace.packs().join("shared").join("events.json");
    let bytes = fs::read(&path).map_err(Fault::io("read", &path))?;
    let events: Vec<Value> = serde_json::from_slice(&bytes).map_err(|source| Fault::BadFile { path, source })?;
    let seqs: Vec<u64> = events.iter().filter_map(|event| event["seq"].as_u64()).collect();
    assert_eq!(seqs, (1..=u64::try_from(expected).unwrap() + 1).collect::<Vec<_>>());
    let mut keys: Vec<_> = events.iter().filter_map(|event| event["key"].as_str()).collect();
    let count = keys.len();
    keys.sort_unstable();
    keys.dedup();
    assert_eq!(keys.len(), count, "a key is there twice");
    assert!(count >= expected, "{count} keys");
    Ok(())
}

/// What a server of its own answers to the calls, which it all has at once. Who was overtaken calls again.
fn all_of(workspace: &Workspace, mut calls: Vec<Call>) -> Result<Vec<(Call, Answer)>, Fault> {
    const PATIENCE: usize = 200;
    let mut server = Server::start(workspace, Era::Legacy)?;
    let mut acknowledged = Vec::new();
    for _ in 0..PATIENCE {
        let mut pending = Vec::new();
        for call in calls.drain(..) {
            pending.push((server.send_call(call.tool, &call.arguments)?, call));
        }
        for (id, call) in pending {
            let message = server.receive(id)?;
            let answer = Answer::of(message.get("result").unwrap_or_else(|| panic!("{call:?}: {message}")));
            if answer.is_error && answer.structured["code"] == "run_conflict" {
                calls.push(call);
            } else {
                assert!(!answer.is_error, "{call:?}: {}", answer.structured);
                acknowledged.push((call, answer));
            }
        }
        if calls.is_empty() {
            assert!(server.close()?.status.success());
            return Ok(acknowledged);
        }
    }
    panic!("overtaken {PATIENCE} times: {calls:?}")
}

/// Does it once for each server, all at the same time.
fn side_by_side<T: Send>(work: impl Fn(usize) -> Result<T, Fault> + Sync) -> Result<Vec<T>, Fault> {
    thread::scope(|scope| {
        let work = &work;
        let threads: Vec<_> = (0..SERVERS).map(|server| scope.spawn(move || work(server))).collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).collect()
    })
}
