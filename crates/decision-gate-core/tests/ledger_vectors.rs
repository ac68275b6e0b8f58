//! Public test vectors of Merkle proofs, signed notes, checkpoints and log proofs.
//!
//! Each collection, or part of one, prints `NAME: N of M`. Proofs of subtrees are not taken, so their cases are not.

#![cfg(test)]

use std::collections::BTreeSet;
use std::path::Path;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use decision_gate_core::digest::Digest;
use decision_gate_core::ledger::{
    Checkpoint, CheckpointBody, Note, TlogProof, VerifierKey, VerifierKeyError, consistency_ranges, inclusion_ranges,
    leaf_hash, read_checkpoint, root_of, verify_consistency, verify_inclusion,
};
use decision_gate_vectors::{Report, cases, collection, hex, read, text};
use serde_json::Value;

const MERKLE: &str = "20-merkle-rfc6962";
const NOTES: &str = "21-signed-note-checkpoint";

/// A hash of a case; nothing where it has not 32 bytes, so that no proof can be made of it.
fn hash(text: &Value) -> Option<Digest> {
    let bytes = STANDARD.decode(text.as_str()?).ok()?;
    bytes.try_into().ok().map(Digest::from_bytes)
}

fn path(case: &Value) -> Option<Vec<Digest>> {
    case["proof"].as_array().into_iter().flatten().map(hash).collect()
}

/// What a proof comes to; the code of the refusal.
fn judged(case: &Value) -> Result<(), &'static str> {
    let number = |member: &str| case[member].as_u64().ok_or("number");
    let at = |member: &str| hash(&case[member]).ok_or("hash_length");
    let path = path(case).ok_or("hash_length")?;
    let held = if case["kind"] == "inclusion" {
        verify_inclusion(number("leafIdx")?, number("treeSize")?, &at("leafHash")?, &path, &at("root")?)
    } else {
        verify_consistency(number("size1")?, &at("root1")?, number("size2")?, &at("root2")?, &path)
    };
    held.map_err(|fault| fault.code())
}

#[test]
fn merkle_proofs() {
    let Some(folder) = collection(MERKLE) else { return };
    let mut report = Report::default();
    for file in ["inclusion.json", "consistency.json", "derived.json"] {
        for case in cases(&folder.join(file), "cases") {
            let (id, outcome) = (text(&case, "id"), judged(&case));
            match (text(&case, "expect"), outcome) {
                // Upstream compares bytes of any length where there is nothing to hash.
                ("accept", Err("hash_length")) => report.known(id, "refused: a hash has 32 bytes"),
                ("accept", outcome) => report.case(id, outcome.is_ok(), || format!("{outcome:?}")),
                (_, outcome) => report.refusal(id, &outcome),
            }
        }
    }
    reference_tree(&folder, &mut report);
    report.whole(MERKLE);
}

fn reference_tree(folder: &Path, report: &mut Report) {
    let tree: Value = serde_json::from_slice(&read(&folder.join("reference-tree.json"))).unwrap();
    let strings =
        |member: &str| tree[member].as_array().unwrap().iter().map(|it| it.as_str().unwrap()).collect::<Vec<_>>();
    let leaves: Vec<Digest> = strings("leaf_inputs_hex").into_iter().map(|it| leaf_hash(&hex(it))).collect();
    let roots = strings("roots_hex_by_size");
    let root = |from: usize, to: usize| root_of(leaves[from..to].iter().copied());
    let part =
        |range: &std::ops::Range<u64>| root(usize::try_from(range.start).unwrap(), usize::try_from(range.end).unwrap());
    for (size, expected) in roots.iter().enumerate() {
        report.case(&format!("reference root {size}"), root(0, size).to_hex() == *expected, || root(0, size).to_hex());
        let count = u64::try_from(size).unwrap();
        for (index, leaf) in leaves.iter().enumerate().take(size) {
            let at = u64::try_from(index).unwrap();
            let path: Vec<_> = inclusion_ranges(at, count).unwrap().iter().map(part).collect();
            assert_eq!(verify_inclusion(at, count, leaf, &path, &root(0, size)), Ok(()));
            let path: Vec<_> = consistency_ranges(at + 1, count).unwrap().iter().map(part).collect();
            assert_eq!(verify_consistency(at + 1, &root(0, index + 1), count, &root(0, size), &path), Ok(()));
        }
    }
}

fn keys(case: &Value) -> Vec<VerifierKey> {
    case["verifier_keys"].as_array().unwrap().iter().filter_map(|it| it.as_str()?.parse().ok()).collect()
}

#[test]
fn signed_notes() {
    let Some(folder) = collection(NOTES) else { return };
    let mut report = Report::default();
    for file in ["notes.json", "derived-notes.json"] {
        for case in cases(&folder.join(file), "cases") {
            let (id, keys) = (text(&case, "id"), keys(&case));
            let verified = Note::parse(&hex(text(&case, "note_hex"))).and_then(|note| {
                assert_eq!(note.to_text().into_bytes(), hex(text(&case, "note_hex")), "{id}");
                Ok(note.verify(&keys)?.into_iter().map(|it| it.key.name().to_owned()).collect::<BTreeSet<_>>())
            });
            if case["expect"] == "accept" {
                let names = case["verified"].as_array().unwrap().iter().map(|it| it.as_str().unwrap().to_owned());
                let names: BTreeSet<_> = names.collect();
                report.case(id, verified.as_ref() == Ok(&names), || format!("{verified:?}"));
            } else {
                report.refusal(id, &verified);
            }
        }
    }
    report.whole(&format!("{NOTES} notes"));
}

