//! Reading runs and events. Whatever is read is checked against its own hash first.

use std::sync::Arc;

use async_trait::async_trait;
use decision_gate_core::at::Timestamp;
use decision_gate_core::ledger::{Salt, SideValue, Slot, leaf_hash};
use decision_gate_runtime::ports::{EventPage, RunHead, StoredEvent, StoredValue, Stream};
use tokio_postgres::Row;

use super::append;
use super::connection::Connection;
use super::fault::Fault;
use super::pool::Work;
use super::trees::Trees;
use crate::Durability;
use crate::sqlite::{Fault as Shared, grown, rows};

/// Whether the store can be read.
pub(crate) struct Ready;

#[async_trait]
impl Work for Ready {
    type Output = ();

    async fn run(&self, connection: &Connection, _: u32) -> Result<(), Fault> {
        connection.row("SELECT 1 FROM policy_epochs LIMIT 1", &[]).await.map(drop)
    }
}

/// What the server does with a write before it acknowledges it.
pub(crate) async fn durability(connection: &Connection) -> Result<Durability, Fault> {
    // Servers of other makes that speak the protocol have none of these settings.
    let look = "SELECT name, setting = 'off' FROM pg_catalog.pg_settings WHERE 'off' IN (setting, reset_val) \
                AND name IN ('fsync', 'full_page_writes', 'synchronous_commit') ORDER BY name";
    let mut found = Durability::default();
    for row in connection.rows(look, &[]).await? {
        let here = row.try_get(1)?;
        if here { &mut found.off } else { &mut found.off_elsewhere }.push(row.try_get(0)?);
    }
    Ok(found)
}

/// When the last event was.
pub(crate) struct Latest;

#[async_trait]
impl Work for Latest {
    type Output = Option<Timestamp>;

    async fn run(&self, connection: &Connection, _: u32) -> Result<Option<Timestamp>, Fault> {
        // States are canonical, so their members are written in one way; what is in none of their texts is found.
        let look = r#"SELECT max(substring(encode(state, 'escape') FROM
                      '"last_event_at":[{]"kind":"unix_millis","value":(-?[0-9]{1,15})[}]')::bigint) FROM heads"#;
        let latest = connection.row(look, &[]).await?;
        let latest: Option<i64> = latest.map(|row| row.try_get(0)).transpose()?.flatten();
        Ok(latest.map(Timestamp::UnixMillis))
    }
}

/// Asking for the latest of a run.
pub(crate) struct Head {
    /// Of which run.
    pub(crate) stream: Stream,
    /// Trees that were seen.
    pub(crate) trees: Arc<Trees>,
}

#[async_trait]
impl Work for Head {
    type Output = Option<RunHead>;

    async fn run(&self, connection: &Connection, _: u32) -> Result<Self::Output, Fault> {
        let head = head(connection, &self.stream).await?;
        if let Some(head) = &head {
            self.trees.saw(&self.stream, &head.tree);
        }
        Ok(head)
    }
}

async fn head(connection: &Connection, stream: &Stream) -> Result<Option<RunHead>, Fault> {
    let (tenant, namespace) = rows::scope(stream.scope);
    let found = connection
        .row(
            "SELECT seq, peaks, state, state_digest, (SELECT bytes FROM events WHERE tenant = $1 AND namespace = $2 \
             AND stream = $3 AND seq = heads.seq) FROM heads WHERE tenant = $1 AND namespace = $2 AND stream = $3",
            &[&tenant, &namespace, &rows::stream(stream)],
        )
        .await?;
    let Some(row) = found else {
        let events = page(connection, stream, 1, 1).await?;
        let is_empty = events.events.is_empty();
        return if is_empty { Ok(None) } else { Err(damaged(stream, "it has events and no head")) };
    };
    let tree = grown(stream, row.try_get(0)?, row.try_get(1)?)?;
    Ok(Some(rows::head(stream, tree, (row.try_get(2)?, row.try_get(3)?), row.try_get(4)?)?))
}

/// Asking for the event of a stream with a kind and key.
pub(crate) struct ByKey {
    /// Of which stream.
    pub(crate) stream: Stream,
    /// Its kind.
    pub(crate) kind: &'static str,
    /// Its key.
    pub(crate) key: String,
}

#[async_trait]
impl Work for ByKey {
    type Output = Option<StoredEvent>;

