//! What a page says of a run that passes, fails, holds, or is not to be believed.

use decision_gate_core::digest::Digest;
use decision_gate_core::json::canonical;
use decision_gate_core::runpack::{PackFile, PackFiles, Profile};
use serde_json::{Value, json};

use super::course::{Course, HARMLESS};
use crate::STYLE;

/// A page without its style, which has a file of its own.
fn body(page: &str) -> String {
    assert!(page.contains(STYLE));
    page.replace(STYLE, "")
}

/// The page's texts, one line for each element that has some.
fn texts(page: &str) -> Vec<String> {
    let main = page.split_once("<main").unwrap().1;
    let pieces = main.split('<').filter_map(|it| it.split_once('>')).map(|(_, text)| text.trim().to_owned());
    pieces.filter(|it| !it.is_empty()).collect()
}

#[test]
fn a_run_that_passed_says_allowed_where_its_version_was_expected_and_consistent_where_not() {
    let course = Course::start(HARMLESS, true).held().completed();
    let page = course.page(Profile::Audit);
    insta::assert_snapshot!("pass", body(&page));
    assert_eq!(texts(&page).first().unwrap(), "Allowed");
    let unasked = course.page_of(&course.pack(Profile::Audit), false);
    let heads = texts(&unasked);
    assert_eq!(heads.first().unwrap(), "Consistent");
    assert!(!heads.iter().any(|it| it == "Allowed"), "{heads:?}");
}

#[test]
fn a_hold_says_why_and_what_to_do() {
    let page = Course::start(HARMLESS, true).held().page(Profile::Audit);
    insta::assert_snapshot!("hold", body(&page));
    assert_eq!(texts(&page).first().unwrap(), "On hold");
}

#[test]
fn a_run_that_was_broken_off_says_so() {
    let page = Course::start(HARMLESS, true).held().timed_out().page(Profile::Audit);
    insta::assert_snapshot!("fail", body(&page));
    assert_eq!(texts(&page).first().unwrap(), "Not allowed");
}

#[test]
fn a_pack_that_does_not_verify_says_that_before_anything_else() {
    let course = Course::start(HARMLESS, true).held().completed();
    let mut files = course.pack(Profile::Audit);
    let changed =
        String::from_utf8(files.bytes("values.json").unwrap().to_vec()).unwrap().replace("slow_test", "gone_test");
    files.insert("values.json", PackFile::Bytes(changed.into_bytes()));
    let page = course.page_of(&files, true);
    let said = texts(&page);
    assert_eq!(said.first().unwrap(), "Not verified");
    assert!(said.iter().any(|it| it == "file_hash_mismatch"), "{said:?}");
    // Neither the head nor a level speaks of success.
    assert!(!said.iter().any(|it| it == "Allowed" || it == "reached"), "{said:?}");
    let none = course.page_of(&PackFiles::default(), true);
    assert_eq!(texts(&none).first().unwrap(), "Not verified");
    assert!(none.contains("manifest_missing"));
}

#[test]
fn a_page_shows_what_the_pack_discloses_and_no_more() {
    let course = Course::start(HARMLESS, false).held();
    let all = course.page(Profile::Audit);
    assert!(all.contains("slow_test") && all.contains("dirty"), "the pack shows every value");
    let less = course.page(Profile::Disclosed);
    assert!(!less.contains("slow_test") && !less.contains("dirty"), "{less}");
    assert!(less.contains("withheld from this pack"), "{less}");
}

#[test]
fn the_same_verification_gives_the_same_bytes() {
    let course = Course::start(HARMLESS, true).held();
    assert_eq!(course.page(Profile::Audit), course.page(Profile::Audit));
}

#[test]
fn a_pack_of_the_public_project_has_its_time_line_as_it_was_recorded() {
    let course = Course::start(HARMLESS, true).held().completed();
    let page = course.page_of(&public(&course), false);
    insta::assert_snapshot!("public", body(&page));
    let said = texts(&page);
    assert!(said.iter().any(|it| it.contains("no events to replay")), "{said:?}");
    for word in ["started", "on hold", "advanced", "completed"] {
        assert!(said.iter().any(|it| it == word), "{word}: {said:?}");
    }
    assert!(!said.iter().any(|it| it == "Allowed"), "{said:?}");
}

/// The same run as the public project would have packed it: without what only our packs have.
fn public(course: &Course<'_>) -> PackFiles {
    let ours = course.pack(Profile::Audit);
    let own = ["events.json", "values.json", "trust.json", "proofs.json", "artifacts/verifier_report.json"];
    let mut manifest: Value = serde_json::from_slice(ours.bytes("manifest.json").unwrap()).unwrap();
    manifest.as_object_mut().unwrap().remove("decision_gate");
    for list in ["/integrity/file_hashes", "/artifacts"] {
        let files = manifest.pointer_mut(list).unwrap().as_array_mut().unwrap();
        files.retain(|it| !own.iter().any(|path| it["path"] == *path));
    }
    let hashes = canonical::to_vec(&manifest["integrity"]["file_hashes"]);
    manifest["integrity"]["root_hash"] = json!(Digest::of(&hashes));
    let kept = ours.iter().map(|(path, _)| path).filter(|path| !own.contains(path) && *path != "manifest.json");
    let mut files = PackFiles::default();
    for path in kept {
        files.insert(path, PackFile::Bytes(ours.bytes(path).unwrap().to_vec()));
    }
    files.insert("manifest.json", PackFile::Bytes(canonical::to_vec(&manifest)));
    files
}
