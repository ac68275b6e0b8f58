//! The page on evidence trust and anchors has the sections of the document that it was asked for from, and every path in
//! it is one of this project.

use std::collections::BTreeSet;

use decision_gate_tests::project_root;

const PAGE: &str = "docs/architecture/evidence-trust-anchor.md";

/// The sections, in their order.
const SECTIONS: [&str; 10] = [
    "Executive Overview",
    "Evidence Model",
    "Trust Lanes and Requirements",
    "Provider Trust Policy (Signatures)",
    "Evidence Disclosure Policy",
    "Anchor Policy Configuration",
    "Anchor Validation in the Control Plane",
    "Runpack Anchor Verification",
    "Asserted Evidence (Precheck)",
    "File-by-File Cross Reference",
];

/// What the table of the document has an area for.
const AREAS: [&str; 7] = [
    "Evidence model",
    "Trust lanes",
    "Anchor validation",
    "Runpack anchor verification",
    "Provider signature policy",
    "Evidence disclosure policy",
    "Config surface",
];

fn page() -> String {
    std::fs::read_to_string(project_root().join(PAGE)).unwrap()
}

/// Where `](…)` leads, and what stands between backticks in the table.
fn paths(page: &str) -> (BTreeSet<String>, BTreeSet<String>) {
    let links = page.split("](").skip(1).filter_map(|rest| rest.split_once(')')).map(|(link, _)| link.to_owned());
    let rows = page.lines().filter(|line| line.starts_with("| ") && line.contains('`'));
    let files = rows.filter_map(|row| row.split('`').nth(1)).map(str::to_owned);
    (links.collect(), files.collect())
}

#[test]
fn the_page_has_the_ten_sections_and_a_list_of_them() {
    let page = page();
    let titles: Vec<_> = page.lines().filter_map(|line| line.strip_prefix("## ")).collect();
    assert_eq!(titles, SECTIONS);
    let listed: Vec<_> = page.lines().filter_map(|line| line.strip_prefix("* [")?.split(']').next()).collect();
    assert_eq!(listed, SECTIONS);
}

#[test]
fn every_path_of_the_page_is_there() {
    let page = page();
    let (links, files) = paths(&page);
    assert!(files.len() >= 20 && links.len() > SECTIONS.len(), "{} files, {} links", files.len(), links.len());
    let missing: Vec<_> = files.iter().filter(|path| !project_root().join(path).is_file()).collect();
    assert!(missing.is_empty(), "{missing:?}");
    let folder = project_root().join("docs/architecture");
    for link in links {
        match link.strip_prefix('#') {
            Some(anchor) => {
                let made = |title: &str| title.to_lowercase().replace(' ', "-").replace(['(', ')'], "");
                assert!(SECTIONS.iter().any(|title| made(title) == anchor), "{anchor}");
            }
            None => assert!(folder.join(&link).exists(), "{link}"),
        }
    }
}

#[test]
fn the_table_has_every_area_of_the_document() {
    let page = page();
    let (_, table) = page.split_once("## File-by-File Cross Reference").unwrap();
    let areas: BTreeSet<_> = table.lines().filter_map(|line| line.strip_prefix("| ")?.split(" | ").next()).collect();
    for area in AREAS {
        assert!(areas.iter().any(|it| it.contains(area) || it.contains(&area.to_lowercase())), "no row for `{area}`");
    }
}
