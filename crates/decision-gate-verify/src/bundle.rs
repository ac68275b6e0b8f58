//! A file of many envelopes judged with the asker's own keys: a bundle with one on each line, in any order, or what
//! registries and build services hand out.
//!
//! Envelopes around the same statement count together, so that those who signed it need not have signed one envelope;
//! what counts is distinct keys. What is no attestation, or is not signed by a key that is trusted, is passed over with
//! its place and the reason.

use std::collections::{BTreeMap, BTreeSet};
use std::num::NonZeroUsize;

use decision_gate_attest::bundle::{self, Item};
use decision_gate_core::digest::Digest;
use decision_gate_core::dsse::Envelope;
use decision_gate_core::intoto::{self, Signers, Statement};
use decision_gate_core::json::canonical;
use decision_gate_core::keys::KeyId;
use schemars::JsonSchema;
use serde::Serialize;

use crate::attestation::{Ask, Named, Reason, Verdict, mismatches};

/// What was found in a file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct BundleReport {
    /// Whether at least one statement is what was asked for.
    pub verdict: Verdict,
    /// The statements that a trusted key signed, those that are what was asked for first.
    pub statements: Vec<StatementReport>,
    /// What did not count, in the order of the file.
    pub passed_over: Vec<Skipped>,
    /// How much was passed over in all.
    pub passed_over_count: usize,
    /// Why not, where nothing in the file is what was asked for.
    pub reasons: Vec<Reason>,
}

/// One statement, with everybody who signed it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct StatementReport {
    /// Whether it is what was asked for.
    pub verdict: Verdict,
    /// One id for each distinct key.
    pub signers: Vec<KeyId>,
    /// What kind of statement they signed.
    pub predicate_type: String,
    /// What it is about.
    pub subjects: Vec<Named>,
    /// Where in the file its envelopes are.
    pub places: Vec<String>,
    /// SHA-256 of the envelopes.
    pub envelopes: Vec<Digest>,
    /// Why not, all of them.
    pub reasons: Vec<Reason>,
}

/// Something that did not count.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Skipped {
    /// Where in the file.
    pub place: String,
    /// Stable code.
    pub code: String,
    /// Why.
    pub message: String,
}

/// Why a file of attestations is not what was asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
enum Shortfall {
    /// Fewer keys than were asked for.
    #[error("`{got}` of the trusted keys signed it, and `{required}` must")]
    Threshold {
        /// How many did.
        got: usize,
        /// How many must.
        required: NonZeroUsize,
    },
    /// No trusted key signed anything in it.
    #[error("no trusted key signed anything in it")]
    Nothing,
}

impl Shortfall {
    fn code(self) -> &'static str {
        match self {
            Self::Threshold { .. } => "threshold_not_met",
            Self::Nothing => "attestation_not_signed",
        }
    }

    fn hint(self) -> &'static str {
        match self {
            Self::Threshold { .. } => "get it signed by more of the keys that you trust, or ask for fewer",
            Self::Nothing => "look at what was passed over, and import the signer's public key if you trust it",
        }
    }

    fn reason(self) -> Reason {
        Reason::new(self.code(), &self, self.hint())
    }
}

/// A statement, and who signed it so far.
struct Group {
    statement: Statement,
    /// By the key itself, so that one key under two ids is one.
    keys: BTreeMap<Vec<u8>, KeyId>,
    places: Vec<String>,
    envelopes: BTreeSet<Digest>,
}

/// Judges a file of attestations; nothing where there is none in it.
pub fn judge_bundle(bytes: &[u8], ask: &Ask<'_>) -> Option<BundleReport> {
    let read = bundle::read(bytes);
    if read.items.is_empty() {
        return None;
    }
    let mut skipped: Vec<_> =
        read.notes.iter().map(|note| (note.place.clone(), note.fault.code(), note.fault.to_string())).collect();
    let mut passed_over_count = read.skipped;
    let mut groups: BTreeMap<Vec<u8>, Group> = BTreeMap::new();
    for (place, item) in &read.items {
        let refused = match envelope_of(item) {
            Ok(envelope) => take(envelope, &place.to_string(), ask, &mut groups).err(),
            Err(refused) => Some(refused),
        };
        if let Some((code, message)) = refused {
            passed_over_count += 1;
            skipped.push((place.clone(), code, message));
        }
    }
    skipped.sort();
    let mut statements: Vec<_> = groups.into_values().map(|group| group.judge(ask)).collect();
    statements.sort_by_key(|it| it.verdict == Verdict::NotVerified);
    let verdict = statements.first().map_or(Verdict::NotVerified, |it| it.verdict);
    let reasons = if statements.is_empty() { vec![Shortfall::Nothing.reason()] } else { Vec::new() };
    let told = |(place, code, message): (bundle::Place, &str, String)| Skipped {
        place: place.to_string(),
        code: code.to_owned(),
        message,
    };
    let passed_over = skipped.into_iter().take(bundle::MAX_NOTES).map(told).collect();
    Some(BundleReport { verdict, statements, passed_over, passed_over_count, reasons })
}

type Refused = (&'static str, String);

fn envelope_of(item: &Item) -> Result<&Envelope, Refused> {
    match item {
        Item::Envelope(envelope) => Ok(envelope),
        Item::Sigstore(bundle) => bundle.envelope().map_err(|fault| (fault.code(), fault.to_string())),
    }
}

/// Adds an envelope to those around the same statement. One key is enough to read it.
fn take(envelope: &Envelope, place: &str, ask: &Ask<'_>, groups: &mut BTreeMap<Vec<u8>, Group>) -> Result<(), Refused> {
    let signers = Signers { keyring: ask.keyring, threshold: NonZeroUsize::MIN, at: ask.at, provider: ask.provider };
    let verified = intoto::verify(envelope, &signers).map_err(|fault| (fault.code(), fault.to_string()))?;
    let same = canonical::to_vec(&verified.get().document().value);
    let group = groups.entry(same).or_insert_with(|| Group {
        statement: verified.get().clone(),
        keys: BTreeMap::new(),
        places: Vec::new(),
        envelopes: BTreeSet::new(),
    });
    for signer in verified.signers() {
        if let Some(key) = ask.keyring.get(signer) {
            group.keys.entry(key.key().to_spki_der()).or_insert_with(|| signer.clone());
        }
    }
    group.places.push(place.to_owned());
    group.envelopes.insert(envelope.digest());
    Ok(())
}

impl Group {
    fn judge(self, ask: &Ask<'_>) -> StatementReport {
        let (got, required) = (self.keys.len(), ask.threshold);
        let short = (got < required.get()).then(|| Shortfall::Threshold { got, required }.reason());
        let reasons: Vec<_> = short.into_iter().chain(mismatches(&self.statement, ask)).collect();
        let mut signers: Vec<_> = self.keys.into_values().collect();
        signers.sort();
        StatementReport {
            verdict: if reasons.is_empty() { Verdict::Verified } else { Verdict::NotVerified },
            signers,
            predicate_type: self.statement.predicate_type().to_owned(),
            subjects: self.statement.subject().iter().map(Named::of).collect(),
            places: self.places,
            envelopes: self.envelopes.into_iter().collect(),
            reasons,
        }
    }
}

#[cfg(test)]
mod tests;
