//! The evidence statement: an in-toto Statement v1 that says which value was the answer to which question, asked by
//! whom, and until when that counts (`docs/spec/evidence-statement.md`).
//!
//! A signature over a bare value fits every question with the same answer. One over a statement fits one question of
//! one audience: [`EvidenceStatement::bind`] compares each field with the occasion and names the first that differs.

mod bind;
mod fault;

pub use fault::{StatementFault, StatementField};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{Binding, Lane, Occasion};
use crate::at::Timestamp;
use crate::digest::Digest;
use crate::dsse::{self, Envelope};
use crate::evidence::{EvidenceAnchor, EvidenceValue, Query, Subject};
use crate::intoto::PAYLOAD_TYPE;
use crate::json::canonical;
use crate::keys::{KeyId, SigningKey};
use crate::name::{CheckId, EnvironmentName, NamespaceId, ProviderId, RunId, TenantId};

/// The `_type` of an in-toto Statement v1.
const STATEMENT_TYPE: &str = "https://in-toto.io/Statement/v1";

/// The `predicateType` of an evidence statement.
pub const EVIDENCE_PREDICATE: &str = "urn:decision-gate:evidence:v1";

/// The longest nonce, in bytes.
const MAX_NONCE_BYTES: usize = 128;

/// What one signer says that it saw.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct EvidenceStatement {
    #[serde(rename = "_type")]
    kind: StatementType,
    /// The run's subject, or of a run without one the digest of the canonical query.
    pub subject: Subject,
    #[serde(rename = "predicateType")]
    predicate_type: PredicateType,
    /// What is said of it.
    pub predicate: EvidencePredicate,
}

/// What is said: the answer, the question, and for whom until when.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct EvidencePredicate {
    /// Who was asked.
    pub provider_id: ProviderId,
    /// Which check.
    pub check_id: CheckId,
    /// Digest of the canonical parameters; of `null` when there are none.
    pub params_hash: Digest,
    /// What the answer was.
    pub value: ValueClaim,
    /// Media type of the source.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub content_type: Option<String>,
    /// Where it was seen.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub evidence_anchor: Option<EvidenceAnchor>,
    /// Where the run is to go.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub environment: Option<EnvironmentName>,
    /// The lane that the signer lowers its answer to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lane_ceiling: Option<Lane>,
    /// When it was seen.
    pub observed_at: Timestamp,
    /// The last moment at which it counts.
    pub expires_at: Timestamp,
    /// For whom it was said.
    pub audience: Audience,
}

/// What the answer was: a value by its hash, or that there is none.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub enum ValueClaim {
    /// A JSON value.
    Json {
        /// Digest of its canonical form.
        evidence_hash: Digest,
    },
    /// Raw bytes.
    Bytes {
        /// Their digest.
        evidence_hash: Digest,
    },
    /// There is none.
    Absent {},
}

/// For whom a statement was made.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Audience {
    /// Whose question; left out for the first tenant.
    #[serde(default = "first_tenant", skip_serializing_if = "is_first_tenant")]
    pub tenant_id: TenantId,
    /// On which shelf.
    pub namespace_id: NamespaceId,
    /// For which run; left out when it counts for any.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub run_id: Option<RunId>,
    /// What the asker gave to be repeated.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub nonce: Option<String>,
}

/// The answer that a statement came with.
#[derive(Clone, Copy, Debug)]
pub struct Claim<'a> {
    /// What it was.
    pub value: ValueClaim,
    /// Media type of the source.
    pub content_type: Option<&'a str>,
    /// Where it was seen.
    pub anchor: Option<&'a EvidenceAnchor>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
