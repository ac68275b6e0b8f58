//! The log of a shelf, entry by entry: its tree, its tiles, and the checkpoints over it.

use std::collections::BTreeMap;

use decision_gate_core::digest::Digest;
use decision_gate_core::ledger::{
    Checkpoint, CheckpointFault, CheckpointTrust, CompactRange, NoteError, TileId, TileWriter, VerifierKey,
    is_origin_of, read_checkpoint,
};
use decision_gate_core::name::RunId;

use super::error::LedgerError;
use super::finding::{Findings, LedgerFindingCode as Code};
use super::rows::{Pages, Row, of_shelf};
use super::tiles;
use crate::ports::{LogEntry, Scope, Store, Stream, Table, Tree};

/// What the checkpoints of a log are held against.
#[derive(Clone, Copy, Default)]
pub(super) struct Outside<'a> {
    /// A checkpoint of this log from elsewhere.
    pub(super) known: Option<&'a Checkpoint>,
    /// Whose kept checkpoints are accepted.
    pub(super) trust: Option<&'a CheckpointTrust>,
    /// What the ledger's own signer signs this log with.
    pub(super) own: Option<&'a VerifierKey>,
}

/// A log on its way.
pub(super) struct Log<'a> {
    store: &'a dyn Store,
    /// The shelf, as the stream that its findings are about.
    place: Stream,
    outside: Outside<'a>,
    pub(super) tree: CompactRange,
    tiles: Option<TileWriter>,
    /// Roots that checkpoints have, by size.
    expected: BTreeMap<u64, Vec<Digest>>,
    pub(super) compared: u64,
}

impl<'a> Log<'a> {
    pub(super) fn new(store: &'a dyn Store, scope: Scope, outside: Outside<'a>) -> Self {
        let place = Stream { scope, run: None };
        let (tree, tiles) = (CompactRange::default(), TileWriter::new(0, Vec::new()));
        let mut log = Self { store, place, outside, tree, tiles, expected: BTreeMap::new(), compared: 0 };
        if let Some(known) = outside.known {
            log.expect(known.size, known.root);
        }
        log
    }

    fn expect(&mut self, size: u64, root: Digest) {
        self.expected.entry(size).or_default().push(root);
    }

    pub(super) async fn check(&mut self, findings: &mut Findings) -> Result<(), LedgerError> {
        self.kept(findings).await?;
        self.compare_root(findings);
        if self.entries(findings).await? {
            if let Some(tiles) = self.tiles.take() {
                self.compare(tiles.finish(), findings).await?;
            }
            let stated = self.store.log(self.place.scope).await;
            if stated.as_ref() != Ok(&self.tree) {
                findings.add(Code::LogMismatch, &self.place, None, "the tree of the log is not that over its entries");
            }
            tiles::beyond(self.store, &Tree::Log(self.place.scope), self.tree.size(), findings).await?;
        }
        let size = self.tree.size();
        if let Some((beyond, _)) = self.expected.iter().next_back().filter(|(beyond, _)| **beyond > size) {
            let reason = format!("a checkpoint has {beyond} entries, the log has {size}");
            findings.add(Code::LogTruncated, &self.place, None, reason);
        }
        Ok(())
    }

    /// Goes through the entries; whether they are all there.
    async fn entries(&mut self, findings: &mut Findings) -> Result<bool, LedgerError> {
        let (scope, table) = (self.place.scope, Table::LogEntries);
        let mut pages = Pages::new(self.store, table, of_shelf(scope));
        while let Some(page) = pages.next().await? {
            for cells in &page {
                let entry = match entry(scope, Row { table, cells }) {
                    Ok(entry) => entry,
                    Err(unread) => {
                        findings.add(Code::RowMalformed, &self.place, None, unread);
                        continue;
                    }
                };
                if entry.index != self.tree.size() {
                    let reason = format!("entry {} of the log is gone", self.tree.size());
                    findings.add(Code::LogMismatch, &self.place, None, reason);
                    return Ok(false);
                }
                self.push(entry.head().leaf_hash(), findings).await?;
            }
        }
        Ok(true)
    }

    async fn push(&mut self, leaf: Digest, findings: &mut Findings) -> Result<(), LedgerError> {
        self.tree.push(leaf);
        let full = self.tiles.as_mut().map(|tiles| {
            tiles.push(leaf);
            tiles.take_full()
        });
        self.compare(full.unwrap_or_default(), findings).await?;
        self.compare_root(findings);
        Ok(())
    }

    /// The ledger's own checkpoints: each is one of this log, with the root that lies beside it, and signed.
    async fn kept(&mut self, findings: &mut Findings) -> Result<(), LedgerError> {
        let table = Table::Checkpoints;
        let mut pages = Pages::new(self.store, table, of_shelf(self.place.scope));
        while let Some(page) = pages.next().await? {
            for cells in &page {
                let row = Row { table, cells };
                let read = || Ok::<_, String>((row.number("size")?, row.digest("root")?, row.text("note")?));
                match read() {
                    Ok((size, root, note)) => self.judge_kept(size, root, note, findings),
                    Err(unread) => findings.add(Code::RowMalformed, &self.place, None, unread),
                }
            }
        }
        Ok(())
    }

    fn judge_kept(&mut self, size: u64, root: Digest, note: &str, findings: &mut Findings) {
        let Scope { tenant, namespace } = self.place.scope;
        let read = read_checkpoint(note.as_bytes()).map(|(_, checkpoint)| checkpoint);
        let same = read
            .is_ok_and(|read| read.size == size && read.root == root && is_origin_of(&read.origin, tenant, namespace));
        if !same {
            let reason = format!("the kept checkpoint of size {size} is not what lies beside it");
            findings.add(Code::CheckpointMismatch, &self.place, None, reason);
        } else if let Err(fault) = self.is_signed(note) {
            let reason = format!("the kept checkpoint of size {size} is not accepted: {fault}");
            findings.add(Code::CheckpointMismatch, &self.place, None, reason);
        }
        self.expect(size, root);
    }

    /// Whether a kept checkpoint is signed by whom it must be: by one of the keys that were given for this log. Without any,
    /// what bears the name of the ledger's own key must be signed by it.
    fn is_signed(&self, note: &str) -> Result<(), CheckpointFault> {
        let Scope { tenant, namespace } = self.place.scope;
        if let Some(trust) = self.outside.trust.filter(|it| it.knows_log_of(tenant, namespace)) {
            return trust.is_signed(note.as_bytes());
        }
        let Some(own) = self.outside.own else { return Ok(()) };
        let (note, _) = read_checkpoint(note.as_bytes())?;
        match note.verify([own]) {
            Ok(_) | Err(NoteError::Unsigned) => Ok(()),
            Err(error) => Err(error.into()),
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
        let stored = tiles::stored(self.store, &Tree::Log(self.place.scope), made.keys().copied().collect()).await?;
        for (id, hashes) in made {
            if stored.get(&id) != Some(&hashes) {
                let reason = format!("tile {} of level {} of the log is not that of its entries", id.index, id.level);
                findings.add(Code::LogMismatch, &self.place, None, reason);
            }
        }
        Ok(())
    }
}

fn entry(scope: Scope, row: Row<'_>) -> Result<LogEntry, String> {
    let (index, size, root) = (row.number("position")?, row.number("size")?, row.digest("root")?);
    let run = match row.text("stream")? {
        "" => None,
        _ => Some(row.name::<RunId>("stream")?),
    };
    Ok(LogEntry { index, stream: Stream { scope, run }, size, root })
}
