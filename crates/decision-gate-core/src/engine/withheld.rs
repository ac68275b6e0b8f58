//! Replays in which some answers are not at hand, because they were redacted or pruned.
//!
//! What the event says about such a condition is taken as it is, as far as the policy and the scenario allow it:
//! its lane can't be above the provider's cap, a status needs a lane, the anchor that the policy asks for and a proof
//! that could stand under the policy, and a lane below the requirement decides nothing. Everything that follows from the conditions is computed anew.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::Value;

use crate::condition::{Gap, Judged, Truth};
use crate::evidence::EvidenceResult;
use crate::ledger::{Commitment, EvidenceEntry};
use crate::name::ConditionId;
use crate::policy::Policy;
use crate::scenario::ConditionSpec;
use crate::trust::{Occasion, Proof, ReleaseWhy, Released, check_anchor, could_stand};

/// What is taken from the event instead of being computed.
#[derive(Debug, Default)]
pub(crate) struct Withheld<'a> {
    entries: BTreeMap<&'a ConditionId, (&'a EvidenceEntry, EvidenceResult)>,
    /// The commitment to the trigger's payload.
    pub(crate) payload: Option<Commitment>,
}

impl<'a> Withheld<'a> {
    /// Takes a condition as its entry says; `result` is what may be shown of it.
    pub(crate) fn take(&mut self, entry: &'a EvidenceEntry, result: EvidenceResult) {
        self.entries.insert(&entry.condition_id, (entry, result));
    }

    /// The judgement that the entry stands for; `None` for conditions that are judged anew.
    pub(super) fn judged(&self, spec: &ConditionSpec, policy: &Policy, occasion: Occasion<'_>) -> Option<Judged> {
        let (entry, result) = self.entries.get(&spec.condition_id)?;
        let scale = policy.scale(&spec.query, occasion)?;
        let record = entry.release.clone().filter(|_| scale.provider.release.is_some());
        let release = record.map(|record| Arc::new(Released { record, view: Value::Null, why: ReleaseWhy::default() }));
        if let (Some(_), Some(requirement)) =
            (entry.lane, policy.snapshot().anchors.requirement(&spec.query.provider_id))
            && let Err(fault) = check_anchor(entry.anchor.as_ref(), requirement)
        {
            return Some(Judged::unknown(Gap::Anchor { fault, offending: entry.anchor.clone() }));
        }
        let Some(lane) = entry.lane else {
            return Some(Judged { result: result.clone(), release, ..Judged::unknown(Gap::NoAnswer) });
        };
        // A fetched answer was pulled or its signature was checked; any other word is not the gate's.
        let checked = entry
            .proof
            .clone()
            .filter(|proof| matches!(proof, Proof::Checked(_) | Proof::Attested(_) | Proof::Released(_)));
        let proof = checked.unwrap_or(Proof::Pulled);
        let judge = policy.release_judge(&spec.query.provider_id).and_then(Result::ok);
        let cap = match could_stand(&proof, &scale, judge) {
            Ok(cap) => cap,
            Err(refusal) => return Some(Judged::unknown(Gap::Refused(refusal))),
        };
        let status = entry.status;
        let gap = (status == Truth::Unknown).then_some(Gap::NoAnswer);
        Some(Judged {
            status,
            gap,
            lane: Some(lane.min(cap)),
            proof: Some(proof),
            result: result.clone(),
            release,
            until: None,
        })
    }

    /// `entry` with what only the recorded one knows: its gap, its anchor and its commitment.
    pub(super) fn amend(&self, entry: EvidenceEntry, own: &Judged) -> EvidenceEntry {
        let Some((recorded, _)) = self.entries.get(&entry.condition_id) else {
            return entry;
        };
        let gap = match &own.gap {
            Some(Gap::NoAnswer) => recorded.gap.clone().or(entry.gap),
            Some(_) | None => entry.gap,
        };
        EvidenceEntry { gap, anchor: recorded.anchor.clone(), answer: recorded.answer, ..entry }
    }
}
