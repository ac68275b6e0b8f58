//! What `cargo deny` would say of licences and of crates that are there twice, for machines that do not have it: the
//! rules are read from `deny.toml`, and the tree from `cargo metadata`.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;

use decision_gate_tests::project_root;
use toml::{Table, Value};

use crate::none;
use crate::sources::{host_metadata, list, text};

fn rules() -> Table {
    fs::read_to_string(project_root().join("deny.toml")).unwrap().parse().unwrap()
}

fn words<'a>(rules: &'a Table, section: &str, key: &str) -> Vec<&'a Value> {
    rules[section].get(key).and_then(Value::as_array).map(|it| it.iter().collect()).unwrap_or_default()
}

/// Whether a licence expression holds where only `allowed` do: `OR` and `/` choose, `AND` binds tighter.
fn holds(expression: &str, allowed: &BTreeSet<&str>) -> bool {
    let spaced = expression.replace('(', " ( ").replace(')', " ) ").replace('/', " OR ").replace(" WITH ", "+WITH+");
    let tokens: Vec<_> = spaced.split_whitespace().collect();
    let mut at = 0;
    any(&tokens, &mut at, allowed) && at == tokens.len()
}

fn any(tokens: &[&str], at: &mut usize, allowed: &BTreeSet<&str>) -> bool {
    let mut holds = every(tokens, at, allowed);
    while tokens.get(*at) == Some(&"OR") {
        *at += 1;
        holds |= every(tokens, at, allowed);
    }
    holds
}

fn every(tokens: &[&str], at: &mut usize, allowed: &BTreeSet<&str>) -> bool {
    let mut holds = one(tokens, at, allowed);
    while tokens.get(*at) == Some(&"AND") {
        *at += 1;
        holds &= one(tokens, at, allowed);
    }
    holds
}

fn one(tokens: &[&str], at: &mut usize, allowed: &BTreeSet<&str>) -> bool {
    let token = tokens.get(*at).copied().unwrap_or_default();
    *at += 1;
    if token != "(" {
        return allowed.contains(token.replace("+WITH+", " WITH ").as_str());
    }
    let holds = any(tokens, at, allowed);
    *at += 1;
    holds
}

#[test]
fn licence_expressions_are_read_as_they_are_meant() {
    let allowed = BTreeSet::from(["MIT", "Zlib"]);
    for (expression, says) in [
        ("MIT", true),
        ("MIT/Apache-2.0", true),
        ("Apache-2.0 OR MIT AND Zlib", true),
        ("(Apache-2.0 OR MIT) AND Zlib", true),
        ("(Apache-2.0 OR MIT) AND GPL-3.0", false),
        ("MIT WITH x", false),
        ("", false),
    ] {
        assert_eq!(holds(expression, &allowed), says, "{expression}");
    }
}

#[test]
fn every_licence_is_allowed() {
    let rules = rules();
    let allowed: BTreeSet<_> = words(&rules, "licenses", "allow").into_iter().filter_map(Value::as_str).collect();
    let metadata = host_metadata();
    let refused = list(&metadata, "packages").iter().filter_map(|package| {
        let licence = package["license"].as_str().unwrap_or("none");
        (!holds(licence, &allowed)).then(|| format!("{}: {licence}", text(package, "name")))
    });
    none("licences that deny.toml does not allow", refused);
}

#[test]
fn what_is_there_twice_has_a_reason() {
    let rules = rules();
    let skips = words(&rules, "bans", "skip").into_iter().chain(words(&rules, "bans", "skip-tree"));
    let mut reasons = BTreeMap::new();
    for skip in skips {
        let name = skip["crate"].as_str().unwrap();
        let reason = skip.get("reason").and_then(Value::as_str).unwrap_or_default();
        assert!(!reason.is_empty(), "`{name}` is skipped without a reason");
        reasons.insert(name.split('@').next().unwrap(), reason);
    }
    let metadata = host_metadata();
    let mut counts = BTreeMap::<_, usize>::new();
    list(&metadata, "packages").iter().for_each(|it| *counts.entry(text(it, "name")).or_default() += 1);
    let twice = counts.into_iter().filter(|(name, count)| *count > 1 && !reasons.contains_key(name));
    none("crates that are there twice", twice.map(|(name, count)| format!("{name}: {count} versions")));
}
