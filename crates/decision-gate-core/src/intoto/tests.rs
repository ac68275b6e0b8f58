use std::collections::BTreeSet;
use std::num::NonZeroUsize;

use serde_json::{Value, json};

use super::*;
use crate::at::Timestamp;
use crate::dsse::{Envelope, sign};
use crate::evidence::{Artifact, Subject};
use crate::json::Exactness;
use crate::keys::{KeyId, Keyring, SigningKey, TrustedKey};
use crate::name::ProviderId;

const KIND: &str = "https://example.com/result/v1";

fn digest(algorithm: &str, hex: &str) -> (String, String) {
    (algorithm.to_owned(), hex.to_owned())
}

fn subject(digests: &[(&str, &str)]) -> Subject {
    let artifact = |it: &(&str, &str)| Artifact { name: None, digest: [digest(it.0, it.1)].into() };
    Subject::try_from(digests.iter().map(artifact).collect::<Vec<_>>()).unwrap()
}

fn statement(subjects: &Value) -> Statement {
    let value = json!({ "_type": StatementVersion::V1.uri(), "subject": subjects, "predicateType": KIND,
        "predicate": { "result": "PASSED" } });
    Statement::read(&serde_json::to_vec(&value).unwrap()).unwrap()
}

#[test]
fn a_subject_matches_by_a_strong_digest_only() {
    let (a, b, sha1) = ("a".repeat(64), "b".repeat(64), "c".repeat(40));
    let long = "d".repeat(128);
    let wanted = subject(&[("sha256", &a)]);
    for (subjects, names) in [
        (json!([{ "digest": { "sha256": a } }]), true),
        (json!([{ "digest": { "sha256": b } }, { "digest": { "sha256": a } }]), true),
        (json!([{ "digest": { "sha256": a, "sha1": sha1, "gitCommit": "x" } }]), true),
        (json!([{ "digest": { "sha256": b } }]), false),
        (json!([{ "digest": { "sha256": a.to_uppercase() } }]), false),
        (json!([{ "digest": { "sha512": a } }]), false),
        (json!([{ "digest": { "sha1": sha1 } }]), false),
        (json!([{ "name": a, "uri": a, "digest": { "md5": a } }]), false),
    ] {
        assert_eq!(statement(&subjects).names(&wanted), names, "{subjects}");
    }
    // A shared algorithm that differs makes it another artifact, whatever else is equal.
    let both = Artifact { name: None, digest: [digest("sha256", &a), digest("sha512", &long)].into() };
    let both = Subject::try_from(vec![both]).unwrap();
    assert!(statement(&json!([{ "digest": { "sha256": a } }])).names(&both));
    assert!(!statement(&json!([{ "digest": { "sha256": a, "sha512": "e".repeat(128) } }])).names(&both));
    // Every artifact of the subject must be named.
    let two = subject(&[("sha256", &a), ("sha256", &b)]);
    assert!(!statement(&json!([{ "digest": { "sha256": a } }])).names(&two));
    assert!(statement(&json!([{ "digest": { "sha256": b } }, { "digest": { "sha256": a } }])).names(&two));
}

#[test]
fn what_is_no_statement_is_refused_with_its_reason() {
    let good = json!({ "_type": "https://in-toto.io/Statement/v1", "subject": [{ "digest": { "alg": "x" } }],
        "predicateType": "t", "predicate": {}, "more": 1 });
    let with = |member: &str, value: Value| {
        let mut statement = good.clone();
        statement[member] = value;
        Statement::read(&serde_json::to_vec(&statement).unwrap()).map_or_else(|error| error.code(), |_| "read")
    };
    for (member, value, says) in [
        ("more", json!(2), "read"),
        ("_type", json!("https://in-toto.io/Statement/v0.1"), "read"),
        ("_type", json!("https://in-toto.io/Statement/v2"), "statement_type_unsupported"),
        ("_type", json!(null), "statement_type_unsupported"),
        ("subject", json!(null), "statement_subject_missing"),
        ("subject", json!([]), "statement_subject_missing"),
        ("subject", json!({}), "statement_malformed"),
        ("subject", json!([{}]), "statement_subject_missing"),
        ("subject", json!([{ "name": "a" }]), "statement_digest_missing"),
        ("subject", json!([{ "digest": { "sha256": 1 } }]), "statement_malformed"),
        ("subject", json!([{ "digest": [] }]), "statement_malformed"),
        ("subject", json!([{ "name": 1, "digest": { "alg": "x" } }]), "statement_malformed"),
        ("subject", json!([{ "digest": { "alg": "x" } }, "..."]), "statement_digest_missing"),
        ("predicateType", json!(""), "statement_predicate_type_missing"),
        ("predicateType", json!(7), "statement_malformed"),
        ("predicate", json!(null), "statement_predicate_missing"),
        ("predicate", json!([]), "statement_malformed"),
    ] {
        assert_eq!(with(member, value.clone()), says, "{member} {value}");
    }
    assert_eq!(Statement::read(b"[]").map_err(|error| error.code()), Err("statement_malformed"));
    assert_eq!(Statement::read(b"{\"a\":1,\"a\":1}").map_err(|error| error.code()), Err("statement_malformed"));
}

