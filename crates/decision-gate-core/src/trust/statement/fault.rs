//! Why a statement does not count here. No case repeats what the statement says: a hash of a short value can be
//! guessed, and what was signed elsewhere is not this caller's to see.

use std::fmt;

/// Why a statement does not count on this occasion.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum StatementFault {
    /// It is no evidence statement.
    #[error("the signed payload is not an in-toto statement of `urn:decision-gate:evidence:v1`")]
    Type,
    /// It lacks a field, has one too many, or one that does not read.
    #[error("the evidence statement does not have the form of `urn:decision-gate:evidence:v1`")]
    Form,
    /// It was made about something else.
    #[error("the evidence statement is about another `{field}`")]
    Mismatch {
        /// The first field that differs.
        field: StatementField,
    },
    /// It was made for somebody else.
    #[error("the evidence statement is for another `{field}`")]
    Audience {
        /// The first field that differs.
        field: StatementField,
    },
    /// The policy asks for one that names the run, and it names none.
    #[error("the evidence statement names no `run_id`, and the policy asks for a signature that is bound to the run")]
    RunMissing,
    /// It counts no longer.
    #[error("the evidence statement has expired")]
    Expired,
    /// It was observed later than the evaluation time.
    #[error("the evidence statement was observed after the evaluation time")]
    NotYetValid,
    /// Its times are of another kind than the run's.
    #[error("the times of the evidence statement are not of the run's kind of time")]
    TimeKind,
}

/// A field of a statement that is compared with the occasion, in the order in which they are compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum StatementField {
    /// `subject`.
    Subject,
    /// `predicate.provider_id`.
    ProviderId,
    /// `predicate.check_id`.
    CheckId,
    /// `predicate.params_hash`.
    ParamsHash,
    /// `predicate.value.kind`.
    ValueKind,
    /// `predicate.value.evidence_hash`.
    EvidenceHash,
    /// `predicate.content_type`.
    ContentType,
    /// `predicate.evidence_anchor`.
    EvidenceAnchor,
    /// `predicate.environment`.
    Environment,
    /// `predicate.audience.tenant_id`.
    TenantId,
    /// `predicate.audience.namespace_id`.
    NamespaceId,
    /// `predicate.audience.run_id`.
    RunId,
    /// `predicate.audience.nonce`.
    Nonce,
}

impl StatementFault {
    /// Stable code.
    pub fn code(self) -> &'static str {
        match self {
            Self::Type => "statement_type",
            Self::Form => "statement_invalid",
            Self::Mismatch { .. } => "statement_mismatch",
            Self::Audience { .. } | Self::RunMissing => "statement_audience",
            Self::Expired => "statement_expired",
            Self::NotYetValid => "statement_not_yet_valid",
            Self::TimeKind => "statement_time_kind",
        }
    }

    /// What to do about it.
    pub fn hint(self) -> &'static str {
        match self {
            Self::Type | Self::Form => "sign a statement as `docs/spec/evidence-statement.md` says",
            Self::Mismatch { .. } => "ask again: the signer must sign this question and this answer",
            Self::Audience { .. } | Self::RunMissing => "ask again within this run, and let the signer name it",
            Self::Expired => "ask again for a fresh answer",
            Self::NotYetValid => "check the signer's clock",
            Self::TimeKind => "let the signer write times of the kind that the run counts in",
        }
    }

    /// The field that it is about, if it is about one.
    pub fn field(self) -> Option<StatementField> {
        match self {
            Self::Mismatch { field } | Self::Audience { field } => Some(field),
            Self::RunMissing => Some(StatementField::RunId),
            Self::Type | Self::Form | Self::Expired | Self::NotYetValid | Self::TimeKind => None,
        }
    }
}

impl StatementField {
    /// The field's name in the statement.
    pub fn word(self) -> &'static str {
        match self {
            Self::Subject => "subject",
            Self::ProviderId => "provider_id",
            Self::CheckId => "check_id",
            Self::ParamsHash => "params_hash",
            Self::ValueKind => "value.kind",
            Self::EvidenceHash => "value.evidence_hash",
            Self::ContentType => "content_type",
            Self::EvidenceAnchor => "evidence_anchor",
            Self::Environment => "environment",
            Self::TenantId => "audience.tenant_id",
            Self::NamespaceId => "audience.namespace_id",
            Self::RunId => "audience.run_id",
            Self::Nonce => "audience.nonce",
        }
    }
}

impl fmt::Display for StatementField {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.word())
    }
}
