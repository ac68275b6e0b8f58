//! `scenarios_list`: what can be started.

use decision_gate_core::digest::Digest;
use decision_gate_core::name::{NamespaceId, ScenarioId, TenantId};
use decision_gate_core::scenario::Origin;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::page::Page;
use super::shared::caller;
use super::{CallContext, Card, Hints, Profile, Summary, Tool, ToolError};

/// `scenarios_list`.
pub(super) struct ScenariosList;

/// What it takes.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Arguments {
    /// next_cursor of the page before.
    #[serde(default)]
    cursor: Option<ScenarioId>,
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

/// One scenario.
#[derive(Serialize, JsonSchema)]
pub(super) struct Item {
    /// Which.
    scenario_id: ScenarioId,
    /// Its current version.
    spec_hash: Digest,
    /// Who wrote that.
    origin: Origin,
    /// How many versions there are.
    versions: u64,
}

/// What it gives.
#[derive(Serialize, JsonSchema)]
pub(super) struct Answer {
    /// By id.
    items: Vec<Item>,
    /// Where the next page begins; left out on the last.
    #[serde(skip_serializing_if = "Option::is_none")]
    next_cursor: Option<ScenarioId>,
}

impl Summary for Answer {
    fn text(&self) -> String {
        if self.items.is_empty() {
            return "no scenarios are defined".into();
        }
        let line = |it: &Item| {
            format!("{} ({}, {} versions, spec {})", it.scenario_id, it.origin.word(), it.versions, it.spec_hash)
        };
        let mut lines: Vec<_> = self.items.iter().map(line).collect();
        if let Some(cursor) = &self.next_cursor {
            lines.push(format!("more after {cursor}"));
        }
        lines.join("\n")
    }
}

impl Tool for ScenariosList {
    type Arguments = Arguments;
    type Answer = Answer;

    const CARD: Card = Card {
        name: "scenarios_list",
        title: "List scenarios",
        description: "List the scenarios that can be started.",
        hints: Hints::READS,
        profiles: Profile::ALL,
    };

    async fn call(&self, context: &CallContext, arguments: Arguments) -> Result<Answer, ToolError> {
        let page = Page::of(arguments.limit)?;
        let caller = caller(context, arguments.tenant_id, arguments.namespace_id);
        let gate = context.app().orchestrator();
        let listed = gate.scenarios(&caller, arguments.cursor.as_ref(), page.ask()).await?;
        let (listed, next_cursor) = page.cut(listed, |it| it.scenario_id.clone());
        let item = |it: decision_gate_runtime::ports::ScenarioListing| Item {
            scenario_id: it.scenario_id,
            spec_hash: it.spec_hash,
            origin: it.origin,
            versions: it.versions,
        };
        Ok(Answer { items: listed.into_iter().map(item).collect(), next_cursor })
    }
}
