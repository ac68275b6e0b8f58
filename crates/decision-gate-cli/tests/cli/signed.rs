//! Signed proofs: made by `check` and `runpack export`, judged by `runpack verify` with the verifier's own keys.

use serde_json::{Value, json};

use crate::keys::{chmod, import, private_pem, says_nothing_of, with_key, write_private};
use crate::support::{Done, Project};

const KEYRING: &str = ".decision-gate/keyring.json";

/// A project whose release is allowed, with a private key and its public half in the keyring.
fn project(rules: &[&str]) -> Project {
    let project = with_key("gate", 1, rules);
    project.run(&["init"]).expect(0);
    project.report(12, 0, 84.5);
    write_private(&project, "gate.pem", &private_pem(1));
    project
}

/// The same with its proof in `proof`.
fn proven(rules: &[&str]) -> Project {
    let project = project(rules);
    let done = project.run(&["check", "release", "--run-id", "one", "--export", "proof", "--sign", "gate.pem"]);
    says_nothing_of(&private_pem(1), &done.expect(0));
    project
}

fn verify(project: &Project, pack: &str, more: &[&str]) -> Done {
    project.run(&[&["runpack", "verify", pack, "--format", "json"][..], more].concat())
}

fn codes(report: &Value) -> Vec<&str> {
    report["findings"].as_array().unwrap().iter().map(|it| it["code"].as_str().unwrap()).collect()
}

#[track_caller]
fn fault(done: &Done) -> String {
    done.json()["error"]["code"].as_str().unwrap().to_owned()
}

#[test]
fn a_signed_proof_reaches_level_signed_with_the_verifiers_keys() {
    let project = proven(&[]);
    let report = verify(&project, "proof", &["--keys", KEYRING]).expect(0).json();
    assert_eq!((&report["level"], &report["verdict"]), (&json!("signed"), &json!("consistent")));
    assert_eq!(report["facets"]["signatures"], json!({"level": "all", "reasons": []}));
    assert_eq!(report["unproven"], json!([]), "the signature proves when the pack was made");
    let text = project.run(&["runpack", "verify", "proof", "--keys", KEYRING]).expect(0);
    assert!(text.stdout.contains("level    signed"), "{}", text.stdout);
    // A run can be exported and signed later, and the same key makes the same signature over the same manifest.
    let export = ["runpack", "export", "one", "--out", "later", "--sign", "gate.pem"];
    says_nothing_of(&private_pem(1), &project.run(&export).expect(0));
    verify(&project, "later", &["--keys", KEYRING]).expect(0);
}

#[test]
fn a_level_that_is_asked_for_and_not_reached_fails() {
    let project = proven(&[]);
    project.run(&["runpack", "export", "one", "--out", "bare"]).expect(0);
    for (pack, more, wanted, level) in [
        ("proof", &["--level", "hashes"][..], None, "replayed"),
        ("proof", &["--level", "replayed"], None, "replayed"),
        ("proof", &["--level", "signed"], Some("expected_level"), "replayed"),
        ("proof", &["--keys", KEYRING, "--level", "replayed"], None, "signed"),
        ("proof", &["--keys", KEYRING, "--level", "anchored"], Some("expected_level"), "signed"),
        ("bare", &[], None, "replayed"),
        ("bare", &["--keys", KEYRING], Some("expected_level"), "replayed"),
        ("bare", &["--keys", KEYRING, "--level", "replayed"], None, "replayed"),
    ] {
        let report = verify(&project, pack, more).expect(i32::from(wanted.is_some())).json();
        assert_eq!(codes(&report), Vec::from_iter(wanted), "{pack} {more:?}");
        assert_eq!(report["level"], level, "{pack} {more:?}");
    }
    let unknown = verify(&project, "proof", &["--level", "best"]).expect(2);
    assert_eq!(fault(&unknown), "arguments_invalid");
}

#[test]
fn what_the_verifiers_keys_say_decides() {
    let project = proven(&[]);
    let rules = |ring: &str, rules: &[&str]| {
        import(&project, "gate", 1, &[rules, &["--keyring", ring]].concat());
        ring.to_owned()
    };
    import(&project, "gate", 2, &["--keyring", "namesake.json"]);
    let refused = [
        "namesake.json".to_owned(),
        rules("provider.json", &["--provider", "json"]),
        rules("other-type.json", &["--predicate-type", "https://slsa.dev/provenance/v1"]),
        rules("expired.json", &["--not-after", "2020-01-01T00:00:00Z"]),
        rules("early.json", &["--not-before", "2120-01-01T00:00:00Z"]),
    ];
    for ring in refused {
        let report = verify(&project, "proof", &["--keys", &ring]).expect(1).json();
        assert_eq!(codes(&report), ["manifest_signer_refused", "expected_level"], "{ring}");
    }
    let own = rules("own.json", &["--predicate-type", "application/vnd.decision-gate.runpack-manifest.v1+json"]);
    verify(&project, "proof", &["--keys", &own]).expect(0);
}

