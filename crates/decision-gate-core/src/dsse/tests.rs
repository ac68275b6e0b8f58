use std::num::NonZeroUsize;

use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;
use crate::keys::{KeyFault, KeyId, SigningKey, TrustedKey};

const TYPE: &str = "application/example";

fn at_least(count: usize) -> NonZeroUsize {
    NonZeroUsize::new(count).unwrap()
}

fn id(number: u8) -> KeyId {
    KeyId::try_from(format!("key-{number}")).unwrap()
}

fn signing(number: u8) -> SigningKey {
    SigningKey::from_seed(&[number; 32])
}

fn trusted(number: u8) -> TrustedKey {
    TrustedKey::new(id(number), signing(number).public())
}

fn signed_by(numbers: &[u8]) -> Envelope {
    let (first, rest) = numbers.split_first().unwrap();
    let envelope = sign(TYPE, b"payload", &signing(*first), Some(&id(*first)));
    rest.iter().fold(envelope, |envelope, number| envelope.countersigned(&signing(*number), Some(&id(*number))))
}

fn code(envelope: &Envelope, keys: &[TrustedKey], threshold: usize) -> &'static str {
    verify(envelope, keys, at_least(threshold)).map_or_else(|error| error.code(), |_| "verified")
}

fn parsed(value: &Value) -> Result<Envelope, &'static str> {
    Envelope::parse(&serde_json::to_vec(value).unwrap()).map_err(|error| error.code())
}

fn value(envelope: &Envelope) -> Value {
    serde_json::from_slice(envelope.as_bytes()).unwrap()
}

