//! Public test vectors of signatures, keys, envelopes and statements.
//!
//! Each collection has one check that answers how many of its cases hold, which do not, and what was accepted that
//! must be refused; each test prints `NAME: N of M`. A refusal counts only for the expected class of reason, where the
//! case has a name that says which.

#![cfg(test)]

use std::{num::NonZeroUsize, path::Path};

use decision_gate_core::dsse::{Envelope, pae, verify};
use decision_gate_core::evidence::{Artifact, Subject};
use decision_gate_core::intoto::{Statement, StatementError};
use decision_gate_core::json::{self, Limits, canonical};
use decision_gate_core::keys::{Algorithm, KeyId, PublicKey, SignatureForm, SigningKey, TrustedKey};
use decision_gate_vectors::{MAX_BYTES, Report, cases, collection, hex, read, text};
use serde_json::Value;

/// The code of the refusal, by what the name of a made case ends in.
const REFUSALS: &[(&str, &[&str])] = &[
    ("payload-missing-padding", &["envelope_base64"]),
    ("payload-b64-bad-char", &["envelope_base64"]),
    ("payload-tampered", &["signature_invalid"]),
    ("payload-reserialised", &["signature_invalid"]),
    ("payload-type-unsupported", &["payload_type_unsupported"]),
    ("payload-type-case", &["payload_type_unsupported"]),
    ("signed-legacy-pae-v0", &["signature_invalid"]),
    ("no-signatures", &["signature_missing"]),
    ("signatures-missing", &["envelope_malformed"]),
    ("signatures-null", &["envelope_malformed"]),
    ("payload-type-missing", &["envelope_malformed"]),
    ("sig-missing", &["envelope_malformed"]),
    ("sig-empty", &["signature_missing"]),
    ("sig-hex", &["signature_malformed"]),
    ("untrusted-key-only", &["key_unknown"]),
    ("duplicate-payload-member-last-good", &["envelope_malformed"]),
    ("not-an-object", &["envelope_malformed"]),
    ("subject-digest-mismatch", &["subject_mismatch"]),
    ("predicate-type-mismatch", &["predicate_type_mismatch"]),
    ("statement-bad-type", &["statement_type_unsupported"]),
    ("statement-no-subject", &["statement_subject_missing"]),
    ("statement-not-json", &["statement_malformed"]),
    ("statement-duplicate-key", &["statement_malformed"]),
    ("digest-right-hex-wrong-algorithm", &["subject_mismatch"]),
    ("2of3-one-key", &["threshold_not_met"]),
    ("same-signature-twice", &["threshold_not_met"]),
    ("same-ecdsa-key-two-distinct-signatures", &["threshold_not_met"]),
    ("copied-signature-under-other-keyid", &["threshold_not_met"]),
    ("one-trusted-one-not", &["threshold_not_met"]),
    ("threshold-0", &["threshold_zero"]),
];

type Outcome = Result<(), &'static str>;

/// Takes an answer that must be `accepted` or not.
fn verdict(report: &mut Report, id: &str, accepted: bool, outcome: Outcome) {
    if accepted {
        report.case(id, outcome.is_ok(), || format!("refused: {outcome:?}"));
    } else {
        report.refusal(id, &outcome);
    }
}

fn read_key(bytes: &[u8]) -> Result<PublicKey, &'static str> {
    PublicKey::read(bytes).map_err(|error| error.code())
}

fn check_ed25519(folder: &Path) -> Report {
    let mut report = Report::default();
    for file in ["cctv", "derived", "ed25519.cr.yp.to-sign.input", "rfc8032-7.1", "speccheck", "wycheproof"] {
        for case in cases(&folder.join(file).with_added_extension("json"), "cases") {
            let (id, message, signature) = (text(&case, "id"), hex(text(&case, "msg")), hex(text(&case, "sig")));
            let key = read_key(&hex(text(&case, "pk")));
            if case["weak_key"] == true && key.is_ok() {
                report.case(id, false, || "a weak key was read".to_owned());
                continue;
            }
            let outcome = key.and_then(|key| key.verify(&message, &signature).map_err(|fault| fault.code()));
            let signed = case["sk"].as_str().is_none_or(|seed| {
                let key = SigningKey::from_seed(hex(seed).as_slice().try_into().unwrap());
                key.sign(&message) == signature && key.public().to_bytes() == hex(text(&case, "pk"))
            });
            if signed {
                verdict(&mut report, id, text(&case, "verify_strict") == "accept", outcome);
            } else {
                report.case(id, false, || "signs otherwise".to_owned());
            }
        }
    }
    for case in cases(&folder.join("key-parsing.json"), "cases") {
        check_key_text(&mut report, &case);
    }
    report
}

