//! Every row of a ledger, checked: streams, then the marks that their events raised, then the log over their heads, then
//! the checkpoints over the log.

use std::collections::BTreeMap;

use decision_gate_core::digest::Digest;
use decision_gate_core::ledger::{
    Checkpoint, CheckpointTrust, CompactRange, TileId, TileWriter, is_origin_of, read_checkpoint,
};

use super::error::LedgerError;
use super::finding::{Findings, LedgerFinding, LedgerFindingCode as Code};
use super::stream::{self, Seen};
use crate::ports::{Scope, Store, Stream, Tree};

/// How many rows are read at a time.
const PAGE: usize = 1_000;

/// A checkpoint that whoever checks has from elsewhere, and whose it must be.
#[derive(Clone, Debug)]
pub struct KnownCheckpoint {
    /// The note.
    pub note: Vec<u8>,
    /// Whose checkpoints are believed.
    pub trust: CheckpointTrust,
}

/// What a check came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LedgerReport {
    /// What is wrong, in the order of the streams and their events.
    pub findings: Vec<LedgerFinding>,
    /// How many more findings there were.
    pub omitted: u64,
    /// How many shelves were read.
    pub shelves: u64,
    /// How many streams were read.
    pub streams: u64,
    /// How many events were read.
    pub events: u64,
    /// How many values were read.
    pub values: u64,
    /// How many values were pruned.
    pub pruned: u64,
    /// How many heads in the log were read.
    pub entries: u64,
    /// How many checkpoints the logs were compared with.
    pub checkpoints: u64,
}

impl LedgerReport {
    /// Whether nothing was found.
    pub fn is_sound(&self) -> bool {
        self.findings.is_empty() && self.omitted == 0
    }
}

/// Reads and checks every row. With a checkpoint from elsewhere, the log must go on from it.
///
/// # Errors
/// [`LedgerError`] where the ledger can't be read, or the checkpoint is not accepted. What is wrong with rows is in the
/// report.
pub async fn verify_ledger(store: &dyn Store, known: Option<&KnownCheckpoint>) -> Result<LedgerReport, LedgerError> {
    let known = known.map(|it| it.trust.judge(&it.note)).transpose()?.map(|it| it.checkpoint);
    let scopes = store.scopes().await?;
    let (mut findings, mut seen) = (Findings::default(), Seen::default());
    let (mut entries, mut checkpoints) = (0, 0);
    for scope in &scopes {
        let mut after: Option<String> = None;
        loop {
            let streams = store.streams(*scope, after.as_deref(), PAGE).await?;
            for stream in &streams {
                stream::check(store, stream, &mut seen, &mut findings).await?;
            }
            match streams.last().filter(|_| streams.len() == PAGE) {
                Some(last) => after = Some(last.run.as_ref().map_or_else(String::new, ToString::to_string)),
                None => break,
            }
        }
        std::mem::take(&mut seen.marks).check(store, *scope, &mut findings).await?;
        let known = known.as_ref().filter(|it| is_origin_of(&it.origin, scope.tenant, scope.namespace));
        let mut log = Log::new(store, *scope, known);
        log.check(&mut findings).await?;
        entries += log.tree.size();
        checkpoints += log.compared;
    }
    if let Some(known) = known
        && !scopes.iter().any(|it| is_origin_of(&known.origin, it.tenant, it.namespace))
    {
        return Err(LedgerError::OtherLog { origin: known.origin });
    }
    let (findings, omitted) = findings.into_parts();
    let shelves = u64::try_from(scopes.len()).unwrap_or(u64::MAX);
    let Seen { streams, events, values, pruned, .. } = seen;
    Ok(LedgerReport { findings, omitted, shelves, streams, events, values, pruned, entries, checkpoints })
}

/// A log on its way.
struct Log<'a> {
    store: &'a dyn Store,
    /// The shelf, as the stream that its findings are about.
    place: Stream,
    tree: CompactRange,
    tiles: Option<TileWriter>,
    /// Roots that checkpoints have, by size.
    expected: BTreeMap<u64, Vec<Digest>>,
    compared: u64,
}

