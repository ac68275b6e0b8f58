//! Each format with what is enough, what is wrong with it, and what its facts are.

use std::num::NonZeroUsize;

use decision_gate_core::dsse;
use decision_gate_core::intoto::PAYLOAD_TYPE;
use decision_gate_core::json::canonical;
use decision_gate_core::keys::{KeyId, SigningKey, TrustedKey};
use serde_json::json;

use super::*;

/// The only way to a predicate: signed, and verified.
fn verified(predicate_type: &str, predicate: &Value) -> Verified<Statement> {
    let statement = json!({
        "_type": "https://in-toto.io/Statement/v1",
        "subject": [{ "digest": { "sha256": "aa".repeat(32) } }],
        "predicateType": predicate_type,
        "predicate": predicate,
    });
    let key = SigningKey::from_seed(&[1; 32]);
    let envelope = dsse::sign(PAYLOAD_TYPE, &canonical::to_vec(&statement), &key, None);
    let key = TrustedKey::new(KeyId::try_from("k").unwrap(), key.public());
    dsse::verify(&envelope, [&key], NonZeroUsize::MIN).unwrap().into_statement().unwrap()
}

fn samples() -> Vec<(&'static str, Value, Value)> {
    let mut samples = vec![
        (
            "https://slsa.dev/provenance/v1",
            json!({
                "buildDefinition": {
                    "buildType": "urn:build", "externalParameters": { "ref": "main", "a": 1 },
                    "resolvedDependencies": [{ "uri": "git+x" }, { "digest": { "sha256": "0" } }],
                },
                "runDetails": { "builder": { "id": "urn:b" }, "metadata": { "startedOn": "2026-01-01T00:00:00Z" } },
                "unknown": true,
            }),
            json!({
                "builder_id": "urn:b", "build_type": "urn:build", "external_parameters": ["a", "ref"],
                "dependencies": ["git+x"], "started_on": "2026-01-01T00:00:00Z",
            }),
        ),
        (
            "https://slsa.dev/provenance/v0.2",
            json!({
                "builder": { "id": "urn:b" }, "buildType": "urn:build", "materials": null,
                "invocation": { "configSource": { "uri": "git+s" } },
            }),
            json!({
                "builder_id": "urn:b", "build_type": "urn:build", "external_parameters": [], "dependencies": [],
                "source_uri": "git+s",
            }),
        ),
        (
            "https://slsa.dev/verification_summary/v1",
            json!({
                "verifier": { "id": "urn:v" }, "resourceUri": "oci://r", "policy": { "uri": "urn:p" },
                "verificationResult": "FAILED", "verifiedLevels": ["FAILED"],
            }),
            json!({
                "result": "FAILED", "verifier_id": "urn:v", "resource_uri": "oci://r", "policy_uri": "urn:p",
                "verified_levels": ["FAILED"],
            }),
        ),
    ];
    samples.extend(samples_of_in_toto());
    samples
}

fn samples_of_in_toto() -> Vec<(&'static str, Value, Value)> {
    vec![
        (
            "https://in-toto.io/attestation/test-result/v0.1",
            json!({ "result": "FAILED", "configuration": [{ "name": "c" }], "failedTests": ["b", "a"], "passedTests": [] }),
            json!({ "result": "FAILED", "failed": 2, "failed_tests": ["a", "b"], "passed": 0 }),
        ),
        (
            "https://in-toto.io/attestation/vulns/v0.2",
            json!({
                "scanner": {
                    "uri": "urn:s", "db": { "lastUpdate": "2026-01-01T00:00:00Z" },
                    "result": [
                        { "id": "B", "severity": [{ "method": "nvd", "score": "medium" }, { "method": "x", "score": "5.2" }] },
                        { "vulnerability": { "id": "A", "severity": [{ "method": "x", "score": 3 }] } },
                    ],
                },
                "metadata": { "scanStartedOn": "2026-01-01T00:00:00Z", "scanFinishedOn": "2026-01-01T00:01:00Z" },
            }),
            json!({
                "count": 2, "ids": ["A", "B"], "max_score": 5.2, "scanner_uri": "urn:s",
                "database_updated": "2026-01-01T00:00:00Z", "finished_on": "2026-01-01T00:01:00Z",
            }),
        ),
        (
            "https://in-toto.io/attestation/svr/v0.2",
            json!({
                "verifier": { "id": "urn:v", "policies": [] }, "timeCreated": "2026-01-01T00:00:00Z",
                "properties": ["B", "A"],
            }),
            json!({
                "verifier_id": "urn:v", "policies": [], "properties": ["A", "B"],
                "time_created": "2026-01-01T00:00:00Z",
            }),
        ),
        (
            "https://in-toto.io/attestation/runtime-trace/v0.1",
            json!({
                "monitor": { "type": "urn:m" }, "monitoredProcess": { "hostID": "h", "type": "t", "event": "e" },
                "monitorLog": { "network": ["10.0.0.1"], "process": [] },
            }),
            json!({
                "monitor_type": "urn:m", "host_id": "h", "process_type": "t", "event": "e", "network": 1, "processes": 0,
            }),
        ),
    ]
}