fn check_key_text(report: &mut Report, case: &Value) {
    let (id, key_text) = (text(case, "id"), text(case, "text"));
    let key = PublicKey::read_text(key_text).map_err(|error| error.code());
    // Bytes and text are read alike.
    assert_eq!(read_key(key_text.as_bytes()), key, "{id}");
    match text(case, "expect") {
        "unsupported" => {
            if key.is_ok() {
                report.false_accepts.push(id.to_owned());
            }
            report.case(id, key == Err("key_unsupported"), || format!("{key:?}"));
        }
        "reject" | "reject-at-load-or-verify" => report.refusal(id, &key),
        "p256" => {
            let holds = key.as_ref().is_ok_and(|key| key.algorithm() == Algorithm::EcdsaP256);
            report.case(id, holds, || format!("{key:?}"));
        }
        expected => {
            let expected = hex(expected.strip_prefix("ed25519:").unwrap());
            let holds = |key: &PublicKey| key.algorithm() == Algorithm::Ed25519 && key.to_bytes() == expected;
            report.case(id, key.as_ref().is_ok_and(holds), || format!("{key:?}"));
        }
    }
}

fn check_ecdsa(folder: &Path) -> Report {
    let mut report = Report::default();
    for file in ["derived.json", "wycheproof-der.json", "wycheproof-p1363.json"] {
        for case in cases(&folder.join(file), "cases") {
            let (message, signature) = (hex(text(&case, "msg")), hex(text(&case, "sig")));
            let form = if text(&case, "encoding") == "DER" { SignatureForm::Der } else { SignatureForm::Raw };
            let other = if form == SignatureForm::Der { SignatureForm::Raw } else { SignatureForm::Der };
            let outcome = read_key(&hex(text(&case, "pk_uncompressed"))).and_then(|key| {
                let code = |form| key.verify_form(&message, &signature, form).map_err(|fault| fault.code());
                // Where the form is not said, it is either of the two.
                assert_eq!(key.verify(&message, &signature).is_ok(), code(form).or(code(other)).is_ok());
                code(form)
            });
            verdict(&mut report, text(&case, "id"), text(&case, "upstream") == "valid", outcome);
        }
    }
    report
}

fn trusted(case: &Value, name: impl Fn(usize, &str) -> String) -> Vec<TrustedKey> {
    let key = |(index, key): (usize, &Value)| {
        let id = KeyId::try_from(name(index, text(key, "keyid"))).unwrap();
        TrustedKey::new(id, PublicKey::read_text(text(key, "pem")).unwrap())
    };
    case["trusted_keys"].as_array().unwrap().iter().enumerate().map(key).collect()
}

/// The whole way of one envelope, under the policy of its case.
fn judge(case: &Value, keys: &[TrustedKey]) -> Outcome {
    let bytes = match case["envelope_raw_hex"].as_str() {
        Some(raw) => hex(raw),
        None => serde_json::to_vec(&case["envelope"]).unwrap(),
    };
    let policy = &case["policy"];
    let threshold = usize::try_from(case["threshold"].as_u64().unwrap()).unwrap();
    let threshold = NonZeroUsize::new(threshold).ok_or("threshold_zero")?;
    let envelope = Envelope::parse(&bytes).map_err(|error| error.code())?;
    let payload = verify(&envelope, keys, threshold).map_err(|error| error.code())?;
    assert!(payload.signers().len() >= threshold.get());
    if payload.get().payload_type() != text(policy, "payload_type") {
        return Err("payload_type_unsupported");
    }
    let statement = payload.into_statement().map_err(|error| error.code())?;
    if let Some(sha256) = policy["subject_sha256"].as_str() {
        let digest = [("sha256".to_owned(), sha256.to_owned())].into();
        let subject = Subject::try_from(vec![Artifact { name: None, digest }]).unwrap();
        if !statement.get().names(&subject) {
            return Err("subject_mismatch");
        }
    }
    match policy["predicate_type"].as_str() {
        Some(wanted) if wanted != statement.get().predicate_type() => Err("predicate_type_mismatch"),
        _ => Ok(()),
    }
}

