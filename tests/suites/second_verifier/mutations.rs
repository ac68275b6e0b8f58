//! Every kind of change that a pack can suffer.

use decision_gate_core::digest::Digest;
use decision_gate_core::dsse;
use decision_gate_core::json::canonical;
use decision_gate_core::keys::KeyId;
use decision_gate_core::ledger::{leaf_hash, root_of};
use decision_gate_core::runpack::MANIFEST_TYPE;
use serde_json::{Value, json};

use crate::both::{Case, Edit, Good};
use crate::runs::{Files, signer};

fn case(pack: usize, label: String, edits: Vec<Edit>) -> Case {
    Case { label, pack, edits }
}

/// A byte of each file at each place, or at each `step`th.
pub(crate) fn flips(number: usize, pack: &Good, step: usize) -> Vec<Case> {
    let mut cases = Vec::new();
    for (path, bytes) in &pack.files {
        for (index, byte) in bytes.iter().enumerate().step_by(step) {
            let other = byte ^ (1 << (index / step % 7));
            let edit = Edit::Splice(path.clone(), index, 1, vec![other]);
            cases.push(case(number, format!("{path} at {index}: {byte:#x} is {other:#x}"), vec![edit]));
        }
    }
    cases
}

/// Files that are gone, empty, cut, longer, new, under another name, or with the bytes of another.
pub(crate) fn files(number: usize, pack: &Good, foreign: &Good) -> Vec<Case> {
    let mut cases = Vec::new();
    let paths: Vec<_> = pack.files.keys().cloned().collect();
    for (place, path) in paths.iter().enumerate() {
        let bytes = &pack.files[path];
        let mut add = |what: &str, edits: Vec<Edit>| cases.push(case(number, format!("{path} {what}"), edits));
        add("dropped", vec![Edit::Drop(path.clone())]);
        add("emptied", vec![Edit::Put(path.clone(), Vec::new())]);
        let other = &paths[(place + 1) % paths.len()];
        if pack.files[other] != *bytes {
            add("with the bytes of another", vec![Edit::Put(path.clone(), pack.files[other].clone())]);
        }
        for name in [format!("{path}.bak"), path.to_uppercase(), format!("more/{path}"), format!("..{path}")] {
            let moved = vec![Edit::Drop(path.clone()), Edit::Put(name.clone(), bytes.clone())];
            add(&format!("renamed to {name}"), moved);
            add(&format!("copied to {name}"), vec![Edit::Put(name, bytes.clone())]);
        }
        for length in (1..bytes.len()).step_by(bytes.len() / 12 + 1).chain([bytes.len().saturating_sub(1)]) {
            add(
                &format!("cut at {length}"),
                vec![Edit::Splice(path.clone(), length, bytes.len() - length, Vec::new())],
            );
        }
        for more in [&b"\n"[..], b" ", b"x", b"[]", b"\0"] {
            add("longer", vec![Edit::Splice(path.clone(), bytes.len(), 0, more.to_vec())]);
            add("longer in front", vec![Edit::Splice(path.clone(), 0, 0, more.to_vec())]);
        }
        if let Some(others) = foreign.files.get(path).filter(|others| *others != bytes) {
            add("of another run", vec![Edit::Put(path.clone(), others.clone())]);
        }
    }
    cases
}

/// What stands in the stead of a value: one of each class, and near misses of what it is.
fn others(value: &Value) -> Vec<Value> {
    let mut all = vec![json!(null), json!(true), json!(false), json!(0), json!(1.5), json!(""), json!([]), json!({})];
    match value {
        Value::Number(number) => all.extend([json!(number.as_f64().unwrap_or_default() + 1.0), json!(-7)]),
        Value::String(text) => all.extend([json!(format!("{text}x")), json!(text.to_uppercase())]),
        Value::Array(items) => {
            let mut items = items.clone();
            items.reverse();
            all.push(json!(items));
            all.push(json!(items.iter().chain(items.first()).collect::<Vec<_>>()));
            all.push(json!(items.get(1..).unwrap_or_default()));
        }
        Value::Object(members) => {
            let mut more = members.clone();
            more.insert("zz".into(), json!(1));
            all.push(json!(more));
            for name in members.keys() {
                let mut fewer = members.clone();
                fewer.remove(name);
                all.push(json!(fewer));
            }
        }
        Value::Null | Value::Bool(_) => {}
    }
    all.retain(|other| other != value);
    all
}

