//! Another program at the ledger's file: it holds the lock that every write needs, for as long as a test wants.

use std::path::Path;

use rusqlite::{Connection, OpenFlags};

use crate::Fault;

/// Holds a ledger's write lock until it is released or dropped. Reading goes on beside it.
#[derive(Debug)]
pub struct Holder {
    connection: Connection,
}

impl Holder {
    /// Takes the lock of the ledger at `path`, which must be there.
    ///
    /// # Errors
    /// When it is not there, or somebody else holds the lock.
    pub fn of(path: &Path) -> Result<Self, Fault> {
        let fault = |source| Fault::Ledger { path: path.to_path_buf(), source };
        let connection = Connection::open_with_flags(path, OpenFlags::SQLITE_OPEN_READ_WRITE).map_err(fault)?;
        connection.execute_batch("BEGIN IMMEDIATE").map_err(fault)?;
        Ok(Self { connection })
    }

    /// Lets go of it; nothing was written.
    ///
    /// # Errors
    /// When SQLite refuses.
    pub fn release(self) -> Result<(), Fault> {
        let path = self.connection.path().unwrap_or_default().into();
        self.connection.execute_batch("ROLLBACK").map_err(|source| Fault::Ledger { path, source })
    }
}
