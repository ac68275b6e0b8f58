//! What a pinned key reaches, and what it does not.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use decision_gate_core::digest::Digest;
use decision_gate_core::dsse;
use decision_gate_core::keys::{KeyFault, KeyId, SigningKey, TrustedKey};
use serde_json::{Value, json};

use super::*;

const MEDIA_TYPE: &str = "application/vnd.dev.sigstore.bundle.v0.3+json";

fn signing() -> SigningKey {
    SigningKey::from_seed(&[3; 32])
}

fn key() -> TrustedKey {
    TrustedKey::new(KeyId::try_from("k").unwrap(), signing().public())
}

fn message(file: &[u8]) -> Value {
    json!({
        "mediaType": MEDIA_TYPE,
        "verificationMaterial": { "publicKey": { "hint": "anything" } },
        "messageSignature": {
            "messageDigest": { "algorithm": "SHA2_256", "digest": STANDARD.encode(Digest::of(file).as_bytes()) },
            "signature": STANDARD.encode(signing().sign(file)),
        },
    })
}

fn code(bundle: &Value) -> &'static str {
    SigstoreBundle::from_value(bundle).map_or_else(|error| error.code(), |_| "read")
}

#[test]
fn a_signature_over_a_file_needs_the_file_its_digest_and_a_key_that_counts() {
    let read = |value: &Value| SigstoreBundle::from_value(value).unwrap();
    let verify = |value: &Value, file: &[u8], judge: fn(&TrustedKey) -> Result<(), KeyFault>| {
        read(value).message().unwrap().verify(file, [&key()], judge).map_err(|fault| fault.code())
    };
    let good = message(b"file");
    assert_eq!(verify(&good, b"file", |_| Ok(())), Ok(KeyId::try_from("k").unwrap()));
    assert_eq!(verify(&good, b"other", |_| Ok(())), Err("digest_mismatch"));
    assert_eq!(verify(&good, b"file", |_| Err(KeyFault::unknown(None))), Err("key_unknown"));
    let mut other = good.clone();
    other["messageSignature"]["messageDigest"]["algorithm"] = json!("SHA2_512");
    assert_eq!(verify(&other, b"file", |_| Ok(())), Err("digest_unsupported"));
    let mut bare = good.clone();
    bare["messageSignature"]["messageDigest"] = Value::Null;
    assert_eq!(verify(&bare, b"other", |_| Ok(())), Err("signature_invalid"));
    let none: [&TrustedKey; 0] = [];
    let unknown = read(&good).message().unwrap().verify(b"file", none, |_| Ok(())).unwrap_err();
    assert_eq!(unknown.code(), "key_unknown");
}

#[test]
fn a_certificate_or_another_number_of_signatures_is_unsupported() {
    let envelope = dsse::sign("t", b"x", &signing(), None);
    let dsse = |envelope: &Envelope| serde_json::from_slice::<Value>(envelope.as_bytes()).unwrap();
    let mut bundle = message(b"");
    bundle.as_object_mut().unwrap().remove("messageSignature");
    bundle["dsseEnvelope"] = dsse(&envelope);
    let fault = |bundle: &Value| SigstoreBundle::from_value(bundle).unwrap().envelope().err().map(|it| it.code());
    assert_eq!(fault(&bundle), None);
    let mut twice = bundle.clone();
    twice["dsseEnvelope"] = dsse(&envelope.countersigned(&signing(), None));
    assert_eq!(fault(&twice), Some("sigstore_signature_count"));
    assert_eq!(fault(&message(b"")), Some("sigstore_content_mismatch"));
    let mut certificate = bundle.clone();
    certificate["verificationMaterial"] = json!({ "certificate": { "rawBytes": "AAAA" } });
    assert_eq!(fault(&certificate), Some("sigstore_certificate_unsupported"));
    let leaf = leaf::leaf_signatures(&SigstoreBundle::from_value(&certificate).unwrap(), None);
    assert_eq!(leaf, [leaf::LeafSignature::NoKey]);
}

#[test]
fn what_is_no_bundle_is_refused() {
    let with = |pointer: &str, value: Value| {
        let mut bundle = message(b"");
        *bundle.pointer_mut(pointer).unwrap() = value;
        bundle
    };
    for (bundle, expected) in [
        (json!({}), "sigstore_malformed"),
        (with("/mediaType", json!("application/json")), "sigstore_media_type_unsupported"),
        (with("/mediaType", json!("application/vnd.dev.sigstore.bundle.v9+json")), "sigstore_media_type_unsupported"),
        (with("/verificationMaterial", json!({})), "sigstore_malformed"),
        (with("/messageSignature/signature", json!("?")), "sigstore_base64"),
        (with("/messageSignature", Value::Null), "sigstore_malformed"),
    ] {
        assert_eq!(code(&bundle), expected, "{bundle}");
    }
    assert_eq!(SigstoreBundle::parse(b"{\"a\":1,\"a\":2}").unwrap_err().code(), "sigstore_malformed");
}