enum StatementType {
    #[serde(rename = "https://in-toto.io/Statement/v1")]
    V1,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
enum PredicateType {
    #[serde(rename = "urn:decision-gate:evidence:v1")]
    Evidence,
}

fn first_tenant() -> TenantId {
    TenantId::FIRST
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde hands a reference")]
fn is_first_tenant(tenant: &TenantId) -> bool {
    *tenant == TenantId::FIRST
}

impl ValueClaim {
    /// What a value is claimed as.
    pub fn of(value: &EvidenceValue) -> Self {
        match value {
            EvidenceValue::Json(_) => Self::Json { evidence_hash: value.digest() },
            EvidenceValue::Bytes(_) => Self::Bytes { evidence_hash: value.digest() },
        }
    }

    /// The hash of the value; an absence has none.
    pub fn evidence_hash(self) -> Option<Digest> {
        match self {
            Self::Json { evidence_hash } | Self::Bytes { evidence_hash } => Some(evidence_hash),
            Self::Absent {} => None,
        }
    }

    fn kind(self) -> &'static str {
        match self {
            Self::Json { .. } => "json",
            Self::Bytes { .. } => "bytes",
            Self::Absent {} => "absent",
        }
    }
}

impl EvidenceStatement {
    /// The statement that `claim` is the answer to `query` on this occasion. It names the run exactly when the
    /// occasion has one and `binding` asks for it.
    pub fn about(
        query: &Query,
        claim: Claim<'_>,
        occasion: &Occasion<'_>,
        binding: Binding,
        expires_at: Timestamp,
    ) -> Self {
        let run_id = occasion.run.filter(|_| binding == Binding::Run).cloned();
        Self {
            kind: StatementType::V1,
            subject: occasion.subject.cloned().unwrap_or_else(|| subject_of(query)),
            predicate_type: PredicateType::Evidence,
            predicate: EvidencePredicate {
                provider_id: query.provider_id.clone(),
                check_id: query.check_id.clone(),
                params_hash: params_hash(query),
                value: claim.value,
                content_type: claim.content_type.map(str::to_owned),
                evidence_anchor: claim.anchor.cloned(),
                environment: occasion.environment.cloned(),
                lane_ceiling: None,
                observed_at: occasion.at,
                expires_at,
                audience: Audience {
                    tenant_id: occasion.tenant,
                    namespace_id: occasion.namespace,
                    run_id,
                    nonce: None,
                },
            },
        }
    }

    /// Its canonical JSON: the payload that is signed.
    pub fn to_bytes(&self) -> Vec<u8> {
        canonical::own(self)
    }

    /// Signs it: the envelope that goes with the answer.
    pub fn sign(&self, key: &SigningKey, key_id: Option<&KeyId>) -> Envelope {
        dsse::sign(PAYLOAD_TYPE, &self.to_bytes(), key, key_id)
    }

    /// Reads a statement from the JSON of a payload whose signature was checked.
    ///
    /// # Errors
    /// [`StatementFault::Type`] for a statement of another kind, [`StatementFault::Form`] for one that does not have
    /// the form.
    pub fn read(payload: &Value) -> Result<Self, StatementFault> {
        if payload.get("_type").and_then(Value::as_str) != Some(STATEMENT_TYPE)
            || payload.get("predicateType").and_then(Value::as_str) != Some(EVIDENCE_PREDICATE)
        {
            return Err(StatementFault::Type);
        }
        // What the reader says of the text is not repeated: it would show parts of it.
        let statement = Self::deserialize(payload).map_err(|_| StatementFault::Form)?;
        let nonce = statement.predicate.audience.nonce.as_deref();
        if nonce.is_some_and(|nonce| nonce.is_empty() || nonce.len() > MAX_NONCE_BYTES) {
            return Err(StatementFault::Form);
        }
        Ok(statement)
    }
}

/// The subject of evidence in a run that names none: the question itself.
pub fn subject_of(query: &Query) -> Subject {
    Subject::of_digest("query", digest_of(query))
}

fn digest_of(query: &Query) -> Digest {
    Digest::of(&canonical::own(query))
}

fn params_hash(query: &Query) -> Digest {
    Digest::of(&canonical::to_vec(query.params.as_ref().unwrap_or(&Value::Null)))
}
