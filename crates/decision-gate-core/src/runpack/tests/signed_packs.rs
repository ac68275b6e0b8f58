//! Packs with signed evidence and signed manifests, judged with the verifier's own keys.

use serde_json::{Value, json};

use super::fixture::{Live, NOW, absent, checked, codes, fault, file, policy, release, small, variable};
use crate::at::Timestamp;
use crate::evidence::{Answer, Query};
use crate::keys::{KeyId, Keyring, SigningKey};
use crate::name::{EnvironmentName, NamespaceId, RunId, TenantId};
use crate::runpack::{Expect, FindingCode, Level, PackFile, PackFiles, Profile, ProofLevel, Report, Status, Verdict};
use crate::scenario::Origin;
use crate::trust::statement::{Claim, ValueClaim};
use crate::trust::{Binding, EvidenceStatement, Occasion};

pub(super) const GATE: [u8; 32] = [1; 32];
const SENSOR: [u8; 32] = [2; 32];
const STRANGER: [u8; 32] = [3; 32];

pub(super) fn key(seed: [u8; 32]) -> SigningKey {
    SigningKey::from_seed(&seed)
}

/// A trusted key as an operator would list it, with more members.
fn listed(name: &str, seed: [u8; 32], more: &Value) -> Value {
    let mut entry = serde_json::to_value(key(seed).public()).unwrap();
    entry["key_id"] = json!(name);
    entry.as_object_mut().unwrap().extend(more.as_object().cloned().unwrap_or_default());
    entry
}

pub(super) fn ring(keys: Vec<Value>) -> Keyring {
    serde_json::from_value(Value::Array(keys)).unwrap()
}

pub(super) fn sensor(more: &Value) -> Value {
    listed("sensor", SENSOR, more)
}

pub(super) fn gate(more: &Value) -> Value {
    listed("gate", GATE, more)
}

/// The answer to a condition of the release, signed by the sensor for this run.
fn signed(live: &Live, condition: &str, answer: Answer) -> Answer {
    let Answer::Found(mut found) = answer else { panic!("only values are signed here") };
    let query: &Query = &live.scenario.condition(&condition.parse().unwrap()).unwrap().query;
    let run = RunId::try_from("run-1").unwrap();
    let environment: EnvironmentName = "production".parse().unwrap();
    let subject = live.state().subject.clone();
    let occasion = Occasion {
        tenant: TenantId::FIRST,
        namespace: NamespaceId::FIRST,
        run: Some(&run),
        subject: subject.as_ref(),
        environment: Some(&environment),
        at: Timestamp::UnixMillis(NOW),
    };
    let claim = Claim {
        value: ValueClaim::of(&found.value),
        content_type: found.content_type.as_deref(),
        anchor: found.anchor.as_ref(),
    };
    let expires_at = Timestamp::UnixMillis(NOW + 3_600_000);
    let statement = EvidenceStatement::about(query, claim, &occasion, Binding::Run, expires_at);
    let envelope = statement.sign(&key(SENSOR), Some(&KeyId::try_from("sensor").unwrap()));
    found.attestation = Some(String::from_utf8(envelope.as_bytes().to_vec()).unwrap());
    Answer::Found(found)
}

/// A run whose reports must be signed by the sensor, to its end.
pub(super) fn run() -> Live {
    let mut policy = policy();
    policy.keys = ring(vec![sensor(&json!({}))]);
    let trust = json!({ "require_signature": { "keys": ["sensor"], "binding": "run" } });
    policy.providers.get_mut(&"json".parse().unwrap()).unwrap().trust = serde_json::from_value(trust).unwrap();
    let mut live = Live::start_under(&release(), Origin::Pinned, policy);
    live.next(&[("no-failures", file(json!(0))), ("lint-clean", fault())]);
    let tests = signed(&live, "no-failures", file(json!(0)));
    let lint = signed(&live, "lint-clean", file(json!("clean")));
    live.next(&[("no-failures", tests), ("lint-clean", lint)]);
    live.next(&[("approval", variable("yes")), ("override", absent())]);
    live
}

pub(super) fn files_of(live: &Live) -> PackFiles {
    live.pack(Profile::Audit).signed(&key(GATE)).to_files()
}

