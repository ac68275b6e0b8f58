//! The tables. The same columns as in SQLite, so that one ledger reads like the other.
//!
//! Texts are ordered by their bytes (`COLLATE "C"`), whatever the database's language is. The marker says that a
//! schema is a ledger, and of which version.

use std::collections::BTreeSet;

use decision_gate_runtime::ports::Table;

use super::connection::Connection;
use super::fault::Fault;

/// What the marker says, so that a schema of another program is not taken for a ledger.
pub(crate) const APPLICATION: &str = "decision-gate-ledger";

/// What makes each version of the tables out of the one before, from an empty schema on. A step that was released
/// never changes; a new one is added at the end.
pub(crate) const STEPS: &[&str] = &[LEDGER, LOG];

/// Version of these tables: how many steps were taken.
pub(crate) const SCHEMA_VERSION: i32 = 2;

/// What a role must be allowed on each table once they are made, but to read it, which it must be on all of them
/// (`docs/guides/stores.md` has it as statements).
const PRIVILEGES: &[(&str, &[&str])] = &[
    ("ledger_marker", &[]),
    ("events", &["INSERT"]),
    ("side_values", &["INSERT", "DELETE"]),
    ("heads", &["INSERT", "UPDATE"]),
    ("scenarios", &["INSERT", "UPDATE"]),
    ("policies", &["INSERT"]),
    ("policy_epochs", &["INSERT"]),
    ("data_shapes", &["INSERT"]),
    ("pending_heads", &["INSERT", "DELETE"]),
    ("logs", &["INSERT", "UPDATE"]),
    ("log_entries", &["INSERT"]),
    ("log_tiles", &["INSERT", "UPDATE"]),
    ("event_tiles", &["INSERT", "UPDATE"]),
    ("checkpoints", &["INSERT", "UPDATE"]),
    ("prunings", &["INSERT", "UPDATE"]),
    ("marks", &["INSERT", "UPDATE"]),
];

/// Tables, each with what a role must be allowed on it.
pub(crate) fn privileges() -> impl Iterator<Item = (&'static str, &'static str)> {
    PRIVILEGES.iter().flat_map(|(table, verbs)| ["SELECT"].iter().chain(*verbs).map(|verb| (*table, *verb)))
}

/// The tables of the ledger. The stream of a namespace's own log is the empty text, which is no run id.
const LEDGER: &str = r#"
CREATE TABLE ledger_marker (
    one BOOLEAN PRIMARY KEY DEFAULT true CHECK (one),
    application TEXT NOT NULL,
    version INTEGER NOT NULL
);
CREATE TABLE events (
    tenant BIGINT NOT NULL,
    namespace BIGINT NOT NULL,
    stream TEXT COLLATE "C" NOT NULL,
    seq BIGINT NOT NULL,
    kind TEXT COLLATE "C" NOT NULL,
    key TEXT COLLATE "C",
    bytes BYTEA NOT NULL,
    leaf BYTEA NOT NULL,
    PRIMARY KEY (tenant, namespace, stream, seq)
);
CREATE UNIQUE INDEX events_by_key ON events (tenant, namespace, stream, kind, key) WHERE key IS NOT NULL;
CREATE TABLE side_values (
    tenant BIGINT NOT NULL,
    namespace BIGINT NOT NULL,
    stream TEXT COLLATE "C" NOT NULL,
    seq BIGINT NOT NULL,
    slot TEXT COLLATE "C" NOT NULL,
    salt BYTEA NOT NULL,
    canonical BYTEA NOT NULL,
    PRIMARY KEY (tenant, namespace, stream, seq, slot),
    FOREIGN KEY (tenant, namespace, stream, seq) REFERENCES events (tenant, namespace, stream, seq)
);
CREATE TABLE heads (
    tenant BIGINT NOT NULL,
    namespace BIGINT NOT NULL,
    stream TEXT COLLATE "C" NOT NULL,
    seq BIGINT NOT NULL,
    peaks BYTEA NOT NULL,
    state BYTEA,
    state_digest BYTEA,
    PRIMARY KEY (tenant, namespace, stream)
) WITH (fillfactor = 50);
CREATE TABLE scenarios (
    tenant BIGINT NOT NULL,
    namespace BIGINT NOT NULL,
    scenario_id TEXT COLLATE "C" NOT NULL,
    version BIGINT NOT NULL,
    spec_hash BYTEA NOT NULL,
    origin TEXT COLLATE "C" NOT NULL,
    defined BIGINT NOT NULL,
    spec BYTEA NOT NULL,
    PRIMARY KEY (tenant, namespace, scenario_id, version),
    UNIQUE (tenant, namespace, scenario_id, spec_hash)
);
CREATE TABLE policies (
    digest BYTEA NOT NULL PRIMARY KEY,
    bytes BYTEA NOT NULL
);
CREATE TABLE policy_epochs (
    tenant BIGINT NOT NULL,
    namespace BIGINT NOT NULL,
    epoch BIGINT NOT NULL,
    digest BYTEA NOT NULL REFERENCES policies (digest),
    PRIMARY KEY (tenant, namespace, epoch)
);
CREATE TABLE data_shapes (
    tenant BIGINT NOT NULL,
    namespace BIGINT NOT NULL,
    schema_id TEXT COLLATE "C" NOT NULL,
    version TEXT COLLATE "C" NOT NULL,
    schema_hash BYTEA NOT NULL,
    description BYTEA,
    registered BIGINT NOT NULL,
    schema BYTEA NOT NULL,
    PRIMARY KEY (tenant, namespace, schema_id, version)
);
"#;

