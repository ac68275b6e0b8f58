//! `doctor`: each of the four rows of the troubleshooting table is detected, and what else keeps a gate from deciding.

use serde_json::{Value, json};

use crate::keys::{import, private_pem, public_pem, write_private};
use crate::support::Project;

const CONFIG: &str = r#"
environments = ["development", "staging", "production"]
[store]
path = "ledger.db"
[release]
policy = "gates.yaml"
issuers = "issuers.json"
outcomes = "outcomes.intoto.jsonl"
recorder_keys = ["triage"]
attestations = { roots = [{ root_id = "vex", path = "../evidence" }] }
purls = [{ name = "app", purls = ["pkg:oci/acme/app@1.0"] }]
"#;

/// The gate on VEX trust with thresholds that outcomes are not needed for.
const GATES: &str = "PolicyGates:\n  VexTrust:\n    Enabled: true\n    Thresholds:\n      production: {MinCompositeScore: 0.75, MinAccuracyRate: null}\n";

/// A project in which everything is as it should be.
fn healthy() -> Project {
    let project = Project::empty();
    let key = format!(
        "[[trust.keys]]\nkey_id = \"triage\"\nalgorithm = \"ed25519\"\npublic_key = \"\"\"\n{}\"\"\"\n",
        public_pem(2)
    );
    project.write(".decision-gate/config.toml", &format!("{CONFIG}{key}"));
    project.write(".decision-gate/gates.yaml", GATES);
    import(&project, "triage", 2, &[]);
    import(&project, "acme", 1, &["--keyring", "acme.json"]);
    for (file, seed) in [("triage.pem", 2), ("acme.pem", 1)] {
        write_private(&project, file, &private_pem(seed));
    }
    let add = ["issuers", "add", "acme", "--keyring", "acme.json", "--authority", "pkg:oci/acme"];
    project.run(&[&add[..], &["--directory", ".decision-gate/issuers.json"]].concat()).expect(0);
    vex(&project, "vex.json", 1, 0);
    record(&project);
    project
}

/// A VEX document of so many days ago, signed by the issuer.
fn vex(project: &Project, file: &str, version: u64, days: i64) {
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().as_millis();
    let at = i64::try_from(now).unwrap() - days * 86_400_000;
    let document = json!({
        "@context": "https://openvex.dev/ns/v0.2.0", "@id": "https://acme.example/vex", "author": "acme",
        "timestamp": decision_gate_core::at::Timestamp::UnixMillis(at).to_string(), "version": version,
        "statements": [{
            "vulnerability": { "name": "CVE-2026-0001" }, "products": [{ "@id": "pkg:oci/acme/app@1.0" }],
            "status": "not_affected", "impact_statement": "so",
        }],
    });
    project.write("openvex.json", &document.to_string());
    let subject = format!("sha256:{}", "ab".repeat(32));
    let out = format!("evidence/{file}");
    project.write("evidence/README", "no evidence");
    let kind = ["--predicate", "openvex.json", "--predicate-type", "https://openvex.dev/ns/v0.2.0"];
    let line = ["attest", "sign", "--key", "acme.pem", "--key-id", "acme", "--subject", &subject, "--out", &out];
    project.run(&[&line[..], &kind].concat()).expect(0);
}

fn record(project: &Project) {
    let subject = format!("sha256:{}", "ab".repeat(32));
    let what =
        ["--vulnerability", "CVE-1", "--claimed", "not_affected", "--outcome", "confirmed", "--key", "triage.pem"];
    let files = [
        "--directory",
        ".decision-gate/issuers.json",
        "--records",
        ".decision-gate/outcomes.intoto.jsonl",
        "--subject",
        &subject,
    ];
    project.run(&[&["issuers", "record-outcome", "acme"], &what[..], &files].concat()).expect(0);
}

/// Codes of what was found, with how bad it is, in order of the checks.
fn codes(report: &Value) -> Vec<String> {
    let checks = report["checks"].as_array().unwrap().iter();
    let findings = checks.flat_map(|it| it["findings"].as_array().unwrap());
    findings
        .inspect(|it| assert!(it["hint"].as_str().is_some_and(|hint| hint.len() > 10), "{it}"))
        .map(|it| format!("{} {}", it["severity"].as_str().unwrap(), it["code"].as_str().unwrap()))
        .collect()
}

#[track_caller]
fn found(project: &Project, code: i32) -> Vec<String> {
    codes(&project.run(&["doctor", "--format", "json"]).expect(code).json())
}

