//! Going through a collection of public test vectors.
//!
//! The folder comes from `DECISION_GATE_VECTORS`, else it stands beside the project; where it is absent the tests say
//! so and pass, unless `DECISION_GATE_REQUIRE_VECTORS` is set.

#![expect(unreachable_pub, reason = "a module of several test binaries")]

use std::{
    fs,
    path::{Path, PathBuf},
};

use decision_gate_core::json::{self, Limits};
use serde_json::Value;

/// Larger than any document of the collections.
pub const MAX_BYTES: usize = 64 * 1024 * 1024;

/// How a collection went.
#[derive(Debug, Default)]
pub struct Report {
    passed: usize,
    failures: Vec<String>,
    pub false_accepts: Vec<String>,
}

impl Report {
    pub fn case(&mut self, id: &str, holds: bool, why: impl FnOnce() -> String) {
        if holds {
            self.passed += 1;
        } else {
            self.failures.push(format!("{id}: {}", why()));
        }
    }

    pub fn refusal<T, E>(&mut self, id: &str, outcome: &Result<T, E>) {
        if outcome.is_ok() {
            self.false_accepts.push(id.to_owned());
        }
        self.case(id, outcome.is_err(), || "accepted".to_owned());
    }

    /// Prints the line of the collection and demands all of it.
    pub fn whole(self, name: &str) {
        println!("{name}: {} of {}", self.passed, self.passed + self.failures.len());
        for id in &self.false_accepts {
            println!("{name}: false accept {id}");
        }
        assert!(self.passed > 0, "{name}: no cases");
        assert!(self.failures.is_empty(), "{name}:\n{}", self.failures.join("\n"));
    }
}

/// The folder of a collection; nothing if there are no vectors here.
pub fn collection(name: &str) -> Option<PathBuf> {
    let beside = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/vectors");
    let folder = std::env::var_os("DECISION_GATE_VECTORS").map_or(beside, PathBuf::from).join(name);
    if folder.is_dir() {
        return Some(folder);
    }
    let required = std::env::var("DECISION_GATE_REQUIRE_VECTORS").is_ok_and(|value| value == "1");
    assert!(!required, "{name}: no vectors");
    println!("{name}: skipped: no vectors");
    None
}

pub fn read(path: &Path) -> Vec<u8> {
    fs::read(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

fn read_json(path: &Path) -> Value {
    json::parse(&read(path), &Limits::message(MAX_BYTES)).unwrap().value
}

pub fn cases(path: &Path, member: &str) -> Vec<Value> {
    read_json(path)[member].as_array().unwrap().clone()
}

pub fn text<'a>(case: &'a Value, member: &str) -> &'a str {
    case[member].as_str().unwrap_or_else(|| panic!("{member} of {case}"))
}

pub fn hex(text: &str) -> Vec<u8> {
    let digits: Vec<char> = text.chars().filter(|digit| !digit.is_whitespace()).collect();
    digits.chunks(2).map(|pair| u8::from_str_radix(&pair.iter().collect::<String>(), 16).unwrap()).collect()
}
