//! The written form of a scenario (`reference/payloads.md` 1.2), with short forms.
//!
//! What may be left out has one meaning, and hashes as what it stands for. `expected` is null exactly for `exists`
//! and `not_exists`; elsewhere null is a value (DESIGN P26).

use schemars::JsonSchema;
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::Value;

use super::packets::PacketPayload;
use super::stage::StageSpec;
use super::written;
use crate::at::Timestamp;
use crate::condition::Comparator;
use crate::evidence::Query;
use crate::gate::Requirement;
use crate::name::{ConditionId, GateId, NamespaceId, PacketId, ScenarioId, TenantId};
use crate::trust::TrustRequirement;

/// A scenario as written.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ScenarioSpec {
    /// Its name.
    pub scenario_id: ScenarioId,
    /// Its shelf; 1 when left out.
    #[serde(default = "first_namespace")]
    pub namespace_id: NamespaceId,
    /// The author's version; `"1"` when left out.
    #[serde(default = "first_version")]
    pub spec_version: String,
    /// In order; a run starts at the first.
    pub stages: Vec<StageSpec>,
    /// What gates refer to: a list, or conditions by id, each of which may be one line.
    #[serde(deserialize_with = "written::conditions")]
    #[schemars(with = "written::WrittenConditions")]
    pub conditions: Vec<ConditionSpec>,
    /// For the author's records.
    #[serde(default)]
    pub policies: Vec<PolicyRef>,
    /// For the author's records.
    #[serde(default)]
    pub schemas: Vec<SchemaRef>,
    /// When set, only this tenant may start runs.
    #[serde(default)]
    pub default_tenant_id: Option<TenantId>,
}

fn first_namespace() -> NamespaceId {
    NamespaceId::FIRST
}

fn first_version() -> String {
    "1".to_owned()
}

/// A gate of a stage.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct GateSpec {
    /// Its name.
    pub gate_id: GateId,
    /// What must hold.
    pub requirement: Requirement,
    /// A stricter lane for every condition of this gate.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub trust: Option<TrustRequirement>,
}

/// A condition: one question, and what its answer is compared with.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ConditionSpec {
    /// Its name.
    pub condition_id: ConditionId,
    /// The question.
    pub query: Query,
    /// How to compare.
    pub comparator: Comparator,
    /// What to compare with.
    #[serde(default)]
    pub expected: Expected,
    /// For the author's records.
    #[serde(default)]
    pub policy_tags: Vec<String>,
    /// A stricter lane for this condition.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub trust: Option<TrustRequirement>,
}

/// What a condition is compared with: left out, or a value, which may be null.
#[derive(Clone, Debug, Default, PartialEq, Eq, JsonSchema)]
#[schemars(with = "Value")]
pub struct Expected(Option<Value>);

impl Expected {
    /// The value, unless it was left out.
    pub fn given(&self) -> Option<&Value> {
        self.0.as_ref()
    }

    /// The value; null when it was left out.
    pub fn value(&self) -> &Value {
        self.0.as_ref().unwrap_or(&Value::Null)
    }
}

impl From<Value> for Expected {
    fn from(value: Value) -> Self {
        Self(Some(value))
    }
}

impl Serialize for Expected {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.value().serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Expected {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Value::deserialize(deserializer).map(Some).map(Self)
    }
}

/// A packet that is issued when its stage is entered.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PacketSpec {
    /// Its name.
    pub packet_id: PacketId,
    /// What its payload looks like, for the receiver.
    pub schema_id: String,
    /// Media type of the payload.
    pub content_type: String,
    /// Who may see it.
    #[serde(default)]
    pub visibility_labels: Vec<String>,
    /// Matched by the packet policy.
    #[serde(default)]
    pub policy_tags: Vec<String>,
    /// Until when it is valid.
    #[serde(default)]
    pub expiry: Option<Timestamp>,
    /// What is handed over.
    pub payload: PacketPayload,
}

/// A policy that the author refers to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PolicyRef {
    /// Its name.
    pub policy_id: String,
    /// What it is about.
    #[serde(default)]
    pub description: Option<String>,
}

/// A schema that the author refers to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SchemaRef {
    /// Its name.
    pub schema_id: String,
    /// Its version.
    #[serde(default)]
    pub version: Option<String>,
    /// Where it lies.
    #[serde(default)]
    pub uri: Option<String>,
}
