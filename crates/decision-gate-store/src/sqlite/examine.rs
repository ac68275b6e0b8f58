//! A look over a ledger for whoever wonders whether it can be used: its pages, and whether it can be written.

use decision_gate_runtime::ports::StoreError;
use rusqlite::Connection;

use super::SqliteStore;
use super::fault::Fault;

/// Files up to this size are read whole.
const MAX_CHECKED: i64 = 1 << 30;

impl SqliteStore {
    /// Whether the file is whole as far as SQLite can tell, and can be written by this process now. Nothing is changed:
    /// the one transaction is undone.
    ///
    /// # Errors
    /// [`StoreError`] as a call would give it.
    pub async fn examine(&self) -> Result<(), StoreError> {
        self.writer.read(examine).await
    }
}

fn examine(connection: &Connection) -> Result<(), Fault> {
    let page = |pragma: &str| connection.pragma_query_value(None, pragma, |row| row.get::<_, i64>(0));
    if page("page_count")?.saturating_mul(page("page_size")?) <= MAX_CHECKED {
        let found: String = connection.query_row("PRAGMA quick_check(1)", [], |row| row.get(0))?;
        if found != "ok" {
            return Err(Fault::Damaged(found));
        }
    }
    connection.execute_batch("BEGIN IMMEDIATE")?;
    // Writes a page and takes it back: a folder that takes no journal is found here and not by the first decision.
    let written = connection.execute_batch("CREATE TABLE examined (place INTEGER) STRICT");
    connection.execute_batch("ROLLBACK")?;
    Ok(written?)
}
