//! What a server of somebody else says stays inside, in values and in the texts of its errors: with the default
//! configuration it is in no answer, no explanation, no log line and no disclosed pack.

use std::fs;
use std::path::Path;

use decision_gate_tests::wire::{Era, Side};
use decision_gate_tests::{Fault, Launch, Workspace};
use serde_json::{Value, json};

/// What must not come out.
const SECRET: &str = "s3cr3t-of-a-server";

/// The forms in which it is asked, each a check of its own.
const FORMS: [&str; 4] = ["evidence", "structured", "json_text", "text"];

/// Everything that a server can say in place of a plain value, with the secret in it.
fn cases() -> Vec<(&'static str, Value)> {
    let text = |text: String| json!([{ "type": "text", "text": text }]);
    let error = |error: Value| json!({ "error": error });
    let result = |structured: Value, content: Value| json!({ "result": { "structuredContent": structured, "content": content } });
    let value = |value: Value| json!({ "value": { "kind": "json", "value": value } });
    let in_error =
        json!({ "value": null, "error": { "code": "not_ready", "message": SECRET, "details": { SECRET: SECRET } } });
    let stranger = json!({ "value": SECRET, SECRET: 1 });
    let attested = json!({ "result": {
        "structuredContent": value(json!(SECRET)), "content": [],
        "_meta": { "decision-gate/attestation": { "payloadType": SECRET, "payload": SECRET, "signatures": SECRET } },
    } });
    vec![
        ("protocol", error(json!({ "code": -32000, "message": SECRET, "data": { SECRET: SECRET } }))),
        (
            "failed",
            json!({ "result": {
            "isError": true, "content": text(SECRET.to_owned()),
            "structuredContent": { "code": "not_there", "message": SECRET },
        } }),
        ),
        (
            "failed_oddly",
            json!({ "result": { "isError": true, "content": [], "structuredContent": { "code": SECRET.to_uppercase() } } }),
        ),
        ("in_error", result(in_error, text(SECRET.to_owned()))),
        ("odd_error", result(json!({ "error": { "code": format!("Code {SECRET}"), "message": SECRET } }), json!([]))),
        ("stranger", result(stranger, text(format!("{{\"a\":{SECRET}}}")))),
        ("claimed", result(json!({ "value": { "kind": SECRET, "value": SECRET }, "lane": SECRET }), json!([]))),
        ("value", result(value(json!(SECRET)), text(format!("\"{SECRET}\"")))),
        ("deep", result(value(json!({ SECRET: [SECRET] })), text(json!({ SECRET: SECRET }).to_string()))),
        ("twice", result(value(json!([SECRET])), text(format!("{{\"{SECRET}\":1,\"{SECRET}\":2}}")))),
        ("attested", attested),
        ("no_result", json!({ "result": SECRET })),
    ]
}

fn workspace(evidence: &str, provider: &str) -> Result<Workspace, Fault> {
    let workspace = Workspace::new()?;
    let file = workspace.path().join("playback.json");
    let cases: serde_json::Map<_, _> = cases().into_iter().map(|(name, case)| (name.to_owned(), case)).collect();
    fs::write(&file, Value::Object(cases).to_string()).map_err(Fault::io("write", &file))?;
    let checks = FORMS
        .iter()
        .map(|form| {
            format!(
                "[[providers.config.checks]]\ncheck_id = \"{form}\"\ntool = \"measure\"\nanswer = \"{form}\"\n\
                 result_schema = {{}}\n"
            )
        })
        .collect::<Vec<_>>()
        .concat();
    workspace.write_config(&format!(
        "[server]\nprofile = \"full\"\n[store]\npath = \"ledger.db\"\n[runpacks]\nroot = \"packs\"\n\
         [evidence]\n{evidence}\n[[providers]]\nname = \"server\"\ntype = \"mcp\"\ntimeout_ms = 1000\n{provider}\n\
         [providers.config]\ncommand = '{}'\nargs = [\"playback\"]\nset_env = {{ PLAYBACK = '{}' }}\n{checks}",
        super::PROVIDER,
        file.display(),
    ))?;
    Ok(workspace)
}

