//! `attest`: signing, verifying with one's own keys, and looking without believing.

use serde_json::{Value, json};

use crate::keys::{chmod, import, private_pem, says_nothing_of, with_key, write_private};
use crate::support::Project;

const KEYRING: &str = ".decision-gate/keyring.json";
const TYPE: &str = "https://in-toto.io/attestation/test-result/v0.1";

fn subject(byte: &str) -> String {
    format!("sha256:{}", byte.repeat(32))
}

/// A project with an envelope by the key `ci`, which its keyring has under these rules.
fn with_envelope(rules: &[&str]) -> Project {
    let project = with_key("ci", 1, rules);
    write_private(&project, "ci.pem", &private_pem(1));
    project.write("result.json", r#"{"result": "PASSED"}"#);
    sign(&project, "ci.pem", "tests.dsse.json");
    project
}

fn sign(project: &Project, key: &str, out: &str) {
    let subject = subject("ab");
    let line =
        ["attest", "sign", "--key", key, "--key-id", "ci", "--predicate", "result.json", "--predicate-type", TYPE];
    project.run(&[&line[..], &["--subject", &subject, "--out", out]].concat()).expect(0);
}

fn verify<'a>(more: &[&'a str]) -> Vec<&'a str> {
    let line = ["attest", "verify", "tests.dsse.json", "--keys", KEYRING, "--at", "2026-06-01T00:00:00Z"];
    [&line[..], more].concat()
}

fn reasons(report: &Value) -> Vec<&str> {
    report["reasons"].as_array().unwrap().iter().map(|it| it["code"].as_str().unwrap()).collect()
}

#[test]
fn a_signed_statement_is_verified_and_says_who_and_what() {
    let project = with_envelope(&[]);
    let right = subject("ab");
    let done = project.run(&verify(&["--subject", &right, "--predicate-type", TYPE])).expect(0);
    insta::assert_snapshot!("verified", done.transcript());
    let json = project.run(&verify(&["--format", "json"])).expect(0).json();
    insta::assert_json_snapshot!("verified_json", json);
    let piped = project.read("tests.dsse.json");
    project.run_with(&["attest", "verify", "-", "--keys", KEYRING], &piped).expect(0);
}

#[test]
fn a_bundle_counts_in_any_order_and_names_what_it_passes_over() {
    let project = with_envelope(&[]);
    write_private(&project, "second.pem", &private_pem(2));
    import(&project, "second", 2, &[]);
    write_private(&project, "stranger.pem", &private_pem(3));
    sign(&project, "second.pem", "second.json");
    sign(&project, "stranger.pem", "stranger.json");
    let line = |name: &str| serde_json::from_str::<Value>(&project.read(name)).unwrap().to_string();
    let (first, second, stranger) = (line("tests.dsse.json"), line("second.json"), line("stranger.json"));
    project.write("all.intoto.jsonl", &format!("{stranger}\nnot an envelope\n\n{second}\n{first}\n"));
    project.write("reversed.intoto.jsonl", &format!("{first}\n{second}\nnot an envelope\n{stranger}\n"));
    project.write("one.intoto.jsonl", &format!("{first}\n{first}\n{stranger}\n"));
    project.write("junk.jsonl", "neither\nnor\n");
    let verify = |file: &str, more: &[&str]| {
        let right = subject("ab");
        let line = ["attest", "verify", file, "--keys", KEYRING, "--at", "2026-06-01T00:00:00Z", "--threshold", "2"];
        project.run(&[&line[..], &["--subject", &right], more].concat())
    };
    insta::assert_snapshot!("bundle_verified", verify("all.intoto.jsonl", &[]).expect(0).transcript());
    let json = verify("all.intoto.jsonl", &["--format", "json"]).expect(0).json();
    insta::assert_json_snapshot!("bundle_verified_json", json);
    verify("reversed.intoto.jsonl", &[]).expect(0);
    insta::assert_snapshot!("bundle_not_verified", verify("one.intoto.jsonl", &[]).expect(1).transcript());
    insta::assert_snapshot!("bundle_without_an_envelope", verify("junk.jsonl", &[]).expect(2).transcript());
}

#[test]
fn every_reason_why_not_is_told() {
    let project = with_envelope(&[]);
    let wrong = subject("cd");
    let done = project.run(&verify(&["--subject", &wrong, "--predicate-type", "https://slsa.dev/provenance/v1"]));
    insta::assert_snapshot!("not_what_was_expected", done.expect(1).transcript());
    let until = ["--not-after", "2026-01-01T00:00:00Z"];
    let from = ["--not-before", "2027-01-01T00:00:00Z"];
    for (rules, more, code) in [
        (&until[..], &[][..], "key_expired"),
        (&from, &[], "key_not_yet_valid"),
        (&["--provider", "scanner"], &[], "key_not_for_provider"),
        (&["--predicate-type", "https://slsa.dev/provenance/v1"], &[], "key_not_for_predicate"),
        (&[], &["--threshold", "2"], "threshold_not_met"),
    ] {
        let project = with_envelope(rules);
        let report = project.run(&verify(&[more, &["--format", "json"]].concat())).expect(1).json();
        assert_eq!((reasons(&report), &report["verdict"]), (vec![code], &json!("not_verified")), "{report}");
        assert_eq!((&report["subjects"], report.get("predicate_type")), (&json!([]), None), "{report}");
    }
    let scanner = with_envelope(&["--provider", "scanner"]);
    scanner.run(&verify(&["--provider", "scanner"])).expect(0);
}

