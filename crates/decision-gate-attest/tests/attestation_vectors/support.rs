//! Reading the files of the collections, and what they hold, beside the code under test.

use std::fs;
use std::num::NonZeroUsize;
use std::path::Path;

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE};
use decision_gate_attest::bundle::{Bundle, Item, Place};
use decision_gate_attest::sigstore::{Content, leaf};
use decision_gate_core::dsse::{self, Envelope, Payload, Verified};
use decision_gate_core::keys::{KeyId, PublicKey, TrustedKey};
use serde_json::Value;

pub(crate) fn bytes_of(path: &Path) -> Vec<u8> {
    fs::read(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

pub(crate) fn json_of(path: &Path) -> Value {
    serde_json::from_slice(&bytes_of(path)).unwrap()
}

pub(crate) fn text<'a>(case: &'a Value, member: &str) -> &'a str {
    case[member].as_str().unwrap_or_else(|| panic!("{member} of {case}"))
}

pub(crate) fn list<'a>(case: &'a Value, member: &str) -> &'a [Value] {
    case[member].as_array().map(Vec::as_slice).unwrap_or_default()
}

/// What stands at a place of a file.
pub(crate) fn at(bytes: &[u8], place: &Place) -> Value {
    let part = match place.line {
        None => bytes,
        Some(line) => bytes.split(|byte| *byte == b'\n').nth(line - 1).unwrap(),
    };
    serde_json::from_slice::<Value>(part).unwrap().pointer(&place.pointer).unwrap().clone()
}

/// The places of a file that hold something like an envelope, with the item where it is read.
pub(crate) fn slots(bundle: &Bundle) -> Vec<(&Place, Result<&Item, &'static str>)> {
    let items = bundle.items.iter().map(|(place, item)| (place, Ok(item)));
    let notes = bundle.notes.iter().map(|note| (&note.place, Err(note.fault.code())));
    let mut slots: Vec<_> = items.chain(notes.filter(|it| !matches!(it.1, Err("attestation_unrecognised")))).collect();
    slots.sort_by_key(|(place, _)| (*place).clone());
    slots
}

pub(crate) fn envelope_of(item: &Item) -> &Envelope {
    match item {
        Item::Envelope(envelope) => envelope,
        Item::Sigstore(bundle) => match bundle.content() {
            Content::Dsse { envelope, .. } => envelope,
            Content::Message(_) => panic!("no envelope"),
        },
    }
}

/// The key that came with an item.
pub(crate) fn own_key(item: &Item, raw: &Value) -> Option<PublicKey> {
    match item {
        Item::Envelope(_) => {
            list(raw, "signatures").iter().find_map(|it| leaf::certificate_key_of_pem(it["cert"].as_str()?))
        }
        Item::Sigstore(bundle) => match bundle.material() {
            decision_gate_attest::sigstore::Material::Certificate { der } => leaf::certificate_key(der),
            decision_gate_attest::sigstore::Material::PublicKey { .. } => None,
        },
    }
}

pub(crate) fn trusted(id: &str, key: PublicKey) -> TrustedKey {
    TrustedKey::new(KeyId::try_from(id).unwrap(), key)
}

/// The key of a PEM file. Some are written in one long line, so it is read from what stands between the lines.
pub(crate) fn key_file(path: &Path) -> PublicKey {
    let pem = String::from_utf8(bytes_of(path)).unwrap();
    let body: String = pem.lines().filter(|line| !line.starts_with("-----")).collect();
    PublicKey::read_text(&body).unwrap()
}

pub(crate) fn verified(envelope: &Envelope, key: PublicKey) -> Result<Verified<Payload>, &'static str> {
    dsse::verify(envelope, [&trusted("own", key)], NonZeroUsize::MIN).map_err(|error| error.code())
}

/// The payload of an envelope, read by the test itself.
pub(crate) fn payload(envelope: &Value) -> Option<Vec<u8>> {
    let text = envelope["payload"].as_str()?;
    STANDARD.decode(text).or_else(|_| URL_SAFE.decode(text)).ok()
}
