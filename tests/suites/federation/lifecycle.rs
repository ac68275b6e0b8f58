//! When a provider is started, what it gets to see, and that nothing of it is left behind.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use decision_gate_tests::{Fault, Workspace};
use serde_json::{Value, json};

use super::{ask, serve, workspace};

/// A workspace whose provider `child` writes the numbers of its processes into a file.
fn with_child() -> Result<(Workspace, PathBuf), Fault> {
    let folder = tempfile::Builder::new().prefix("decision-gate-pid-").tempdir().unwrap().keep();
    let file = folder.join("pids");
    let settings = format!("env = [\"PATH\"]\nset_env = {{ PID_FILE = '{}' }}", file.display());
    Ok((workspace(&[("child", "child", &settings)])?, file))
}

pub(super) fn processes(file: &Path) -> Vec<String> {
    fs::read_to_string(file).unwrap().lines().map(str::to_owned).collect()
}

pub(super) fn is_running(process: &str) -> bool {
    let status = fs::read_to_string(format!("/proc/{process}/stat")).unwrap_or_default();
    // A zombie has ended; whoever started it has only not looked yet.
    status.rsplit(')').next().is_some_and(|rest| !rest.trim().is_empty() && !rest.trim().starts_with('Z'))
}

#[cfg(target_os = "linux")]
#[test]
fn a_provider_starts_with_its_first_query_and_ends_with_the_server() -> Result<(), Fault> {
    let (workspace, file) = with_child()?;
    let mut server = serve(&workspace)?;
    server.answer("providers_list", &json!({}))?;
    assert!(!file.exists(), "it was started before anybody asked it");
    assert_eq!(ask(&mut server, "child", &json!({}))?["result"]["error"], Value::Null);
    let processes = processes(&file);
    assert!(processes.len() == 2 && processes.iter().all(|it| is_running(it)), "{processes:?}");
    server.close()?;
    let until = Instant::now() + Duration::from_secs(10);
    while processes.iter().any(|it| is_running(it)) {
        assert!(Instant::now() < until, "still there: {processes:?}");
        std::thread::sleep(Duration::from_millis(10));
    }
    fs::remove_dir_all(file.parent().unwrap()).unwrap();
    Ok(())
}

#[test]
fn p10_one_that_died_is_started_anew_and_rests_longer_each_time() -> Result<(), Fault> {
    let workspace = workspace(&[("die", "die", "")])?;
    let mut server = serve(&workspace)?;
    let mut codes = Vec::new();
    for _ in 0..8 {
        let answer = ask(&mut server, "die", &json!({}))?;
        codes.push(answer["result"]["error"]["code"].as_str().unwrap_or_default().to_owned());
    }
    let died = codes.iter().take_while(|code| *code == "provider_gone").count();
    assert!((3..8).contains(&died), "{codes:?}");
    assert!(codes.iter().skip(died).all(|code| code == "provider_resting"), "{codes:?}");
    server.close()?;
    Ok(())
}

#[test]
fn queries_run_at_the_same_time_and_a_slow_one_costs_the_others_nothing() -> Result<(), Fault> {
    let workspace = workspace(&[])?;
    let mut server = serve(&workspace)?;
    ask(&mut server, "good", &json!({}))?;
    let begun = Instant::now();
    let query = |delay: u64| {
        let query = json!({ "provider_id": "good", "check_id": "measure", "params": { "delay_ms": delay } });
        json!({ "query": query })
    };
    let slow = server.send_call("evidence_query", &query(60_000))?;
    let ids: Vec<i64> = (0..6).map(|_| server.send_call("evidence_query", &query(400))).collect::<Result<_, _>>()?;
    for id in ids {
        let answer = server.receive(id)?;
        assert_eq!(answer["result"]["structuredContent"]["result"]["error"], Value::Null, "{answer}");
    }
    assert!(begun.elapsed() < Duration::from_millis(1_400), "one after the other: {:?}", begun.elapsed());
    let late = server.receive(slow)?;
    assert_eq!(late["result"]["structuredContent"]["result"]["error"]["code"], "provider_timeout", "{late}");
    assert_eq!(ask(&mut server, "good", &json!({}))?["result"]["error"], Value::Null);
    server.close()?;
    Ok(())
}

#[test]
fn p25_it_gets_no_variable_and_no_word_that_is_not_named() -> Result<(), Fault> {
    let open = "send_context = true\nset_env = { ONE = '1' }\nenv = [\"PATH\"]";
    let workspace = workspace(&[("closed", "mirror", ""), ("open", "mirror", open)])?;
    let config = fs::read_to_string(workspace.config()).unwrap();
    let raw = config.replace("timeout_ms = 1500", "timeout_ms = 1500\nallow_raw = true");
    workspace.write_config(&format!("[evidence]\nallow_raw_values = true\n{raw}"))?;
    let mut server = serve(&workspace)?;
    let value = |answer: Value| answer["result"]["value"]["value"].clone();
    let closed = value(ask(&mut server, "closed", &json!({}))?);
    assert_eq!(closed["environment"], json!([]), "{closed}");
    assert_eq!(closed["meta"].get("decision-gate/query"), None, "{closed}");
    let folder = workspace.path().file_name().and_then(|it| it.to_str()).unwrap();
    assert_eq!(closed["folder"], json!(folder), "it works where the configuration lies");
    let open = value(ask(&mut server, "open", &json!({ "a": 1 }))?);
    let mut environment: Vec<&str> = open["environment"].as_array().unwrap().iter().filter_map(Value::as_str).collect();
    environment.sort_unstable();
    assert_eq!(environment, ["ONE", "PATH"]);
    let query = json!({ "provider_id": "open", "check_id": "measure", "params": { "a": 1 } });
    assert_eq!(open["meta"]["decision-gate/query"]["query"], query, "{open}");
    assert_eq!(open["meta"]["decision-gate/query"]["context"]["namespace_id"], 1);
    server.close()?;
    Ok(())
}

#[test]
fn p08_the_cap_of_its_entry_holds_for_it() -> Result<(), Fault> {
    let workspace = workspace(&[])?;
    let config = fs::read_to_string(workspace.config()).unwrap();
    let mut server = serve(&workspace)?;
    assert_eq!(ask(&mut server, "good", &json!({}))?["result"]["lane"], "verified");
    server.close()?;
    workspace.write_config(&config.replace("timeout_ms = 1500", "timeout_ms = 1500\nmax_lane = \"asserted\""))?;
    let mut server = serve(&workspace)?;
    assert_eq!(ask(&mut server, "good", &json!({}))?["result"]["lane"], "asserted");
    server.close()?;
    Ok(())
}
