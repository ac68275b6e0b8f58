//! What a VEX source said once can't be taken back by keeping it away: the ledger remembers it from release to release.

use std::fs;

use serde_json::{Value, json};

use crate::keys::{import, private_pem, public_pem, write_private};
use crate::support::Project;

const CONFIG: &str = r#"
environments = ["production"]
[store]
path = "ledger.db"
[scenarios]
files = ["ship.yaml"]
[release]
policy = "gates.yaml"
issuers = "issuers.json"
outcomes = "outcomes.intoto.jsonl"
recorder_keys = ["triage"]
attestations = { roots = [{ root_id = "vex", path = "../evidence" }] }
purls = [PURLS]
"#;

/// Everything that is not let through is held. Outcomes are asked for where a test records some.
const GATES: &str = "PolicyGates:\n  VexTrust:\n    Enabled: true\n    MissingTrustBehavior: Block\n    MinOutcomes: 2\n    \
    Thresholds:\n      production: {MinCompositeScore: 0.6, MinAccuracyRate: ACCURACY}\n";

const SCENARIO: &str = r"
scenario_id: ship
stages:
  - stage_id: ship
    gates: [{ gate_id: released, requirement: release }]
conditions:
  - condition_id: release
    query: { provider_id: release, check_id: vex-trust, params: { environment: production } }
    comparator: equals
    expected: pass
";

/// A document of the issuer, so many days old.
struct Vex {
    id: &'static str,
    version: u64,
    status: &'static str,
    days: i64,
}

const CLEARED: Vex = Vex { id: "https://acme.example/vex", version: 1, status: "not_affected", days: 9 };
const REVOKED: Vex = Vex { id: "https://acme.example/vex", version: 2, status: "affected", days: 2 };

fn project(accuracy: &str) -> Project {
    let project = Project::empty();
    let purl = |byte| format!("{{ digest = \"sha256:{byte}\", purls = [\"pkg:oci/acme/app@1.0\"] }}");
    let purls = ["ab", "cd", "11", "22", "33", "44", "55", "66", "77"].map(purl);
    let key = format!(
        "[[trust.keys]]\nkey_id = \"triage\"\nalgorithm = \"ed25519\"\npublic_key = \"\"\"\n{}\"\"\"\n",
        public_pem(2)
    );
    project.write(".decision-gate/config.toml", &format!("{}{key}", CONFIG.replace("PURLS", &purls.join(", "))));
    project.write(".decision-gate/gates.yaml", &GATES.replace("ACCURACY", accuracy));
    project.write(".decision-gate/ship.yaml", SCENARIO);
    project.write(".decision-gate/outcomes.intoto.jsonl", "");
    project.write("evidence/README", "no evidence");
    import(&project, "triage", 2, &[]);
    import(&project, "acme", 1, &["--keyring", "acme.json"]);
    write_private(&project, "acme.pem", &private_pem(1));
    write_private(&project, "triage.pem", &private_pem(2));
    let add = ["issuers", "add", "acme", "--keyring", "acme.json", "--authority", "*"];
    project.run(&[&add[..], &["--directory", ".decision-gate/issuers.json"]].concat()).expect(0);
    project
}

fn artifact(byte: &str) -> String {
    format!("sha256:{}", byte.repeat(32))
}

fn publish(project: &Project, vex: &Vex, file: &str) {
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().as_millis();
    let at = i64::try_from(now).unwrap() - vex.days * 86_400_000;
    let document = json!({
        "@context": "https://openvex.dev/ns/v0.2.0", "@id": vex.id, "author": "acme", "version": vex.version,
        "timestamp": decision_gate_core::at::Timestamp::UnixMillis(at).to_string(),
        "statements": [{
            "vulnerability": { "name": "CVE-2026-0001" }, "products": [{ "@id": "pkg:oci/acme/app@1.0" }],
            "status": vex.status, "impact_statement": "so", "action_statement": "update",
        }],
    });
    project.write("openvex.json", &document.to_string());
    // Bound by the package alone, so that one document is about every artifact of it.
    let envelope = decision_gate_core::dsse::sign(
        "application/vnd.openvex+json",
        &fs::read(project.folder().join("openvex.json")).unwrap(),
        &decision_gate_core::keys::SigningKey::from_seed(&[1; 32]),
        None,
    );
    project.write(file, std::str::from_utf8(envelope.as_bytes()).unwrap());
}

