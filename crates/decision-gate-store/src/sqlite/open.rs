//! From a path to a connection that is known to be a ledger of this version, which an older one becomes when it is
//! opened.
//!
//! Nothing in a file of another program is changed: its header is read before anything is set. The file is made
//! with mode 0600, and SQLite gives its companions (`-wal`, `-shm`) the same.

use std::cell::RefCell;
use std::fs::{self, DirBuilder, OpenOptions};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use rusqlite::config::DbConfig;
use rusqlite::{Connection, ErrorCode, OpenFlags, TransactionBehavior};

use super::fault::{Fault, is_busy};
use super::look::{self, Still};
use super::schema::{APPLICATION_ID, SCHEMA_VERSION, STEPS};
use super::settings::{Place, SqliteSettings, SyncMode};
use crate::{Opening, file_limit};

/// One file is made at a time in this process: closing any handle to a file gives up all locks that the process holds
/// on it, so the handle that makes it must be closed before anybody here can connect to it.
static MAKING: Mutex<()> = Mutex::new(());

/// The most copies of one version that are kept beside a ledger.
const MAX_COPIES: u32 = 100;

/// How long to wait between two looks at a lock.
const PATIENCE: Duration = Duration::from_millis(1);

thread_local! {
    /// Says when to wait no longer. Without one this thread never waits for a lock: a caller's own thread has other
    /// things to do.
    static CLOSING: RefCell<Option<Arc<AtomicBool>>> = const { RefCell::new(None) };
}

/// From now on, connections that this thread uses wait for locks until the store is `closing`.
pub(crate) fn wait_on_this_thread(closing: Arc<AtomicBool>) {
    CLOSING.set(Some(closing));
}

fn may_wait() -> bool {
    CLOSING.with_borrow(|closing| closing.as_ref().is_some_and(|closing| !closing.load(Ordering::Relaxed)))
}

fn is_closing() -> bool {
    CLOSING.with_borrow(|closing| closing.as_ref().is_some_and(|closing| closing.load(Ordering::Relaxed)))
}

/// A connection, and which file it was opened on.
#[derive(Debug)]
pub(crate) struct Opened {
    /// The connection.
    pub(crate) connection: Connection,
    file: Option<(PathBuf, Option<Identity>)>,
    /// What a file was that is read without a lock.
    still: Option<Still>,
    /// Whether a transaction that never ends keeps all that is read at one moment.
    held: bool,
}

impl Opened {
    /// Opens the store as it is to be opened.
    pub(crate) fn new(settings: &SqliteSettings) -> Result<Self, Fault> {
        match settings.opening {
            Opening::ToWrite => Self::to_write(settings),
            Opening::ToRead | Opening::AtOneMoment => Self::to_read(settings),
        }
    }

    /// Opens the store without changing anything.
    pub(crate) fn to_read(settings: &SqliteSettings) -> Result<Self, Fault> {
        let Place::File(path) = &settings.place else { return Self::to_write(settings) };
        let path = std::path::absolute(path).map_err(|error| Fault::of_file(path, &error))?;
        let (mut connection, still) = look::connect(&path)?;
        wait_for_locks(&mut connection, settings.busy_timeout)?;
        look::check(&connection, &path)?;
        set_up(&connection)?;
        let identity = Identity::of(&path);
        let held = settings.opening == Opening::AtOneMoment;
        if held {
            connection.execute_batch("BEGIN")?;
            // The moment is that of the first read.
            connection.query_row("SELECT count(*) FROM sqlite_schema", [], |_| Ok(()))?;
        }
        Ok(Self { connection, file: Some((path, identity)), still, held })
    }

    /// Opens the store, and makes it if there is none.
    fn to_write(settings: &SqliteSettings) -> Result<Self, Fault> {
        match &settings.place {
            Place::Memory => {
                let connection = prepared(Connection::open_in_memory()?, settings)?;
                Ok(Self { connection, file: None, still: None, held: false })
            }
            Place::File(path) => {
                let path = std::path::absolute(path).map_err(|error| Fault::of_file(path, &error))?;
                file_limit::fail_beyond();
                make(&path)?;
                let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
                let opened = Connection::open_with_flags(&path, flags).map_err(Fault::from);
                let opened = opened.and_then(|connection| prepared(connection, settings));
                let connection = opened.map_err(|fault| told_by_folder(&path, fault))?;
                let identity = Identity::of(&path);
                Ok(Self { connection, file: Some((path, identity)), still: None, held: false })
            }
        }
    }

    /// Whether it can be used again: nothing is half done on it, and the path still leads to the file that is open.
    /// What is written into a file that was removed is lost.
    pub(crate) fn is_usable(&self) -> bool {
        (self.held || self.connection.is_autocommit())
            && self.file.as_ref().is_none_or(|(path, identity)| Identity::of(path) == *identity)
            && self.is_unchanged()
    }