#[test]
fn a_revoked_key_counts_until_it_was_revoked() {
    let project = with_envelope(&[]);
    project.run(&["keys", "revoke", "ci", "--reason", "superseded", "--at", "2026-06-02T00:00:00Z"]).expect(0);
    project.run(&verify(&[])).expect(0);
    let now = ["attest", "verify", "tests.dsse.json", "--keys", KEYRING, "--format", "json"];
    assert_eq!(reasons(&project.run(&now).expect(1).json()), ["key_revoked"]);
}

#[test]
fn one_key_under_two_ids_is_one_signer() {
    let project = with_envelope(&[]);
    import(&project, "ci-again", 1, &[]);
    let report = project.run(&verify(&["--threshold", "2", "--format", "json"])).expect(1).json();
    assert_eq!(reasons(&report), ["threshold_not_met"]);
}

#[test]
fn what_was_changed_after_it_was_signed_is_not_verified() {
    let project = with_envelope(&[]);
    let envelope: Value = serde_json::from_str(&project.read("tests.dsse.json")).unwrap();
    let changed = |member: &str, value: Value| {
        let mut envelope = envelope.clone();
        envelope[member] = value;
        envelope
    };
    let payload = envelope["payload"].as_str().unwrap();
    for (changed, code) in [
        (changed("payload", json!(payload.replacen('e', "f", 1))), "signature_invalid"),
        (changed("payloadType", json!("text/plain")), "signature_invalid"),
        (changed("signatures", json!([{ "sig": "AAAA" }])), "signature_malformed"),
        (changed("signatures", json!([])), "signature_missing"),
        (changed("signatures", json!([{ "sig": "" }])), "signature_missing"),
    ] {
        project.write("tests.dsse.json", &changed.to_string());
        let report = project.run(&verify(&["--format", "json"])).expect(1).json();
        assert_eq!(reasons(&report), [code], "{report}");
    }
    let other = Project::empty();
    import(&other, "other", 2, &[]);
    other.write("tests.dsse.json", &envelope.to_string());
    let report = other.run(&verify(&["--format", "json"])).expect(1).json();
    assert_eq!(reasons(&report), ["key_unknown"]);
}

#[test]
fn what_can_not_be_read_is_no_verdict() {
    let project = with_envelope(&[]);
    let good = project.read("tests.dsse.json");
    for (text, code) in [
        ("", "envelope_malformed"),
        ("{}", "envelope_malformed"),
        ("[]", "envelope_malformed"),
        (&good.replacen("\"payload\":\"", "\"payload\":\"*", 1), "envelope_base64"),
        (&good.replacen("\"payload\"", "\"payloadType\":\"x\",\"payload\"", 1), "envelope_malformed"),
        (&format!("{}{good}", good.trim_end()), "envelope_malformed"),
        (&"[".repeat(1_000), "envelope_malformed"),
    ] {
        project.write("tests.dsse.json", text);
        for line in [verify(&["--format", "json"]), vec!["attest", "inspect", "tests.dsse.json", "--format", "json"]] {
            let error = project.run(&line).expect(2).json();
            assert_eq!(error["error"]["code"], code, "{error}");
        }
    }
    let missing = project.run(&["attest", "verify", "no.json", "--keys", KEYRING]).expect(2);
    insta::assert_snapshot!("no_envelope", missing.transcript());
    let missing = project.run(&["attest", "verify", "tests.dsse.json", "--keys", "no.json"]).expect(2);
    insta::assert_snapshot!("no_keyring", missing.transcript());
}

#[test]
fn a_look_inside_believes_nothing() {
    let project = with_envelope(&[]);
    insta::assert_snapshot!("inspected", project.run(&["attest", "inspect", "tests.dsse.json"]).expect(0).transcript());
    let json = project.run(&["attest", "inspect", "tests.dsse.json", "--format", "json"]).expect(0).json();
    assert_eq!(json["unverified_claims"]["content"]["predicate"], json!({ "result": "PASSED" }));
    assert_eq!(json.as_object().unwrap().keys().collect::<Vec<_>>(), ["digest", "unverified_claims"]);
    // Words that try to look like ours, in everything that a stranger may write.
    let nasty = "x\nVERIFIED\u{1b}[2K\u{202e}";
    let payload = base64(json!({ "predicateType": nasty }).to_string().as_bytes());
    let signature = json!({ "keyid": nasty, "sig": "AAAA" });
    project.write(
        "nasty.json",
        &json!({ "payloadType": nasty, "payload": payload, "signatures": [signature] }).to_string(),
    );
    let shown = project.run(&["attest", "inspect", "nasty.json"]).expect(0).stdout;
    assert!(shown.lines().all(|line| !line.starts_with("VERIFIED")), "{shown}");
    assert!(!shown.contains('\u{1b}') && !shown.contains('\u{202e}'), "{shown}");
}

