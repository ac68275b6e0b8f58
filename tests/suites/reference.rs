//! The reference pages and schemas that are printed from the types. Each has a function that gives its text and a test
//! that compares it with the file; `make gen` (`DECISION_GATE_UPDATE=1`) writes the files anew.

#![cfg(test)]

#[path = "reference/codes/mod.rs"]
mod codes;
#[path = "reference/comparators.rs"]
mod comparators;
#[path = "reference/config.rs"]
mod config;
#[path = "reference/page.rs"]
mod page;
#[path = "reference/providers.rs"]
mod providers;
#[path = "reference/scenario.rs"]
mod scenario;
#[path = "reference/shape.rs"]
mod shape;
#[expect(dead_code, reason = "the pages need only a part of it")]
#[path = "sources/mod.rs"]
mod sources;
#[path = "reference/spec.rs"]
mod spec;
#[path = "reference/tools.rs"]
mod tools;