fn evaluate(project: &Project, byte: &str, more: &[&str]) -> Value {
    let subject = artifact(byte);
    let line = ["release", "evaluate", "--environment", "production", "--subject", &subject, "--format", "json"];
    project.run(&[&line[..], more].concat()).json()
}

/// Whether it was allowed, and the reason of the gate on VEX trust.
fn reason(answer: &Value) -> (bool, String) {
    let rows = answer["release"]["gates"].as_array().unwrap_or_else(|| panic!("{answer:#}"));
    let row = rows.iter().find(|it| it["gate"] == "vex-trust").unwrap();
    (answer["release"]["allowed"] == true, row["reason"].as_str().unwrap().to_owned())
}

fn hide(project: &Project, file: &str) {
    fs::remove_file(project.folder().join(file)).unwrap();
}

#[test]
fn hiding_the_document_that_revoked_a_claim_lets_nothing_through() {
    let project = project("null");
    publish(&project, &CLEARED, "evidence/1.json");
    assert_eq!(reason(&evaluate(&project, "ab", &[])), (true, "trust_met".into()));
    publish(&project, &REVOKED, "evidence/2.json");
    let told = evaluate(&project, "ab", &[]);
    assert!(!reason(&told).0, "{told:#}");
    hide(&project, "evidence/2.json");
    let hidden = evaluate(&project, "ab", &["--export", "proof"]);
    assert_eq!(reason(&hidden), (false, "vex_source_silent".into()), "{hidden:#}");

    // The live decision and its replay are the same bytes, and the memory is part of what is proven.
    project.run(&["runpack", "verify", "proof", "--level", "replayed"]).expect(0);
    let events: Value = serde_json::from_str(&project.read("proof/events.json")).unwrap();
    let seen = events.pointer("/1/body/evidence/0/release/seen").unwrap().as_object().unwrap();
    let version = seen.iter().find(|(name, _)| name.starts_with("version/") && name.ends_with("/acme")).unwrap();
    assert_eq!(version.1, "2", "{seen:?}");
    let stripped = project.read("proof/values.json");
    assert!(stripped.contains("version/"), "{stripped}");

    // Other ways to the same gate remember as well: a scenario, and a trial with files of its own.
    let subject = artifact("ab");
    let check = ["check", "ship", "--environment", "production", "--subject", &subject];
    project.run(&check).expect(1);
    assert_eq!(reason(&evaluate(&project, "ab", &["--attestations", "evidence"])), (false, "vex_source_silent".into()));
    // All of it hidden, with the default for missing data.
    hide(&project, "evidence/1.json");
    project.write(
        ".decision-gate/gates.yaml",
        &GATES.replace("ACCURACY", "null").replace("Behavior: Block", "Behavior: Allow"),
    );
    assert_eq!(reason(&evaluate(&project, "ab", &[])), (false, "vex_source_silent".into()));
    // Whole again.
    publish(&project, &CLEARED, "evidence/1.json");
    publish(&project, &REVOKED, "evidence/2.json");
    publish(&project, &Vex { version: 3, status: "not_affected", days: 1, ..REVOKED }, "evidence/3.json");
    assert_eq!(reason(&evaluate(&project, "ab", &[])), (true, "trust_met".into()));
}

#[test]
fn a_document_that_is_rolled_back_is_old_for_every_artifact_whatever_the_order() {
    let project = project("null");
    publish(&project, &Vex { version: 2, status: "not_affected", ..REVOKED }, "evidence/vex.json");
    assert_eq!(reason(&evaluate(&project, "ab", &[])), (true, "trust_met".into()));
    publish(&project, &CLEARED, "evidence/vex.json");
    // Another artifact was never spoken of, so nothing was taken from it: but the document has been replaced.
    assert_eq!(reason(&evaluate(&project, "cd", &[])), (false, "freshness".into()));
    assert_eq!(reason(&evaluate(&project, "ab", &[])), (false, "vex_source_silent".into()));
    // A ledger that has seen nothing knows no better.
    let other = self::project("null");
    publish(&other, &CLEARED, "evidence/vex.json");
    assert_eq!(reason(&evaluate(&other, "cd", &[])), (true, "trust_met".into()));
}

