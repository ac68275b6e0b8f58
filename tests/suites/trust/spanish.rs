//! The Spanish page on evidence trust and anchors keeps step with the English one: the same sections in the same order, the
//! same identifiers in each of them, the same drawings, and links that lead to the same places.

use decision_gate_tests::project_root;

const ENGLISH: &str = "docs/architecture/evidence-trust-anchor.md";
const SPANISH: &str = "docs/es/architecture/evidence-trust-anchor.md";

fn read(path: &str) -> String {
    std::fs::read_to_string(project_root().join(path)).unwrap()
}

/// Title and text of each section; what stands before the first one has no title.
fn sections(page: &str) -> Vec<(&str, &str)> {
    page.split("\n## ").map(|section| section.split_once('\n').unwrap_or((section, ""))).collect()
}

/// What stands between backticks, in order of the alphabet, outside of drawings.
fn identifiers(section: &str) -> Vec<&str> {
    let outside: Vec<_> = section.split("```").step_by(2).collect();
    let mut all: Vec<_> = outside.iter().flat_map(|text| text.split('`').skip(1).step_by(2)).collect();
    all.sort_unstable();
    all.dedup();
    all
}

fn drawings(section: &str) -> Vec<&str> {
    section.split("```").skip(1).step_by(2).collect()
}

/// Where links out of the page lead, from the folder of the documents.
fn links<'a>(section: &'a str, up: &str) -> Vec<&'a str> {
    let all = section.split("](").skip(1).filter_map(|rest| rest.split_once(')')).map(|(link, _)| link);
    let mut out: Vec<_> =
        all.filter_map(|link| link.strip_prefix(up)).filter(|it| !it.starts_with("architecture/")).collect();
    out.sort_unstable();
    out
}

#[test]
fn the_spanish_page_has_the_same_sections_identifiers_and_links() {
    let (english, spanish) = (read(ENGLISH), read(SPANISH));
    let (english, spanish) = (sections(&english), sections(&spanish));
    assert_eq!(english.len(), spanish.len(), "the same number of sections");
    for ((title, here), (titulo, there)) in english.iter().zip(&spanish).skip(1) {
        assert_eq!(drawings(here), drawings(there), "{title} / {titulo}");
        for name in identifiers(here) {
            assert!(there.contains(&format!("`{name}`")), "`{name}` of {title} is not in {titulo}");
        }
        assert_eq!(links(here, "../"), links(there, "../../"), "{title} / {titulo}");
        let rows = |text: &str| text.lines().filter(|line| line.starts_with("| ")).count();
        assert_eq!(rows(here), rows(there), "{title} / {titulo}");
    }
}

#[test]
fn the_spanish_page_lists_its_sections_by_their_anchors() {
    let spanish = read(SPANISH);
    let made = |title: &str| title.to_lowercase().replace(' ', "-").replace(['(', ')'], "");
    let titles: Vec<_> = spanish.lines().filter_map(|line| line.strip_prefix("## ")).collect();
    let wanted: Vec<_> = titles.iter().map(|title| format!("* [{title}](#{})", made(title))).collect();
    let listed: Vec<_> = spanish.lines().filter(|line| line.starts_with("* [")).collect();
    assert_eq!(listed, wanted);
    let folder = project_root().join("docs/es/architecture");
    for link in spanish.split("](").skip(1).filter_map(|rest| rest.split_once(')')).map(|(link, _)| link) {
        assert!(link.starts_with('#') || folder.join(link).exists(), "{link}");
    }
}
