//! Opening a ledger only to read it: nothing in the file changes, none is made, and no older one is brought up.
//!
//! Where no journal with anything in it lies beside it, the file is the whole ledger, and SQLite is told to read it as
//! it lies there. That takes neither a lock nor a file beside it, so it works in a folder that takes no files; and it
//! sees no writer, so whatever was read counts only if the file is still what it was. With a journal, SQLite needs its
//! companion of shared memory, and makes one if there is none.

use std::ffi::OsString;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use rusqlite::{Connection, ErrorCode, OpenFlags};

use super::fault::Fault;
use super::open::{Found, inspect};
use super::schema::SCHEMA_VERSION;

/// Endings of the files whose content belongs to a ledger.
const JOURNALS: [&str; 2] = ["-wal", "-journal"];

/// A file without a journal, as it was at one moment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Still {
    path: PathBuf,
    length: u64,
    modified: Option<SystemTime>,
}

impl Still {
    /// What the file is now; nothing where a journal has anything in it.
    fn of(path: &Path) -> Option<Self> {
        let journal = JOURNALS.iter().any(|ending| fs::metadata(beside(path, ending)).is_ok_and(|it| it.len() > 0));
        let known = fs::metadata(path).ok().filter(|_| !journal)?;
        Some(Self { path: path.to_owned(), length: known.len(), modified: known.modified().ok() })
    }

    /// Whether it is so still.
    pub(super) fn is_so(&self) -> bool {
        Self::of(&self.path).as_ref() == Some(self)
    }
}

fn beside(path: &Path, ending: &str) -> PathBuf {
    let mut name: OsString = path.as_os_str().to_owned();
    name.push(ending);
    name.into()
}

/// A connection that can only read, and what the file was if it is read without a lock.
pub(super) fn connect(path: &Path) -> Result<(Connection, Option<Still>), Fault> {
    let known = fs::metadata(path).map_err(|error| match error.kind() {
        io::ErrorKind::NotFound => Fault::Unavailable("there is no ledger yet, or its path leads nowhere".to_owned()),
        _ => Fault::Unavailable(error.to_string()),
    })?;
    if !known.is_file() {
        return Err(Fault::Unavailable("it is not a regular file".to_owned()));
    }
    if known.len() == 0 {
        return Err(Fault::Unavailable("it is empty; the first decision makes a ledger of it".to_owned()));
    }
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let still = Still::of(path);
    let connection = match &still {
        Some(_) => Connection::open_with_flags(as_it_lies(path), flags | OpenFlags::SQLITE_OPEN_URI)?,
        None => Connection::open_with_flags(path, flags)?,
    };
    Ok((connection, still))
}

/// The path as SQLite wants it where more is to be said of the file: nobody writes it.
fn as_it_lies(path: &Path) -> String {
    let mut uri = String::from("file:");
    for byte in path.as_os_str().as_encoded_bytes() {
        match byte {
            b'/' | b'.' | b'-' | b'_' | b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' => uri.push(char::from(*byte)),
            _ => uri.push_str(&format!("%{byte:02X}")),
        }
    }
    uri + "?immutable=1"
}

/// Whether what was opened is a ledger that is read here.
pub(super) fn check(connection: &Connection, path: &Path) -> Result<(), Fault> {
    match inspect(connection).map_err(|fault| told_by_journal(path, fault))? {
        Found::Ledger(steps) => {
            let version = i32::try_from(steps).unwrap_or(i32::MAX);
            if version < SCHEMA_VERSION { Err(Fault::Older { version, known: SCHEMA_VERSION }) } else { Ok(()) }
        }
        Found::Nothing => Err(Fault::Unavailable("it has no tables; the first decision makes them".to_owned())),
    }
}

/// Why a file with a journal could not be read, where SQLite says no more than that it can't open or write something.
fn told_by_journal(path: &Path, fault: Fault) -> Fault {
    let stuck = match &fault {
        Fault::Sqlite(error) => {
            matches!(error.sqlite_error_code(), Some(ErrorCode::CannotOpen | ErrorCode::ReadOnly))
        }
        _ => false,
    };
    let journal = beside(path, "-wal");
    if !stuck || !fs::metadata(&journal).is_ok_and(|it| it.len() > 0) {
        return fault;
    }
    Fault::Unavailable(format!(
        "its journal `{}` has what is not in the file yet, and is read only where a file can be made beside it: \
         copy both to a folder that can be written, and read the copy",
        journal.display()
    ))
}