#[test]
fn facts_are_what_the_predicate_says_and_nothing_else() {
    for (predicate_type, predicate, expected) in samples() {
        let format = Format::of_type(predicate_type).unwrap();
        let facts = format.read(&verified(predicate_type, &predicate)).unwrap();
        let found: serde_json::Map<_, _> = facts.iter().map(|(name, value)| (name.to_owned(), value.clone())).collect();
        assert_eq!(Value::Object(found), expected, "{predicate_type}");
        for (name, _) in facts.iter() {
            assert!(Format::of_check(&format!("{}.{name}", format.word)).is_some(), "{name}");
        }
    }
}

#[test]
fn a_member_that_is_missing_or_wrong_is_named() {
    let without = |predicate: &Value, pointer: &str| {
        let mut predicate = predicate.clone();
        let (parent, name) = pointer.rsplit_once('/').unwrap();
        predicate.pointer_mut(parent).unwrap().as_object_mut().unwrap().remove(name);
        predicate
    };
    let required = [
        ["/buildDefinition/buildType", "/runDetails/builder/id", "/buildDefinition/externalParameters"],
        ["/builder/id", "/buildType", "/builder"],
        ["/verifier/id", "/resourceUri", "/policy"],
        ["/result", "/configuration", "/configuration"],
        ["/scanner/uri", "/scanner/db/lastUpdate", "/scanner/result"],
        ["/verifier/policies", "/timeCreated", "/properties"],
        ["/monitor", "/monitoredProcess/hostID", "/monitorLog"],
    ];
    for ((predicate_type, predicate, _), pointers) in samples().into_iter().zip(required) {
        let format = Format::of_type(predicate_type).unwrap();
        for pointer in pointers {
            let error = format.read(&verified(predicate_type, &without(&predicate, pointer))).unwrap_err();
            assert_eq!(error.code(), "predicate_field_missing", "{predicate_type} {pointer}");
            assert!(error.to_string().contains(pointer.rsplit('/').next().unwrap()), "{error}");
        }
        let other = format.read(&verified("urn:other", &predicate)).unwrap_err();
        assert_eq!(other.code(), "predicate_type_mismatch");
    }
}

#[test]
fn a_severity_that_is_no_number_leaves_the_rest_of_a_scan_readable() {
    let (kind, mut scan, _) = samples().remove(4);
    for (severity, readable) in [
        (json!([{ "score": "high" }]), false),
        (json!([]), false),
        (json!([{ "score": "NaN" }]), false),
        (json!([{ "score": 11 }]), false),
        (json!([{ "score": "9.8" }, { "score": "high" }]), true),
    ] {
        scan["scanner"]["result"] = json!([{ "id": "A", "severity": severity }]);
        let facts = vulns::FORMAT.read(&verified(kind, &scan)).unwrap();
        assert_eq!(facts.get("max_score").is_ok(), readable, "{severity}");
        assert_eq!(facts.get("count").unwrap(), Some(&json!(1)));
    }
    scan["scanner"]["result"] = json!([]);
    assert_eq!(vulns::FORMAT.read(&verified(kind, &scan)).unwrap().get("max_score").unwrap(), Some(&json!(0.0)));
}
