//! `release`: the policies of the release gates, and where a release's evidence comes from.
//!
//! A policy is a file, several that lie over one another, or a table right here. Which values are in force, and what
//! is wrong with them, `Loaded::release_policies` knows: this section only says where they stand.

mod evidence;
mod policy;

use std::collections::BTreeSet;

use decision_gate_core::keys::KeyId;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

pub use self::evidence::{
    DigestPrefix, DigestPrefixFault, PackageUrl, PackageUrlFault, ReleaseAttestations, SubjectPurls,
};
pub use self::policy::{NamedPolicy, PolicyDigest, PolicyDigestFault, PolicyName, PolicyNameFault, PolicySetting};
use super::trust::TrustKey;
use super::{Checks, Section};
use crate::error::Fault;
use crate::key_path::KeyPath;
use crate::values::ConfigPath;

/// The name of the policy that stands in `release.policy`.
pub const DEFAULT_POLICY: &str = "default";

/// The policies of the release gates, and where a release's evidence comes from.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Release {
    /// The policy `default`: a file, a list of files of which the last is the strongest, or the policy itself.
    pub policy: Option<PolicySetting>,
    /// The digest that the policy `default` must have, variables and flags included.
    pub policy_digest: Option<PolicyDigest>,
    /// Further policies, by name.
    pub policies: Vec<NamedPolicy>,
    /// Where attestations about releases lie.
    pub attestations: ReleaseAttestations,
    /// The issuer directory: whose VEX counts, by which keys, about what.
    pub issuers: Option<ConfigPath>,
    /// A file or a folder of signed records of how VEX statements turned out.
    pub outcomes: Option<ConfigPath>,
    /// Package URLs of artifacts: VEX that names a package instead of a digest is about them.
    pub purls: Vec<SubjectPurls>,
    /// Ids of the keys under `trust.keys` that may sign records of outcomes.
    pub recorder_keys: BTreeSet<KeyId>,
    /// Ids of the keys under `trust.keys` that may sign waivers. Without one no waiver counts.
    pub waiver_keys: BTreeSet<KeyId>,
}

impl Release {
    /// Notes every key that there is not: nothing that it signed would ever count.
    pub(crate) fn check_keys(&self, known: &[TrustKey], checks: &mut Checks) {
        for (name, keys) in [("recorder_keys", &self.recorder_keys), ("waiver_keys", &self.waiver_keys)] {
            checks.key(name, |checks| check_known(keys.iter(), known, checks));
        }
        checks.key("attestations", |checks| self.attestations.check_keys(known, checks));
    }
}

/// Notes the first key that there is not.
pub(super) fn check_known<'a>(ids: impl Iterator<Item = &'a KeyId>, known: &[TrustKey], checks: &mut Checks) {
    for id in ids {
        if !known.iter().any(|key| key.key_id == *id) {
            let known = known.iter().map(|key| key.key_id.to_string()).collect();
            checks.report(Fault::UnknownName { what: "key under `trust.keys`", name: id.to_string(), known });
            return;
        }
    }
}

impl Section for Release {
    fn check(&self, checks: &mut Checks) {
        if self.policy.is_none() && self.policy_digest.is_some() {
            checks.report(Fault::MissingKey { key: "policy".to_owned() });
        }
        if let Some(policy) = &self.policy {
            checks.key("policy", |checks| policy.check(checks));
        }
        checks.key("policies", |checks| {
            checks.unique(&self.policies, "release.policies.name", "name", |it| it.name.as_str().to_owned());
            checks.items(&self.policies, |checks, it| {
                if it.name.as_str() == DEFAULT_POLICY {
                    let (what, name) = ("release.policies.name", DEFAULT_POLICY.to_owned());
                    checks.key("name", |checks| checks.report(Fault::Duplicate { what, name }));
                }
                checks.key("policy", |checks| it.policy.check(checks));
            });
        });
        checks.key("attestations", |checks| self.attestations.check(checks));
        checks.key("purls", |checks| checks.items(&self.purls, |checks, it| it.check(checks)));
    }

    fn paths<'a>(&'a mut self, at: &KeyPath, paths: &mut Vec<(KeyPath, &'a mut ConfigPath)>) {
        if let Some(policy) = &mut self.policy {
            policy.paths(&at.key("policy"), paths);
        }
        let policies = at.key("policies");
        for (index, named) in self.policies.iter_mut().enumerate() {
            named.policy.paths(&policies.index(index).key("policy"), paths);
        }
        self.attestations.paths(&at.key("attestations"), paths);
        for (name, path) in [("issuers", &mut self.issuers), ("outcomes", &mut self.outcomes)] {
            paths.extend(path.as_mut().map(|path| (at.key(name), path)));
        }
    }
}
