//! Whose checkpoints a verifier accepts, and what one that is accepted shows.

use super::checkpoint::{Checkpoint, CheckpointError};
use super::note::{KeyUse, Note, NoteError, VerifierKey};
use super::origin::is_origin_of;
use super::proof::{ProofFault, verify_consistency};
use super::witness::WitnessPolicy;
use crate::at::Timestamp;
use crate::digest::Digest;
use crate::name::{NamespaceId, TenantId};

/// Whose checkpoints a verifier accepts: keys of logs, and a policy with its witnesses.
#[derive(Clone, Debug, Default)]
pub struct CheckpointTrust {
    keys: Vec<VerifierKey>,
    policy: Option<WitnessPolicy>,
    known: Vec<KnownCheckpoint>,
}

/// A checkpoint that the verifier has from elsewhere.
#[derive(Clone, Debug)]
struct KnownCheckpoint {
    checkpoint: Checkpoint,
    consistency: Option<Vec<Digest>>,
}

/// A checkpoint that is accepted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Accepted {
    /// What it says.
    pub checkpoint: Checkpoint,
    /// The time that a quorum of witnesses proves.
    pub proven_at: Option<Timestamp>,
    /// How many signature lines are by keys that the verifier does not have.
    pub unknown_lines: usize,
}

/// Why a checkpoint is not accepted.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CheckpointFault {
    /// It is no note, or a signature does not hold.
    #[error(transparent)]
    Note(#[from] NoteError),
    /// It is no checkpoint.
    #[error(transparent)]
    Checkpoint(#[from] CheckpointError),
    /// The log that it names did not sign it.
    #[error("the checkpoint is of log `{origin}`, and no key of that name is trusted that signed it")]
    Signer {
        /// The log that it names.
        origin: String,
    },
    /// Too few witnesses signed it.
    #[error("the witnesses that signed the checkpoint do not make the quorum of the policy")]
    Quorum,
    /// Two histories of one log.
    #[error(
        "log `{origin}` shows two histories: `{root}` at size {size} contradicts a known checkpoint of size {known}"
    )]
    SplitView {
        /// Which log.
        origin: String,
        /// Size of the checkpoint.
        size: u64,
        /// Root of the checkpoint.
        root: Digest,
        /// Size of the one that is known.
        known: u64,
    },
}

impl CheckpointFault {
    /// Stable code.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Note(error) => error.code(),
            Self::Checkpoint(error) => error.code(),
            Self::Signer { .. } => "checkpoint_signer_unknown",
            Self::Quorum => "checkpoint_quorum_missing",
            Self::SplitView { .. } => "checkpoint_contradicts",
        }
    }

    /// What to do.
    pub fn hint(&self) -> &'static str {
        match self {
            Self::Note(error) => error.hint(),
            Self::Checkpoint(error) => error.hint(),
            Self::Signer { .. } => {
                "give the verifier key of this very log: `decision-gate ledger checkpoint` prints it"
            }
            Self::Quorum => {
                "have the witnesses cosign it, and add what they give with `ledger checkpoint --add-cosignatures`"
            }
            Self::SplitView { .. } => "keep both checkpoints: together they prove that the log's history was rewritten",
        }
    }
}

/// Reads a checkpoint. Nobody says yet that it is one of any log.
///
/// # Errors
/// [`CheckpointFault`] where it is none.
pub fn read_checkpoint(bytes: &[u8]) -> Result<(Note, Checkpoint), CheckpointFault> {
    let note = Note::parse(bytes)?;
    let checkpoint = Checkpoint::parse(note.claimed_text())?;
    Ok((note, checkpoint))
}

impl CheckpointTrust {
    /// Trusts these logs, beside those of the policy.
    pub fn new(keys: Vec<VerifierKey>, policy: Option<WitnessPolicy>) -> Self {
        Self { keys, policy, known: Vec::new() }
    }

    /// Whether no log is trusted at all.
    pub fn is_empty(&self) -> bool {
        self.logs().next().is_none()
    }

    /// Whether a log of this shelf is trusted.
    pub fn knows_log_of(&self, tenant: TenantId, namespace: NamespaceId) -> bool {
        self.logs().any(|key| is_origin_of(key.name(), tenant, namespace))
    }

    /// The names of the logs whose keys were given one by one. A policy may well have logs of other ledgers.
    pub fn given_logs(&self) -> impl Iterator<Item = &str> {
        self.keys.iter().filter(|key| key.usage() == KeyUse::Plain).map(VerifierKey::name)
    }

