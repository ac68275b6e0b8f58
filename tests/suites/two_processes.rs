//! Several servers on one ledger file: no acknowledged step is lost, none has two positions, one trigger has one
//! decision whoever is asked, and each step names the policy that was in force.

#![cfg(test)]

use std::fs;
use std::thread;

use decision_gate_tests::wire::Era;
use decision_gate_tests::{Answer, Fault, Launch, Server, Workspace};
use serde_json::{Value, json};

#[path = "stream/mod.rs"]
mod stream;

use stream::{Book, Call, Ended, pump};

const WINDOW: usize = 8;

#[test]
fn two_servers_lose_nothing() -> Result<(), Fault> {
    hammer(2)
}

#[test]
fn d36_four_servers_lose_nothing() -> Result<(), Fault> {
    hammer(4)
}

/// Each of them steps a run that all step, and one that is its own.
fn hammer(servers: usize) -> Result<(), Fault> {
    const STEPS: usize = 60;
    let workspace = Workspace::new()?;
    let runs: Vec<String> = (0..servers).map(|it| format!("own-{it}")).chain(["shared".to_owned()]).collect();
    let mut book = prepared(&workspace, &runs)?;
    let work = |server: usize| {
        let run = |step: usize| if step.is_multiple_of(2) { "shared".to_owned() } else { format!("own-{server}") };
        let call = |step: usize| Call { run: run(step), trigger: format!("server-{server}-step-{step}") };
        all_of(&workspace, (0..STEPS).map(call).collect())
    };
    let acknowledged = side_by_side(servers, work)?;
    for (call, answer) in acknowledged.iter().flatten() {
        book.note(call, answer);
    }
    assert_eq!(book.calls().len(), servers * STEPS);
    let mut after = Server::start(&workspace, Era::Legacy)?;
    book.agrees_with(&mut after)?;
    book.is_proven_by(&mut after)
}

#[test]
fn one_trigger_has_one_decision_whoever_is_asked() -> Result<(), Fault> {
    const SERVERS: usize = 3;
    let workspace = Workspace::new()?;
    let mut book = prepared(&workspace, &["run-1".to_owned()])?;
    let same: Vec<Call> = (0..40).map(|step| Call { run: "run-1".into(), trigger: format!("same-{step}") }).collect();
    let acknowledged = side_by_side(SERVERS, |_| all_of(&workspace, same.clone()))?;
    let (fresh, repeated): (Vec<_>, Vec<_>) =
        acknowledged.iter().flatten().partition(|(_, answer)| answer.structured["repeated"] == false);
    assert_eq!((fresh.len(), repeated.len()), (same.len(), same.len() * (SERVERS - 1)));
    for (call, answer) in fresh.into_iter().chain(repeated) {
        book.note(call, answer);
    }
    book.agrees_with(&mut Server::start(&workspace, Era::Legacy)?)
}

#[test]
fn one_run_id_is_started_once() -> Result<(), Fault> {
    let workspace = Workspace::new()?;
    prepared(&workspace, &[])?;
    let starts = side_by_side(3, |_| {
        let mut server = Server::start(&workspace, Era::Legacy)?;
        let start =
            |run| server.call("scenario_start", &json!({"scenario_id": "release", "run_id": format!("race-{run}")}));
        (0..20).map(start).collect::<Result<Vec<_>, _>>()
    })?;
    for run in 0..20 {
        let answers: Vec<&Answer> = starts.iter().map(|of_server| &of_server[run]).collect();
        let refused = answers.iter().filter(|it| it.is_error && it.structured["code"] == "run_exists").count();
        let started = answers.iter().filter(|it| !it.is_error).count();
        assert_eq!((started, refused), (1, 2), "{answers:?}");
    }
    Ok(())
}

#[test]
fn a_trigger_id_of_another_server_is_not_taken_for_something_else() -> Result<(), Fault> {
    let workspace = Workspace::new()?;
    prepared(&workspace, &["run-1".to_owned()])?;
    let (mut one, mut other) = (Server::start(&workspace, Era::Legacy)?, Server::start(&workspace, Era::Modern)?);
    one.answer("scenario_next", &json!({"run_id": "run-1", "trigger_id": "taken"}))?;
    let tick = json!({"trigger": {"run_id": "run-1", "trigger_id": "taken", "kind": "tick"}});
    let refused = other.call("scenario_trigger", &tick)?;
    assert_eq!(refused.structured["code"], "trigger_conflict", "{}", refused.structured);
    let status = other.answer("scenario_status", &json!({"run_id": "run-1"}))?;
    assert_eq!(status["events"], 2);
    Ok(())
}

