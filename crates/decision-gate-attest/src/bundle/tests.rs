//! Any order, any line, any frame; and what is passed over is named by its line.

use decision_gate_core::dsse;
use decision_gate_core::keys::SigningKey;

use super::*;

fn envelope(payload: &str) -> String {
    let envelope = dsse::sign("t", payload.as_bytes(), &SigningKey::from_seed(&[1; 32]), None);
    String::from_utf8(envelope.as_bytes().to_vec()).unwrap()
}

fn told(bundle: &Bundle) -> Vec<String> {
    bundle.notes.iter().map(|note| format!("{} {}", note.place, note.fault.code())).collect()
}

#[test]
fn lines_that_are_not_understood_are_passed_over_by_number() {
    let text = format!(
        "{}\r\n\nnot json\n{{\"a\":1}}\n{}\n{{\"payload\":\"\",\"payload\":\"\"}}\n{{\"payloadType\":\"t\",\"payload\":\"!\",\"signatures\":[]}}\n[1]\n",
        envelope("one"),
        envelope("two")
    );
    let bundle = read(text.as_bytes());
    let places: Vec<_> = bundle.items.iter().map(|(place, _)| place.to_string()).collect();
    assert_eq!(places, ["line 1", "line 5"]);
    let expected = [
        "line 3 attestation_unrecognised",
        "line 4 attestation_unrecognised",
        "line 6 attestation_unrecognised",
        "line 7 envelope_base64",
        "line 8 attestation_unrecognised",
    ];
    assert_eq!(told(&bundle), expected);
}

#[test]
fn one_document_may_hold_many_in_the_frames_of_others() {
    let one = envelope("one");
    let build = format!("{{\"provenance_summary\":{{\"provenance\":[{{\"envelope\":{one}}},{{\"other\":1}}]}}}}");
    let bundle = read(build.as_bytes());
    assert_eq!(bundle.items.first().unwrap().0.to_string(), "`/provenance_summary/provenance/0/envelope`");
    assert_eq!(told(&bundle), ["`/provenance_summary/provenance/1` attestation_unrecognised"]);
    assert_eq!(read(one.as_bytes()).items.len(), 1);
    assert_eq!(told(&read(b"{")), ["line 1 attestation_unrecognised"]);
    assert!(read(b"").items.is_empty());
}

#[test]
fn a_flood_is_bounded() {
    let lines = vec![envelope("x"); MAX_ITEMS + 5].join("\n");
    let bundle = read(lines.as_bytes());
    assert_eq!((bundle.items.len(), bundle.skipped), (MAX_ITEMS, 5));
    let junk = read("x\n".repeat(5000).as_bytes());
    assert_eq!((junk.notes.len(), junk.skipped), (MAX_NOTES, 5000));
}
