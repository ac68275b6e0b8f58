//! From an answer to a truth, in one fixed order: fault, form and size, anchor, weight, result schema, presence,
//! comparison.

use std::borrow::Cow;

use serde_json::Value;

use super::{Comparator, Expects, Gap, Truth};
use crate::evidence::{Answer, EvidenceAnchor, EvidenceResult, EvidenceValue, Found, Query};
use crate::json::{Limits, canonical};
use crate::policy::{Policy, ProviderPolicy};
use crate::trust::{Lane, Proof, check_anchor, weigh};

/// A condition after judgement.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Judged {
    /// What was established.
    pub status: Truth,
    /// Why it is Unknown. Present exactly when `status` is Unknown.
    pub gap: Option<Gap>,
    /// The lane of a usable answer.
    pub lane: Option<Lane>,
    /// What that lane rests on.
    pub proof: Option<Proof>,
    /// The evidence as it may be looked at inside the gate; redact before it leaves.
    pub result: EvidenceResult,
}

/// Where an answer comes from, which bounds its lane.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Source<'a> {
    /// A provider that the policy knows.
    Provider(&'a ProviderPolicy),
    /// The caller of a precheck, whose values are given this lane: asserted, or verified in the hypothetical answer.
    Caller(Lane),
}

/// Judges one condition. `answer` is `None` when nobody was asked.
///
/// The lane requirement is not applied here: see [`meet_lane`].
pub fn judge(
    query: &Query,
    comparator: Comparator,
    expected: &Value,
    answer: Option<&Answer>,
    policy: &Policy,
) -> Judged {
    match policy.provider(&query.provider_id) {
        Some(provider) => judge_from(Source::Provider(provider), query, comparator, expected, answer, policy),
        None => Judged::unknown(Gap::ProviderMissing),
    }
}

pub(crate) fn judge_from(
    source: Source<'_>,
    query: &Query,
    comparator: Comparator,
    expected: &Value,
    answer: Option<&Answer>,
    policy: &Policy,
) -> Judged {
    let requirement = match source {
        Source::Provider(_) => policy.snapshot().anchors.requirement(&query.provider_id),
        Source::Caller(_) => None,
    };
    let anchored = |anchor: Option<&EvidenceAnchor>| {
        requirement.map_or(Ok(()), |requirement| {
            check_anchor(anchor, requirement).map_err(|fault| Gap::Anchor { fault, offending: anchor.cloned() })
        })
    };
    let outcome = match answer {
        None => Err(Gap::NoAnswer),
        Some(Answer::Fault(fault)) => Err(Gap::Fault(fault.clone())),
        Some(Answer::Absent { anchor, lane_ceiling }) => {
            anchored(anchor.as_ref()).map(|()| absent(source, comparator, anchor.clone(), *lane_ceiling))
        }
        Some(Answer::Found(found)) => sound(&found.value, policy)
            .and_then(|()| anchored(found.anchor.as_ref()))
            .and_then(|()| compare(source, query, comparator, expected, found, policy)),
    };
    outcome.unwrap_or_else(Judged::unknown)
}

fn absent(source: Source<'_>, comparator: Comparator, anchor: Option<EvidenceAnchor>, ceiling: Option<Lane>) -> Judged {
    let (cap, proof) = source.cap();
    let lane = ceiling.map_or(cap, |ceiling| ceiling.min(cap));
    let (status, gap) = match comparator.expects() {
        Expects::Presence { when_found } => (Truth::from(!when_found), None),
        Expects::Value | Expects::Set | Expects::Part => (Truth::Unknown, Some(Gap::ValueAbsent)),
    };
    let result = EvidenceResult { lane, evidence_anchor: anchor, ..empty_result() };
    Judged { status, gap, lane: Some(lane), proof: Some(proof), result }
}

