//! What goes wrong inside, before it is known which store it went wrong in.

use std::io;
use std::path::Path;

use decision_gate_runtime::ports::{StoreError, Stream};
use rusqlite::ffi;

/// Why a piece of work on a connection failed.
#[derive(Debug)]
pub(crate) enum Fault {
    /// The rules of the ledger say no. The connection is as good as before.
    Refused(StoreError),
    /// What is stored is not what should be stored.
    Damaged(String),
    /// The file is no store of ours, or a newer one.
    Version(String),
    /// It was made by an older version, and is only to be read.
    Older {
        /// The version of its tables.
        version: i32,
        /// The version that is read here.
        known: i32,
    },
    /// The file, or a folder for it, can't be written.
    ReadOnly,
    /// Another process is in the way.
    Busy,
    /// There is no room for the file.
    Full,
    /// The file can't be reached.
    Unavailable(String),
    /// SQLite says no.
    Sqlite(rusqlite::Error),
}

impl From<rusqlite::Error> for Fault {
    fn from(error: rusqlite::Error) -> Self {
        Self::Sqlite(error)
    }
}

impl Fault {
    /// A file or folder at `path` did not do as asked.
    pub(crate) fn of_file(path: &Path, error: &io::Error) -> Self {
        if [io::ErrorKind::PermissionDenied, io::ErrorKind::ReadOnlyFilesystem].contains(&error.kind()) {
            return Self::ReadOnly;
        }
        let full = [io::ErrorKind::StorageFull, io::ErrorKind::QuotaExceeded, io::ErrorKind::FileTooLarge];
        if full.contains(&error.kind()) {
            return Self::Full;
        }
        Self::Unavailable(format!("`{}`: {error}", path.display()))
    }

    /// Something is wrong with a stream.
    pub(crate) fn damaged_stream(stream: &Stream, what: &str) -> Self {
        let (tenant, namespace) = (stream.scope.tenant, stream.scope.namespace);
        Self::Damaged(match &stream.run {
            Some(run) => format!("run `{run}` of namespace `{namespace}` of tenant `{tenant}`: {what}"),
            None => format!("the log of namespace `{namespace}` of tenant `{tenant}`: {what}"),
        })
    }

    /// The error for the caller of the store at `place`.
    pub(crate) fn at(self, place: &str) -> StoreError {
        let place = place.to_owned();
        match self {
            Self::Refused(error) => error,
            Self::Damaged(what) => StoreError::Corrupt { place, what },
            Self::Version(what) => StoreError::Version { place, what },
            Self::Older { version, known } => StoreError::Older { place, version, known },
            Self::Busy => StoreError::Locked { place },
            Self::Full => StoreError::Full { place },
            Self::ReadOnly => StoreError::ReadOnly { place },
            Self::Unavailable(what) => StoreError::Unavailable { place, what },
            Self::Sqlite(error) => of_sqlite(place, &error),
        }
    }
}

/// Whether an insert met a row that was there already.
pub(crate) fn is_taken(error: &rusqlite::Error) -> bool {
    let codes = [ffi::SQLITE_CONSTRAINT_PRIMARYKEY, ffi::SQLITE_CONSTRAINT_UNIQUE];
    error.sqlite_error().is_some_and(|it| codes.contains(&it.extended_code))
}

/// Whether a file could not be written, which may have many reasons.
pub(crate) fn is_failed_write(error: &rusqlite::Error) -> bool {
    error.sqlite_error().is_some_and(|it| it.extended_code == ffi::SQLITE_IOERR_WRITE)
}

/// Whether another connection is in the way.
pub(crate) fn is_busy(error: &rusqlite::Error) -> bool {
    error.sqlite_error().is_some_and(|it| it.extended_code & 0xff == ffi::SQLITE_BUSY)
}