#[test]
fn verifier_keys() {
    let Some(folder) = collection(NOTES) else { return };
    let mut report = Report::default();
    for case in cases(&folder.join("verifier-keys.json"), "cases") {
        let (id, read) = (text(&case, "id"), text(&case, "key").parse::<VerifierKey>());
        match text(&case, "expect") {
            "valid-ed25519" => {
                let same = read.as_ref().is_ok_and(|it| it.to_string() == text(&case, "key"));
                report.case(id, same, || format!("{read:?}"));
            }
            "invalid" => report.refusal(id, &read),
            // A good key of another algorithm.
            _ => {
                let code = read.as_ref().map_err(VerifierKeyError::code).map(drop);
                report.case(id, code == Err("verifier_key_unsupported"), || format!("{read:?}"));
            }
        }
    }
    report.whole(&format!("{NOTES} keys"));
}

#[test]
fn checkpoint_bodies() {
    let Some(folder) = collection(NOTES) else { return };
    let mut report = Report::default();
    for case in cases(&folder.join("checkpoint-bodies.json"), "cases") {
        let (id, read) = (text(&case, "id"), CheckpointBody::parse(text(&case, "body")));
        match text(&case, "expect") {
            "accept" => report.case(id, read.is_ok(), || format!("{read:?}")),
            expect if expect.starts_with("reject") => report.refusal(id, &read),
            _ => report.known(id, if read.is_ok() { "accepted" } else { "refused" }),
        }
    }
    report.whole(&format!("{NOTES} bodies"));
}

#[test]
fn log_proofs() {
    let Some(folder) = collection(NOTES) else { return };
    let mut report = Report::default();
    for case in cases(&folder.join("tlog-proofs.json"), "cases") {
        let (id, read) = (text(&case, "id"), TlogProof::parse(text(&case, "text")));
        if case["expect"] == "accept" {
            let same = read.as_ref().is_ok_and(|it| it.to_text() == text(&case, "text"));
            report.case(id, same, || format!("{read:?}"));
        } else {
            report.refusal(id, &read);
        }
    }
    report.whole(&format!("{NOTES} proofs"));
}

/// A real log: every checkpoint is the root over its leaves, the leaves are those of its entries, and each checkpoint
/// is consistent with each later one.
#[test]
fn a_real_log() {
    let Some(folder) = collection(NOTES) else { return };
    let log = folder.join("tessera-log");
    let key: VerifierKey = String::from_utf8(read(&log.join("verifier-key.txt"))).unwrap().trim_end().parse().unwrap();
    let mut report = Report::default();
    let mut heads: Vec<(String, Checkpoint)> = Vec::new();
    for file in std::fs::read_dir(&log).unwrap() {
        let file = file.unwrap();
        let name = file.file_name().into_string().unwrap();
        if !name.starts_with("checkpoint") {
            continue;
        }
        let (note, checkpoint) = read_checkpoint(&read(&file.path())).unwrap();
        let signed = note.verify([&key]).is_ok() && checkpoint.origin == key.name();
        let rooted = leaves(&log, checkpoint.size).is_none_or(|leaves| root_of(leaves) == checkpoint.root);
        report.case(&name, signed && rooted, || format!("signed {signed}, rooted {rooted}"));
        heads.push((name, checkpoint));
    }
    let last = heads.iter().map(|(_, it)| it.size).max().unwrap();
    let all = leaves(&log, last).unwrap();
    let at = |n: u64| usize::try_from(n).unwrap();
    for (_, new) in &heads {
        for (name, old) in heads.iter().filter(|(_, old)| (1..=new.size).contains(&old.size)) {
            let ranges = consistency_ranges(old.size, new.size).unwrap();
            let path: Vec<_> = ranges.iter().map(|it| root_of(all[at(it.start)..at(it.end)].iter().copied())).collect();
            let held = verify_consistency(old.size, &old.root, new.size, &new.root, &path);
            assert_eq!(held, Ok(()), "{name} and {}", new.size);
        }
    }
    report.whole(&format!("{NOTES} log"));
}

/// The leaf hashes of a log of this size, which those of its entries must be; nothing where there are no tiles for it.
fn leaves(log: &Path, size: u64) -> Option<Vec<Digest>> {
    let tile = log.join(format!("tile/0/000.p/{size}"));
    if size == 0 {
        return Some(Vec::new());
    }
    if !tile.is_file() {
        return None;
    }
    let hashes: Vec<Digest> = read(&tile).chunks(32).map(|it| Digest::from_bytes(it.try_into().unwrap())).collect();
    let bundle = read(&log.join(format!("tile/entries/000.p/{size}")));
    let (mut rest, mut entries) = (bundle.as_slice(), Vec::new());
    while let Some((length, more)) = rest.split_first_chunk::<2>() {
        let (entry, more) = more.split_at(usize::from(u16::from_be_bytes(*length)));
        entries.push(leaf_hash(entry));
        rest = more;
    }
    assert_eq!(entries, hashes, "{size}");
    Some(hashes)
}
