//! Going through collections of public test vectors: where they are, their cases, and how one went.
//!
//! The folder is the one that `DECISION_GATE_VECTORS` names, else `shared/vectors` beside the project. Where it is
//! absent the tests say so and pass, unless `DECISION_GATE_REQUIRE_VECTORS=1`.

#![expect(
    clippy::panic,
    clippy::print_stdout,
    clippy::missing_panics_doc,
    reason = "tests fail and speak through this library"
)]

mod report;

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;

pub use report::Report;

/// Larger than any document of the collections.
pub const MAX_BYTES: usize = 64 * 1024 * 1024;

/// The folder of all collections; nothing if there are no vectors here and none are required.
pub fn root() -> Option<PathBuf> {
    there(PathBuf::new(), "vectors")
}

/// The folder of one collection; nothing if there are no vectors here and none are required.
pub fn collection(name: &str) -> Option<PathBuf> {
    there(PathBuf::from(name), name)
}

fn there(below: PathBuf, name: &str) -> Option<PathBuf> {
    let beside = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/vectors");
    let folder = std::env::var_os("DECISION_GATE_VECTORS").map_or(beside, PathBuf::from).join(below);
    if folder.is_dir() {
        return Some(folder);
    }
    let required = std::env::var_os("DECISION_GATE_REQUIRE_VECTORS").is_some_and(|value| value == "1");
    assert!(!required, "{name}: no vectors at `{}`, and they are required", folder.display());
    println!("{name}: skipped: no vectors");
    None
}

/// The bytes of a file that must be there.
pub fn read(path: &Path) -> Vec<u8> {
    fs::read(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// The cases that a document lists under a member.
pub fn cases(path: &Path, member: &str) -> Vec<Value> {
    let mut document: Value =
        serde_json::from_slice(&read(path)).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    match document.get_mut(member).map(Value::take) {
        Some(Value::Array(cases)) => cases,
        _ => panic!("{}: `{member}` is no list", path.display()),
    }
}

/// A text that a case must have.
pub fn text<'a>(case: &'a Value, member: &str) -> &'a str {
    case.get(member).and_then(Value::as_str).unwrap_or_else(|| panic!("{member} of {case}"))
}

/// Bytes from hexadecimal digits, spaces passed over.
pub fn hex(text: &str) -> Vec<u8> {
    let digits: Vec<char> = text.chars().filter(|digit| !digit.is_whitespace()).collect();
    let byte = |pair: &[char]| {
        let pair: String = pair.iter().collect();
        u8::from_str_radix(&pair, 16).unwrap_or_else(|error| panic!("`{pair}`: {error}"))
    };
    digits.chunks(2).map(byte).collect()
}
