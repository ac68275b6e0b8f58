//! Writing an event: at its position or not at all.

use std::sync::Arc;

use decision_gate_core::digest::Digest;
use decision_gate_core::engine::SealedState;
use decision_gate_core::ledger::{CompactRange, Event, leaf_hash};
use decision_gate_runtime::ports::{Append, Appended, Mark, Scope, StoreError, Stream};
use rusqlite::{Connection, OptionalExtension as _, Row, params};

use super::fault::{Fault, is_taken};
use super::{marks, policy, rows};

/// An event in the form in which it is stored. Made on the caller's side, so that the one writer only writes.
#[derive(Debug)]
pub(crate) struct Prepared {
    pub(crate) stream: Stream,
    pub(crate) seq: u64,
    pub(crate) kind: &'static str,
    pub(crate) key: Option<String>,
    pub(crate) bytes: Vec<u8>,
    pub(crate) leaf: Digest,
    pub(crate) values: Vec<(String, [u8; 32], Vec<u8>)>,
    pub(crate) state: Option<Arc<SealedState>>,
    pub(crate) follows: Option<Digest>,
    pub(crate) policy_epoch: Option<u64>,
    pub(crate) marks: Vec<Mark>,
}

impl Prepared {
    /// Writes down what is to be appended.
    pub(crate) fn new(append: &Append) -> Result<Self, StoreError> {
        belongs(append)?;
        let mut prepared = Self::of(append.stream.clone(), &append.event);
        prepared.values = append
            .values
            .iter()
            .map(|value| (value.slot.name(), *value.salt.as_bytes(), value.canonical.clone()))
            .collect();
        prepared.state.clone_from(&append.state);
        prepared.follows = append.follows;
        prepared.policy_epoch = append.policy_epoch;
        prepared.marks.clone_from(&append.marks);
        Ok(prepared)
    }

    /// Writes down an event without values or state.
    pub(crate) fn of(stream: Stream, event: &Event) -> Self {
        let bytes = event.to_bytes();
        Self {
            stream,
            seq: event.seq,
            kind: event.kind().word(),
            key: event.key.clone(),
            leaf: leaf_hash(&bytes),
            bytes,
            values: Vec::new(),
            state: None,
            follows: None,
            policy_epoch: None,
            marks: Vec::new(),
        }
    }

    /// Appends it, within a transaction of the caller.
    pub(crate) fn append(&self, connection: &Connection) -> Result<Appended, Fault> {
        let (mut tree, state) = standing(connection, &self.stream)?;
        if tree.size().checked_add(1) != Some(self.seq) || (self.follows.is_some() && self.follows != state) {
            return Err(self.conflict());
        }
        if let Some(decided) = self.policy_epoch {
            let active = policy::active(connection, self.stream.scope)?.map_or(0, |(epoch, _)| epoch);
            if active != decided {
                return Err(Fault::Refused(StoreError::PolicyEpoch { active, decided }));
            }
        }
        if !marks::raise(connection, self.stream.scope, &self.marks)? {
            return Err(self.conflict());
        }
        tree.push(self.leaf);
        self.insert_event(connection)?;
        self.insert_values(connection)?;
        self.put_head(connection, &tree)?;
        Ok(Appended { seq: self.seq, leaf: self.leaf })
    }

    fn conflict(&self) -> Fault {
        Fault::Refused(StoreError::Conflict { seq: self.seq })
    }

    fn insert_event(&self, connection: &Connection) -> Result<(), Fault> {
        let (tenant, namespace) = rows::scope(self.stream.scope);
        let row = params![
            tenant,
            namespace,
            rows::stream(&self.stream),
            rows::seq(self.seq),
            self.kind,
            self.key,
            self.bytes,
            self.leaf.as_bytes(),
        ];
        let inserted = connection
            .prepare_cached("INSERT INTO events (tenant, namespace, stream, seq, kind, key, bytes, leaf) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)")?
            .execute(row);
        match inserted {
            Ok(_) => Ok(()),
            Err(error) if is_taken(&error) => Err(self.conflict()),
            Err(error) => Err(error.into()),
        }
    }

    fn insert_values(&self, connection: &Connection) -> Result<(), Fault> {
        if self.values.is_empty() {
            return Ok(());
        }
        let (tenant, namespace) = rows::scope(self.stream.scope);
        let stream = rows::stream(&self.stream);
        let mut insert = connection.prepare_cached(
            "INSERT INTO side_values (tenant, namespace, stream, seq, slot, salt, canonical) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
        )?;
        for (slot, salt, canonical) in &self.values {
            insert.execute(params![tenant, namespace, stream, rows::seq(self.seq), slot, salt, canonical])?;
        }
        Ok(())
    }

