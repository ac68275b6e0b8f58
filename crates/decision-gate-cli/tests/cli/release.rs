//! `release evaluate`: from a trace in staging to a promotion to production, its proof, and what does not get through.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use crate::keys::{import, private_pem, public_pem, write_private};
use crate::support::{Done, Project, files_below};

const TRACE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../tests/traces/samples/tokenize.folded.txt");

/// The gate as its seed configures it, with what happens where evidence is missing.
fn gates(action: &str) -> String {
    format!(
        "PolicyGates:\n  ExecutionEvidence:\n    Enabled: true\n    RequiredEnvironments: [production]\n    \
         MissingEvidenceAction: {action}\n"
    )
}

/// A project with a policy, a key for evidence, a key for waivers, and folders for both.
pub(crate) fn project(action: &str) -> Project {
    let project = Project::empty();
    let key = |id: &str, seed: u8| {
        format!(
            "[[trust.keys]]\nkey_id = \"{id}\"\nalgorithm = \"ed25519\"\npublic_key = \"\"\"\n{}\"\"\"\n",
            public_pem(seed)
        )
    };
    let config = format!(
        "environments = [\"staging\", \"production\"]\n\
         [scenarios]\nfiles = [\"ship.yaml\"]\n\
         [release]\npolicy = \"gates.yaml\"\nwaiver_keys = [\"board\"]\n\
         [release.attestations]\nroots = [{{ root_id = \"ci\", path = \"../attested\" }}]\n{}{}",
        key("ci", 1),
        key("board", 2),
    );
    project.write(".decision-gate/config.toml", &config);
    project.write(".decision-gate/gates.yaml", &gates(action));
    project.write(".decision-gate/ship.yaml", SCENARIO);
    project.write("attested/README", "not an envelope");
    write_private(&project, "ci.pem", &private_pem(1));
    write_private(&project, "board.pem", &private_pem(2));
    project
}

const SCENARIO: &str = r"
scenario_id: ship
stages:
  - stage_id: ship
    gates: [{ gate_id: released, requirement: release }]
conditions:
  - condition_id: release
    query: { provider_id: release, check_id: chain, params: { environment: production } }
    comparator: equals
    expected: pass
";

fn subject() -> String {
    format!("sha256:{}", "ab".repeat(32))
}

/// Traces the artifact in staging, and signs what was seen.
pub(crate) fn trace(project: &Project, key: &str) {
    let subject = subject();
    let window = ["--start", "2026-01-01T12:00:00Z", "--end", "2026-01-01T12:01:00Z", "--trace-source", "perf"];
    let line = ["attest", "execution", "--trace", TRACE, "--environment", "staging", "--subject", &subject];
    let out = ["--key", key, "--out", "attested/trace.json"];
    project.run(&[&line[..], &window, &out].concat()).expect(0);
}

/// A waiver of the execution gate, for so many days from now.
pub(crate) fn waive(project: &Project, from: i64, to: i64) {
    let at = |days: i64| {
        let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().as_millis();
        decision_gate_core::at::Timestamp::UnixMillis(i64::try_from(now).unwrap() + days * 86_400_000).to_string()
    };
    let predicate = json!({
        "gate": "execution-evidence", "environment": "production",
        "reason": "the tracer is down", "approver": "release-board", "issued_at": at(from), "expires_at": at(to),
    });
    project.write("waiver.json", &predicate.to_string());
    let subject = subject();
    let kind = ["--predicate", "waiver.json", "--predicate-type", "urn:decision-gate:waiver:v1"];
    let line = ["attest", "sign", "--key", "board.pem", "--subject", &subject, "--out", "attested/waiver.json"];
    project.run(&[&line[..], &kind].concat()).expect(0);
}

pub(crate) fn evaluate(project: &Project, more: &[&str]) -> Done {
    let subject = subject();
    let line = ["release", "evaluate", "--environment", "production", "--subject", &subject];
    project.run(&[&line[..], more].concat())
}

fn check(project: &Project) -> Done {
    let subject = subject();
    project.run(&["check", "ship", "--environment", "production", "--subject", &subject, "--format", "json"])
}

/// A text without digests, which change with the machine's paths or the time.
fn without_digests(text: &str) -> String {
    let hex = |it: &str| it.len() == 64 && it.bytes().all(|it| it.is_ascii_hexdigit());
    let word = |it: &str| it.split('@').map(|it| if hex(it) { "[digest]" } else { it }).collect::<Vec<_>>().join("@");
    text.lines().map(|line| line.split(' ').map(word).collect::<Vec<_>>().join(" ")).collect::<Vec<_>>().join("\n")
}

