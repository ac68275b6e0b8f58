//! Signing checkpoints, and keeping what witnesses add to them.

use decision_gate_core::digest::Digest;
use decision_gate_core::keys::SigningKey;
use decision_gate_core::ledger::{
    Checkpoint, CheckpointFault, CheckpointTrust, CompactRange, KeyUse, OriginBase, VerifierKey, VerifierKeyError,
    read_checkpoint, verify_consistency,
};

use super::error::LedgerError;
use super::prove::{kept_checkpoint, prove_consistency};
use crate::ports::{KeptCheckpoint, Scope, Store, Tree};

/// How many heads are taken at a time.
const BATCH: usize = 1_000;

/// Who signs checkpoints: a key, and what the origins of its logs begin with.
#[derive(Debug)]
pub struct LogSigner {
    origin: OriginBase,
    key: SigningKey,
}

/// A checkpoint that is signed and kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SignedCheckpoint {
    /// As it is kept, unless one of this size under another name or key is.
    pub kept: KeptCheckpoint,
    /// How many heads were new in the log.
    pub added: u64,
    /// What others verify it with.
    pub key: VerifierKey,
}

/// A checkpoint with what others signed of it.
#[derive(Clone, Debug)]
pub struct Cosigned {
    /// As it is kept now.
    pub kept: KeptCheckpoint,
    /// How many lines are new in it.
    pub added: usize,
}

impl LogSigner {
    /// A signer.
    pub fn new(origin: OriginBase, key: SigningKey) -> Self {
        Self { origin, key }
    }

    /// The same key for logs whose names begin otherwise.
    #[must_use]
    pub fn named(self, origin: OriginBase) -> Self {
        Self { origin, ..self }
    }

    /// The origin of a shelf's log.
    pub fn origin(&self, scope: Scope) -> String {
        self.origin.of(scope.tenant, scope.namespace)
    }

    /// What checkpoints of a shelf's log are verified with.
    ///
    /// # Errors
    /// [`VerifierKeyError`], which no key of ours gives.
    pub fn verifier_key(&self, scope: Scope) -> Result<VerifierKey, VerifierKeyError> {
        VerifierKey::new(&self.origin(scope), KeyUse::Plain, self.key.public())
    }
}

/// Integrates everything that has grown. Gives the log after it, and how many heads were new.
pub(super) async fn integrate(store: &dyn Store, scope: Scope) -> Result<(CompactRange, u64), LedgerError> {
    let mut added = 0;
    loop {
        let done = store.integrate(scope, BATCH).await?;
        added += done.added;
        if !done.more {
            return Ok((done.tree, added));
        }
    }
}

/// Integrates what has grown, also where the ledger's own list of that was lost, and signs a checkpoint of the log, unless
/// one of this very log is kept. A log that does not go on from the last one that was signed is not signed.
///
/// # Errors
/// [`LedgerError`].
pub async fn checkpoint(store: &dyn Store, scope: Scope, signer: &LogSigner) -> Result<SignedCheckpoint, LedgerError> {
    store.find_unlogged(scope, None).await?;
    let (tree, added) = integrate(store, scope).await?;
    let key = signer.verifier_key(scope)?;
    let (size, root) = (tree.size(), tree.root());
    if size == 0 {
        let (tenant, namespace) = (scope.tenant.to_string(), scope.namespace.to_string());
        return Err(LedgerError::Empty { tenant, namespace });
    }
    let mut taken = false;
    if let Some(last) = store.last_checkpoint(scope).await? {
        goes_on(store, scope, &last, size, root).await?;
        let same = read_checkpoint(last.note.as_bytes()).is_ok_and(|(note, _)| note.verify([&key]).is_ok());
        if last.size == size && same {
            return Ok(SignedCheckpoint { kept: last, added, key });
        }
        taken = last.size == size;
    }
    let note = Checkpoint { origin: signer.origin(scope), size, root }.sign(&signer.key)?;
    let kept = KeptCheckpoint { size, root, note: note.to_text() };
    // A note of this size under another name or key stays the one that is kept: witnesses may have cosigned it.
    if !taken {
        store.keep_checkpoint(scope, kept.clone()).await?;
    }
    Ok(SignedCheckpoint { kept, added, key })
}

/// Whether the log still begins with that of a kept checkpoint.
async fn goes_on(
    store: &dyn Store,
    scope: Scope,
    last: &KeptCheckpoint,
    size: u64,
    root: Digest,
) -> Result<(), LedgerError> {
    let rewritten = |fault| LedgerError::Rewritten { size: last.size, fault };
    if last.size > size {
        let fault = decision_gate_core::ledger::ProofFault::Sizes { old: last.size, new: size };
        return Err(rewritten(fault));
    }
    let path = prove_consistency(store, &Tree::Log(scope), last.size, size).await?;
    verify_consistency(last.size, &last.root, size, &root, &path).map_err(rewritten)
}

/// Puts the cosignatures of `note` into the kept checkpoint that it is of. Lines that are there already are not doubled, and
/// none is kept that does not hold by a key that `trust` has.
///
/// # Errors
/// [`LedgerError`] where the note is of no kept checkpoint, or one of its new lines can't be kept.
pub async fn add_cosignatures(
    store: &dyn Store,
    scope: Scope,
    note: &[u8],
    trust: &CheckpointTrust,
) -> Result<Cosigned, LedgerError> {
    let (added, checkpoint) = read_checkpoint(note)?;
    let kept = kept_checkpoint(store, scope, Some(checkpoint.size)).await?;
    let (mut whole, _) = read_checkpoint(kept.note.as_bytes())?;
    if whole.claimed_text() != added.claimed_text() {
        return Err(LedgerError::OtherCheckpoint { size: kept.size });
    }
    trust.check_new_lines(&added, &whole).map_err(CheckpointFault::from)?;
    let before = whole.signatures().len();
    whole.add(added.signatures().iter().cloned());
    let added = whole.signatures().len() - before;
    let kept = KeptCheckpoint { note: whole.to_text(), ..kept };
    if added > 0 {
        store.keep_checkpoint(scope, kept.clone()).await?;
    }
    Ok(Cosigned { kept, added })
}
