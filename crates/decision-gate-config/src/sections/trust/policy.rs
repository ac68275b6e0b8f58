//! What an answer must bring: nothing, or a signature.

use decision_gate_core::keys::KeyId;
use decision_gate_core::trust::{Binding, ProviderTrust, SignatureRequirement};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::TrustKey;
use crate::error::Fault;
use crate::sections::Checks;

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
    /// Ids of the keys under `trust.keys` that may sign.
    pub keys: Vec<KeyId>,
    /// What the signature must be bound to.
    #[serde(default = "question")]
    pub binding: Binding,
}

/// A signature that fits any question with the same answer is only taken where somebody writes that down.
fn question() -> Binding {
    Binding::Query
}

impl TrustPolicy {
    /// The policy as evidence is judged by it.
    pub fn policy(&self) -> ProviderTrust {
        match self {
            Self::Audit => ProviderTrust::Audit,
            Self::RequireSignature(required) => ProviderTrust::RequireSignature(SignatureRequirement {
                keys: required.keys.iter().cloned().collect(),
                binding: required.binding,
            }),
        }
    }

    /// Notes every key that there is not: a policy that names one would refuse everything, or after a typing mistake
    /// all but a few.
    pub(crate) fn check_keys(&self, known: &[TrustKey], checks: &mut Checks) {
        let Self::RequireSignature(required) = self else { return };
        checks.key("require_signature", |checks| {
            checks.key("keys", |checks| {
                if required.keys.is_empty() {
                    checks.report(Fault::Grammar { problem: "`require_signature` needs at least one key".to_owned() });
                }
                checks.items(&required.keys, |checks, key_id| {
                    if !known.iter().any(|key| key.key_id == *key_id) {
                        let known = known.iter().map(|key| key.key_id.to_string()).collect();
                        checks.report(Fault::UnknownName {
                            what: "key under `trust.keys`",
                            name: key_id.to_string(),
                            known,
                        });
                    }
                });
            });
        });
    }
}
