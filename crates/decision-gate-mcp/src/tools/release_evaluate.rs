//! `release_evaluate`: all gates of a release policy in one call.

use decision_gate_attest::vex_status::VexStatus;
use decision_gate_core::condition::Truth;
use decision_gate_core::digest::Digest;
use decision_gate_core::explain::{Explanation, Size};
use decision_gate_core::name::{EnvironmentName, RunId};
use decision_gate_core::policy::Relaxation;
use decision_gate_policy::release::Asked;
use decision_gate_runtime::{ReleaseReply, ReleaseRequest};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::brief::{cut, fitting, is_zero};
use super::shared::{caller, clip, subject, tenant};
use super::{CallContext, Card, Hints, Profile, Summary, Tool, ToolError};

/// `release_evaluate`.
pub(super) struct ReleaseEvaluate;

/// The most characters of one text.
const MAX_TEXT: usize = 400;

/// What it takes.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Arguments {
    /// sha256:HEX
    subject: Vec<String>,
    /// Target.
    environment: EnvironmentName,
    /// A name.
    #[serde(default)]
    tenant: Option<String>,
    #[serde(default)]
    #[schemars(with = "Option<String>")]
    requested_status: Option<VexStatus>,
    /// Asserted facts.
    #[serde(default)]
    metadata: Option<Map<String, Value>>,
    /// A name.
    #[serde(default)]
    policy: Option<String>,
}

/// What it gives.
#[derive(Serialize, JsonSchema)]
pub(super) struct Answer {
    /// Whether the artifact may be released.
    allowed: bool,
    /// Under the trust rules.
    outcome: Truth,
    /// Stable code of that.
    reason: String,
    /// For people.
    message: String,
    /// The first gate whose block counts.
    #[serde(skip_serializing_if = "Option::is_none")]
    decided_by: Option<String>,
    /// One row for each gate that was asked, in order.
    gates: Vec<Row>,
    /// Gates that are off.
    off: Vec<String>,
    /// Why not, and what to do.
    #[serde(skip_serializing_if = "Option::is_none")]
    explanation: Option<Explanation>,
    /// What to do about gates that only warn.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    recommendations: Vec<String>,
    /// What it would be were all that was handed in verified; not a decision.
    #[serde(skip_serializing_if = "Option::is_none")]
    if_verified: Option<String>,
    /// The policy's name.
    #[serde(skip_serializing_if = "Option::is_none")]
    policy: Option<String>,
    /// Digest of its options.
    #[serde(skip_serializing_if = "Option::is_none")]
    policy_digest: Option<Digest>,
    /// What it rests on that is looser than the defaults.
    relaxations: Vec<Relaxation>,
    /// The run, for `runpack_export`.
    run_id: RunId,
    /// Near misses that are not listed here.
    #[serde(skip_serializing_if = "is_zero")]
    left_out: usize,
}

/// One gate.
#[derive(Serialize, JsonSchema)]
struct Row {
    gate: String,
    outcome: String,
    reason: String,
    message: String,
    /// Where the effective mode differs from the gate's own actions: mode, and where it was said.
    #[serde(skip_serializing_if = "Option::is_none")]
    mode: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    would_have: Option<String>,
    /// Who answers for it, and for how many days yet.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    waived: Vec<String>,
    /// Evidence that nearly counted.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    near_misses: Vec<String>,
}

/// A member, or null.
fn at<'a>(value: &'a Value, name: &str) -> &'a Value {
    value.get(name).unwrap_or(&Value::Null)
}

fn text(value: &Value, name: &str) -> String {
    clip(at(value, name).as_str().unwrap_or_default(), MAX_TEXT)
}

fn list<'a>(value: &'a Value, name: &str) -> impl Iterator<Item = &'a Value> {
    at(value, name).as_array().into_iter().flatten()
}

impl Row {
    fn new(row: &Value, shown: usize, left_out: &mut usize) -> Self {
        let miss = |it: &Value| {
            format!(
                "{} {}: {} wanted, {} seen",
                text(it, "code"),
                text(it, "field"),
                text(it, "expected"),
                text(it, "seen")
            )
        };
        let mut near_misses: Vec<_> = list(row, "near_misses").chain(list(row, "refused_waivers")).map(miss).collect();
        *left_out += cut(&mut near_misses, shown);
        let mode = at(row, "mode").as_str().map(|mode| format!("{mode} ({})", text(row, "mode_source")));
        let waived = |it: &Value| {
            format!("{}: {} ({} days)", text(it, "approver"), text(it, "reason"), at(it, "lapses_in_days"))
        };
        Self {
            gate: text(row, "gate"),
            outcome: text(row, "outcome"),
            reason: text(row, "reason"),
            message: text(row, "message"),
            would_have: Some(text(row, "would_have")).filter(|it| *it != text(row, "outcome")),
            mode,
            waived: list(row, "waived").take(shown).map(waived).collect(),
            near_misses,
        }
    }
}

