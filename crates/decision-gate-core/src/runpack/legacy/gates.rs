//! Evidence against its own hash and status, traces against requirements and evidence, gates against traces.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::wire::{Condition, EvidenceRecord, EvidenceResult, GateEvalRecord, Requirement, TraceEntry};
use super::{Pack, may_be_written_otherwise};
use crate::condition::Truth;
use crate::evidence::EvidenceValue;
use crate::json::{self, Limits};
use crate::runpack::finding::{FindingCode, Findings};
use crate::runpack::manifest::GATE_EVALS;
use crate::trust::AnchorRequirement;

/// A node deeper than this makes its whole gate Unknown.
const MAX_DEPTH: usize = 32;

/// Gives how many comparisons could not be made anew.
pub(super) fn check(pack: &Pack, findings: &mut Findings) -> u64 {
    let mut untold = 0;
    let conditions: BTreeMap<&str, &Condition> =
        pack.spec.conditions.iter().map(|it| (it.condition_id.as_str(), it)).collect();
    let decided: BTreeSet<(&str, &str)> =
        pack.decisions.iter().map(|it| (it.trigger_id.as_str(), it.stage_id.as_str())).collect();
    let gates: BTreeMap<(&str, &str), &Requirement> = pack
        .spec
        .stages
        .iter()
        .flat_map(|stage| {
            stage.gates.iter().map(|gate| ((stage.stage_id.as_str(), gate.gate_id.as_str()), &gate.requirement))
        })
        .collect();
    for (index, record) in pack.gate_evals.iter().enumerate() {
        let mut found =
            |code, below: &str, reason: String| findings.at(code, GATE_EVALS, format!("/{index}{below}"), reason);
        if !decided.contains(&(record.trigger_id.as_str(), record.stage_id.as_str())) {
            let reason = format!("no decision of trigger `{}` at stage `{}`", record.trigger_id, record.stage_id);
            found(FindingCode::UnknownId, "/trigger_id", reason);
        }
        for (place, evidence) in record.evidence.iter().enumerate() {
            let below = format!("/evidence/{place}");
            match conditions.get(evidence.condition_id.as_str()) {
                Some(condition) => check_evidence(pack, condition, evidence, &below, &mut untold, &mut found),
                None => {
                    let reason = format!("condition `{}` is not in the scenario", evidence.condition_id);
                    found(FindingCode::UnknownId, &(below + "/condition_id"), reason);
                }
            }
        }
        match gates.get(&(record.stage_id.as_str(), record.evaluation.gate_id.as_str())) {
            Some(requirement) => check_gate(requirement, record, &mut found),
            None => {
                let reason = format!("gate `{}` is not at stage `{}`", record.evaluation.gate_id, record.stage_id);
                found(FindingCode::UnknownId, "/evaluation/gate_id", reason);
            }
        }
    }
    untold
}

type Found<'a> = dyn FnMut(FindingCode, &str, String) + 'a;

fn check_evidence(
    pack: &Pack,
    condition: &Condition,
    record: &EvidenceRecord,
    below: &str,
    untold: &mut u64,
    found: &mut Found<'_>,
) {
    let result = &record.result;
    let same_form = !matches!(&result.value, Some(EvidenceValue::Json(value)) if may_be_written_otherwise(value));
    if let Some(value) = result.value.as_ref().filter(|_| same_form)
        && result.evidence_hash != Some(value.digest())
    {
        let reason = format!("the value has hash `{}`", value.digest());
        found(FindingCode::EvidenceHash, &format!("{below}/result/evidence_hash"), reason);
    }
    let status = status_of(condition, result);
    if status.is_none() {
        *untold += 1;
    }
    if let Some(status) = status
        && status != record.status
    {
        let reason = format!("the evidence gives `{status}`, the record says `{}`", record.status);
        found(FindingCode::EvidenceStatus, &format!("{below}/status"), reason);
    }
    let provider = &condition.query.provider_id;
    let requirement = pack.anchors.providers.iter().find(|it| it.provider_id == *provider).map(|it| &it.requirement);
    if result.error.is_none()
        && let Some(requirement) = requirement
        && !has_anchor(result, requirement)
    {
        let reason = format!("the anchor is not the `{}` that the policy asks for", requirement.anchor_type);
        found(FindingCode::AnchorInvalid, &format!("{below}/result/evidence_anchor"), reason);
    }
}