/// Every value of a document, by JSON Pointer.
fn pointers(value: &Value, at: String, all: &mut Vec<String>) {
    match value {
        Value::Array(items) => {
            items.iter().enumerate().for_each(|(index, item)| pointers(item, format!("{at}/{index}"), all));
        }
        Value::Object(members) => members.iter().for_each(|(name, member)| {
            let name = name.replace('~', "~0").replace('/', "~1");
            pointers(member, format!("{at}/{name}"), all);
        }),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
    all.push(at);
}

/// Whether the manifest is signed again after a rewrite.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Sealed {
    /// Every hash up to the manifest is made anew; the signature is what it was.
    WithoutTheKey,
    /// And somebody who has the key signs the manifest again.
    WithTheKey,
    /// And the tree over changed events is made anew too: nothing is left but what follows from what.
    Throughout,
}

/// Whether a value of a file, by path and JSON Pointer, is to be changed.
pub(crate) type Picks = fn(&str, &str) -> bool;

/// Every value that `picks` takes, in every class, with all hashes made anew.
pub(crate) fn rewrites(number: usize, pack: &Good, sealed: Sealed, picks: Picks, step: usize) -> Vec<Case> {
    let mut cases = Vec::new();
    let mut count = 0;
    for (path, bytes) in &pack.files {
        let Ok(document) = serde_json::from_slice::<Value>(bytes) else { continue };
        let mut all = Vec::new();
        pointers(&document, String::new(), &mut all);
        for pointer in all.into_iter().filter(|pointer| picks(path, pointer)) {
            for other in others(document.pointer(&pointer).unwrap()) {
                count += 1;
                if count % step != 0 {
                    continue;
                }
                let mut changed = document.clone();
                *changed.pointer_mut(&pointer).unwrap() = other.clone();
                let edits = seal(&pack.files, changes(&pack.files, path, &changed, sealed), sealed);
                let shown: String = other.to_string().chars().take(40).collect();
                cases.push(case(number, format!("{path}#{pointer} is {shown} ({sealed:?})"), edits));
            }
        }
    }
    cases
}

/// The changed file, and the proof that follows from changed events.
fn changes(files: &Files, path: &str, changed: &Value, sealed: Sealed) -> Vec<(String, Vec<u8>)> {
    let mut all = vec![(path.to_owned(), canonical::to_vec(changed))];
    if let (Sealed::Throughout, "events.json", Value::Array(events)) = (sealed, path, changed) {
        let mut proofs: Value = serde_json::from_slice(&files["proofs.json"]).unwrap();
        let leaves = events.iter().map(|it| leaf_hash(&canonical::to_vec(it)));
        (proofs["size"], proofs["root"]) = (json!(events.len()), json!(root_of(leaves)));
        all.push(("proofs.json".to_owned(), canonical::to_vec(&proofs)));
    }
    all
}

/// The edits that put files in and make the hashes above them anew.
fn seal(files: &Files, changed: Vec<(String, Vec<u8>)>, sealed: Sealed) -> Vec<Edit> {
    let mut edits = Vec::new();
    let mut manifest: Value = serde_json::from_slice(&files["manifest.json"]).unwrap();
    for (path, bytes) in changed {
        if path == "manifest.json" {
            manifest = serde_json::from_slice(&bytes).unwrap();
        } else {
            for list in ["/integrity/file_hashes", "/artifacts"] {
                let items = manifest.pointer_mut(list).unwrap().as_array_mut().unwrap();
                items.iter_mut().filter(|it| it["path"] == path).for_each(|it| it["hash"] = json!(Digest::of(&bytes)));
            }
            let hashes = manifest.pointer("/integrity/file_hashes").map(canonical::to_vec).unwrap();
            *manifest.pointer_mut("/integrity/root_hash").unwrap() = json!(Digest::of(&hashes));
        }
        edits.push(Edit::Put(path, bytes));
    }
    let manifest = canonical::to_vec(&manifest);
    if sealed != Sealed::WithoutTheKey {
        let name = KeyId::try_from(signer().public().fingerprint().to_hex().as_str()).unwrap();
        let envelope = dsse::sign(MANIFEST_TYPE, &manifest, &signer(), Some(&name));
        edits.push(Edit::Put("manifest.sig".into(), envelope.as_bytes().to_vec()));
    }
    edits.push(Edit::Put("manifest.json".into(), manifest));
    edits
}

/// A byte of a file at each place, with all hashes above it made anew and signed.
pub(crate) fn resealed_flips(number: usize, pack: &Good, path: &str) -> Vec<Case> {
    let bytes = &pack.files[path];
    let flip = |index: usize| {
        let mut other = bytes.clone();
        other[index] ^= 1 << (index % 7);
        case(
            number,
            format!("{path} at {index}"),
            seal(&pack.files, vec![(path.to_owned(), other)], Sealed::WithTheKey),
        )
    };
    (0..bytes.len()).map(flip).collect()
}
