//! One stream, row by row: events, values, head, tiles, and its heads in the log.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use decision_gate_core::digest::Digest;
use decision_gate_core::engine::RunState;
use decision_gate_core::json::canonical;
use decision_gate_core::ledger::{
    Body, Commitment, CompactRange, Event, RunStarted, Salt, Slot, TILE_WIDTH, TileId, TileWriter, leaf_hash,
};

use super::documents::Documents;
use super::error::LedgerError;
use super::finding::{Findings, LedgerFindingCode as Code};
use super::marks::Marks;
use super::prunings::Prunings;
use super::rows::{first, of_stream, tables_of};
use super::tiles;
use crate::ports::{LogEntry, RawEvent, RawHead, RawValue, Store, StoreError, Stream, Table, Tree};

/// How many rows are read at a time.
const PAGE: usize = 512;

/// What was seen of all streams.
#[derive(Debug, Default)]
pub(super) struct Seen {
    pub(super) streams: u64,
    pub(super) events: u64,
    pub(super) values: u64,
    pub(super) pruned: u64,
    /// How far the events of the shelf that is being read have raised its marks.
    pub(super) marks: Marks,
    /// What the shelf's own events have made.
    pub(super) documents: Documents,
    /// Policies that events put in force.
    pub(super) policies: BTreeSet<Digest>,
}

impl Seen {
    /// Begins with another shelf.
    pub(super) fn of_shelf(&mut self) {
        (self.marks, self.documents) = (Marks::default(), Documents::default());
    }
}

/// A stream on its way.
struct Walk<'a> {
    store: &'a dyn Store,
    stream: &'a Stream,
    found: Findings,
    /// The position that comes next.
    next: u64,
    state: Option<RunState>,
    /// Whether events still follow each other, so that the fold means anything.
    unbroken: bool,
    tree: CompactRange,
    tiles: Option<TileWriter>,
    /// Heads in the log that were not reached yet, by size.
    entries: VecDeque<LogEntry>,
    /// The size of the last head that was taken from the store.
    known: u64,
    /// How many events have tiles: the size of the last head in the log.
    tiled: u64,
    /// Whether that head could be read.
    logged: bool,
    prunings: Prunings,
}

/// Checks every row of a stream.
pub(super) async fn check(
    store: &dyn Store,
    stream: &Stream,
    seen: &mut Seen,
    findings: &mut Findings,
) -> Result<(), LedgerError> {
    let mut found = Findings::default();
    let tiled = match store.log_entry(stream, u64::MAX).await {
        Ok(entry) => Some(entry.map_or(0, |entry| entry.size)),
        Err(StoreError::Corrupt { what, .. }) => {
            found.add(Code::LogMismatch, stream, None, format!("its last head in the log does not read: {what}"));
            None
        }
        Err(other) => return Err(other.into()),
    };
    let prunings = Prunings::of(store, stream, &mut found).await?;
    seen.pruned = seen.pruned.saturating_add(prunings.stated);
    let mut walk = Walk {
        store,
        stream,
        found,
        next: 1,
        state: None,
        unbroken: true,
        tree: CompactRange::default(),
        tiles: TileWriter::new(0, Vec::new()),
        entries: VecDeque::new(),
        known: 0,
        tiled: tiled.unwrap_or(0),
        logged: tiled.is_some(),
        prunings,
    };
    let done = walk.all(seen).await;
    findings.take(walk.found);
    done
}

fn by_event(values: Vec<RawValue>) -> BTreeMap<i64, Vec<RawValue>> {
    let mut all: BTreeMap<i64, Vec<RawValue>> = BTreeMap::new();
    values.into_iter().for_each(|value| all.entry(value.seq).or_default().push(value));
    all
}

