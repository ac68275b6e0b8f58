//! `schemas_register`: a data shape becomes known, for good.

use decision_gate_core::name::{NamespaceId, SchemaId, SchemaVersion, TenantId};
use decision_gate_runtime::RegisterRequest;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::data_shape::DataShapeItem;
use super::shared::caller;
use super::{CallContext, Card, Hints, Profile, Summary, Tool, ToolError};

/// `schemas_register`.
pub(super) struct SchemasRegister;

/// What it takes.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Arguments {
    /// Which.
    schema_id: SchemaId,
    /// Its version.
    version: SchemaVersion,
    /// JSON Schema 2020-12 of a payload: one typed property per condition id; references only within it.
    schema: Map<String, Value>,
    /// What it is for.
    #[serde(default)]
    description: Option<String>,
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
    /// What is known now.
    #[serde(flatten)]
    item: DataShapeItem,
}

impl Summary for Answer {
    fn text(&self) -> String {
        format!("schema {}", self.item.line())
    }
}

impl Tool for SchemasRegister {
    type Arguments = Arguments;
    type Answer = Answer;

    const CARD: Card = Card {
        name: "schemas_register",
        title: "Register a data shape",
        description: "Register a version of a data shape, which precheck can check payloads by. It never changes.",
        hints: Hints::APPENDS_ONCE,
        profiles: &[Profile::Full],
    };

    async fn call(&self, context: &CallContext, arguments: Arguments) -> Result<Answer, ToolError> {
        let caller = caller(context, arguments.tenant_id, arguments.namespace_id);
        let request = RegisterRequest {
            schema_id: arguments.schema_id,
            version: arguments.version,
            description: arguments.description,
            schema: Value::Object(arguments.schema),
        };
        let view = context.app().orchestrator().register_schema(&caller, &request).await?;
        Ok(Answer { item: view.line.into() })
    }
}
