//! `docs/reference/comparators.md`, from the list of comparators.

use decision_gate_core::condition::{ALL, Expects};

use crate::page::{code, head, table, up_to_date};

fn expected(expects: Expects) -> &'static str {
    match expects {
        Expects::Presence { .. } => "nothing: leave it out",
        Expects::Value => "a value that fits the check's `result_schema`",
        Expects::Set => "an array with at least one value, each of which fits the check's `result_schema`",
        Expects::Part => "a string, or an array with at least one element",
    }
}

fn page() -> String {
    let about = "A condition compares what its query found with `expected`. A comparison that makes no sense for the types \
                 at hand is Unknown (`type_mismatch`), never unequal. Two JSON values are equal when their RFC 8785 forms \
                 are. Which comparators a check allows is in [providers.md](providers.md).\n\n\
                 An answer that there is no value decides `exists` and `not_exists`, and is Unknown (`value_absent`) for \
                 every other comparator. A query without an answer is Unknown for all of them.\n";
    let rows = ALL.iter().map(|it| [code(it.word()), it.says().to_owned(), expected(it.expects()).to_owned()]);
    head("Comparators", about) + "\n" + &table(["comparator", "True when", "`expected`"], rows)
}

#[test]
fn comparators_page_is_up_to_date() {
    up_to_date("docs/reference/comparators.md", &page());
}
