use std::collections::BTreeSet;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use p256::ecdsa::signature::Signer as _;
use proptest::prelude::*;
use serde_json::json;

use super::*;
use crate::at::Timestamp;
use crate::digest::{Digest, to_hex};
use crate::json::canonical;
use crate::name::ProviderId;

const SEED: [u8; 32] = [7; 32];

fn ms(millis: i64) -> Timestamp {
    Timestamp::UnixMillis(millis)
}

fn key() -> PublicKey {
    SigningKey::from_seed(&SEED).public()
}

fn p256_signer() -> p256::ecdsa::SigningKey {
    p256::ecdsa::SigningKey::from_slice(&SEED).unwrap()
}

fn p256_key() -> PublicKey {
    PublicKey::ecdsa_p256(p256_signer().verifying_key().to_sec1_point(false).as_bytes()).unwrap()
}

fn trusted(id: &str) -> TrustedKey {
    TrustedKey::new(KeyId::try_from(id).unwrap(), key())
}

fn provider(id: &str) -> ProviderId {
    ProviderId::try_from(id).unwrap()
}

/// A C2SP signed-note key of this type and these bytes.
fn note_key(name: &str, kind: u8, bytes: &[u8]) -> String {
    let body = [&[kind], bytes].concat();
    let hash = Digest::of_parts(&[name.as_bytes(), b"\n", &body]).to_hex();
    let hash: String = hash.chars().take(8).collect();
    format!("{name}+{hash}+{}", encoding::encode(&body))
}

/// A JWK of the P-256 key, with more members.
fn jwk(more: &serde_json::Value) -> String {
    let point = p256_signer().verifying_key().to_sec1_point(false);
    let (x, y) = point.as_bytes()[1..].split_at(32);
    let mut jwk =
        json!({ "kty": "EC", "crv": "P-256", "x": URL_SAFE_NO_PAD.encode(x), "y": URL_SAFE_NO_PAD.encode(y) });
    jwk.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    jwk.to_string()
}

fn code(text: &str) -> &'static str {
    PublicKey::read_text(text).map_or_else(|error| error.code(), |_| "read")
}

#[test]
fn a_key_reads_from_each_of_its_spellings() {
    let ed25519 = key();
    let raw = ed25519.to_bytes();
    assert_eq!(PublicKey::read(&raw).as_ref(), Ok(&ed25519));
    assert_eq!(PublicKey::read(&ed25519.to_spki_der()).as_ref(), Ok(&ed25519));
    let jwk_text = json!({ "kty": "OKP", "crv": "Ed25519", "x": URL_SAFE_NO_PAD.encode(&raw), "kid": "a" }).to_string();
    for text in [
        ed25519.to_pem(),
        ed25519.to_pem().replace('\n', "\r\n"),
        ed25519.to_pem().replacen("MCow", "MC\n  ow\n\n", 1),
        encoding::encode(&raw),
        URL_SAFE_NO_PAD.encode(&raw),
        to_hex(&raw),
        to_hex(&raw).to_uppercase(),
        encoding::encode(&ed25519.to_spki_der()),
        to_hex(&ed25519.to_spki_der()),
        jwk_text,
        note_key("gate.example/log", 1, &raw),
    ] {
        assert_eq!(PublicKey::read_text(&text).as_ref(), Ok(&ed25519), "{text}");
        assert_eq!(PublicKey::read(format!(" {text}\n\n").as_bytes()).as_ref(), Ok(&ed25519), "{text}");
    }
    let ecdsa = p256_key();
    let uncompressed = p256_signer().verifying_key().to_sec1_point(false).as_bytes().to_vec();
    for bytes in [ecdsa.to_bytes(), uncompressed, ecdsa.to_spki_der()] {
        assert_eq!(PublicKey::read(&bytes).as_ref(), Ok(&ecdsa));
        assert_eq!(PublicKey::read_text(&to_hex(&bytes)).as_ref(), Ok(&ecdsa));
        assert_eq!(PublicKey::read_text(&encoding::encode(&bytes)).as_ref(), Ok(&ecdsa));
    }
    // In one long line, as the npm registry hands out its keys.
    let lines: Vec<String> = ecdsa.to_pem().lines().map(str::to_owned).collect();
    let inner = lines.iter().filter(|line| !line.starts_with('-')).cloned().collect::<String>();
    let long = format!("-----BEGIN PUBLIC KEY-----\n{inner}\n-----END PUBLIC KEY-----");
    assert_eq!(PublicKey::read_text(&long).as_ref(), Ok(&ecdsa));
    for text in [ecdsa.to_pem(), jwk(&json!({})), jwk(&json!({ "use": "sig", "alg": "ES256" }))] {
        assert_eq!(PublicKey::read_text(&text).as_ref(), Ok(&ecdsa), "{text}");
    }
}