fn check_policy_case(report: &mut Report, case: &Value) {
    let id = text(case, "id");
    let named = trusted(case, |_, id| id.to_owned());
    let outcome = judge(case, &named);
    // No answer hangs on a key id, which is only a hint; at most the code does.
    let renamed = judge(case, &trusted(case, |index, _| format!("key-{index}")));
    if renamed.is_ok() != outcome.is_ok() {
        report.case(id, false, || format!("{outcome:?}, under other key ids {renamed:?}"));
        return;
    }
    match text(case, "expect") {
        "accept-or-reject" => {
            report.case(id, outcome == judge(case, &named), || "not the same answer twice".to_owned());
        }
        "accept" => verdict(report, id, true, outcome),
        _ => {
            let classes = REFUSALS.iter().find(|(name, _)| id.ends_with(name)).map(|(_, codes)| *codes);
            match (outcome, classes) {
                (Err(code), Some(classes)) => report.case(id, classes.contains(&code), || format!("refused as {code}")),
                _ => verdict(report, id, false, outcome),
            }
        }
    }
}

fn check_real_envelope(report: &mut Report, folder: &Path, case: &Value) {
    let id = text(case, "id");
    let envelope = Envelope::parse(&read(&folder.join(text(case, "envelope")))).unwrap();
    let key = read_key(&read(&folder.join(text(case, "key"))));
    match key {
        // RSA: a clear answer, whatever the signature is.
        Err(code) => report.case(id, code == "key_unsupported", || code.to_owned()),
        Ok(key) => {
            let keys = [TrustedKey::new(KeyId::try_from("key").unwrap(), key)];
            let outcome = verify(&envelope, &keys, NonZeroUsize::MIN).map(|_| ()).map_err(|error| error.code());
            verdict(report, id, text(case, "expect_signature") == "accept", outcome);
        }
    }
}

fn check_statement(report: &mut Report, case: &Value) {
    let statement = Statement::read(&canonical::to_vec(&case["statement"]));
    let code = statement.as_ref().map_err(StatementError::code).err();
    let violations: Vec<&str> = case["violations"].as_array().unwrap().iter().map(|it| it.as_str().unwrap()).collect();
    let expected = |code| match code {
        "statement_type_unsupported" => "type",
        "statement_subject_missing" => "subject",
        "statement_digest_missing" => "digest",
        "statement_predicate_type_missing" => "predicate-type",
        "statement_predicate_missing" => "predicate-missing",
        other => other,
    };
    let holds = match code {
        None => violations.is_empty(),
        Some(code) => violations.iter().any(|violation| violation.starts_with(expected(code))),
    };
    if code.is_none() && !holds {
        report.false_accepts.push(text(case, "id").to_owned());
    }
    let kind = case["predicateType"].as_str();
    let same_kind = statement.as_ref().map_or(true, |it| kind.is_none_or(|kind| kind == it.predicate_type()));
    report.case(text(case, "id"), holds && same_kind, || format!("{code:?}, not {violations:?}"));
}

fn check_dsse(folder: &Path) -> Report {
    let mut report = Report::default();
    for case in cases(&folder.join("spec/pae.json"), "cases") {
        let encoded = pae(text(&case, "payload_type"), &hex(text(&case, "body_hex")));
        report.case(text(&case, "id"), encoded == hex(text(&case, "pae_hex")), || format!("{encoded:?}"));
    }
    let example = json::parse(&read(&folder.join("spec/protocol-example.json")), &Limits::message(MAX_BYTES));
    let example = example.unwrap().value;
    let envelope = Envelope::from_value(&example["envelope"]).unwrap();
    let key = PublicKey::read_text(text(&example, "public_key_pem")).unwrap();
    let keys = [TrustedKey::new(KeyId::try_from("example").unwrap(), key)];
    let verified = verify(&envelope, &keys, NonZeroUsize::MIN);
    let holds = verified.as_ref().is_ok_and(|payload| {
        let payload = payload.get();
        pae(payload.payload_type(), payload.bytes()) == text(&example, "pae_utf8").as_bytes()
    });
    report.case("protocol-example", holds, || format!("{verified:?}"));
    for case in cases(&folder.join("envelopes.json"), "cases") {
        check_real_envelope(&mut report, folder, &case);
    }
    for file in ["statements-from-specs.json", "statements-validation.json"] {
        for case in cases(&folder.join(file), "cases") {
            check_statement(&mut report, &case);
        }
    }
    for case in cases(&folder.join("derived-policy-cases.json"), "cases") {
        check_policy_case(&mut report, &case);
    }
    report
}

#[test]
fn ed25519_vectors_hold() {
    let name = "02-ed25519";
    if let Some(folder) = collection(name) {
        check_ed25519(&folder).whole(name);
    }
}

#[test]
fn ecdsa_p256_vectors_hold() {
    let name = "03-ecdsa-p256";
    if let Some(folder) = collection(name) {
        check_ecdsa(&folder).whole(name);
    }
}

#[test]
fn dsse_and_statement_vectors_hold() {
    let name = "04-dsse-intoto";
    if let Some(folder) = collection(name) {
        check_dsse(&folder).whole(name);
    }
}