#[test]
fn a_healthy_project_has_nothing() {
    let project = healthy();
    insta::assert_snapshot!("healthy", project.run(&["doctor"]).expect(0).transcript());
    assert_eq!(found(&project, 0), Vec::<String>::new());
    assert!(!project.folder().join(".decision-gate/ledger.db").exists(), "looking makes nothing");
    assert_eq!(found(&Project::fresh(), 0), Vec::<String>::new());
}

#[test]
fn all_vex_blocked_is_a_directory_without_issuers() {
    let project = healthy();
    std::fs::remove_file(project.folder().join(".decision-gate/outcomes.intoto.jsonl")).unwrap();
    project.write(".decision-gate/issuers.json", "[]");
    let found_now = found(&project, 1);
    assert!(found_now.contains(&"trouble issuers_empty".to_owned()), "{found_now:?}");
    let text = project.run(&["doctor"]).expect(1).stdout;
    assert!(text.contains("populate the directory with trusted issuers"), "{text}");
    let config = project.read(".decision-gate/config.toml");
    project.write(".decision-gate/config.toml", &config.replace("issuers = \"issuers.json\"\n", ""));
    let found_now = found(&project, 1);
    assert!(found_now.contains(&"trouble issuers_not_configured".to_owned()), "{found_now:?}");
    let project = healthy();
    let issuers = project.read(".decision-gate/issuers.json");
    let mut issuers: Value = serde_json::from_str(&issuers).unwrap();
    issuers[0]["not_after"] = json!({ "kind": "unix_millis", "value": 1_767_225_600_000_i64 });
    project.write(".decision-gate/issuers.json", &issuers.to_string());
    assert_eq!(found(&project, 1), ["trouble issuers_none_in_force"]);
}

#[test]
fn false_positives_are_thresholds_that_nothing_reaches() {
    let project = healthy();
    project.write(
        ".decision-gate/gates.yaml",
        "PolicyGates:\n  VexTrust:\n    Enabled: true\n    Thresholds:\n      production: {MinCompositeScore: 0.9}\n",
    );
    let report = project.run(&["doctor", "--format", "json"]).expect(1).json();
    let found = codes(&report);
    assert!(found.contains(&"trouble threshold_unreachable".to_owned()), "{found:?}");
    assert!(found.contains(&"trouble accuracy_unreachable".to_owned()), "{found:?}");
    let text = report.to_string();
    assert!(text.contains("production: `MinCompositeScore` is 0.9, and no claim can reach more than 0.8"), "{text}");
    // Ten confirmed outcomes later everything can be reached.
    (0..9).for_each(|_| record(&project));
    assert_eq!(codes(&project.run(&["doctor", "--format", "json"]).expect(0).json()), Vec::<String>::new());
}

#[test]
fn missing_trust_data_is_a_pipeline_that_does_not_run() {
    let project = healthy();
    std::fs::remove_file(project.folder().join("evidence/vex.json")).unwrap();
    assert_eq!(found(&project, 1), ["trouble vex_evidence_missing"]);
    vex(&project, "old.json", 1, 40);
    assert_eq!(found(&project, 0), ["doubt vex_evidence_stale"]);
    let config = project.read(".decision-gate/config.toml");
    let without = config.lines().filter(|line| !line.starts_with("attestations")).collect::<Vec<_>>().join("\n");
    project.write(".decision-gate/config.toml", &without);
    let found_now = found(&project, 1);
    assert!(found_now.contains(&"trouble vex_evidence_unconfigured".to_owned()), "{found_now:?}");
}

#[test]
fn inconsistent_decisions_are_what_is_old_and_still_about() {
    let project = healthy();
    vex(&project, "newer.json", 2, 0);
    assert_eq!(found(&project, 0), ["doubt vex_document_outdated"]);
    let project = healthy();
    record(&project);
    let records = project.read(".decision-gate/outcomes.intoto.jsonl");
    let second = records.lines().nth(1).unwrap();
    project.write(".decision-gate/outcomes.intoto.jsonl", &format!("{second}\n"));
    assert_eq!(found(&project, 1), ["trouble outcomes_incomplete"]);
    let project = healthy();
    let config = project.read(".decision-gate/config.toml");
    project.write(".decision-gate/config.toml", &config.replace("[store]", "[server]\nreload = \"off\"\n[store]"));
    assert_eq!(found(&project, 0), ["doubt reload_off"]);
}