#[test]
fn a_trace_from_staging_lets_a_release_into_production() {
    let project = project("Block");
    let held = evaluate(&project, &[]).expect(1);
    insta::assert_snapshot!("release_held", without_digests(&held.transcript()));
    trace(&project, "ci.pem");
    write_private(&project, "gate.pem", &private_pem(9));
    let passed = evaluate(&project, &["--export", "proof", "--sign", "gate.pem"]).expect(0);
    insta::assert_snapshot!("release_passed", without_digests(&passed.transcript()));
    // The audit record and the whole judgement are in the pack, and replay to the same bytes.
    let events: Value = serde_json::from_str(&project.read("proof/events.json")).unwrap();
    let release = events.pointer("/1/body/evidence/0/release").unwrap();
    assert_eq!((&release["outcome"], &release["environment"]), (&json!("True"), &json!("production")));
    assert!(release["audit"]["VexTrustGateResult"] == "Skip", "{release}");
    import(&project, "gate", 9, &[]);
    import(&project, "auditors-copy", 1, &["--predicate-type", "stella.ops/executionEvidence@v1"]);
    let keys = ["--keys", ".decision-gate/keyring.json", "--format", "json"];
    let verify = ["runpack", "verify", "proof", "--expect-environment", "production"];
    let report = project.run(&[&verify[..], &keys, &["--expect-subject", &subject()]].concat()).expect(0).json();
    assert_eq!(report["facets"]["replay"]["level"], "all", "{report}");
}

#[test]
fn a_changed_pack_of_a_release_is_refused() {
    let project = project("Block");
    trace(&project, "ci.pem");
    evaluate(&project, &["--export", "proof"]).expect(0);
    let verify = ["runpack", "verify", "proof", "--level", "replayed"];
    project.run(&verify).expect(0);
    for file in files_below(&project.folder().join("proof")) {
        let path = format!("proof/{file}");
        let text = project.read(&path);
        for (from, to) in [("\"quality_met\"", "\"quality_not\""), ("\"True\"", "\"False\""), ("Pass", "Fail")] {
            let changed = text.replacen(from, to, 1);
            if changed != text {
                project.write(&path, &changed);
                project.run(&verify).expect(1);
            }
        }
        project.write(&path, &text);
    }
    project.run(&verify).expect(0);
}

#[test]
fn without_a_trace_the_policy_says_whether_it_warns_or_blocks() {
    let blocking = project("Block");
    evaluate(&blocking, &[]).expect(1);
    check(&blocking).expect(1);
    let warning = project("Warn");
    let answer = evaluate(&warning, &["--format", "json"]).expect(0).json();
    let row = &answer["release"]["gates"][1];
    assert_eq!(
        (&row["outcome"], &row["message"]),
        (&json!("Warn"), &json!("No execution evidence found for this artifact (warn mode)"),)
    );
    check(&warning).expect(0);
}

#[test]
fn what_nobody_trusted_signed_does_not_count() {
    let project = project("Block");
    write_private(&project, "other.pem", &private_pem(7));
    trace(&project, "other.pem");
    let answer = evaluate(&project, &["--format", "json"]).expect(1).json();
    assert_eq!(answer["code"], "gate_unknown", "{answer}");
    assert!(answer["release"]["refused"].is_array(), "{answer}");
    let mut envelope: Value = {
        trace_again(&project);
        serde_json::from_str(&project.read("attested/trace.json")).unwrap()
    };
    let payload = STANDARD.decode(envelope["payload"].as_str().unwrap()).unwrap();
    let changed = String::from_utf8(payload).unwrap().replacen("staging", "stagind", 1);
    envelope["payload"] = STANDARD.encode(changed).into();
    project.write("attested/trace.json", &envelope.to_string());
    evaluate(&project, &[]).expect(1);
}

fn trace_again(project: &Project) {
    std::fs::remove_file(project.folder().join("attested/trace.json")).unwrap();
    trace(project, "ci.pem");
    evaluate(project, &[]).expect(0);
}