#[test]
fn a_second_document_of_the_source_can_not_be_kept_back_either() {
    let project = project("null");
    publish(&project, &CLEARED, "evidence/1.json");
    publish(&project, &Vex { id: "https://acme.example/other", version: 1, ..REVOKED }, "evidence/2.json");
    assert!(!reason(&evaluate(&project, "ab", &[])).0);
    hide(&project, "evidence/2.json");
    assert_eq!(reason(&evaluate(&project, "ab", &[])), (false, "vex_source_silent".into()));
    // A document that was published anew under another name takes the place of older ones.
    publish(
        &project,
        &Vex { id: "https://acme.example/new", status: "not_affected", days: 1, ..CLEARED },
        "evidence/3.json",
    );
    assert_eq!(reason(&evaluate(&project, "ab", &[])), (true, "trust_met".into()));
    // With a closed list of sources nothing that was said may be missing.
    let listed = GATES.replace("ACCURACY", "null").replace("    Thresholds", "    Sources: [acme]\n    Thresholds");
    project.write(".decision-gate/gates.yaml", &listed);
    assert_eq!(reason(&evaluate(&project, "ab", &[])), (false, "vex_source_silent".into()));
    // An issuer that the operator takes from the directory is not waited for.
    project.write(".decision-gate/gates.yaml", &GATES.replace("ACCURACY", "null"));
    project.write(".decision-gate/issuers.json", "[]");
    assert_ne!(reason(&evaluate(&project, "ab", &[])).1, "vex_source_silent");
}

#[test]
fn records_of_outcomes_that_were_seen_can_not_be_cut_off() {
    let project = project("0.6");
    publish(&project, &CLEARED, "evidence/vex.json");
    for outcome in ["confirmed", "confirmed", "refuted"] {
        let subject = artifact("ab");
        let what =
            ["--vulnerability", "CVE-1", "--claimed", "not_affected", "--outcome", outcome, "--key", "triage.pem"];
        let files = ["--directory", ".decision-gate/issuers.json", "--records", ".decision-gate/outcomes.intoto.jsonl"];
        let line = ["issuers", "record-outcome", "acme", "--subject", &subject];
        project.run(&[&line[..], &what, &files].concat()).expect(0);
    }
    assert_eq!(reason(&evaluate(&project, "ab", &[])), (true, "trust_met".into()));
    let records = project.read(".decision-gate/outcomes.intoto.jsonl");
    let cut: Vec<&str> = records.lines().take(2).collect();
    project.write(".decision-gate/outcomes.intoto.jsonl", &format!("{}\n", cut.join("\n")));
    let answer = evaluate(&project, "ab", &["--export", "proof"]);
    assert_eq!(reason(&answer), (false, "accuracy_rate".into()));
    project.run(&["runpack", "verify", "proof", "--level", "replayed"]).expect(0);
    project.write(".decision-gate/outcomes.intoto.jsonl", &records);
    assert_eq!(reason(&evaluate(&project, "ab", &[])), (true, "trust_met".into()));
}

#[test]
fn processes_that_decide_at_once_lose_no_version() {
    let project = project("null");
    let config = project.read(".decision-gate/config.toml");
    let folders: Vec<String> = (1..=5).map(|version| format!("evidence-{version}")).collect();
    for (folder, version) in folders.iter().zip(1..) {
        publish(&project, &Vex { version, ..CLEARED }, &format!("{folder}/vex.json"));
        let config = config.replace("../evidence", &format!("../{folder}"));
        project.write(&format!(".decision-gate/{folder}.toml"), &config);
    }
    let run = |folder: &String, byte: &str| {
        let config = format!(".decision-gate/{folder}.toml");
        reason(&evaluate(&project, byte, &["--config", &config])).1
    };
    std::thread::scope(|scope| {
        let bytes = ["11", "22", "33", "44", "55"];
        let racing: Vec<_> = folders.iter().zip(bytes).map(|(it, byte)| scope.spawn(move || run(it, byte))).collect();
        for racer in racing {
            let reason = racer.join().unwrap();
            assert!(["trust_met", "freshness"].contains(&reason.as_str()), "{reason}");
        }
    });
    let after: Vec<String> = folders.iter().map(|it| run(it, "66")).collect();
    assert_eq!(after[4], "trust_met");
    // Whoever comes after has what the highest was, in whatever order they ended.
    let again: Vec<String> = folders.iter().map(|it| run(it, "77")).collect();
    assert_eq!(again, ["freshness", "freshness", "freshness", "freshness", "trust_met"]);
}