impl Walk<'_> {
    fn add(&mut self, code: Code, seq: u64, reason: impl std::fmt::Display) {
        self.found.add(code, self.stream, seq, reason);
    }

    async fn all(&mut self, seen: &mut Seen) -> Result<(), LedgerError> {
        let mut from = i64::MIN;
        loop {
            let page = self.store.raw_events(self.stream, from, PAGE).await?;
            seen.events += u64::try_from(page.events.len()).unwrap_or(u64::MAX);
            seen.values += u64::try_from(page.values.len()).unwrap_or(u64::MAX);
            let mut values = by_event(page.values);
            for row in &page.events {
                self.row(row, values.remove(&row.seq).unwrap_or_default(), seen).await?;
            }
            for (seq, values) in values {
                for value in values {
                    let reason = format!("the value `{}` belongs to no event", value.slot);
                    self.found.add(Code::ValueUnexpected, self.stream, u64::try_from(seq).ok(), reason);
                }
            }
            let last = page.events.last().filter(|_| page.events.len() == PAGE);
            match last.and_then(|last| last.seq.checked_add(1)) {
                Some(next) => from = next,
                None => return self.end(seen).await,
            }
        }
    }

    async fn row(&mut self, row: &RawEvent, values: Vec<RawValue>, seen: &mut Seen) -> Result<(), LedgerError> {
        let Some(seq) = u64::try_from(row.seq).ok().filter(|seq| *seq >= self.next) else {
            let reason = format!("a row has position `{}`", row.seq);
            self.found.add(Code::EventMisplaced, self.stream, None, reason);
            return Ok(());
        };
        self.missing_before(seq);
        self.next = seq + 1;
        let leaf = leaf_hash(&row.bytes);
        if row.leaf != leaf.as_bytes() {
            self.add(Code::EventChanged, seq, "the bytes do not have the hash that lies beside them");
        }
        self.grow(seq, leaf).await?;
        let event = match Event::read(&row.bytes) {
            Ok(event) => event,
            Err(error) => {
                self.unbroken = false;
                self.add(Code::EventInvalid, seq, error);
                return Ok(());
            }
        };
        self.place(seq, row, &event);
        seen.marks.take(self.stream, seq, &event);
        self.fold(seq, &event);
        self.values(seq, &event, values);
        self.prunings.reach(seq, self.state.as_ref(), self.unbroken, self.stream, &mut self.found);
        self.documents(seq, &event, seen).await
    }

    fn missing_before(&mut self, seq: u64) {
        if seq > self.next {
            let first = self.next;
            let reason = match seq - first {
                1 => "the row is gone".to_owned(),
                more => format!("this row and {} after it are gone", more - 1),
            };
            self.add(Code::EventMissing, first, reason);
            self.unbroken = false;
            self.tiles = None;
        }
    }

    /// The trees over the events, compared with every head in the log and with the tiles.
    async fn grow(&mut self, seq: u64, leaf: Digest) -> Result<(), LedgerError> {
        self.tree.push(leaf);
        if seq <= self.tiled
            && let Some(tiles) = &mut self.tiles
        {
            tiles.push(leaf);
            let full = tiles.take_full();
            self.compare(full).await?;
        }
        if self.entries.is_empty() && self.known < self.tiled {
            self.entries = match self.store.stream_entries(self.stream, self.known, PAGE).await {
                Ok(entries) => entries.into(),
                // Which one does not read is found with the log.
                Err(StoreError::Corrupt { .. }) => VecDeque::new(),
                Err(other) => return Err(other.into()),
            };
            self.known = self.entries.back().map_or(u64::MAX, |entry| entry.size);
        }
        while let Some(entry) = self.entries.front().filter(|entry| entry.size <= seq) {
            let (size, index, differs) = (entry.size, entry.index, entry.root != self.tree.root());
            self.entries.pop_front();
            if size == seq && differs && self.tiles.is_some() {
                let reason = format!("entry {index} of the log has another root for the first {size} events");
                self.add(Code::LogMismatch, size, reason);
            }
        }
        Ok(())
    }

    async fn compare(&mut self, made: BTreeMap<TileId, Vec<Digest>>) -> Result<(), LedgerError> {
        if made.is_empty() {
            return Ok(());
        }
        let tree = Tree::Events(self.stream.clone());
        let stored = tiles::stored(self.store, &tree, made.keys().copied().collect()).await?;
        for (id, hashes) in made {
            let kept = stored.get(&id).map(Vec::as_slice).unwrap_or_default();
            let Some(place) = first_difference(&hashes, kept) else { continue };
            let seq = (id.index * TILE_WIDTH).saturating_add(place).saturating_add(1);
            if id.level == 0 && place < u64::try_from(kept.len()).unwrap_or(0) {
                self.add(Code::EventChanged, seq, "the bytes do not have the hash that the tiles of the log have");
            } else {
                let reason = format!("tile {} of level {} is not that of the events", id.index, id.level);
                self.found.add(Code::LogMismatch, self.stream, None, reason);
            }
        }
        Ok(())
    }

    fn place(&mut self, seq: u64, row: &RawEvent, event: &Event) {
        let scope = self.stream.scope;
        if event.tenant != scope.tenant || event.namespace != scope.namespace || event.run != self.stream.run {
            self.add(Code::EventMisplaced, seq, "the event is of another stream");
        } else if event.seq != seq {
            self.add(Code::EventMisplaced, seq, format!("the event is number {} of its stream", event.seq));
        } else if event.kind().word() != row.kind || event.key != row.key {
            self.add(Code::EventMisplaced, seq, "the event has another kind or key than its row");
        } else {
            return;
        }
        self.unbroken = false;
    }

    fn fold(&mut self, seq: u64, event: &Event) {
        if !self.unbroken || self.stream.run.is_none() {
            return;
        }
        let admitted = self.state.as_ref().map_or(Ok(()), |state| state.admit(event));
        match admitted.and_then(|()| RunState::apply(self.state.as_ref(), event)) {
            Ok(state) if event.state_digest == Some(state.digest()) => self.state = Some(state),
            Ok(_) => {
                self.unbroken = false;
                self.add(Code::StateMismatch, seq, "the event names another state than its events give");
            }
            Err(error) => {
                self.unbroken = false;
                self.add(Code::StateMismatch, seq, error);
            }
        }
    }

    fn values(&mut self, seq: u64, event: &Event, values: Vec<RawValue>) {
        let mut expected: BTreeMap<Slot, Commitment> = event.commitments().into_iter().collect();
        for value in values {
            let slot = Slot::parse(&value.slot);
            let Some((slot, commitment)) = slot.and_then(|slot| expected.remove_entry(&slot)) else {
                self.add(Code::ValueUnexpected, seq, format!("the event has no value `{}`", value.slot));
                continue;
            };
            let salt = <[u8; 32]>::try_from(value.salt).ok().map(Salt::new);
            if salt.is_none_or(|salt| Commitment::to(&salt, &value.canonical) != commitment) {
                let reason = format!("the value `{}` is not what the event commits to", slot.name());
                self.add(Code::ValueChanged, seq, reason);
            }
        }
        for slot in expected.into_keys() {
            if self.prunings.excuses(seq) {
                continue;
            }
            self.add(Code::ValueMissing, seq, format!("the value `{}` is gone, and was not pruned", slot.name()));
        }
    }

    /// What the event makes or starts from. Tables are compared with it once the shelf's own stream is read.
    async fn documents(&mut self, seq: u64, event: &Event, seen: &mut Seen) -> Result<(), LedgerError> {
        if self.stream.run.is_none() {
            seen.documents.take(seq, event);
        }
        match &event.body {
            Body::RunStarted(body) => {
                if let Some(why) = seen.documents.refuse(body)
                    && !self.was_defined_since(body).await?
                {
                    self.add(Code::DocumentMismatch, seq, why);
                }
            }
            Body::PolicyActivated(_) if seen.policies.insert(event.policy_digest) => {
                match self.store.policy(event.policy_digest).await {
                    Ok(Some(_)) => {}
                    Ok(None) => self.add(Code::DocumentMismatch, seq, "the policy that it names is gone"),
                    Err(StoreError::Corrupt { what, .. }) => self.add(Code::DocumentMismatch, seq, what),
                    Err(other) => return Err(other.into()),
                }
            }
            _ => {}
        }
        Ok(())
    }

    /// Whether what a run started from was defined after the shelf's own stream was read: a store gives only what has such
    /// an event.
    async fn was_defined_since(&self, start: &RunStarted) -> Result<bool, LedgerError> {
        let found = self.store.scenario(self.stream.scope, &start.scenario_id, Some(start.spec_hash)).await;
        match found {
            Ok(found) => Ok(found.is_some_and(|it| it.origin == start.origin)),
            Err(StoreError::Corrupt { .. }) => Ok(false),
            Err(other) => Err(other.into()),
        }
    }

    /// What stands at the end: the shelf's documents, tiles, heads in the log beyond the last event, and the stream's own
    /// head.
    async fn end(&mut self, seen: &mut Seen) -> Result<(), LedgerError> {
        let (last, store, stream) = (self.next - 1, self.store, self.stream);
        std::mem::take(&mut self.prunings).end(last, stream, &mut self.found);
        if stream.run.is_none() {
            seen.documents.check(store, stream.scope, &mut self.found).await?;
        }
        let head = store.raw_head(stream).await?;
        if last == 0 && self.tiled == 0 && head.is_none() {
            return self.nothing().await;
        }
        seen.streams += 1;
        if last >= self.tiled
            && let Some(tiles) = self.tiles.take()
        {
            self.compare(tiles.finish()).await?;
        }
        let stated = head.as_ref().and_then(|it| u64::try_from(it.size).ok()).unwrap_or(0);
        if self.tiled > last {
            let reason = format!("the log says that there were {} events", self.tiled);
            self.add(Code::EventMissing, last + 1, reason);
        } else if stated > last {
            self.add(Code::EventMissing, last + 1, format!("the head says that there are {stated} events"));
        }
        if let Some(why) = self.head_differs(head.as_ref(), last) {
            self.found.add(Code::HeadMismatch, stream, None, why);
        }
        if !self.logged {
            return Ok(());
        }
        if last >= self.tiled {
            tiles::beyond(store, &Tree::Events(stream.clone()), self.tiled, &mut self.found).await?;
        }
        if stated > self.tiled && !self.is_on_its_way(stated).await? {
            let reason = format!("the log has {} of its {stated} events, and will not take the others", self.tiled);
            self.found.add(Code::HeadNotPending, stream, None, reason);
        }
        Ok(())
    }

    /// Whether an integration will find that the stream has grown, or one took its head since it was looked at.
    async fn is_on_its_way(&self, size: u64) -> Result<bool, LedgerError> {
        if first(self.store, Table::PendingHeads, of_stream(self.stream), Vec::new()).await?.is_some() {
            return Ok(true);
        }
        Ok(self.store.log_entry(self.stream, u64::MAX).await?.is_some_and(|entry| entry.size >= size))
    }

    /// Rows of a stream that has neither an event nor a head, here or in the log.
    async fn nothing(&mut self) -> Result<(), LedgerError> {
        for (table, _) in tables_of(self.store, &of_stream(self.stream)).await? {
            let reason = format!("table `{}` has rows of this stream, and it has no event", table.name());
            self.found.add(Code::RowUnexpected, self.stream, None, reason);
        }
        Ok(())
    }

    fn head_differs(&self, head: Option<&RawHead>, last: u64) -> Option<&'static str> {
        let Some(head) = head else { return Some("the stream has no head") };
        if u64::try_from(head.size) != Ok(last) {
            return Some("the head has another number of events than there are");
        }
        let peaks: Vec<u8> = self.tree.peaks().iter().flat_map(|it| *it.as_bytes()).collect();
        if self.tree.size() == last && head.peaks != peaks {
            return Some("the tree of the head is not that over the events");
        }
        if !self.unbroken {
            return None;
        }
        let state = self.state.as_ref().and_then(|state| canonical::of(state).ok());
        let digest = state.as_ref().map(|bytes| Digest::of(bytes).as_bytes().to_vec());
        (head.state != state || head.state_digest != digest)
            .then_some("the state of the head is not that of the events")
    }
}

/// The first place at which two tiles differ.
fn first_difference(made: &[Digest], kept: &[Digest]) -> Option<u64> {
    let place = made.iter().zip(kept).position(|(made, kept)| made != kept);
    let place = place.or_else(|| (made.len() != kept.len()).then(|| made.len().min(kept.len())));
    place.map(|it| u64::try_from(it).unwrap_or(u64::MAX))
}
