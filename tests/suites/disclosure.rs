//! A value that only the evidence holds stays there: with the default configuration it is in no answer, no error, no
//! explanation, no log line and no disclosed pack, however the conditions on it fail. It shows only where the operator
//! opened both doors.

#![cfg(test)]

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use decision_gate_core::digest::Digest;
use decision_gate_tests::wire::{Era, Side};
use decision_gate_tests::{Fault, Launch, Workspace};
use serde_json::{Value, json};

/// What must not come out: a text, and a number that stands nowhere else.
const SECRET: &str = "s3cr3t-in-evidence";
const NUMBER: &str = "7340192835";
/// What a caller handed in itself.
const SUBMITTED: &str = "handed-in-by-the-caller";

const CONFIG: &str = r#"
[server]
profile = "full"

[store]
path = "ledger.db"

[runpacks]
root = "packs"

[[providers]]
name = "json"
ALLOW_RAW
config = { roots = [
    { root_id = "reports", path = "evidence" },
    { root_id = "low", path = "evidence", max_lane = "asserted" },
], max_bytes = 4096 }

[[providers]]
name = "env"
config = { allow = ["TOKEN"], overrides = { TOKEN = "s3cr3t-in-evidence" } }
"#;

/// Files that hold the secret, readable and not.
fn files() -> Vec<(&'static str, String)> {
    let all = json!({"text": SECRET, "list": [SECRET, 1], "deep": {"a": {"b": SECRET}}}).to_string();
    vec![
        ("all.json", all.replacen('{', &format!("{{\"number\":{NUMBER},"), 1)),
        ("half.json", format!("{{\"text\":\"{SECRET}")),
        ("bare.json", format!("{{\"text\":{SECRET}}}")),
        ("twice.json", format!("{{\"{SECRET}\":1,\"{SECRET}\":2}}")),
        ("inexact.json", format!("{{\"n\":{NUMBER}{NUMBER}{NUMBER}.5}}")),
        ("half.yaml", format!("a: \"{SECRET}\nb: [")),
        ("twice.yaml", format!("{SECRET}: 1\n{SECRET}: 2\n")),
        ("alias.yaml", format!("a: *{SECRET}\n")),
        ("tag.yaml", format!("a: !{SECRET} x\n")),
        ("control.json", format!("\"{SECRET}\u{1}\"")),
        ("large.json", format!("\"{}\"", SECRET.repeat(400))),
    ]
}

fn condition(id: usize, query: &Value, comparator: &str, expected: &Value) -> Value {
    let mut condition = json!({"condition_id": format!("c{id}"), "query": query, "comparator": comparator});
    if !expected.is_null() {
        condition["expected"] = expected.clone();
    }
    condition
}

fn path(root: &str, file: &str, jsonpath: Option<&str>) -> Value {
    let mut params = json!({"root": root, "file": file});
    if let Some(jsonpath) = jsonpath {
        params["jsonpath"] = json!(jsonpath);
    }
    json!({"provider_id": "json", "check_id": "path", "params": params})
}

/// Every way in which a condition on the secret can fail.
fn conditions() -> Vec<Value> {
    let mut all = Vec::new();
    let mut add = |query: Value, comparator: &str, expected: Value| {
        all.push(condition(all.len(), &query, comparator, &expected));
    };
    for (comparator, expected) in [
        ("equals", json!("another")),
        ("greater_than", json!(5)),
        ("in_set", json!(["another"])),
        ("contains", json!(["another"])),
        ("lex_greater_than", json!("zzz")),
        ("deep_equals", json!({"a": 1})),
        ("not_exists", Value::Null),
    ] {
        add(path("reports", "all.json", Some("$.text")), comparator, expected);
    }
    for selected in ["$.number", "$.list", "$.deep", "$", "$.list[0]", "$..b"] {
        add(path("reports", "all.json", Some(selected)), "equals", json!(1));
        add(path("reports", "all.json", Some(selected)), "less_than", json!(1));
    }
    for (file, _) in files() {
        add(path("reports", file, None), "equals", json!(1));
    }
    add(path("low", "all.json", Some("$.text")), "equals", json!(SECRET.len()));
    add(json!({"provider_id": "env", "check_id": "get", "params": {"key": "TOKEN"}}), "equals", json!("another"));
    all
}

