//! Entry packets, whom they go to, and the policy that may refuse to issue them (`reference/payloads.md` 1.6, 7.1).

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::spec::PacketSpec;
use crate::digest::Digest;
use crate::json::canonical;
use crate::name::{ScenarioId, StageId};

/// What a packet, a trigger or a submission carries.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub enum PacketPayload {
    /// JSON.
    Json {
        /// The value.
        value: Value,
    },
    /// Raw bytes.
    Bytes {
        /// The bytes.
        bytes: Vec<u8>,
    },
    /// Something that lies elsewhere.
    External {
        /// Where.
        content_ref: ContentRef,
    },
}

/// A pointer to content that lies elsewhere.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ContentRef {
    /// Where it lies.
    pub uri: String,
    /// Its digest, as the author states it.
    pub content_hash: Digest,
    /// How it is encrypted.
    #[serde(default)]
    pub encryption: Option<String>,
}

impl PacketPayload {
    /// Digest of the content: canonical JSON of the inner value, the raw bytes, or the stated digest.
    pub fn content_hash(&self) -> Digest {
        match self {
            Self::Json { value } => Digest::of(&canonical::to_vec(value)),
            Self::Bytes { bytes } => Digest::of(bytes),
            Self::External { content_ref } => content_ref.content_hash,
        }
    }

    /// Size of the content here, in bytes.
    pub fn size(&self) -> usize {
        match self {
            Self::Json { value } => canonical::to_vec(value).len(),
            Self::Bytes { bytes } => bytes.len(),
            Self::External { content_ref } => content_ref.uri.len(),
        }
    }
}

/// Whom packets go to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub enum DispatchTarget {
    /// An agent.
    Agent {
        /// Which.
        agent_id: String,
    },
    /// A session.
    Session {
        /// Which.
        session_id: String,
    },
    /// A system outside.
    External {
        /// Which.
        system: String,
        /// Where in it.
        target: String,
    },
    /// A channel.
    Channel {
        /// Which.
        channel: String,
    },
}

impl DispatchTarget {
    fn kind(&self) -> TargetKind {
        match self {
            Self::Agent { .. } => TargetKind::Agent,
            Self::Session { .. } => TargetKind::Session,
            Self::External { .. } => TargetKind::External,
            Self::Channel { .. } => TargetKind::Channel,
        }
    }

    fn is(&self, selector: &TargetSelector) -> bool {
        match self {
            Self::Agent { agent_id: id } | Self::Session { session_id: id } | Self::Channel { channel: id } => {
                self.kind() == selector.target_kind && selector.target_id.as_ref() == Some(id)
            }
            Self::External { system, target } => {
                selector.target_kind == TargetKind::External
                    && selector.system.as_ref() == Some(system)
                    && selector.target.as_ref() == Some(target)
            }
        }
    }
}

/// The kinds of [`DispatchTarget`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum TargetKind {
    /// An agent.
    Agent,
    /// A session.
    Session,
    /// A system outside.
    External,
    /// A channel.
    Channel,
}

/// One target, by name.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct TargetSelector {
    /// Its kind.
    pub target_kind: TargetKind,
    /// Its id, for agents, sessions and channels.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub target_id: Option<String>,
    /// The system, for external targets.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub system: Option<String>,
    /// The place in it, for external targets.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub target: Option<String>,
}

/// Which packets may be issued to whom. Consulted once for each target.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "engine", rename_all = "snake_case", deny_unknown_fields)]
pub enum PacketPolicy {
    /// Every packet.
    PermitAll,
    /// None.
    DenyAll,
    /// As the first matching rule says.
    Static {
        /// When no rule matches.
        default: PacketEffect,
        /// Tried in order.
        rules: Vec<PacketRule>,
    },
}

/// What a rule does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum PacketEffect {
    /// The packet is issued.
    Permit,
    /// It is not, and the run fails.
    Deny,
    /// It is not, and the run fails with the rule's message.
    Error,
}

/// A rule: every matcher that is given must hold. Lists mean any of; `require_*` all present; `forbid_*` none.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PacketRule {
    /// What it does.
    pub effect: PacketEffect,
    /// The reason, with `error`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error_message: Option<String>,
    /// Kinds of target.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub target_kinds: Vec<TargetKind>,
    /// Targets by name.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub targets: Vec<TargetSelector>,
    /// Labels that must all be there.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub require_labels: Vec<String>,
    /// Labels of which none may be there.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub forbid_labels: Vec<String>,
    /// Policy tags that must all be there.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub require_policy_tags: Vec<String>,
    /// Policy tags of which none may be there.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub forbid_policy_tags: Vec<String>,
    /// Media types.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub content_types: Vec<String>,
    /// Schema ids.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub schema_ids: Vec<String>,
    /// Packet ids.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub packet_ids: Vec<String>,
    /// Stage ids.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub stage_ids: Vec<String>,
    /// Scenario ids.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub scenario_ids: Vec<String>,
}

/// Why a packet was not issued.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PacketDenied {
    /// The policy says no.
    #[error("policy denied disclosure")]
    Policy,
    /// A rule says no in its own words.
    #[error("{message}")]
    Rule {
        /// The rule's words.
        message: String,
    },
}

impl PacketPolicy {
    /// Whether `packet` may go to `target`.
    ///
    /// # Errors
    /// [`PacketDenied`] when it may not.
    pub fn permit(
        &self,
        scenario: &ScenarioId,
        stage: &StageId,
        packet: &PacketSpec,
        target: &DispatchTarget,
    ) -> Result<(), PacketDenied> {
        let (effect, message) = match self {
            Self::PermitAll => (PacketEffect::Permit, None),
            Self::DenyAll => (PacketEffect::Deny, None),
            Self::Static { default, rules } => rules
                .iter()
                .find(|rule| rule.matches(scenario, stage, packet, target))
                .map_or((*default, None), |rule| (rule.effect, rule.error_message.clone())),
        };
        match effect {
            PacketEffect::Permit => Ok(()),
            PacketEffect::Deny => Err(PacketDenied::Policy),
            PacketEffect::Error => Err(message.map_or(PacketDenied::Policy, |message| PacketDenied::Rule { message })),
        }
    }
}

impl PacketRule {
    fn matches(&self, scenario: &ScenarioId, stage: &StageId, packet: &PacketSpec, target: &DispatchTarget) -> bool {
        let any = |list: &[String], text: &str| list.is_empty() || list.iter().any(|it| it == text);
        (self.target_kinds.is_empty() || self.target_kinds.contains(&target.kind()))
            && (self.targets.is_empty() || self.targets.iter().any(|selector| target.is(selector)))
            && self.require_labels.iter().all(|label| packet.visibility_labels.contains(label))
            && !self.forbid_labels.iter().any(|label| packet.visibility_labels.contains(label))
            && self.require_policy_tags.iter().all(|tag| packet.policy_tags.contains(tag))
            && !self.forbid_policy_tags.iter().any(|tag| packet.policy_tags.contains(tag))
            && any(&self.content_types, &packet.content_type)
            && any(&self.schema_ids, &packet.schema_id)
            && any(&self.packet_ids, packet.packet_id.as_str())
            && any(&self.stage_ids, stage.as_str())
            && any(&self.scenario_ids, scenario.as_str())
    }
}