fn verify(live: &Live, files: &PackFiles, keys: Vec<Value>) -> Report {
    checked(files, &Expect { keys: Some(ring(keys)), level: Some(ProofLevel::Signed), ..live.expect() })
}

#[test]
fn a_signed_pack_is_allowed_at_level_signed() {
    let live = run();
    let report = verify(&live, &files_of(&live), vec![gate(&json!({})), sensor(&json!({ "providers": ["json"] }))]);
    assert_eq!(codes(&report), []);
    assert_eq!((report.status, report.verdict), (Status::Pass, Verdict::Allowed));
    assert_eq!(report.level, Some(ProofLevel::Signed));
    assert_eq!(report.facets.signatures.level, Level::All);
    assert_eq!(report.unproven, [], "the signature proves when the pack was made");
}

#[test]
fn the_envelopes_lie_beside_what_they_sign() {
    let files = files_of(&run());
    let envelopes: Vec<_> = files.iter().filter(|(path, _)| path.starts_with("attestations/")).collect();
    assert_eq!(envelopes.len(), 2);
    for (path, file) in envelopes {
        let PackFile::Bytes(bytes) = file else { panic!("{path}") };
        assert_eq!(path, format!("attestations/{}.json", crate::digest::Digest::of(bytes)));
    }
    let trust: Value = serde_json::from_slice(files.bytes("trust.json").unwrap()).unwrap();
    assert_eq!(trust["keys"], json!([{ "key_id": "sensor", "key": key(SENSOR).public() }]));
}

#[test]
fn without_keys_a_signed_pack_is_no_more_than_replayed() {
    let live = run();
    let report = checked(&files_of(&live), &live.expect());
    assert_eq!((report.status, report.level), (Status::Pass, Some(ProofLevel::Replayed)));
    assert_eq!(report.facets.signatures.level, Level::None);
    let asked = Expect { level: Some(ProofLevel::Signed), ..live.expect() };
    assert_eq!(codes(&checked(&files_of(&live), &asked)), [FindingCode::ExpectedLevel]);
}

#[test]
fn every_way_in_which_a_signer_can_be_wrong() {
    let live = run();
    let (later, earlier) = (millis(NOW + 500_000), millis(NOW - 1));
    let revoked = |at: &Value, reason: &str| json!({ "revoked": { "at": at, "reason": reason } });
    let (gate_signer, signer) = (FindingCode::ManifestSigner, FindingCode::EvidenceSigner);
    let good = json!({});
    let with_sensor = |more: Value| vec![gate(&good), sensor(&more)];
    let with_gate = |more: Value| vec![gate(&more), sensor(&good)];
    let cases: [(&str, Vec<Value>, Option<FindingCode>); 14] = [
        ("nobody of the verifier's", vec![], Some(gate_signer)),
        ("the gate's key is not trusted", vec![sensor(&good)], Some(gate_signer)),
        ("the sensor's key is not trusted", vec![gate(&good)], None),
        ("another key of the same name", vec![gate(&good), listed("sensor", STRANGER, &good)], None),
        ("a provider's key signed the manifest", with_gate(json!({ "providers": ["json"] })), Some(gate_signer)),
        (
            "a key for other documents signed the manifest",
            with_gate(json!({ "predicate_types": ["urn:decision-gate:evidence:v1"] })),
            Some(gate_signer),
        ),
        ("not for this provider", with_sensor(json!({ "providers": ["env"] })), Some(signer)),
        (
            "not for evidence",
            with_sensor(json!({ "predicate_types": ["https://slsa.dev/provenance/v1"] })),
            Some(signer),
        ),
        ("expired before", with_sensor(json!({ "not_after": earlier })), Some(signer)),
        ("not valid yet", with_sensor(json!({ "not_before": later })), Some(signer)),
        ("revoked before", with_sensor(revoked(&earlier, "superseded")), Some(signer)),
        ("compromised since, and no proof of time", with_sensor(revoked(&later, "compromise")), Some(signer)),
        ("superseded since, and no proof of time", with_sensor(revoked(&later, "superseded")), None),
        ("the gate's key was compromised since", with_gate(revoked(&later, "compromise")), Some(gate_signer)),
    ];
    for (why, keys, finding) in cases {
        let report = verify(&live, &files_of(&live), keys);
        let expected: Vec<_> = finding.into_iter().chain([FindingCode::ExpectedLevel]).collect();
        assert_eq!(codes(&report), expected, "{why}: {:?}", report.findings);
        assert!(report.level < Some(ProofLevel::Signed), "{why}");
        assert_eq!(report.verdict, Verdict::Failed, "{why}");
    }
}

