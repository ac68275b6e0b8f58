//! What is allowed and worth a second look.

use std::fmt;

use serde_json::{Value, json};

use crate::key_path::KeyPath;
use crate::near;
use crate::origin::Origin;

/// Something that is allowed and worth a second look, and where it was written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Warning {
    /// Where it was written.
    pub origin: Origin,
    /// The setting, or the option of a policy.
    pub key: KeyPath,
    /// What it is.
    pub doubt: Doubt,
}

/// What is worth a second look.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Doubt {
    /// The gate on VEX trust is asked and nothing of what it needs is configured.
    #[error("the gate `vex-trust` is on in policy `{policy}`, and {missing}")]
    VexTrustUnmet {
        /// Which policy.
        policy: String,
        /// What is missing.
        missing: Prerequisite,
    },
    /// A threshold under which everything passes.
    #[error("`MinCompositeScore` of `{value}` lets everything pass in `{environment}`, for {}", tenant_words(tenant.as_ref()))]
    Bypass {
        /// The threshold.
        value: String,
        /// Where.
        environment: String,
        /// For whom; for every tenant without one.
        tenant: Option<String>,
    },
    /// The ledger's server is somewhere else and is not asked who it is.
    #[error("the way to the ledger's server `{host}` is {how}")]
    StoreExposed {
        /// Where it is.
        host: String,
        /// How it is protected.
        how: &'static str,
    },
    /// A log category that no part of this program has.
    #[error("no log category `{category}`")]
    LogCategory {
        /// As it was written.
        category: String,
        /// Those there are.
        known: Vec<String>,
    },
}

/// What the gate on VEX trust needs, as seed 003 has it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Prerequisite {
    /// Somebody who may sign VEX.
    Issuers,
    /// An issuer directory with somebody in it.
    IssuersListed,
    /// Documents.
    Evidence,
    /// Recorded outcomes, and who may sign them.
    Outcomes,
    /// A way to tell which documents are about an artifact.
    PackageUrls,
}

impl fmt::Display for Prerequisite {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Issuers => "`release.issuers` names no issuer directory",
            Self::IssuersListed => "the issuer directory is empty",
            Self::Evidence => "`release.attestations.roots` names no folder that VEX could come from",
            Self::Outcomes => "it asks for an accuracy, which needs `release.outcomes` and `release.recorder_keys`",
            Self::PackageUrls => "`release.purls` is empty",
        })
    }
}

impl Prerequisite {
    fn hint(self) -> &'static str {
        match self {
            Self::Issuers | Self::IssuersListed => {
                "without issuers every claim ends in `issuer_verified`, or in `missing_vex_trust_data`"
            }
            Self::Evidence => "without documents everything ends in `missing_vex_trust_data`",
            Self::Outcomes => "without them the accuracy is unknown; set `MinAccuracyRate: null` to ask for none",
            Self::PackageUrls => "only VEX that names artifacts by digest counts then",
        }
    }
}

impl Doubt {
    /// Stable code.
    pub fn code(&self) -> &'static str {
        match self {
            Self::VexTrustUnmet { .. } => "vex_trust_prerequisite_unmet",
            Self::Bypass { .. } => "vex_trust_bypass",
            Self::StoreExposed { .. } => "store_tls_unverified",
            Self::LogCategory { .. } => "policy_log_category_unknown",
        }
    }

    /// What to make of it.
    pub fn hint(&self) -> String {
        match self {
            Self::VexTrustUnmet { missing, .. } => missing.hint().to_owned(),
            Self::Bypass { .. } => "its rows carry `bypass`; raise it once the reason is gone".to_owned(),
            Self::StoreExposed { .. } => {
                "whoever stands between can read the ledger or play its server; set `store.postgres.tls` to `verify_full`"
                    .to_owned()
            }
            Self::LogCategory { category, known } => match near::nearest(category, known.iter().map(String::as_str)) {
                Some(nearest) => format!("did you mean `{nearest}`?"),
                None => format!("a gate's category is such as `{}`", known.last().map_or("Default", String::as_str)),
            },
        }
    }
}

fn tenant_words(tenant: Option<&String>) -> String {
    tenant.map_or_else(|| "every tenant without an override".to_owned(), |tenant| format!("tenant `{tenant}`"))
}

impl Warning {
    /// Stable code.
    pub fn code(&self) -> &'static str {
        self.doubt.code()
    }

    /// The warning as one JSON object.
    pub fn to_json(&self) -> Value {
        json!({
            "code": self.code(),
            "message": self.doubt.to_string(),
            "hint": self.doubt.hint(),
            "key": self.key.to_string(),
            "origin": self.origin.to_json(),
        })
    }
}

impl fmt::Display for Warning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.origin {
            Origin::BuiltIn => {}
            Origin::File { .. } | Origin::Variable { .. } | Origin::Flag { .. } => write!(f, "{}: ", self.origin)?,
        }
        write!(f, "{}: {} ({})", self.key, self.doubt, self.doubt.hint())
    }
}
