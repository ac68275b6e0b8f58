//! How a part of a collection went, and where the collections are.

use std::path::{Path, PathBuf};

#[derive(Debug, Default)]
pub(crate) struct Report {
    passed: usize,
    failures: Vec<String>,
    false_accepts: Vec<String>,
    known: Vec<String>,
}

impl Report {
    pub(crate) fn case(&mut self, id: &str, holds: bool, why: impl FnOnce() -> String) {
        if holds {
            self.passed += 1;
        } else {
            self.failures.push(format!("{id}: {}", why()));
        }
    }

    /// A case whose answer differs on purpose, and how.
    pub(crate) fn known(&mut self, id: &str, answer: &str) {
        self.passed += 1;
        self.known.push(format!("{id} is {answer}"));
    }

    /// A case that must be refused for the reason that `expected` names.
    pub(crate) fn refused(&mut self, id: &str, outcome: Result<(), &'static str>, expected: &[&str]) {
        if outcome.is_ok() {
            self.false_accepts.push(id.to_owned());
        }
        let holds = outcome.is_err_and(|code| expected.contains(&code));
        self.case(id, holds, || format!("{outcome:?}, not {expected:?}"));
    }

    pub(crate) fn print(&self, part: &str) {
        println!("{part}: {} of {}", self.passed, self.passed + self.failures.len());
        for known in &self.known {
            println!("{part}: {known}");
        }
        for id in &self.false_accepts {
            println!("{part}: false accept {id}");
        }
    }

    pub(crate) fn demand(self, part: &str) {
        assert!(self.passed > 0, "{part}: no cases");
        assert!(self.failures.is_empty(), "{part}:\n{}", self.failures.join("\n"));
        assert!(self.false_accepts.is_empty(), "{part}: {:?}", self.false_accepts);
    }
}

/// The folder of a collection; nothing if there are no vectors here.
pub(crate) fn collection(name: &str) -> Option<PathBuf> {
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
