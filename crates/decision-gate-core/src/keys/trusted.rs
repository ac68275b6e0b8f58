//! A key and the rules that the operator gave it.

use std::collections::BTreeSet;
use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::error::KeyReadError;
use super::id::{Algorithm, KeyId};
use super::public::{PublicKey, Wire as KeyWire};
use crate::at::Timestamp;
use crate::name::ProviderId;

/// Why a key is no longer used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum RevocationReason {
    /// Somebody else may have it: nothing that it signed can be believed without proof of when.
    Compromise,
    /// Another key took its place.
    Superseded,
    /// It is no longer needed.
    Retired,
}

impl RevocationReason {
    /// The word on the wire.
    pub fn word(self) -> &'static str {
        match self {
            Self::Compromise => "compromise",
            Self::Superseded => "superseded",
            Self::Retired => "retired",
        }
    }
}

impl fmt::Display for RevocationReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.word())
    }
}

/// Since when a key is no longer used, and why.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Revocation {
    /// From this time on.
    pub at: Timestamp,
    /// Why.
    pub reason: RevocationReason,
}

/// A key that the operator trusts, since when, until when, for whom and for what.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(try_from = "Wire", into = "Wire")]
#[schemars(with = "Wire")]
pub struct TrustedKey {
    key_id: KeyId,
    key: PublicKey,
    not_before: Option<Timestamp>,
    not_after: Option<Timestamp>,
    revoked: Option<Revocation>,
    providers: Option<BTreeSet<ProviderId>>,
    predicate_types: Option<BTreeSet<String>>,
}

/// Why a key's rules make no sense.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TrustedKeyError {
    /// The key itself.
    #[error("key `{key_id}`: {error}")]
    Key {
        /// Which key.
        key_id: KeyId,
        /// What is wrong with it.
        #[source]
        error: KeyReadError,
    },
    /// The window ends before it begins, or its ends are of different kinds.
    #[error("key `{key_id}` is never valid: from {not_before} to {not_after}")]
    Window {
        /// Which key.
        key_id: KeyId,
        /// Its beginning.
        not_before: Timestamp,
        /// Its end.
        not_after: Timestamp,
    },
    /// A time that JSON would round.
    #[error("key `{key_id}` has a time that is of no clock: {time}")]
    Time {
        /// Which key.
        key_id: KeyId,
        /// That time.
        time: Timestamp,
    },
    /// A list of providers or predicate types without entries, which would allow none.
    #[error("key `{key_id}` allows no `{list}`: name some, or leave the list out to allow all")]
    EmptyList {
        /// Which key.
        key_id: KeyId,
        /// Which list.
        list: &'static str,
    },
}

impl TrustedKeyError {
    /// Stable code for the wire.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Key { error, .. } => error.code(),
            Self::Window { .. } | Self::Time { .. } => "key_window_invalid",
            Self::EmptyList { .. } => "key_scope_empty",
        }
    }
}

/// Why a key does not count here and now.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum KeyFault {
    /// No trusted key has this id, or made this signature.
    #[error("key {} is not trusted", Shown(.key_id.as_deref()))]
    Unknown {
        /// What the signature says about its key, cut to a bounded length. A hint, and not checked.
        key_id: Option<String>,
    },
    /// Before its window.
    #[error("key `{key_id}` is valid from {not_before}, and it is {at}")]
    NotYetValid {
        /// Which key.
        key_id: KeyId,
        /// Its beginning.
        not_before: Timestamp,
        /// The time that was asked about.
        at: Timestamp,
    },
    /// After its window.
    #[error("key `{key_id}` was valid until {not_after}, and it is {at}")]
    Expired {
        /// Which key.
        key_id: KeyId,
        /// Its end.
        not_after: Timestamp,
        /// The time that was asked about.
        at: Timestamp,
    },
    /// Revoked by then.
    #[error("key `{key_id}` was revoked at {} ({})", revocation.at, revocation.reason)]
    Revoked {
        /// Which key.
        key_id: KeyId,
        /// When and why.
        revocation: Revocation,
    },
    /// Its times are of another kind than the one that was asked about.
    #[error("key `{key_id}` has times of kind `{key_time}`, which can't be judged in `{asked}` time")]
    TimeKind {
        /// Which key.
        key_id: KeyId,
        /// Kind of the key's times.
        key_time: &'static str,
        /// Kind of the time that was asked about.
        asked: &'static str,
    },
    /// Not for this provider.
    #[error("key `{key_id}` may not sign for provider `{provider}`")]
    ProviderNotAllowed {
        /// Which key.
        key_id: KeyId,
        /// Which provider.
        provider: ProviderId,
    },
    /// Not for this predicate type.
    #[error("key `{key_id}` may not sign {}", Predicate(.predicate_type.as_deref()))]
    PredicateNotAllowed {
        /// Which key.
        key_id: KeyId,
        /// Which type, cut to a bounded length; nothing where what was signed has none.
        predicate_type: Option<String>,
    },
}