#[test]
fn a_waiver_lets_through_until_it_ends_on_every_path() {
    let project = project("Block");
    waive(&project, -1, 3);
    let answer = evaluate(&project, &["--format", "json", "--export", "proof"]).expect(0).json();
    assert_eq!(answer["release"]["gates"][1]["outcome"], "Block");
    assert_eq!(answer["release"]["upcoming"][0]["lapses_in_days"], 2, "{answer}");
    assert_eq!(answer["relaxations"], json!(["release_waived"]));
    check(&project).expect(0);
    project.run(&["runpack", "verify", "proof", "--level", "replayed"]).expect(0);
    std::fs::remove_file(project.folder().join("attested/waiver.json")).unwrap();
    waive(&project, -4, -1);
    let answer = evaluate(&project, &["--format", "json"]).expect(1).json();
    assert_eq!(answer["release"]["gates"][1]["refused_waivers"][0]["code"], "waiver_expired");
    check(&project).expect(1);
}

#[test]
fn flags_hold_for_one_command_and_leave_the_ledger_alone() {
    let project = project("Block");
    evaluate(&project, &[]).expect(1);
    project.write("trial.yaml", &gates("Warn"));
    let trial = evaluate(&project, &["--policy", "trial.yaml", "--format", "json"]).expect(0).json();
    assert_eq!(trial["ledger"], Value::Null);
    evaluate(&project, &[]).expect(1);
    trace(&project, "ci.pem");
    std::fs::create_dir(project.folder().join("empty")).unwrap();
    evaluate(&project, &["--attestations", "empty"]).expect(1);
    evaluate(&project, &["--attestations", "attested"]).expect(0);
    // What the caller says is asserted, and counts for nothing.
    let said = ["--metadata", "has_execution_evidence=true", "--attestations", "empty", "--format", "json"];
    let answer = evaluate(&project, &said).expect(1).json();
    assert_eq!(answer["release"]["gates"][1]["near_misses"][0]["code"], "trust_lane", "{answer}");
}

#[test]
fn what_can_not_be_asked_is_no_decision() {
    let project = project("Block");
    let subject = subject();
    for (line, code) in [
        (["--environment", "moon", "--subject", &subject], "environment_unknown"),
        (["--environment", "production", "--subject", "sha256:12"], "arguments_invalid"),
    ] {
        let answer = project.run(&[&["release", "evaluate", "--format", "json"], &line[..]].concat()).expect(2).json();
        assert_eq!(answer["error"]["code"], code, "{answer}");
    }
    let answer = evaluate(&project, &["--policy-name", "lax", "--format", "json"]).expect(2).json();
    assert_eq!(answer["error"]["code"], "release_policy_unknown");
    let none = Project::empty();
    none.write(".decision-gate/config.toml", "environments = [\"production\"]\n");
    let answer = evaluate(&none, &["--format", "json"]).expect(2).json();
    assert_eq!(answer["error"]["code"], "release_not_configured");
}

#[test]
fn the_sample_scenario_that_promotes_is_loaded_and_runs() {
    let project = project("Block");
    let config = project.read(".decision-gate/config.toml").replace("\"ship.yaml\"", "\"promote.yaml\"");
    let reports =
        "[[providers]]\nname = \"json\"\nconfig = { roots = [{ root_id = \"ci\", path = \"../reports\" }] }\n";
    project.write(".decision-gate/config.toml", &format!("{config}{reports}"));
    project.write(".decision-gate/promote.yaml", &crate::support::sample("scenarios/promote.yaml"));
    project.write("reports/tests.json", r#"{ "failed": 0 }"#);
    let subject = subject();
    let promote = || project.run(&["check", "promote", "--environment", "production", "--subject", &subject]);
    promote().expect(1);
    trace(&project, "ci.pem");
    promote().expect(0);
    project.write("reports/tests.json", r#"{ "failed": 1 }"#);
    promote().expect(1);
}

#[test]
fn all_files_of_a_release_have_a_limit_of_their_own() {
    let project = project("Block");
    let config = project
        .read(".decision-gate/config.toml")
        .replace("[release]\n", "[limits]\nmax_evidence_bytes = 65536\n[release]\n");
    project.write(".decision-gate/config.toml", &config);
    trace(&project, "ci.pem");
    // Quotes and line ends take twice the room in JSON; that is no concern of whoever hands files in.
    project.write("attested/notes.txt", &"\"\n".repeat(300_000));
    evaluate(&project, &["--export", "proof"]).expect(0);
    project.run(&["runpack", "verify", "proof", "--level", "replayed"]).expect(0);
    let limited = config.replace("[release.attestations]\n", "[release.attestations]\nmax_bytes = 600000\n");
    project.write(".decision-gate/config.toml", &limited);
    let answer = evaluate(&project, &["--format", "json"]).expect(1).json().to_string();
    assert!(
        answer.contains("evidence_too_large") && answer.contains("`release.attestations.max_bytes` allows"),
        "{answer}"
    );
}
