//! Where the ledger is kept: SQLite by default, PostgreSQL where many servers share it.
//!
//! A store keeps events and says when somebody else was faster; it decides nothing. What it acknowledged is on disk,
//! what it reads back it checks, and everything that an event proves lies in that event's bytes: the other tables
//! are indexes over them. Every store passes the one suite in `contract`.

#[cfg(test)]
mod contract;
mod durability;
mod file_limit;
mod opening;
mod packs;
#[cfg(feature = "postgres")]
mod postgres;
mod sqlite;
mod tables;

pub use durability::Durability;
pub use file_limit::fail_beyond as fail_beyond_file_limit;
pub use opening::Opening;
#[cfg(feature = "object-store")]
pub use packs::{BucketSettings, Credentials, PackAddress, PackBucket, Uploaded};
pub use packs::{PackFolder, PackStoreError, unfinished};
#[cfg(feature = "postgres")]
pub use postgres::{APPEND_STATEMENTS, Host, Password, PostgresSettings, PostgresStore, Tls};
pub use sqlite::{Place, SqliteSettings, SqliteStore, SyncMode};
