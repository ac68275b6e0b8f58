//! Which stages a run can come to, and from which it can come to an end.

use std::collections::BTreeSet;

use super::Finding;
use crate::name::StageId;
use crate::scenario::{AdvanceTo, GateOutcome, Scenario, StageSpec, TimeoutPolicy};

pub(super) fn look(scenario: &Scenario, findings: &mut Vec<Finding>) {
    let stages = &scenario.spec().stages;
    let reached = reached(stages, BTreeSet::from([0]));
    for (index, stage) in stages.iter().enumerate() {
        let name = &stage.stage_id;
        let mut find = |below: &str, code, message, hint| {
            findings.push(Finding { path: format!("/stages/{index}{below}"), code, message, hint });
        };
        if !reached.contains(&index) {
            let message = format!("no run comes to stage `{name}`");
            find("", "stage_unreachable", message, "let an edge lead there, or remove it");
            continue;
        }
        if !reached_end(stages, index) {
            let message = format!("no run that is at stage `{name}` comes to an end");
            find("/advance_to", "no_end", message, "let an edge of the circle lead out of it");
        }
        branch(stage, &mut find);
        if stage.timeout.is_some() && stage.on_timeout != TimeoutPolicy::Fail {
            let message = format!("stage `{name}` is left by time alone; such a run is degraded, and never allowed");
            find("/on_timeout", "time_opens", message, "let it `fail`, unless somebody looks at degraded runs");
        }
    }
}

fn branch(stage: &StageSpec, find: &mut dyn FnMut(&str, &'static str, String, &'static str)) {
    let AdvanceTo::Branch { branches, default } = &stage.advance_to else { return };
    let name = &stage.stage_id;
    if default.is_none() && branches.iter().all(|rule| rule.outcome != GateOutcome::True) {
        let message = format!("stage `{name}` holds when every gate is True: no branch leads on from that");
        find("/advance_to", "branch_missing", message, "add a branch on `true`, or a `default`");
    }
    for (b, rule) in branches.iter().enumerate() {
        let earlier = |it: &&crate::scenario::BranchRule| it.gate_id == rule.gate_id && it.outcome == rule.outcome;
        if branches.iter().take(b).any(|it| earlier(&it)) {
            let (gate, below) = (&rule.gate_id, format!("/advance_to/branches/{b}"));
            find(
                &below,
                "branch_shadowed",
                format!("a branch before it takes the same outcome of `{gate}`"),
                "remove one of them",
            );
        }
    }
}

/// Where the edges of a stage lead; `None` is an end.
fn targets(stages: &[StageSpec], index: usize) -> Vec<Option<usize>> {
    let Some(stage) = stages.get(index) else { return Vec::new() };
    let named = |id: &StageId| stages.iter().position(|it| it.stage_id == *id);
    let next = if index + 1 < stages.len() { Some(index + 1) } else { None };
    let fails = stage.timeout.is_some() && stage.on_timeout == TimeoutPolicy::Fail;
    let mut targets: Vec<Option<usize>> = match &stage.advance_to {
        AdvanceTo::Linear => vec![next],
        AdvanceTo::Fixed { stage_id } => named(stage_id).map(Some).into_iter().collect(),
        AdvanceTo::Terminal => vec![None],
        AdvanceTo::Branch { branches, default } => branches
            .iter()
            .map(|rule| &rule.next_stage_id)
            .chain(default)
            .filter_map(|id| named(id).map(Some))
            .collect(),
    };
    targets.extend(fails.then_some(None));
    targets
}

fn reached(stages: &[StageSpec], mut known: BTreeSet<usize>) -> BTreeSet<usize> {
    let mut look_at: Vec<usize> = known.iter().copied().collect();
    while let Some(index) = look_at.pop() {
        let new = targets(stages, index).into_iter().flatten().filter(|it| known.insert(*it)).collect::<Vec<_>>();
        look_at.extend(new);
    }
    known
}

fn reached_end(stages: &[StageSpec], from: usize) -> bool {
    reached(stages, BTreeSet::from([from])).iter().any(|it| targets(stages, *it).contains(&None))
}