fn spec() -> Value {
    let conditions = conditions();
    let gate = |it: &Value| json!({"gate_id": it["condition_id"], "requirement": {"Condition": it["condition_id"]}});
    let gates: Vec<Value> = conditions.iter().map(gate).collect();
    let stage = json!({"stage_id": "only", "gates": gates, "advance_to": {"kind": "terminal"}});
    json!({
        "scenario_id": "secrets", "namespace_id": 1, "spec_version": "1",
        "stages": [stage], "conditions": conditions,
    })
}

fn workspace(evidence: &str, allow_raw: bool) -> Result<Workspace, Fault> {
    let workspace = Workspace::new()?;
    let opened = if allow_raw { "allow_raw = true" } else { "" };
    workspace.write_config(&format!("{}\n[evidence]\n{evidence}\n", CONFIG.replace("ALLOW_RAW", opened)))?;
    for (name, content) in files() {
        workspace.write_evidence(name, content.as_bytes())?;
    }
    Ok(workspace)
}

/// What a whole session let out, by where.
struct Said {
    /// Lines that the server wrote.
    wire: String,
    /// What it logged.
    log: String,
    /// Files of the packs, by profile.
    packs: BTreeMap<&'static str, String>,
    /// How each question was answered.
    queries: Vec<Value>,
    /// The step with all of its evidence.
    step: Value,
}

/// Steps, asks and exports, with everything logged.
fn session(workspace: &Workspace, level: &str) -> Result<Said, Fault> {
    let launch = Launch::serve(&workspace.config())?.arg("--set").arg(format!("logging.level={level}"));
    let mut server = launch.spawn(Era::Legacy)?;
    server.open()?;
    server.answer("scenario_define", &json!({"spec": spec()}))?;
    server.answer("scenario_start", &json!({"scenario_id": "secrets", "run_id": "run-1"}))?;
    let payload = json!({"kind": "json", "value": SUBMITTED});
    server.answer("scenario_submit", &json!({"run_id": "run-1", "payload": payload}))?;
    let trigger = json!({"run_id": "run-1", "kind": "external_event", "payload": payload});
    server.answer("scenario_trigger", &json!({"trigger": trigger}))?;
    for feedback in ["summary", "trace"] {
        server.answer("scenario_next", &json!({"run_id": "run-1", "feedback": feedback}))?;
    }
    let step = server.answer("scenario_next", &json!({"run_id": "run-1", "feedback": "evidence"}))?;
    server.answer("scenario_status", &json!({"run_id": "run-1"}))?;
    server.answer("precheck", &json!({"run_id": "run-1", "payload": {}, "feedback": "evidence"}))?;
    let mut queries = Vec::new();
    for condition in conditions() {
        queries.push(server.answer("evidence_query", &json!({"query": condition["query"]}))?);
    }
    let mut packs = BTreeMap::new();
    for profile in ["audit", "disclosed"] {
        let export = json!({"run_id": "run-1", "profile": profile, "output_dir": profile});
        server.answer("runpack_export", &export)?;
        let verdict = server.answer("runpack_verify", &json!({"runpack_dir": profile}))?;
        assert_eq!(verdict["status"], "pass", "{profile}: {verdict}");
        packs.insert(profile, contents(&workspace.packs().join(profile)));
    }
    let closed = server.close()?;
    let said = closed.wire.iter().filter(|(side, _)| *side == Side::Server).map(|(_, line)| line.as_str());
    Ok(Said { wire: said.collect(), log: closed.stderr, packs, queries, step })
}

/// Every file below a folder, one after the other.
fn contents(folder: &Path) -> String {
    let mut all = String::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        all.push_str(&if path.is_dir() { contents(&path) } else { fs::read_to_string(&path).unwrap() });
    }
    all
}

/// Where `what` stands in `text`, with what is around it.
fn found(text: &str, what: &str) -> Option<String> {
    let at = text.find(what)?;
    let around = text.char_indices().filter(|(it, _)| (at.saturating_sub(300)..at + 80).contains(it));
    Some(around.map(|(_, character)| character).collect())
}

#[test]
fn d22_a_value_of_the_evidence_comes_out_nowhere() -> Result<(), Fault> {
    for level in ["info", "debug", "trace"] {
        let said = session(&workspace("", false)?, level)?;
        for secret in [SECRET, NUMBER] {
            for (place, text) in
                [("an answer", &said.wire), ("the log", &said.log), ("the disclosed pack", &said.packs["disclosed"])]
            {
                assert_eq!(found(text, secret), None, "{secret} is in {place} at level {level}");
            }
            // Else this test would show nothing.
            assert!(found(&said.packs["audit"], secret).is_some(), "the audit pack lacks {secret}");
        }
        assert!(!said.log.is_empty());
    }
    Ok(())
}