    /// Whether what was just read counts: a file that is read without a lock may have been written meanwhile.
    pub(crate) fn is_unchanged(&self) -> bool {
        self.still.as_ref().is_none_or(Still::is_so)
    }
}

/// Why SQLite could not open the file or its journal, where it says no more than that: a disk may have become read-only.
/// Tried on a file of its own, since closing a handle to the ledger would give up the locks that others here hold on it.
fn told_by_folder(path: &Path, fault: Fault) -> Fault {
    let can_not_open = match &fault {
        Fault::Sqlite(error) => error.sqlite_error_code() == Some(ErrorCode::CannotOpen),
        _ => false,
    };
    let probe = path.with_extension(format!("probe-{}", std::process::id()));
    if !can_not_open {
        return fault;
    }
    let written = OpenOptions::new().write(true).create_new(true).open(&probe);
    let why = written.err().map(|error| Fault::of_file(path, &error));
    // Where it could not be made there is nothing to remove.
    drop(fs::remove_file(&probe));
    why.unwrap_or(fault)
}

/// Which file a path leads to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Identity(u64, u64);

impl Identity {
    #[cfg(unix)]
    fn of(path: &Path) -> Option<Self> {
        use std::os::unix::fs::MetadataExt as _;
        fs::metadata(path).ok().map(|it| Self(it.dev(), it.ino()))
    }

    #[cfg(not(unix))]
    fn of(path: &Path) -> Option<Self> {
        fs::metadata(path).ok().map(|_| Self(0, 0))
    }
}

/// Makes the folder and the file, for this user alone, unless they are there.
fn make(path: &Path) -> Result<(), Fault> {
    let _one_at_a_time = MAKING.lock().unwrap_or_else(PoisonError::into_inner);
    match fs::metadata(path) {
        Ok(found) if found.is_file() => return Ok(()),
        Ok(_) => return Err(Fault::Unavailable("it is not a regular file".to_owned())),
        Err(error) if error.kind() == io::ErrorKind::NotFound => {}
        Err(error) => return Err(Fault::of_file(path, &error)),
    }
    if let Some(folder) = path.parent() {
        let mut builder = DirBuilder::new();
        #[cfg(unix)]
        std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
        builder.recursive(true).create(folder).map_err(|error| Fault::of_file(folder, &error))?;
    }
    let mut options = OpenOptions::new();
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    match options.write(true).create_new(true).open(path) {
        Ok(_) => Ok(()),
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(()),
        Err(error) => Err(Fault::of_file(path, &error)),
    }
}

/// Checks the header, makes the tables in an empty file, and sets how to read and write.
fn prepared(mut connection: Connection, settings: &SqliteSettings) -> Result<Connection, Fault> {
    wait_for_locks(&mut connection, settings.busy_timeout)?;
    // One transaction: another process that makes the tables meanwhile is seen whole or not at all.
    let look = connection.transaction()?;
    let behind = inspect(&look)?.steps_taken() < STEPS.len();
    look.commit()?;
    if matches!(settings.place, Place::File(_)) {
        use_wal(&connection, settings.busy_timeout)?;
    }
    let synchronous = match settings.sync_mode {
        SyncMode::Full => "FULL",
        SyncMode::Normal => "NORMAL",
    };
    connection.pragma_update(None, "synchronous", synchronous)?;
    connection.pragma_update(None, "fullfsync", true)?;
    connection.pragma_update(None, "foreign_keys", true)?;
    connection.query_row("PRAGMA journal_size_limit = 16777216", [], |_| Ok(()))?;
    set_up(&connection)?;
    if behind {
        bring_up(&mut connection, &settings.place)?;
    }
    Ok(connection)
}

/// Sets what holds for every connection.
fn set_up(connection: &Connection) -> Result<(), Fault> {
    connection.pragma_update(None, "trusted_schema", false)?;
    connection.pragma_update(None, "cell_size_check", true)?;
    connection.pragma_update(None, "temp_store", "MEMORY")?;
    connection.set_prepared_statement_cache_capacity(48);
    // Else a statement that sorts is prepared anew whenever a value is bound to it.
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)?;
    Ok(())
}

