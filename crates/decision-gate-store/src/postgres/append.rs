//! Writing an event: at its position or not at all.
//!
//! One statement checks the position and the policy and writes the event, its values and the head. Writers of one run
//! wait for each other at its head's row; writers of different runs never do.

use std::sync::Arc;

use async_trait::async_trait;
use decision_gate_core::ledger::{CompactRange, Event};
use decision_gate_runtime::ports::{Appended, StoreError, Stream};
use futures_util::join;
use tokio_postgres::Row;
use tokio_postgres::types::ToSql;

use super::connection::Connection;
use super::fault::{Fault, is_taken};
use super::pool::Work;
use super::trees::Trees;
use super::{locks, marks};
use crate::sqlite::{Prepared, grown, rows};

/// What an append sends between `BEGIN` and `COMMIT`, for measurements that send the same.
pub const APPEND_STATEMENTS: [&str; 2] = [LOCK, NEXT];

/// The shelf's lock, together with other appends.
const LOCK: &str = "SELECT pg_advisory_xact_lock_shared($1)";

/// The first event of a stream.
const FIRST: &str = "
WITH policy AS (
    SELECT coalesce(max(epoch), 0) AS epoch FROM policy_epochs WHERE tenant = $1 AND namespace = $2
), head AS (
    INSERT INTO heads (tenant, namespace, stream, seq, peaks, state, state_digest)
    SELECT $1, $2, $3::text, $4::bigint, $5::bytea, $6::bytea, $7::bytea FROM policy
    WHERE $8::bytea = '' AND ($9::bigint IS NULL OR epoch = $9) AND $17::bytea IS NULL
    ON CONFLICT DO NOTHING RETURNING seq
), event AS (
    INSERT INTO events (tenant, namespace, stream, seq, kind, key, bytes, leaf)
    SELECT $1, $2, $3, $4, $10, $11, $12, $13 FROM head
), grown AS (
    INSERT INTO pending_heads (tenant, namespace, stream) SELECT $1, $2, $3 FROM head ON CONFLICT DO NOTHING
), side AS (
    INSERT INTO side_values (tenant, namespace, stream, seq, slot, salt, canonical)
    SELECT $1, $2, $3, $4, it.slot, it.salt, it.canonical
    FROM head, unnest($14::text[], $15::bytea[], $16::bytea[]) AS it (slot, salt, canonical)
)
SELECT (SELECT count(*) FROM head), (SELECT epoch FROM policy)";

/// A further event of a stream: whoever comes second finds that the head has moved on.
const NEXT: &str = "
WITH policy AS (
    SELECT coalesce(max(epoch), 0) AS epoch FROM policy_epochs WHERE tenant = $1 AND namespace = $2
), head AS (
    UPDATE heads SET seq = $4, peaks = $5, state = $6, state_digest = $7 FROM policy
    WHERE heads.tenant = $1 AND heads.namespace = $2 AND heads.stream = $3 AND heads.seq = $4::bigint - 1
        AND heads.peaks = $8 AND ($9::bigint IS NULL OR policy.epoch = $9)
        AND ($17::bytea IS NULL OR heads.state_digest = $17)
    RETURNING heads.seq
), event AS (
    INSERT INTO events (tenant, namespace, stream, seq, kind, key, bytes, leaf)
    SELECT $1, $2, $3, $4, $10, $11, $12, $13 FROM head
), grown AS (
    INSERT INTO pending_heads (tenant, namespace, stream) SELECT $1, $2, $3 FROM head ON CONFLICT DO NOTHING
), side AS (
    INSERT INTO side_values (tenant, namespace, stream, seq, slot, salt, canonical)
    SELECT $1, $2, $3, $4, it.slot, it.salt, it.canonical
    FROM head, unnest($14::text[], $15::bytea[], $16::bytea[]) AS it (slot, salt, canonical)
)
SELECT (SELECT count(*) FROM head), (SELECT epoch FROM policy)";

/// An append to do.
pub(crate) struct AppendEvent {
    /// What.
    pub(crate) prepared: Prepared,
    /// Trees that were seen.
    pub(crate) trees: Arc<Trees>,
}

#[async_trait]
impl Work for AppendEvent {
    type Output = Appended;

    async fn run(&self, connection: &Connection, before: u32) -> Result<Appended, Fault> {
        let Self { prepared, trees } = self;
        let outcome = match self.known(connection).await? {
            Some(tree) => write(connection, prepared, &tree).await,
            None => Err(conflict(prepared)),
        };
        match outcome {
            Ok(tree) => {
                trees.saw(&prepared.stream, &tree);
                Ok(Appended { seq: prepared.seq, leaf: prepared.leaf })
            }
            // The write before this one may be what is in the way.
            Err(Fault::Refused(StoreError::Conflict { .. }))
                if before > 0 && is_there(connection, prepared).await? =>
            {
                Ok(Appended { seq: prepared.seq, leaf: prepared.leaf })
            }
            Err(fault) => {
                trees.forget(&prepared.stream);
                Err(fault)
            }
        }
    }
}

