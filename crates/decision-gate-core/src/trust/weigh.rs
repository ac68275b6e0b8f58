//! Weighing: from an answer and the provider's policy to a lane and a proof. Pure.
//!
//! The lane is the lowest of the provider's cap, what the provider lowered itself to and what the signer lowered it
//! to; a signature never raises it. `audit` accepts that there is no signature and nothing else.

use serde::{Deserialize, Serialize};

use super::signature::{Attached, Checked, check, may_sign};
use super::statement::{Claim, ValueClaim};
use super::{AttestedBy, Binding, Lane, Occasion, Refusal, ReleaseJudge, ReleasedBy};
use crate::at::Timestamp;
use crate::digest::Digest;
use crate::evidence::{EvidenceAnchor, EvidenceSignature, Found, Query};
use crate::json::canonical::form::{Form, Plain};
use crate::keys::{KeyId, Keyring, TrustedKey};
use crate::policy::ProviderPolicy;

/// What a lane rests on.
///
/// There is no word for "it was verified when it was recorded": a replay of kept answers checks every signature
/// again, and one of redacted answers reports what it could not check.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Proof {
    /// The gate pulled the value itself; no signature.
    Pulled,
    /// The gate computed the value from its own inputs (`time`).
    Derived,
    /// The caller supplied the value.
    Supplied,
    /// A signature was checked.
    Checked(CheckedSignature),
    /// Attestations were read, and enough keys signed them.
    Attested(AttestedBy),
    /// A release was judged on these.
    Released(ReleasedBy),
}

impl Form for Proof {
    fn form(&self, out: &mut Vec<u8>) {
        match self {
            Self::Pulled => "pulled".form(out),
            Self::Derived => "derived".form(out),
            Self::Supplied => "supplied".form(out),
            Self::Checked(_) | Self::Attested(_) | Self::Released(_) => Plain(self).form(out),
        }
    }
}

/// A signature that was checked, and what it is bound to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CheckedSignature {
    /// How it was made.
    pub scheme: Scheme,
    /// Whose it is.
    pub key_id: KeyId,
    /// What it is bound to: `value` fits any question with the same answer.
    pub binding: Binding,
}

/// How a signature was made.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Scheme {
    /// Over the canonical hash object of the value, as the public project signs.
    Ed25519,
    /// A DSSE envelope around an evidence statement.
    Dsse,
}

impl Scheme {
    /// The word on the wire.
    pub fn word(self) -> &'static str {
        match self {
            Self::Ed25519 => "ed25519",
            Self::Dsse => "dsse",
        }
    }
}

/// An answer after weighing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Weighed {
    /// The lane that the gate assigned.
    pub lane: Lane,
    /// What it rests on.
    pub proof: Proof,
    /// Hash of the value, computed here; an absence has none.
    pub hash: Option<Digest>,
    /// The signature as results show it: of an envelope, its SHA-256.
    pub signature: Option<EvidenceSignature>,
    /// Until when the signed statement counts, if there is one.
    pub until: Option<Timestamp>,
}

/// What answers are weighed against.
#[derive(Clone, Copy, Debug)]
pub struct Scale<'a> {
    /// What was asked.
    pub query: &'a Query,
    /// What the policy says of the provider.
    pub provider: &'a ProviderPolicy,
    /// The trusted keys.
    pub keys: &'a Keyring,
    /// How far a signer's clock may be ahead, in milliseconds.
    pub skew_ms: u64,
    /// When and for whom it was asked.
    pub occasion: Occasion<'a>,
}

/// Weighs a value that a provider found.
///
/// # Errors
/// [`Refusal`] when what came with the value contradicts it, or is less than the policy asks for.
pub fn weigh(found: &Found, scale: &Scale<'_>) -> Result<Weighed, Refusal> {
    let value = ValueClaim::of(&found.value);
    let computed = value.evidence_hash();
    if let (Some(claimed), Some(computed)) = (found.claimed_hash, computed)
        && claimed != computed
    {
        return Err(Refusal::HashMismatch { claimed, computed });
    }
    let attached = Attached {
        claim: Claim { value, content_type: found.content_type.as_deref(), anchor: found.anchor.as_ref() },
        signature: found.signature.as_ref(),
        attestation: found.attestation.as_deref(),
    };
    weigh_attached(attached, found.lane_ceiling, scale)
}

/// Weighs the answer that there is none. Where a signature is asked for, one must say so: else who can drop an answer
/// could make `not_exists` hold.
///
/// # Errors
/// [`Refusal`] as for a value.
pub fn weigh_absence(
    anchor: Option<&EvidenceAnchor>,
    attestation: Option<&str>,
    lane_ceiling: Option<Lane>,
    scale: &Scale<'_>,
) -> Result<Weighed, Refusal> {
    let claim = Claim { value: ValueClaim::Absent {}, content_type: None, anchor };
    weigh_attached(Attached { claim, signature: None, attestation }, lane_ceiling, scale)
}