impl Answer {
    fn new(reply: &ReleaseReply, shown: usize) -> Self {
        let none = Value::Null;
        let view = reply.released.as_ref().map_or(&none, |it| &it.view);
        let (on, off): (Vec<_>, Vec<_>) = list(view, "gates").partition(|row| at(row, "mode") != "Off");
        let mut left_out = 0;
        let gates: Vec<_> = on.iter().map(|row| Row::new(row, shown, &mut left_out)).collect();
        let warned = on.iter().filter(|row| at(row, "outcome") == "Warn");
        let action = |row: &&&Value| Some(format!("{}: {}", text(row, "gate"), at(row, "recommendation").as_str()?));
        let decided_by = at(view, "decided_by").as_str().map(str::to_owned);
        let decisive = on.iter().find(|row| at(row, "gate").as_str() == decided_by.as_deref());
        let gap = reply.judged.gap.as_ref();
        let (reason, message) = match (gap, decisive) {
            (Some(gap), _) => (gap.code().to_owned(), clip(&gap.message(), MAX_TEXT)),
            (None, Some(row)) => (text(row, "reason"), text(row, "message")),
            (None, None) => (text(view, "reason"), "no release gate blocks".to_owned()),
        };
        Self {
            allowed: reply.is_allowed(),
            outcome: reply.judged.status,
            reason,
            message,
            explanation: reply.step.explanation(Size::Brief),
            recommendations: warned.filter_map(|row| action(&row)).collect(),
            decided_by,
            gates,
            off: off.iter().map(|row| text(row, "gate")).collect(),
            if_verified: at(at(view, "if_verified"), "outcome").as_str().map(str::to_owned),
            policy: at(view, "policy").as_str().map(str::to_owned),
            policy_digest: reply.released.as_ref().map(|it| it.record.policy_digest),
            relaxations: reply.step.relaxations.clone(),
            run_id: reply.step.state.run.clone(),
            left_out,
        }
    }
}

impl Summary for Answer {
    fn text(&self) -> String {
        let word = if self.allowed { "allowed" } else { "NOT allowed" };
        let outcome = self.outcome.word();
        let mut text = format!("{word} ({outcome}): {} ({}); run {}", self.message, self.reason, self.run_id);
        for row in &self.gates {
            text.push_str(&format!("\n{} {}: {}", row.gate, row.outcome, row.message));
        }
        for line in self.explanation.iter().flat_map(|it| it.next_actions.lines()) {
            text.push_str(&format!("\n{line}"));
        }
        for warned in &self.recommendations {
            text.push_str(&format!("\nwarned: {warned}"));
        }
        text
    }
}

impl Tool for ReleaseEvaluate {
    type Arguments = Arguments;
    type Answer = Answer;

    const CARD: Card = Card {
        name: "release_evaluate",
        title: "Evaluate a release",
        description: "May this artifact be released? Asks all release gates; recorded as a run.",
        hints: Hints::APPENDS,
        profiles: Profile::ALL,
    };

    async fn call(&self, context: &CallContext, arguments: Arguments) -> Result<Answer, ToolError> {
        let tenant = arguments.tenant.as_ref().map(|name| tenant(context, name)).transpose()?;
        let asked = asked(&arguments)?;
        let request = ReleaseRequest {
            subject: subject(&arguments.subject, "/subject")?,
            environment: arguments.environment,
            policy: arguments.policy,
            asked,
            run_id: None,
            time: None,
        };
        let caller = caller(context, tenant, None);
        let reply = context.app().orchestrator().release(&caller, &request).await?;
        Ok(fitting(|shown| Answer::new(&reply, shown)))
    }
}

/// What the caller says, read as the trigger's payload is.
fn asked(arguments: &Arguments) -> Result<Asked, ToolError> {
    let mut payload = Map::new();
    if let Some(status) = arguments.requested_status {
        payload.insert("requested_status".to_owned(), status.word().into());
    }
    if let Some(metadata) = &arguments.metadata {
        payload.insert("metadata".to_owned(), Value::Object(metadata.clone()));
    }
    Asked::of_payload(&Value::Object(payload)).map_err(|fault| {
        let hint = "`metadata` has texts, numbers, true and false by the gates' metadata keys";
        ToolError::new("invalid_arguments", fault.message, hint).with("path", "/metadata")
    })
}
