//! From an envelope to a statement whose signers may say such a thing.

use std::num::NonZeroUsize;

use super::error::StatementFault;
use super::statement::Statement;
use crate::at::Timestamp;
use crate::dsse::{Envelope, Signed, Verified};
use crate::keys::{Keyring, TrustedKey};
use crate::name::ProviderId;

/// Who must have signed.
#[derive(Clone, Copy, Debug)]
pub struct Signers<'a> {
    /// The keys that are trusted.
    pub keyring: &'a Keyring,
    /// How many distinct keys must have signed.
    pub threshold: NonZeroUsize,
    /// The time at which keys are judged.
    pub at: Timestamp,
    /// Whom they must be allowed to sign for.
    pub provider: &'a ProviderId,
}

/// The statement of an envelope, signed by enough keys that count at that time, for that provider and for its
/// predicate type.
///
/// # Errors
/// [`StatementFault`], each with the code of what failed.
pub fn verify(envelope: &Envelope, signers: &Signers<'_>) -> Result<Verified<Statement>, StatementFault> {
    let signed = Signed::check(envelope, signers.keyring.iter())?;
    let judge = |key: &TrustedKey| key.judge_time(signers.at).and_then(|()| key.judge_provider(signers.provider));
    signed.count(signers.threshold, judge)?;
    // What they may say depends on what they said, which nobody reads before enough of them signed it.
    let statement = Statement::of_payload(signed.payload())?;
    let may_say = |key: &TrustedKey| judge(key).and_then(|()| key.judge_predicate(Some(statement.predicate_type())));
    let signers = signed.count(signers.threshold, may_say)?;
    Ok(Verified::new(statement, signers))
}
