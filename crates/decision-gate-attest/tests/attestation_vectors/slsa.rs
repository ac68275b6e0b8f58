//! Collection 05: envelopes of real builds, with what is known of their signatures, statements and verdicts.

use std::path::Path;

use base64::Engine as _;
use base64::alphabet::STANDARD;
use base64::engine::general_purpose::{GeneralPurpose, GeneralPurposeConfig};
use decision_gate_attest::bundle::{self, Item};
use decision_gate_attest::evidence::{self, Collected, Scale, SignerRule, SignerRules};
use decision_gate_attest::predicates::Format;
use decision_gate_core::at::Timestamp;
use decision_gate_core::dsse::Envelope;
use decision_gate_core::evidence::{Answer, Artifact, Found, Query, Subject};
use decision_gate_core::intoto::Statement;
use decision_gate_core::keys::{KeyId, Keyring};
use decision_gate_core::name::{CheckId, ProviderId};
use serde_json::{Value, json};

use crate::support::{
    at, bytes_of, envelope_of, json_of, key_file, list, own_key, payload, slots, text, trusted, verified,
};
use decision_gate_vectors::Report;

/// Goes through all envelopes that the collection describes: its id, the description, the item, and the raw JSON.
fn envelopes(folder: &Path, mut each: impl FnMut(&str, &Value, Result<&Item, &'static str>, &Value)) {
    for file in list(&json_of(&folder.join("envelopes.json")), "files") {
        let name = text(file, "file");
        let bytes = bytes_of(&folder.join(name));
        let bundle = bundle::read(&bytes);
        let (slots, told) = (slots(&bundle), list(file, "envelopes"));
        if told.is_empty() {
            assert!(bundle.items.is_empty(), "{name}: {:?}", bundle.items);
            continue;
        }
        assert_eq!(slots.len(), told.len(), "{name}: {slots:?}");
        for (index, ((place, item), told)) in slots.into_iter().zip(told).enumerate() {
            each(&format!("{name}#{index}"), told, item, &at(&bytes, place));
        }
    }
}

/// Whether a signature is a base64 text that a strict reader refuses and a lenient one takes.
fn has_stray_bits(envelope: &Value) -> bool {
    let signatures = list(envelope, "signatures").iter().map(|it| text(it, "sig"));
    let lenient = GeneralPurpose::new(&STANDARD, GeneralPurposeConfig::new().with_decode_allow_trailing_bits(true));
    signatures.into_iter().any(|it| lenient.decode(it).is_ok_and(|bytes| lenient.encode(bytes) != it))
}

/// What was signed, wherever it stands.
fn dsse_of(raw: &Value) -> &Value {
    raw.get("dsseEnvelope").unwrap_or(raw)
}

/// The signatures that can be checked with a key in the same file, or with the pinned key of the npm registry.
pub(crate) fn signatures(folder: &Path) -> Report {
    let mut report = Report::default();
    envelopes(folder, |id, told, item, raw| {
        let verdict = text(told, "dsse_signature");
        if verdict == "no-key-in-file" {
            return;
        }
        let outcome = item.and_then(|item| match (told["key"].as_str(), item) {
            (Some(pinned), Item::Sigstore(bundle)) => {
                let envelope = bundle.envelope().map_err(|fault| fault.code())?;
                verified(envelope, key_file(&folder.join(pinned)))
            }
            _ => verified(envelope_of(item), own_key(item, raw).ok_or("no key")?),
        });
        match verdict {
            // Upstream calls the file invalid: its last digit has bits that no byte has, which some readers drop.
            "valid" if outcome == Err("envelope_base64") && has_stray_bits(dsse_of(raw)) => {
                report.known(id, "refused: the signature is not the one base64 text of its bytes");
            }
            "valid" => report.case(id, outcome.is_ok(), || format!("{outcome:?}")),
            // A hint that names another key than the pinned one is as good a reason as a signature that does not hold.
            _ => report.refused(id, outcome.map(|_| ()), &["signature_invalid", "key_unknown"]),
        }
        // A signature that needs a certificate is never believed.
        if let (None, Ok(Item::Sigstore(bundle))) = (told["key"].as_str(), item) {
            let outcome = bundle.envelope().map(|_| ()).map_err(|fault| fault.code());
            report.refused(&format!("{id} pinned"), outcome, &["sigstore_certificate_unsupported"]);
        }
    });
    report
}

/// Cloud Build: which of its keys sign the PAE. Those that sign the bare payload sign nothing.
pub(crate) fn cloud_build(folder: &Path) -> Report {
    let mut report = Report::default();
    let mut keys: Vec<_> = std::fs::read_dir(folder.join("keys/gcb")).unwrap().map(|it| it.unwrap().path()).collect();
    keys.sort();
    let keys: Vec<_> =
        keys.iter().map(|path| (path.file_stem().unwrap().to_str().unwrap().to_owned(), key_file(path))).collect();
    envelopes(folder, |id, told, item, raw| {
        for (index, signature) in list(told, "gcb").iter().enumerate() {
            let id = format!("{id}/{index}");
            if signature.is_string() || signature.get("sig").is_some() {
                report.refused(&id, item.map(|_| ()), &["envelope_base64"]);
                continue;
            }
            let mut alone = raw.clone();
            alone["signatures"] = json!([raw["signatures"][index]]);
            let alone = match Envelope::from_value(&alone) {
                Ok(alone) => alone,
                Err(error) => {
                    report.refused(&id, Err(error.code()), &["envelope_base64", "signature_missing"]);
                    continue;
                }
            };
            let mut holds: Vec<&str> = Vec::new();
            for (name, key) in &keys {
                let outcome = verified(&alone, key.clone()).map(|_| ());
                if list(signature, "bare_payload_signature_valid_with").iter().any(|it| it == name.as_str()) {
                    let expected = ["signature_invalid", "signature_malformed", "key_unknown"];
                    report.refused(&format!("{id} {name} bare"), outcome, &expected);
                }
                if outcome.is_ok() {
                    holds.push(name);
                }
            }
            holds.sort_unstable();
            let mut expected: Vec<_> =
                list(signature, "pae_signature_valid_with").iter().map(|it| it.as_str().unwrap()).collect();
            expected.sort_unstable();
            report.case(&id, holds == expected, || format!("{holds:?}, not {expected:?}"));
        }
    });
    report
}

/// Predicate type and subjects read equal; predicates of known types under a signature that holds are read.
pub(crate) fn statements(folder: &Path) -> Report {
    let mut report = Report::default();
    envelopes(folder, |id, told, item, raw| {
        let Some(bytes) = payload(dsse_of(raw)) else {
            return report.case(id, told["payload_parses"] == false, || "the payload is no base64".to_owned());
        };
        let read = Statement::read(&bytes);
        let code = read.as_ref().map_err(decision_gate_core::intoto::StatementError::code).map(|_| ());
        if told["payload_parses"] == false {
            return report.refused(id, code, &["statement_malformed"]);
        }
        let kind = text(told, "statementType");
        let known = ["https://in-toto.io/Statement/v1", "https://in-toto.io/Statement/v0.1"].contains(&kind);
        let refusal = match (known, list(told, "subjects").is_empty(), text(told, "predicateType")) {
            (false, _, _) => Some("statement_type_unsupported"),
            (true, true, _) => Some("statement_subject_missing"),
            (true, false, "") => Some("statement_predicate_type_missing"),
            (true, false, _) => None,
        };
        if let Some(refusal) = refusal {
            return report.refused(id, code, &[refusal]);
        }
        let same = read.as_ref().is_ok_and(|statement| {
            let subject = |it: &decision_gate_core::intoto::ResourceDescriptor| {
                json!({ "name": it.name(), "digest": it.digest() })
            };
            let subjects: Vec<_> = statement.subject().iter().map(subject).collect();
            json!(subjects) == told["subjects"] && statement.predicate_type() == text(told, "predicateType")
        });
        report.case(id, same, || format!("{read:?}"));
        let typed = item.ok().and_then(|item| verified(envelope_of(item), own_key(item, raw)?).ok());
        if let (Some(signed), Some(format)) = (typed, Format::of_type(text(told, "predicateType"))) {
            let facts = format.read(&signed.into_statement().unwrap());
            let builder = facts.as_ref().is_ok_and(|it| it.get("builder_id").is_ok_and(|id| id.is_some()));
            report.case(&format!("{id} typed"), builder, || format!("{facts:?}"));
        }
    });
    report
}

/// The rows of the regression test. Without Sigstore's roots and log nothing of them is verified, whatever the pinned
/// keys are; the one summary that a pinned key signed names its subject by a weak digest only.
pub(crate) fn verdicts(folder: &Path) -> Report {
    let mut report = Report::default();
    let pinned = [("npm", "keys/npm-registry-publish.pub"), ("vsa", "files/vsa/gce/v1/vsa_signing_public_key.pem")];
    let keys = pinned.map(|(id, path)| trusted(id, key_file(&folder.join(path))));
    let ids: std::collections::BTreeSet<KeyId> = keys.iter().map(|key| key.key_id().clone()).collect();
    let keyring = Keyring::new(keys).unwrap();
    let types = [
        "https://slsa.dev/provenance/v1",
        "https://slsa.dev/provenance/v0.2",
        "https://slsa.dev/provenance/v0.1",
        "https://slsa.dev/verification_summary/v1",
    ];
    let rule = SignerRule {
        predicate_types: types.map(str::to_owned).into(),
        keys: ids,
        threshold: std::num::NonZeroUsize::MIN,
    };
    let rules = SignerRules::try_from(vec![rule]).unwrap();
    let provider = ProviderId::try_from("attestation").unwrap();
    for case in list(&json_of(&folder.join("regression-cases.json")), "cases") {
        let mut answers = Vec::new();
        for file in list(case, "provenance_files") {
            let bytes = bytes_of(&folder.join(file.as_str().unwrap()));
            let value = Collected::new([("file".to_owned(), bytes.clone())]).to_value();
            let brought = Answer::Found(Box::new(Found { value, ..Found::json(Value::Null) }));
            let subjects = subjects_in(&bytes);
            for (subject, predicate_type) in subjects.iter().flat_map(|it| types.map(|kind| (it, kind))) {
                let query = Query {
                    provider_id: provider.clone(),
                    check_id: CheckId::try_from("predicate").unwrap(),
                    params: Some(json!({ "predicate_type": predicate_type })),
                };
                let at = Timestamp::UnixMillis(1_700_000_000_000);
                let subject = Some(subject);
                let scale =
                    Scale { provider: &provider, keyring: &keyring, rules: &rules, subject, at, max_bytes: 1 << 20 };
                answers.push(evidence::weigh(&query, &brought, &scale));
            }
        }
        let verified = answers.iter().any(|it| it.signed.is_some() || matches!(it.answer, Answer::Found(_)));
        report.refused(text(case, "id"), if verified { Ok(()) } else { Err("not_verified") }, &["not_verified"]);
    }
    report
}

/// Every artifact that a file speaks about, and one that none does.
fn subjects_in(bytes: &[u8]) -> Vec<Subject> {
    let one = |digest: Value| {
        let digest = serde_json::from_value(digest).unwrap_or_default();
        Subject::try_from(vec![Artifact { name: None, digest }]).ok()
    };
    let bundle = bundle::read(bytes);
    let statements = bundle.items.iter().filter_map(|(place, _)| payload(dsse_of(&at(bytes, place))));
    let statements = statements.filter_map(|it| serde_json::from_slice::<Value>(&it).ok());
    let told = statements.flat_map(|it| list(&it, "subject").to_vec()).filter_map(|it| one(it["digest"].clone()));
    told.chain(one(json!({ "sha256": "0".repeat(64) }))).collect()
}