impl AppendEvent {
    /// The tree that the event is to be added to; nothing where it does not have that position.
    async fn known(&self, connection: &Connection) -> Result<Option<CompactRange>, Fault> {
        let Self { prepared, trees } = self;
        let Some(before) = prepared.seq.checked_sub(1) else { return Ok(None) };
        if before == 0 {
            return Ok(Some(CompactRange::default()));
        }
        if let Some(tree) = trees.of_size(&prepared.stream, before) {
            return Ok(Some(tree));
        }
        Ok(Some(tree(connection, &prepared.stream).await?).filter(|tree| tree.size() == before))
    }
}

/// Appends in a transaction of its own, and gives the tree after it.
async fn write(connection: &Connection, prepared: &Prepared, tree: &CompactRange) -> Result<CompactRange, Fault> {
    if !prepared.marks.is_empty() {
        return connection.transaction(with_marks(connection, prepared, tree)).await;
    }
    if prepared.policy_epoch.is_none() {
        let written = insert(connection, prepared, tree).await;
        return settle(connection, prepared, written).await;
    }
    let statement = connection.statement(text(prepared)).await?;
    let lock = connection.statement(LOCK).await?;
    let shelf = locks::shelf(prepared.stream.scope);
    // All four go out at once. Where one fails, the server passes over those after it and undoes those before.
    let after = grow(prepared, tree);
    let columns = Columns::new(prepared, tree, &after);
    let values = columns.values();
    let client = connection.client();
    let shelf: [&(dyn ToSql + Sync); 1] = [&shelf];
    let (begun, locked, written, ended) = join!(
        connection.begin("BEGIN"),
        client.query(&lock, &shelf),
        client.query(&statement, &values),
        connection.end("COMMIT"),
    );
    begun?;
    if let Err(error) = locked {
        return Err(error.into());
    }
    let written = match written {
        Ok(found) => Ok(Written { found, after }),
        Err(error) if is_taken(&error) => Err(conflict(prepared)),
        Err(error) => Err(error.into()),
    };
    if written.is_ok() {
        ended?;
    }
    settle(connection, prepared, written).await
}

/// Appends and raises marks within a transaction of the caller, which counts for both or for none.
async fn with_marks(connection: &Connection, prepared: &Prepared, tree: &CompactRange) -> Result<CompactRange, Fault> {
    connection.execute(LOCK, &[&locks::shelf(prepared.stream.scope)]).await?;
    let written = insert(connection, prepared, tree).await;
    let after = settle(connection, prepared, written).await?;
    match marks::raise(connection, prepared.stream.scope, &prepared.marks).await? {
        true => Ok(after),
        false => Err(conflict(prepared)),
    }
}

struct Written {
    found: Vec<Row>,
    after: CompactRange,
}

/// Appends within a transaction of the caller, or in one that the server makes for it.
async fn insert(connection: &Connection, prepared: &Prepared, tree: &CompactRange) -> Result<Written, Fault> {
    let statement = connection.statement(text(prepared)).await?;
    let after = grow(prepared, tree);
    let columns = Columns::new(prepared, tree, &after);
    match connection.client().query(&statement, &columns.values()).await {
        Ok(found) => Ok(Written { found, after }),
        Err(error) if is_taken(&error) => Err(conflict(prepared)),
        Err(error) => Err(error.into()),
    }
}

/// What it means that a statement wrote something or nothing.
async fn settle(
    connection: &Connection,
    prepared: &Prepared,
    written: Result<Written, Fault>,
) -> Result<CompactRange, Fault> {
    let Written { found, after } = written?;
    let row = found.first().ok_or_else(|| Fault::Damaged("a statement said nothing".to_owned()))?;
    let (written, active): (i64, i64) = (row.try_get(0)?, row.try_get(1)?);
    if written == 1 {
        return Ok(after);
    }
    let active = rows::position(active)?;
    match prepared.policy_epoch {
        Some(decided) if decided != active && is_next(connection, prepared).await? => {
            Err(Fault::Refused(StoreError::PolicyEpoch { active, decided }))
        }
        Some(_) | None => Err(conflict(prepared)),
    }
}

async fn is_next(connection: &Connection, prepared: &Prepared) -> Result<bool, Fault> {
    let last = tree(connection, &prepared.stream).await?.size();
    Ok(last.checked_add(1) == Some(prepared.seq))
}