#[test]
fn d22_what_a_caller_handed_in_is_in_no_log_and_no_disclosed_pack() -> Result<(), Fault> {
    for level in ["info", "debug", "trace"] {
        let said = session(&workspace("", false)?, level)?;
        assert_eq!(found(&said.log, SUBMITTED), None, "the log at level {level}");
        assert_eq!(found(&said.packs["disclosed"], SUBMITTED), None, "the disclosed pack");
        assert!(found(&said.packs["audit"], SUBMITTED).is_some(), "the audit pack lacks it");
    }
    Ok(())
}

/// The plain hash of the secret as it stands in evidence: whoever guesses the value can check the guess.
fn plain_hash() -> String {
    Digest::of(json!(SECRET).to_string().as_bytes()).to_hex()
}

#[test]
fn d22_the_plain_hash_goes_where_the_profile_says() -> Result<(), Fault> {
    for (profile, shown) in [("kept", true), ("salted", false), ("withheld", false)] {
        let said = session(&workspace(&format!("hash_profile = \"{profile}\""), false)?, "debug")?;
        let hash = plain_hash();
        assert_eq!(found(&said.wire, &hash).is_some(), shown, "{profile}: answers");
        assert_eq!(found(&said.packs["disclosed"], &hash).is_some(), shown, "{profile}: the disclosed pack");
        assert_eq!(found(&said.log, &hash), None, "{profile}: the log");
        let first = &said.queries[0];
        assert_eq!(first["redacted"], true, "{profile}: {first}");
        assert_eq!(first["result"]["evidence_hash"].is_object(), shown, "{profile}: {first}");
        // Anchors stay.
        assert_eq!(first["result"]["evidence_anchor"]["anchor_type"], "file_path_rooted", "{profile}: {first}");
        for text in [&said.wire, &said.packs["disclosed"]] {
            assert_eq!(found(text, SECRET), None, "{profile}");
        }
    }
    Ok(())
}

#[test]
fn p20_two_disclosed_packs_of_one_value_have_nothing_to_compare() -> Result<(), Fault> {
    // The first piece of evidence is committed to as `{"algorithm":"sha256","value":"…"}`.
    let commitment = |said: &Said| {
        let text = &said.packs["disclosed"];
        let at = text.find("\"answer\":{\"algorithm\"").unwrap_or_else(|| panic!("no commitment in {text}"));
        text.get(at..at + 115).unwrap().to_owned()
    };
    let config = "hash_profile = \"salted\"";
    let (one, other) = (session(&workspace(config, false)?, "info")?, session(&workspace(config, false)?, "info")?);
    assert_ne!(commitment(&one), commitment(&other));
    Ok(())
}

#[test]
fn a_raw_value_shows_only_through_both_doors() -> Result<(), Fault> {
    for (evidence, allow_raw, shown) in [
        ("allow_raw_values = true", true, true),
        ("allow_raw_values = true", false, false),
        ("allow_raw_values = false", true, false),
        ("allow_raw_values = true\nrequire_provider_opt_in = false", false, true),
    ] {
        let place = format!("{evidence}, allow_raw {allow_raw}");
        let said = session(&workspace(evidence, allow_raw)?, "info")?;
        let first = &said.queries[0];
        assert_eq!(first["result"]["value"] == json!({"kind": "json", "value": SECRET}), shown, "{place}: {first}");
        assert_eq!(first["redacted"], !shown, "{place}: {first}");
        assert_eq!(said.step["evidence"].to_string().contains(SECRET), shown, "{place}");
        assert_eq!(said.step["explanation"].to_string().contains(SECRET), shown, "{place}");
        assert_eq!(found(&said.packs["disclosed"], SECRET).is_some(), shown, "{place}: the disclosed pack");
        assert_eq!(found(&said.log, SECRET), None, "{place}: the log");
    }
    Ok(())
}

#[test]
fn one_provider_s_door_does_not_open_another_s() -> Result<(), Fault> {
    let said = session(&workspace("allow_raw_values = true", true)?, "info")?;
    // The last question goes to `env`, which nobody opened.
    let of_env = said.queries.last().unwrap();
    assert_eq!((&of_env["redacted"], &of_env["result"]["value"]), (&json!(true), &Value::Null), "{of_env}");
    Ok(())
}
