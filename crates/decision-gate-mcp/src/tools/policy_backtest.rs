//! `policy_backtest`: a configured release policy over the decisions that the ledger has.

use decision_gate_core::at::Timestamp;
use decision_gate_core::name::EnvironmentName;
use decision_gate_policy::backtest::report::{Came, Flip};
use decision_gate_policy::backtest::{Extent, Filter, Report};
use decision_gate_policy::gates;
use decision_gate_runtime::{BacktestRequest, Meter};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::brief::within;
use super::progress::Part;
use super::shared::{clip, tenant};
use super::{CallContext, Card, Hints, Profile, Summary, Tool, ToolError};

/// `policy_backtest`.
pub(super) struct PolicyBacktest;

/// How many examples are told unless the call says otherwise, and at most.
const EXAMPLES: usize = 5;
const MOST_EXAMPLES: usize = 20;
/// How many steps of a curve are told at most.
const STEPS: usize = 12;

/// What it takes.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Arguments {
    /// The name of the policy to try.
    #[serde(default)]
    policy: Option<String>,
    /// RFC 3339.
    #[serde(default)]
    since: Option<String>,
    #[serde(default)]
    until: Option<String>,
    #[serde(default)]
    environment: Option<EnvironmentName>,
    /// A name.
    #[serde(default)]
    tenant: Option<String>,
    /// Look at this gate alone.
    #[serde(default)]
    gate: Option<String>,
    /// What each value of each number lets through.
    #[serde(default)]
    curves: bool,
    /// Examples; default 5.
    #[serde(default)]
    limit: Option<usize>,
}

/// What it gives.
#[derive(Serialize, JsonSchema)]
pub(super) struct Answer {
    /// What was found.
    #[serde(flatten)]
    report: Report,
    /// What to do.
    next: Vec<&'static str>,
}

impl Answer {
    /// The report with at most so many examples of each kind, and curves of at most twice as many.
    fn new(mut report: Report, shown: usize) -> Self {
        let cut = report.examples.len().saturating_sub(shown);
        report.examples_omitted += u64::try_from(cut).unwrap_or(0);
        report.examples.truncate(shown);
        report.differing.truncate(shown);
        report.curves.truncate(2 * shown);
        report.not_judgeable.values_mut().for_each(|it| it.examples.truncate(shown.div_ceil(2)));
        Self { next: report.next(), report }
    }
}

impl Summary for Answer {
    fn text(&self) -> String {
        let report = &self.report;
        let mut text = report.headline();
        for it in &report.examples {
            text.push_str(&format!("\n{}", example(it)));
        }
        let (read, unjudged) = (report.read, report.unjudged());
        text.push_str(&format!("\n{read} read, {} judged, {unjudged} not judged", report.judged));
        for (code, it) in &report.not_judgeable {
            text.push_str(&format!("\nnot judged: {} {}", it.count, clip(code, 80)));
        }
        self.next.iter().for_each(|it| text.push_str(&format!("\nnext: {it}")));
        text
    }
}

fn example(flip: &Flip) -> String {
    let came = |it: &Came| format!("{} {}", it.outcome.word(), it.why());
    let decision = flip.place.decision_id.as_deref().unwrap_or_default();
    let mut line = format!(
        "run {} {decision} to {}: {} -> {}",
        flip.place.run_id,
        flip.environment,
        came(&flip.before),
        came(&flip.after)
    );
    flip.turns_at.iter().for_each(|it| line.push_str(&format!("; {}", it.sentence())));
    line
}

impl Tool for PolicyBacktest {
    type Arguments = Arguments;
    type Answer = Answer;

    const CARD: Card = Card {
        name: "policy_backtest",
        title: "Backtest a release policy",
        description: "What would a configured policy have made of the stored release decisions? Writes nothing.",
        hints: Hints::READS,
        profiles: &[Profile::Full],
    };

    async fn call(&self, context: &CallContext, arguments: Arguments) -> Result<Answer, ToolError> {
        let most = arguments.limit.unwrap_or(EXAMPLES).min(MOST_EXAMPLES);
        let request = BacktestRequest {
            policy: arguments.policy,
            filter: Filter {
                since: arguments.since.as_deref().map(|text| time(text, "/since")).transpose()?,
                until: arguments.until.as_deref().map(|text| time(text, "/until")).transpose()?,
                environments: arguments.environment.into_iter().collect(),
                tenants: arguments.tenant.iter().map(|it| tenant(context, it)).collect::<Result<_, _>>()?,
                gate: arguments.gate.as_deref().map(gate).transpose()?,
                ..Filter::default()
            },
            extent: Extent { examples: most, curves: arguments.curves.then_some(STEPS) },
        };
        let app = context.app();
        let orchestrator = app.orchestrator();
        // To look is not to make a ledger.
        if !app.has_ledger() {
            return Ok(Answer::new(orchestrator.backtest_of(&request)?.finish(), most));
        }
        let meter = Meter::default();
        let work = orchestrator.backtest(&request, &meter);
        let judging = Part { from: 0.0, to: 100.0, what: "judging stored decisions" };
        let work = context.progress().during(judging, Some(&meter), work);
        let report = context.unless_cancelled(work).await??;
        Ok(within(most, |shown| Answer::new(report.clone(), shown)))
    }
}

fn time(text: &str, path: &'static str) -> Result<i64, ToolError> {
    match Timestamp::from_rfc3339(text) {
        Some(Timestamp::UnixMillis(at)) => Ok(at),
        Some(Timestamp::Logical(_)) | None => {
            let message = format!("`{}` is no time", clip(text, 80));
            Err(ToolError::new("invalid_arguments", message, "write it as `2026-11-01T12:00:00Z`").with("path", path))
        }
    }
}

fn gate(text: &str) -> Result<&'static str, ToolError> {
    let found = gates::ALL.iter().map(|it| it.id).find(|id| *id == text);
    found.ok_or_else(|| {
        let known: Vec<_> = gates::ALL.iter().map(|it| it.id).collect();
        let message = format!("there is no release gate `{}`", clip(text, 80));
        ToolError::new("invalid_arguments", message, "name one of `known`, or leave it out")
            .with("path", "/gate")
            .with("known", known)
    })
}