/// Copies an older ledger beside itself before anything in it is changed, for this user alone. A copy that is there is
/// never overwritten. Whoever calls holds the lock to write, so there is one copy however many open it at once; the
/// copying has a connection of its own, since it can't be done within a transaction.
fn back_up(path: &Path, version: usize) -> Result<(), Fault> {
    let copy = (1..MAX_COPIES)
        .find_map(|number| {
            let suffix = if number == 1 { String::new() } else { format!(".{number}") };
            let mut name = path.as_os_str().to_owned();
            name.push(format!(".v{version}.backup{suffix}"));
            let mut options = OpenOptions::new();
            #[cfg(unix)]
            std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
            let copy = PathBuf::from(name);
            match options.write(true).create_new(true).open(&copy) {
                Ok(_) => Some(Ok(copy)),
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => None,
                Err(error) => Some(Err(Fault::of_file(&copy, &error))),
            }
        })
        .unwrap_or_else(|| Err(Fault::Unavailable(format!("it has `{MAX_COPIES}` backups beside it"))))?;
    // Into an empty file, which is what SQLite asks for; it synchronises what it writes.
    let target = copy.to_str().ok_or_else(|| Fault::Unavailable("its path is not utf-8".to_owned()))?;
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let copied = Connection::open_with_flags(path, flags).and_then(|it| it.execute("VACUUM INTO ?1", [target]));
    if let Err(error) = copied {
        // Half a copy is none; what matters is why.
        drop(fs::remove_file(&copy));
        return Err(error.into());
    }
    tracing::warn!(
        place = %path.display(),
        from = version,
        to = STEPS.len(),
        backup = %copy.display(),
        "the ledger is of an older version: it was copied, and is brought up now"
    );
    Ok(())
}

/// What a file is.
#[derive(Clone, Copy)]
pub(super) enum Found {
    /// A ledger that was made by this many steps.
    Ledger(usize),
    /// An empty file.
    Nothing,
}

impl Found {
    fn steps_taken(self) -> usize {
        match self {
            Self::Ledger(steps) => steps,
            Self::Nothing => 0,
        }
    }
}

/// What the file is. Reads only.
pub(super) fn inspect(connection: &Connection) -> Result<Found, Fault> {
    let application: i32 = connection.pragma_query_value(None, "application_id", |row| row.get(0))?;
    let version: i32 = connection.pragma_query_value(None, "user_version", |row| row.get(0))?;
    if application == APPLICATION_ID {
        let steps = usize::try_from(version).ok().filter(|_| (1..=SCHEMA_VERSION).contains(&version));
        return steps.map(Found::Ledger).ok_or_else(|| {
            Fault::Version(format!("it has schema version `{version}`, known here is `{SCHEMA_VERSION}`"))
        });
    }
    let things: i64 = connection.query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get(0))?;
    if application == 0 && version == 0 && things == 0 {
        return Ok(Found::Nothing);
    }
    Err(Fault::Version(format!("it is a SQLite file of another application (id `{application}`)")))
}

/// Takes the steps that an empty file or an older ledger lacks, all of them or none.
fn bring_up(connection: &mut Connection, place: &Place) -> Result<(), Fault> {
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    // Another process may have been faster.
    let found = inspect(&transaction)?;
    if found.steps_taken() < STEPS.len() {
        if let (Found::Ledger(version), Place::File(path)) = (found, place) {
            back_up(path, version)?;
        }
        for step in STEPS.iter().skip(found.steps_taken()) {
            transaction.execute_batch(step)?;
        }
        transaction.pragma_update(None, "user_version", SCHEMA_VERSION)?;
        transaction.pragma_update(None, "application_id", APPLICATION_ID)?;
    }
    transaction.commit()?;
    Ok(())
}

/// Looks again every millisecond. SQLite's own handler waits up to 100 ms between two looks, which starves a process
/// beside another one that writes without a pause.
fn wait_for_locks(connection: &mut Connection, limit: Duration) -> Result<(), Fault> {
    let mut since = Instant::now();
    connection.busy_handler(Some(move |tries: i32| {
        if tries == 0 {
            since = Instant::now();
        }
        let goes_on = may_wait() && since.elapsed() < limit;
        if goes_on {
            std::thread::sleep(PATIENCE);
        }
        goes_on
    }))?;
    Ok(())
}

/// Two processes that change the journal's mode at once get "busy" without the handler being asked.
fn use_wal(connection: &Connection, limit: Duration) -> Result<(), Fault> {
    let since = Instant::now();
    loop {
        let mode = connection.pragma_update_and_check(None, "journal_mode", "WAL", |row| row.get::<_, String>(0));
        match mode {
            Ok(mode) if mode.eq_ignore_ascii_case("wal") => return Ok(()),
            Ok(mode) => return Err(Fault::Unavailable(format!("its journal stays in mode `{mode}`"))),
            Err(error) if is_busy(&error) && !is_closing() && since.elapsed() < limit => std::thread::sleep(PATIENCE),
            Err(error) => return Err(error.into()),
        }
    }
}
