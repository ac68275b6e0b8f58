//! Whoever writes evidence, scenarios and packs can't write the page: its elements are the same, whatever they say.

use decision_gate_core::runpack::Profile;

use super::course::{Course, HARMLESS, Words};
use crate::shown::is_hidden;

const ATTACKS: [&str; 14] = [
    "</style><script>window.ran=1</script>",
    "</title></head><body onload=window.ran=1>",
    "\"><img src=x onerror=window.ran=1>",
    "' autofocus onfocus='window.ran=1",
    "\" style=\"position:fixed;inset:0",
    "javascript:window.ran=1//",
    "--><svg/onload=window.ran=1><!--",
    "]]><iframe srcdoc='<script>parent.ran=1</script>'>",
    "&lt;script&gt;window.ran=1&lt;/script&gt;",
    "{{ 7 * 7 }}{% include \"page.html\" %}${7*7}",
    "<meta http-equiv=refresh content='0;url=https://evil.example/'>",
    "<link rel=stylesheet href=//evil.example/a.css><base href=//evil.example/>",
    "yes\u{202e}on\u{2066}\u{200b}\u{feff}\u{ad}",
    "</pre></details></main><h1>Allowed</h1>",
];

/// The page's tags, without the texts between them.
fn tags(page: &str) -> Vec<&str> {
    page.split('<').skip(1).map(|it| it.split_once('>').unwrap().0).collect()
}

fn pages(words: Words<'_>) -> [String; 2] {
    let run = || Course::start(words, true).held();
    [run().page(Profile::Audit), run().completed().page(Profile::Audit)]
}

#[test]
fn hostile_words_change_no_element_of_the_page() {
    let harmless = pages(Words::all("harmless"));
    for attack in ATTACKS {
        for (page, harmless) in pages(Words::all(attack)).iter().zip(&harmless) {
            assert_eq!(tags(page), tags(harmless), "{attack}");
        }
    }
}

#[test]
fn what_hides_or_reorders_text_is_spelled_out() {
    for page in pages(Words::all("yes\u{202e}on\u{200b}\u{feff}\u{e0041}\u{1b}[2K")) {
        let hidden: Vec<_> = page.chars().filter(|it| is_hidden(*it) || (it.is_control() && *it != '\n')).collect();
        assert!(hidden.is_empty(), "{hidden:?}");
        assert!(page.contains("\\u{202e}") && page.contains("\\u{200b}"), "{page}");
    }
}

#[test]
fn very_long_words_are_cut() {
    let long = "x".repeat(100_000);
    let words = Words { value: &long, anchor: &long, ..HARMLESS };
    let [held, _] = pages(words);
    assert!(held.contains("characters in all)"));
    assert!(held.len() < 80_000, "{} bytes", held.len());
}

#[test]
fn the_page_allows_itself_nothing_but_its_own_style() {
    let [page, _] = pages(HARMLESS);
    let policy = page.split_once("Content-Security-Policy\" content=\"").unwrap().1.split_once('"').unwrap().0;
    // As a browser reads it: the attribute is escaped like every other.
    let policy = policy.replace("&#39;", "'");
    assert!(policy.starts_with("default-src 'none'; style-src 'sha256-"), "{policy}");
    assert!(!policy.contains("unsafe") && !policy.contains("http"), "{policy}");
    for never in ["<script", " style=", " src=", "http://", "https://", "@import", "url("] {
        assert!(!page.contains(never), "{never}");
    }
}
