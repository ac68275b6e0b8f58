//! Release decisions over stdio: one call that decides, what it says, and a proof that is exported and verified like
//! any other.

#![cfg(test)]

use decision_gate_core::digest::Digest;
use decision_gate_core::dsse;
use decision_gate_core::evidence::Subject;
use decision_gate_core::intoto::{PAYLOAD_TYPE, Statement};
use decision_gate_core::keys::{KeyId, SigningKey, TrustedKey};
use decision_gate_tests::wire::Era;
use decision_gate_tests::{Fault, Launch, Server, Workspace};
use serde_json::{Value, json};

const EXECUTION: &str = "stella.ops/executionEvidence@v1";

fn key() -> SigningKey {
    SigningKey::from_seed(&[7; 32])
}

/// A gate that blocks where nobody traced the artifact, and evidence from the fixture's folder.
fn workspace() -> Workspace {
    let workspace = Workspace::new().unwrap();
    let public = TrustedKey::new(KeyId::try_from("ci").unwrap(), key().public()).key().to_pem();
    let config = format!(
        r#"
environments = ["staging", "production"]
[[tenants]]
id = 1
name = "acme"
[store]
path = "ledger.db"
[runpacks]
root = "packs"
[release]
policy = {{ PolicyGates = {{ ExecutionEvidence = {{ Enabled = true, MissingEvidenceAction = "Block" }} }} }}
attestations = {{ roots = [{{ root_id = "ci", path = "evidence" }}] }}
[[release.policies]]
name = "lenient"
policy = {{ PolicyGates = {{ ExecutionEvidence = {{ Enabled = true, MissingEvidenceAction = "Warn" }} }} }}
[[trust.keys]]
key_id = "ci"
algorithm = "ed25519"
public_key = """
{public}"""
"#
    );
    workspace.write_config(&config).unwrap();
    workspace
}

fn start(workspace: &Workspace) -> Result<Server, Fault> {
    let mut server = Launch::serve(&workspace.config())?.arg("--profile").arg("full").spawn(Era::Legacy)?;
    server.open()?;
    Ok(server)
}

fn release(more: &Value) -> Value {
    let mut arguments = json!({
        "subject": [format!("sha256:{}", Digest::of(b"app").to_hex())], "environment": "production",
    });
    for (name, value) in more.as_object().unwrap() {
        arguments[name] = value.clone();
    }
    arguments
}

fn trace() -> Vec<u8> {
    let predicate = json!({
        "artifact_id": format!("sha256:{}", Digest::of(b"app").to_hex()),
        "environment_id": "staging",
        "trace_source": "ebpf",
        "observation_window": {
            "start": "2026-01-01T12:00:00Z", "end": "2026-01-01T12:01:00Z", "duration_ms": 60_000,
        },
        "trace_summary": {
            "syscall_families_observed": ["network"],
            "hot_symbols": ["main", "work", "send"],
            "hot_symbol_count": 3,
            "unique_call_paths": 2,
            "address_canonicalized": true,
        },
        "trace_digest": "sha256:00",
        "timestamp": "2026-01-01T12:01:00Z",
    });
    let subject = Subject::of_digest("app", Digest::of(b"app"));
    let statement = Statement::new(&subject, EXECUTION, &predicate).unwrap();
    dsse::sign(PAYLOAD_TYPE, &statement.to_bytes(), &key(), None).as_bytes().to_vec()
}

#[test]
fn one_call_decides_a_release_and_its_proof_can_be_exported() -> Result<(), Fault> {
    let workspace = workspace();
    let mut server = start(&workspace)?;
    let held = server.answer("release_evaluate", &release(&json!({})))?;
    assert_eq!((&held["allowed"], &held["decided_by"]), (&json!(false), &json!("execution-evidence")), "{held:#}");
    assert!(
        held.pointer("/explanation/next_actions/changes/0/text")
            .and_then(Value::as_str)
            .unwrap()
            .contains("execution-evidence"),
        "{held:#}"
    );
    assert_eq!(held["off"].as_array().unwrap().len(), 6);

    workspace.write_evidence("trace.json", &trace())?;
    let passed = server.answer("release_evaluate", &release(&json!({ "tenant": "acme" })))?;
    assert_eq!((&passed["allowed"], &passed["gates"][0]["outcome"]), (&json!(true), &json!("Pass")), "{passed:#}");
    let run = passed["run_id"].clone();
    let pack = server.answer("runpack_export", &json!({ "run_id": run }))?;
    let path = pack["path"].as_str().or_else(|| pack["runpack_dir"].as_str()).unwrap_or_default().to_owned();
    assert!(!path.is_empty(), "{pack:#}");
    // A gate may be asked for by any scenario, and a run of the built-in one is a run like any other.
    let status = server.answer("scenario_status", &json!({ "run_id": run }))?;
    assert_eq!((&status["scenario_id"], &status["origin"]), (&json!("release.default"), &json!("pinned")));
    server.close()?;
    Ok(())
}

