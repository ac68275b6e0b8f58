//! The provider `attestation`: from `attest sign` through a gate to a pack that an auditor checks with other keys' file.

use serde_json::Value;

use crate::keys::{import, private_pem, public_pem, write_private};
use crate::support::Project;

const TYPE: &str = "https://in-toto.io/attestation/test-result/v0.1";

const SCENARIO: &str = r"
scenario_id: release
stages:
  - stage_id: ship
    gates: [{ gate_id: tests, requirement: passed }]
conditions:
  - condition_id: passed
    query: { provider_id: attestation, check_id: test.result, params: { root: ci } }
    comparator: equals
    expected: PASSED
";

/// A project whose gate asks for a test result that both `ci` and `scanner` signed.
fn project(threshold: u32) -> Project {
    let project = Project::empty();
    let key = |id: &str, seed: u8| {
        format!(
            "[[trust.keys]]\nkey_id = \"{id}\"\nalgorithm = \"ed25519\"\npublic_key = \"\"\"\n{}\"\"\"\n",
            public_pem(seed)
        )
    };
    let config = format!(
        "[scenarios]\nfiles = [\"release.yaml\"]\n{}{}\n[[providers]]\nname = \"attestation\"\n[providers.config]\n\
         roots = [{{ root_id = \"ci\", path = \"../attested\" }}]\n\
         signers = [{{ predicate_types = [\"{TYPE}\"], keys = [\"ci\", \"scanner\"], threshold = {threshold} }}]\n",
        key("ci", 1),
        key("scanner", 2),
    );
    project.write(".decision-gate/config.toml", &config);
    project.write(".decision-gate/release.yaml", SCENARIO);
    project.write("attested/README", "not an envelope");
    project
}

/// Signs that the tests of the artifact came out so.
fn attest(project: &Project, seed: u8, artifact: &str, result: &str, out: &str) {
    write_private(project, "key.pem", &private_pem(seed));
    let predicate = format!(
        r#"{{"result": "{result}", "configuration": [{{"uri": "https://ci.example/config", "digest": {{"sha256": "{}"}}}}]}}"#,
        "cc".repeat(32)
    );
    project.write("predicate.json", &predicate);
    let subject = format!("sha256:{}", artifact.repeat(32));
    let line = ["attest", "sign", "--key", "key.pem", "--predicate", "predicate.json", "--predicate-type", TYPE];
    project.run(&[&line[..], &["--subject", &subject, "--out", out]].concat()).expect(0);
}

/// Why, how many must sign, who signed what of which artifact, and the code that says why not.
type Case = (&'static str, u32, &'static [(u8, &'static str, &'static str)], &'static str);

fn check(project: &Project, code: i32, more: &[&str]) -> Value {
    let subject = format!("sha256:{}", "ab".repeat(32));
    let line = ["check", "release", "--format", "json", "--subject", &subject];
    project.run(&[&line[..], more].concat()).expect(code).json()
}

/// The code of the only condition's gap.
fn gap(answer: &Value) -> String {
    let text = answer.to_string();
    let codes = ["threshold_not_met", "signature_invalid", "trust_lane", "value_absent"];
    codes.iter().filter(|code| text.contains(**code)).copied().collect::<Vec<_>>().join(" ")
}

#[test]
fn what_trusted_keys_attest_lets_a_release_through() {
    let project = project(1);
    attest(&project, 1, "ab", "PASSED", "attested/tests.json");
    check(&project, 0, &["--export", "proof"]);
    import(&project, "auditors-copy", 1, &["--predicate-type", TYPE]);
    // The pack replays the signatures from its own bytes; who signed the manifest was not asked.
    let keys = ["runpack", "verify", "proof", "--keys", ".decision-gate/keyring.json", "--format", "json"];
    let report = project.run(&[&keys[..], &["--level", "replayed"]].concat()).expect(0).json();
    assert_eq!(report["facets"]["signatures"]["level"], "partial", "{report}");
    let events = project.read("proof/events.json");
    assert!(events.contains(r#""attested":{"envelopes":["#), "{events}");
    // With another key under the same name nobody of the verifier's signed.
    write_private(&project, "gate.pem", &private_pem(9));
    check(&project, 0, &["--export", "signed", "--sign", "gate.pem"]);
    import(&project, "gate", 9, &[]);
    let signed = ["runpack", "verify", "signed", "--keys", ".decision-gate/keyring.json", "--format", "json"];
    assert_eq!(project.run(&signed).expect(0).json()["level"], "signed");
}

#[test]
fn what_does_not_hold_or_is_not_enough_holds_the_release() {
    let cases: [Case; 6] = [
        ("nothing is there", 1, &[], "trust_lane"),
        ("another artifact", 1, &[(1, "cd", "PASSED")], "trust_lane"),
        ("nobody's key", 1, &[(7, "ab", "PASSED")], "signature_invalid"),
        ("one signer of two", 2, &[(1, "ab", "PASSED")], "threshold_not_met"),
        ("the same signer twice", 2, &[(1, "ab", "PASSED"), (1, "ab", "PASSED")], "threshold_not_met"),
        ("two that contradict one another", 2, &[(1, "ab", "PASSED"), (2, "ab", "FAILED")], "threshold_not_met"),
    ];
    for (why, threshold, signed, expected) in cases {
        let project = project(threshold);
        for (index, (seed, artifact, result)) in signed.iter().enumerate() {
            attest(&project, *seed, artifact, result, &format!("attested/{index}.json"));
        }
        let answer = check(&project, 1, &[]);
        assert!(gap(&answer).contains(expected), "{why}: {answer}");
    }
}

#[test]
fn a_contradiction_takes_nothing_away_and_is_on_record() {
    let project = project(1);
    attest(&project, 1, "ab", "FAILED", "attested/failed.json");
    check(&project, 1, &[]);
    attest(&project, 2, "ab", "PASSED", "attested/passed.json");
    check(&project, 0, &["--export", "proof"]);
    let events = project.read("proof/events.json");
    assert!(events.contains(r#""against":["#), "{events}");
    let line = ["runpack", "verify", "proof", "--format", "json"];
    assert_eq!(project.run(&line).expect(0).json()["status"], "pass");
}

#[test]
fn two_signers_of_one_result_meet_a_threshold_of_two() {
    let project = project(2);
    attest(&project, 1, "ab", "PASSED", "attested/ci.json");
    attest(&project, 2, "ab", "PASSED", "attested/scanner.json");
    check(&project, 0, &[]);
}

#[test]
fn a_changed_envelope_is_a_fault_and_no_absence() {
    let project = project(1);
    attest(&project, 1, "ab", "PASSED", "attested/tests.json");
    let text = project.read("attested/tests.json");
    let mut envelope: Value = serde_json::from_str(&text).unwrap();
    let payload = envelope["payload"].as_str().unwrap().replacen('A', "B", 1);
    envelope["payload"] = payload.into();
    project.write("attested/tests.json", &envelope.to_string());
    check(&project, 1, &[]);
}
