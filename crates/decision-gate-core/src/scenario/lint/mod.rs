//! What an author would want to look at again in a scenario that can be run: it can, and does not do what it seems to.
//!
//! ```text
//! conditions ─▶ what each can be ─▶ what each gate can be ─▶ which stages are reached and left
//! ```
//!
//! A finding is never a guess: a condition that can't be True is so by its check's contract or by the policy, and what a
//! gate can be is worked out over everything that its conditions can be. What is not looked into is not found.

mod conditions;
mod flow;
mod gates;
mod possible;

use std::collections::BTreeMap;

use serde::Serialize;

use super::Scenario;
use crate::contract::Contracts;
use crate::name::ConditionId;
use crate::policy::Policy;
pub use possible::Possible;

/// Something to look at again.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// JSON Pointer into the scenario.
    pub path: String,
    /// What it is, such as `gate_never_true`. Stable.
    pub code: &'static str,
    /// For people.
    pub message: String,
    /// What to do about it.
    pub hint: &'static str,
}

/// What a scenario is looked at with.
#[derive(Clone, Copy, Debug)]
pub struct Lint<'a> {
    /// Which scenario.
    pub scenario: &'a Scenario,
    /// What the configured providers promise.
    pub contracts: &'a Contracts,
    /// What is in force; without one, lanes are not looked at.
    pub policy: Option<&'a Policy>,
}

/// Every finding, in the order of conditions, gates and stages.
pub fn lint(lint: Lint<'_>) -> Vec<Finding> {
    let mut findings = Vec::new();
    let can_be: BTreeMap<&ConditionId, Possible> = conditions::look(lint, &mut findings);
    gates::look(lint.scenario, &can_be, &mut findings);
    flow::look(lint.scenario, &mut findings);
    findings
}

#[cfg(test)]
mod tests;
