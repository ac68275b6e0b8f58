//! What two packs say differently.

use serde_json::json;

use super::fixture::{Live, completed, fault, file, policy, release, small};
use crate::runpack::{ManifestName, PackDiff, PackFile, Profile, diff};
use crate::scenario::Origin;

fn compared(left: &Live, right: &Live) -> PackDiff {
    let files = |live: &Live| live.pack(Profile::Audit).to_files();
    diff(&files(left), &files(right), &ManifestName::standard())
}

fn causes(diff: &PackDiff) -> Vec<&str> {
    diff.files.iter().filter(|it| !it.follows).map(|it| it.path.as_str()).collect()
}

#[test]
fn a_pack_is_the_same_as_itself() {
    assert!(compared(&completed(), &completed()).is_same());
}

#[test]
fn causes_come_before_what_follows_from_them() {
    let mut other = Live::start(&release(), Origin::Pinned);
    other.next(&[("no-failures", file(json!(2))), ("lint-clean", fault())]);
    let found = compared(&small(), &other);
    assert_eq!(causes(&found), ["events.json", "values.json", "proofs.json"]);
    assert!(found.files.iter().skip_while(|it| !it.follows).all(|it| it.follows));
    // The value is named, with what either has of it.
    let values = &found.files[1].places;
    let place = values.iter().find(|it| it.pointer.ends_with("/value/value/value")).unwrap();
    assert_eq!((place.left.as_deref(), place.right.as_deref()), (Some("3"), Some("2")));
    assert!(found.files[0].places.iter().any(|it| it.pointer.starts_with("/1/body/evidence/")));
}

#[test]
fn another_policy_scenario_or_profile_is_named() {
    let mut stricter = policy();
    stricter.evidence.allow_raw_values = true;
    let mut under = Live::start_under(&release(), Origin::Pinned, stricter);
    under.next(&[("no-failures", file(json!(3))), ("lint-clean", fault())]);
    assert_eq!(causes(&compared(&small(), &under))[0], "trust.json");
    let mut spec = release();
    spec["stages"][1]["timeout"]["timeout_ms"] = json!(30_000);
    let mut bound = Live::start(&spec, Origin::Pinned);
    bound.next(&[("no-failures", file(json!(3))), ("lint-clean", fault())]);
    let found = compared(&small(), &bound);
    assert_eq!(causes(&found)[0], "artifacts/scenario_spec.json");
    assert!(found.files[0].places.iter().any(|it| it.pointer.ends_with("/timeout_ms")), "{:?}", found.files[0]);
    let files = |profile| small().pack(profile).to_files();
    let found = diff(&files(Profile::Audit), &files(Profile::Disclosed), &ManifestName::standard());
    assert_eq!(causes(&found), ["values.json", "proofs.json"]);
}

#[test]
fn a_file_that_one_has_and_what_is_no_json_are_said() {
    let left = small().pack(Profile::Audit).to_files();
    let mut right = left.clone();
    right.remove("values.json");
    right.insert("events.json", PackFile::Bytes(b"nothing".to_vec()));
    right.insert("notes.txt", PackFile::Bytes(b"mine".to_vec()));
    let found = diff(&left, &right, &ManifestName::standard());
    let said: Vec<_> = found.files.iter().map(|it| (it.path.as_str(), it.meaning.as_str(), it.places.len())).collect();
    assert_eq!(
        said,
        [
            ("events.json", "another history: what was asked, seen or decided", 0),
            ("values.json", "only the first pack has it", 0),
            ("notes.txt", "only the second pack has it", 0),
        ]
    );
}