#[test]
fn what_is_no_key_is_refused_with_its_reason() {
    let raw = key().to_bytes();
    let pem = key().to_pem();
    let private = SigningKey::from_seed(&SEED).to_pkcs8_pem().unwrap();
    let identity = [&[1_u8][..], &[0; 31]].concat();
    for (text, says) in [
        ("", "key_malformed"),
        (" \n", "key_malformed"),
        ("no key at all", "key_malformed"),
        (&to_hex(&raw[1..]), "key_malformed"),
        (&encoding::encode(&raw[1..]), "key_malformed"),
        (&"A".repeat(20_000), "key_malformed"),
        (&format!("{pem}{pem}"), "key_malformed"),
        (&format!("{pem}x"), "key_malformed"),
        (&pem.replace("PUBLIC KEY", "EC PUBLIC KEY"), "key_malformed"),
        (&pem.replacen('\n', "\nProc-Type: 4\n", 1), "key_malformed"),
        (&pem.replace('=', ""), "key_malformed"),
        (&pem.replace("PUBLIC KEY", "CERTIFICATE"), "key_unsupported"),
        (&private, "key_is_private"),
        ("PRIVATE+KEY+gate+01234567+AAAA", "key_is_private"),
        (&jwk(&json!({ "d": "AA" })), "key_is_private"),
        (&jwk(&json!({ "use": "enc" })), "key_malformed"),
        (&jwk(&json!({ "alg": "EdDSA" })), "key_malformed"),
        (&jwk(&json!({ "crv": "P-384" })), "key_unsupported"),
        (&jwk(&json!({ "y": "AA" })), "key_malformed"),
        (&jwk(&json!({ "y": URL_SAFE_NO_PAD.encode([1; 32]) })), "key_malformed"),
        (r#"{"kty":"RSA","n":"AA","e":"AQAB"}"#, "key_unsupported"),
        (r#"{"kty":"OKP","kty":"OKP","crv":"Ed25519"}"#, "key_malformed"),
        (r#"{"keys":[]}"#, "key_malformed"),
        (&note_key("gate", 4, &raw), "key_unsupported"),
        (&note_key("gate", 1, &raw[1..]), "key_malformed"),
        (&note_key("gate", 1, &raw).replace("gate", "goat"), "key_malformed"),
        (&note_key("", 1, &raw), "key_malformed"),
        (&to_hex(&identity), "key_weak"),
    ] {
        assert_eq!(code(text), says, "{text}");
    }
    assert_eq!(PublicKey::read(&[0xff; 7]).map_err(|error| error.code()), Err("key_malformed"));
    // 2^255 - 18 is a second way to write 1: a low order as well as no canonical encoding.
    let second = [&[0xee][..], &[0xff; 30], &[0x7f]].concat();
    assert_eq!(PublicKey::read(&second).map_err(|error| error.code()), Err("key_weak"));
    // 2^255 - 16 is a second way to write 3, whose point has a high order.
    let second = [&[0xf0][..], &[0xff; 30], &[0x7f]].concat();
    assert_eq!(PublicKey::read(&second).map_err(|error| error.code()), Err("key_malformed"));
    let mut first = [0; 32];
    first[0] = 3;
    assert!(PublicKey::read(&first).is_ok());
}

#[test]
fn a_private_key_keeps_to_itself() {
    let signing = SigningKey::from_seed(&SEED);
    let shown = format!("{signing:?} {:?}", SigningKeyError::Malformed);
    assert!(!shown.contains(&to_hex(&SEED)) && !shown.contains(&encoding::encode(&SEED)), "{shown}");
    let pem = signing.to_pkcs8_pem().unwrap();
    // RFC 8410 section 10.3: version 1, no attributes, no public key.
    let der = [&[0x30, 0x2e, 2, 1, 0, 0x30, 5, 6, 3, 0x2b, 0x65, 0x70, 4, 0x22, 4, 0x20][..], &SEED].concat();
    assert_eq!(*pem, format!("-----BEGIN PRIVATE KEY-----\n{}\n-----END PRIVATE KEY-----\n", encoding::encode(&der)));
    assert_eq!(SigningKey::from_pkcs8_pem(&pem).unwrap().public(), signing.public());
    for bad in
        ["", "PRIVATE KEY", &key().to_pem(), &pem.replace("MC4", "MC5"), &pem.replace("PRIVATE", "ENCRYPTED PRIVATE")]
    {
        assert_eq!(SigningKey::from_pkcs8_pem(bad).map(|_| ()), Err(SigningKeyError::Malformed));
    }
}

#[test]
fn ecdsa_signatures_hold_in_both_forms_and_in_no_other_ones() {
    let (key, message) = (p256_key(), b"message".as_slice());
    let signature: p256::ecdsa::Signature = p256_signer().sign(message);
    let (raw, der) = (signature.to_bytes().to_vec(), signature.to_der().as_bytes().to_vec());
    for (bytes, form, other) in
        [(&raw, SignatureForm::Raw, SignatureForm::Der), (&der, SignatureForm::Der, SignatureForm::Raw)]
    {
        assert_eq!(key.verify(message, bytes), Ok(()));
        assert_eq!(key.verify_form(message, bytes, form), Ok(()));
        assert!(key.verify_form(message, bytes, other).is_err());
        assert_eq!(key.verify(b"another", bytes), Err(SignatureFault::Invalid { algorithm: "ecdsa-p256" }));
    }
    assert_eq!(key.verify(message, &raw[1..]).map_err(|fault| fault.code()), Err("signature_malformed"));
    let ed25519 = SigningKey::from_seed(&SEED);
    assert!(ed25519.public().verify_form(message, &ed25519.sign(message), SignatureForm::Der).is_err());
}

#[test]
fn a_trusted_key_is_written_one_way() {
    let mut types = BTreeSet::new();
    types.insert("https://slsa.dev/provenance/v1".to_owned());
    let revocation = Revocation { at: ms(5), reason: RevocationReason::Compromise };
    let full = trusted("ci/2026").within(Some(ms(1)), Some(ms(9))).unwrap().revoked(revocation).unwrap();
    let full = full.for_providers([provider("ci")].into()).unwrap().for_predicate_types(types).unwrap();
    let text = |key: &TrustedKey| String::from_utf8(canonical::of(key).unwrap()).unwrap();
    insta::assert_snapshot!(text(&full), @r#"{"algorithm":"ed25519","key_id":"ci/2026","not_after":{"kind":"unix_millis","value":9},"not_before":{"kind":"unix_millis","value":1},"predicate_types":["https://slsa.dev/provenance/v1"],"providers":["ci"],"public_key":"6kpsY+KcUgq+9VB7Ey7F+ZVHdq6+vnuSQh7qaRRG0iw=","revoked":{"at":{"kind":"unix_millis","value":5},"reason":"compromise"}}"#);
    insta::assert_snapshot!(text(&trusted("a")), @r#"{"algorithm":"ed25519","key_id":"a","public_key":"6kpsY+KcUgq+9VB7Ey7F+ZVHdq6+vnuSQh7qaRRG0iw="}"#);
    for key in [&full, &trusted("a"), &TrustedKey::new(KeyId::try_from("b").unwrap(), p256_key())] {
        assert_eq!(serde_json::from_str::<TrustedKey>(&text(key)).unwrap(), *key);
    }
    let with = |member: &str, value: serde_json::Value| {
        let mut key = serde_json::to_value(&full).unwrap();
        key[member] = value;
        serde_json::from_value::<TrustedKey>(key).map(|_| ()).unwrap_err().to_string()
    };
    for (member, value, says) in [
        ("extra", json!(1), "unknown field `extra`"),
        ("algorithm", json!("rsa"), "unknown variant `rsa`"),
        ("algorithm", json!("ecdsa-p256"), "key `ci/2026`: the key is no point of p-256"),
        ("public_key", json!("6kpsY-KcUgq-9VB7Ey7F-ZVHdq6-vnuSQh7qaRRG0iw="), "not its one spelling"),
        ("public_key", json!("6kpsY+KcUgq+9VB7Ey7F+ZVHdq6+vnuSQh7qaRRG0iw"), "not padded base64"),
        ("public_key", json!("AAAA"), "not 32 bytes"),
        ("not_after", json!({ "kind": "unix_millis", "value": 0 }), "key `ci/2026` is never valid"),
        ("not_after", json!({ "kind": "logical", "value": 9 }), "key `ci/2026` is never valid"),
        ("not_before", json!({ "kind": "unix_millis", "value": i64::MIN }), "is of no clock"),
        ("providers", json!([]), "key `ci/2026` allows no `providers`"),
        ("predicate_types", json!([]), "key `ci/2026` allows no `predicate_types`"),
        ("key_id", json!("a b"), "is not allowed in a key id"),
    ] {
        let error = with(member, value);
        assert!(error.contains(says), "{member}: {error}");
    }
    let uncompressed = p256_signer().verifying_key().to_sec1_point(false).as_bytes().to_vec();
    let wire = json!({ "algorithm": "ecdsa-p256", "public_key": encoding::encode(&uncompressed) });
    assert!(serde_json::from_value::<PublicKey>(wire).is_err());
}

#[test]
fn a_keyring_is_a_sorted_list_of_distinct_ids() {
    let ring = Keyring::new([trusted("b"), trusted("a")]).unwrap();
    let text = serde_json::to_string(&ring).unwrap();
    assert!(text.find("\"a\"") < text.find("\"b\""), "{text}");
    assert_eq!(serde_json::from_str::<Keyring>(&text).unwrap(), ring);
    assert_eq!(Keyring::new([trusted("a"), trusted("a")]).map_err(|error| error.code()), Err("key_duplicate"));
    let revocation = Revocation { at: ms(5), reason: RevocationReason::Retired };
    let revoked = trusted("a").revoked(revocation).unwrap();
    let ring = Keyring::new([revoked.clone(), trusted("b")]);
    assert_eq!(ring.map_err(|error| error.code()), Err("key_revoked_elsewhere"));
    let ring = Keyring::new([revoked]).unwrap();
    assert!(ring.find("a").is_ok());
    assert_eq!(ring.find("b\u{7}").map_err(|fault| fault.to_string()), Err(r"key `b\u{7}` is not trusted".to_owned()));
}

#[test]
fn a_key_counts_within_its_window_and_scope() {
    let revocation = |at| Revocation { at: ms(at), reason: RevocationReason::Superseded };
    let window = || trusted("k").within(Some(ms(10)), Some(ms(20))).unwrap();
    let scoped = trusted("k").for_providers([provider("ci")].into()).unwrap();
    let typed = trusted("k").for_predicate_types(["t".to_owned()].into()).unwrap();
    let (ci, other) = (provider("ci"), provider("other"));
    for (key, at, provider, kind, says) in [
        (trusted("k"), ms(0), &ci, None, "ok"),
        (trusted("k"), Timestamp::Logical(3), &ci, Some("t"), "ok"),
        (window(), ms(9), &ci, None, "key_not_yet_valid"),
        (window(), ms(10), &ci, None, "ok"),
        (window(), ms(20), &ci, None, "ok"),
        (window(), ms(21), &ci, None, "key_expired"),
        (window(), Timestamp::Logical(15), &ci, None, "key_window_unjudgeable"),
        (window().revoked(revocation(15)).unwrap(), ms(14), &ci, None, "ok"),
        (window().revoked(revocation(15)).unwrap(), ms(15), &ci, None, "key_revoked"),
        (window().revoked(revocation(15)).unwrap(), ms(30), &ci, None, "key_revoked"),
        (trusted("k").revoked(revocation(15)).unwrap(), Timestamp::Logical(1), &ci, None, "key_window_unjudgeable"),
        (scoped.clone(), ms(0), &ci, None, "ok"),
        (scoped, ms(0), &other, None, "key_not_for_provider"),
        (typed.clone(), ms(0), &ci, Some("t"), "ok"),
        (typed.clone(), ms(0), &ci, Some("T"), "key_not_for_predicate"),
        (typed, ms(0), &ci, None, "key_not_for_predicate"),
    ] {
        let code = key.judge(at, provider, kind).map_or_else(|fault| fault.code(), |()| "ok");
        assert_eq!(code, says, "{key:?} at {at}");
    }
}

#[test]
fn a_key_id_takes_what_other_tools_call_a_key() {
    for good in
        ["a", "/etc/keys/ci.pub", "SHA256:jl3bwswu80PjjokCgh0o2w5c2U4LhQAE57gj9cz1kzA", "a@b+c=", &"x".repeat(256)]
    {
        assert_eq!(KeyId::try_from(good).unwrap().as_str(), good);
    }
    for bad in ["", "a b", "a\n", "ä", "a\\b", &"x".repeat(257)] {
        assert_eq!(KeyId::try_from(bad).map_err(|error| error.code()), Err("key_id_invalid"), "{bad}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn a_key_survives_every_spelling(seed in any::<[u8; 32]>()) {
        let key = SigningKey::from_seed(&seed).public();
        let wire = serde_json::to_string(&key).unwrap();
        prop_assert_eq!(&serde_json::from_str::<PublicKey>(&wire).unwrap(), &key);
        let bytes = key.to_bytes();
        for text in [key.to_pem(), encoding::encode(&bytes), note_key("n", 1, &bytes)] {
            prop_assert_eq!(PublicKey::read_text(&text), Ok(key.clone()));
        }
        prop_assert_eq!(PublicKey::read(&bytes), Ok(key));
    }

    #[test]
    fn a_changed_bit_breaks_a_signature(
        seed in any::<[u8; 32]>(),
        message in proptest::collection::vec(any::<u8>(), 1..40),
        bit in any::<prop::sample::Index>(),
        in_message in any::<bool>(),
    ) {
        let key = SigningKey::from_seed(&seed);
        let (mut signature, mut message) = (key.sign(&message), message);
        prop_assert_eq!(key.public().verify(&message, &signature), Ok(()));
        let changed = if in_message { &mut message } else { &mut signature };
        let bit = bit.index(changed.len() * 8);
        changed[bit / 8] ^= 1 << (bit % 8);
        prop_assert!(key.public().verify(&message, &signature).is_err());
    }

    #[test]
    fn no_bytes_bring_a_reader_down(bytes in proptest::collection::vec(any::<u8>(), 0..140), text in ".{0,140}") {
        for key in [PublicKey::read(&bytes), PublicKey::read_text(&text)].into_iter().flatten() {
            prop_assert_eq!(PublicKey::read(&key.to_bytes()), Ok(key));
        }
    }
}