fn text(prepared: &Prepared) -> &'static str {
    if prepared.seq == 1 { FIRST } else { NEXT }
}

fn grow(prepared: &Prepared, tree: &CompactRange) -> CompactRange {
    let mut after = tree.clone();
    after.push(prepared.leaf);
    after
}

fn conflict(prepared: &Prepared) -> Fault {
    Fault::Refused(StoreError::Conflict { seq: prepared.seq })
}

/// Whether these very bytes are there at this position.
async fn is_there(connection: &Connection, prepared: &Prepared) -> Result<bool, Fault> {
    let (tenant, namespace) = rows::scope(prepared.stream.scope);
    let found = connection
        .row(
            "SELECT bytes FROM events WHERE tenant = $1 AND namespace = $2 AND stream = $3 AND seq = $4",
            &[&tenant, &namespace, &rows::stream(&prepared.stream), &rows::seq(prepared.seq)],
        )
        .await?;
    Ok(match found {
        Some(row) => row.try_get::<_, Vec<u8>>(0)? == prepared.bytes,
        None => false,
    })
}

/// An event as the statement wants it.
struct Columns<'a> {
    tenant: i64,
    namespace: i64,
    stream: &'a str,
    seq: i64,
    peaks: Vec<u8>,
    state: Option<&'a [u8]>,
    state_digest: Option<Vec<u8>>,
    peaks_before: Vec<u8>,
    epoch: Option<i64>,
    prepared: &'a Prepared,
    leaf: &'a [u8],
    slots: Vec<&'a str>,
    salts: Vec<&'a [u8]>,
    canonicals: Vec<&'a [u8]>,
    follows: Option<&'a [u8]>,
}

impl<'a> Columns<'a> {
    fn new(prepared: &'a Prepared, before: &CompactRange, after: &CompactRange) -> Self {
        let (tenant, namespace) = rows::scope(prepared.stream.scope);
        Self {
            tenant,
            namespace,
            stream: rows::stream(&prepared.stream),
            seq: rows::seq(prepared.seq),
            peaks: rows::join(after.peaks()),
            state: prepared.state.as_ref().map(|state| state.canonical()),
            state_digest: prepared.state.as_ref().map(|state| state.digest().as_bytes().to_vec()),
            peaks_before: rows::join(before.peaks()),
            epoch: prepared.policy_epoch.map(rows::seq),
            prepared,
            leaf: prepared.leaf.as_bytes(),
            slots: prepared.values.iter().map(|(slot, _, _)| slot.as_str()).collect(),
            salts: prepared.values.iter().map(|(_, salt, _)| salt.as_slice()).collect(),
            canonicals: prepared.values.iter().map(|(_, _, canonical)| canonical.as_slice()).collect(),
            follows: prepared.follows.as_ref().map(|digest| digest.as_bytes().as_slice()),
        }
    }

    fn values(&self) -> [&(dyn ToSql + Sync); 17] {
        [
            &self.tenant,
            &self.namespace,
            &self.stream,
            &self.seq,
            &self.peaks,
            &self.state,
            &self.state_digest,
            &self.peaks_before,
            &self.epoch,
            &self.prepared.kind,
            &self.prepared.key,
            &self.prepared.bytes,
            &self.leaf,
            &self.slots,
            &self.salts,
            &self.canonicals,
            &self.follows,
        ]
    }
}

/// Appends an event of the store's own making to a namespace's log, at the next position, within a transaction of the
/// caller.
pub(crate) async fn to_log(connection: &Connection, stream: &Stream, event: &Event) -> Result<u64, Fault> {
    let before = tree(connection, stream).await?;
    let event = Event { seq: before.size() + 1, ..event.clone() };
    let prepared = Prepared::of(stream.clone(), &event);
    let written = insert(connection, &prepared, &before).await;
    match settle(connection, &prepared, written).await {
        Ok(_) => Ok(event.seq),
        // Advisory locks are none here, and somebody else was faster: the whole transaction is done again.
        Err(Fault::Refused(StoreError::Conflict { .. })) => Err(Fault::Clash),
        Err(fault) => Err(fault),
    }
}

/// The tree over a stream's events.
pub(crate) async fn tree(connection: &Connection, stream: &Stream) -> Result<CompactRange, Fault> {
    let (tenant, namespace) = rows::scope(stream.scope);
    let head = connection
        .row(
            "SELECT seq, peaks FROM heads WHERE tenant = $1 AND namespace = $2 AND stream = $3",
            &[&tenant, &namespace, &rows::stream(stream)],
        )
        .await?;
    match head {
        Some(row) => Ok(grown(stream, row.try_get(0)?, row.try_get(1)?)?),
        None => Ok(CompactRange::default()),
    }
}