/// One condition for each case in each form, none of which holds.
fn spec() -> Value {
    let mut conditions = Vec::new();
    for (name, _) in cases() {
        for form in FORMS {
            conditions.push(json!({
                "condition_id": format!("{form}-{name}"),
                "query": { "provider_id": "server", "check_id": form, "params": { "case": name } },
                "comparator": "equals",
                "expected": "another",
            }));
        }
    }
    let gate =
        |it: &Value| json!({ "gate_id": it["condition_id"], "requirement": { "Condition": it["condition_id"] } });
    let gates: Vec<Value> = conditions.iter().map(gate).collect();
    json!({
        "scenario_id": "secrets", "namespace_id": 1, "spec_version": "1", "conditions": conditions,
        "stages": [{ "stage_id": "only", "gates": gates, "advance_to": { "kind": "terminal" } }],
    })
}

/// What a whole session let out: what it wrote, what it logged, and the packs.
struct Said {
    wire: String,
    log: String,
    audit: String,
    disclosed: String,
}

fn session(workspace: &Workspace, level: &str) -> Result<Said, Fault> {
    let launch = Launch::serve(&workspace.config())?.arg("--set").arg(format!("logging.level={level}"));
    let mut server = launch.spawn(Era::Legacy)?;
    server.open()?;
    let spec = spec();
    server.answer("scenario_define", &json!({ "spec": spec }))?;
    server.answer("scenario_start", &json!({ "scenario_id": "secrets", "run_id": "run-1" }))?;
    for feedback in ["summary", "trace", "evidence"] {
        let held = server.answer("scenario_next", &json!({ "run_id": "run-1", "feedback": feedback }))?;
        assert_eq!(held["decision"]["outcome"]["kind"], "hold", "{held}");
    }
    for condition in spec["conditions"].as_array().into_iter().flatten() {
        server.answer("evidence_query", &json!({ "query": condition["query"] }))?;
    }
    server.answer("scenario_status", &json!({ "run_id": "run-1" }))?;
    server.answer("provider_contract_get", &json!({ "provider_id": "server" }))?;
    for profile in ["audit", "disclosed"] {
        let export = json!({ "run_id": "run-1", "profile": profile, "output_dir": profile });
        server.answer("runpack_export", &export)?;
        let verdict = server.answer("runpack_verify", &json!({ "runpack_dir": profile }))?;
        assert_eq!(verdict["status"], "pass", "{profile}: {verdict}");
    }
    let closed = server.close()?;
    let said = closed.wire.iter().filter(|(side, _)| *side == Side::Server).map(|(_, line)| line.as_str());
    let pack = |profile: &str| contents(&workspace.packs().join(profile));
    Ok(Said { wire: said.collect(), log: closed.stderr, audit: pack("audit"), disclosed: pack("disclosed") })
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

/// Where the secret stands in a text, in any case, with what is around it.
fn found(text: &str) -> Option<String> {
    let text = text.to_lowercase();
    let at = text.find(SECRET)?;
    let around = text.char_indices().filter(|(it, _)| (at.saturating_sub(300)..at + 80).contains(it));
    Some(around.map(|(_, character)| character).collect())
}

#[test]
fn d22_nothing_that_a_server_says_comes_out_where_policy_says_no() -> Result<(), Fault> {
    for level in ["info", "trace"] {
        let said = session(&workspace("", "")?, level)?;
        for (place, text) in
            [("an answer", &said.wire), ("the log", &said.log), ("the disclosed pack", &said.disclosed)]
        {
            assert_eq!(found(text), None, "{place} at level {level}");
        }
        // Else this test would show nothing.
        assert!(found(&said.audit).is_some(), "the audit pack lacks the value");
    }
    Ok(())
}

#[test]
fn where_policy_says_yes_its_values_and_words_come_out_and_are_not_logged() -> Result<(), Fault> {
    let said = session(&workspace("allow_raw_values = true", "allow_raw = true")?, "trace")?;
    assert!(found(&said.wire).is_some(), "no answer shows a value");
    assert_eq!(found(&said.log), None, "the log");
    Ok(())
}
