//! The same of a ledger in PostgreSQL: a server that is killed and comes back, a gate that is killed at each word that it
//! says to the server, and a server that keeps nothing through a loss of power.

use std::process::Stdio;
use std::thread;
use std::time::{Duration, Instant};

use decision_gate_services::{Cluster, NAME};
use decision_gate_tests::wire::Era;
use decision_gate_tests::{Fault, Launch, Server, Workspace, binary};
use serde_json::{Value, json};

use super::{can_trace, codes, decided, diagnosis, gate, is_proven, killed_at};

/// How long the database is away.
const AWAY: Duration = Duration::from_secs(30);

/// A workspace whose ledger is on a cluster of its own, with these settings.
fn on_a_server(settings: &[(&str, &str)]) -> Result<Option<(Cluster, Workspace)>, Fault> {
    let Some(cluster) = Cluster::own(settings, &[]).unwrap() else { return Ok(None) };
    let workspace = Workspace::new()?;
    workspace.keep_ledger_in(&cluster.socket(), NAME, &Cluster::fresh_name())?;
    Ok(Some((cluster, workspace)))
}

fn next(trigger: &str) -> Value {
    json!({"run_id": "shared", "trigger_id": trigger})
}

#[test]
fn a_database_that_is_gone_for_thirty_seconds_loses_nothing() -> Result<(), Fault> {
    let Some((cluster, workspace)) = on_a_server(&[])? else { return Ok(()) };
    let mut server = Server::start(&workspace, Era::Legacy)?;
    server.answer("scenario_define", &json!({"spec": workspace.scenario()?}))?;
    server.answer("scenario_start", &json!({"scenario_id": "release", "run_id": "shared"}))?;
    let acknowledged: Vec<String> = (0..8).map(|it| format!("before-{it}")).collect();
    for trigger in &acknowledged {
        assert_eq!(server.answer("scenario_next", &next(trigger))?["repeated"], false);
    }

    cluster.kill().unwrap();
    let gone = Instant::now();
    let mut refused = Vec::new();
    while gone.elapsed() < AWAY {
        let trigger = format!("during-{}", refused.len());
        let answer = server.call("scenario_next", &next(&trigger))?;
        let said = &answer.structured;
        assert!(answer.is_error && said["code"] == "store_unavailable", "{trigger}: {said}");
        assert!(said["hint"].as_str().is_some_and(|hint| hint.contains("call again")), "{trigger}: {said}");
        refused.push(trigger);
        thread::sleep(Duration::from_secs(1));
    }
    assert!(diagnosis(&workspace)?.contains(&"store_not_open".to_owned()));
    assert_eq!(decided(&workspace, "elsewhere")?.0, Some(2), "no decision without a ledger");
    cluster.start().unwrap();

    // The same process goes on. What was answered is there, what was refused is not, and can be asked again.
    for trigger in &acknowledged {
        assert_eq!(server.answer("scenario_next", &next(trigger))?["repeated"], true, "{trigger} was acknowledged");
    }
    for trigger in &refused {
        assert_eq!(server.answer("scenario_next", &next(trigger))?["repeated"], false, "{trigger} was refused");
    }
    let status = server.answer("scenario_status", &json!({"run_id": "shared"}))?;
    server.close()?;
    assert!(is_proven(&workspace, "shared")?, "{status}");
    assert!(!is_proven(&workspace, "elsewhere")?);
    let (code, said) = gate(&workspace, &["ledger", "verify"])?;
    assert_eq!(code, Some(0), "{said}");
    Ok(())
}

#[test]
fn a_kill_at_every_word_to_the_database_loses_nothing() -> Result<(), Fault> {
    const WORDS: &str = "write,writev,sendto,sendmsg";
    if !can_trace() {
        return Ok(());
    }
    let Some((_cluster, workspace)) = on_a_server(&[])? else { return Ok(()) };
    workspace.mend()?;
    assert_eq!(decided(&workspace, "before")?.0, Some(0));
    let mut there = 0;
    for word in 1.. {
        let run = format!("killed-{word}");
        let output = killed_at(&workspace, &run, WORDS, word)?;
        if output.status.success() {
            assert!(is_proven(&workspace, &run)?, "it was acknowledged");
            assert!(word > 10, "{word} words");
            break;
        }
        // Whole or not at all: what is there of the run holds.
        there += usize::from(is_proven(&workspace, &run)?);
        let after = decided(&workspace, &format!("after-{word}"))?;
        assert_eq!(after.0, Some(0), "word {word}, there: {there}: {}", after.1);
    }
    assert!(there > 0, "none was killed between its writes");
    assert!(is_proven(&workspace, "before")?, "an acknowledged run is gone");
    let (code, said) = gate(&workspace, &["ledger", "verify"])?;
    assert_eq!(code, Some(0), "{said}");
    Ok(())
}

/// What the doctor says about durability, and how it ends.
fn doubts(workspace: &Workspace, more: &[&str]) -> Result<(Option<i32>, String), Fault> {
    let launch = more.iter().fold(Launch::program(binary()?).arg("doctor"), |launch, argument| launch.arg(*argument));
    let launch = launch.arg("--config").arg(workspace.config()).arg("--format").arg("json");
    let output = launch.output(Stdio::null())?;
    let said: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert!(codes(&said).iter().all(|code| code == "store_not_durable"), "{said}");
    Ok((output.status.code(), said.to_string()))
}

#[test]
fn a_store_that_keeps_nothing_through_a_loss_of_power_is_said_by_the_doctor() -> Result<(), Fault> {
    const SETTINGS: [&str; 3] = ["fsync", "full_page_writes", "synchronous_commit"];
    let Some((cluster, workspace)) = on_a_server(&SETTINGS.map(|it| (it, "off")))? else { return Ok(()) };
    let (code, said) = doubts(&workspace, &[])?;
    assert_eq!((code, said.matches("\"store_not_durable\"").count()), (Some(0), 3), "{said}");
    for name in SETTINGS {
        assert!(said.contains(&format!("`{name}` is off")), "{name}: {said}");
        assert!(said.contains(&format!("set `{name} = on`")), "{name}: {said}");
    }
    for name in SETTINGS {
        cluster.sql(&format!("ALTER SYSTEM SET {name} = on")).unwrap();
    }
    cluster.stop().unwrap();
    cluster.start().unwrap();
    assert!(!doubts(&workspace, &[])?.1.contains("store_not_durable"));
    let (_, said) = doubts(&workspace, &["--set", "store.sync_mode=normal"])?;
    assert_eq!(said.matches("\"store_not_durable\"").count(), 1, "{said}");

    let file = Workspace::new()?;
    assert!(!doubts(&file, &[])?.1.contains("store_not_durable"));
    let (_, said) = doubts(&file, &["--set", "store.sync_mode=normal"])?;
    assert!(said.contains("`store.sync_mode`") && said.contains("store_not_durable"), "{said}");
    Ok(())
}
