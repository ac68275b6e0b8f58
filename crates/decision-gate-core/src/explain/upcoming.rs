//! What time alone will change: keys, signed statements, waivers, the age of release evidence, conditions on the time,
//! the stage's own limit.

use std::collections::BTreeSet;

use super::Situation;
use super::model::{TimeLimit, Upcoming};
use super::moments::{Moments, later, position};
use super::words::clip;
use crate::at::Timestamp;
use crate::condition::{Gap, Judged, Truth};
use crate::keys::{KeyFault, KeyId};
use crate::scenario::TimeoutPolicy;
use crate::trust::{Proof, Refusal};

/// All of it, soonest first.
pub(super) fn all(situation: &Situation<'_>, moments: &Moments<'_>) -> Vec<Upcoming> {
    let mut all = Vec::new();
    let mut keys = BTreeSet::new();
    for view in &situation.evaluation.conditions {
        let name = view.condition_id.to_string();
        if let Some(turns) = moments.of_condition(&view.condition_id) {
            all.extend(turns.iter().map(|(at, then)| {
                upcoming(*at, TimeLimit::ConditionTurns, name.clone(), format!("the condition becomes {then}"))
            }));
            continue;
        }
        let judged = &view.judged;
        if let Some(at) = judged.until {
            let then = "the signed statement counts no longer; ask for a fresh one".to_owned();
            all.push(upcoming(at, TimeLimit::EvidenceExpires, name, then));
        }
        for lapse in judged.release.iter().flat_map(|it| &it.why.lapses) {
            let then = "its waiver ends, and the release gate blocks again".to_owned();
            all.push(upcoming(lapse.at, TimeLimit::WaiverLapses, lapse.gate.clone(), then));
        }
        for turn in judged.release.iter().flat_map(|it| &it.why.turns) {
            let message = clip(&turn.message, 200);
            let then = match turn.to {
                Truth::True => format!("the release gate lets through then: {message}"),
                Truth::False | Truth::Unknown => {
                    format!("the release gate blocks then: {message}; have fresher evidence ready")
                }
            };
            all.push(upcoming(turn.at, TimeLimit::ReleaseGateTurns, turn.gate.clone(), then));
        }
        if let Some(Gap::Refused(Refusal::Key(KeyFault::NotYetValid { key_id, not_before, .. }))) = &judged.gap {
            let then = "the key begins to count".to_owned();
            all.push(upcoming(*not_before, TimeLimit::KeyBegins, key_id.to_string(), then));
        }
        keys.extend(signers(judged));
    }
    all.extend(keys.iter().filter_map(|id| key_end(situation, id)));
    all.extend(timeout(situation));
    all.retain(|it| later(it.at, situation.at));
    all.sort_by(|a, b| (position(a.at), a.what, &a.of).cmp(&(position(b.at), b.what, &b.of)));
    all.dedup();
    all
}

fn upcoming(at: Timestamp, what: TimeLimit, of: String, then: String) -> Upcoming {
    Upcoming { at, what, of, then }
}

/// The keys that a condition rests on.
fn signers(judged: &Judged) -> Vec<KeyId> {
    match &judged.proof {
        Some(Proof::Checked(checked)) => vec![checked.key_id.clone()],
        Some(Proof::Attested(attested)) => attested.signers.clone(),
        Some(Proof::Released(released)) => released.signers.iter().map(|it| it.key_id.clone()).collect(),
        Some(Proof::Pulled | Proof::Derived | Proof::Supplied) | None => Vec::new(),
    }
}

fn key_end(situation: &Situation<'_>, id: &KeyId) -> Option<Upcoming> {
    let key = situation.policy.snapshot().keys.get(id)?;
    let ends = [key.not_after(), key.revocation().map(|it| it.at)].into_iter().flatten();
    let at = ends.min_by_key(|it| position(*it))?;
    let then = "what it signed counts no longer; have the next key ready".to_owned();
    Some(upcoming(at, TimeLimit::KeyEnds, id.to_string(), then))
}

fn timeout(situation: &Situation<'_>) -> Option<Upcoming> {
    let stage = situation.stage.spec;
    let timeout = stage.timeout.as_ref()?.timeout_ms;
    let at = match situation.entered_at? {
        Timestamp::UnixMillis(from) => Timestamp::UnixMillis(from.checked_add(i64::try_from(timeout).ok()?)?),
        Timestamp::Logical(from) => Timestamp::Logical(from.checked_add(timeout)?),
    };
    let then = match stage.on_timeout {
        TimeoutPolicy::Fail => "a tick ends the run as failed",
        TimeoutPolicy::AdvanceWithFlag => "a tick takes the run on, degraded: it is never allowed then",
        TimeoutPolicy::AlternateBranch => "a tick takes another branch, degraded: it is never allowed then",
    };
    Some(upcoming(at, TimeLimit::StageTimeout, stage.stage_id.to_string(), then.to_owned()))
}
