//! What a provider's answers must bring: nothing, or a signature that is bound to something.
//!
//! `audit` accepts the absence of a signature and nothing else: one that is there and fails is refused under either.

use std::collections::BTreeSet;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::keys::KeyId;

/// What a provider's answers must bring.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ProviderTrust {
    /// Nothing.
    Audit,
    /// A signature.
    RequireSignature(SignatureRequirement),
}

/// Which signatures are good enough.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SignatureRequirement {
    /// The keys that may sign; each is also judged by what the keyring says of it.
    pub keys: BTreeSet<KeyId>,
    /// What the signature must be bound to.
    pub binding: Binding,
}

/// What a signature is bound to. Ordered: each binds more than the one before.
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
    /// The word on the wire.
    pub fn word(self) -> &'static str {
        match self {
            Self::Value => "value",
            Self::Query => "query",
            Self::Run => "run",
        }
    }
}

impl ProviderTrust {
    /// What a snapshot that does not say means.
    pub(crate) fn unsaid() -> Self {
        Self::Audit
    }

    /// Whether no signature is asked for.
    pub fn is_audit(&self) -> bool {
        matches!(self, Self::Audit)
    }

    /// What is asked for, if anything.
    pub fn requirement(&self) -> Option<&SignatureRequirement> {
        match self {
            Self::Audit => None,
            Self::RequireSignature(requirement) => Some(requirement),
        }
    }
}
