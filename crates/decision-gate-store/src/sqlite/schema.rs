//! The tables. Tenant and namespace stand in every key; an event's bytes are the truth, the rest is found by them.

use std::collections::BTreeMap;

use rusqlite::Connection;

use super::fault::Fault;

/// Written into the file's header, so that a file of another program is not taken for a ledger: `DGLG`.
pub(crate) const APPLICATION_ID: i32 = 0x4447_4c47;

/// What makes each version of the tables out of the one before, from an empty file on. A step that was released never
/// changes; a new one is added at the end.
pub(crate) const STEPS: &[&str] = &[LEDGER, DATA_SHAPES, LOG, MARKS];

/// Version of these tables: how many steps were taken.
pub(crate) const SCHEMA_VERSION: i32 = 4;

/// The tables of the ledger.
///
/// Rows that carry documents are ordinary tables (their pages hold several rows, in order of arrival); rows that are
/// small live in their key's tree. The stream of a namespace's own log is the empty text, which is no run id.
const LEDGER: &str = "
CREATE TABLE events (
    tenant INTEGER NOT NULL,
    namespace INTEGER NOT NULL,
    stream TEXT NOT NULL,
    seq INTEGER NOT NULL,
    kind TEXT NOT NULL,
    key TEXT,
    bytes BLOB NOT NULL,
    leaf BLOB NOT NULL,
    PRIMARY KEY (tenant, namespace, stream, seq)
) STRICT;
CREATE UNIQUE INDEX events_by_key ON events (tenant, namespace, stream, kind, key) WHERE key IS NOT NULL;
CREATE TABLE side_values (
    tenant INTEGER NOT NULL,
    namespace INTEGER NOT NULL,
    stream TEXT NOT NULL,
    seq INTEGER NOT NULL,
    slot TEXT NOT NULL,
    salt BLOB NOT NULL,
    canonical BLOB NOT NULL,
    PRIMARY KEY (tenant, namespace, stream, seq, slot),
    FOREIGN KEY (tenant, namespace, stream, seq) REFERENCES events (tenant, namespace, stream, seq)
) STRICT, WITHOUT ROWID;
CREATE TABLE heads (
    tenant INTEGER NOT NULL,
    namespace INTEGER NOT NULL,
    stream TEXT NOT NULL,
    seq INTEGER NOT NULL,
    peaks BLOB NOT NULL,
    state BLOB,
    state_digest BLOB,
    PRIMARY KEY (tenant, namespace, stream)
) STRICT;
CREATE TABLE scenarios (
    tenant INTEGER NOT NULL,
    namespace INTEGER NOT NULL,
    scenario_id TEXT NOT NULL,
    version INTEGER NOT NULL,
    spec_hash BLOB NOT NULL,
    origin TEXT NOT NULL,
    defined INTEGER NOT NULL,
    spec BLOB NOT NULL,
    PRIMARY KEY (tenant, namespace, scenario_id, version),
    UNIQUE (tenant, namespace, scenario_id, spec_hash)
) STRICT;
CREATE TABLE policies (
    digest BLOB NOT NULL PRIMARY KEY,
    bytes BLOB NOT NULL
) STRICT;
CREATE TABLE policy_epochs (
    tenant INTEGER NOT NULL,
    namespace INTEGER NOT NULL,
    epoch INTEGER NOT NULL,
    digest BLOB NOT NULL REFERENCES policies (digest),
    PRIMARY KEY (tenant, namespace, epoch)
) STRICT, WITHOUT ROWID;
";

/// Versions of data shapes. `registered` is the position of the event that registered it.
const DATA_SHAPES: &str = "
CREATE TABLE data_shapes (
    tenant INTEGER NOT NULL,
    namespace INTEGER NOT NULL,
    schema_id TEXT NOT NULL,
    version TEXT NOT NULL,
    schema_hash BLOB NOT NULL,
    description TEXT,
    registered INTEGER NOT NULL,
    schema BLOB NOT NULL,
    PRIMARY KEY (tenant, namespace, schema_id, version)
) STRICT;
";