#[test]
fn a_statement_of_ours_reads_back_and_knows_its_inexact_numbers() {
    let made = Statement::new(&subject(&[("sha256", &"a".repeat(64))]), KIND, &json!({ "n": 1 })).unwrap();
    assert_eq!(Statement::read(&made.to_bytes()).as_ref(), Ok(&made));
    assert_eq!(made.document().exactness("/predicate"), Exactness::Exact);
    let text = String::from_utf8(made.to_bytes()).unwrap().replace(":1}", ":9007199254740993}");
    let inexact = Statement::read(text.as_bytes()).unwrap();
    assert_ne!(inexact.document().exactness("/predicate/n"), Exactness::Exact);
    assert!(Statement::new(&subject(&[("sha256", &"a".repeat(64))]), KIND, &json!(1)).is_err());
}

fn keyring(kinds: Option<&str>, not_after: Option<i64>, provider: Option<&str>) -> Keyring {
    let key = TrustedKey::new(KeyId::try_from("k").unwrap(), SigningKey::from_seed(&[1; 32]).public());
    let mut key = key.within(None, not_after.map(Timestamp::UnixMillis)).unwrap();
    if let Some(kind) = kinds {
        key = key.for_predicate_types(BTreeSet::from([kind.to_owned()])).unwrap();
    }
    if let Some(provider) = provider {
        key = key.for_providers(BTreeSet::from([ProviderId::try_from(provider).unwrap()])).unwrap();
    }
    Keyring::new([key]).unwrap()
}

fn code(envelope: &Envelope, keyring: &Keyring) -> &'static str {
    let provider = ProviderId::try_from("ci").unwrap();
    let signers = Signers { keyring, threshold: NonZeroUsize::MIN, at: Timestamp::UnixMillis(10), provider: &provider };
    match verify(envelope, &signers) {
        Ok(verified) => {
            assert_eq!((verified.signers().len(), verified.get().predicate_type()), (1, KIND));
            "verified"
        }
        Err(fault) => fault.code(),
    }
}

#[test]
fn a_statement_is_believed_from_keys_that_may_say_it() {
    let made = statement(&json!([{ "digest": { "sha256": "a".repeat(64) } }])).to_bytes();
    let key = SigningKey::from_seed(&[1; 32]);
    let envelope = sign(PAYLOAD_TYPE, &made, &key, None);
    assert_eq!(code(&envelope, &keyring(None, None, None)), "verified");
    assert_eq!(code(&envelope, &keyring(Some(KIND), Some(10), Some("ci"))), "verified");
    assert_eq!(code(&envelope, &keyring(Some("other"), None, None)), "key_not_for_predicate");
    assert_eq!(code(&envelope, &keyring(None, Some(9), None)), "key_expired");
    assert_eq!(code(&envelope, &keyring(None, None, Some("other"))), "key_not_for_provider");
    assert_eq!(code(&envelope, &Keyring::default()), "key_unknown");
    let other_type = sign("application/vnd.in-toto+JSON", &made, &key, None);
    assert_eq!(code(&other_type, &keyring(None, None, None)), "payload_type_unsupported");
    assert_eq!(code(&sign(PAYLOAD_TYPE, b"{", &key, None), &keyring(None, None, None)), "statement_malformed");
    // What is signed for somebody else is not read at all.
    assert_eq!(code(&sign(PAYLOAD_TYPE, b"{", &key, None), &keyring(None, Some(9), None)), "key_expired");
}
