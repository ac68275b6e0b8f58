//! The head of a page: what it comes to, in one word and one sentence, and what it is about.

use decision_gate_core::engine::{DecisionOutcome, Degraded, DegradedReason, RunStatus};
use decision_gate_core::evidence::{Artifact, Subject};
use decision_gate_core::runpack::{PackFormat, Profile, Report, RunSummary, Status, Verdict as Said};
use decision_gate_core::scenario::Origin;
use serde_json::json;

use crate::Verified;
use crate::badge::Badge;
use crate::shown::Shown;

/// The head.
pub(crate) struct Verdict {
    pub(crate) badge: Badge,
    /// One sentence on the run.
    pub(crate) lead: Shown,
    /// One sentence on the verification.
    pub(crate) verified: Shown,
    /// The page's title.
    pub(crate) title: Shown,
    /// What to know before believing it, most important first.
    pub(crate) notes: Vec<Shown>,
    pub(crate) facts: Vec<Fact>,
}

/// A name and what it is called.
pub(crate) struct Fact {
    pub(crate) label: &'static str,
    pub(crate) value: Shown,
    /// Whether it is for machines.
    pub(crate) code: bool,
}

impl Fact {
    pub(crate) fn text(label: &'static str, value: impl std::fmt::Display) -> Self {
        Self { label, value: Shown::line(value), code: false }
    }

    pub(crate) fn code(label: &'static str, value: impl std::fmt::Display) -> Self {
        Self { label, value: Shown::line(value), code: true }
    }
}

/// What to say of a verification.
pub(crate) fn of(verified: &Verified<'_>) -> Verdict {
    let report = verified.report;
    let (badge, lead) = headline(report);
    let about = report.run.as_ref().map(|run| format!(" · run {} of {}", run.run_id, run.scenario_id));
    Verdict {
        badge,
        lead: Shown::line(lead),
        verified: Shown::line(reached(report)),
        title: Shown::line(format_args!("{}{}", badge.word, about.unwrap_or_default())),
        notes: notes(verified),
        facts: report.run.as_ref().map(facts).unwrap_or_default(),
    }
}

fn headline(report: &Report) -> (Badge, String) {
    if report.status == Status::Fail {
        let why =
            "This pack does not hold together, or is not the one that was asked for. Nothing below can be relied on.";
        return (Badge::bad("Not verified"), why.to_owned());
    }
    let Some(run) = &report.run else {
        return (Badge::open("No run"), "The pack holds together, and its run could not be read.".to_owned());
    };
    let lead = course(run);
    match (run.status, &run.degraded) {
        (RunStatus::Failed, _) => (Badge::bad("Not allowed"), lead),
        (RunStatus::Active, _) => (Badge { tone: "open", icon: "hold", word: "On hold" }, lead),
        (RunStatus::Completed, Some(_)) => (Badge::bad("Not allowed"), lead),
        (RunStatus::Completed, None) if report.verdict == Said::Allowed => (Badge::good("Allowed"), lead),
        (RunStatus::Completed, None) => {
            let unasked = "Which scenario version this had to be was not asked, so this report does not say “allowed”";
            let consistent = Badge { tone: "note", icon: "yes", word: "Consistent" };
            (consistent, format!("{lead} {unasked}: name the version you meant, as shown under “Check it again”."))
        }
    }
}

/// How the run went, in one sentence.
fn course(run: &RunSummary) -> String {
    let stage = &run.stage_id;
    if let Some(Degraded { reason, stage_id, .. }) = &run.degraded {
        let why = match reason {
            DegradedReason::UnknownOutcome => "took an edge on “unknown”",
            DegradedReason::Timeout => "went on because time ran out",
        };
        return format!("The run {why} at stage “{stage_id}”: it can end, and is never allowed.");
    }
    match (run.status, run.last_decision.as_ref().map(|it| &it.outcome)) {
        (RunStatus::Completed, _) => format!("The run completed at stage “{stage}”, and took nothing for granted."),
        (RunStatus::Failed, Some(DecisionOutcome::Fail { reason })) => format!("The run was broken off: {reason}."),
        (RunStatus::Failed, _) => "The run was broken off.".to_owned(),
        (RunStatus::Active, Some(DecisionOutcome::Hold { summary })) => {
            let gates: Vec<_> = summary.unmet_gates.iter().map(|it| format!("“{it}”")).collect();
            format!("Not allowed: the run holds at stage “{stage}”. Unmet: {}.", gates.join(", "))
        }
        (RunStatus::Active, _) => format!("Not allowed yet: the run is on its way, at stage “{stage}”."),
    }
}

fn reached(report: &Report) -> String {
    if report.status == Status::Fail {
        let found = u64::try_from(report.findings.len()).unwrap_or(u64::MAX).saturating_add(report.findings_omitted);
        let findings = if found == 1 { "1 finding" } else { &format!("{found} findings") };
        return format!("Verification failed with {findings}.");
    }
    match report.level {
        Some(level) => format!("Verified to level “{}”; {} files checked.", level.word(), report.checked_files),
        None => format!("Verified below level “hashes”; {} files checked.", report.checked_files),
    }
}

fn notes(verified: &Verified<'_>) -> Vec<Shown> {
    let report = verified.report;
    let mut notes = Vec::new();
    let mut note = |text: &str| notes.push(Shown::line(text));
    if report.format == PackFormat::PublicV1 {
        note("This is a pack of the public project: it has no events, so its course is not told here.");
    }
    let Some(run) = &report.run else { return notes };
    if run.origin == Some(Origin::Draft) {
        note("The scenario is a draft: no operator's configuration lists it.");
    }
    match run.profile {
        Some(Profile::Audit) => {
            note(
                "The pack shows every value (profile “audit”), and so does this page. To hand it on, export with profile “disclosed”.",
            );
        }
        Some(Profile::Disclosed) => note("Values that policy keeps back are not in the pack (profile “disclosed”)."),
        None => {}
    }
    let loosened: Vec<_> = run.relaxations.iter().filter_map(|it| json!(it).as_str().map(str::to_owned)).collect();
    if !loosened.is_empty() {
        note(&format!("Looser than the defaults: {}.", loosened.join(", ")));
    }
    notes
}

fn facts(run: &RunSummary) -> Vec<Fact> {
    let mut facts = vec![Fact::text("Run", &run.run_id), Fact::text("Scenario", &run.scenario_id)];
    facts.extend(run.environment.as_ref().map(|it| Fact::text("Environment", it)));
    if let Some(last) = &run.last_decision {
        facts.push(Fact::text("Last decision", last.decided_at));
    }
    facts.extend(run.origin.map(|it| Fact::text("Origin", it.word())));
    facts.push(Fact::text("Tenant and namespace", format_args!("{} / {}", run.tenant_id, run.namespace_id)));
    facts.push(Fact::code("Scenario version", run.spec_hash));
    facts.extend(run.subject.iter().flat_map(Subject::artifacts).flat_map(artifact));
    facts
}

fn artifact(artifact: &Artifact) -> Vec<Fact> {
    let name = artifact.name.as_deref().map(|it| format!("{it} ")).unwrap_or_default();
    artifact
        .digest
        .iter()
        .map(|(algorithm, hex)| Fact::code("Artifact", format_args!("{name}{algorithm}:{hex}")))
        .collect()
}
