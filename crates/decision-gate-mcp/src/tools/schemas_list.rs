//! `schemas_list`: what payloads can be checked by.

use decision_gate_core::name::{NamespaceId, SchemaId, SchemaVersion, TenantId};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::data_shape::{DataShapeItem, DataShapeName};
use super::page::Page;
use super::shared::caller;
use super::{CallContext, Card, Hints, Profile, Summary, Tool, ToolError};

/// `schemas_list`.
pub(super) struct SchemasList;

/// What it takes.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Arguments {
    /// next_cursor of the page before.
    #[serde(default)]
    #[schemars(with = "Option<serde_json::Map<String, serde_json::Value>>")]
    cursor: Option<DataShapeName>,
    /// 1-200, default 20.
    #[serde(default)]
    limit: Option<usize>,
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
    /// By id and version.
    items: Vec<DataShapeItem>,
    /// Where the next page begins; left out on the last.
    #[serde(skip_serializing_if = "Option::is_none")]
    next_cursor: Option<DataShapeName>,
}

impl Summary for Answer {
    fn text(&self) -> String {
        if self.items.is_empty() {
            return "no schemas are registered".into();
        }
        let mut lines: Vec<_> = self.items.iter().map(DataShapeItem::line).collect();
        if let Some(cursor) = &self.next_cursor {
            lines.push(format!("more after {} version {}", cursor.schema_id, cursor.version));
        }
        lines.join("\n")
    }
}

impl Tool for SchemasList {
    type Arguments = Arguments;
    type Answer = Answer;

    const CARD: Card = Card {
        name: "schemas_list",
        title: "List data shapes",
        description: "List the data shapes that precheck can check payloads by.",
        hints: Hints::READS,
        profiles: &[Profile::Ci, Profile::Full],
    };

    async fn call(&self, context: &CallContext, arguments: Arguments) -> Result<Answer, ToolError> {
        let page = Page::of(arguments.limit)?;
        let caller = caller(context, arguments.tenant_id, arguments.namespace_id);
        let after = arguments.cursor.as_ref().map(|it| (&it.schema_id, &it.version));
        let listed = context.app().orchestrator().schemas(&caller, after, page.ask()).await?;
        let name = |it: &decision_gate_runtime::SchemaLine| {
            let (schema_id, version): (SchemaId, SchemaVersion) = (it.schema_id.clone(), it.version.clone());
            DataShapeName { schema_id, version }
        };
        let (listed, next_cursor) = page.cut(listed, name);
        Ok(Answer { items: listed.into_iter().map(DataShapeItem::from).collect(), next_cursor })
    }
}