#[test]
fn an_envelope_is_printed_one_way() {
    let envelope = sign(TYPE, b"payload", &signing(1), Some(&id(1)));
    insta::assert_snapshot!(String::from_utf8_lossy(envelope.as_bytes()), @r#"{"payload":"cGF5bG9hZA==","payloadType":"application/example","signatures":[{"keyid":"key-1","sig":"tSn9x+7czAVfZHJfPtinG8LF3oAlWBxZhUqcbuDVkUveBm3ci+Z3c/Va+8whLVRfdMxQeluT8zqY2GnSYkxFBw=="}]}"#);
    assert_eq!(Envelope::parse(envelope.as_bytes()), Ok(envelope.clone()));
    let verified = verify(&envelope, &[trusted(1)], at_least(1)).unwrap();
    assert_eq!((verified.get().payload_type(), verified.get().bytes()), (TYPE, b"payload".as_slice()));
    assert_eq!(verified.signers(), [id(1)]);
    assert!(!format!("{envelope:?}").contains("payload\""));
}

#[test]
fn what_is_no_envelope_is_refused_with_its_reason() {
    let good = value(&signed_by(&[1]));
    let with = |pointer: &str, value: Value| {
        let mut envelope = good.clone();
        *envelope.pointer_mut(pointer).unwrap() = value;
        parsed(&envelope).map(|_| ())
    };
    let sig = good["signatures"][0]["sig"].clone();
    assert_eq!(with("/signatures", json!([{ "sig": sig, "keyid": null, "more": 1 }])), Ok(()));
    for (pointer, value, code) in [
        ("", json!([good]), "envelope_malformed"),
        ("/payloadType", json!(""), "envelope_malformed"),
        ("/payloadType", json!(null), "envelope_malformed"),
        ("/payload", json!(7), "envelope_malformed"),
        ("/payload", json!("cGF5bG9hZA"), "envelope_base64"),
        ("/payload", json!("cGF5\nbG9hZA=="), "envelope_base64"),
        ("/payload", json!("cGF5bG9hZB=="), "envelope_base64"),
        ("/payload", json!("-_+/"), "envelope_base64"),
        ("/signatures", json!({}), "envelope_malformed"),
        ("/signatures", json!([]), "signature_missing"),
        ("/signatures", json!([1]), "envelope_malformed"),
        ("/signatures", json!([{ "sig": "" }]), "signature_missing"),
        ("/signatures", json!([{ "sig": "*" }]), "envelope_base64"),
        ("/signatures", json!([{ "keyid": 1, "sig": sig }]), "envelope_malformed"),
        ("/signatures", Value::Array(vec![good["signatures"][0].clone(); MAX_SIGNATURES + 1]), "envelope_malformed"),
    ] {
        assert_eq!(with(pointer, value.clone()), Err(code), "{pointer} {value}");
    }
    let twice = r#"{"payload":"","payload":"","payloadType":"t","signatures":[]}"#;
    assert_eq!(Envelope::parse(twice.as_bytes()).map_err(|error| error.code()), Err("envelope_malformed"));
}

#[test]
fn each_way_to_fail_has_its_own_code() {
    let envelope = signed_by(&[1]);
    let unnamed = sign(TYPE, b"payload", &signing(1), None);
    assert_eq!(code(&envelope, &[], 1), "key_unknown");
    assert_eq!(code(&envelope, &[trusted(2)], 1), "key_unknown");
    // It names nobody, so it may have been meant to be this key's.
    assert_eq!(code(&unnamed, &[trusted(2)], 1), "signature_invalid");
    let posing = sign(TYPE, b"payload", &signing(1), Some(&id(2)));
    assert_eq!(code(&posing, &[trusted(2)], 1), "signature_invalid");
    // A hint is only a hint.
    assert_eq!(code(&posing, &[trusted(1), trusted(2)], 1), "verified");
    let mut cut = value(&envelope);
    cut["signatures"][0]["sig"] = json!("AAAA");
    assert_eq!(code(&parsed(&cut).unwrap(), &[trusted(1)], 1), "signature_malformed");
    let expired = KeyFault::unknown(Some("judged"));
    let judged = verify_judged(&envelope, &[trusted(1)], at_least(1), |_| Err(expired.clone()));
    assert_eq!(judged, Err(VerifyError::Key(expired)));
}

#[test]
fn a_threshold_counts_keys_and_not_signatures_or_ids() {
    let keys = [trusted(1), trusted(2), trusted(3)];
    assert_eq!(code(&signed_by(&[1]), &keys, 2), "threshold_not_met");
    assert_eq!(code(&signed_by(&[1, 1, 1]), &keys, 2), "threshold_not_met");
    assert_eq!(code(&signed_by(&[1, 4]), &keys, 2), "threshold_not_met");
    assert_eq!(code(&signed_by(&[3, 1]), &keys, 2), "verified");
    // One key under two ids is one key.
    let alias = TrustedKey::new(id(9), signing(1).public());
    let twice = signed_by(&[1]).countersigned(&signing(1), Some(&id(9)));
    assert_eq!(code(&twice, &[trusted(1), alias.clone()], 2), "threshold_not_met");
    // An id that does not count leaves the other one of the same key.
    let not_first = |key: &TrustedKey| {
        if *key.key_id() == id(1) { Err(KeyFault::unknown(None)) } else { Ok(()) }
    };
    let verified = verify_judged(&twice, &[trusted(1), alias], at_least(1), not_first).unwrap();
    assert_eq!(verified.signers(), [id(9)]);
}

#[test]
fn one_ecdsa_signature_never_counts_for_two_keys() {
    use p256::ecdsa::{RecoveryId, Signature, VerifyingKey, signature::Signer as _};
    use p256::elliptic_curve::sec1::ToSec1Point as _;

    // Whoever signs can compute a second key that the same signature fits.
    let signer = p256::ecdsa::SigningKey::from_slice(&[5; 32]).unwrap();
    let message = pae(TYPE, b"payload");
    let signature: Signature = signer.sign(&message);
    let recovered = [0, 1].map(|parity| {
        let parity = RecoveryId::from_byte(parity).unwrap();
        VerifyingKey::recover_from_msg(&message, &signature, parity).unwrap()
    });
    let keys = [0, 1].map(|index| {
        let point = recovered[index].as_affine().to_sec1_point(true);
        let key = crate::keys::PublicKey::ecdsa_p256(point.as_bytes()).unwrap();
        TrustedKey::new(id(u8::try_from(index).unwrap()), key)
    });
    assert_ne!(keys[0].key(), keys[1].key());
    for key in &keys {
        assert_eq!(key.key().verify(&message, &signature.to_bytes()), Ok(()));
    }
    let envelope = parsed(&json!({
        "payloadType": TYPE,
        "payload": "cGF5bG9hZA==",
        "signatures": [{ "sig": crate::keys::encoding::encode(&signature.to_bytes()) }],
    }));
    let envelope = envelope.unwrap();
    assert_eq!(code(&envelope, &keys, 1), "verified");
    assert_eq!(code(&envelope, &keys, 2), "threshold_not_met");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn what_is_signed_reads_back(payload in proptest::collection::vec(any::<u8>(), 0..60), kind in "[ -~é]{1,20}") {
        let envelope = sign(&kind, &payload, &signing(1), Some(&id(1)));
        let again = Envelope::parse(envelope.as_bytes()).unwrap();
        prop_assert_eq!(&again, &envelope);
        prop_assert_eq!(again.digest(), envelope.digest());
        let verified = verify(&again, &[trusted(1)], at_least(1)).unwrap();
        prop_assert_eq!(verified.get().bytes(), payload.as_slice());
        prop_assert_eq!(verified.get().payload_type(), kind);
    }

    /// Whatever byte of an envelope is changed: it never gives other content than was signed.
    #[test]
    fn a_changed_byte_gives_nothing_else(byte in any::<u8>(), at in any::<prop::sample::Index>()) {
        let envelope = signed_by(&[1]);
        let mut bytes = envelope.as_bytes().to_vec();
        let index = at.index(bytes.len());
        prop_assume!(bytes[index] != byte);
        bytes[index] = byte;
        let Ok(changed) = Envelope::parse(&bytes) else { return Ok(()) };
        if let Ok(verified) = verify(&changed, &[trusted(1)], at_least(1)) {
            // Only the hint is not covered, and the alphabet of base64.
            prop_assert_eq!(verified.get().bytes(), b"payload");
            prop_assert_eq!(verified.get().payload_type(), TYPE);
            prop_assert_ne!(changed.digest(), envelope.digest());
        }
    }

    #[test]
    fn a_threshold_is_met_by_as_many_distinct_keys(
        signers in proptest::collection::vec(0_u8..5, 1..8),
        offered in proptest::collection::vec(0_u8..5, 0..8),
        threshold in 1_usize..5,
    ) {
        let envelope = signed_by(&signers);
        let keys: Vec<TrustedKey> = offered.iter().map(|number| trusted(*number)).collect();
        let mut common: Vec<u8> = signers.into_iter().filter(|number| offered.contains(number)).collect();
        common.sort_unstable();
        common.dedup();
        let verified = verify(&envelope, &keys, at_least(threshold));
        prop_assert_eq!(verified.is_ok(), common.len() >= threshold);
        if let Ok(verified) = verified {
            prop_assert_eq!(verified.signers(), common.into_iter().map(id).collect::<Vec<_>>());
        }
    }

    #[test]
    fn two_contents_never_share_an_encoding(
        a in ("[ -~]{0,8}", proptest::collection::vec(any::<u8>(), 0..8)),
        b in ("[ -~]{0,8}", proptest::collection::vec(any::<u8>(), 0..8)),
    ) {
        prop_assert_eq!(pae(&a.0, &a.1) == pae(&b.0, &b.1), a == b);
    }
}
