//! What the gates of a stage must come out as for the run to go on without taking anything for granted: one goal for
//! each edge, the mirror of `engine::advance`.

use std::collections::BTreeMap;

use super::smallest::{Goal, Want};
use crate::name::GateId;
use crate::scenario::{AdvanceTo, BranchRule, GateOutcome, Stage};

/// The goals of a stage: edges on `true` first, then the default, then edges on `false`.
pub(super) fn of(stage: Stage<'_>) -> Vec<Goal> {
    let gates = &stage.spec.gates;
    let AdvanceTo::Branch { branches, default } = &stage.spec.advance_to else {
        return vec![(0..gates.len()).map(|gate| (gate, Want::True)).collect()];
    };
    let number = |id: &GateId| gates.iter().position(|gate| gate.gate_id == *id);
    let on = |outcome: GateOutcome| {
        let rules = branches.iter().enumerate().filter(move |(_, rule)| rule.outcome == outcome);
        rules.filter_map(move |(index, rule)| {
            let want = if outcome == GateOutcome::True { Want::True } else { Want::False };
            let mut goal = passed(branches.get(..index)?, &number)?;
            require(&mut goal, number(&rule.gate_id)?, want)?;
            Some(goal.into_iter().collect())
        })
    };
    let by_default = default.as_ref().and_then(|_| {
        let mut goal = passed(branches, &number)?;
        (0..gates.len()).try_for_each(|gate| require(&mut goal, gate, Want::Decided))?;
        Some(goal.into_iter().collect())
    });
    on(GateOutcome::True).chain(by_default).chain(on(GateOutcome::False)).collect()
}

/// What gates must be for none of these rules to be taken or waited for; `None` where no gate can be so.
fn passed(rules: &[BranchRule], number: &dyn Fn(&GateId) -> Option<usize>) -> Option<BTreeMap<usize, Want>> {
    let mut goal = BTreeMap::new();
    for rule in rules {
        let want = match rule.outcome {
            GateOutcome::True => Want::False,
            GateOutcome::False => Want::True,
            GateOutcome::Unknown => Want::Decided,
        };
        require(&mut goal, number(&rule.gate_id)?, want)?;
    }
    Some(goal)
}

/// Adds a requirement; `None` where it contradicts what is there.
fn require(goal: &mut BTreeMap<usize, Want>, gate: usize, want: Want) -> Option<()> {
    let both = match (goal.get(&gate).copied(), want) {
        (None | Some(Want::Decided), want) => want,
        (Some(old), Want::Decided) => old,
        (Some(old), want) if old == want => want,
        (Some(_), _) => return None,
    };
    goal.insert(gate, both);
    Some(())
}
