//! Proofs out of tiles: that the log has a run's head, that a head has an event, that a log goes on from an older one.

use std::ops::Range;

use decision_gate_core::digest::Digest;
use decision_gate_core::ledger::{
    ProofFault, StreamHead, Tiles, consistency_ranges, inclusion_ranges, read_checkpoint, verify_inclusion,
};
use decision_gate_core::name::RunId;
use decision_gate_core::runpack::Anchor;

use super::error::LedgerError;
use super::sign::{LogSigner, checkpoint, integrate};
use crate::ports::{KeptCheckpoint, LogEntry, Scope, Store, Stream, Tree};

/// That the log of a checkpoint has a run's head.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HeadProof {
    /// The head.
    pub head: StreamHead,
    /// Its position in the log, from 0.
    pub index: u64,
    /// The inclusion proof, the leaf's sibling first.
    pub path: Vec<Digest>,
    /// The checkpoint.
    pub checkpoint: KeptCheckpoint,
}

/// That a head has an event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EventProof {
    /// Position of the event in its stream, from 1.
    pub seq: u64,
    /// Its leaf hash.
    pub leaf: Digest,
    /// The inclusion proof in the tree of the head, the leaf's sibling first.
    pub path: Vec<Digest>,
}

/// The roots over ranges of leaves, out of a few tiles.
async fn roots(store: &dyn Store, tree: &Tree, ranges: &[Range<u64>]) -> Result<Vec<Digest>, LedgerError> {
    let mut tiles = Tiles::default();
    for (id, hashes) in store.tiles(tree, Tiles::needed(ranges).into_iter().collect()).await? {
        tiles.insert(id, hashes);
    }
    tiles.roots(ranges).ok_or(LedgerError::Tiles { fault: ProofFault::Length { got: 0 } })
}

/// The proof that a tree of `new` leaves begins with that of `old` leaves.
///
/// # Errors
/// [`LedgerError`] where there can be none, or tiles are missing.
pub async fn prove_consistency(store: &dyn Store, tree: &Tree, old: u64, new: u64) -> Result<Vec<Digest>, LedgerError> {
    let ranges = consistency_ranges(old, new).ok_or(ProofFault::Sizes { old, new })?;
    roots(store, tree, &ranges).await
}

/// The proof that a log has an entry, checked before it is given away.
async fn of_entry(store: &dyn Store, entry: &LogEntry, kept: &KeptCheckpoint) -> Result<Vec<Digest>, LedgerError> {
    let (index, size) = (entry.index, kept.size);
    let ranges = inclusion_ranges(index, size).ok_or(ProofFault::OutOfRange { index, size })?;
    let path = roots(store, &Tree::Log(entry.stream.scope), &ranges).await?;
    let held = verify_inclusion(index, size, &entry.head().leaf_hash(), &path, &kept.root);
    held.map_err(|fault| LedgerError::Tiles { fault })?;
    Ok(path)
}

/// The kept checkpoint of a size; without one, the last.
///
/// # Errors
/// [`LedgerError`] where none is kept.
pub async fn kept_checkpoint(
    store: &dyn Store,
    scope: Scope,
    size: Option<u64>,
) -> Result<KeptCheckpoint, LedgerError> {
    let Some(size) = size else { return store.last_checkpoint(scope).await?.ok_or(LedgerError::NoCheckpoint) };
    let kept = store.checkpoints(scope, size, 1).await?.into_iter().find(|it| it.size == size);
    kept.ok_or(LedgerError::NoCheckpointOf { size })
}

/// The proof that a kept checkpoint has the last head of a run that it can have; without a size, the last checkpoint.
///
/// # Errors
/// [`LedgerError`] where no checkpoint is kept, or it has no head of the run.
pub async fn prove_run(
    store: &dyn Store,
    scope: Scope,
    run: &RunId,
    size: Option<u64>,
) -> Result<HeadProof, LedgerError> {
    let kept = kept_checkpoint(store, scope, size).await?;
    let stream = Stream { scope, run: Some(run.clone()) };
    let entry = store.log_entry(&stream, kept.size).await?;
    let Some(entry) = entry else {
        let is_later = store.log_entry(&stream, u64::MAX).await?.is_some();
        let (run, size) = (run.to_string(), kept.size);
        return Err(if is_later {
            LedgerError::RunNotInCheckpoint { run, size }
        } else {
            LedgerError::RunNotFound { run }
        });
    };
    let path = of_entry(store, &entry, &kept).await?;
    Ok(HeadProof { head: entry.head(), index: entry.index, path, checkpoint: kept })
}

/// The proof that the run of a head has an event.
///
/// # Errors
/// [`LedgerError`] where it has no such event.
pub async fn prove_event(store: &dyn Store, head: &StreamHead, seq: u64) -> Result<EventProof, LedgerError> {
    let run = head.run.as_ref().map_or_else(String::new, ToString::to_string);
    let missing = LedgerError::EventNotFound { run, size: head.size, seq };
    let index = seq.checked_sub(1).ok_or_else(|| missing.clone())?;
    let mut ranges = inclusion_ranges(index, head.size).ok_or(missing)?;
    // The leaf itself lies in a tile that its neighbour is read from.
    ranges.push(index..seq);
    let scope = Scope { tenant: head.tenant, namespace: head.namespace };
    let tree = Tree::Events(Stream { scope, run: head.run.clone() });
    let mut path = roots(store, &tree, &ranges).await?;
    let damaged = |fault| LedgerError::Tiles { fault };
    let leaf = path.pop().ok_or(damaged(ProofFault::Length { got: 0 }))?;
    verify_inclusion(index, head.size, &leaf, &path, &head.root).map_err(damaged)?;
    Ok(EventProof { seq, leaf, path })
}

/// What ties a run to the log, as a pack has it: its head of now, in the last checkpoint that is kept if that has it, else
/// in one that is signed now. The head's number of events comes with it.
///
/// # Errors
/// [`LedgerError`].
pub async fn anchor_run(
    store: &dyn Store,
    scope: Scope,
    run: &RunId,
    signer: &LogSigner,
) -> Result<(Anchor, u64), LedgerError> {
    store.find_unlogged(scope, Some(run)).await?;
    integrate(store, scope).await?;
    let stream = Stream { scope, run: Some(run.clone()) };
    let entry = store.log_entry(&stream, u64::MAX).await?;
    let entry = entry.ok_or_else(|| LedgerError::RunNotFound { run: run.to_string() })?;
    let key = signer.verifier_key(scope)?;
    let ours = |it: &KeptCheckpoint| {
        it.size > entry.index && read_checkpoint(it.note.as_bytes()).is_ok_and(|(note, _)| note.verify([&key]).is_ok())
    };
    let kept = match store.last_checkpoint(scope).await?.filter(ours) {
        Some(kept) => kept,
        None => checkpoint(store, scope, signer).await?.kept,
    };
    let inclusion = of_entry(store, &entry, &kept).await?;
    Ok((Anchor { note: kept.note.into_bytes(), index: entry.index, inclusion }, entry.size))
}
