//! A piece of evidence: what was asked, what was seen as far as the pack shows it, and what that rests on.

use decision_gate_core::condition::{Judged, Truth};
use decision_gate_core::engine::StageEvaluation;
use decision_gate_core::evidence::{EvidenceResult, EvidenceValue};
use decision_gate_core::explain::{asks, expects};
use decision_gate_core::ledger::{Body, Event, EvidenceEntry};
use decision_gate_core::name::ConditionId;
use decision_gate_core::runpack::{Account, Told};
use decision_gate_core::scenario::GateSpec;
use decision_gate_core::trust::{Lane, Proof};
use serde_json::json;

use crate::badge::Badge;
use crate::shown::Shown;
use crate::verdict::Fact;

/// A condition within a gate.
pub(crate) struct Leaf {
    pub(crate) id: Shown,
    pub(crate) badge: Badge,
    pub(crate) lane: Badge,
    /// The lane that is needed, where the evidence does not have it.
    pub(crate) lane_needed: Option<&'static str>,
    pub(crate) asks: Shown,
    pub(crate) expects: Shown,
    pub(crate) seen: Seen,
    /// Stable code and message of what stands in the way.
    pub(crate) why: Option<(Shown, Shown)>,
    /// Where it comes from.
    pub(crate) facts: Vec<Fact>,
}

/// What was seen.
pub(crate) enum Seen {
    /// This.
    Value(Shown),
    /// Why there is nothing to see.
    Nothing(&'static str),
}

/// The leaf of a gate.
pub(crate) fn leaf(
    account: &Account,
    told: &Told,
    evaluation: &StageEvaluation,
    gate: &GateSpec,
    id: &ConditionId,
    wanted: Truth,
) -> Leaf {
    let mut leaf = Leaf {
        id: Shown::line(id),
        badge: Badge::truth(Truth::Unknown),
        lane: Badge::lane(None),
        lane_needed: None,
        asks: Shown::line(""),
        expects: Shown::line(""),
        seen: Seen::Nothing("nothing was asked"),
        why: None,
        facts: Vec::new(),
    };
    let (Some(spec), Some(view)) = (account.scenario.condition(id), evaluation.condition(id)) else { return leaf };
    let within = view.within(gate);
    let shown = account.shown(&told.event, spec, &within);
    leaf.asks = Shown::line(asks(&spec.query));
    leaf.expects = Shown::line(expects(spec.comparator, spec.expected.value()));
    leaf.badge = Badge::wanted(within.status, wanted);
    leaf.lane = Badge::lane(within.lane);
    let needed = gate.trust.map_or(view.required, |trust| trust.min_lane.max(view.required));
    leaf.lane_needed = within.lane.filter(|lane| *lane < needed).map(|_| Lane::word(needed));
    leaf.why = within.gap.as_ref().map(|gap| (Shown::line(gap.code()), Shown::line(gap.message())));
    let entry = entry(&told.event, id);
    leaf.seen = seen(&within, shown.as_ref(), entry.is_some_and(|it| it.answer.is_some()));
    leaf.facts = facts(&within, shown.as_ref(), entry);
    leaf
}

fn entry<'a>(event: &'a Event, id: &ConditionId) -> Option<&'a EvidenceEntry> {
    match &event.body {
        Body::StepDecided(body) => body.evidence.iter().find(|it| it.condition_id == *id),
        _ => None,
    }
}

fn seen(judged: &Judged, shown: Option<&EvidenceResult>, answered: bool) -> Seen {
    match shown.and_then(|it| it.value.as_ref()) {
        Some(EvidenceValue::Json(value)) => Seen::Value(Shown::line(value)),
        Some(EvidenceValue::Bytes(bytes)) => Seen::Value(Shown::line(format_args!("{} bytes", bytes.len()))),
        None if judged.result.value.is_some() => Seen::Nothing("withheld from this pack"),
        None if judged.result.error.is_some() => Seen::Nothing("no usable answer"),
        None if judged.result.evidence_hash.is_some() => Seen::Nothing("withheld from this pack"),
        None if answered => Seen::Nothing("the source has no value"),
        None => Seen::Nothing("nobody answered"),
    }
}

fn facts(judged: &Judged, shown: Option<&EvidenceResult>, entry: Option<&EvidenceEntry>) -> Vec<Fact> {
    let mut facts = Vec::new();
    facts.extend(judged.proof.as_ref().map(|it| Fact::text("Rests on", proof(it))));
    if let Some(result) = shown {
        let anchor = result.evidence_anchor.as_ref();
        facts.extend(anchor.map(|it| Fact::code("Seen at", format_args!("{} {}", it.anchor_type, it.anchor_value))));
        facts.extend(result.evidence_hash.as_ref().map(|it| Fact::code("Hash of the value", it)));
        facts.extend(result.content_type.as_ref().map(|it| Fact::code("Media type", it)));
        facts.extend(result.evidence_ref.as_ref().map(|it| Fact::code("Reference", &it.uri)));
        let error = result.error.as_ref();
        facts.extend(error.map(|it| Fact::text("Fault", format_args!("{} ({})", it.message, it.code))));
    }
    let committed = entry.and_then(|it| it.answer);
    facts.extend(committed.map(|it| Fact::code("Commitment in the event", it.digest())));
    facts
}

fn proof(proof: &Proof) -> String {
    match proof {
        Proof::Pulled => "pulled by the gate itself; nobody signed it".to_owned(),
        Proof::Derived => "computed by the gate from the decision's own inputs".to_owned(),
        Proof::Supplied => "supplied by the caller".to_owned(),
        Proof::Checked(by) => {
            format!(
                "a signature by key {} ({}), bound to the {}",
                by.key_id,
                by.scheme.word(),
                word(&json!(by.binding))
            )
        }
        Proof::Attested(by) => {
            let keys: Vec<_> = by.signers.iter().map(ToString::to_string).collect();
            format!("attestations of {} signed by {}", by.predicate_type, keys.join(", "))
        }
        Proof::Released(by) => {
            let keys: Vec<_> = by.signers.iter().map(|it| it.key_id.to_string()).collect();
            let by = if keys.is_empty() { "nobody".to_owned() } else { keys.join(", ") };
            format!("the release gates, over evidence signed by {by}")
        }
    }
}

fn word(value: &serde_json::Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}
