//! How keys and digests are written in columns, and read back.

use std::sync::Arc;

use decision_gate_core::digest::Digest;
use decision_gate_core::engine::SealedState;
use decision_gate_core::ledger::{CompactRange, Event};
use decision_gate_core::name::{NamespaceId, RunId, TenantId};
use decision_gate_core::scenario::Origin;
use decision_gate_runtime::ports::{RunHead, Scope, Stream};
use rusqlite::{Connection, Transaction};

use super::fault::Fault;

/// The two numbers of a scope. Both fit: an id is an integer that JSON carries exactly.
pub(crate) fn scope(scope: Scope) -> (i64, i64) {
    (scope.tenant.get().cast_signed(), scope.namespace.get().cast_signed())
}

/// The text of a stream: the run's id, or nothing for the namespace's own.
pub(crate) fn stream(stream: &Stream) -> &str {
    stream.run.as_ref().map_or("", |run| run.as_str())
}

/// A position as SQLite counts. None is stored that does not fit.
pub(crate) fn seq(seq: u64) -> i64 {
    i64::try_from(seq).unwrap_or(i64::MAX)
}

/// A limit as SQLite counts.
pub(crate) fn limit(limit: usize) -> i64 {
    i64::try_from(limit).unwrap_or(i64::MAX)
}

/// One moment for several reads, until it is dropped; nothing is written. A connection may be at one already.
pub(crate) fn moment(connection: &Connection) -> rusqlite::Result<Option<Transaction<'_>>> {
    connection.is_autocommit().then(|| connection.unchecked_transaction()).transpose()
}

/// A position that was stored.
pub(crate) fn position(stored: i64) -> Result<u64, Fault> {
    u64::try_from(stored).map_err(|_| Fault::Damaged(format!("a position is `{stored}`")))
}

/// A digest that was stored.
pub(crate) fn digest(stored: &[u8]) -> Result<Digest, Fault> {
    let bytes = stored.try_into().map_err(|_| Fault::Damaged(format!("a digest has `{}` bytes", stored.len())))?;
    Ok(Digest::from_bytes(bytes))
}

/// Several digests in one column.
pub(crate) fn join(digests: &[Digest]) -> Vec<u8> {
    digests.iter().flat_map(|it| *it.as_bytes()).collect()
}

/// Reads what [`join`] writes.
pub(crate) fn split(stored: &[u8]) -> Result<Vec<Digest>, Fault> {
    stored.chunks(32).map(digest).collect()
}

/// The latest of a run, as its row has it, held against the last event: a state that it does not name is nobody's.
pub(crate) fn head(
    stream: &Stream,
    tree: CompactRange,
    (state, digest): (Vec<u8>, &[u8]),
    last: Option<&[u8]>,
) -> Result<RunHead, Fault> {
    let state = SealedState::read(state, self::digest(digest)?)
        .map_err(|fault| Fault::damaged_stream(stream, &fault.to_string()))?;
    let is_of_stream = state.tenant == stream.scope.tenant
        && state.namespace == stream.scope.namespace
        && Some(&state.run) == stream.run.as_ref()
        && state.seq == tree.size();
    if !is_of_stream {
        return Err(Fault::damaged_stream(stream, "its state is of another run or event"));
    }
    if last.and_then(Event::state_named) != Some(state.digest()) {
        return Err(Fault::damaged_stream(
            stream,
            &format!("its state is not the one that event `{}` names", state.seq),
        ));
    }
    Ok(RunHead { state: Arc::new(state), tree })
}

/// An origin that was stored.
pub(crate) fn origin(stored: &str) -> Result<Origin, Fault> {
    [Origin::Draft, Origin::Pinned]
        .into_iter()
        .find(|it| it.word() == stored)
        .ok_or_else(|| Fault::Damaged(format!("`{stored}` is no origin of a scenario")))
}

/// A stream that was stored.
pub(crate) fn stream_of(scope: Scope, stored: String) -> Result<Stream, Fault> {
    if stored.is_empty() {
        return Ok(Stream { scope, run: None });
    }
    let run = RunId::try_from(stored).map_err(|error| Fault::Damaged(format!("a stream's name: {error}")))?;
    Ok(Stream { scope, run: Some(run) })
}

/// A scope that was stored.
pub(crate) fn scope_of(tenant: i64, namespace: i64) -> Result<Scope, Fault> {
    let damaged = || Fault::Damaged(format!("`{tenant}` and `{namespace}` are no tenant and namespace"));
    let id = |stored: i64| u64::try_from(stored).map_err(|_| damaged());
    let tenant = TenantId::new(id(tenant)?).ok_or_else(damaged)?;
    let namespace = NamespaceId::new(id(namespace)?).ok_or_else(damaged)?;
    Ok(Scope { tenant, namespace })
}
