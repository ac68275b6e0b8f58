//! `trust`: how good evidence must be to count.

use std::collections::BTreeMap;

use decision_gate_core::name::ProviderId;
use decision_gate_core::trust::Lane;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Section;

/// How good evidence must be to count.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Trust {
    /// The least lane that counts. Scenarios can only tighten it.
    pub trust_requirement: Lane,
    /// The least lane that counts, by provider; it can only tighten `trust_requirement`.
    pub provider_trust_overrides: BTreeMap<ProviderId, Lane>,
    /// What a provider's answer must bring, unless the provider has a policy of its own.
    pub default_policy: TrustPolicy,
}

impl Default for Trust {
    fn default() -> Self {
        Self {
            trust_requirement: Lane::Verified,
            provider_trust_overrides: BTreeMap::new(),
            default_policy: TrustPolicy::Audit,
        }
    }
}

impl Section for Trust {}

/// What a provider's answer must bring.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum TrustPolicy {
    /// Nothing; a signature that is there and fails is refused all the same.
    Audit,
    /// A signature by one of the keys.
    RequireSignature(RequireSignature),
}

/// Which signatures are good enough.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RequireSignature {
    /// Ids of the keys that may sign.
    pub keys: Vec<String>,
    /// What the signature must be bound to.
    #[serde(default = "Binding::default_binding")]
    pub binding: Binding,
}

/// What a signature must be bound to. Ordered: each binds more than the one before.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Binding {
    /// The value alone; such a signature fits any question with the same answer.
    Value,
    /// The question; it may be kept until it expires.
    Query,
    /// The run.
    Run,
}

impl Binding {
    fn default_binding() -> Self {
        Self::Query
    }
}
