//! Decisions against triggers, stages and gates.

use std::collections::{BTreeMap, BTreeSet};

use super::wire::{AdvanceTo, DecisionRecord, GateEvaluation, Outcome, Stage};
use super::{Pack, is_nth};
use crate::condition::Truth;
use crate::engine::{RunStatus, TriggerKind};
use crate::runpack::finding::{FindingCode, Findings};
use crate::runpack::manifest::{DECISIONS, TRIGGERS};

/// Where the run stands after its last decision.
pub(super) struct End {
    pub(super) status: RunStatus,
    pub(super) stage_id: String,
}

/// The way out of a stage all of whose gates are True.
enum Edge<'a> {
    To(&'a str),
    End,
    Nowhere,
}

/// Walks the decisions.
pub(super) fn check(pack: &Pack, findings: &mut Findings) -> End {
    let kinds: BTreeMap<&str, TriggerKind> =
        pack.triggers.iter().map(|it| (it.event.trigger_id.as_str(), it.event.kind)).collect();
    let mut gates: BTreeMap<(&str, &str), Vec<&GateEvaluation>> = BTreeMap::new();
    for record in &pack.gate_evals {
        gates.entry((&record.trigger_id, &record.stage_id)).or_default().push(&record.evaluation);
    }
    let stages = Stages::of(&pack.spec.stages);
    let first = pack.spec.stages.first().map_or("", |stage| stage.stage_id.as_str());
    let mut end = End { status: RunStatus::Active, stage_id: first.to_owned() };
    let mut seen = BTreeSet::new();
    for (index, decision) in pack.decisions.iter().enumerate() {
        let mut found =
            |code, below: &str, reason: String| findings.at(code, DECISIONS, format!("/{index}{below}"), reason);
        if !is_nth(index, decision.seq) || decision.decision_id != format!("decision-{}", decision.seq) {
            found(FindingCode::DecisionSequence, "/seq", "decisions are numbered from 1 without a gap".into());
        }
        if !seen.insert(decision.trigger_id.as_str()) {
            found(
                FindingCode::TriggerDuplicate,
                "/trigger_id",
                format!("trigger `{}` was decided before", decision.trigger_id),
            );
        }
        let Some(kind) = kinds.get(decision.trigger_id.as_str()) else {
            found(FindingCode::UnknownId, "/trigger_id", format!("there is no trigger `{}`", decision.trigger_id));
            continue;
        };
        let Some((_, stage)) = stages.get(&decision.stage_id) else {
            found(FindingCode::UnknownId, "/stage_id", format!("there is no stage `{}`", decision.stage_id));
            continue;
        };
        let judged = gates.get(&(decision.trigger_id.as_str(), decision.stage_id.as_str())).map(Vec::as_slice);
        let step = Step {
            stages: &stages,
            stage,
            decision,
            kind: *kind,
            gates: judged.unwrap_or_default(),
            first: index == 0,
        };
        if let Err(reason) = step.check(&end) {
            found(FindingCode::DecisionContradicts, "/outcome", reason);
        }
        end.follow(&decision.outcome);
    }
    for (index, trigger) in pack.triggers.iter().enumerate() {
        if !seen.contains(trigger.event.trigger_id.as_str()) {
            let reason = format!("trigger `{}` has no decision", trigger.event.trigger_id);
            findings.at(FindingCode::UnknownId, TRIGGERS, format!("/{index}"), reason);
        }
    }
    if kinds.len() != pack.triggers.len() {
        findings.add(FindingCode::TriggerDuplicate, TRIGGERS, "a trigger is recorded twice");
    }
    end
}

impl End {
    fn follow(&mut self, outcome: &Outcome) {
        match outcome {
            Outcome::Start { .. } | Outcome::Hold { .. } => {}
            Outcome::Complete { .. } => self.status = RunStatus::Completed,
            Outcome::Fail { .. } => self.status = RunStatus::Failed,
            Outcome::Advance { to_stage, .. } => self.stage_id.clone_from(to_stage),
        }
    }
}

/// The stages of a scenario, in order and by id.
struct Stages<'a> {
    list: &'a [Stage],
    by_id: BTreeMap<&'a str, usize>,
}

impl<'a> Stages<'a> {
    fn of(list: &'a [Stage]) -> Self {
        // From the back, so that the first of a repeated id counts.
        let by_id = list.iter().enumerate().rev().map(|(index, it)| (it.stage_id.as_str(), index)).collect();
        Self { list, by_id }
    }

    fn get(&self, id: &str) -> Option<(usize, &'a Stage)> {
        let index = *self.by_id.get(id)?;
        self.list.get(index).map(|stage| (index, stage))
    }
}

