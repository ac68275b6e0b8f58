//! Looks over a ledger for whoever wonders whether it can be used: its pages, whether it can be written, and how far
//! it has come.

use std::fs;

use decision_gate_core::at::Timestamp;
use decision_gate_runtime::ports::StoreError;
use rusqlite::Connection;
use rusqlite::config::DbConfig;

use super::SqliteStore;
use super::fault::Fault;

/// Files up to this size are read whole.
const MAX_CHECKED: i64 = 1 << 30;

impl SqliteStore {
    /// Whether the file is whole as far as SQLite can tell.
    ///
    /// # Errors
    /// [`StoreError`] as a call would give it.
    pub async fn examine(&self) -> Result<(), StoreError> {
        self.read(pages).await
    }

    /// Whether the file can be written by this process now. Nothing is changed: the one transaction is undone, and a
    /// journal that somebody left is left.
    ///
    /// # Errors
    /// [`StoreError`] as a call would give it.
    pub async fn try_to_write(&self) -> Result<(), StoreError> {
        self.writer.read(write_and_undo).await
    }

    /// When the last event was of all runs, by the clock of whoever decided; nothing where there is none.
    ///
    /// # Errors
    /// [`StoreError`] as a call would give it.
    pub async fn latest(&self) -> Result<Option<Timestamp>, StoreError> {
        self.read(latest).await
    }
}

fn pages(connection: &Connection) -> Result<(), Fault> {
    let page = |pragma: &str| connection.pragma_query_value(None, pragma, |row| row.get::<_, i64>(0));
    if page("page_count")?.saturating_mul(page("page_size")?) <= MAX_CHECKED {
        let found: String = connection.query_row("PRAGMA quick_check(1)", [], |row| row.get(0))?;
        if found != "ok" {
            return Err(Fault::Damaged(found));
        }
    }
    Ok(())
}

fn write_and_undo(connection: &Connection) -> Result<(), Fault> {
    let journal = connection.path().map(|path| format!("{path}-wal"));
    if journal.is_some_and(|it| fs::metadata(it).is_ok_and(|it| it.len() > 0)) {
        connection.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, true)?;
    }
    connection.execute_batch("BEGIN IMMEDIATE")?;
    // Writes a page and takes it back: a folder that takes no journal is found here and not by the first decision.
    let written = connection.execute_batch("CREATE TABLE examined (place INTEGER) STRICT");
    connection.execute_batch("ROLLBACK")?;
    Ok(written?)
}

/// Of states that do not read, nothing is said here: checking them is another's task.
fn latest(connection: &Connection) -> Result<Option<Timestamp>, Fault> {
    let look = "SELECT max(CAST(json_extract(text, '$.last_event_at.value') AS INTEGER)) \
                FROM (SELECT CAST(state AS TEXT) AS text FROM heads WHERE state IS NOT NULL) \
                WHERE CASE WHEN json_valid(text) THEN json_extract(text, '$.last_event_at.kind') END = 'unix_millis'";
    let latest: Option<i64> = connection.query_row(look, [], |row| row.get(0))?;
    Ok(latest.map(Timestamp::UnixMillis))
}
