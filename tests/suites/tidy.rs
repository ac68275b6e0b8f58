//! What no compiler checks: which crate may use which, how long files and functions are, what may not stand in a
//! source, and that what a list promises is there. Each test names every place that breaks its rule.

#![cfg(test)]

#[path = "tidy/arrows.rs"]
mod arrows;
#[path = "tidy/budgets.rs"]
mod budgets;
#[path = "tidy/folders.rs"]
mod folders;
#[path = "tidy/licences.rs"]
mod licences;
#[path = "sources/mod.rs"]
mod sources;
#[path = "tidy/words.rs"]
mod words;

/// Fails with one line for each place, unless there is none.
fn none(rule: &str, places: impl IntoIterator<Item = String>) {
    let places: Vec<_> = places.into_iter().collect();
    assert!(places.is_empty(), "{rule}:\n  {}", places.join("\n  "));
}