impl<'a> Log<'a> {
    fn new(store: &'a dyn Store, scope: Scope, known: Option<&Checkpoint>) -> Self {
        let place = Stream { scope, run: None };
        let (tree, tiles) = (CompactRange::default(), TileWriter::new(0, Vec::new()));
        let mut log = Self { store, place, tree, tiles, expected: BTreeMap::new(), compared: 0 };
        if let Some(known) = known {
            log.expect(known.size, known.root);
        }
        log
    }

    fn expect(&mut self, size: u64, root: Digest) {
        self.expected.entry(size).or_default().push(root);
    }

    async fn check(&mut self, findings: &mut Findings) -> Result<(), LedgerError> {
        self.kept(findings).await?;
        self.compare_root(findings);
        loop {
            let entries = self.store.log_entries(self.place.scope, self.tree.size(), PAGE).await?;
            let count = entries.len();
            for entry in entries {
                if entry.index != self.tree.size() {
                    let reason = format!("entry {} of the log is gone", self.tree.size());
                    findings.add(Code::LogMismatch, &self.place, None, reason);
                    return Ok(());
                }
                let leaf = entry.head().leaf_hash();
                self.tree.push(leaf);
                let full = self.tiles.as_mut().map(|tiles| {
                    tiles.push(leaf);
                    tiles.take_full()
                });
                self.compare(full.unwrap_or_default(), findings).await?;
                self.compare_root(findings);
            }
            if count < PAGE {
                break;
            }
        }
        if let Some(tiles) = self.tiles.take() {
            self.compare(tiles.finish(), findings).await?;
        }
        let stated = self.store.log(self.place.scope).await;
        if stated.as_ref() != Ok(&self.tree) {
            findings.add(Code::LogMismatch, &self.place, None, "the tree of the log is not that over its entries");
        }
        let size = self.tree.size();
        if let Some((beyond, _)) = self.expected.iter().next_back().filter(|(beyond, _)| **beyond > size) {
            let reason = format!("a checkpoint has {beyond} entries, the log has {size}");
            findings.add(Code::LogTruncated, &self.place, None, reason);
        }
        Ok(())
    }

    /// The ledger's own checkpoints: each is one of this log, with the root that lies beside it.
    async fn kept(&mut self, findings: &mut Findings) -> Result<(), LedgerError> {
        let (mut from, scope) = (0, self.place.scope);
        loop {
            let kept = self.store.checkpoints(scope, from, PAGE).await?;
            for it in &kept {
                let read = read_checkpoint(it.note.as_bytes()).map(|(_, checkpoint)| checkpoint);
                let same = read.is_ok_and(|read| {
                    read.size == it.size
                        && read.root == it.root
                        && is_origin_of(&read.origin, scope.tenant, scope.namespace)
                });
                if !same {
                    let reason = format!("the kept checkpoint of size {} is not what lies beside it", it.size);
                    findings.add(Code::CheckpointMismatch, &self.place, None, reason);
                }
                self.expect(it.size, it.root);
            }
            match kept.last().filter(|_| kept.len() == PAGE) {
                Some(last) => from = last.size + 1,
                None => return Ok(()),
            }
        }
    }

    /// Compares the tree with every checkpoint of its size.
    fn compare_root(&mut self, findings: &mut Findings) {
        let size = self.tree.size();
        for expected in self.expected.get(&size).into_iter().flatten() {
            self.compared += 1;
            if *expected != self.tree.root() {
                let reason = format!("a checkpoint of size {size} has another root: the log was rewritten");
                findings.add(Code::CheckpointMismatch, &self.place, None, reason);
            }
        }
    }

    async fn compare(
        &mut self,
        made: BTreeMap<TileId, Vec<Digest>>,
        findings: &mut Findings,
    ) -> Result<(), LedgerError> {
        if made.is_empty() {
            return Ok(());
        }
        let tree = Tree::Log(self.place.scope);
        let stored: BTreeMap<_, _> =
            self.store.tiles(&tree, made.keys().copied().collect()).await?.into_iter().collect();
        for (id, hashes) in made {
            if stored.get(&id) != Some(&hashes) {
                let reason = format!("tile {} of level {} of the log is not that of its entries", id.index, id.level);
                findings.add(Code::LogMismatch, &self.place, None, reason);
            }
        }
        Ok(())
    }
}
