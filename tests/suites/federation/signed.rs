//! The example in Python under `require_signature`, from the definition of a scenario to a verified pack; and its
//! envelopes in the hands of somebody who plays them again.

use std::fs;
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};
use std::process::Stdio;

use decision_gate_core::dsse;
use decision_gate_core::json::canonical;
use decision_gate_core::keys::{Keyring, SigningKey, TrustedKey};
use decision_gate_tests::wire::Era;
use decision_gate_tests::{Clients, Fault, Launch, Server, Workspace, binary, project_root};
use serde_json::{Value, json};

const SIGNER: u8 = 11;
const STRANGER: u8 = 12;
const GATE: u8 = 13;
const PAYLOAD_TYPE: &str = "application/vnd.in-toto+json";

/// How the provider is set up.
#[derive(Clone, Copy)]
struct Setup {
    /// Whose key it signs with, if it signs.
    signer: Option<u8>,
    binding: &'static str,
    /// More settings of the trusted key.
    key: &'static str,
}

const GOOD: Setup = Setup { signer: Some(SIGNER), binding: "query", key: "" };

fn signing_key(seed: u8) -> SigningKey {
    SigningKey::from_seed(&[seed; 32])
}

/// The private key of a seed as a file for its owner only.
fn private_file(workspace: &Workspace, seed: u8) -> Result<PathBuf, Fault> {
    let path = workspace.path().join(format!("key-{seed}.pem"));
    let pem = signing_key(seed).to_pkcs8_pem().unwrap();
    fs::write(&path, pem.as_bytes()).map_err(Fault::io("write", &path))?;
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).map_err(Fault::io("change", &path))?;
    }
    Ok(path)
}

fn provider(program: &Path, args: &[&str], settings: &str, setup: Setup) -> String {
    let args = super::literals(args);
    format!(
        "[server]\nprofile = \"full\"\n[store]\npath = \"ledger.db\"\n[runpacks]\nroot = \"packs\"\n\
         [[trust.keys]]\nkey_id = \"reports-2026\"\nalgorithm = \"ed25519\"\n{}\npublic_key = \"\"\"\n{}\"\"\"\n\
         [[providers]]\nname = \"reports\"\ntype = \"mcp\"\ntimeout_ms = 30000\n\
         trust = {{ require_signature = {{ keys = [\"reports-2026\"], binding = \"{}\" }} }}\n\
         [providers.config]\ncommand = '{}'\nargs = [{args}]\nsend_context = true\n{settings}\n\
         [[providers.config.checks]]\ncheck_id = \"report_field\"\nanswer = \"evidence\"\n\
         anchor_types = [{{ anchor_type = \"report\", fields = [\"field\", \"report\"] }}]\n",
        setup.key,
        signing_key(SIGNER).public().to_pem(),
        setup.binding,
        program.display(),
    )
}

fn start(workspace: &Workspace, config: &str) -> Result<Server, Fault> {
    workspace.write_config(config)?;
    let mut server = Launch::serve(&workspace.config())?.spawn(Era::Legacy)?;
    server.open()?;
    server.answer("scenario_define", &json!({ "spec": scenario() }))?;
    Ok(server)
}