    async fn run(&self, connection: &Connection, _: u32) -> Result<Self::Output, Fault> {
        let (tenant, namespace) = rows::scope(self.stream.scope);
        let found = connection
            .row(
                "SELECT seq, bytes, leaf FROM events WHERE tenant = $1 AND namespace = $2 AND stream = $3 \
                 AND kind = $4 AND key = $5 AND key IS NOT NULL",
                &[&tenant, &namespace, &rows::stream(&self.stream), &self.kind, &self.key],
            )
            .await?;
        found.map(|row| stored_event(&self.stream, &row)).transpose()
    }
}

/// Asking for events of a stream.
pub(crate) struct Page {
    /// Of which stream.
    pub(crate) stream: Stream,
    /// From which position on.
    pub(crate) from: u64,
    /// At most so many.
    pub(crate) limit: usize,
}

#[async_trait]
impl Work for Page {
    type Output = EventPage;

    async fn run(&self, connection: &Connection, _: u32) -> Result<EventPage, Fault> {
        // One snapshot for all that is read.
        connection.begin("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY").await?;
        let page = page(connection, &self.stream, self.from, self.limit).await;
        connection.end("COMMIT").await?;
        page
    }
}

/// A page within a transaction of the caller. A hole in the numbering is an error.
async fn page(connection: &Connection, stream: &Stream, from: u64, limit: usize) -> Result<EventPage, Fault> {
    let from = from.max(1);
    let events = events(connection, stream, from, limit).await?;
    let last = append::tree(connection, stream).await?.size();
    let mut expected = from;
    for event in &events {
        if event.seq != expected {
            return Err(damaged(stream, &format!("event `{expected}` is missing")));
        }
        expected += 1;
    }
    if events.len() < limit && expected <= last {
        return Err(damaged(stream, &format!("event `{expected}` is missing")));
    }
    let values = if events.is_empty() { Vec::new() } else { values(connection, stream, from, expected).await? };
    Ok(EventPage { events, values })
}

fn damaged(stream: &Stream, what: &str) -> Fault {
    Shared::damaged_stream(stream, what).into()
}

fn stored_event(stream: &Stream, row: &Row) -> Result<StoredEvent, Fault> {
    let (seq, bytes): (i64, Vec<u8>) = (row.try_get(0)?, row.try_get(1)?);
    let (seq, leaf) = (rows::position(seq)?, rows::digest(row.try_get(2)?)?);
    if leaf != leaf_hash(&bytes) {
        return Err(damaged(stream, &format!("event `{seq}` does not have its hash")));
    }
    Ok(StoredEvent { seq, bytes, leaf })
}

/// The event of a stream at this position.
pub(crate) async fn event(connection: &Connection, stream: &Stream, seq: u64) -> Result<Option<StoredEvent>, Fault> {
    let found = events(connection, stream, seq, 1).await?;
    Ok(found.into_iter().next().filter(|it| it.seq == seq))
}

async fn events(connection: &Connection, stream: &Stream, from: u64, limit: usize) -> Result<Vec<StoredEvent>, Fault> {
    let (tenant, namespace) = rows::scope(stream.scope);
    let found = connection
        .rows(
            "SELECT seq, bytes, leaf FROM events \
             WHERE tenant = $1 AND namespace = $2 AND stream = $3 AND seq >= $4 ORDER BY seq LIMIT $5",
            &[&tenant, &namespace, &rows::stream(stream), &rows::seq(from), &rows::limit(limit)],
        )
        .await?;
    found.iter().map(|row| stored_event(stream, row)).collect()
}

async fn values(connection: &Connection, stream: &Stream, from: u64, until: u64) -> Result<Vec<StoredValue>, Fault> {
    let (tenant, namespace) = rows::scope(stream.scope);
    let found = connection
        .rows(
            "SELECT seq, slot, salt, canonical FROM side_values \
             WHERE tenant = $1 AND namespace = $2 AND stream = $3 AND seq >= $4 AND seq < $5 ORDER BY seq, slot",
            &[&tenant, &namespace, &rows::stream(stream), &rows::seq(from), &rows::seq(until)],
        )
        .await?;
    found.iter().map(|row| stored_value(stream, row)).collect()
}

fn stored_value(stream: &Stream, row: &Row) -> Result<StoredValue, Fault> {
    let (seq, slot): (i64, &str) = (row.try_get(0)?, row.try_get(1)?);
    let (salt, canonical): (&[u8], Vec<u8>) = (row.try_get(2)?, row.try_get(3)?);
    let parts = Slot::parse(slot).zip(<[u8; 32]>::try_from(salt).ok());
    let (slot, salt) =
        parts.ok_or_else(|| damaged(stream, &format!("the value `{slot}` of event `{seq}` does not read")))?;
    let value = SideValue { slot, salt: Salt::new(salt), canonical };
    Ok(StoredValue { seq: rows::position(seq)?, value })
}
