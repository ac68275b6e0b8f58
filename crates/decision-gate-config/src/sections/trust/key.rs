//! `trust.keys`: the keys that may sign evidence, since when, until when, for whom and for what.

use decision_gate_core::at::Timestamp;
use decision_gate_core::keys::{Algorithm, KeyId, PublicKey, Revocation, RevocationReason, TrustedKey};
use decision_gate_core::name::ProviderId;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::error::Fault;
use crate::sections::Checks;
use crate::values::{ConfigPath, text_type};

/// A key that may sign evidence.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(extend("dependentRequired" = {
    "revoked_at": ["revocation_reason"],
    "revocation_reason": ["revoked_at"]
}))]
pub struct TrustKey {
    /// The name that signatures and policies call it by.
    pub key_id: KeyId,
    /// What kind of key it is.
    pub algorithm: Algorithm,
    /// The public key as text: PEM, JWK, a signed-note key, base64 or hex.
    pub public_key: Option<String>,
    /// A file that holds the public key, in one of the same forms or as its raw bytes.
    pub file: Option<ConfigPath>,
    /// The first moment at which it may sign, as an RFC 3339 date-time.
    pub not_before: Option<Moment>,
    /// The last moment at which it may sign, as an RFC 3339 date-time.
    pub not_after: Option<Moment>,
    /// From when on it may sign no longer, as an RFC 3339 date-time.
    pub revoked_at: Option<Moment>,
    /// Why it was revoked.
    pub revocation_reason: Option<RevocationReason>,
    /// The providers whose answers it may sign; without it all.
    pub providers: Option<Vec<ProviderId>>,
    /// The predicate types that it may sign; without it all.
    pub predicate_types: Option<Vec<String>>,
}

text_type! {
    /// A point in time, as an RFC 3339 date-time.
    Moment, MomentFault, check_moment, { "type": "string", "pattern": "^[0-9]{4}-[0-9]{2}-[0-9]{2}[Tt ]" }
}

/// Why a text is not a point in time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum MomentFault {
    /// Not a date with a time and an offset.
    #[error("a time is written as an RFC 3339 date-time, such as `2026-01-31T12:00:00Z`")]
    Form,
}

fn check_moment(text: &str) -> Result<(), MomentFault> {
    Timestamp::from_rfc3339(text).map(|_| ()).ok_or(MomentFault::Form)
}

impl Moment {
    fn time(&self) -> Option<Timestamp> {
        Timestamp::from_rfc3339(self.as_str())
    }
}

/// Something wrong with a key, and at which of its settings; empty for the key as a whole.
pub(crate) type KeyProblem = (&'static str, Fault);

impl TrustKey {
    /// Notes what does not fit together, as far as that shows without a file.
    pub(super) fn check(&self, checks: &mut Checks) {
        let problem = match (&self.public_key, &self.file) {
            (Some(_), Some(_)) => {
                Some(("file", Fault::Conflict { this: "file".to_owned(), other: "public_key".to_owned() }))
            }
            (None, None) => {
                let keys = vec!["public_key".to_owned(), "file".to_owned()];
                Some(("", Fault::MissingOneOf { keys }))
            }
            (Some(text), None) => self.trusted("public_key", text.as_bytes()).err(),
            (None, Some(_)) => None,
        };
        match problem {
            Some(("", fault)) => checks.report(fault),
            Some((key, fault)) => checks.key(key, |checks| checks.report(fault)),
            None => {}
        }
    }

    /// The key with its rules, from the bytes that were found under the setting `source`.
    pub(crate) fn trusted(&self, source: &'static str, bytes: &[u8]) -> Result<TrustedKey, KeyProblem> {
        let wrong = |key, problem: String| (key, Fault::Grammar { problem });
        let key = PublicKey::read(bytes).map_err(|error| wrong(source, format!("{error}; {}", error.hint())))?;
        if key.algorithm() != self.algorithm {
            return Err(wrong("algorithm", format!("the key itself is one for `{}`", key.algorithm())));
        }
        let time = |moment: &Option<Moment>| moment.as_ref().and_then(Moment::time);
        let revocation = match (time(&self.revoked_at), self.revocation_reason) {
            (Some(at), Some(reason)) => Some(Revocation { at, reason }),
            (None, None) => None,
            (Some(_), None) => return Err(("", Fault::MissingKey { key: "revocation_reason".to_owned() })),
            (None, Some(_)) => return Err(("", Fault::MissingKey { key: "revoked_at".to_owned() })),
        };
        let rules = |error: decision_gate_core::keys::TrustedKeyError| wrong("", error.to_string());
        let mut trusted = TrustedKey::new(self.key_id.clone(), key)
            .within(time(&self.not_before), time(&self.not_after))
            .map_err(rules)?;
        if let Some(revocation) = revocation {
            trusted = trusted.revoked(revocation).map_err(rules)?;
        }
        if let Some(providers) = &self.providers {
            trusted = trusted.for_providers(providers.iter().cloned().collect()).map_err(rules)?;
        }
        if let Some(types) = &self.predicate_types {
            trusted = trusted.for_predicate_types(types.iter().cloned().collect()).map_err(rules)?;
        }
        Ok(trusted)
    }
}
