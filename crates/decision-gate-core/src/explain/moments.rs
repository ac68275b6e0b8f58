//! Conditions on the time itself: what they are at another time, and when they turn.

use serde_json::Value;

use super::Situation;
use crate::at::Timestamp;
use crate::condition::{Judged, Truth, judge};
use crate::engine::derived_answer_under;
use crate::name::{ConditionId, TenantId};
use crate::policy::ProviderPolicy;
use crate::scenario::ConditionSpec;
use crate::trust::Occasion;

/// The most times that are looked at: each is a search of its own.
const MAX_MOMENTS: usize = 8;

/// Whether the gate computes the condition's value itself.
pub(super) fn is_derived(spec: &ConditionSpec, situation: &Situation<'_>) -> bool {
    situation.policy.provider(&spec.query.provider_id).is_some_and(ProviderPolicy::is_derived)
}

/// The condition at another time.
pub(super) fn judged_at(spec: &ConditionSpec, at: Timestamp, situation: &Situation<'_>) -> Judged {
    let written = situation.scenario.spec();
    let occasion = Occasion {
        tenant: written.default_tenant_id.unwrap_or(TenantId::FIRST),
        namespace: written.namespace_id,
        run: None,
        subject: None,
        environment: None,
        at,
    };
    let policy = situation.policy;
    let answer = derived_answer_under(&spec.query, at, &policy.snapshot().time);
    judge(&spec.query, spec.comparator, spec.expected.value(), Some(&answer), policy, occasion)
}

/// When the conditions of a stage that are on the time itself turn. Each is looked at once: to judge it at every time is
/// most of what a small explanation costs.
pub(super) struct Moments<'a>(Vec<(&'a ConditionSpec, Vec<(Timestamp, Truth)>)>);

impl<'a> Moments<'a> {
    /// Looks at every condition of the stage that the gate answers itself.
    pub(super) fn of(situation: &Situation<'a>) -> Self {
        let derived = situation.scenario.conditions_of(situation.stage).filter(|spec| is_derived(spec, situation));
        Self(derived.map(|spec| (spec, turns(spec, situation))).collect())
    }

    /// The times to come at which one condition turns, soonest first, and what it turns to; nothing of one that somebody
    /// else answers.
    pub(super) fn of_condition(&self, id: &ConditionId) -> Option<&[(Timestamp, Truth)]> {
        self.0.iter().find(|(spec, _)| spec.condition_id == *id).map(|(_, turns)| turns.as_slice())
    }

    /// The times to come at which any of them turns, soonest first.
    pub(super) fn times(&self) -> Vec<Timestamp> {
        let mut times: Vec<_> = self.0.iter().flat_map(|(_, turns)| turns).map(|(at, _)| *at).collect();
        times.sort_by_key(|it| position(*it));
        times.dedup();
        times.truncate(MAX_MOMENTS);
        times
    }

    /// The conditions that turn at that time.
    pub(super) fn turning(&self, at: Timestamp) -> impl Iterator<Item = &ConditionId> {
        self.0
            .iter()
            .filter(move |(_, turns)| turns.iter().any(|(when, _)| *when == at))
            .map(|(spec, _)| &spec.condition_id)
    }
}

fn turns(spec: &ConditionSpec, situation: &Situation<'_>) -> Vec<(Timestamp, Truth)> {
    let stated = spec.query.params.as_ref().and_then(|params| params.get("timestamp"));
    let numbers = [stated, spec.expected.given()].into_iter().flatten().filter_map(number);
    // A comparison with a bound turns at it, or right behind it.
    let mut times: Vec<i64> = numbers.flat_map(|it| [it, it.saturating_add(1)]).collect();
    times.sort_unstable();
    times.dedup();
    let times = times.into_iter().filter_map(|time| of_kind(time, situation.at));
    let mut to_come = times.filter(|it| later(*it, situation.at)).peekable();
    if to_come.peek().is_none() {
        return Vec::new();
    }
    let mut status = judged_at(spec, situation.at, situation).status;
    let mut turns = Vec::new();
    for at in to_come {
        let then = judged_at(spec, at, situation).status;
        if then != status {
            turns.push((at, then));
            status = then;
        }
    }
    turns
}

/// Where a time stands among those of its kind.
pub(super) fn position(at: Timestamp) -> i128 {
    match at {
        Timestamp::UnixMillis(millis) => millis.into(),
        Timestamp::Logical(count) => count.into(),
    }
}

/// Whether the first is after the second; times of two kinds are not.
pub(super) fn later(at: Timestamp, than: Timestamp) -> bool {
    at.kind() == than.kind() && position(at) > position(than)
}

fn number(value: &Value) -> Option<i64> {
    match value {
        Value::Number(number) => number.as_i64(),
        Value::String(text) => match Timestamp::from_rfc3339(text)? {
            Timestamp::UnixMillis(millis) => Some(millis),
            Timestamp::Logical(_) => None,
        },
        Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => None,
    }
}

fn of_kind(time: i64, kind: Timestamp) -> Option<Timestamp> {
    match kind {
        Timestamp::UnixMillis(_) => Some(Timestamp::UnixMillis(time)),
        Timestamp::Logical(_) => u64::try_from(time).ok().map(Timestamp::Logical),
    }
}
