//! Leaving no bytes of what was deleted: SQLite by itself only forgets where they are.
//!
//! A row that is deleted leaves its bytes in the page; a page that is split leaves a second copy of rows that moved, so
//! overwriting what is deleted is not enough; and the journal has the pages of before. The file is therefore written
//! anew from the rows that are left, and the journal is emptied into it.

use rusqlite::Connection;

use super::fault::Fault;

/// Up to this size the new file lies in memory until it is written back, and above in a temporary file of SQLite's,
/// which has no name.
const MAX_IN_MEMORY: i64 = 256 << 20;

/// Does `deletion` with zeros written over what it deletes: if the program ends before the file is written anew, most
/// of it is gone already. Set for this alone, since every other write would pay for it.
pub(crate) fn overwriting<T>(connection: &Connection, deletion: impl FnOnce() -> Result<T, Fault>) -> Result<T, Fault> {
    secure_delete(connection, true)?;
    let done = deletion();
    secure_delete(connection, false)?;
    done
}

fn secure_delete(connection: &Connection, on: bool) -> Result<(), Fault> {
    Ok(connection.pragma_update_and_check(None, "secure_delete", on, |_| Ok(()))?)
}

/// Writes the file anew and empties the journal. Costs about what copying the ledger costs, needs as much room again
/// twice while it lasts, and keeps writers waiting; who reads goes on, and keeps the journal from being emptied.
pub(crate) fn rewrite(connection: &Connection) -> Result<(), Fault> {
    let page = |pragma: &str| connection.pragma_query_value(None, pragma, |row| row.get::<_, i64>(0));
    let is_large = page("page_count")?.saturating_mul(page("page_size")?) > MAX_IN_MEMORY;
    if is_large {
        connection.pragma_update(None, "temp_store", "FILE")?;
    }
    let rewritten = connection.execute_batch("VACUUM");
    connection.pragma_update(None, "temp_store", "MEMORY")?;
    rewritten?;
    let busy: bool = connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |row| row.get(0))?;
    if busy { Err(Fault::Busy) } else { Ok(()) }
}