/// The gate with the example behind it.
fn start_example(workspace: &Workspace, setup: Setup) -> Result<Server, Fault> {
    let python = Clients::python()?.python_program();
    let example = project_root().join("docs/examples/provider-python/provider.py").display().to_string();
    workspace.write_evidence("report.json", br#"{"failed":0}"#)?;
    let key = setup.signer.map(|seed| private_file(workspace, seed)).transpose()?;
    let key = key.map(|path| path.display().to_string());
    let mut args = vec!["-B", example.as_str(), "evidence"];
    args.extend(key.as_deref());
    start(workspace, &provider(&python, &args, "", setup))
}

/// The gate with somebody behind it who answers each check with what `cases` says.
fn start_playback(workspace: &Workspace, setup: Setup, cases: &Value) -> Result<Server, Fault> {
    let file = workspace.path().join("playback.json");
    fs::write(&file, cases.to_string()).map_err(Fault::io("write", &file))?;
    let settings = format!("set_env = {{ PLAYBACK = '{}' }}", file.display());
    // The tool of the test provider has a name of its own.
    let config = provider(Path::new(super::PROVIDER), &["playback"], &settings, setup);
    let mapped = "answer = \"evidence\"\ntool = \"measure\"\narguments = { case = \"{params.field}\" }\n\
                  params_schema = { type = \"object\" }";
    start(workspace, &config.replace("answer = \"evidence\"", mapped))
}

/// One stage: no test failed, and nothing is said to be skipped.
fn scenario() -> Value {
    let condition = |id: &str, field: &str, comparator: &str| {
        json!({
            "condition_id": id,
            "query": {
                "provider_id": "reports", "check_id": "report_field",
                "params": { "report": "report.json", "field": field },
            },
            "comparator": comparator,
        })
    };
    let mut passed = condition("passed", "failed", "equals");
    passed["expected"] = json!(0);
    let gate = |id: &str| json!({ "gate_id": id, "requirement": { "Condition": id } });
    json!({
        "scenario_id": "signed", "namespace_id": 1, "spec_version": "1",
        "stages": [{
            "stage_id": "ship", "gates": [gate("passed"), gate("complete")], "advance_to": { "kind": "terminal" },
        }],
        "conditions": [passed, condition("complete", "skipped", "not_exists")],
    })
}

fn step(server: &mut Server, run: &str) -> Result<Value, Fault> {
    server.answer("scenario_start", &json!({ "scenario_id": "signed", "run_id": run }))?;
    server.answer("scenario_next", &json!({ "run_id": run, "feedback": "evidence" }))
}

/// The evidence of a condition in a step.
fn of<'a>(step: &'a Value, condition: &str) -> &'a Value {
    let mut evidence = step["evidence"].as_array().into_iter().flatten();
    evidence.find(|it| it["condition_id"] == condition).unwrap_or_else(|| panic!("{condition}: {step}"))
}

fn codes(step: &Value) -> [&str; 2] {
    ["passed", "complete"].map(|it| of(step, it)["result"]["error"]["code"].as_str().unwrap_or_default())
}

/// Runs a command to that exit code and gives what it answers.
fn run(arguments: &[&str], expected: i32) -> Result<Value, Fault> {
    let program = arguments.iter().fold(Launch::program(binary()?), |launch, it| launch.arg(*it));
    let output = program.arg("--format").arg("json").output(Stdio::null())?;
    let (stdout, stderr) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert_eq!(output.status.code(), Some(expected), "{arguments:?}: {stdout}{stderr}");
    serde_json::from_str(&stdout).map_err(|source| Fault::NotJson { line: stdout.into_owned(), source })
}

/// The envelopes in a pack.
fn envelopes(pack: &Path) -> Vec<Value> {
    let entries = fs::read_dir(pack.join("attestations")).unwrap();
    entries.map(|entry| serde_json::from_slice(&fs::read(entry.unwrap().path()).unwrap()).unwrap()).collect()
}

/// The answer of the example for a field.
fn result(field: &str, value: Option<i64>) -> Value {
    let anchor = canonical::to_vec(&json!({ "field": field, "report": "report.json" }));
    json!({
        "value": value.map(|value| json!({ "kind": "json", "value": value })),
        "content_type": value.map(|_| "application/json"),
        "evidence_anchor": { "anchor_type": "report", "anchor_value": String::from_utf8(anchor).unwrap() },
    })
}

/// The answers of the example, with what an honest run's pack has for envelopes.
fn recorded(envelopes: &[Value]) -> Value {
    let of = |field: &str, value: Option<i64>| {
        let kind = if value.is_some() { "json" } else { "absent" };
        let about = |envelope: &&Value| statement(envelope)["predicate"]["value"]["kind"] == kind;
        let envelope = envelopes.iter().find(about).unwrap_or_else(|| panic!("no envelope for {field}"));
        json!({ "result": {
            "content": [], "structuredContent": result(field, value), "_meta": { "decision-gate/attestation": envelope },
        } })
    };
    json!({ "failed": of("failed", Some(0)), "skipped": of("skipped", None) })
}

