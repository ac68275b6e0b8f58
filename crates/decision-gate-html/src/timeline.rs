//! The course of a run: one entry for each event, or, in a pack of the public project, for each decision.

use decision_gate_core::engine::{DecisionOutcome, TriggerKind};
use decision_gate_core::ledger::Body;
use decision_gate_core::runpack::{PublicOutcome, PublicStep, RunTold, Told};

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
    /// The file of the pack that has all of it.
    pub(crate) file: &'static str,
    /// What to know about where it comes from.
    pub(crate) note: Option<&'static str>,
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
    match verified.run {
        None => cut::<Told>(&[], "", None, |told| entry(told, false)),
        Some(RunTold::Replayed(account)) => {
            let shown = judged::shown(verified);
            cut(&account.events, "events.json", None, |told| entry(told, shown.contains(&told.event.seq)))
        }
        Some(RunTold::Recorded(steps)) => {
            let note = "These are the decisions as the pack records them: its format has no events to replay.";
            cut(steps, "artifacts/decisions.json", Some(note), step)
        }
    }
}

fn cut<T>(all: &[T], file: &'static str, note: Option<&'static str>, entry: impl Fn(&T) -> Entry) -> Timeline {
    let left_out = all.len().saturating_sub(FIRST + LAST);
    let first = if left_out == 0 { all.len() } else { FIRST };
    Timeline {
        first: all.iter().take(first).map(&entry).collect(),
        left_out,
        last: all.iter().skip(first + left_out).map(&entry).collect(),
        file,
        note,
    }
}

/// A decision of the public project.
fn step(step: &PublicStep) -> Entry {
    let stage = &step.stage;
    let (badge, what) = match &step.outcome {
        PublicOutcome::Start => (Badge { tone: "note", icon: "start", word: "started" }, format!("at stage “{stage}”")),
        PublicOutcome::Complete => (Badge::good("completed"), format!("at stage “{stage}”")),
        PublicOutcome::Advance { from, to, timeout: false } => {
            (Badge::good("advanced"), format!("from stage “{from}” to “{to}”"))
        }
        PublicOutcome::Advance { from, to, timeout: true } => {
            (Badge::open("advanced by timeout"), format!("from stage “{from}” to “{to}”"))
        }
        PublicOutcome::Hold { unmet } => {
            (Badge { tone: "open", icon: "hold", word: "on hold" }, held(stage, unmet.iter().map(String::as_str)))
        }
        PublicOutcome::Fail { reason } => (Badge::bad("failed"), format!("at stage “{stage}”: {reason}")),
    };
    let by = step.trigger.as_ref().map(|it| match it.source.as_str() {
        "" => kind(it.kind).to_owned(),
        source => format!("{} from {source}", kind(it.kind)),
    });
    let (at, what, by) = (Shown::line(step.at), Shown::line(what), Shown::line(by.unwrap_or_default()));
    Entry { seq: step.seq, at, badge, what, by, judged: false }
}

fn held<'a>(stage: &str, unmet: impl Iterator<Item = &'a str>) -> String {
    let gates: Vec<_> = unmet.map(|it| format!("“{it}”")).collect();
    format!("at stage “{stage}”; unmet: {}", gates.join(", "))
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
        DecisionOutcome::Hold { summary } => held(stage, summary.unmet_gates.iter().map(|it| it.as_str())),
        DecisionOutcome::Fail { reason } => format!("at stage “{stage}”: {reason}"),
    }
}
