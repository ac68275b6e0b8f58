//! Notes that are made here, and what must not be taken for one.

use super::*;
use crate::keys::SigningKey;

fn key(seed: u8) -> SigningKey {
    SigningKey::from_seed(&[seed; 32])
}

fn log() -> VerifierKey {
    VerifierKey::new("gate.example/1/1", KeyUse::Plain, key(1).public()).unwrap()
}

fn witness() -> VerifierKey {
    VerifierKey::new("witness.example/w", KeyUse::Cosignature, key(2).public()).unwrap()
}

const TEXT: &str = "gate.example/1/1\n3\nrKbDipCvhuX1GZ7g5BBe8sA6BbJ7ja/1nk427v383cs=\n";

fn signed() -> Note {
    let plain = NoteSignature::sign(TEXT, "gate.example/1/1", &key(1)).unwrap();
    let cosigned = NoteSignature::cosign(TEXT, "witness.example/w", &key(2), 1_700_000_000).unwrap();
    Note::new(TEXT.to_owned(), vec![plain, cosigned]).unwrap()
}

#[test]
fn a_note_reads_back_as_it_was_written() {
    let note = signed();
    assert_eq!(Note::parse(note.to_text().as_bytes()), Ok(note.clone()));
    let (log, witness) = (log(), witness());
    let held = note.verify([&log, &witness]).unwrap();
    assert_eq!(held[0], Signed { key: &log, seconds: None });
    assert_eq!(held[1], Signed { key: &witness, seconds: Some(1_700_000_000) });
    assert_eq!(note.unknown(&[&log]), 1);
    for key in [log, witness] {
        assert_eq!(key.to_string().parse::<VerifierKey>(), Ok(key));
    }
}

#[test]
fn every_changed_byte_is_found() {
    let text = signed().to_text();
    let (log, witness) = (log(), witness());
    for (place, byte) in text.bytes().enumerate() {
        for other in [byte ^ 1, byte ^ 0x20, b'\n', b' '] {
            let mut changed = text.clone().into_bytes();
            changed[place] = other;
            let held = Note::parse(&changed).and_then(|note| note.verify([&log, &witness]).map(|it| it.len()));
            assert!(other == byte || held != Ok(2), "byte {place} as {other}");
        }
    }
}

#[test]
fn one_spoilt_line_of_a_known_key_spoils_the_note() {
    let mut note = signed();
    note.add([NoteSignature { bytes: vec![0; 64], ..note.signatures()[0].clone() }]);
    assert_eq!(note.verify([&log()]), Err(NoteError::Signature { name: "gate.example/1/1".into() }));
    // A stranger's says nothing.
    assert!(note.verify([&witness()]).is_ok());
}

#[test]
fn a_cosignature_is_none_without_a_time_that_can_be() {
    for seconds in [0, u64::MAX, 1 << 63] {
        let line = NoteSignature::cosign(TEXT, "witness.example/w", &key(2), seconds).unwrap();
        let note = Note::new(TEXT.to_owned(), vec![line]).unwrap();
        assert!(note.verify([&witness()]).is_err(), "{seconds}");
    }
}

#[test]
fn a_key_signs_only_as_what_it_is() {
    let as_log = VerifierKey::new("witness.example/w", KeyUse::Plain, key(2).public()).unwrap();
    assert_ne!(as_log.key_id(), witness().key_id());
    assert_eq!(signed().verify([&as_log]), Err(NoteError::Unsigned));
    let elsewhere = VerifierKey::new("gate.example/1/2", KeyUse::Plain, key(1).public()).unwrap();
    assert_eq!(signed().verify([&elsewhere]), Err(NoteError::Unsigned));
}

#[test]
fn names_without_sense_are_refused() {
    for name in ["", "a b", "a+b", "a\u{2003}b", "a\nb"] {
        assert_eq!(VerifierKey::new(name, KeyUse::Plain, key(1).public()), Err(VerifierKeyError::Name), "{name:?}");
    }
}
