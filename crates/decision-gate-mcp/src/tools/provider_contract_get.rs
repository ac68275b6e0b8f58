//! `provider_contract_get`: what a provider promises.

use decision_gate_core::contract::ProviderContract;
use decision_gate_core::digest::Digest;
use decision_gate_core::name::ProviderId;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{CallContext, Card, Hints, Profile, Summary, Tool, ToolError};

/// `provider_contract_get`.
pub(super) struct ProviderContractGet;

/// What it takes.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Arguments {
    /// Which provider.
    provider_id: ProviderId,
}

/// What it gives.
#[derive(Serialize, JsonSchema)]
pub(super) struct Answer {
    /// Which provider.
    provider_id: ProviderId,
    /// The contract.
    contract: ProviderContract,
    /// Digest of its canonical JSON.
    contract_hash: Digest,
    /// `builtin` or `file`.
    source: String,
}

impl Summary for Answer {
    fn text(&self) -> String {
        let mut text = format!("{}: {}", self.contract.name, self.contract.description);
        for check in &self.contract.checks {
            let words: Vec<_> = check.allowed_comparators.iter().map(ToString::to_string).collect();
            text.push_str(&format!("\n{}: {} [{}]", check.check_id, check.description, words.join(" ")));
        }
        text
    }
}

impl Tool for ProviderContractGet {
    type Arguments = Arguments;
    type Answer = Answer;

    const CARD: Card = Card {
        name: "provider_contract_get",
        title: "Get a provider's contract",
        description: "A provider's checks with parameters, results, comparators and anchors.",
        hints: Hints::READS,
        profiles: Profile::ALL,
    };

    async fn call(&self, context: &CallContext, arguments: Arguments) -> Result<Answer, ToolError> {
        let contract = contract(context, &arguments.provider_id)?;
        Ok(Answer {
            provider_id: arguments.provider_id,
            contract_hash: contract.digest(),
            source: contract.transport.clone(),
            contract: contract.clone(),
        })
    }
}

/// The contract of a configured provider.
pub(super) fn contract<'a>(context: &'a CallContext, id: &ProviderId) -> Result<&'a ProviderContract, ToolError> {
    let contracts = context.app().orchestrator().contracts();
    contracts.get(id).ok_or_else(|| {
        let known: Vec<_> = contracts.iter().map(|it| it.provider_id.to_string()).collect();
        let hint = format!("configured are {}", known.join(", "));
        ToolError::new("provider_missing", format!("no provider `{id}` is configured"), hint).with("known", known)
    })
}
