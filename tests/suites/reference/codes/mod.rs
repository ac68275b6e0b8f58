//! `docs/reference/codes.md`: every stable code, where it appears, what it means and what to do.
//!
//! The codes come from the sources; `docs/reference/codes.txt` is the list of those that were ever published. It is
//! append-only: `make gen` adds to it and nothing takes away from it.

mod meanings;
mod read;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;

use decision_gate_tests::project_root;

use self::meanings::{AREAS, MEANINGS};
use self::read::{Site, is_code, sites};
use crate::page::{code, head, table, up_to_date, updates};
use crate::sources;

const LIST: &str = "docs/reference/codes.txt";
const LIST_HEAD: &str = "# Every code that was ever published. Nothing is taken out of this list.\n";

/// Code to the places that give it, each area once.
fn by_code() -> BTreeMap<String, Vec<Site>> {
    let mut all: BTreeMap<String, Vec<Site>> = BTreeMap::new();
    for site in sites(&sources::all()) {
        all.entry(site.code.clone()).or_default().push(site);
    }
    assert!(all.len() > 100, "only {} codes were found: does the reader still understand the sources?", all.len());
    all
}

/// Where a file's codes appear, and what to do when the code itself does not say.
fn area(path: &str) -> Option<(&'static str, &'static str)> {
    let longest = AREAS.iter().filter(|(prefix, ..)| path.starts_with(prefix)).max_by_key(|(prefix, ..)| prefix.len());
    longest.map(|(_, appears, otherwise)| (*appears, *otherwise))
}

fn distinct<'a>(texts: impl Iterator<Item = &'a str>) -> Vec<&'a str> {
    let mut all = Vec::new();
    texts.filter(|it| !it.is_empty()).for_each(|it| {
        if !all.contains(&it) {
            all.push(it);
        }
    });
    all
}

fn row(name: &str, sites: &[Site]) -> [String; 4] {
    let areas: Vec<_> = sites.iter().map(|it| area(&it.path).unwrap_or_default()).collect();
    let appears = distinct(areas.iter().map(|it| it.0)).join("; ");
    let given = MEANINGS.iter().find(|(code, ..)| *code == name);
    let means =
        given.map_or_else(|| distinct(sites.iter().map(|it| it.means.as_str())).join(" "), |it| it.1.to_owned());
    let hints = given.map(|it| it.2).filter(|it| !it.is_empty()).map(|it| vec![it]);
    // A single word is the label of a list that only the code itself has.
    let own = || distinct(sites.iter().map(|it| it.hint.as_str()).filter(|it| it.contains(' ')));
    let hints = hints.unwrap_or_else(own);
    let hints = if hints.is_empty() { distinct(areas.iter().map(|it| it.1)) } else { hints };
    [code(name), appears, means, hints.join("; ")]
}

fn page() -> String {
    let about = "Every stable code: in errors of tools (`code`), in the `data` of protocol errors, in what the command line \
                 says, as the reason (`gap`) of a condition that is Unknown, and as a finding of `runpack verify`. Codes \
                 are flat and never change their meaning; a published code is never removed. Messages may change, and `…` \
                 stands for the facts in them. Providers outside this project bring their own.\n";
    let all = by_code();
    let rows = all.iter().map(|(name, sites)| row(name, sites));
    head("Codes", about) + "\n" + &table(["code", "where", "meaning", "what to do"], rows)
}

fn published() -> BTreeSet<String> {
    let list = fs::read_to_string(project_root().join(LIST)).unwrap_or_default();
    list.lines().filter(|it| !it.is_empty() && !it.starts_with('#')).map(str::to_owned).collect()
}

#[test]
fn codes_page_is_up_to_date() {
    up_to_date("docs/reference/codes.md", &page());
}

#[test]
fn codes_list_is_up_to_date_and_none_is_ever_removed() {
    let there: BTreeSet<_> = by_code().into_keys().collect();
    let published = published();
    let removed: Vec<_> = published.difference(&there).collect();
    assert!(removed.is_empty(), "published codes that nothing gives any more: {removed:?}");
    let list = there.union(&published).fold(LIST_HEAD.to_owned(), |list, it| list + it + "\n");
    up_to_date(LIST, &list);
    assert!(updates() || published == there);
}

#[test]
fn every_code_has_one_meaning_and_says_what_to_do() {
    let all = by_code();
    let mut wrong = Vec::new();
    for (name, sites) in &all {
        let given = MEANINGS.iter().any(|(code, ..)| code == name);
        let files = distinct(sites.iter().map(|it| it.path.as_str()));
        if files.len() > 1 && !given {
            wrong.push(format!("`{name}` is given by {}: say its one meaning in `meanings.rs`", files.join(", ")));
        }
        wrong.extend(
            files.iter().filter(|it| area(it).is_none()).map(|it| format!("`{it}` has no area in `meanings.rs`")),
        );
        let [_, _, means, hint] = row(name, sites);
        if means.is_empty() || hint.is_empty() {
            wrong.push(format!("`{name}` ({}): meaning `{means}`, what to do `{hint}`", files.join(", ")));
        }
        if !is_code(name) || name.len() > 64 {
            wrong.push(format!("`{name}` is no code"));
        }
    }
    wrong.extend(
        MEANINGS.iter().filter(|(code, ..)| !all.contains_key(*code)).map(|it| format!("nothing gives `{}`", it.0)),
    );
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