#[test]
fn what_else_stands_in_the_way_is_found() {
    let project = healthy();
    project.write(".decision-gate/issuers.json.new", "");
    assert_eq!(found(&project, 0), ["doubt lock_pending"]);
    let project = healthy();
    let config = project.read(".decision-gate/config.toml");
    project.write(".decision-gate/config.toml", &config.replace("[store]", "[runpacks]\nroot = \"packs\"\n[store]"));
    std::fs::create_dir_all(project.folder().join(".decision-gate/packs/.one.17.part")).unwrap();
    assert_eq!(found(&project, 0), ["doubt pack_unfinished"]);
    let project = healthy();
    project.write(".decision-gate/keyring.json", "{}");
    assert_eq!(found(&project, 1), ["trouble keyring_invalid"]);
    let project = healthy();
    project.write(".decision-gate/ledger.db", "no database");
    assert_eq!(found(&project, 1), ["trouble store_corrupt"]);
    let project = healthy();
    project.write(".decision-gate/config.toml", "[stor]\n");
    assert_eq!(found(&project, 1), ["trouble config_unknown_key"]);
    assert_eq!(project.run(&["doctor", "--format", "yaml"]).code, Some(2));
}

fn ledger(project: &Project) -> std::path::PathBuf {
    project.folder().join(".decision-gate/ledger.db")
}

/// A project with one run that was decided.
fn decided() -> Project {
    let project = Project::fresh();
    project.report(12, 0, 84.5);
    project.run(&["check", "release", "--run-id", "one"]).expect(0);
    project
}

/// Not when the file was written, but when what is in it happened.
#[test]
fn a_run_from_the_future_is_found_also_after_another_was_decided() {
    let project = decided();
    let ahead = std::time::SystemTime::now() + std::time::Duration::from_hours(1);
    std::fs::File::options().append(true).open(ledger(&project)).unwrap().set_modified(ahead).unwrap();
    assert_eq!(found(&project, 0), Vec::<String>::new());
    let now = ahead.duration_since(std::time::UNIX_EPOCH).unwrap().as_millis();
    let shift = format!(
        "UPDATE heads SET state = CAST(json_set(CAST(state AS TEXT), '$.last_event_at.value', {now}) AS BLOB) \
         WHERE stream = 'one'"
    );
    assert_eq!(rusqlite::Connection::open(ledger(&project)).unwrap().execute(&shift, []), Ok(1));
    project.run(&["check", "release", "--run-id", "two"]).expect(0);
    assert_eq!(found(&project, 1), ["trouble clock_behind_ledger"]);
}

/// What the doctor finds, unless it waits for somebody who never comes.
#[cfg(unix)]
fn found_soon(project: &Project) -> Vec<String> {
    let mut child = project.command(&["doctor", "--format", "json"]);
    let mut child = child.stdout(std::process::Stdio::piped()).stderr(std::process::Stdio::null()).spawn().unwrap();
    let until = std::time::Instant::now() + std::time::Duration::from_secs(30);
    while child.try_wait().unwrap().is_none() {
        if std::time::Instant::now() > until {
            child.kill().unwrap();
            panic!("the doctor waits");
        }
        std::thread::sleep(std::time::Duration::from_millis(10));
    }
    codes(&serde_json::from_slice(&child.wait_with_output().unwrap().stdout).unwrap())
}

#[cfg(unix)]
#[test]
fn what_is_no_regular_file_is_never_opened() {
    for (path, expected) in [
        (".decision-gate/ledger.db", "trouble store_not_open"),
        (".decision-gate/keyring.json", "trouble input_unreadable"),
        (".decision-gate/issuers.json", "trouble input_unreadable"),
        (".decision-gate/outcomes.intoto.jsonl", "trouble provider_unusable"),
        ("evidence/vex.json", "trouble vex_evidence_missing"),
        (".decision-gate/gates.yaml", "trouble config_unreadable"),
        (".decision-gate/config.toml", "trouble config_unreadable"),
        (".mcp.json", "doubt input_unreadable"),
    ] {
        let project = healthy();
        let pipe = project.folder().join(path);
        std::fs::remove_file(&pipe).ok();
        assert!(std::process::Command::new("mkfifo").arg(&pipe).status().unwrap().success());
        let found = found_soon(&project);
        assert!(found.contains(&expected.to_owned()), "{path}: {found:?}");
    }
    let project = healthy();
    std::os::unix::fs::symlink("nowhere", ledger(&project)).unwrap();
    assert_eq!(found(&project, 1), ["trouble store_not_open"]);
    let refused = project.run(&["ledger", "stats", "--format", "json"]).expect(2).json();
    assert_eq!(refused["error"]["code"], "store_unavailable");
    assert!(!project.folder().join(".decision-gate/nowhere").exists());
}

