//! What may not stand in a source or a document: banners, paths of a file at its head, unfinished work, tests that are
//! not run, places of one machine, hosts of package registries.

use std::path::Path;
use std::process::Command;
use std::str::FromStr as _;

use decision_gate_tests::{project_root, skip};
use proc_macro2::{TokenStream, TokenTree};

use crate::none;
use crate::sources::{Source, all};

/// Macros that leave something undone.
const UNFINISHED: &[&str] = &["todo", "unimplemented", "dbg"];
/// Attributes of tests that do not say what they find.
const UNTESTED: &[&str] = &["ignore", "should_panic"];
/// Drawn lines, and the word that goes with them.
const BANNERS: &[&str] = &["===", "---", "***", "~~~", "━━", "───", "SECTION"];
/// Hosts of package registries, in two halves, so that this list is not what it looks for.
const REGISTRIES: &[(&str, &str)] = &[
    ("registry.npmjs", ".org"),
    ("registry.yarnpkg", ".com"),
    ("pypi", ".org"),
    ("files.pythonhosted", ".org"),
    ("static.crates", ".io"),
    ("index.crates", ".io"),
    ("proxy.golang", ".org"),
    ("registry-1.docker", ".io"),
];

/// The comments of a source with their lines; text in quotes that looks like one is one too.
fn comments(source: &Source) -> impl Iterator<Item = (usize, &str)> {
    let lines = source.text.lines().enumerate();
    lines.filter_map(|(index, line)| Some((index + 1, line.trim_start().strip_prefix("//")?)))
}

#[test]
fn no_source_has_banners() {
    let sources = all();
    let banners = sources.iter().flat_map(|source| {
        let drawn = comments(source).filter(|(_, comment)| {
            let bare = comment.trim_start_matches(['/', '!', ' ']);
            BANNERS.iter().any(|it| bare.starts_with(it))
        });
        drawn.map(|(line, comment)| format!("{}:{line}: {}", source.path, comment.trim()))
    });
    none("banners", banners);
}

#[test]
fn every_source_of_the_product_begins_with_what_it_is() {
    let sources = all();
    let bare = sources.iter().filter(|it| !it.for_tests && !it.text.starts_with("//!"));
    none("sources without a header", bare.map(|it| it.path.clone()));
}

#[test]
fn no_source_begins_with_its_path() {
    let sources = all();
    let named = sources.iter().filter(|source| {
        let name = Path::new(&source.path).file_name().unwrap().to_str().unwrap();
        comments(source)
            .take(3)
            .any(|(line, comment)| line <= 3 && (comment.contains("/src/") || comment.trim() == name))
    });
    none("sources that begin with a path", named.map(|it| it.path.clone()));
}

#[test]
fn nothing_is_unfinished_and_no_test_is_left_out() {
    let mut found = Vec::new();
    for source in all() {
        let tokens = TokenStream::from_str(&source.text).unwrap();
        look(tokens, &mut |line, what| found.push(format!("{}:{line}: {what}", source.path)));
    }
    none("unfinished work and tests that are not run", found);
}

/// Walks through all tokens, in the arguments of macros too.
fn look(tokens: TokenStream, tell: &mut dyn FnMut(usize, String)) {
    let tokens: Vec<_> = tokens.into_iter().collect();
    for (index, token) in tokens.iter().enumerate() {
        match token {
            TokenTree::Ident(name) => {
                let calls = matches!(tokens.get(index + 1), Some(TokenTree::Punct(next)) if next.as_char() == '!');
                if calls && UNFINISHED.iter().any(|it| name == it) {
                    tell(name.span().start().line, format!("{name}!"));
                }
            }
            TokenTree::Group(group) => {
                let attribute = matches!(index.checked_sub(1).map(|it| &tokens[it]), Some(TokenTree::Punct(it)) if it.as_char() == '#');
                let first = group.stream().into_iter().next();
                if let (true, Some(TokenTree::Ident(name))) = (attribute, first)
                    && UNTESTED.iter().any(|it| name == it)
                {
                    tell(name.span().start().line, format!("#[{name}]"));
                }
                look(group.stream(), tell);
            }
            TokenTree::Punct(_) | TokenTree::Literal(_) => {}
        }
    }
}

/// What git keeps or would keep; nothing where there is no git.
fn kept() -> Option<Vec<String>> {
    let arguments = ["ls-files", "-z", "--cached", "--others", "--exclude-standard"];
    let output = Command::new("git").current_dir(project_root()).args(arguments).output().ok()?;
    let names = String::from_utf8(output.stdout).ok()?;
    output.status.success().then(|| names.split_terminator('\0').map(str::to_owned).collect())
}

/// Places of this machine, as they must not be written down.
fn places() -> Vec<String> {
    let root = project_root();
    let home = std::env::var("HOME").ok().filter(|home| home.len() > 1);
    let cargo = std::env::var("CARGO_HOME").ok();
    let beside = root.parent().filter(|it| it.parent().is_some());
    let beside = beside.map(|it| format!("{}/", it.display()));
    [Some(root.display().to_string()), beside, home.map(|it| format!("{it}/.")), cargo].into_iter().flatten().collect()
}

/// Whether `text` has `place` as a path of its own, not as the tail of a longer one.
fn has_place(text: &str, place: &str) -> bool {
    text.match_indices(place).any(|(at, _)| {
        let before = text.get(..at).and_then(|it| it.chars().next_back());
        !before.is_some_and(|it| it.is_alphanumeric() || matches!(it, '.' | '_' | '-' | '}'))
    })
}

#[test]
fn no_kept_file_names_this_machine_or_a_registry() {
    let Some(names) = kept() else { return skip("no git") };
    let (places, hosts) = (places(), REGISTRIES.iter().map(|(a, b)| format!("{a}{b}")).collect::<Vec<_>>());
    let mut found = Vec::new();
    for name in names {
        // What is no text names nothing; a deleted file is still listed until it is committed.
        let Ok(text) = std::fs::read_to_string(project_root().join(&name)) else { continue };
        for (index, line) in text.lines().enumerate() {
            let place = places.iter().find(|it| has_place(line, it));
            if let Some(what) = place.or_else(|| hosts.iter().find(|it| line.contains(it.as_str()))) {
                found.push(format!("{name}:{}: {what}", index + 1));
            }
        }
    }
    none("places of this machine and hosts of registries", found);
}

#[test]
fn a_place_is_told_from_the_tail_of_another() {
    assert!(has_place("see /a/b/c", "/a/") && has_place("\"/a/b\"", "/a/"));
    assert!(!has_place("x/a/b", "/a/") && !has_place("../a/b", "/a/"));
}
