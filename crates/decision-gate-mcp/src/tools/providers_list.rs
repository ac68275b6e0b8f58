//! `providers_list`: who can be asked what.

use decision_gate_core::name::{CheckId, ProviderId};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{CallContext, Card, Hints, Profile, Summary, Tool, ToolError};

/// `providers_list`.
pub(super) struct ProvidersList;

/// It takes nothing.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Arguments {}

/// One provider.
#[derive(Serialize, JsonSchema)]
pub(super) struct Item {
    /// Its id.
    provider_id: ProviderId,
    /// `builtin` or `mcp`.
    transport: String,
    /// What it can be asked.
    checks: Vec<CheckId>,
}

/// What it gives.
#[derive(Serialize, JsonSchema)]
pub(super) struct Answer {
    /// By id.
    providers: Vec<Item>,
}

impl Summary for Answer {
    fn text(&self) -> String {
        let checks = |it: &Item| it.checks.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
        let line = |it: &Item| format!("{} ({}): {}", it.provider_id, it.transport, checks(it));
        self.providers.iter().map(line).collect::<Vec<_>>().join("\n")
    }
}

impl Tool for ProvidersList {
    type Arguments = Arguments;
    type Answer = Answer;

    const CARD: Card = Card {
        name: "providers_list",
        title: "List providers",
        description: "List the evidence providers and their checks. provider_contract_get has parameters and results.",
        hints: Hints::READS,
        profiles: Profile::ALL,
    };

    async fn call(&self, context: &CallContext, _: Arguments) -> Result<Answer, ToolError> {
        let contracts = context.app().orchestrator().contracts();
        let item = |contract: &decision_gate_core::contract::ProviderContract| {
            let mut checks: Vec<_> = contract.checks.iter().map(|check| check.check_id.clone()).collect();
            checks.sort();
            Item { provider_id: contract.provider_id.clone(), transport: contract.transport.clone(), checks }
        };
        Ok(Answer { providers: contracts.iter().map(item).collect() })
    }
}
