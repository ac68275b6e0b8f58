//! The course of a run: one entry for each event.

use decision_gate_core::engine::{DecisionOutcome, TriggerKind};
use decision_gate_core::ledger::Body;
use decision_gate_core::runpack::Told;

use crate::Verified;
use crate::badge::Badge;
use crate::judged;
use crate::shown::Shown;

/// How many events are told of from the start.
const FIRST: usize = 20;

/// How many from the end.
const LAST: usize = 180;

/// The course.
pub(crate) struct Timeline {
    pub(crate) first: Vec<Entry>,
    /// How many events are left out between both parts.
    pub(crate) left_out: usize,
    pub(crate) last: Vec<Entry>,
}

impl Timeline {
    /// Whether there is nothing to tell.
    pub(crate) fn is_empty(&self) -> bool {
        self.first.is_empty() && self.last.is_empty()
    }
}

/// An event.
pub(crate) struct Entry {
    pub(crate) seq: u64,
    pub(crate) at: Shown,
    pub(crate) badge: Badge,
    pub(crate) what: Shown,
    /// Who asked.
    pub(crate) by: Shown,
    /// Whether the page shows the judgement behind it.
    pub(crate) judged: bool,
}

pub(crate) fn of(verified: &Verified<'_>) -> Timeline {
    let events = verified.account.map(|it| it.events.as_slice()).unwrap_or_default();
    let shown = judged::shown(verified);
    let entry = |told: &Told| entry(told, shown.contains(&told.event.seq));
    let left_out = events.len().saturating_sub(FIRST + LAST);
    let first = if left_out == 0 { events.len() } else { FIRST };
    Timeline {
        first: events.iter().take(first).map(entry).collect(),
        left_out,
        last: events.iter().skip(first + left_out).map(entry).collect(),
    }
}

fn entry(told: &Told, judged: bool) -> Entry {
    let event = &told.event;
    let (badge, what, source) = match &event.body {
        Body::RunStarted(body) => {
            (Badge::outcome(&body.decision.outcome), format!("at stage “{}”", body.decision.stage_id), None)
        }
        Body::StepDecided(body) => {
            let asked = kind(body.trigger.kind);
            let source = match &event.actor {
                Some(actor) if *actor == body.trigger.source_id => asked.to_owned(),
                Some(_) | None => format!("{asked} from {}", body.trigger.source_id),
            };
            (
                Badge::outcome(&body.decision.outcome),
                outcome(&body.decision.outcome, body.stage_id.as_str()),
                Some(source),
            )
        }
        Body::Submitted(body) => {
            let what = format!("“{}” ({})", body.submission_id, body.content_type);
            (Badge { tone: "note", icon: "dot", word: "document handed in" }, what, None)
        }
        Body::ScenarioDefined(_) | Body::PolicyActivated(_) | Body::SchemaRegistered(_) => {
            (Badge::plain("other"), event.kind().word().to_owned(), None)
        }
    };
    let by = [source, event.actor.as_ref().map(|it| format!("by {it}"))];
    let by: Vec<_> = by.into_iter().flatten().collect();
    Entry {
        seq: event.seq,
        at: Shown::line(event.at),
        badge,
        what: Shown::line(what),
        by: Shown::line(by.join(", ")),
        judged,
    }
}

fn kind(kind: TriggerKind) -> &'static str {
    match kind {
        TriggerKind::AgentRequestNext => "asked",
        TriggerKind::Tick => "tick",
        TriggerKind::ExternalEvent => "outside event",
        TriggerKind::BackendEvent => "backend event",
    }
}

fn outcome(outcome: &DecisionOutcome, stage: &str) -> String {
    match outcome {
        DecisionOutcome::Start { stage_id } | DecisionOutcome::Complete { stage_id } => {
            format!("at stage “{stage_id}”")
        }
        DecisionOutcome::Advance { from_stage, to_stage, .. } => format!("from stage “{from_stage}” to “{to_stage}”"),
        DecisionOutcome::Hold { summary } => {
            let gates: Vec<_> = summary.unmet_gates.iter().map(|it| format!("“{it}”")).collect();
            format!("at stage “{stage}”; unmet: {}", gates.join(", "))
        }
        DecisionOutcome::Fail { reason } => format!("at stage “{stage}”: {reason}"),
    }
}