impl KeyFault {
    /// Stable code for the wire.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Unknown { .. } => "key_unknown",
            Self::NotYetValid { .. } => "key_not_yet_valid",
            Self::Expired { .. } => "key_expired",
            Self::Revoked { .. } => "key_revoked",
            Self::TimeKind { .. } => "key_window_unjudgeable",
            Self::ProviderNotAllowed { .. } => "key_not_for_provider",
            Self::PredicateNotAllowed { .. } => "key_not_for_predicate",
        }
    }

    /// What to do about it.
    pub fn hint(&self) -> &'static str {
        match self {
            Self::Unknown { .. } => "add the signer's public key under `trust.keys`, or sign with a key that is there",
            Self::NotYetValid { .. } | Self::Expired { .. } | Self::Revoked { .. } => {
                "sign with a key that is in force"
            }
            Self::TimeKind { .. } => "use a key without times where the caller counts time",
            Self::ProviderNotAllowed { .. } => {
                "sign with the provider's own key, or name the provider in the key's `providers`"
            }
            Self::PredicateNotAllowed { .. } => {
                "sign with a key for this predicate type, or name the type in the key's `predicate_types`"
            }
        }
    }

    /// An unknown key, by what a signature says about it.
    pub fn unknown(hint: Option<&str>) -> Self {
        Self::Unknown { key_id: hint.filter(|hint| !hint.is_empty()).map(cut) }
    }
}

/// The most characters of a foreign text that an error repeats.
fn cut(text: &str) -> String {
    text.chars().take(128).collect()
}

struct Shown<'a>(Option<&'a str>);

impl fmt::Display for Shown<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Some(id) => write!(f, "`{}`", id.escape_debug()),
            None => f.write_str("without an id"),
        }
    }
}

struct Predicate<'a>(Option<&'a str>);

impl fmt::Display for Predicate<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Some(kind) => write!(f, "predicates of type `{}`", kind.escape_debug()),
            None => f.write_str("what has no predicate type"),
        }
    }
}

impl TrustedKey {
    /// A key without rules: trusted at any time, for every provider and predicate type.
    pub fn new(key_id: KeyId, key: PublicKey) -> Self {
        Self { key_id, key, not_before: None, not_after: None, revoked: None, providers: None, predicate_types: None }
    }

    /// Valid from and until (both times included).
    ///
    /// # Errors
    /// [`TrustedKeyError::Window`] where no time lies between them, [`TrustedKeyError::Time`].
    pub fn within(
        mut self,
        not_before: Option<Timestamp>,
        not_after: Option<Timestamp>,
    ) -> Result<Self, TrustedKeyError> {
        (self.not_before, self.not_after) = (not_before, not_after);
        self.check()
    }

    /// Revoked.
    ///
    /// # Errors
    /// [`TrustedKeyError::Time`].
    pub fn revoked(mut self, revocation: Revocation) -> Result<Self, TrustedKeyError> {
        self.revoked = Some(revocation);
        self.check()
    }

    /// For these providers only.
    ///
    /// # Errors
    /// [`TrustedKeyError::EmptyList`].
    pub fn for_providers(mut self, providers: BTreeSet<ProviderId>) -> Result<Self, TrustedKeyError> {
        self.providers = Some(providers);
        self.check()
    }

    /// For these predicate types only.
    ///
    /// # Errors
    /// [`TrustedKeyError::EmptyList`].
    pub fn for_predicate_types(mut self, types: BTreeSet<String>) -> Result<Self, TrustedKeyError> {
        self.predicate_types = Some(types);
        self.check()
    }

    fn check(self) -> Result<Self, TrustedKeyError> {
        let times = [self.not_before, self.not_after, self.revoked.map(|revocation| revocation.at)];
        if let Some(time) = times.into_iter().flatten().find(|time| !time.is_exact()) {
            return Err(TrustedKeyError::Time { key_id: self.key_id, time });
        }
        if let (Some(not_before), Some(not_after)) = (self.not_before, self.not_after)
            && not_after.is_after_by(not_before, 0) != Ok(true)
        {
            return Err(TrustedKeyError::Window { key_id: self.key_id, not_before, not_after });
        }
        let empty = match (&self.providers, &self.predicate_types) {
            (Some(providers), _) if providers.is_empty() => Some("providers"),
            (_, Some(types)) if types.is_empty() => Some("predicate_types"),
            _ => None,
        };
        match empty {
            Some(list) => Err(TrustedKeyError::EmptyList { key_id: self.key_id, list }),
            None => Ok(self),
        }
    }

