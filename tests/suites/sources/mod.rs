//! The Rust sources of the product, found as the compiler finds them: from the root of each target along its `mod`
//! items, so that what is only compiled for tests is known as such.

use std::collections::VecDeque;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use decision_gate_tests::project_root;
use serde_json::Value;

/// One file of a target.
pub(crate) struct Source {
    /// Relative to the project.
    pub(crate) path: String,
    pub(crate) text: String,
    pub(crate) parsed: syn::File,
    /// Whether it is compiled for tests, benches or examples only.
    pub(crate) for_tests: bool,
}

/// A file that is to be read: its place, where its `mod` items lie, and whether it is only for tests.
struct Found {
    file: PathBuf,
    modules: PathBuf,
    for_tests: bool,
}

/// What `cargo metadata` says; `more` are further arguments.
pub(crate) fn metadata(more: &[&str]) -> Value {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let arguments = ["metadata", "--format-version", "1", "--offline", "--locked"];
    let output = Command::new(cargo).current_dir(project_root()).args(arguments).args(more).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).unwrap()
}

/// The whole tree, as far as this machine builds it: no other is sure to be here without a network.
pub(crate) fn host_metadata() -> Value {
    let output = Command::new("rustc").arg("-vV").output().unwrap();
    let says = String::from_utf8(output.stdout).unwrap();
    let host = says.lines().find_map(|line| line.strip_prefix("host: ")).unwrap();
    metadata(&["--filter-platform", host])
}

/// Members of `value`, which must be an array.
pub(crate) fn list<'a>(value: &'a Value, member: &str) -> &'a [Value] {
    value[member].as_array().unwrap_or_else(|| panic!("`{member}` is no array"))
}

pub(crate) fn text<'a>(value: &'a Value, member: &str) -> &'a str {
    value[member].as_str().unwrap_or_else(|| panic!("`{member}` is no text"))
}

/// Every source of every target of the workspace, once.
pub(crate) fn all() -> Vec<Source> {
    let metadata = metadata(&["--no-deps"]);
    let targets = list(&metadata, "packages").iter().flat_map(|package| list(package, "targets"));
    let mut open: VecDeque<Found> = targets
        .map(|target| {
            let file = PathBuf::from(text(target, "src_path"));
            let modules = file.parent().unwrap().to_path_buf();
            let kinds = list(target, "kind");
            let for_tests = kinds.iter().any(|kind| ["test", "bench", "example"].iter().any(|it| kind == it));
            Found { file, modules, for_tests }
        })
        .collect();
    let mut all: Vec<Source> = Vec::new();
    while let Some(found) = open.pop_front() {
        // The compiler itself says when a file is not there.
        if !found.file.is_file() {
            continue;
        }
        let source = read(&found);
        if all.iter().all(|it| it.path != source.path) {
            modules(&source.parsed.items, &found, &mut open);
            all.push(source);
        }
    }
    all.sort_by(|a, b| a.path.cmp(&b.path));
    all
}

fn read(found: &Found) -> Source {
    let text = fs::read_to_string(&found.file).unwrap_or_else(|error| panic!("{}: {error}", found.file.display()));
    let parsed = syn::parse_file(&text).unwrap_or_else(|error| panic!("{}: {error}", found.file.display()));
    let relative = found.file.strip_prefix(project_root()).unwrap_or(&found.file);
    Source { path: relative.display().to_string(), text, parsed, for_tests: found.for_tests }
}

/// The files of the `mod` items without a body.
fn modules(items: &[syn::Item], of: &Found, open: &mut VecDeque<Found>) {
    for item in items {
        let syn::Item::Mod(module) = item else { continue };
        if module.content.is_some() {
            continue;
        }
        let name = module.ident.to_string();
        let for_tests = of.for_tests || is_for_tests(&module.attrs);
        let (file, modules) = match module.attrs.iter().find_map(|it| text_of(it, "path")) {
            Some(path) => {
                let file = of.file.parent().unwrap().join(path);
                let modules = file.parent().unwrap().to_path_buf();
                (file, modules)
            }
            None => {
                let beside = of.modules.join(format!("{name}.rs"));
                let within = of.modules.join(&name);
                (if beside.is_file() { beside } else { within.join("mod.rs") }, within)
            }
        };
        let file = normal(&file);
        open.push_back(Found { file, modules: normal(&modules), for_tests });
    }
}

/// Whether the item is there for tests only.
pub(crate) fn is_for_tests(attributes: &[syn::Attribute]) -> bool {
    attributes.iter().any(
        |it| matches!(&it.meta, syn::Meta::List(list) if list.path.is_ident("cfg") && list.tokens.to_string() == "test"),
    )
}

/// The text of the attribute `name = "text"`, if it is that one.
pub(crate) fn text_of(attribute: &syn::Attribute, name: &str) -> Option<String> {
    let syn::Meta::NameValue(pair) = &attribute.meta else { return None };
    let syn::Expr::Lit(syn::ExprLit { lit: syn::Lit::Str(text), .. }) = &pair.value else { return None };
    pair.path.is_ident(name).then(|| text.value())
}

/// The same path without `..`.
fn normal(path: &Path) -> PathBuf {
    let mut normal = PathBuf::new();
    for part in path.components() {
        if part.as_os_str() == ".." {
            normal.pop();
        } else {
            normal.push(part);
        }
    }
    normal
}
