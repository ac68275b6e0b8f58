//! Which pieces of evidence stand in the way, the first step that each failed at, and what would have done.

use std::collections::BTreeSet;

use super::model::{EvidenceWhy, NearMiss, ReleaseGateWhy};
use super::words::{asks, clip, expects, short, wants};
use super::{Situation, Step};
use crate::condition::{Gap, Judged, Truth};
use crate::evidence::EvidenceValue;
use crate::gate::{Need, Requirement};
use crate::name::ConditionId;
use crate::scenario::{ConditionSpec, GateSpec};
use crate::trust::{AnchorFault, Disclosure, Refusal, ReleaseBlock, StatementFault};

/// A condition that is not what a gate wants of it.
pub(super) struct Obstacle<'a> {
    pub(super) spec: &'a ConditionSpec,
    gate: &'a GateSpec,
    judged: Judged,
    wanted: Truth,
}

/// Each leaf with the truth that would help: True, or under an odd number of `Not`s, False.
pub(super) fn wanted_by(requirement: &Requirement) -> Vec<(&ConditionId, Truth)> {
    fn visit<'a>(node: &'a Requirement, wanted: Truth, all: &mut Vec<(&'a ConditionId, Truth)>) {
        match node {
            Requirement::And(parts) | Requirement::Or(parts) | Requirement::RequireGroup { reqs: parts, .. } => {
                parts.iter().for_each(|part| visit(part, wanted, all));
            }
            Requirement::Not(part) => visit(part, !wanted, all),
            Requirement::Condition(id) => all.push((id, wanted)),
        }
    }
    let mut all = Vec::new();
    visit(requirement, Truth::True, &mut all);
    all
}

/// Every condition that keeps a gate from holding, once, in the order of the text.
pub(super) fn obstacles<'a>(situation: &Situation<'a>) -> Vec<Obstacle<'a>> {
    let mut all: Vec<Obstacle<'a>> = Vec::new();
    let mut named = BTreeSet::new();
    for unmet in situation.evaluation.unmet() {
        let Some(gate) = situation.stage.spec.gates.iter().find(|it| it.gate_id == unmet.gate_id) else { continue };
        for (id, wanted) in wanted_by(&gate.requirement) {
            let (Some(view), Some(spec)) = (situation.evaluation.condition(id), situation.scenario.condition(id))
            else {
                continue;
            };
            if view.judged.status_in(view.needed(gate), Need::Holds) != wanted && named.insert(id) {
                all.push(Obstacle { spec, gate, judged: view.within(gate).into_owned(), wanted });
            }
        }
    }
    all
}

impl Obstacle<'_> {
    /// In words.
    pub(super) fn told(&self, situation: &Situation<'_>) -> EvidenceWhy {
        let Self { spec, gate, judged, wanted } = self;
        let seen = self.seen(situation);
        let (code, message) = match &judged.gap {
            Some(gap) => (gap.code().to_owned(), clip(&gap.message(), 300)),
            None => ("not_met".to_owned(), not_met(judged, *wanted, seen.as_deref())),
        };
        let released = judged.release.as_ref().filter(|_| !matches!(judged.gap, Some(Gap::Lane { .. })));
        let release_gates: Vec<_> = released.iter().flat_map(|it| &it.why.gates).map(told_gate).collect();
        let step = if release_gates.is_empty() { Step::of(judged.gap.as_ref()) } else { Step::ReleaseGate };
        EvidenceWhy {
            condition_id: spec.condition_id.clone(),
            gate_id: gate.gate_id.clone(),
            status: judged.status,
            step,
            code,
            message,
            asks: asks(&spec.query),
            expects: expects(spec.comparator, spec.expected.value()),
            near_misses: self.near_misses(seen.as_deref()),
            seen,
            release_gates,
        }
    }

    /// The value, where the policy lets it be shown.
    fn seen(&self, situation: &Situation<'_>) -> Option<String> {
        let provider = &self.spec.query.provider_id;
        let open = [situation.policy, situation.told_under].iter().all(|it| it.disclosure(provider) == Disclosure::Raw);
        match &self.judged.result.value {
            Some(EvidenceValue::Json(value)) if open => Some(short(value)),
            Some(EvidenceValue::Bytes(bytes)) if open => Some(format!("{} bytes", bytes.len())),
            Some(_) | None => None,
        }
    }

    /// What would have done. Nothing that came with the evidence is repeated but its lane and its anchor's type, and a
    /// value where values may be shown.
    fn near_misses(&self, seen: Option<&str>) -> Vec<NearMiss> {
        let near = |field: &str, expected: String, seen: Option<String>| {
            vec![NearMiss { field: field.to_owned(), expected, seen }]
        };
        let compared = |seen: Option<&str>| {
            let expected = wants(self.spec.comparator, self.spec.expected.value(), self.wanted);
            near("value", expected, seen.map(str::to_owned))
        };
        match &self.judged.gap {
            None if self.judged.result.value.is_some() => compared(seen),
            None => compared(Some("no value")),
            Some(Gap::ValueAbsent) => compared(Some("no value")),
            Some(Gap::NotComparable { .. } | Gap::ResultMismatch { .. }) => compared(seen),
            Some(Gap::Lane { got, need }) => near("lane", need.to_string(), Some(got.to_string())),
            Some(Gap::TooLarge { actual, limit }) => {
                near("size", format!("at most {limit} bytes"), Some(format!("{actual} bytes")))
            }
            Some(Gap::Anchor { fault, .. }) => anchor(fault),
            Some(Gap::Refused(refusal)) => refused(refusal),
            Some(
                Gap::NoAnswer
                | Gap::Fault(_)
                | Gap::Inexact { .. }
                | Gap::TooDeep
                | Gap::ProviderMissing
                | Gap::NoReader,
            ) => Vec::new(),
        }
    }
}