fn of_sqlite(place: String, error: &rusqlite::Error) -> StoreError {
    let what = error.to_string();
    let Some(failure) = error.sqlite_error() else {
        // A column of another type or number than the schema says: not written by this store.
        return StoreError::Corrupt { place, what };
    };
    match (failure.extended_code & 0xff, failure.extended_code) {
        (_, ffi::SQLITE_IOERR_CORRUPTFS | ffi::SQLITE_IOERR_DATA | ffi::SQLITE_IOERR_SHORT_READ) => {
            StoreError::Corrupt { place, what }
        }
        (ffi::SQLITE_BUSY | ffi::SQLITE_LOCKED | ffi::SQLITE_PROTOCOL, _) => StoreError::Locked { place },
        // The second: the companion file of shared memory can't be made as large as it must be.
        (ffi::SQLITE_FULL, _) | (_, ffi::SQLITE_IOERR_SHMSIZE) => StoreError::Full { place },
        (ffi::SQLITE_READONLY | ffi::SQLITE_PERM, _) => StoreError::ReadOnly { place },
        (ffi::SQLITE_NOTADB, _) => StoreError::Corrupt { place, what: "it is not a SQLite file".to_owned() },
        // A generic error is a missing table or column: the schema is not the one that this store wrote.
        (ffi::SQLITE_CORRUPT | ffi::SQLITE_ERROR | ffi::SQLITE_CONSTRAINT | ffi::SQLITE_MISMATCH, _) => {
            StoreError::Corrupt { place, what }
        }
        _ => StoreError::Unavailable { place, what },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_answer_of_the_file_system_has_one_code() {
        for (kind, expected) in [
            (io::ErrorKind::PermissionDenied, "store_read_only"),
            (io::ErrorKind::ReadOnlyFilesystem, "store_read_only"),
            (io::ErrorKind::StorageFull, "store_full"),
            (io::ErrorKind::NotADirectory, "store_unavailable"),
        ] {
            assert_eq!(Fault::of_file(Path::new("here"), &kind.into()).at("here").code(), expected, "{kind}");
        }
    }

    #[test]
    fn every_answer_of_sqlite_has_one_code() {
        for (code, expected) in [
            (ffi::SQLITE_BUSY, "store_locked"),
            (ffi::SQLITE_BUSY_SNAPSHOT, "store_locked"),
            (ffi::SQLITE_LOCKED, "store_locked"),
            (ffi::SQLITE_PROTOCOL, "store_locked"),
            (ffi::SQLITE_FULL, "store_full"),
            (ffi::SQLITE_IOERR_SHMSIZE, "store_full"),
            (ffi::SQLITE_READONLY, "store_read_only"),
            (ffi::SQLITE_READONLY_DIRECTORY, "store_read_only"),
            (ffi::SQLITE_READONLY_DBMOVED, "store_read_only"),
            (ffi::SQLITE_PERM, "store_read_only"),
            (ffi::SQLITE_CORRUPT, "store_corrupt"),
            (ffi::SQLITE_CORRUPT_INDEX, "store_corrupt"),
            (ffi::SQLITE_NOTADB, "store_corrupt"),
            (ffi::SQLITE_IOERR_CORRUPTFS, "store_corrupt"),
            (ffi::SQLITE_IOERR_SHORT_READ, "store_corrupt"),
            (ffi::SQLITE_ERROR, "store_corrupt"),
            (ffi::SQLITE_CONSTRAINT_FOREIGNKEY, "store_corrupt"),
            (ffi::SQLITE_CANTOPEN, "store_unavailable"),
            (ffi::SQLITE_IOERR_FSYNC, "store_unavailable"),
            (ffi::SQLITE_NOMEM, "store_unavailable"),
            (ffi::SQLITE_TOOBIG, "store_unavailable"),
        ] {
            let error = rusqlite::Error::SqliteFailure(ffi::Error::new(code), None);
            assert_eq!(Fault::from(error).at("here").code(), expected, "{code}");
        }
    }
}
