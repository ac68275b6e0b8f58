//! From an answer to a truth, in one fixed order: fault, form and size, anchor, hash and signatures, result schema,
//! presence, comparison.

use std::borrow::Cow;
use std::sync::Arc;

use serde_json::Value;

use super::{Comparator, Expects, Gap, Truth};
use crate::at::Timestamp;
use crate::digest::Digest;
use crate::evidence::{Answer, EvidenceAnchor, EvidenceResult, EvidenceValue, Found, Query};
use crate::gate::Need;
use crate::json::{Limits, canonical};
use crate::policy::Policy;
use crate::trust::{
    AttestedBy, Lane, Occasion, Proof, Reading, ReleaseJudge, ReleaseReading, Released, ReleasedBy, Scale, Weighed,
    check_anchor, weigh, weigh_absence, weigh_read, weigh_released,
};

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
    /// What the release gates came to, where they were asked.
    pub release: Option<Arc<Released>>,
    /// Until when the signed statement counts that it rests on, if it rests on one.
    pub until: Option<Timestamp>,
}

impl Judged {
    /// What it is to a gate that needs this of it: where signers that count contradict one another, it both holds and
    /// fails.
    #[must_use]
    pub fn status_for(&self, need: Need) -> Truth {
        let against = matches!(&self.proof, Some(Proof::Attested(proof)) if !proof.against.is_empty());
        if need == Need::Fails && self.status == Truth::True && against { Truth::False } else { self.status }
    }

    /// The same where that lane is needed: what [`meet_lane`] makes of it, and nothing else of that.
    #[must_use]
    pub fn status_in(&self, lane: Lane, need: Need) -> Truth {
        if self.lane_gap(lane).is_some() { Truth::Unknown } else { self.status_for(need) }
    }

    /// Why it is Unknown where that lane is needed: what [`meet_lane`] makes of it, and nothing else of that.
    #[must_use]
    pub fn gap_in(&self, lane: Lane) -> Option<Cow<'_, Gap>> {
        self.lane_gap(lane).map(Cow::Owned).or_else(|| self.gap.as_ref().map(Cow::Borrowed))
    }

    fn lane_gap(&self, need: Lane) -> Option<Gap> {
        let got = self.lane?;
        (got < need).then_some(Gap::Lane { got, need })
    }
}

/// Where an answer comes from, which bounds its lane.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Source<'a> {
    /// A provider that the policy knows, and what its answers are weighed against.
    Provider(Scale<'a>),
    /// The reader of what a source of attestations brought, and who signed that.
    Reader(Scale<'a>, Option<&'a AttestedBy>),
    /// The judge of what a source of releases brought, and what that rests on.
    Judge(Scale<'a>, Lane, &'a ReleasedBy),
    /// The caller of a precheck, whose values are given this lane: asserted, or verified in the hypothetical answer.
    Caller(Lane),
}