    fn put_head(&self, connection: &Connection, tree: &CompactRange) -> Result<(), Fault> {
        let (tenant, namespace) = rows::scope(self.stream.scope);
        let digest = self.state.as_ref().map(|state| state.digest());
        connection
            .prepare_cached(
                "INSERT INTO heads (tenant, namespace, stream, seq, peaks, state, state_digest) \
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7) ON CONFLICT DO UPDATE SET \
                 seq = excluded.seq, peaks = excluded.peaks, state = excluded.state, state_digest = excluded.state_digest",
            )?
            .execute(params![
                tenant,
                namespace,
                rows::stream(&self.stream),
                rows::seq(self.seq),
                rows::join(tree.peaks()),
                self.state.as_ref().map(|state| state.canonical()),
                digest.as_ref().map(Digest::as_bytes),
            ])?;
        // From the second append on since the last integration the row is there, and no page is touched.
        connection
            .prepare_cached("INSERT OR IGNORE INTO pending_heads (tenant, namespace, stream) VALUES (?1, ?2, ?3)")?
            .execute(params![tenant, namespace, rows::stream(&self.stream)])?;
        Ok(())
    }
}

/// Appends an event of the store's own making to a namespace's log, at the next position.
pub(crate) fn to_log(connection: &Connection, stream: &Stream, event: &Event) -> Result<u64, Fault> {
    let seq = tree(connection, stream)?.size() + 1;
    let event = Event { seq, ..event.clone() };
    Prepared::of(stream.clone(), &event).append(connection).map(|appended| appended.seq)
}

/// The tree over a stream's events.
pub(crate) fn tree(connection: &Connection, stream: &Stream) -> Result<CompactRange, Fault> {
    Ok(standing(connection, stream)?.0)
}

/// The tree over a stream's events, and the digest of the state that they have come to.
fn standing(connection: &Connection, stream: &Stream) -> Result<(CompactRange, Option<Digest>), Fault> {
    let (tenant, namespace) = rows::scope(stream.scope);
    let columns =
        |row: &Row<'_>| Ok((row.get::<_, i64>(0)?, row.get::<_, Vec<u8>>(1)?, row.get::<_, Option<Vec<u8>>>(2)?));
    let head = connection
        .prepare_cached(
            "SELECT seq, peaks, state_digest FROM heads WHERE tenant = ?1 AND namespace = ?2 AND stream = ?3",
        )?
        .query_row(params![tenant, namespace, rows::stream(stream)], columns)
        .optional()?;
    let Some((seq, peaks, state)) = head else { return Ok(Default::default()) };
    Ok((grown(stream, seq, &peaks)?, state.as_deref().map(rows::digest).transpose()?))
}

/// A stored tree.
pub(crate) fn grown(stream: &Stream, seq: i64, peaks: &[u8]) -> Result<CompactRange, Fault> {
    CompactRange::from_parts(rows::position(seq)?, rows::split(peaks)?).ok_or_else(|| {
        Fault::damaged_stream(stream, &format!("the tree over its `{seq}` events is not of their number"))
    })
}

/// Whether an event is one of this stream.
pub(crate) fn belongs_to_stream(stream: &Stream, event: &Event) -> Result<(), StoreError> {
    let Scope { tenant, namespace } = stream.scope;
    if event.run != stream.run || event.tenant != tenant || event.namespace != namespace {
        return Err(StoreError::Misplaced { seq: event.seq, what: "it is of another stream" });
    }
    Ok(())
}

/// Whether event, stream and state speak of the same thing.
fn belongs(append: &Append) -> Result<(), StoreError> {
    let Append { stream, event, state, .. } = append;
    belongs_to_stream(stream, event)?;
    let of_state = state.as_ref().is_none_or(|state| {
        state.tenant == event.tenant
            && state.namespace == event.namespace
            && Some(&state.run) == event.run.as_ref()
            && state.seq == event.seq
    });
    if !of_state || state.is_some() != stream.run.is_some() {
        return Err(StoreError::Misplaced { seq: event.seq, what: "it comes with another state" });
    }
    if event.state_digest != state.as_ref().map(|state| state.digest()) {
        return Err(StoreError::Misplaced { seq: event.seq, what: "it names another state" });
    }
    if append.follows.is_some() != (stream.run.is_some() && event.seq > 1) {
        return Err(StoreError::Misplaced { seq: event.seq, what: "it does not say what state it follows" });
    }
    Ok(())
}
