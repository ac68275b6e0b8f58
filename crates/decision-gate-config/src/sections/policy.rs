//! `policy`: who may be sent which packet.
//!
//! Keys and meaning are the public project's: the first rule whose matchers all hold decides. It is asked once
//! for each target that a packet is sent to.

use decision_gate_core::name::{PacketId, ScenarioId, StageId};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Checks, Section};
use crate::error::Fault;

/// Who may be sent which packet.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Policy {
    /// How it is decided.
    pub engine: PolicyEngine,
    /// The rules of the engine `static`.
    #[serde(rename = "static")]
    pub rules: Option<StaticPolicy>,
}

impl Default for Policy {
    fn default() -> Self {
        Self { engine: PolicyEngine::PermitAll, rules: None }
    }
}

/// How it is decided whether a packet may be sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum PolicyEngine {
    /// Every packet may be sent.
    PermitAll,
    /// None may.
    DenyAll,
    /// By the rules under `policy.static`.
    Static,
}

impl PolicyEngine {
    fn word(self) -> &'static str {
        match self {
            Self::PermitAll => "permit_all",
            Self::DenyAll => "deny_all",
            Self::Static => "static",
        }
    }
}

/// Rules, and what holds when none of them matches.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct StaticPolicy {
    /// What holds when no rule matches.
    pub default: DefaultEffect,
    /// Tried in order; the first that matches decides.
    pub rules: Vec<PolicyRule>,
}

impl Default for StaticPolicy {
    fn default() -> Self {
        Self { default: DefaultEffect::Deny, rules: Vec::new() }
    }
}

/// What holds when no rule matches.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum DefaultEffect {
    /// The packet is sent.
    Permit,
    /// It is not.
    Deny,
}

/// One rule. All matchers that are given must hold, and at least one must be given.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PolicyRule {
    /// What holds when the rule matches.
    pub effect: Effect,
    /// What is said when the effect is `error`.
    pub error_message: Option<String>,
    /// Any of these kinds of target.
    #[serde(default)]
    pub target_kinds: Vec<TargetKind>,
    /// Any of these targets.
    #[serde(default)]
    pub targets: Vec<Target>,
    /// All of these visibility labels.
    #[serde(default)]
    pub require_labels: Vec<String>,
    /// None of these visibility labels.
    #[serde(default)]
    pub forbid_labels: Vec<String>,
    /// All of these policy tags.
    #[serde(default)]
    pub require_policy_tags: Vec<String>,
    /// None of these policy tags.
    #[serde(default)]
    pub forbid_policy_tags: Vec<String>,
    /// Any of these content types.
    #[serde(default)]
    pub content_types: Vec<String>,
    /// Any of these schemas.
    #[serde(default)]
    pub schema_ids: Vec<String>,
    /// Any of these packets.
    #[serde(default)]
    pub packet_ids: Vec<PacketId>,
    /// Any of these stages.
    #[serde(default)]
    pub stage_ids: Vec<StageId>,
    /// Any of these scenarios.
    #[serde(default)]
    pub scenario_ids: Vec<ScenarioId>,
}

/// What holds when a rule matches.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Effect {
    /// The packet is sent.
    Permit,
    /// It is not.
    Deny,
    /// It is not, and the run fails with the message.
    Error,
}

impl Effect {
    fn word(self) -> &'static str {
        match self {
            Self::Permit => "permit",
            Self::Deny => "deny",
            Self::Error => "error",
        }
    }
}

/// A kind of target.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum TargetKind {
    /// An agent.
    Agent,
    /// A session.
    Session,
    /// A channel.
    Channel,
    /// A system outside.
    External,
}

impl TargetKind {
    fn word(self) -> &'static str {
        match self {
            Self::Agent => "agent",
            Self::Session => "session",
            Self::Channel => "channel",
            Self::External => "external",
        }
    }
}

/// One target: `target_id` for agents, sessions and channels, `system` and `target` for external ones.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(extend(
    "if" = { "properties": { "target_kind": { "const": "external" } } },
    "then" = { "required": ["system", "target"] },
    "else" = { "required": ["target_id"] },
))]
pub struct Target {
    /// Its kind.
    pub target_kind: TargetKind,
    /// Its id.
    pub target_id: Option<String>,
    /// The external system.
    pub system: Option<String>,
    /// The target in that system.
    pub target: Option<String>,
}

const MATCHERS: [&str; 11] = [
    "target_kinds",
    "targets",
    "require_labels",
    "forbid_labels",
    "require_policy_tags",
    "forbid_policy_tags",
    "content_types",
    "schema_ids",
    "packet_ids",
    "stage_ids",
    "scenario_ids",
];

impl PolicyRule {
    fn has_matcher(&self) -> bool {
        let texts = [
            &self.require_labels,
            &self.forbid_labels,
            &self.require_policy_tags,
            &self.forbid_policy_tags,
            &self.content_types,
            &self.schema_ids,
        ];
        texts.iter().any(|list| !list.is_empty())
            || !self.target_kinds.is_empty()
            || !self.targets.is_empty()
            || !self.packet_ids.is_empty()
            || !self.stage_ids.is_empty()
            || !self.scenario_ids.is_empty()
    }

    fn check(&self, checks: &mut Checks) {
        if !self.has_matcher() {
            let keys = MATCHERS.iter().map(|key| (*key).to_owned()).collect();
            checks.report(Fault::MissingOneOf { keys });
        }
        if self.error_message.is_some() && self.effect != Effect::Error {
            let other = format!("effect = \"{}\"", self.effect.word());
            checks.key("error_message", |it| it.report(Fault::Conflict { this: "error_message".to_owned(), other }));
        }
        checks.key("targets", |checks| checks.items(&self.targets, |checks, target| target.check(checks)));
    }
}

impl Target {
    fn check(&self, checks: &mut Checks) {
        let keys = [("target_id", &self.target_id), ("system", &self.system), ("target", &self.target)];
        for (key, value) in keys {
            let wanted = (self.target_kind == TargetKind::External) == (key != "target_id");
            if wanted && value.as_deref().unwrap_or_default().is_empty() {
                checks.report(Fault::MissingKey { key: key.to_owned() });
            } else if !wanted && value.is_some() {
                let other = format!("target_kind = \"{}\"", self.target_kind.word());
                checks.key(key, |it| it.report(Fault::Conflict { this: key.to_owned(), other }));
            }
        }
    }
}

impl Section for Policy {
    fn check(&self, checks: &mut Checks) {
        let Some(policy) = &self.rules else { return };
        checks.key("static", |checks| {
            if self.engine != PolicyEngine::Static {
                let other = format!("policy.engine = \"{}\"", self.engine.word());
                checks.report(Fault::Conflict { this: "policy.static".to_owned(), other });
            }
            checks.key("rules", |checks| checks.items(&policy.rules, |checks, rule| rule.check(checks)));
        });
    }
}
