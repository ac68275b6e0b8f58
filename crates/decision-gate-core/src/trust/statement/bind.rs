//! Comparing a statement with the occasion, field by field, in one order.

use super::{Claim, EvidencePredicate, EvidenceStatement, StatementFault, StatementField, digest_of, params_hash};
use crate::at::Timestamp;
use crate::evidence::Query;
use crate::trust::{Binding, Occasion};

impl EvidenceStatement {
    /// Whether the statement is about this answer to this question on this occasion, and what it is bound to.
    /// `skew_ms` is how far the signer's clock may be ahead.
    ///
    /// # Errors
    /// The first field that differs, else the window, else that it names no run where `required` asks for one.
    pub fn bind(
        &self,
        query: &Query,
        claim: Claim<'_>,
        occasion: &Occasion<'_>,
        required: Binding,
        skew_ms: u64,
    ) -> Result<Binding, StatementFault> {
        let about = match occasion.subject {
            Some(subject) => self.subject.matches(subject),
            None => self.subject.is_of(digest_of(query)),
        };
        if !about {
            return Err(StatementFault::Mismatch { field: StatementField::Subject });
        }
        let said = &self.predicate;
        same_answer(said, query, claim, occasion)?;
        same_audience(said, occasion)?;
        in_window(said, occasion.at, skew_ms)?;
        match &said.audience.run_id {
            Some(_) => Ok(Binding::Run),
            None if required == Binding::Run => Err(StatementFault::RunMissing),
            None => Ok(Binding::Query),
        }
    }
}

fn same_answer(
    said: &EvidencePredicate,
    query: &Query,
    claim: Claim<'_>,
    occasion: &Occasion<'_>,
) -> Result<(), StatementFault> {
    let fields = [
        (StatementField::ProviderId, said.provider_id == query.provider_id),
        (StatementField::CheckId, said.check_id == query.check_id),
        (StatementField::ParamsHash, said.params_hash == params_hash(query)),
        (StatementField::ValueKind, said.value.kind() == claim.value.kind()),
        (StatementField::EvidenceHash, said.value == claim.value),
        (StatementField::ContentType, said.content_type.as_deref() == claim.content_type),
        (StatementField::EvidenceAnchor, said.evidence_anchor.as_ref() == claim.anchor),
        (StatementField::Environment, said.environment.as_ref() == occasion.environment),
    ];
    match fields.into_iter().find(|(_, same)| !same) {
        Some((field, _)) => Err(StatementFault::Mismatch { field }),
        None => Ok(()),
    }
}

/// A statement that names a run is for that run, whatever the policy asks for. The gate hands out no nonces yet, so
/// one that repeats a nonce was made for another asker.
fn same_audience(said: &EvidencePredicate, occasion: &Occasion<'_>) -> Result<(), StatementFault> {
    let audience = &said.audience;
    let fields = [
        (StatementField::TenantId, audience.tenant_id == occasion.tenant),
        (StatementField::NamespaceId, audience.namespace_id == occasion.namespace),
        (StatementField::RunId, audience.run_id.as_ref().is_none_or(|run| Some(run) == occasion.run)),
        (StatementField::Nonce, audience.nonce.is_none()),
    ];
    match fields.into_iter().find(|(_, same)| !same) {
        Some((field, _)) => Err(StatementFault::Audience { field }),
        None => Ok(()),
    }
}

/// From when it was observed, less the skew, until it expires, both included.
fn in_window(said: &EvidencePredicate, at: Timestamp, skew_ms: u64) -> Result<(), StatementFault> {
    let skew = i128::from(skew_ms);
    let (observed, expires, now, skew) = match (said.observed_at, said.expires_at, at) {
        (Timestamp::UnixMillis(observed), Timestamp::UnixMillis(expires), Timestamp::UnixMillis(now)) => {
            (i128::from(observed), i128::from(expires), i128::from(now), skew)
        }
        // A counter has no clock that could be ahead.
        (Timestamp::Logical(observed), Timestamp::Logical(expires), Timestamp::Logical(now)) => {
            (i128::from(observed), i128::from(expires), i128::from(now), 0)
        }
        _ => return Err(StatementFault::TimeKind),
    };
    if expires < observed {
        return Err(StatementFault::Form);
    }
    if now + skew < observed {
        return Err(StatementFault::NotYetValid);
    }
    if now > expires { Err(StatementFault::Expired) } else { Ok(()) }
}