/// What an envelope says, read from a verified one by the keys of these tests.
fn statement(envelope: &Value) -> Value {
    let trusted = |(id, seed): (&str, u8)| TrustedKey::new(id.try_into().unwrap(), signing_key(seed).public());
    let ring = Keyring::new([("signer", SIGNER), ("stranger", STRANGER)].map(trusted)).unwrap();
    let envelope = dsse::Envelope::from_value(envelope).unwrap();
    let verified = dsse::verify(&envelope, ring.iter(), NonZeroUsize::MIN).unwrap();
    serde_json::from_slice(verified.get().bytes()).unwrap()
}

/// The statement of an envelope, changed and signed again by whoever has the key of that seed.
fn signed_again(envelope: &Value, seed: u8, change: impl FnOnce(&mut Value)) -> Value {
    let mut statement = statement(envelope);
    change(&mut statement);
    let envelope = dsse::sign(PAYLOAD_TYPE, &canonical::to_vec(&statement), &signing_key(seed), None);
    serde_json::from_slice(envelope.as_bytes()).unwrap()
}

/// Runs the example honestly and gives the envelopes of its run.
fn honest(workspace: &Workspace, setup: Setup) -> Result<Vec<Value>, Fault> {
    let mut server = start_example(workspace, setup)?;
    let done = step(&mut server, "run-1")?;
    assert_eq!(done["decision"]["outcome"]["kind"], "complete", "{done}");
    for condition in ["passed", "complete"] {
        assert_eq!(of(&done, condition)["result"]["lane"], "verified", "{done}");
    }
    server.answer("runpack_export", &json!({ "run_id": "run-1", "output_dir": "proof", "profile": "audit" }))?;
    server.close()?;
    let envelopes = envelopes(&workspace.packs().join("proof"));
    assert_eq!(envelopes.len(), 2, "one for the value, one for the absence");
    Ok(envelopes)
}

#[test]
fn a_signed_answer_of_the_example_is_proven_from_definition_to_pack() -> Result<(), Fault> {
    let workspace = Workspace::new()?;
    let text = |path: &Path| path.display().to_string();
    honest(&workspace, GOOD)?;
    let (pack, signed) = (text(&workspace.packs().join("proof")), text(&workspace.path().join("signed")));
    let (keyring, config) = (text(&workspace.path().join("keyring.json")), text(&workspace.config()));
    for (id, seed) in [("reports", SIGNER), ("gate", GATE)] {
        let path = workspace.path().join(format!("{id}.pub.pem"));
        fs::write(&path, signing_key(seed).public().to_pem()).map_err(Fault::io("write", &path))?;
        run(&["keys", "import", id, &text(&path), "--keyring", &keyring], 0)?;
    }
    let report = run(&["runpack", "verify", &pack, "--keys", &keyring, "--level", "replayed"], 0)?;
    assert_eq!((&report["status"], &report["level"]), (&json!("pass"), &json!("replayed")), "{report}");
    // Whoever brings keys asks for a signed manifest, which this one has not.
    run(&["runpack", "verify", &pack, "--keys", &keyring], 1)?;
    let key = text(&private_file(&workspace, GATE)?);
    run(
        &["runpack", "export", "run-1", "--out", &signed, "--sign", &key, "--config", &config, "--profile", "audit"],
        0,
    )?;
    let report = run(&["runpack", "verify", &signed, "--keys", &keyring], 0)?;
    assert_eq!((&report["status"], &report["level"]), (&json!("pass"), &json!("signed")), "{report}");
    // A verifier who knows the gate and not the provider does not take the gate's word for it.
    let gate_only = text(&workspace.path().join("gate.json"));
    let public = text(&workspace.path().join("gate.pub.pem"));
    run(&["keys", "import", "gate", &public, "--keyring", &gate_only], 0)?;
    run(&["runpack", "verify", &signed, "--keys", &gate_only], 1)?;
    Ok(())
}

