//! Issuers, their keys and their authority.

use std::collections::{BTreeMap, BTreeSet};
use std::num::NonZeroUsize;

use decision_gate_core::at::Timestamp;
use decision_gate_core::dsse::{Envelope, VerifyError, verify_judged};
use decision_gate_core::evidence::Artifact;
use decision_gate_core::intoto::{PAYLOAD_TYPE, StatementError};
use decision_gate_core::keys::{KeyId, Keyring, KeyringError, TrustedKey};
use decision_gate_core::name::ProviderId;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::vex::{Purl, VexError, VexEvidence};

/// The tenant whose issuers count for every tenant.
pub const GLOBAL: &str = "@global";

/// What an issuer may speak about.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(try_from = "String", into = "String")]
#[schemars(with = "String")]
pub enum Authority {
    /// Every product.
    Any,
    /// Packages at and below this path: `oci/acme`.
    Packages(String),
    /// The artifact with this SHA-256.
    Artifact(String),
}

/// What is no authority.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("an authority is `*`, a package URL without version such as `pkg:oci/acme`, or `sha256:` and 64 hex digits")]
pub struct AuthorityError;

impl Authority {
    /// Whether it covers an artifact that has these package URLs.
    pub fn covers(&self, artifacts: &[Artifact], purls: &[Purl]) -> bool {
        match self {
            Self::Any => true,
            Self::Packages(path) => !purls.is_empty() && purls.iter().all(|it| it.is_below(path)),
            Self::Artifact(hex) => {
                !artifacts.is_empty() && artifacts.iter().all(|it| it.digest.get("sha256") == Some(hex))
            }
        }
    }
}

impl TryFrom<String> for Authority {
    type Error = AuthorityError;

    fn try_from(text: String) -> Result<Self, AuthorityError> {
        if text == "*" {
            return Ok(Self::Any);
        }
        if let Some(hex) = text.strip_prefix("sha256:") {
            let plain = hex.len() == 64 && hex.bytes().all(|it| matches!(it, b'0'..=b'9' | b'a'..=b'f'));
            return plain.then(|| Self::Artifact(hex.to_owned())).ok_or(AuthorityError);
        }
        let path = text.strip_prefix("pkg:").ok_or(AuthorityError)?;
        let plain =
            !path.contains(['@', '?', '#', '%', '*']) && path.split('/').next().is_some_and(|it| !it.is_empty());
        plain.then(|| Self::Packages(path.to_owned())).ok_or(AuthorityError)
    }
}

impl From<Authority> for String {
    fn from(authority: Authority) -> Self {
        match authority {
            Authority::Any => "*".to_owned(),
            Authority::Packages(path) => format!("pkg:{path}"),
            Authority::Artifact(hex) => format!("sha256:{hex}"),
        }
    }
}

/// Somebody whose VEX counts.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Issuer {
    /// Names it in records and rows.
    pub id: String,
    /// For people.
    pub name: String,
    /// Tenants for which it counts; `@global` for all.
    pub tenants: BTreeSet<String>,
    /// Its keys.
    pub keys: Vec<TrustedKey>,
    /// What it may speak about.
    pub authority: BTreeSet<Authority>,
    /// From when on it counts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub not_before: Option<Timestamp>,
    /// Until when.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub not_after: Option<Timestamp>,
}

impl Issuer {
    /// Whether it counts for a tenant at a time.
    pub fn counts(&self, tenant: Option<&str>, at: Timestamp) -> bool {
        let known = self.tenants.contains(GLOBAL) || tenant.is_some_and(|it| self.tenants.contains(it));
        let begun = self.not_before.is_none_or(|start| at.is_after_by(start, 0) == Ok(true));
        let over = self.not_after.is_some_and(|end| at != end && at.is_after_by(end, 0) != Ok(false));
        known && begun && !over
    }

    /// Whether it may speak about an artifact that has these package URLs.
    pub fn may_speak(&self, artifacts: &[Artifact], purls: &[Purl]) -> bool {
        self.authority.iter().any(|it| it.covers(artifacts, purls))
    }
}

/// Why issuers are no directory.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DirectoryError {
    /// Two issuers have one id.
    #[error("issuer `{0}` is given twice")]
    Duplicate(String),
    /// An id is empty, too long or has characters that ids don't have.
    #[error("`{0}` is no issuer id: 1 to 128 of letters, digits and `._:/@-`")]
    Id(String),
    /// An issuer lacks something without which it never counts.
    #[error("issuer `{issuer}` has no `{list}`, so it would never count")]
    Empty {
        /// Which issuer.
        issuer: String,
        /// Which list.
        list: &'static str,
    },
    /// One key leads to two issuers, or the keys are no keyring.
    #[error("{0}")]
    Keys(#[source] KeyringError),
    /// One key belongs to two issuers.
    #[error("issuers `{first}` and `{second}` have the same key")]
    SharedKey {
        /// One of them.
        first: String,
        /// The other.
        second: String,
    },
}

impl DirectoryError {
    /// Stable code for the wire.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Duplicate(_) => "issuer_duplicate",
            Self::Id(_) => "issuer_id_invalid",
            Self::Empty { .. } => "issuer_never_counts",
            Self::Keys(error) => error.code(),
            Self::SharedKey { .. } => "issuer_key_shared",
        }
    }
}

