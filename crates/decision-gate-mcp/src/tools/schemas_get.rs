//! `schemas_get`: one data shape with its schema.

use decision_gate_core::name::{NamespaceId, SchemaId, SchemaVersion, TenantId};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::data_shape::DataShapeItem;
use super::shared::caller;
use super::{CallContext, Card, Hints, Profile, Summary, Tool, ToolError};

/// `schemas_get`.
pub(super) struct SchemasGet;

/// What it takes.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Arguments {
    /// Which.
    schema_id: SchemaId,
    /// Its version.
    version: SchemaVersion,
    /// Default 1.
    #[serde(default)]
    namespace_id: Option<NamespaceId>,
    /// Default: the first.
    #[serde(default)]
    tenant_id: Option<TenantId>,
}

/// What it gives.
#[derive(Serialize, JsonSchema)]
pub(super) struct Answer {
    /// What it is called.
    #[serde(flatten)]
    item: DataShapeItem,
    /// The schema.
    schema: Value,
}

impl Summary for Answer {
    fn text(&self) -> String {
        format!("schema {}\n{}", self.item.line(), self.schema)
    }
}

impl Tool for SchemasGet {
    type Arguments = Arguments;
    type Answer = Answer;

    const CARD: Card = Card {
        name: "schemas_get",
        title: "Show a data shape",
        description: "Show one data shape with its schema.",
        hints: Hints::READS,
        profiles: &[Profile::Ci, Profile::Full],
    };

    async fn call(&self, context: &CallContext, arguments: Arguments) -> Result<Answer, ToolError> {
        let caller = caller(context, arguments.tenant_id, arguments.namespace_id);
        let gate = context.app().orchestrator();
        let view = gate.schema(&caller, &arguments.schema_id, &arguments.version).await?;
        Ok(Answer { item: view.line.into(), schema: view.shape.schema().clone() })
    }
}