fn anchor(fault: &AnchorFault) -> Vec<NearMiss> {
    let (field, expected, seen) = match fault {
        AnchorFault::Missing => ("evidence_anchor", "an anchor".to_owned(), Some("none".to_owned())),
        AnchorFault::Type { expected, got } => ("anchor_type", expected.clone(), Some(clip(got, 80))),
        AnchorFault::NotCanonical => ("anchor_value", "canonical JSON".to_owned(), None),
        AnchorFault::NotObject => ("anchor_value", "a JSON object".to_owned(), None),
        AnchorFault::FieldMissing { field } => {
            (field.as_str(), "a text or a number".to_owned(), Some("none".to_owned()))
        }
        AnchorFault::FieldNull { field }
        | AnchorFault::FieldBoolean { field }
        | AnchorFault::FieldNotScalar { field } => (field.as_str(), "a text or a number".to_owned(), None),
    };
    vec![NearMiss { field: clip(field, 80), expected, seen }]
}

fn refused(refusal: &Refusal) -> Vec<NearMiss> {
    let (field, expected) = match refusal {
        Refusal::HashMismatch { .. } => ("evidence_hash", "that of the value".to_owned()),
        Refusal::SignatureUnbound { required } => ("binding", (*required).to_owned()),
        Refusal::SignatureMissing => ("signature", "one by a key of the policy".to_owned()),
        Refusal::SignatureScheme { .. } => ("scheme", "`ed25519` or `dsse`".to_owned()),
        Refusal::SignatureEncoding { .. } | Refusal::SignatureInvalid => ("signature", "one that holds".to_owned()),
        Refusal::KeyUnknown | Refusal::KeyNotListed { .. } | Refusal::Key(_) => {
            ("key_id", "a key that counts here and now".to_owned())
        }
        Refusal::Statement(StatementFault::Mismatch { field } | StatementFault::Audience { field }) => {
            (field.word(), "that of this question and this run".to_owned())
        }
        Refusal::Statement(StatementFault::RunMissing) => ("audience.run_id", "this run".to_owned()),
        Refusal::Statement(StatementFault::Expired) => ("expires_at", "a time to come".to_owned()),
        Refusal::Statement(StatementFault::NotYetValid) => ("observed_at", "a time that has come".to_owned()),
        Refusal::Statement(StatementFault::Type | StatementFault::Form | StatementFault::TimeKind) => {
            return Vec::new();
        }
    };
    vec![NearMiss { field: field.to_owned(), expected, seen: None }]
}

fn not_met(judged: &Judged, wanted: Truth, seen: Option<&str>) -> String {
    match (judged.result.value.is_some(), seen) {
        (false, _) => "the source answered that there is no value".to_owned(),
        (true, Some(seen)) if wanted == Truth::True => format!("the value is {seen}"),
        (true, Some(seen)) => format!("the value is {seen}, and the gate wants this not to hold"),
        (true, None) if wanted == Truth::True => {
            "the value differs (it may not be shown under `evidence.allow_raw_values`)".to_owned()
        }
        (true, None) => "the condition holds, and the gate wants this not to hold".to_owned(),
    }
}

/// The most near misses of one release gate.
const MAX_NEAR: usize = 3;

fn told_gate(block: &ReleaseBlock) -> ReleaseGateWhy {
    let near = block.near_misses.iter().take(MAX_NEAR).map(|it| NearMiss {
        field: clip(&it.field, 80),
        expected: clip(&it.expected, 120),
        seen: Some(clip(&it.seen, 120)),
    });
    // A code that says nothing of a step is the gate's own.
    let step = block.near_misses.first().map(|it| Step::of_code(&it.code)).filter(|it| *it != Step::Answer);
    ReleaseGateWhy {
        gate: block.gate.clone(),
        status: block.status,
        step: step.unwrap_or(Step::ReleaseGate),
        code: block.code.clone(),
        message: clip(&block.message, 300),
        recommendation: clip(&block.recommendation, 200),
        near_misses: near.collect(),
    }
}