/// The status that the evidence forces under `rules: 0`; `None` where only that project's own library could tell.
fn status_of(condition: &Condition, result: &EvidenceResult) -> Option<Truth> {
    if result.error.is_some() {
        return Some(Truth::Unknown);
    }
    let expected = condition.expected.as_ref().filter(|it| !it.is_null());
    super::rules::compare(&condition.comparator, result.value.as_ref(), expected)
}

/// The public project's own anchor check.
fn has_anchor(result: &EvidenceResult, requirement: &AnchorRequirement) -> bool {
    let Some(anchor) = result.evidence_anchor.as_ref().filter(|it| it.anchor_type == requirement.anchor_type) else {
        return false;
    };
    let parsed = json::parse(anchor.anchor_value.as_bytes(), &Limits::message(1 << 20));
    let fields = parsed.ok().and_then(|parsed| parsed.value.as_object().cloned());
    fields.is_some_and(|fields| {
        requirement.required_fields.iter().all(|it| matches!(fields.get(it), Some(Value::String(_) | Value::Number(_))))
    })
}

fn check_gate(requirement: &Requirement, record: &GateEvalRecord, found: &mut Found<'_>) {
    let statuses: BTreeMap<&str, Truth> =
        record.evidence.iter().map(|it| (it.condition_id.as_str(), it.status)).collect();
    for (place, entry) in record.evaluation.trace.iter().enumerate() {
        let status = statuses.get(entry.condition_id.as_str()).copied().unwrap_or(Truth::Unknown);
        if status != entry.status {
            let reason =
                format!("the evidence of `{}` says `{status}`, the trace `{}`", entry.condition_id, entry.status);
            found(FindingCode::GateTrace, &format!("/evaluation/trace/{place}/status"), reason);
        }
    }
    let mut trace = record.evaluation.trace.iter();
    let status = match evaluate(requirement, 0, &mut trace) {
        Ok(_) if trace.next().is_some() => return found(FindingCode::GateTrace, "/evaluation/trace", TRACE.into()),
        Ok(status) => status,
        Err(Break::TooDeep) => Truth::Unknown,
        Err(Break::Trace) => return found(FindingCode::GateTrace, "/evaluation/trace", TRACE.into()),
    };
    if status != record.evaluation.status {
        let reason = format!("the trace gives `{status}`, the gate says `{}`", record.evaluation.status);
        found(FindingCode::GateStatus, "/evaluation/status", reason);
    }
}

const TRACE: &str = "the trace does not visit the leaves of the gate's requirement";

enum Break {
    TooDeep,
    Trace,
}

/// Strong Kleene over the recorded leaves, as that project folds: `And` of nothing is True, `min: 0` holds.
fn evaluate<'a>(
    node: &Requirement,
    depth: usize,
    trace: &mut impl Iterator<Item = &'a TraceEntry>,
) -> Result<Truth, Break> {
    if depth > MAX_DEPTH {
        return Err(Break::TooDeep);
    }
    match node {
        Requirement::Condition(id) => match trace.next() {
            Some(entry) if entry.condition_id == *id => Ok(entry.status),
            Some(_) | None => Err(Break::Trace),
        },
        Requirement::Not(part) => evaluate(part, depth + 1, trace).map(|truth| !truth),
        Requirement::And(parts) => {
            parts.iter().try_fold(Truth::True, |truth, part| Ok(truth.and(evaluate(part, depth + 1, trace)?)))
        }
        Requirement::Or(parts) => {
            parts.iter().try_fold(Truth::False, |truth, part| Ok(truth.or(evaluate(part, depth + 1, trace)?)))
        }
        Requirement::RequireGroup { min, reqs } => {
            let (mut holding, mut unknown) = (0_usize, 0_usize);
            for part in reqs {
                match evaluate(part, depth + 1, trace)? {
                    Truth::True => holding += 1,
                    Truth::Unknown => unknown += 1,
                    Truth::False => {}
                }
            }
            let min = usize::from(*min);
            Ok(if holding >= min {
                Truth::True
            } else if holding + unknown < min {
                Truth::False
            } else {
                Truth::Unknown
            })
        }
    }
}