fn compare(
    source: Source<'_>,
    query: &Query,
    comparator: Comparator,
    expected: &Value,
    found: &Found,
    policy: &Policy,
) -> Result<Judged, Gap> {
    let (lane, proof, hash) = match source {
        Source::Provider(provider) => {
            let weighed = weigh(found, provider).map_err(Gap::Refused)?;
            (weighed.lane, if provider.is_derived() { Proof::Derived } else { weighed.proof }, weighed.hash)
        }
        Source::Caller(lane) => (lane, Proof::Supplied, found.value.digest()),
    };
    let result = EvidenceResult {
        value: Some(found.value.clone()),
        lane,
        error: None,
        evidence_hash: Some(hash),
        evidence_ref: found.reference.clone(),
        evidence_anchor: found.anchor.clone(),
        signature: found.signature.clone(),
        content_type: found.content_type.clone(),
    };
    let (status, gap) = match misfit(query, &found.value, policy) {
        Some(gap) => (Truth::Unknown, Some(gap)),
        None => match comparator.compare(&found.value, expected) {
            Some(holds) => (Truth::from(holds), None),
            None => (Truth::Unknown, Some(Gap::NotComparable { comparator })),
        },
    };
    let result = EvidenceResult { error: gap.as_ref().and_then(Gap::to_error), ..result };
    Ok(Judged { status, gap, lane: Some(lane), proof: Some(proof), result })
}

/// Whether a value can be kept, hashed and read back as it is (DESIGN P9, P14). What can't decides nothing, and only
/// that it could not is kept of it.
pub(crate) fn sound(value: &EvidenceValue, policy: &Policy) -> Result<(), Gap> {
    if let EvidenceValue::Json(value) = value {
        if is_deeper(value, Limits::EVIDENCE_DEPTH) {
            return Err(Gap::TooDeep);
        }
        canonical::refuse_inexact(value).map_err(|error| Gap::Inexact { pointer: error.pointer().to_owned() })?;
    }
    let limit = policy.snapshot().limits.max_evidence_bytes;
    let actual = u64::try_from(value.hashed_bytes().len()).unwrap_or(u64::MAX);
    if actual > limit { Err(Gap::TooLarge { actual, limit }) } else { Ok(()) }
}

fn is_deeper(value: &Value, levels: usize) -> bool {
    match value {
        Value::Array(items) => levels == 0 || items.iter().any(|item| is_deeper(item, levels - 1)),
        Value::Object(members) => levels == 0 || members.values().any(|member| is_deeper(member, levels - 1)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => false,
    }
}

/// A value that does not fit its check's `result_schema` decides nothing, not even `not_equals` (DESIGN P26). Bytes are
/// seen as the array of numbers that `expected` writes them as.
fn misfit(query: &Query, value: &EvidenceValue, policy: &Policy) -> Option<Gap> {
    let schema = match policy.result_schema(&query.provider_id, &query.check_id) {
        Ok(schema) => schema?,
        Err(gap) => return Some(gap),
    };
    let value = match value {
        EvidenceValue::Json(value) => Cow::Borrowed(value),
        EvidenceValue::Bytes(bytes) => Cow::Owned(Value::from(bytes.as_slice())),
    };
    if schema.fits(&value) {
        return None;
    }
    let pointer = schema.check(&value).err().map(|misfit| misfit.pointer).unwrap_or_default();
    Some(Gap::ResultMismatch { pointer })
}

/// Applies a lane requirement: evidence below it decides nothing.
#[must_use]
pub fn meet_lane(judged: &Judged, need: Lane) -> Judged {
    match judged.lane {
        Some(got) if got < need => {
            let gap = Gap::Lane { got, need };
            let mut result = judged.result.clone();
            if result.error.is_none() {
                result.error = gap.to_error();
            }
            Judged { status: Truth::Unknown, gap: Some(gap), lane: judged.lane, proof: judged.proof, result }
        }
        Some(_) | None => judged.clone(),
    }
}

impl Source<'_> {
    fn cap(self) -> (Lane, Proof) {
        match self {
            Self::Provider(provider) if provider.is_derived() => (provider.max_lane, Proof::Derived),
            Self::Provider(provider) => (provider.max_lane, Proof::Pulled),
            Self::Caller(lane) => (lane, Proof::Supplied),
        }
    }
}

impl Judged {
    /// Unknown, and the empty result that the seeds ask for.
    pub(crate) fn unknown(gap: Gap) -> Self {
        let result = EvidenceResult { error: gap.to_error(), ..empty_result() };
        Self { status: Truth::Unknown, gap: Some(gap), lane: None, proof: None, result }
    }
}

/// "An empty verified result" (seed 002): no value, so nothing rests on the lane that it shows.
fn empty_result() -> EvidenceResult {
    EvidenceResult {
        value: None,
        lane: Lane::Verified,
        error: None,
        evidence_hash: None,
        evidence_ref: None,
        evidence_anchor: None,
        signature: None,
        content_type: None,
    }
}