/// Judges one condition. `answer` is `None` when nobody was asked; `occasion` is what its signatures must be about.
///
/// The lane requirement is not applied here: see [`meet_lane`].
pub fn judge(
    query: &Query,
    comparator: Comparator,
    expected: &Value,
    answer: Option<&Answer>,
    policy: &Policy,
    occasion: Occasion<'_>,
) -> Judged {
    match policy.scale(query, occasion) {
        Some(scale) => judge_from(Source::Provider(scale), query, comparator, expected, answer, policy),
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
    if let (Source::Provider(scale), Some(brought)) = (source, answer)
        && let Some(signers) = &scale.provider.signers
    {
        return judge_read(scale, signers, brought, query, comparator, expected, policy);
    }
    if let (Source::Provider(scale), Some(brought)) = (source, answer)
        && let Some(judge) = policy.release_judge(&query.provider_id)
    {
        return judge.map_or_else(Judged::unknown, |judge| {
            judge_release(scale, judge, brought, query, comparator, expected, policy)
        });
    }
    let requirement = match source {
        Source::Provider(_) | Source::Reader(..) | Source::Judge(..) => {
            policy.snapshot().anchors.requirement(&query.provider_id)
        }
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
        Some(Answer::Absent { anchor, lane_ceiling, attestation }) => attested(attestation.as_deref(), policy)
            .and_then(|()| anchored(anchor.as_ref()))
            .and_then(|()| source.weigh_absence(anchor.as_ref(), attestation.as_deref(), *lane_ceiling))
            .map(|weighed| absent(weighed, comparator, anchor.clone())),
        Some(Answer::Found(found)) => sound(&found.value, policy.evidence_limit(None))
            .and_then(|()| attested(found.attestation.as_deref(), policy))
            .and_then(|()| anchored(found.anchor.as_ref()))
            .and_then(|()| compare(source, query, comparator, expected, found, policy)),
    };
    outcome.unwrap_or_else(Judged::unknown)
}

/// Judges what was read from attestations. What the source itself says of the answer counts for nothing.
fn judge_read(
    scale: Scale<'_>,
    signers: &Value,
    brought: &Answer,
    query: &Query,
    comparator: Comparator,
    expected: &Value,
    policy: &Policy,
) -> Judged {
    let Some(readers) = policy.readers() else {
        return Judged::unknown(Gap::NoReader);
    };
    if let Answer::Found(found) = brought
        && let Err(gap) = sound(&found.value, policy.evidence_limit(Some(&query.provider_id)))
    {
        return Judged::unknown(gap);
    }
    let limit = policy.snapshot().limits.max_evidence_bytes;
    let Reading { answer, signed, standing } = (readers.attestations)(query, brought, signers, &scale, limit);
    let judge = |answer: &Answer, signed: Option<&AttestedBy>| {
        judge_from(Source::Reader(scale, signed), query, comparator, expected, Some(answer), policy)
    };
    let several: Vec<_> = standing.iter().map(|(answer, signed)| (judge(answer, Some(signed)), signed)).collect();
    judge_several(&several).unwrap_or_else(|| judge(&answer, signed.as_ref()))
}

/// Judges by several answers that all stand and contradict one another: the condition holds if it holds by one of them,
/// and fails if it fails by one and holds by none. So one attestation more never takes away what those before it showed,
/// and one less never shows anything. What speaks against it is noted in the proof.
fn judge_several(several: &[(Judged, &AttestedBy)]) -> Option<Judged> {
    let by = |status: Truth| several.iter().filter(move |(judged, _)| judged.status == status);
    let mut judged = by(Truth::True).chain(by(Truth::False)).map(|(judged, _)| judged).next()?.clone();
    if judged.status == Truth::True
        && let Some(Proof::Attested(proof)) = &mut judged.proof
    {
        proof.against = by(Truth::False).flat_map(|(_, signed)| signed.envelopes.clone()).collect();
        proof.against.sort_unstable();
        proof.against.dedup();
    }
    Some(judged)
}

/// Judges a release on what its source brought.
fn judge_release(
    scale: Scale<'_>,
    judge: &dyn ReleaseJudge,
    brought: &Answer,
    query: &Query,
    comparator: Comparator,
    expected: &Value,
    policy: &Policy,
) -> Judged {
    if let Answer::Found(found) = brought
        && let Err(gap) = sound(&found.value, policy.evidence_limit(Some(&query.provider_id)))
    {
        return Judged::unknown(gap);
    }
    let ReleaseReading { answer, lane, by, judgement } = judge.judge(query, brought, &scale);
    let judged = judge_from(Source::Judge(scale, lane, &by), query, comparator, expected, Some(&answer), policy);
    Judged { release: judgement.map(Arc::new), ..judged }
}

fn absent(weighed: Weighed, comparator: Comparator, anchor: Option<EvidenceAnchor>) -> Judged {
    let Weighed { lane, proof, hash: _, signature, until } = weighed;
    let (status, gap) = match comparator.expects() {
        Expects::Presence { when_found } => (Truth::from(!when_found), None),
        Expects::Value | Expects::Set | Expects::Part => (Truth::Unknown, Some(Gap::ValueAbsent)),
    };
    let result = EvidenceResult { lane, evidence_anchor: anchor, signature, ..empty_result() };
    Judged { status, gap, lane: Some(lane), proof: Some(proof), result, release: None, until }
}

fn compare(
    source: Source<'_>,
    query: &Query,
    comparator: Comparator,
    expected: &Value,
    found: &Found,
    policy: &Policy,
) -> Result<Judged, Gap> {
    let Weighed { lane, proof, hash, signature, until } = source.weigh(found)?;
    let result = EvidenceResult {
        value: Some(found.value.clone()),
        lane,
        error: None,
        evidence_hash: hash,
        evidence_ref: found.reference.clone(),
        evidence_anchor: found.anchor.clone(),
        signature,
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
    Ok(Judged { status, gap, lane: Some(lane), proof: Some(proof), result, release: None, until })
}

/// Whether a value can be kept, hashed and read back as it is (DESIGN P9, P14). What can't decides nothing, and only
/// that it could not is kept of it. `limit` is the most bytes.
pub(crate) fn sound(value: &EvidenceValue, limit: u64) -> Result<(), Gap> {
    if let EvidenceValue::Json(value) = value {
        if is_deeper(value, Limits::EVIDENCE_DEPTH) {
            return Err(Gap::TooDeep);
        }
        canonical::refuse_inexact(value).map_err(|error| Gap::Inexact { pointer: error.pointer().to_owned() })?;
    }
    let actual = u64::try_from(value.hashed_bytes().len()).unwrap_or(u64::MAX);
    if actual > limit { Err(Gap::TooLarge { actual, limit }) } else { Ok(()) }
}

/// An envelope is kept with the answer, so it has the same limit.
pub(crate) fn attested(attestation: Option<&str>, policy: &Policy) -> Result<(), Gap> {
    let limit = policy.snapshot().limits.max_evidence_bytes;
    let actual = attestation.map_or(0, |envelope| u64::try_from(envelope.len()).unwrap_or(u64::MAX));
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
pub fn meet_lane(judged: &Judged, need: Lane) -> Cow<'_, Judged> {
    let Some(gap) = judged.lane_gap(need) else { return Cow::Borrowed(judged) };
    let mut judged = judged.clone();
    if judged.result.error.is_none() {
        judged.result.error = gap.to_error();
    }
    Cow::Owned(Judged { status: Truth::Unknown, gap: Some(gap), ..judged })
}

impl Source<'_> {
    fn weigh(self, found: &Found) -> Result<Weighed, Gap> {
        match self {
            Self::Provider(scale) => weigh(found, &scale).map_err(Gap::Refused),
            Self::Reader(scale, signed) => {
                Ok(weigh_read(Some(found.value.digest()), found.lane_ceiling, signed, &scale))
            }
            Self::Judge(scale, lane, by) => {
                let lane = found.lane_ceiling.map_or(lane, |ceiling| ceiling.min(lane));
                Ok(weigh_released(Some(found.value.digest()), lane, by, &scale))
            }
            Self::Caller(lane) => Ok(Self::supplied(lane, Some(found.value.digest()))),
        }
    }

    fn weigh_absence(
        self,
        anchor: Option<&EvidenceAnchor>,
        attestation: Option<&str>,
        ceiling: Option<Lane>,
    ) -> Result<Weighed, Gap> {
        match self {
            Self::Provider(scale) => weigh_absence(anchor, attestation, ceiling, &scale).map_err(Gap::Refused),
            Self::Reader(scale, signed) => Ok(weigh_read(None, ceiling, signed, &scale)),
            Self::Judge(scale, lane, by) => Ok(weigh_released(None, lane, by, &scale)),
            Self::Caller(lane) => Ok(Self::supplied(ceiling.map_or(lane, |ceiling| ceiling.min(lane)), None)),
        }
    }

    fn supplied(lane: Lane, hash: Option<Digest>) -> Weighed {
        Weighed { lane, proof: Proof::Supplied, hash, signature: None, until: None }
    }
}

impl Judged {
    /// Unknown, and the empty result that the seeds ask for.
    pub(crate) fn unknown(gap: Gap) -> Self {
        let result = EvidenceResult { error: gap.to_error(), ..empty_result() };
        Self { status: Truth::Unknown, gap: Some(gap), lane: None, proof: None, result, release: None, until: None }
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