fn millis(value: i64) -> Value {
    json!({ "kind": "unix_millis", "value": value })
}

#[test]
fn an_old_pack_is_time_unproven_once_its_key_was_superseded() {
    let live = run();
    let revoked = json!({ "revoked": { "at": millis(NOW + 500_000), "reason": "superseded" } });
    let keys = vec![gate(&json!({})), sensor(&revoked)];
    let report = verify(&live, &files_of(&live), keys.clone());
    let reasons = report.facets.signatures.reasons.join("\n");
    assert!(reasons.starts_with("time_unproven: key `sensor` was revoked"), "{reasons}");
    assert!(report.unproven.iter().any(|it| it.pointer == "/generated_at"), "{:?}", report.unproven);
    // Who is content with less says so, and still gets the decision replayed.
    let asked = Expect { keys: Some(ring(keys)), level: Some(ProofLevel::Replayed), ..live.expect() };
    assert_eq!(checked(&files_of(&live), &asked).verdict, Verdict::Allowed);
}

#[test]
fn any_changed_byte_of_the_signature_fails() {
    let live = small();
    let mut files = files_of(&live);
    let keys = || vec![gate(&json!({}))];
    assert_eq!(verify(&live, &files, keys()).level, Some(ProofLevel::Signed));
    let original = files.bytes("manifest.sig").unwrap().to_vec();
    // Every byte of the frame and the signature, and some of the payload, which is compared as a whole.
    let ends = original.len() - 400..original.len();
    for index in (0..original.len()).filter(|index| *index < 100 || index % 97 == 0 || ends.contains(index)) {
        let mut bytes = original.clone();
        bytes[index] ^= 1 << (index % 7);
        files.insert("manifest.sig", PackFile::Bytes(bytes));
        assert_eq!(verify(&live, &files, keys()).status, Status::Fail, "byte {index}");
    }
}

#[test]
fn a_consistent_rewrite_without_the_key_fails() {
    let live = run();
    let honest = files_of(&live);
    let keys = || vec![gate(&json!({})), sensor(&json!({}))];
    // The forger knows the program: another run, made and sealed as the gate would.
    let forged = || small().pack(Profile::Audit);
    let with = |signature: Option<&[u8]>| {
        let mut files = forged().to_files();
        if let Some(bytes) = signature {
            files.insert("manifest.sig", PackFile::Bytes(bytes.to_vec()));
        }
        codes(&verify(&live, &files, keys()))
    };
    assert_eq!(with(None), [FindingCode::ExpectedLevel]);
    let old = honest.bytes("manifest.sig");
    assert_eq!(with(old), [FindingCode::ManifestSignature, FindingCode::ExpectedLevel]);
    let own = verify(&live, &forged().signed(&key(STRANGER)).to_files(), keys());
    assert_eq!(codes(&own), [FindingCode::ManifestSigner, FindingCode::ExpectedLevel]);
}

#[test]
fn redacted_values_leave_their_signatures_unchecked() {
    let live = run();
    let files = live.pack(Profile::Disclosed).signed(&key(GATE)).to_files();
    assert!(files.iter().all(|(path, _)| !path.starts_with("attestations/")), "an envelope has the value's plain hash");
    let keys = Some(ring(vec![gate(&json!({})), sensor(&json!({}))]));
    let report = checked(&files, &Expect { keys, level: Some(ProofLevel::Hashes), ..live.expect() });
    assert_eq!(codes(&report), []);
    assert_eq!(report.facets.signatures.level, Level::Partial);
    assert_eq!(report.facets.signatures.reasons, ["signatures can't be checked where the value is redacted"]);
}