/// Why an envelope gives no signed VEX.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum VexFault {
    /// No key of the directory signed it, or none that counts.
    #[error("{0}")]
    Signature(#[source] VerifyError),
    /// What was signed is no statement, though it says so.
    #[error("{0}")]
    Statement(#[source] StatementError),
    /// What was signed is no VEX.
    #[error("{0}")]
    Document(#[source] VexError),
}

impl VexFault {
    /// Stable code for the wire.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Signature(error) => error.code(),
            Self::Statement(error) => error.code(),
            Self::Document(error) => error.code(),
        }
    }
}

/// Issuers by id. On the wire a list.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(try_from = "Vec<Issuer>", into = "Vec<Issuer>")]
#[schemars(with = "Vec<Issuer>")]
pub struct IssuerDirectory {
    issuers: BTreeMap<String, Issuer>,
    keyring: Keyring,
    owners: BTreeMap<KeyId, String>,
}

impl IssuerDirectory {
    /// A directory of these issuers, in any order.
    ///
    /// # Errors
    /// [`DirectoryError`].
    pub fn new(list: impl IntoIterator<Item = Issuer>) -> Result<Self, DirectoryError> {
        let (mut issuers, mut owners) = (BTreeMap::new(), BTreeMap::new());
        for issuer in list {
            check(&issuer)?;
            for key in &issuer.keys {
                owners.insert(key.key_id().clone(), issuer.id.clone());
            }
            if let Some(double) = issuers.insert(issuer.id.clone(), issuer) {
                return Err(DirectoryError::Duplicate(double.id));
            }
        }
        let all = issuers.values().flat_map(|it: &Issuer| it.keys.iter().map(move |key| (&it.id, key)));
        let all: Vec<(&String, &TrustedKey)> = all.collect();
        for (index, (first, key)) in all.iter().enumerate() {
            let same = all.iter().skip(index + 1).find(|(other, it)| other != first && it.key() == key.key());
            if let Some((second, _)) = same {
                return Err(DirectoryError::SharedKey { first: (*first).clone(), second: (*second).clone() });
            }
        }
        let keyring = Keyring::new(all.iter().map(|(_, key)| (*key).clone())).map_err(DirectoryError::Keys)?;
        Ok(Self { issuers, keyring, owners })
    }

    /// The issuer with this id.
    pub fn get(&self, id: &str) -> Option<&Issuer> {
        self.issuers.get(id)
    }

    /// All issuers, by id.
    pub fn iter(&self) -> impl Iterator<Item = &Issuer> {
        self.issuers.values()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.issuers.is_empty()
    }

    /// All keys of all issuers.
    pub fn keyring(&self) -> &Keyring {
        &self.keyring
    }

    /// The issuer whose key this is.
    pub fn owner(&self, key: &KeyId) -> Option<&Issuer> {
        self.issuers.get(self.owners.get(key)?)
    }

    /// The document of an envelope that one of the issuers signed with a key that counts at that time.
    ///
    /// # Errors
    /// [`VexFault`].
    pub fn verify(&self, envelope: &Envelope, at: Timestamp, provider: &ProviderId) -> Result<VexEvidence, VexFault> {
        let judge = |key: &TrustedKey| key.judge_time(at).and_then(|()| key.judge_provider(provider));
        let digest = envelope.digest();
        let payload =
            verify_judged(envelope, self.keyring.iter(), NonZeroUsize::MIN, judge).map_err(VexFault::Signature)?;
        if payload.get().payload_type() != PAYLOAD_TYPE {
            // A key that is for some predicate types signs nothing that has none.
            let bare = |key: &TrustedKey| judge(key).and_then(|()| key.judge_predicate(None));
            let payload =
                verify_judged(envelope, self.keyring.iter(), NonZeroUsize::MIN, bare).map_err(VexFault::Signature)?;
            return VexEvidence::of_payload(&payload, digest).map_err(VexFault::Document);
        }
        let statement = payload.into_statement().map_err(VexFault::Statement)?;
        let kind = statement.get().predicate_type().to_owned();
        let typed = |key: &TrustedKey| judge(key).and_then(|()| key.judge_predicate(Some(&kind)));
        let payload =
            verify_judged(envelope, self.keyring.iter(), NonZeroUsize::MIN, typed).map_err(VexFault::Signature)?;
        let statement = payload.into_statement().map_err(VexFault::Statement)?;
        VexEvidence::of_statement(&statement, digest).map_err(VexFault::Document)
    }
}

fn check(issuer: &Issuer) -> Result<(), DirectoryError> {
    let allowed = |it: char| it.is_ascii_alphanumeric() || "._:/@-".contains(it);
    if issuer.id.is_empty() || issuer.id.len() > 128 || !issuer.id.chars().all(allowed) {
        return Err(DirectoryError::Id(issuer.id.chars().take(128).collect()));
    }
    let lists = [
        ("keys", issuer.keys.is_empty()),
        ("authority", issuer.authority.is_empty()),
        ("tenants", issuer.tenants.is_empty()),
    ];
    match lists.iter().find(|(_, empty)| *empty) {
        Some((list, _)) => Err(DirectoryError::Empty { issuer: issuer.id.clone(), list }),
        None => Ok(()),
    }
}

impl TryFrom<Vec<Issuer>> for IssuerDirectory {
    type Error = DirectoryError;

    fn try_from(list: Vec<Issuer>) -> Result<Self, DirectoryError> {
        Self::new(list)
    }
}

impl From<IssuerDirectory> for Vec<Issuer> {
    fn from(directory: IssuerDirectory) -> Self {
        directory.issuers.into_values().collect()
    }
}
