//! `trust`: how good evidence must be to count, and which keys may sign it.

mod key;
mod policy;

use std::collections::BTreeMap;

use decision_gate_core::name::ProviderId;
use decision_gate_core::trust::Lane;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

pub(crate) use self::key::KeyProblem;
pub use self::key::{Moment, MomentFault, TrustKey};
pub use self::policy::{RequireSignature, TrustPolicy};
use super::{Checks, Section};
use crate::key_path::KeyPath;
use crate::values::ConfigPath;

/// How good evidence must be to count.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Trust {
    /// The least lane that counts. Scenarios can only tighten it.
    pub trust_requirement: Lane,
    /// The least lane that counts, by provider; it can only tighten `trust_requirement`.
    pub provider_trust_overrides: BTreeMap<ProviderId, Lane>,
    /// What the answer of a provider outside this program must bring, unless the provider has a policy of its own.
    pub default_policy: TrustPolicy,
    /// The highest lane of evidence of a provider outside this program without a signature that is good enough.
    pub unsigned_max_lane: Lane,
    /// The keys that may sign evidence.
    pub keys: Vec<TrustKey>,
}

impl Default for Trust {
    fn default() -> Self {
        Self {
            trust_requirement: Lane::Verified,
            provider_trust_overrides: BTreeMap::new(),
            default_policy: TrustPolicy::Audit,
            unsigned_max_lane: Lane::Verified,
            keys: Vec::new(),
        }
    }
}

impl Section for Trust {
    fn check(&self, checks: &mut Checks) {
        checks.key("keys", |checks| {
            checks.unique(&self.keys, "trust.keys.key_id", "key_id", |key| key.key_id.to_string());
            checks.items(&self.keys, |checks, key| key.check(checks));
        });
        checks.key("default_policy", |checks| self.default_policy.check_keys(&self.keys, checks));
    }

    fn paths<'a>(&'a mut self, at: &KeyPath, paths: &mut Vec<(KeyPath, &'a mut ConfigPath)>) {
        let keys = at.key("keys");
        for (index, key) in self.keys.iter_mut().enumerate() {
            paths.extend(key.file.as_mut().map(|file| (keys.index(index).key("file"), file)));
        }
    }
}