/// Looking at an older ledger says so, and leaves it to the next decision to bring it up.
#[test]
fn an_older_ledger_is_told_and_left_as_it_is() {
    let project = decided();
    let older = "DROP TABLE marks; PRAGMA user_version = 3";
    rusqlite::Connection::open(ledger(&project)).unwrap().execute_batch(older).unwrap();
    let files = || {
        let folder = std::fs::read_dir(project.folder().join(".decision-gate")).unwrap();
        let mut files: Vec<_> = folder.map(|it| it.unwrap().path()).map(|it| (std::fs::read(&it).ok(), it)).collect();
        files.sort();
        files
    };
    let before = files();
    assert_eq!(found(&project, 0), ["doubt store_version"]);
    for line in
        [&["ledger", "verify"][..], &["ledger", "stats"], &["ledger", "prove", "one"], &["runpack", "export", "one"]]
    {
        let refused = project.run(&[line, &["--format", "json"]].concat()).expect(2).json();
        assert_eq!(refused["error"]["code"], "store_version", "{line:?}");
        assert!(refused["error"]["hint"].as_str().unwrap().contains("brings it up"), "{refused}");
    }
    assert_eq!(files(), before);
    project.run(&["check", "release", "--run-id", "two"]).expect(0);
    project.run(&["ledger", "verify"]).expect(0);
    assert_eq!(found(&project, 0), Vec::<String>::new());
}

#[test]
fn clients_that_can_not_start_the_server_are_found() {
    let project = Project::fresh();
    let codes = || {
        let report = project.run(&["doctor", "--format", "json"]);
        let report = report.json();
        let clients = report["checks"].as_array().unwrap().iter().find(|it| it["check"] == "clients").unwrap().clone();
        let found = clients["findings"].as_array().unwrap().iter();
        found.map(|it| it["code"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(codes(), Vec::<String>::new());
    project.run(&["mcp", "config", "--client", "vscode", "--write"]).expect(0);
    assert_eq!(codes(), Vec::<String>::new());
    let entry = |command: &str, args: &str| {
        project.write(
            ".mcp.json",
            &format!(r#"{{"mcpServers": {{"gate": {{"command": "{command}", "args": [{args}]}}}}}}"#),
        );
        codes()
    };
    let program = env!("CARGO_BIN_EXE_decision-gate");
    assert_eq!(
        entry("/no/such/decision-gate", r#""serve", "--config", "/no/such.toml""#),
        ["client_program_missing", "client_config_missing"]
    );
    assert_eq!(
        entry("decision-gate", r#""serve", "--config", "gate.toml""#),
        ["client_program_bare", "client_config_relative"]
    );
    assert_eq!(entry(program, r#""serve""#), ["client_config_unnamed"]);
    project.write("other.toml", "");
    let other = project.folder().join("other.toml");
    assert_eq!(entry(program, &format!(r#""serve", "--config", "{}""#, other.display())), ["client_config_other"]);
    // Another program's entry is none of ours, and a file that does not read is said.
    assert_eq!(entry("/usr/bin/other", ""), Vec::<String>::new());
    project.write(".mcp.json", "{");
    assert_eq!(codes(), ["client_file_invalid"]);
}

#[test]
fn providers_without_their_program_or_secret_are_found() {
    let project = Project::empty();
    let provider = |name: &str, config: &str| {
        format!("[[providers]]\nname = \"{name}\"\ntype = \"mcp\"\nconfig = {{ {config} }}\n")
    };
    let check = "checks = [{ check_id = \"x\" }]";
    project.write(
        "decision-gate.toml",
        &[
            provider("gone", &format!("command = \"no-such-program-here\", {check}")),
            provider("below", &format!("command = \"tools/scan\", {check}")),
            provider(
                "far",
                &format!("url = \"https://scan.example/mcp\", bearer_token_env = \"NO_SUCH_TOKEN\", {check}"),
            ),
        ]
        .concat(),
    );
    let codes = || {
        let report = project.run(&["doctor", "--format", "json"]).json();
        let providers =
            report["checks"].as_array().unwrap().iter().find(|it| it["check"] == "providers").unwrap().clone();
        let found = providers["findings"].as_array().unwrap().iter();
        found.map(|it| it["code"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(codes(), ["provider_program_missing", "provider_program_missing", "provider_variable_unset"]);
    project.write("tools/scan", "");
    assert_eq!(codes(), ["provider_program_missing", "provider_variable_unset"]);
}
