//! Lines and arguments that are wrong before any tool looks at them.

use decision_gate_tests::Fault;
use serde_json::{Value, json};

use super::{Gate, RUN};

/// A line, the code of the answer's error, and whether its id comes back.
const LINES: [(&str, &str, bool); 9] = [
    (r#"{"jsonrpc":"2.0","id":900,"method":"tools/call","params":{"#, "json_syntax", true),
    (r#"{"jsonrpc":"2.0","id":900,"method":"ping"} {}"#, "json_syntax", true),
    (
        r#"{"jsonrpc":"2.0","id":900,"method":"tools/call","params":{"name":"scenario_status","arguments":{"run_id":"run-1","run_id":"run-2"}}}"#,
        "json_duplicate_key",
        true,
    ),
    (r#"{"jsonrpc":"2.0","id":900,"method":"tools/call","params":{"name":"\udc00"}}"#, "json_lone_surrogate", true),
    (r#"{"jsonrpc":"2.0","id":900,"method":"no/such"}"#, "method_not_found", true),
    (r#"{"jsonrpc":"2.0","id":900,"method":"tools/call","params":{"name":"no_such"}}"#, "tool_not_found", true),
    (r#"{"jsonrpc":"2.0","id":900,"method":"tools/call","params":{"name":7}}"#, "invalid_params", true),
    (r#"{"jsonrpc":"2.0","id":900,"method":"tools/list","params":{"cursor":"x"}}"#, "invalid_cursor", true),
    ("\u{0}\u{1}\u{2}", "json_syntax", false),
];

#[test]
fn broken_lines_have_a_code_and_their_id() -> Result<(), Fault> {
    let mut gate = Gate::open()?;
    for (line, code, has_id) in LINES {
        gate.server.send_raw(format!("{line}\n").as_bytes())?;
        let answer = gate.server.next_message(line)?.unwrap();
        assert_eq!(answer.pointer("/error/data/code"), Some(&json!(code)), "{line}: {answer}");
        assert_eq!(answer.get("id"), has_id.then_some(&json!(900)), "{line}: {answer}");
        gate.lives()?;
    }
    gate.ends_unharmed()
}

#[test]
fn a_misspelled_tool_is_told_the_nearest() -> Result<(), Fault> {
    let mut gate = Gate::open()?;
    for (name, nearest) in [("scenario_nxt", "scenario_next"), ("run_pack_verify", "runpack_verify")] {
        let answer = gate.server.request("tools/call", json!({"name": name, "arguments": {}}))?;
        assert_eq!(answer.pointer("/error/data/details/nearest"), Some(&json!(nearest)), "{answer}");
    }
    gate.ends_unharmed()
}

/// What is sent, the path that is wrong, and the word that was probably meant.
fn wrong_arguments() -> Vec<(&'static str, Value, &'static str, Option<&'static str>)> {
    let long = "x".repeat(129);
    vec![
        ("scenario_next", json!({"run": RUN}), "run", Some("run_id")),
        ("scenario_next", json!({"run_id": RUN, "feedbak": "trace"}), "feedbak", Some("feedback")),
        ("scenario_next", json!({"run_id": RUN, "feedback": "trase"}), "feedback", Some("trace")),
        ("scenario_next", json!({"run_id": RUN, "namespace_id": 0}), "namespace_id", None),
        ("scenario_next", json!({"run_id": RUN, "namespace_id": 1.5}), "namespace_id", None),
        ("scenario_next", json!({"run_id": long}), "run_id", None),
        ("scenario_next", json!({"run_id": "../run-1"}), "run_id", None),
        ("scenario_next", json!({"run_id": "run 1"}), "run_id", None),
        ("scenario_next", json!({"run_id": "run-1\u{0}"}), "run_id", None),
        ("scenario_next", json!({"run_id": RUN, "trigger_id": ""}), "trigger_id", None),
        ("scenario_trigger", json!({"trigger": {"run_id": RUN, "kind": "tik"}}), "trigger.kind", Some("tick")),
        (
            "scenario_trigger",
            json!({"trigger": {"run_id": RUN, "knd": 1, "kind": "tick"}}),
            "trigger.knd",
            Some("kind"),
        ),
        ("scenario_submit", json!({"run_id": RUN, "payload": {"kind": "jso"}}), "payload.kind", Some("json")),
        ("scenario_status", json!({}), "run_id", None),
        ("scenario_status", json!({"run_id": 7}), "run_id", None),
        ("scenario_status", json!({"run_id": null}), "run_id", None),
        (
            "evidence_query",
            json!({"query": {"provider_id": "json", "chek_id": "path"}}),
            "query.chek_id",
            Some("check_id"),
        ),
        ("evidence_query", json!({"query": "json.path"}), "query", None),
        ("precheck", json!({"scenario_id": "release", "payload": []}), "payload", None),
        ("runpack_export", json!({"run_id": RUN, "profile": "audti"}), "profile", Some("audit")),
        ("runpack_verify", json!({"runpack_dir": RUN, "expect_root": "zz"}), "/expect_root", None),
        ("runpack_verify", json!({"runpack_dir": RUN, "expect_policy": "A".repeat(64)}), "/expect_policy", None),
        ("attestation_verify", json!({}), "envelope", None),
        ("attestation_verify", json!({"envelope": {}, "threshold": 0}), "threshold", None),
        ("attestation_verify", json!({"envelope": {}, "expect_subject": ["md5:00"]}), "/expect_subject", None),
        ("attestation_verify", json!({"envelope": {}, "expect_subject": []}), "/expect_subject", None),
        ("scenario_start", json!({"scenario_id": "release", "subject": "x"}), "subject", None),
        ("scenarios_list", json!({"limit": 0}), "/limit", None),
        ("scenarios_list", json!({"limit": 201}), "/limit", None),
        ("scenarios_list", json!({"limit": -1}), "limit", None),
        ("scenarios_list", json!({"cursor": "../"}), "cursor", None),
        ("providers_list", json!({"run_id": RUN}), "run_id", None),
    ]
}

#[test]
fn wrong_arguments_name_the_path_and_the_nearest_key() -> Result<(), Fault> {
    let mut gate = Gate::open()?;
    for (tool, arguments, path, nearest) in wrong_arguments() {
        let said = gate.refused(tool, &arguments, "invalid_arguments")?;
        assert_eq!(said["details"]["path"], path, "{tool} {arguments}: {said}");
        if let Some(nearest) = nearest {
            assert_eq!(said["details"]["nearest"], nearest, "{tool} {arguments}: {said}");
            assert!(said["hint"].as_str().unwrap().contains(nearest), "{tool} {arguments}: {said}");
        }
    }
    gate.ends_unharmed()
}

#[test]
fn an_error_about_a_long_word_is_short() -> Result<(), Fault> {
    let mut gate = Gate::open()?;
    let word = "k".repeat(500_000);
    let mut arguments = json!({"run_id": RUN});
    arguments[word.as_str()] = json!(1);
    for arguments in [arguments, json!({"run_id": word}), json!({"run_id": RUN, "feedback": word})] {
        let said = gate.refused("scenario_next", &arguments, "invalid_arguments");
        let said = said?.to_string();
        assert!(said.len() < 4_000, "{} bytes", said.len());
    }
    gate.ends_unharmed()
}

#[test]
fn p14_numbers_that_can_t_be_carried_are_refused_in_every_tool() -> Result<(), Fault> {
    let mut gate = Gate::open()?;
    let cases = [
        ("precheck", r#"{"scenario_id":"release","payload":{"covered":18446744073709551617}}"#, "/payload/covered"),
        ("precheck", r#"{"scenario_id":"release","payload":{"covered":9007199254740993.0}}"#, "/payload/covered"),
        ("scenario_submit", r#"{"run_id":"run-1","payload":{"kind":"json","value":[1,1e400]}}"#, "/payload/value/1"),
        (
            "evidence_query",
            r#"{"query":{"provider_id":"json","check_id":"path","params":{"file":1e999}}}"#,
            "/query/params/file",
        ),
        (
            "scenario_define",
            r#"{"spec":{"conditions":[{"expected":0.1234567890123456789}]}}"#,
            "/spec/conditions/0/expected",
        ),
        ("scenario_next", r#"{"run_id":"run-1","namespace_id":100000000000000000000000001}"#, "/namespace_id"),
    ];
    for (id, (tool, arguments, path)) in (1_000..).zip(cases) {
        let line = format!(
            r#"{{"jsonrpc":"2.0","id":{id},"method":"tools/call","params":{{"name":"{tool}","arguments":{arguments}}}}}"#
        );
        gate.server.send_raw(format!("{line}\n").as_bytes())?;
        let answer = gate.server.receive(id)?;
        if answer.get("error").is_some() {
            // No double is near it, so the line does not even parse.
            assert_eq!(answer["error"]["data"]["code"], "number_out_of_range", "{line}: {answer}");
            assert!(answer["error"]["message"].as_str().unwrap().contains(path), "{line}: {answer}");
        } else {
            let said = &answer["result"]["structuredContent"];
            assert_eq!(said["code"], "number_out_of_range", "{line}: {answer}");
            assert_eq!(said["details"]["path"], path, "{line}: {answer}");
        }
        gate.lives()?;
    }
    gate.ends_unharmed()
}

#[test]
fn an_agent_has_no_tool_that_defines() -> Result<(), Fault> {
    use decision_gate_tests::wire::Era;
    use decision_gate_tests::{Launch, Workspace};
    let workspace = Workspace::new()?;
    for era in Era::ALL {
        let mut server = Launch::serve(&workspace.config())?.arg("--profile").arg("agent").spawn(era)?;
        server.open()?;
        for tool in ["scenario_define", "scenario_trigger", "provider_check_schema_get"] {
            let call = json!({"name": tool, "arguments": {"spec": workspace.scenario()?}});
            let answer = server.request("tools/call", call)?;
            assert_eq!(answer.pointer("/error/code"), Some(&json!(-32602)), "{answer}");
            assert_eq!(answer.pointer("/error/data/code"), Some(&json!("tool_not_found")), "{answer}");
        }
        assert_eq!(server.answer("scenarios_list", &json!({}))?["items"], json!([]));
    }
    Ok(())
}
