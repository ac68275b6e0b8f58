//! Where nothing that the caller can change helps: what stands against it, and who could change that.

use super::changes::can_move;
use super::evidence::wanted_by;
use super::model::{NextActions, Smallest};
use super::moments::Moments;
use super::words::{clip, wants};
use super::{Situation, witness};
use crate::condition::Truth;
use crate::gate::Need;
use crate::name::ConditionId;
use crate::scenario::GateSpec;

/// The most reasons that are given.
const MAX_REASONS: usize = 3;

/// Says so, and why.
pub(super) fn nothing_helps(situation: &Situation<'_>, moments: &Moments<'_>) -> NextActions {
    let mut reasons = Vec::new();
    for unmet in situation.evaluation.unmet() {
        let Some(gate) = situation.stage.gate(&unmet.gate_id) else { continue };
        for (id, wanted) in wanted_by(&gate.requirement) {
            let reason = reason(situation, moments, gate, id, wanted);
            reasons.extend(reason.filter(|it| !reasons.contains(it)));
        }
    }
    reasons.truncate(MAX_REASONS);
    let note = match reasons.as_slice() {
        [] => {
            "nothing that you can change turns it: whatever its conditions are, no edge of this stage opens".to_owned()
        }
        reasons => format!("nothing that you can change turns it: {}", reasons.join("; ")),
    };
    NextActions { smallest: Smallest::NothingHelps, note: Some(clip(&note, 600)), ..NextActions::default() }
}

/// Why a condition can't become what its gate wants.
fn reason(
    situation: &Situation<'_>,
    moments: &Moments<'_>,
    gate: &GateSpec,
    id: &ConditionId,
    wanted: Truth,
) -> Option<String> {
    let spec = situation.scenario.condition(id)?;
    let view = situation.evaluation.condition(id)?;
    if view.judged.status_in(view.needed(gate), Need::Holds) == wanted {
        return None;
    }
    let provider = &spec.query.provider_id;
    let Some(policy) = situation.policy.provider(provider) else {
        return Some(format!("`{id}` asks `{provider}`, which the policy in force does not know"));
    };
    if let Some(turns) = moments.of_condition(id) {
        let comes = turns.iter().any(|(_, then)| *then == wanted);
        return (!comes).then(|| format!("the time for `{id}` has passed"));
    }
    if !can_move(situation, view, gate) {
        let (lane, need) = (policy.max_lane, view.needed(gate));
        return Some(format!(
            "gate `{}` asks for `{need}` evidence of `{id}`, and that of `{provider}` is at most `{lane}` under this policy",
            gate.gate_id
        ));
    }
    if let Some(released) = view.judged.release.as_ref().filter(|it| it.why.gates.is_empty()) {
        return Some(format!("release policy `{}` comes to `{}`", released.record.policy, released.record.reason));
    }
    let wants = wants(spec.comparator, spec.expected.value(), wanted);
    (!witness::possible(spec, wanted == Truth::True, situation.policy))
        .then(|| format!("no value of `{id}` satisfies `{wants}`"))
}