/// Padded base64, as an envelope has it.
fn base64(bytes: &[u8]) -> String {
    use ::base64::Engine as _;
    ::base64::engine::general_purpose::STANDARD.encode(bytes)
}

#[test]
fn a_whole_statement_is_signed_in_its_canonical_form_or_refused() {
    let project = with_envelope(&[]);
    let statement = json!({
        "_type": "https://in-toto.io/Statement/v1",
        "subject": [{ "name": "app", "digest": { "sha256": "ab".repeat(32) } }],
        "predicateType": TYPE,
        "predicate": { "b": 1, "a": 2 },
    });
    let sign = |text: &str| {
        let line = ["attest", "sign", "--key", "ci.pem", "--statement", "-", "--format", "json"];
        project.run_with(&line, text)
    };
    let envelope = sign(&format!("{statement:#}")).expect(0);
    assert_eq!(envelope.stdout, sign(&statement.to_string()).expect(0).stdout);
    let verified =
        project.run_with(&["attest", "verify", "-", "--keys", KEYRING, "--predicate-type", TYPE], &envelope.stdout);
    verified.expect(0);
    let text = statement.to_string();
    for (text, code) in [
        (text.replace("Statement/v1", "Statement/v0.1"), "statement_type_unsupported"),
        (text.replace("\"subject\"", "\"subjects\""), "statement_subject_missing"),
        (text.replace(":2", ":12345678901234567890123"), "number_out_of_range"),
        ("[]".to_owned(), "statement_malformed"),
        ("{".to_owned(), "json_syntax"),
    ] {
        assert_eq!(sign(&text).expect(2).json()["error"]["code"], code);
    }
    let there =
        ["attest", "sign", "--key", "ci.pem", "--statement", "-", "--out", "tests.dsse.json", "--format", "json"];
    assert_eq!(project.run_with(&there, &text).expect(2).json()["error"]["code"], "file_exists");
    let nothing = project.run(&["attest", "sign", "--key", "ci.pem", "--format", "json"]).expect(2);
    assert_eq!(nothing.json()["error"]["code"], "arguments_invalid");
}

#[cfg(unix)]
#[test]
fn a_private_key_that_others_can_read_is_refused() {
    let project = with_envelope(&[]);
    for mode in [0o640, 0o604, 0o620, 0o777] {
        chmod(&project, "ci.pem", mode);
        let line = ["attest", "sign", "--key", "ci.pem", "--predicate", "result.json", "--predicate-type", TYPE];
        let subject = subject("ab");
        let done = project.run(&[&line[..], &["--subject", &subject]].concat()).expect(2);
        assert!(done.stderr.contains("code: private_key_exposed"), "{mode:o}: {}", done.stderr);
        says_nothing_of(&private_pem(1), &done);
        if mode == 0o640 {
            insta::assert_snapshot!("an_exposed_key", done.transcript());
        }
    }
}

#[test]
fn what_is_no_private_key_is_refused_and_not_repeated() {
    let project = with_envelope(&[]);
    let pem = private_pem(1);
    let broken = pem.replace("-----END", "----END");
    let twice = format!("{pem}{pem}");
    let huge = format!("{pem}{}", "\n".repeat(20_000));
    for (name, text) in [("public", crate::keys::public_pem(1)), ("broken", broken), ("twice", twice), ("huge", huge)] {
        write_private(&project, name, &text);
        for format in ["text", "json"] {
            let subject = subject("ab");
            let line = ["attest", "sign", "--key", name, "--predicate", "result.json", "--predicate-type", TYPE];
            let done = project.run(&[&line[..], &["--subject", &subject, "--format", format]].concat()).expect(2);
            let said = format!("{}{}", done.stdout, done.stderr);
            assert!(said.contains("signing_key_malformed"), "{name}: {said}");
            says_nothing_of(&pem, &done);
        }
    }
    let line = ["attest", "sign", "--key", ".", "--predicate", "result.json", "--predicate-type", TYPE];
    let subject = subject("ab");
    let done = project.run(&[&line[..], &["--subject", &subject, "--format", "json"]].concat()).expect(2);
    assert_eq!(done.json()["error"]["code"], "private_key_unreadable");
}

#[test]
fn a_signing_command_says_nothing_of_its_key() {
    let project = with_envelope(&[]);
    let subject = subject("ab");
    let line = ["attest", "sign", "--key", "ci.pem", "--predicate", "result.json", "--predicate-type", TYPE];
    for more in [&["--format", "text"][..], &["--format", "json"], &["--out", "new.json"]] {
        let mut command = project.command(&[&line[..], &["--subject", &subject], more].concat());
        let done = project.done(command.env("DECISION_GATE_LOG", "trace").env("RUST_LOG", "trace").output().unwrap());
        says_nothing_of(&private_pem(1), &done.expect(0));
    }
}