/// The log of stream heads, the tiles of all trees, kept checkpoints, what was pruned, and marks.
///
/// `pending_heads` names the streams that have grown since their last head in the log; an append puts its stream there,
/// which changes nothing from the second one on. `at` is the JSON of a time; `height` compares as the heights do.
const LOG: &str = r#"
CREATE TABLE pending_heads (
    tenant BIGINT NOT NULL,
    namespace BIGINT NOT NULL,
    stream TEXT COLLATE "C" NOT NULL,
    PRIMARY KEY (tenant, namespace, stream)
);
INSERT INTO pending_heads (tenant, namespace, stream) SELECT tenant, namespace, stream FROM heads;
CREATE TABLE logs (
    tenant BIGINT NOT NULL,
    namespace BIGINT NOT NULL,
    size BIGINT NOT NULL,
    peaks BYTEA NOT NULL,
    PRIMARY KEY (tenant, namespace)
);
CREATE TABLE log_entries (
    tenant BIGINT NOT NULL,
    namespace BIGINT NOT NULL,
    position BIGINT NOT NULL,
    stream TEXT COLLATE "C" NOT NULL,
    size BIGINT NOT NULL,
    root BYTEA NOT NULL,
    PRIMARY KEY (tenant, namespace, position),
    UNIQUE (tenant, namespace, stream, size)
);
CREATE TABLE log_tiles (
    tenant BIGINT NOT NULL,
    namespace BIGINT NOT NULL,
    level SMALLINT NOT NULL,
    number BIGINT NOT NULL,
    hashes BYTEA NOT NULL,
    PRIMARY KEY (tenant, namespace, level, number)
);
CREATE TABLE event_tiles (
    tenant BIGINT NOT NULL,
    namespace BIGINT NOT NULL,
    stream TEXT COLLATE "C" NOT NULL,
    level SMALLINT NOT NULL,
    number BIGINT NOT NULL,
    hashes BYTEA NOT NULL,
    PRIMARY KEY (tenant, namespace, stream, level, number)
);
CREATE TABLE checkpoints (
    tenant BIGINT NOT NULL,
    namespace BIGINT NOT NULL,
    size BIGINT NOT NULL,
    root BYTEA NOT NULL,
    note TEXT NOT NULL,
    PRIMARY KEY (tenant, namespace, size)
);
CREATE TABLE prunings (
    tenant BIGINT NOT NULL,
    namespace BIGINT NOT NULL,
    stream TEXT COLLATE "C" NOT NULL,
    through BIGINT NOT NULL,
    at TEXT NOT NULL,
    pruned BIGINT NOT NULL,
    PRIMARY KEY (tenant, namespace, stream, through)
);
CREATE TABLE marks (
    tenant BIGINT NOT NULL,
    namespace BIGINT NOT NULL,
    name TEXT COLLATE "C" NOT NULL,
    height BYTEA NOT NULL,
    PRIMARY KEY (tenant, namespace, name)
);
"#;

/// Indexes beside those of the keys, which are called after their tables.
const INDEXES: &[&str] = &[
    "events_by_key",
    "log_entries_tenant_namespace_stream_size_key",
    "scenarios_tenant_namespace_scenario_id_spec_hash_key",
];

/// What a schema has beside these tables and indexes, and lacks of them; and what makes a table do or show something else
/// than it is told: triggers, rules, and row security.
pub(crate) async fn changes(connection: &Connection) -> Result<Vec<String>, Fault> {
    let keys = |table: &str| [format!("table `{table}`"), format!("index `{table}_pkey`")];
    let tables = Table::ALL.iter().map(|table| table.name()).chain(["ledger_marker"]);
    let made = tables.flat_map(keys).chain(INDEXES.iter().map(|index| format!("index `{index}`")));
    let mut made: BTreeSet<String> = made.collect();
    let mut changes = Vec::new();
    for row in connection.rows(THINGS, &[]).await? {
        let thing: String = row.try_get(0)?;
        if !made.remove(&thing) {
            changes.push(format!("there is a foreign {thing}"));
        }
    }
    changes.extend(made.into_iter().map(|thing| format!("the {thing} is gone")));
    Ok(changes)
}

const THINGS: &str = "\
    WITH mine AS (SELECT c.oid, c.relname::text AS name, c.relkind::text AS kind, c.relrowsecurity AS secured \
        FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace WHERE n.nspname = current_schema()) \
    SELECT CASE kind WHEN 'r' THEN 'table' WHEN 'i' THEN 'index' WHEN 'v' THEN 'view' ELSE 'thing of kind ' || kind END \
        || ' `' || name || '`' AS thing FROM mine \
    UNION ALL SELECT 'trigger `' || tgname || '` of `' || name || '`' \
        FROM pg_catalog.pg_trigger JOIN mine ON mine.oid = tgrelid WHERE NOT tgisinternal \
    UNION ALL SELECT 'rule `' || rulename || '` of `' || name || '`' \
        FROM pg_catalog.pg_rewrite JOIN mine ON mine.oid = ev_class WHERE kind <> 'v' \
    UNION ALL SELECT 'row security of `' || name || '`' FROM mine WHERE secured ORDER BY 1";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_version_is_the_number_of_steps() {
        assert_eq!(usize::try_from(SCHEMA_VERSION), Ok(STEPS.len()));
    }
}