#[test]
fn a_key_that_was_revoked_since_leaves_the_time_unproven_or_is_refused() {
    let project = proven(&[]);
    for (reason, wanted, code) in [
        ("superseded", &["expected_level"][..], 0),
        ("retired", &["expected_level"], 0),
        ("compromise", &["manifest_signer_refused", "expected_level"], 1),
    ] {
        let ring = format!("{reason}.json");
        import(&project, "gate", 1, &["--keyring", &ring]);
        project.run(&["keys", "revoke", "gate", "--reason", reason, "--keyring", &ring]).expect(0);
        let report = verify(&project, "proof", &["--keys", &ring]).expect(1).json();
        assert_eq!(codes(&report), wanted, "{reason}");
        let told = report["facets"]["signatures"]["reasons"].to_string();
        assert_eq!(told.contains("time_unproven: key `gate` was revoked"), reason != "compromise", "{told}");
        verify(&project, "proof", &["--keys", &ring, "--level", "replayed"]).expect(code);
    }
}

#[test]
fn a_consistent_rewrite_without_the_key_fails() {
    let honest = proven(&[]);
    // The forger has the program and makes up the report, but not the key.
    let forger = project(&[]);
    write_private(&forger, "own.pem", &private_pem(7));
    let line = ["check", "release", "--run-id", "one", "--export"];
    forger.run(&[&line[..], &["bare"]].concat()).expect(0);
    let line = ["runpack", "export", "one", "--out", "own", "--sign", "own.pem"];
    forger.run(&line).expect(0);
    forger.run(&["runpack", "export", "one", "--out", "moved"]).expect(0);
    forger.write("moved/manifest.sig", &honest.read("proof/manifest.sig"));
    for (pack, wanted) in [
        ("bare", &["expected_level"][..]),
        ("own", &["manifest_signer_refused", "expected_level"]),
        ("moved", &["manifest_signature_invalid", "expected_level"]),
    ] {
        let report = verify(&forger, pack, &["--keys", KEYRING]).expect(1).json();
        assert_eq!(codes(&report), wanted, "{pack}");
        assert_eq!((&report["verdict"], &report["level"]), (&json!("failed"), &json!("replayed")), "{pack}");
        assert_eq!(report["facets"]["integrity"]["level"], "all", "{pack}: it holds together");
    }
}

#[test]
fn a_signature_file_that_is_none_is_found_without_keys_too() {
    let project = proven(&[]);
    let good = project.read("proof/manifest.sig");
    for text in ["", "{}", "not json", &good.replacen("payloadType", "payloadtype", 1)] {
        project.write("proof/manifest.sig", text);
        let report = verify(&project, "proof", &[]).expect(1).json();
        assert_eq!(codes(&report), ["manifest_signature_invalid"], "{text}");
    }
    // Written in another way it is another file, and no longer the one that the key makes.
    project.write("proof/manifest.sig", &format!("{good}\n"));
    let report = verify(&project, "proof", &["--keys", KEYRING]).expect(1).json();
    assert_eq!(codes(&report), ["manifest_signature_invalid", "expected_level"]);
}

#[test]
fn keys_that_can_not_be_read_are_told_before_anything_is_done() {
    let project = project(&[]);
    project.write("text.pem", "no key");
    chmod(&project, "text.pem", 0o600);
    project.write("open.pem", &private_pem(3));
    chmod(&project, "open.pem", 0o644);
    let mut told = String::new();
    for key in ["nowhere.pem", "text.pem", "open.pem", "reports"] {
        let line = ["check", "release", "--run-id", "x", "--export", "x", "--sign", key, "--format", "json"];
        let done = project.run(&line).expect(2);
        says_nothing_of(&private_pem(3), &done);
        told.push_str(&format!("check {key}: {}\n", fault(&done)));
        let done = project.run(&["runpack", "export", "x", "--sign", key, "--format", "json"]).expect(2);
        told.push_str(&format!("export {key}: {}\n", fault(&done)));
    }
    let alone = project.run(&["check", "release", "--sign", "gate.pem", "--format", "json"]).expect(2);
    told.push_str(&format!("check without --export: {}\n", fault(&alone)));
    // Nothing was decided, so the name is still free.
    project.run(&["check", "release", "--run-id", "x", "--export", "x", "--sign", "gate.pem"]).expect(0);
    for ring in ["nowhere.json", "gate.pem", "x/manifest.json"] {
        let done = verify(&project, "x", &["--keys", ring]).expect(2);
        told.push_str(&format!("verify {ring}: {}\n", fault(&done)));
    }
    insta::assert_snapshot!("unreadable_keys", told);
}
