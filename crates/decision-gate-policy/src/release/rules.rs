//! What releases are judged by: policies, environments, tenants, issuers, and whose signature counts for what.
//!
//! All of it stands in the policy snapshot, so that a replay judges by the same rules.

use std::collections::{BTreeMap, BTreeSet};

use decision_gate_attest::evidence::SignerRules;
use decision_gate_attest::issuers::IssuerDirectory;
use decision_gate_attest::vex::Purl;
use decision_gate_core::evidence::{Artifact, Subject};
use decision_gate_core::keys::KeyId;
use decision_gate_core::name::{EnvironmentName, TenantId};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::options::{OptionFault, Overlays};

/// The policy that is meant where none is named.
pub const DEFAULT_POLICY: &str = "default";

/// What releases are judged by.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Rules {
    /// The policies, by name.
    pub policies: BTreeMap<String, Overlays>,
    /// The declared environments.
    #[serde(skip_serializing_if = "BTreeSet::is_empty")]
    pub environments: BTreeSet<EnvironmentName>,
    /// What tenants are called in policies, waivers and the issuer directory.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub tenants: Vec<TenantName>,
    /// Whose VEX counts.
    #[serde(skip_serializing_if = "IssuerDirectory::is_empty")]
    pub issuers: IssuerDirectory,
    /// The keys that may record how VEX statements turned out.
    #[serde(skip_serializing_if = "BTreeSet::is_empty")]
    pub recorder_keys: BTreeSet<KeyId>,
    /// The keys that may sign waivers. Without one no waiver counts.
    #[serde(skip_serializing_if = "BTreeSet::is_empty")]
    pub waiver_keys: BTreeSet<KeyId>,
    /// Who must have signed what. A type without a rule may be signed by every key that is trusted for it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub signers: Option<SignerRules>,
    /// Package URLs of artifacts.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub purls: Vec<PurlRule>,
}

/// What a tenant is called.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TenantName {
    /// Its number.
    pub id: TenantId,
    /// Its name.
    pub name: String,
}

/// Package URLs of the artifacts of which all that is said here holds.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PurlRule {
    /// How the artifact's SHA-256 begins.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sha256: Option<String>,
    /// The name that it is handed in under.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Its package URLs.
    pub purls: Vec<String>,
}

/// Why rules make no sense.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RulesFault {
    /// Another form.
    #[error("the rules of releases do not read: {reason}")]
    Shape {
        /// What differs.
        reason: String,
    },
    /// A policy's document.
    #[error("release policy `{policy}`: {fault}")]
    Policy {
        /// Which policy.
        policy: String,
        /// The first thing that is wrong with it.
        #[source]
        fault: Box<OptionFault>,
    },
}

impl Rules {
    /// Reads what a policy snapshot says.
    ///
    /// # Errors
    /// [`RulesFault`].
    pub fn read(value: &Value) -> Result<Self, RulesFault> {
        Self::deserialize(value).map_err(|error| RulesFault::Shape { reason: error.to_string() })
    }

    /// What a policy snapshot says.
    pub fn to_value(&self) -> Value {
        serde_json::to_value(self).unwrap_or_default()
    }

    /// What the tenant is called, if it has a name.
    pub fn tenant(&self, id: TenantId) -> Option<&str> {
        self.tenants.iter().find(|it| it.id == id).map(|it| it.name.as_str())
    }

    /// The name of the policy that is meant: the one that is named, else `default`, else the only one.
    pub fn policy_name<'a>(&'a self, named: Option<&'a str>) -> Option<&'a str> {
        let only = || self.policies.keys().next().filter(|_| self.policies.len() == 1).map(String::as_str);
        match named {
            Some(name) => self.policies.contains_key(name).then_some(name),
            None if self.policies.contains_key(DEFAULT_POLICY) => Some(DEFAULT_POLICY),
            None => only(),
        }
    }

    /// Package URLs that the operator gave all artifacts of a subject.
    pub(crate) fn purls_of(&self, subject: &Subject) -> Vec<Purl> {
        let artifacts = subject.artifacts();
        let covered = self.purls.iter().filter(|rule| artifacts.iter().all(|it| rule.covers(it)));
        covered.flat_map(|rule| &rule.purls).filter_map(|text| Purl::parse(text)).collect()
    }
}

impl PurlRule {
    fn covers(&self, artifact: &Artifact) -> bool {
        let sha256 = artifact.digest.get("sha256");
        let digest = self.sha256.as_ref().is_none_or(|prefix| sha256.is_some_and(|hex| hex.starts_with(prefix)));
        let named = self.name.as_ref().is_none_or(|name| artifact.name.as_ref() == Some(name));
        digest && named && (self.sha256.is_some() || self.name.is_some())
    }
}