/// The log of stream heads, the tiles of all trees, kept checkpoints, and what was pruned.
///
/// `pending_heads` names the streams that have grown since their last head in the log; an append puts its stream there,
/// which changes nothing from the second one on. `at` is the JSON of a time.
const LOG: &str = "
CREATE TABLE pending_heads (
    tenant INTEGER NOT NULL,
    namespace INTEGER NOT NULL,
    stream TEXT NOT NULL,
    PRIMARY KEY (tenant, namespace, stream)
) STRICT, WITHOUT ROWID;
INSERT INTO pending_heads (tenant, namespace, stream) SELECT tenant, namespace, stream FROM heads;
CREATE TABLE logs (
    tenant INTEGER NOT NULL,
    namespace INTEGER NOT NULL,
    size INTEGER NOT NULL,
    peaks BLOB NOT NULL,
    PRIMARY KEY (tenant, namespace)
) STRICT, WITHOUT ROWID;
CREATE TABLE log_entries (
    tenant INTEGER NOT NULL,
    namespace INTEGER NOT NULL,
    position INTEGER NOT NULL,
    stream TEXT NOT NULL,
    size INTEGER NOT NULL,
    root BLOB NOT NULL,
    PRIMARY KEY (tenant, namespace, position),
    UNIQUE (tenant, namespace, stream, size)
) STRICT, WITHOUT ROWID;
CREATE TABLE log_tiles (
    tenant INTEGER NOT NULL,
    namespace INTEGER NOT NULL,
    level INTEGER NOT NULL,
    number INTEGER NOT NULL,
    hashes BLOB NOT NULL,
    PRIMARY KEY (tenant, namespace, level, number)
) STRICT;
CREATE TABLE event_tiles (
    tenant INTEGER NOT NULL,
    namespace INTEGER NOT NULL,
    stream TEXT NOT NULL,
    level INTEGER NOT NULL,
    number INTEGER NOT NULL,
    hashes BLOB NOT NULL,
    PRIMARY KEY (tenant, namespace, stream, level, number)
) STRICT;
CREATE TABLE checkpoints (
    tenant INTEGER NOT NULL,
    namespace INTEGER NOT NULL,
    size INTEGER NOT NULL,
    root BLOB NOT NULL,
    note TEXT NOT NULL,
    PRIMARY KEY (tenant, namespace, size)
) STRICT;
CREATE TABLE prunings (
    tenant INTEGER NOT NULL,
    namespace INTEGER NOT NULL,
    stream TEXT NOT NULL,
    through INTEGER NOT NULL,
    at TEXT NOT NULL,
    pruned INTEGER NOT NULL,
    PRIMARY KEY (tenant, namespace, stream, through)
) STRICT;
";

/// How far things have come: `height` is 24 bytes that compare as the heights do.
const MARKS: &str = "
CREATE TABLE marks (
    tenant INTEGER NOT NULL,
    namespace INTEGER NOT NULL,
    name TEXT NOT NULL,
    height BLOB NOT NULL,
    PRIMARY KEY (tenant, namespace, name)
) STRICT, WITHOUT ROWID;
";

/// What a file has beside these tables and indexes, lacks of them, or has in another form.
pub(crate) fn changes(connection: &Connection) -> Result<Vec<String>, Fault> {
    let fresh = Connection::open_in_memory()?;
    for step in STEPS {
        fresh.execute_batch(step)?;
    }
    let (mut made, found) = (things(&fresh)?, things(connection)?);
    let mut changes = Vec::new();
    for (thing, form) in found {
        match made.remove(&thing) {
            Some(expected) if expected == form => {}
            Some(_) => changes.push(format!("the {thing} has another form")),
            None => changes.push(format!("there is a foreign {thing}")),
        }
    }
    changes.extend(made.into_keys().map(|thing| format!("the {thing} is gone")));
    Ok(changes)
}

/// Tables, indexes, views and triggers: what each is and is called, and the text that made it. SQLite's own statistics
/// decide nothing.
fn things(connection: &Connection) -> Result<BTreeMap<String, Vec<u8>>, Fault> {
    let mut select = connection.prepare(
        "SELECT type || ' `' || name || '` of `' || tbl_name || '`', CAST(coalesce(sql, '') AS BLOB) FROM sqlite_master \
         WHERE name NOT GLOB 'sqlite_stat[134]'",
    )?;
    let lossy = |row: &rusqlite::Row<'_>| {
        let name = String::from_utf8_lossy(row.get_ref(0)?.as_bytes()?).into_owned();
        Ok((name, row.get(1)?))
    };
    Ok(select.query_map([], lossy)?.collect::<Result<_, _>>()?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_version_is_the_number_of_steps() {
        assert_eq!(usize::try_from(SCHEMA_VERSION), Ok(STEPS.len()));
    }
}
