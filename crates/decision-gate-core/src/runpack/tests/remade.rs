//! The pass over packs that hold and the steps one by one come to the same, whatever is done to a pack.

use serde_json::{Value, json};

use super::fixture::{Forgery, Live, completed, file, release, small, variable};
use crate::runpack::verify::verify_by_steps;
use crate::runpack::{Expect, ManifestName, PackFiles, Profile, Status, verify};
use crate::scenario::Origin;

/// Both, which must agree; whether the pack passes.
fn both(files: &PackFiles) -> bool {
    let (name, expect) = (ManifestName::standard(), Expect::default());
    let whole = serde_json::to_value(verify(files, &name, &expect)).unwrap();
    let steps = serde_json::to_value(verify_by_steps(files, &name, &expect)).unwrap();
    assert_eq!(whole, steps);
    whole["status"] == "pass"
}

fn packs() -> Vec<(Live, Profile)> {
    let mut long = Live::start(&release(), Origin::Draft);
    for failures in 0..20 {
        long.next(&[("no-failures", file(json!(failures % 3))), ("lint-clean", variable("no anchor"))]);
        long.submit(&format!("notes-{failures}"), json!({ "failures": failures, "text": "\"q\" \u{7}\u{1F600}" }));
    }
    [
        (small(), Profile::Audit),
        (completed(), Profile::Audit),
        (completed(), Profile::Disclosed),
        (long, Profile::Audit),
    ]
    .into()
}

#[test]
fn packs_that_hold_come_to_the_same_report() {
    for (live, profile) in packs() {
        assert!(both(&live.pack(profile).to_files()));
    }
}

/// With every hash made anew, so that only the content can tell.
#[test]
fn a_changed_byte_under_new_hashes_comes_to_the_same_report() {
    let live = completed();
    let pack = live.pack(Profile::Audit);
    let paths: Vec<String> = Forgery::of(&pack).0.into_keys().filter(|it| it != "manifest.json").collect();
    let mut unseen = Vec::new();
    for path in paths {
        let length = Forgery::of(&pack).0[&path].len();
        for index in (0..length).step_by(29) {
            let mut forgery = Forgery::of(&pack);
            forgery.0.get_mut(&path).unwrap()[index] ^= 1 << (index % 7);
            if both(&forgery.seal().0.clone().into_iter().collect()) {
                unseen.push((path.clone(), index));
            }
        }
    }
    // Only when the pack was made can't be told apart: a signature, or a known root hash, shows that.
    assert!(unseen.iter().all(|(path, _)| path == "proofs.json"), "{unseen:?}");
}

/// Every place of a document with another value there, and without it.
fn changes(value: &Value) -> Vec<Value> {
    let mut all = Vec::new();
    let mut pointers = vec![String::new()];
    while let Some(pointer) = pointers.pop() {
        match value.pointer(&pointer) {
            Some(Value::Array(items)) => pointers.extend((0..items.len()).map(|index| format!("{pointer}/{index}"))),
            Some(Value::Object(members)) => pointers.extend(members.keys().map(|key| format!("{pointer}/{key}"))),
            Some(Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_)) | None => {}
        }
        let Some((parent, last)) = pointer.rsplit_once('/') else { continue };
        for other in [json!(null), json!(1), json!("x"), json!([]), json!({})] {
            let mut changed = value.clone();
            *changed.pointer_mut(&pointer).unwrap() = other;
            all.push(changed);
        }
        let mut without = value.clone();
        match without.pointer_mut(parent).unwrap() {
            Value::Array(items) => drop(items.remove(last.parse().unwrap())),
            Value::Object(members) => drop(members.remove(last)),
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
        }
        all.push(without);
    }
    all
}

#[test]
fn a_changed_value_under_new_hashes_comes_to_the_same_report() {
    for (path, step) in [("events.json", 17), ("values.json", 7), ("trust.json", 11), ("artifacts/triggers.json", 61)] {
        let pack = completed().pack(Profile::Audit);
        let original = Forgery::of(&pack).read(path);
        for changed in changes(&original).into_iter().step_by(step).filter(|it| *it != original) {
            let mut forgery = Forgery::of(&pack);
            forgery.edit(path, |value| *value = changed);
            assert!(!both(&forgery.seal().0.clone().into_iter().collect()), "{path}");
        }
    }
}

#[test]
fn the_report_of_a_pack_is_looked_at_in_both() {
    let mut forgery = Forgery::of(&small().pack(Profile::Audit));
    forgery.edit("artifacts/verifier_report.json", |report| report["checked_files"] = json!(1));
    assert!(!both(&forgery.seal().0.clone().into_iter().collect()));
    assert_eq!(forgery.verify().status, Status::Fail);
}