#[test]
fn what_the_caller_says_of_a_release_is_asserted() -> Result<(), Fault> {
    let workspace = workspace();
    let mut server = start(&workspace)?;
    let metadata = json!({
        "has_execution_evidence": true,
        "execution_evidence_hot_symbol_count": 9,
        "execution_evidence_unique_call_paths": 9,
    });
    let said = server.answer("release_evaluate", &release(&json!({ "metadata": metadata })))?;
    assert_eq!((&said["allowed"], &said["if_verified"]), (&json!(false), &json!("True")), "{said:#}");
    assert!(said["gates"][0]["near_misses"][0].as_str().unwrap().starts_with("trust_lane"), "{said:#}");
    for (more, code) in [
        (json!({ "environment": "moon" }), "environment_unknown"),
        (json!({ "policy": "lax" }), "release_policy_unknown"),
        (json!({ "tenant": "beta" }), "tenant_unknown"),
        (json!({ "metadata": { "a": [] } }), "invalid_arguments"),
        (json!({ "subject": ["md5:12"] }), "invalid_arguments"),
    ] {
        let answer = server.call("release_evaluate", &release(&more))?;
        assert_eq!((answer.is_error, &answer.structured["code"]), (true, &Value::from(code)), "{more}");
    }
    server.close()?;
    Ok(())
}

#[test]
fn a_configured_policy_is_tried_on_what_was_decided() -> Result<(), Fault> {
    let workspace = workspace();
    let mut server = start(&workspace)?;
    let empty = server.answer("policy_backtest", &json!({}))?;
    assert_eq!((&empty["read"], &empty["judged"]), (&json!(0), &json!(0)), "{empty:#}");
    let held = server.answer("release_evaluate", &release(&json!({})))?;
    workspace.write_evidence("trace.json", &trace())?;
    server.answer("release_evaluate", &release(&json!({})))?;
    let same = server.answer("policy_backtest", &json!({ "policy": "default" }))?;
    assert_eq!((&same["judged"], &same["flips"]["all"]["to_allow"]), (&json!(2), &json!(0)), "{same:#}");
    let lenient = server.answer("policy_backtest", &json!({ "policy": "lenient", "curves": true }))?;
    assert_eq!(lenient["flips"]["all"], json!({ "to_hold": 0, "to_allow": 1 }), "{lenient:#}");
    assert_eq!(lenient["examples"][0]["place"]["run_id"], held["run_id"]);
    assert!(lenient["curves"].as_array().is_some_and(|it| !it.is_empty()), "{lenient:#}");
    server.close()?;
    Ok(())
}

#[test]
fn a_backtest_tells_how_far_it_has_come_and_can_be_cancelled() -> Result<(), Fault> {
    let workspace = workspace();
    let mut server = start(&workspace)?;
    server.answer("release_evaluate", &release(&json!({})))?;
    let meta = json!({ "progressToken": "far" });
    server.request("tools/call", json!({ "name": "policy_backtest", "arguments": {}, "_meta": meta }))?;
    let told = server.drain_early();
    assert!(!told.is_empty() && told.iter().all(|it| it["params"]["progressToken"] == "far"), "{told:?}");
    let id = server.send_call("policy_backtest", &json!({}))?;
    let cancel = json!({ "jsonrpc": "2.0", "method": "notifications/cancelled", "params": { "requestId": id } });
    server.send_raw(format!("{cancel}\n").as_bytes())?;
    // Whether it was in time or not, the server goes on.
    let again = server.answer("policy_backtest", &json!({}))?;
    assert_eq!(again["judged"], 1, "{again:#}");
    server.close()?;
    Ok(())
}

#[test]
fn t177_a_tool_takes_no_policy_but_a_configured_one() -> Result<(), Fault> {
    let workspace = workspace();
    workspace.write_evidence("mine.yaml", b"PolicyGates: { ExecutionEvidence: { Enabled: false } }")?;
    let mut server = start(&workspace)?;
    for policy in [json!("evidence/mine.yaml"), json!("../decision-gate.toml"), json!({ "PolicyGates": {} })] {
        let answer = server.call("policy_backtest", &json!({ "policy": policy }))?;
        assert!(answer.is_error, "{answer:?}");
    }
    server.close()?;
    Ok(())
}
