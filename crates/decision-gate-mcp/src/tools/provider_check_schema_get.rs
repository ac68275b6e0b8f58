//! `provider_check_schema_get`: one check of a provider.

use decision_gate_core::contract::CheckContract;
use decision_gate_core::digest::Digest;
use decision_gate_core::name::{CheckId, ProviderId};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::provider_contract_get::contract;
use super::{CallContext, Card, Hints, Profile, Summary, Tool, ToolError};

/// `provider_check_schema_get`.
pub(super) struct ProviderCheckSchemaGet;

/// What it takes.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Arguments {
    /// Which provider.
    provider_id: ProviderId,
    /// Which of its checks.
    check_id: CheckId,
}

/// What it gives.
#[derive(Serialize, JsonSchema)]
pub(super) struct Answer {
    /// Which provider.
    provider_id: ProviderId,
    /// The check.
    #[serde(flatten)]
    check: CheckContract,
    /// Digest of the provider's contract.
    contract_hash: Digest,
}

impl Summary for Answer {
    fn text(&self) -> String {
        let words: Vec<_> = self.check.allowed_comparators.iter().map(ToString::to_string).collect();
        let needed = if self.check.params_required { "parameters needed" } else { "no parameters needed" };
        format!(
            "{}.{}: {}\n{needed}; comparators: {}",
            self.provider_id,
            self.check.check_id,
            self.check.description,
            words.join(" ")
        )
    }
}

impl Tool for ProviderCheckSchemaGet {
    type Arguments = Arguments;
    type Answer = Answer;

    const CARD: Card = Card {
        name: "provider_check_schema_get",
        title: "Get one check of a provider",
        description: "Parameter and result schema of one check, with its comparators.",
        hints: Hints::READS,
        profiles: &[Profile::Full],
    };

    async fn call(&self, context: &CallContext, arguments: Arguments) -> Result<Answer, ToolError> {
        let contract = contract(context, &arguments.provider_id)?;
        let check = contract.check(&arguments.check_id).ok_or_else(|| {
            let known: Vec<_> = contract.checks.iter().map(|it| it.check_id.to_string()).collect();
            let message = format!("provider `{}` has no check `{}`", arguments.provider_id, arguments.check_id);
            ToolError::new("check_missing", message, format!("it has {}", known.join(", "))).with("known", known)
        })?;
        Ok(Answer { provider_id: arguments.provider_id, check: check.clone(), contract_hash: contract.digest() })
    }
}