    /// Whether the log that a checkpoint names signed it, by a key that is trusted. Its witnesses are not asked for.
    ///
    /// # Errors
    /// [`CheckpointFault`] where it did not, or where a line of a known witness is none.
    pub fn is_signed(&self, bytes: &[u8]) -> Result<(), CheckpointFault> {
        self.signed(bytes).map(drop)
    }

    fn logs(&self) -> impl Iterator<Item = &VerifierKey> + Clone {
        let of_policy = self.policy.iter().flat_map(WitnessPolicy::logs);
        self.keys.iter().chain(of_policy).filter(|key| key.usage() == KeyUse::Plain)
    }

    fn all(&self) -> impl Iterator<Item = &VerifierKey> + Clone {
        self.keys.iter().chain(self.policy.iter().flat_map(|policy| policy.logs().iter().chain(policy.witnesses())))
    }

    /// Checks the signatures of a note that `beside` does not have. One that does not hold makes every reader who knows its
    /// key refuse the note, so each must hold, and so be by a key that is known here.
    ///
    /// # Errors
    /// [`NoteError::Signature`] for one that does not hold, [`NoteError::Unknown`] for one by nobody who is known.
    pub fn check_new_lines(&self, note: &Note, beside: &Note) -> Result<(), NoteError> {
        let known: Vec<&VerifierKey> = self.all().collect();
        let new = note.signatures().iter().filter(|it| !beside.signatures().contains(it));
        for line in new {
            match note.with(line.clone()).verify(known.iter().copied()) {
                Ok(_) => {}
                Err(NoteError::Unsigned) => return Err(NoteError::Unknown { name: line.name().to_owned() }),
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }

    /// Knows another checkpoint, which must be accepted itself, and the proof between it and whatever is judged.
    ///
    /// # Errors
    /// [`CheckpointFault`] where it is not accepted; its witnesses are not asked for.
    pub fn knowing(mut self, bytes: &[u8], consistency: Option<Vec<Digest>>) -> Result<Self, CheckpointFault> {
        let (_, checkpoint) = self.signed(bytes)?;
        self.known.push(KnownCheckpoint { checkpoint, consistency });
        Ok(self)
    }

    /// A checkpoint that the log which it names signed, with its note.
    fn signed(&self, bytes: &[u8]) -> Result<(Note, Checkpoint), CheckpointFault> {
        let (note, checkpoint) = read_checkpoint(bytes)?;
        let unsigned = || CheckpointFault::Signer { origin: checkpoint.origin.clone() };
        let signed = match note.verify(self.all()) {
            Ok(signed) => signed,
            Err(NoteError::Unsigned) => return Err(unsigned()),
            Err(error) => return Err(error.into()),
        };
        let by_log = signed.iter().any(|it| it.key.usage() == KeyUse::Plain && it.key.name() == checkpoint.origin);
        if by_log && self.logs().any(|key| key.name() == checkpoint.origin) {
            Ok((note, checkpoint))
        } else {
            Err(unsigned())
        }
    }

    /// Judges a checkpoint.
    ///
    /// # Errors
    /// [`CheckpointFault`] where it is not accepted.
    pub fn judge(&self, bytes: &[u8]) -> Result<Accepted, CheckpointFault> {
        let (note, checkpoint) = self.signed(bytes)?;
        for known in &self.known {
            known.check(&checkpoint)?;
        }
        let signed = note.verify(self.all())?;
        let when = |key: &VerifierKey| signed.iter().find(|it| it.key == key).and_then(|it| it.seconds);
        let proven = match &self.policy {
            Some(policy) if !policy.asks_for_none() => Some(policy.proven_at(when).ok_or(CheckpointFault::Quorum)?),
            Some(_) | None => None,
        };
        let millis = proven.map(|seconds| i64::try_from(seconds).unwrap_or(i64::MAX).saturating_mul(1000));
        let unknown_lines = note.unknown(&self.all().collect::<Vec<_>>());
        Ok(Accepted { checkpoint, proven_at: millis.map(Timestamp::UnixMillis), unknown_lines })
    }
}

impl KnownCheckpoint {
    fn check(&self, other: &Checkpoint) -> Result<(), CheckpointFault> {
        let known = &self.checkpoint;
        if known.origin != other.origin {
            return Ok(());
        }
        let (old, new) = if known.size <= other.size { (known, other) } else { (other, known) };
        let agree = match &self.consistency {
            _ if old.size == new.size => old.root == new.root,
            // Every tree begins with the empty one.
            _ if old.size == 0 => old.root == Digest::of(&[]),
            Some(path) => {
                let shown: Result<(), ProofFault> = verify_consistency(old.size, &old.root, new.size, &new.root, path);
                shown.is_ok()
            }
            None => true,
        };
        if agree {
            return Ok(());
        }
        let origin = other.origin.clone();
        Err(CheckpointFault::SplitView { origin, size: other.size, root: other.root, known: known.size })
    }
}

#[cfg(test)]
mod tests {
    use super::super::merkle::{leaf_hash, root_of};
    use super::super::note::NoteSignature;
    use super::*;
    use crate::keys::SigningKey;

    fn key(seed: u8) -> SigningKey {
        SigningKey::from_seed(&[seed; 32])
    }

    fn vkey(name: &str, usage: KeyUse, seed: u8) -> VerifierKey {
        VerifierKey::new(name, usage, key(seed).public()).unwrap()
    }

    fn checkpoint(origin: &str, leaves: &[&str]) -> Checkpoint {
        let root = root_of(leaves.iter().map(|it| leaf_hash(it.as_bytes())));
        Checkpoint { origin: origin.into(), size: u64::try_from(leaves.len()).unwrap(), root }
    }

    const ORIGIN: &str = "gate.example/1/1";

    fn trust() -> CheckpointTrust {
        CheckpointTrust::new(vec![vkey(ORIGIN, KeyUse::Plain, 1)], None)
    }

    #[test]
    fn a_checkpoint_of_another_log_never_counts() {
        let good = checkpoint(ORIGIN, &["a"]).sign(&key(1)).unwrap().to_text();
        assert_eq!(trust().judge(good.as_bytes()).unwrap().checkpoint, checkpoint(ORIGIN, &["a"]));
        // Another log of the same operator, another operator, and a name that is not the signer's.
        for (origin, name, seed) in [
            ("gate.example/1/2", "gate.example/1/2", 1),
            (ORIGIN, ORIGIN, 2),
            (ORIGIN, "gate.example/1/2", 1),
            ("gate.example/1/2", ORIGIN, 1),
        ] {
            let text = checkpoint(origin, &["a"]).to_text();
            let line = NoteSignature::sign(&text, name, &key(seed)).unwrap();
            let note = Note::new(text, vec![line]).unwrap().to_text();
            let fault = trust().judge(note.as_bytes()).unwrap_err();
            assert_eq!(fault.code(), "checkpoint_signer_unknown", "{origin} {name}: {fault}");
        }
    }

    #[test]
    fn two_histories_of_one_log_are_found() {
        let note = |leaves: &[&str]| checkpoint(ORIGIN, leaves).sign(&key(1)).unwrap().to_text();
        let knowing = |leaves: &[&str], proof| trust().knowing(note(leaves).as_bytes(), proof).unwrap();
        assert!(knowing(&["a", "b"], None).judge(note(&["a", "b"]).as_bytes()).is_ok());
        let split = knowing(&["a", "x"], None).judge(note(&["a", "b"]).as_bytes()).unwrap_err();
        assert_eq!(split.code(), "checkpoint_contradicts");
        let path = vec![leaf_hash(b"b")];
        assert!(knowing(&["a"], Some(path.clone())).judge(note(&["a", "b"]).as_bytes()).is_ok());
        let split = knowing(&["x"], Some(path)).judge(note(&["a", "b"]).as_bytes()).unwrap_err();
        assert_eq!(split.code(), "checkpoint_contradicts");
    }

    #[test]
    fn only_a_quorum_proves_a_time() {
        let witness = vkey("witness.example", KeyUse::Cosignature, 3);
        let policy = WitnessPolicy::parse(&format!("witness w {witness}\nquorum w\n")).unwrap();
        let trust = CheckpointTrust::new(vec![vkey(ORIGIN, KeyUse::Plain, 1)], Some(policy));
        let mut note = checkpoint(ORIGIN, &["a"]).sign(&key(1)).unwrap();
        assert_eq!(trust.judge(note.to_text().as_bytes()), Err(CheckpointFault::Quorum));
        // A signature by the log itself, however often, is none of a witness's.
        let stranger = NoteSignature::cosign(note.claimed_text(), "other.example", &key(4), 9).unwrap();
        note.add([stranger]);
        assert_eq!(trust.judge(note.to_text().as_bytes()), Err(CheckpointFault::Quorum));
        let line = NoteSignature::cosign(note.claimed_text(), "witness.example", &key(3), 1_700_000_000).unwrap();
        note.add([line]);
        let accepted = trust.judge(note.to_text().as_bytes()).unwrap();
        assert_eq!(accepted.proven_at, Some(Timestamp::UnixMillis(1_700_000_000_000)));
        assert_eq!(accepted.unknown_lines, 1);
    }
}