    /// Its id.
    pub fn key_id(&self) -> &KeyId {
        &self.key_id
    }

    /// The key itself.
    pub fn key(&self) -> &PublicKey {
        &self.key
    }

    /// The first moment of its window.
    pub fn not_before(&self) -> Option<Timestamp> {
        self.not_before
    }

    /// The last moment of its window.
    pub fn not_after(&self) -> Option<Timestamp> {
        self.not_after
    }

    /// When and why it was revoked, if it was.
    pub fn revocation(&self) -> Option<Revocation> {
        self.revoked
    }

    /// The providers that it may sign for; nothing for all.
    pub fn providers(&self) -> Option<&BTreeSet<ProviderId>> {
        self.providers.as_ref()
    }

    /// The predicate types that it may sign; nothing for all.
    pub fn predicate_types(&self) -> Option<&BTreeSet<String>> {
        self.predicate_types.as_ref()
    }

    /// Whether it counts at this time, for this provider and for this predicate type.
    ///
    /// # Errors
    /// The first [`KeyFault`]: revocation, window, provider, predicate type.
    pub fn judge(&self, at: Timestamp, provider: &ProviderId, predicate_type: Option<&str>) -> Result<(), KeyFault> {
        self.judge_time(at)?;
        self.judge_provider(provider)?;
        self.judge_predicate(predicate_type)
    }

    /// Whether it counts at this time.
    ///
    /// # Errors
    /// Revocation first, then the window.
    pub fn judge_time(&self, at: Timestamp) -> Result<(), KeyFault> {
        let key_id = || self.key_id.clone();
        let reached = |time: Timestamp| {
            at.is_after_by(time, 0).map_err(|mixed| KeyFault::TimeKind {
                key_id: key_id(),
                key_time: mixed.right,
                asked: mixed.left,
            })
        };
        if let Some(revocation) = self.revoked
            && reached(revocation.at)?
        {
            return Err(KeyFault::Revoked { key_id: key_id(), revocation });
        }
        if let Some(not_before) = self.not_before
            && !reached(not_before)?
        {
            return Err(KeyFault::NotYetValid { key_id: key_id(), not_before, at });
        }
        match self.not_after {
            // The last moment itself counts.
            Some(not_after) if reached(not_after)? && at != not_after => {
                Err(KeyFault::Expired { key_id: key_id(), not_after, at })
            }
            _ => Ok(()),
        }
    }

    /// Whether it may sign for this provider.
    ///
    /// # Errors
    /// [`KeyFault::ProviderNotAllowed`].
    pub fn judge_provider(&self, provider: &ProviderId) -> Result<(), KeyFault> {
        match &self.providers {
            Some(allowed) if !allowed.contains(provider) => {
                Err(KeyFault::ProviderNotAllowed { key_id: self.key_id.clone(), provider: provider.clone() })
            }
            _ => Ok(()),
        }
    }

    /// Whether it may sign predicates of this type. A key that is for some types signs nothing that has none.
    ///
    /// # Errors
    /// [`KeyFault::PredicateNotAllowed`].
    pub fn judge_predicate(&self, predicate_type: Option<&str>) -> Result<(), KeyFault> {
        match &self.predicate_types {
            Some(allowed) if !predicate_type.is_some_and(|it| allowed.contains(it)) => {
                let predicate_type = predicate_type.map(cut);
                Err(KeyFault::PredicateNotAllowed { key_id: self.key_id.clone(), predicate_type })
            }
            _ => Ok(()),
        }
    }
}

/// How a trusted key is written.
#[derive(Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Wire {
    key_id: KeyId,
    algorithm: Algorithm,
    /// Padded base64 of the 32 bytes, or of the compressed point.
    public_key: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    not_before: Option<Timestamp>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    not_after: Option<Timestamp>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    revoked: Option<Revocation>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    providers: Option<BTreeSet<ProviderId>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    predicate_types: Option<BTreeSet<String>>,
}

impl TryFrom<Wire> for TrustedKey {
    type Error = TrustedKeyError;

    fn try_from(wire: Wire) -> Result<Self, TrustedKeyError> {
        let Wire { key_id, algorithm, public_key, not_before, not_after, revoked, providers, predicate_types } = wire;
        let key = KeyWire { algorithm, public_key }
            .try_into()
            .map_err(|error| TrustedKeyError::Key { key_id: key_id.clone(), error })?;
        Self { key_id, key, not_before, not_after, revoked, providers, predicate_types }.check()
    }
}

impl From<TrustedKey> for Wire {
    fn from(key: TrustedKey) -> Self {
        let TrustedKey { key_id, key, not_before, not_after, revoked, providers, predicate_types } = key;
        let KeyWire { algorithm, public_key } = key.into();
        Self { key_id, algorithm, public_key, not_before, not_after, revoked, providers, predicate_types }
    }
}
