//! How a collection, or a part of one, went.

/// What held, what did not, and what was accepted that must be refused.
#[derive(Debug, Default)]
pub struct Report {
    passed: usize,
    failures: Vec<String>,
    known: Vec<String>,
    /// Cases that were accepted and must not be.
    pub false_accepts: Vec<String>,
}

impl Report {
    /// A case, and what was wrong where it does not hold.
    pub fn case(&mut self, id: &str, holds: bool, why: impl FnOnce() -> String) {
        if holds {
            self.passed += 1;
        } else {
            self.failures.push(format!("{id}: {}", why()));
        }
    }

    /// A case whose answer differs on purpose, and how.
    pub fn known(&mut self, id: &str, answer: &str) {
        self.passed += 1;
        self.known.push(format!("{id} is {answer}"));
    }

    /// A case that must be refused, for any reason.
    pub fn refusal<T, E>(&mut self, id: &str, outcome: &Result<T, E>) {
        if outcome.is_ok() {
            self.false_accepts.push(id.to_owned());
        }
        self.case(id, outcome.is_err(), || "accepted".to_owned());
    }

    /// A case that must be refused for one of the reasons that `expected` names.
    pub fn refused(&mut self, id: &str, outcome: Result<(), &'static str>, expected: &[&str]) {
        if outcome.is_ok() {
            self.false_accepts.push(id.to_owned());
        }
        let holds = outcome.is_err_and(|code| expected.contains(&code));
        self.case(id, holds, || format!("{outcome:?}, not {expected:?}"));
    }

    /// Prints the line of the collection, then what it should not hide.
    pub fn print(&self, name: &str) {
        println!("{name}: {} of {}", self.passed, self.passed + self.failures.len());
        for known in &self.known {
            println!("{name}: {known}");
        }
        for id in &self.false_accepts {
            println!("{name}: false accept {id}");
        }
    }

    /// Demands all of it.
    pub fn demand(self, name: &str) {
        assert!(self.passed > 0, "{name}: no cases");
        assert!(self.failures.is_empty(), "{name}:\n{}", self.failures.join("\n"));
        assert!(self.false_accepts.is_empty(), "{name}: {:?}", self.false_accepts);
    }

    /// Prints and demands all of it.
    pub fn whole(self, name: &str) {
        self.print(name);
        self.demand(name);
    }
}