#[test]
fn without_a_signature_that_counts_a_run_holds_and_says_why() -> Result<(), Fault> {
    let unsigned = Setup { signer: None, ..GOOD };
    let stranger = Setup { signer: Some(STRANGER), ..GOOD };
    let over = Setup { key: "not_after = \"2020-01-01T00:00:00Z\"", ..GOOD };
    let ahead = Setup { key: "not_before = \"2999-01-01T00:00:00Z\"", ..GOOD };
    let gone = Setup { key: "revoked_at = \"2020-01-01T00:00:00Z\"\nrevocation_reason = \"compromise\"", ..GOOD };
    let elsewhere = Setup { key: "providers = [\"another\"]", ..GOOD };
    for (setup, code) in [
        (unsigned, "signature_missing"),
        (stranger, "key_unknown"),
        (over, "key_expired"),
        (ahead, "key_not_yet_valid"),
        (gone, "key_revoked"),
        (elsewhere, "key_not_for_provider"),
    ] {
        let workspace = Workspace::new()?;
        let mut server = start_example(&workspace, setup)?;
        let held = step(&mut server, "run-1")?;
        assert_eq!(held["decision"]["outcome"]["kind"], "hold", "{code}: {held}");
        // That there is nothing needs a signature as much as that there is something.
        assert_eq!(codes(&held), [code; 2], "{held}");
        server.close()?;
    }
    Ok(())
}

#[test]
fn d04_an_envelope_of_the_example_counts_for_nothing_else() -> Result<(), Fault> {
    type Change = fn(&mut Value);
    let workspace = Workspace::new()?;
    let by_run = Setup { binding: "run", ..GOOD };
    let envelopes = honest(&workspace, by_run)?;
    let runs: Vec<Value> =
        envelopes.iter().map(|it| statement(it)["predicate"]["audience"]["run_id"].clone()).collect();
    assert_eq!(runs, [json!("run-1"), json!("run-1")]);
    let again = |seed: u8, change: Change| {
        recorded(&envelopes.iter().map(|it| signed_again(it, seed, change)).collect::<Vec<_>>())
    };
    let swapped = {
        let mut cases = recorded(&envelopes);
        let (of_value, of_absence) =
            (cases["failed"]["result"]["_meta"].take(), cases["skipped"]["result"]["_meta"].take());
        cases["failed"]["result"]["_meta"] = of_absence;
        cases["skipped"]["result"]["_meta"] = of_value;
        cases
    };
    let mut raised = recorded(&envelopes);
    raised["failed"]["result"]["structuredContent"]["value"]["value"] = json!(1);
    let early: Change = |it| {
        it["predicate"]["observed_at"]["value"] = json!(1_500_000_000_000_i64);
        it["predicate"]["expires_at"]["value"] = json!(1_600_000_000_000_i64);
    };
    let no_run: Change = |it| drop(it["predicate"]["audience"].as_object_mut().unwrap().remove("run_id"));
    for (name, run, cases, expected) in [
        ("as it was", "run-1", recorded(&envelopes), ["", ""]),
        ("another run", "run-2", recorded(&envelopes), ["statement_audience"; 2]),
        ("bound to no run", "run-1", again(SIGNER, no_run), ["statement_audience"; 2]),
        ("of another time", "run-1", again(SIGNER, early), ["statement_expired"; 2]),
        ("another key", "run-1", again(STRANGER, |_| ()), ["signature_invalid"; 2]),
        ("of each other", "run-1", swapped, ["statement_mismatch"; 2]),
        ("another value", "run-1", raised, ["statement_mismatch", ""]),
    ] {
        let workspace = Workspace::new()?;
        let mut server = start_playback(&workspace, by_run, &cases)?;
        let done = step(&mut server, run)?;
        assert_eq!(codes(&done), expected, "{name}: {done}");
        let outcome = if expected == ["", ""] { "complete" } else { "hold" };
        assert_eq!(done["decision"]["outcome"]["kind"], outcome, "{name}: {done}");
        server.close()?;
    }
    Ok(())
}
