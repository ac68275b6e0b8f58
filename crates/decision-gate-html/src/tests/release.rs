//! The release view, by judgements as the command line printed them: `release evaluate --format json`.

use askama::Template;
use serde_json::Value;

use crate::release::{Release, from_view};

/// The section of a page, alone.
#[derive(Template)]
#[template(source = "{% import \"marks.html\" as marks %}{% include \"release.html\" %}", ext = "html")]
struct Section {
    release: Option<Release>,
}

fn section(view: &str) -> String {
    let view: Value = serde_json::from_str(view).unwrap();
    Section { release: Some(from_view(&view)) }.render().unwrap()
}

#[test]
fn a_release_that_is_held_shows_each_gate_with_its_reason_and_what_to_do() {
    let html = section(include_str!("release/held.json"));
    insta::assert_snapshot!("release_held", html);
    for said in ["evidence_missing", "Waiver refused", "Would have said", "Near miss"] {
        assert!(html.contains(said), "{said}");
    }
}

#[test]
fn a_waiver_lets_a_release_through_and_does_not_hide_what_it_covers() {
    let html = section(include_str!("release/waived.json"));
    insta::assert_snapshot!("release_waived", html);
    for said in ["released", "Required evidence is missing", "waived", "Waived by release-board", "lapses in"] {
        assert!(html.contains(said), "{said}");
    }
}

#[test]
fn a_judgement_of_nothing_is_no_pass() {
    let html = section("{}");
    assert!(!html.contains("released"), "{html}");
}
