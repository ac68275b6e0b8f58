//! `scenario_define`: a draft becomes known.

use decision_gate_core::digest::Digest;
use decision_gate_core::name::{ScenarioId, TenantId};
use decision_gate_core::scenario::{Origin, Warning};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::shared::caller;
use super::{CallContext, Card, Hints, Profile, Summary, Tool, ToolError};

/// `scenario_define`.
pub(super) struct ScenarioDefine;

/// What it takes.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Arguments {
    /// The scenario: scenario_id, stages[{stage_id, gates[{gate_id, requirement}], advance_to}], conditions[{condition_id, query{provider_id, check_id, params}, comparator, expected}].
    spec: Map<String, Value>,
    /// Default: the first.
    #[serde(default)]
    tenant_id: Option<TenantId>,
}

/// What it gives.
#[derive(Serialize, JsonSchema)]
pub(super) struct Answer {
    /// Which scenario.
    scenario_id: ScenarioId,
    /// Digest of the expanded spec.
    spec_hash: Digest,
    /// `draft`: a caller wrote it.
    origin: Origin,
    /// Order of definition, from 1.
    version: u64,
    /// Worth a second look.
    warnings: Vec<Warning>,
}

impl Summary for Answer {
    fn text(&self) -> String {
        let mut text = format!(
            "scenario {} defined as {} version {}, spec {}",
            self.scenario_id,
            self.origin.word(),
            self.version,
            self.spec_hash
        );
        for warning in &self.warnings {
            text.push_str(&format!("\nwarning {}: {}", warning.path, warning.message));
        }
        text
    }
}

impl Tool for ScenarioDefine {
    type Arguments = Arguments;
    type Answer = Answer;

    const CARD: Card = Card {
        name: "scenario_define",
        title: "Define a scenario",
        description: "Define a draft scenario, or a new version of one. Runs that have started keep their version.",
        hints: Hints::APPENDS_ONCE,
        profiles: &[Profile::Ci, Profile::Full],
    };

    async fn call(&self, context: &CallContext, arguments: Arguments) -> Result<Answer, ToolError> {
        let caller = caller(context, arguments.tenant_id, None);
        let defined = context.app().orchestrator().define(&caller, &Value::Object(arguments.spec)).await?;
        Ok(Answer {
            scenario_id: defined.scenario_id,
            spec_hash: defined.spec_hash,
            origin: defined.origin,
            version: defined.version,
            warnings: defined.warnings,
        })
    }
}
