//! The gate on complete evidence, order 100: the kinds that an environment asks for are present, verified, fresh.
//!
//! A kind is a predicate type, or one of the short names below. Which kinds an environment asks for stands in its
//! entry; an environment that asks for none proves nothing here.

#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::attested::Content;
use crate::context::ReleaseContext;
use crate::eligible::{self, Terms};
use crate::gates::{Gate, GateOptions};
use crate::options::{Action, MinLane};
use crate::result::{Judged, Outcome, Telling};
use crate::span::Span;

/// Short names of predicate types.
pub static SHORT_NAMES: &[(&str, &str)] = &[
    ("beacon-attestation", decision_gate_attest::beacon::PREDICATE_TYPE),
    ("confidence-factors", crate::confidence::PREDICATE_TYPE),
    ("execution-evidence", decision_gate_attest::execution_evidence::PREDICATE_TYPE),
    ("provenance", "https://slsa.dev/provenance/v1"),
    ("reachability", crate::lattice_state::PREDICATE_TYPE),
    ("runtime-trace", "https://in-toto.io/attestation/runtime-trace/v0.1"),
    ("test-result", "https://in-toto.io/attestation/test-result/v0.1"),
    ("uncertainty", crate::uncertainty_tier::PREDICATE_TYPE),
    ("verification-summary", "https://slsa.dev/verification_summary/v1"),
    ("vulnerabilities", "https://in-toto.io/attestation/vulns/v0.2"),
];

/// Options of the gate.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub struct EvidenceCompletenessOptions {
    /// Predicate types, or their short names.
    pub required_kinds: Vec<String>,
    /// What happens where one of them is missing.
    pub missing_evidence_action: Action,
    /// How old evidence may be; null for any age.
    pub max_age: Option<Span>,
    /// The same for single kinds.
    pub max_age_by_kind: BTreeMap<String, Span>,
    /// Environments that evidence may come from; null for every declared one.
    pub source_environments: Option<Vec<String>>,
    /// The least lane of evidence.
    pub min_lane: MinLane,
}

impl Default for EvidenceCompletenessOptions {
    fn default() -> Self {
        Self {
            required_kinds: Vec::new(),
            missing_evidence_action: Action::Warn,
            max_age: None,
            max_age_by_kind: BTreeMap::new(),
            source_environments: None,
            min_lane: MinLane::Verified,
        }
    }
}

impl GateOptions for EvidenceCompletenessOptions {
    const ID: &'static str = "evidence-completeness";
    const ORDER: u16 = 100;
    const KEY: &'static str = "EvidenceCompleteness";
}

impl Gate for EvidenceCompletenessOptions {
    fn judge(&self, release: &ReleaseContext, telling: Telling) -> Judged {
        let environment = &release.environment;
        if self.required_kinds.is_empty() {
            let message = || format!("No evidence kinds required for environment '{environment}'");
            return telling.measured(Outcome::Skip, "nothing_required", message);
        }
        let (mut missing, mut misses, mut evidence) = (Vec::new(), Vec::new(), Vec::new());
        for kind in &self.required_kinds {
            let selected = eligible::select(release, &self.terms(kind), |content: &Content| Some(content));
            if selected.found.is_empty() {
                missing.push(kind.as_str());
                misses.extend(selected.misses(telling));
            }
            evidence.extend(selected.found.iter().map(|(it, _)| it.envelope()));
        }
        let required = self.required_kinds.len();
        if missing.is_empty() {
            let message = || format!("All required evidence is present (kinds: {required})");
            return telling.measured(Outcome::Pass, "evidence_complete", message).resting_on(evidence);
        }
        let end = match self.missing_evidence_action {
            Action::Warn => " (warn mode)",
            Action::Block => "",
        };
        let message = || format!("Required evidence is missing for this artifact: {}{end}", missing.join(", "));
        telling
            .missing(self.missing_evidence_action.outcome(), "evidence_missing", message)
            .detail("missing_kinds", || missing)
            .detail("required_kinds", || required)
            .recommend("hand in signed attestations of these kinds for this artifact")
            .resting_on(evidence)
            .near(misses)
    }

    fn moments(&self, release: &ReleaseContext) -> Vec<i64> {
        self.required_kinds.iter().flat_map(|kind| eligible::moments(release, &self.terms(kind))).collect()
    }
}

impl EvidenceCompletenessOptions {
    fn terms<'a>(&'a self, kind: &'a str) -> Terms<'a> {
        let short = SHORT_NAMES.iter().find(|(name, _)| *name == kind);
        let predicate_type = short.map_or(kind, |(_, uri)| uri);
        let max_age = self.max_age_by_kind.get(kind).copied().or(self.max_age);
        Terms::of(predicate_type, self.min_lane, self.source_environments.as_deref(), max_age)
    }
}
