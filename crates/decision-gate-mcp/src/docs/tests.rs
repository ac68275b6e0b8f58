use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use super::{Page, page, pages, rank::search_in, search, section};

const FOLDER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs");

/// Pages that are of no use to somebody who works with the product: a map of tests, and translations.
const LEFT_OUT: &[&str] = &["es/", "spec/requirements.md"];

fn written() -> BTreeSet<String> {
    fn below(folder: &Path, found: &mut Vec<PathBuf>) {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() { below(&path, found) } else { found.push(path) }
        }
    }
    let mut found = Vec::new();
    below(Path::new(FOLDER), &mut found);
    let name = |path: PathBuf| path.strip_prefix(FOLDER).unwrap().to_str().unwrap().replace('\\', "/");
    let is_page = |name: &String| {
        Path::new(name).extension().is_some_and(|it| it == "md") && !LEFT_OUT.iter().any(|it| name.starts_with(it))
    };
    found.into_iter().map(name).filter(is_page).collect()
}

/// What is built in is what is written.
#[test]
fn the_pages_are_up_to_date() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/src/docs/pages.rs");
    let rows: Vec<_> = written().iter().map(|name| format!("    page!(\"{name}\"),\n")).collect();
    let rows = rows.concat();
    let wanted = format!(
        "//! Which pages are built in, printed by `make gen`.\n\nuse super::Page;\n\n\
         macro_rules! page {{\n    ($path:literal) => {{\n        \
         Page {{ path: $path, text: include_str!(concat!(\"../../../../docs/\", $path)) }}\n    }};\n}}\n\n\
         /// By path.\npub(super) static PAGES: &[Page] = &[\n{rows}];\n"
    );
    if std::env::var_os("DECISION_GATE_UPDATE").is_some_and(|it| it == "1") {
        fs::write(path, &wanted).unwrap();
    }
    assert!(fs::read_to_string(path).unwrap() == wanted, "`docs/pages.rs` is stale: run `make gen`");
}

#[test]
fn every_page_has_a_title_and_sections_that_are_found_by_their_anchor() {
    for page in pages() {
        assert_ne!(super::title(page), page.path, "{} has no heading", page.path);
        for passage in super::passage::passages(page).iter().filter(|it| !it.heading.is_empty()) {
            let anchor = super::passage::anchor(passage.heading);
            let found = section(page, &anchor).unwrap_or_else(|| panic!("{}#{anchor}", page.path));
            assert!(found.contains(passage.heading), "{}#{anchor}", page.path);
        }
    }
}

#[test]
fn no_text_of_a_page_is_in_no_passage() {
    for page in pages() {
        let words = |text: &str| text.split_whitespace().map(str::to_owned).collect::<Vec<_>>();
        let passages = super::passage::passages(page);
        let kept: usize = passages.iter().map(|it| words(it.text).len()).sum();
        let headings: BTreeSet<_> = passages.iter().map(|it| it.heading).collect();
        assert!(kept > 0 && !headings.is_empty(), "{}", page.path);
        let longest = passages.iter().map(|it| it.text.len()).max().unwrap();
        assert!(longest < 40_000, "{}: a passage of {longest} bytes", page.path);
    }
}

/// What people ask, and the page that must be among the first three.
const ASKED: &[(&str, &str)] = &[
    ("trust_lane", "reference/codes.md"),
    ("how do I rotate a key", "guides/rotate-keys.md"),
    ("coverage report junit sarif", "spec/reports.md"),
    ("gate on ci reports", "guides/gate-on-ci-reports.md"),
    ("write a provider", "guides/write-a-provider.md"),
    ("beacon rate threshold", "modules/policy/gates/beacon-rate-gate.md"),
    ("greater_than_or_equal", "reference/comparators.md"),
    ("several servers share one ledger in PostgreSQL", "guides/stores.md"),
    ("waiver", "spec/release-gates.md"),
];

#[test]
fn what_people_ask_finds_the_page_that_says_it() {
    for (query, wanted) in ASKED {
        let found: Vec<_> = search(query).into_iter().take(3).map(|hit| hit.path).collect();
        assert!(found.contains(wanted), "{query}: {found:?}");
    }
}

#[test]
fn a_title_outweighs_a_mention_and_rare_words_outweigh_common_ones() {
    static PAGES: &[Page] = &[
        Page { path: "a.md", text: "# Apples\n\nA pear is mentioned. The gate is there.\n" },
        Page { path: "b.md", text: "# Pears\n\nThey are green. The gate is there.\n" },
        Page { path: "c.md", text: "# Gates\n\nThe gate, the gate.\n\n## Rust\n\n```\n# no heading\n```\n" },
    ];
    let found = |query: &str| search_in(PAGES, query).into_iter().map(|it| it.path).collect::<Vec<_>>();
    assert_eq!(found("pear"), ["b.md", "a.md"]);
    assert_eq!(found("the pear gate").first(), Some(&"b.md"));
    assert_eq!(found("PEARS"), ["b.md", "a.md"]);
    assert_eq!(found("zzzz"), Vec::<&str>::new());
    assert_eq!(found(""), Vec::<&str>::new());
    assert_eq!(found("heading"), ["c.md"]);
    let shown = search_in(PAGES, "rust");
    insta::assert_debug_snapshot!(shown, @r##"
    [
        Hit {
            title: "Gates › Rust",
            path: "c.md",
            anchor: "rust",
            excerpt: "```\n# no heading\n```",
        },
    ]
    "##);
}

#[test]
fn an_excerpt_is_short_whatever_the_query_is() {
    for query in ["gate", "a", "é", "evidence provider key policy runpack decision", "|", &"x ".repeat(500)] {
        for hit in search(query) {
            assert!(hit.excerpt.len() <= 570 && !hit.excerpt.is_empty(), "{query}: {hit:?}");
        }
    }
}

#[test]
fn a_page_that_there_is_not() {
    assert_eq!(page("../Cargo.toml"), None);
    assert_eq!(page(""), None);
    assert_eq!(section(page("glossary.md").unwrap(), "no-such-heading"), None);
}
