//! All the keys that the operator trusts.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::id::KeyId;
use super::trusted::{KeyFault, TrustedKey};

/// Trusted keys by id. On the wire a list, sorted by id.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(try_from = "Vec<TrustedKey>", into = "Vec<TrustedKey>")]
#[schemars(with = "Vec<TrustedKey>")]
pub struct Keyring(BTreeMap<KeyId, TrustedKey>);

/// Why a list of keys is no keyring.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum KeyringError {
    /// Two keys have one id.
    #[error("key `{key_id}` is given twice")]
    Duplicate {
        /// Which id.
        key_id: KeyId,
    },
    /// A revoked key would still count under another id.
    #[error("key `{key_id}` is the same key as `{revoked}`, which is revoked")]
    RevokedElsewhere {
        /// The id without a revocation.
        key_id: KeyId,
        /// The id with one.
        revoked: KeyId,
    },
}

impl KeyringError {
    /// Stable code for the wire.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Duplicate { .. } => "key_duplicate",
            Self::RevokedElsewhere { .. } => "key_revoked_elsewhere",
        }
    }
}

impl Keyring {
    /// The keys of a list, in any order.
    ///
    /// # Errors
    /// [`KeyringError`] where an id stands twice, or a revoked key has a second id that is not revoked.
    pub fn new(keys: impl IntoIterator<Item = TrustedKey>) -> Result<Self, KeyringError> {
        let mut ring = BTreeMap::new();
        for key in keys {
            if let Some(double) = ring.insert(key.key_id().clone(), key) {
                return Err(KeyringError::Duplicate { key_id: double.key_id().clone() });
            }
        }
        for revoked in ring.values().filter(|key| key.revocation().is_some()) {
            let same = |key: &&TrustedKey| key.revocation().is_none() && key.key() == revoked.key();
            if let Some(key) = ring.values().find(same) {
                let (key_id, revoked) = (key.key_id().clone(), revoked.key_id().clone());
                return Err(KeyringError::RevokedElsewhere { key_id, revoked });
            }
        }
        Ok(Self(ring))
    }

    /// The key that has this id.
    pub fn get(&self, key_id: &KeyId) -> Option<&TrustedKey> {
        self.0.get(key_id)
    }

    /// The key that has the id that a signature names.
    ///
    /// # Errors
    /// [`KeyFault::Unknown`].
    pub fn find(&self, key_id: &str) -> Result<&TrustedKey, KeyFault> {
        let found = KeyId::try_from(key_id).ok().and_then(|id| self.0.get(&id));
        found.ok_or_else(|| KeyFault::unknown(Some(key_id)))
    }

    /// All keys, by id.
    pub fn iter(&self) -> impl Iterator<Item = &TrustedKey> {
        self.0.values()
    }

    /// How many keys there are.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there is no key.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl TryFrom<Vec<TrustedKey>> for Keyring {
    type Error = KeyringError;

    fn try_from(keys: Vec<TrustedKey>) -> Result<Self, KeyringError> {
        Self::new(keys)
    }
}

impl From<Keyring> for Vec<TrustedKey> {
    fn from(ring: Keyring) -> Self {
        ring.0.into_values().collect()
    }
}
