//! Which crate may use which: one direction, and nothing with a clock or a socket where there must be none.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use crate::none;
use crate::sources::{host_metadata, list, metadata, text};

/// What each crate may use of ours, for its code as for its tests; names without `decision-gate-`.
///
/// `verify` is the one reader of pack folders, so the two crates at the top may use it.
const MAY_USE: &[(&str, &[&str])] = &[
    (VECTORS, &[]),
    (SERVICES, &[]),
    ("core", &[]),
    ("attest", &["core"]),
    ("policy", &["core", "attest"]),
    ("verify", &["core", "attest", "policy"]),
    ("html", &["core"]),
    ("runtime", &["core", "attest", "policy"]),
    ("providers", &["core", "attest", "policy", "runtime"]),
    ("store", &["core", "attest", "policy", "runtime"]),
    ("config", &["core", "attest", "policy", "runtime"]),
    ("mcp", &["core", "attest", "policy", "runtime", "providers", "store", "config", "verify"]),
    ("cli", &["core", "attest", "policy", "runtime", "providers", "store", "config", "verify", "html", "mcp"]),
];

/// What is no crate of the product: it looks at all of them, and none of them may use it.
const BESIDE: &[&str] = &["tests", "bench"];

/// These use nothing of ours, and every crate's tests may use them.
const VECTORS: &str = "vectors";
const SERVICES: &str = "services";

/// Async runtimes: not in the tree of the core, not in that of the verifier.
const ASYNC: &[&str] = &["tokio", "async-std", "smol", "async-trait", "futures", "futures-util", "futures-core", "mio"];

/// What speaks to a network, by itself or for another crate.
const NETWORK: &[&str] = &[
    "socket2",
    "hyper",
    "h2",
    "reqwest",
    "ureq",
    "isahc",
    "curl",
    "attohttpc",
    "minreq",
    "rustls",
    "native-tls",
    "openssl",
    "tungstenite",
    "quinn",
    "hickory-resolver",
    "rmcp",
    "tonic",
    "lapin",
];

/// The name without the prefix of the product.
fn ours(name: &str) -> Option<&str> {
    name.strip_prefix("decision-gate-")
}

fn crates(metadata: &Value) -> impl Iterator<Item = (&str, &Value)> {
    list(metadata, "packages").iter().filter_map(|package| Some((ours(text(package, "name"))?, package)))
}

#[test]
fn arrows_between_crates_point_one_way() {
    let metadata = metadata(&["--no-deps"]);
    let table: BTreeMap<_, _> = MAY_USE.iter().copied().collect();
    let mut wrong = Vec::new();
    let mut seen = BTreeSet::new();
    for (name, package) in crates(&metadata).filter(|(name, _)| !BESIDE.contains(name)) {
        seen.insert(name);
        let Some(allowed) = table.get(name) else {
            wrong.push(format!("`{name}` has no row in the table: say what it may use"));
            continue;
        };
        let beside = |it: &Value| ours(text(it, "name")).is_some_and(|it| [VECTORS, SERVICES].contains(&it));
        let for_tests = |it: &&Value| it["kind"] == "dev" && beside(it);
        let uses = list(package, "dependencies").iter().filter(|it| !for_tests(it));
        let uses = uses.filter_map(|it| ours(text(it, "name")));
        wrong.extend(uses.filter(|it| !allowed.contains(it)).map(|it| format!("`{name}` uses `{it}`")));
    }
    wrong.extend(table.keys().filter(|name| !seen.contains(*name)).map(|name| format!("`{name}` is no crate")));
    none("arrows between crates that point the wrong way", wrong);
}

#[test]
fn the_table_itself_has_no_circle() {
    let mut below = BTreeSet::new();
    for (name, uses) in MAY_USE {
        assert!(uses.iter().all(|it| below.contains(it)), "`{name}` may use what stands after it");
        below.insert(*name);
    }
}

#[test]
fn core_has_no_features_and_nothing_that_waits() {
    let metadata = host_metadata();
    let (_, core) = crates(&metadata).find(|(name, _)| *name == "core").unwrap();
    assert_eq!(core["features"], serde_json::json!({}), "the core decides the same in every build");
    none("in the tree of the core", forbidden(&metadata, "decision-gate-core", &[ASYNC, NETWORK]));
}

#[test]
fn the_offline_verifier_has_no_runtime_and_no_network() {
    let metadata = host_metadata();
    none("in the tree of the verifier", forbidden(&metadata, "decision-gate-verify", &[ASYNC, NETWORK]));
}

/// What `root` is built from and must not be.
fn forbidden(metadata: &Value, root: &str, lists: &[&[&str]]) -> Vec<String> {
    let packages = list(metadata, "packages").iter();
    let names: BTreeMap<_, _> = packages.map(|it| (text(it, "id"), text(it, "name"))).collect();
    let nodes = list(&metadata["resolve"], "nodes").iter();
    let nodes: BTreeMap<_, _> = nodes.map(|it| (text(it, "id"), it)).collect();
    let is_built = |used: &Value| list(used, "dep_kinds").iter().any(|it| it["kind"].is_null());
    let mut open: Vec<_> = names.iter().filter(|(_, name)| **name == root).map(|(id, _)| *id).collect();
    let mut tree = BTreeSet::new();
    while let Some(id) = open.pop() {
        if tree.insert(id) {
            open.extend(list(nodes[id], "deps").iter().filter(|it| is_built(it)).map(|it| text(it, "pkg")));
        }
    }
    assert!(tree.len() > 1, "`{root}` has no tree");
    tree.iter().map(|id| names[id]).filter(|name| lists.iter().any(|it| it.contains(name))).map(str::to_owned).collect()
}