#[test]
fn each_step_names_the_policy_in_force() -> Result<(), Fault> {
    let workspace = Workspace::new()?;
    prepared(&workspace, &["run-1".to_owned()])?;
    let strict = workspace.path().join("strict.toml");
    let config = fs::read_to_string(workspace.config()).map_err(Fault::io("read", workspace.config()))?;
    let tightened = format!("{config}\n[evidence]\nhash_profile = \"withheld\"\n");
    fs::write(&strict, tightened).map_err(Fault::io("write", &strict))?;
    let step =
        |server: &mut Server| server.answer("scenario_next", &json!({"run_id": "run-1", "feedback": "evidence"}));

    let mut first = Server::start(&workspace, Era::Legacy)?;
    let kept = step(&mut first)?;
    let mut second = Launch::serve(&strict)?.spawn(Era::Legacy)?;
    second.open()?;
    let withheld = step(&mut second)?;
    // The first server learns of the other policy when it appends, and decides again under it.
    let taken_over = step(&mut first)?;
    let hash = |answer: &Value| answer["evidence"][0]["result"]["evidence_hash"].clone();
    assert!(hash(&kept).is_object(), "{kept}");
    assert!(hash(&withheld).is_null(), "{withheld}");
    assert!(hash(&taken_over).is_null(), "{taken_over}");

    first.answer("runpack_export", &json!({"run_id": "run-1", "profile": "audit"}))?;
    let path = workspace.packs().join("run-1").join("events.json");
    let bytes = fs::read(&path).map_err(Fault::io("read", &path))?;
    let events: Value = serde_json::from_slice(&bytes).map_err(|source| Fault::BadFile { path, source })?;
    let policies: Vec<&Value> = events.as_array().unwrap().iter().map(|event| &event["policy_digest"]).collect();
    let [start, by_first, by_second, by_first_again] = policies.as_slice() else { panic!("{policies:?}") };
    assert_eq!(start, by_first);
    assert_ne!(by_first, by_second);
    assert_eq!(by_second, by_first_again);
    let verdict = second.answer("runpack_verify", &json!({"runpack_dir": "run-1"}))?;
    assert_eq!(verdict["facets"]["replay"]["level"], "all", "{verdict}");
    assert_eq!(verdict["run"]["policies"].as_array().unwrap().len(), 2, "{verdict}");
    Ok(())
}

fn prepared(workspace: &Workspace, runs: &[String]) -> Result<Book, Fault> {
    let mut book = Book::default();
    let mut server = Server::start(workspace, Era::Legacy)?;
    server.answer("scenario_define", &json!({"spec": workspace.scenario()?}))?;
    for run in runs {
        server.answer("scenario_start", &json!({"scenario_id": "release", "run_id": run}))?;
        book.open(run);
    }
    server.close()?;
    Ok(book)
}

/// What a server of its own answers to the calls. Who was overtaken three times is told so, and calls again.
fn all_of(workspace: &Workspace, mut calls: Vec<Call>) -> Result<Vec<(Call, Answer)>, Fault> {
    const PATIENCE: usize = 200;
    let mut server = Server::start(workspace, Era::Legacy)?;
    let mut acknowledged = Vec::new();
    for _ in 0..PATIENCE {
        let mut again = Vec::new();
        let ended = pump(&mut server, WINDOW, &mut calls.into_iter(), &mut |call, answer| {
            if answer.is_error && answer.structured["code"] == "run_conflict" {
                again.push(call.clone());
            } else {
                acknowledged.push((call.clone(), answer));
            }
        })?;
        assert_eq!(ended, Ended::Answered);
        if again.is_empty() {
            let closed = server.close();
            assert!(closed?.status.success());
            return Ok(acknowledged);
        }
        calls = again;
    }
    panic!("overtaken {PATIENCE} times: {calls:?}")
}

/// Does it once for each server, all at the same time.
fn side_by_side<T: Send>(servers: usize, work: impl Fn(usize) -> Result<T, Fault> + Sync) -> Result<Vec<T>, Fault> {
    thread::scope(|scope| {
        let work = &work;
        let threads: Vec<_> = (0..servers).map(|server| scope.spawn(move || work(server))).collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).collect()
    })
}