/// One decision and what it was made on.
struct Step<'a> {
    stages: &'a Stages<'a>,
    stage: &'a Stage,
    decision: &'a DecisionRecord,
    kind: TriggerKind,
    gates: &'a [&'a GateEvaluation],
    first: bool,
}

impl Step<'_> {
    fn check(&self, before: &End) -> Result<(), String> {
        if before.status != RunStatus::Active {
            return Err("the run had ended".into());
        }
        if self.decision.stage_id != before.stage_id {
            return Err(format!("the run stood at stage `{}`", before.stage_id));
        }
        if let Outcome::Start { stage_id } = &self.decision.outcome {
            let starts = self.first && self.gates.is_empty() && *stage_id == before.stage_id;
            return if starts { Ok(()) } else { Err("a run starts once, before anything is judged".into()) };
        }
        if self.gates.is_empty() && self.kind == TriggerKind::Tick && self.stage.timeout.is_some() && self.is_timeout()
        {
            return Ok(());
        }
        let ids = || self.stage.gates.iter().map(|it| it.gate_id.as_str());
        if !ids().eq(self.gates.iter().map(|it| it.gate_id.as_str())) {
            return Err(format!("not every gate of stage `{}` was evaluated once", self.stage.stage_id));
        }
        let unmet: Vec<&str> =
            self.gates.iter().filter(|it| it.status != Truth::True).map(|it| it.gate_id.as_str()).collect();
        if unmet.is_empty() { self.check_met() } else { self.check_unmet(&unmet) }
    }

    /// Whether the outcome is one that a timeout can have.
    fn is_timeout(&self) -> bool {
        let known = |id: &str| self.stages.get(id).is_some();
        match &self.decision.outcome {
            Outcome::Fail { .. } => true,
            Outcome::Complete { stage_id } => *stage_id == self.stage.stage_id,
            Outcome::Advance { from_stage, to_stage, timeout } => {
                *timeout && *from_stage == self.stage.stage_id && known(to_stage)
            }
            Outcome::Start { .. } | Outcome::Hold { .. } => false,
        }
    }

    fn check_unmet(&self, unmet: &[&str]) -> Result<(), String> {
        match &self.decision.outcome {
            Outcome::Hold { summary } if summary.unmet_gates == unmet => Ok(()),
            Outcome::Hold { .. } => Err(format!("the unmet gates are `{}`", unmet.join("`, `"))),
            Outcome::Start { .. } | Outcome::Complete { .. } | Outcome::Advance { .. } | Outcome::Fail { .. } => {
                Err(format!("gates that are not True hold the run: `{}`", unmet.join("`, `")))
            }
        }
    }

    fn check_met(&self) -> Result<(), String> {
        let here = self.stage.stage_id.as_str();
        let has_packets = |id: &str| self.stages.get(id).is_some_and(|(_, it)| !it.entry_packets.is_empty());
        match (self.edge(), &self.decision.outcome) {
            (Edge::End, Outcome::Complete { stage_id }) if stage_id == here => Ok(()),
            (Edge::To(to), Outcome::Advance { from_stage, to_stage, timeout: false })
                if from_stage == here && to_stage == to =>
            {
                Ok(())
            }
            // Issuing the packets of the stage that would be entered can be refused.
            (Edge::To(to), Outcome::Fail { .. }) if has_packets(to) => Ok(()),
            (Edge::End, _) => Err("every gate is True, so the run completes".into()),
            (Edge::To(to), _) => Err(format!("every gate is True, so the run advances to stage `{to}`")),
            (Edge::Nowhere, _) => Err("no branch leads on".into()),
        }
    }

    fn edge(&self) -> Edge<'_> {
        match &self.stage.advance_to {
            AdvanceTo::Terminal => Edge::End,
            AdvanceTo::Fixed { stage_id } => Edge::To(stage_id),
            AdvanceTo::Linear => {
                let here = self.stages.get(&self.stage.stage_id);
                let next = here.and_then(|(index, _)| self.stages.list.get(index + 1));
                next.map_or(Edge::End, |stage| Edge::To(&stage.stage_id))
            }
            AdvanceTo::Branch { branches, default } => {
                let status =
                    |id: &str| self.gates.iter().find(|it| it.gate_id == id).map_or(Truth::Unknown, |it| it.status);
                let taken = branches.iter().find(|rule| status(&rule.gate_id) == rule.outcome.truth());
                let to = taken.map(|rule| &rule.next_stage_id).or(default.as_ref());
                to.map_or(Edge::Nowhere, |id| Edge::To(id))
            }
        }
    }
}