fn weigh_attached(attached: Attached<'_>, ceiling: Option<Lane>, scale: &Scale<'_>) -> Result<Weighed, Refusal> {
    let checked = check(attached, scale)?;
    let cap = cap_under(checked.as_ref().map(|checked| &checked.proof), scale)?;
    let hash = attached.claim.value.evidence_hash();
    let (proof, signature, lowered, until) = match checked {
        _ if scale.provider.is_derived() => (Proof::Derived, None, None, None),
        Some(Checked { proof, signature, lane_ceiling, until }) => {
            (Proof::Checked(proof), Some(signature), lane_ceiling, until)
        }
        None => (Proof::Pulled, None, None, None),
    };
    let lane = [ceiling, lowered].into_iter().flatten().fold(cap, Lane::min);
    Ok(Weighed { lane, proof, hash, signature, until })
}

/// The highest lane that evidence with this signature, or without one, can have; or that it is less than the policy
/// asks for. A signature that is bound to the value alone is good enough only where the policy says so.
fn cap_under(signed: Option<&CheckedSignature>, scale: &Scale<'_>) -> Result<Lane, Refusal> {
    let provider = scale.provider;
    let required = provider.trust.requirement().filter(|_| !provider.is_derived());
    let enough = required.map_or(Binding::Query, |required| required.binding);
    match signed {
        Some(signed) if signed.binding >= enough => Ok(provider.max_lane),
        Some(_) if required.is_some() => Err(Refusal::SignatureUnbound { required: enough.word() }),
        None if required.is_some() => Err(Refusal::SignatureMissing),
        Some(_) | None => Ok(provider.unsigned_cap()),
    }
}

/// Whether a proof that was recorded can stand under the policy where the answer itself is not at hand, and under
/// which cap: what the record claims must be possible, and no more is known of it. `judge` is that of a source of
/// releases.
pub(crate) fn could_stand(proof: &Proof, scale: &Scale<'_>, judge: Option<&dyn ReleaseJudge>) -> Result<Lane, Refusal> {
    let signed = match proof {
        Proof::Checked(signed) => Some(signed),
        Proof::Attested(signed) => return attested_could_stand(signed, scale),
        Proof::Released(by) => return released_could_stand(by, scale, judge),
        // What a source of releases brings is judged, and never just pulled.
        Proof::Pulled | Proof::Derived | Proof::Supplied if scale.provider.release.is_some() => {
            return Ok(scale.provider.max_lane.min(Lane::Asserted));
        }
        // What was read from attestations that nobody signed is asserted at most.
        Proof::Pulled | Proof::Derived | Proof::Supplied if scale.provider.signers.is_some() => {
            return Ok(scale.provider.max_lane.min(Lane::Asserted));
        }
        Proof::Pulled | Proof::Derived | Proof::Supplied => None,
    };
    if let Some(signed) = signed {
        let key = scale.keys.get(&signed.key_id).ok_or(Refusal::KeyUnknown)?;
        may_sign(key, scale)?;
    }
    cap_under(signed, scale)
}

fn attested_could_stand(signed: &AttestedBy, scale: &Scale<'_>) -> Result<Lane, Refusal> {
    if scale.provider.signers.is_none() || signed.signers.is_empty() {
        return Err(Refusal::KeyUnknown);
    }
    for id in &signed.signers {
        let key = scale.keys.get(id).ok_or(Refusal::KeyUnknown)?;
        let judged = key.judge(scale.occasion.at, &scale.query.provider_id, Some(&signed.predicate_type));
        judged.map_err(Refusal::Key)?;
    }
    Ok(scale.provider.max_lane)
}

fn released_could_stand(by: &ReleasedBy, scale: &Scale<'_>, judge: Option<&dyn ReleaseJudge>) -> Result<Lane, Refusal> {
    let judge = judge.ok_or(Refusal::KeyUnknown)?;
    for signer in &by.signers {
        // A key of the snapshot, or one that the judge knows, such as an issuer's.
        let known = [scale.keys.get(&signer.key_id), judge.key(&signer.key_id)];
        let about = signer.predicate_type.as_deref();
        let stand = |key: &TrustedKey| key.judge(scale.occasion.at, &scale.query.provider_id, about);
        let mut judged = known.into_iter().flatten().map(stand);
        let first = judged.next().ok_or(Refusal::KeyUnknown)?;
        if let Err(fault) = first
            && !judged.any(|it| it.is_ok())
        {
            return Err(Refusal::Key(fault));
        }
    }
    Ok(scale.provider.max_lane)
}

/// Weighs what was judged: its lane is the lowest of what it rests on.
pub(crate) fn weigh_released(hash: Option<Digest>, lane: Lane, by: &ReleasedBy, scale: &Scale<'_>) -> Weighed {
    Weighed {
        lane: lane.min(scale.provider.max_lane),
        proof: Proof::Released(by.clone()),
        hash,
        signature: None,
        until: None,
    }
}

/// Weighs what was read from attestations: without enough signers it is asserted at most.
pub(crate) fn weigh_read(
    hash: Option<Digest>,
    ceiling: Option<Lane>,
    signed: Option<&AttestedBy>,
    scale: &Scale<'_>,
) -> Weighed {
    let (cap, proof) = match signed {
        Some(signed) if !signed.signers.is_empty() => (scale.provider.max_lane, Proof::Attested(signed.clone())),
        Some(_) | None => (scale.provider.max_lane.min(Lane::Asserted), Proof::Pulled),
    };
    Weighed { lane: ceiling.map_or(cap, |ceiling| ceiling.min(cap)), proof, hash, signature: None, until: None }
}
