//! The connection, opened when it is needed, and the one way in which writes share a transaction.

use std::time::{Duration, Instant};

use decision_gate_runtime::ports::StoreError;
use rusqlite::Connection;

use super::fault::{Fault, is_failed_write};
use super::open::Opened;
use super::settings::{Place, SqliteSettings};
use super::worker::{Access, Job};
use crate::file_limit;

/// As long as a caller's own thread may be kept by the disk.
const QUICK: Duration = Duration::from_millis(1);

/// How often a file is read that is written at the same time by somebody who had not opened it before.
const MAX_READS: u32 = 3;

/// Where one at a time uses the connection.
#[derive(Debug)]
pub(crate) struct Seat {
    settings: SqliteSettings,
    opened: Option<Opened>,
    /// How long the last transaction that was committed took.
    last: Option<Duration>,
}

impl Seat {
    /// Nothing is open yet.
    pub(crate) fn new(settings: SqliteSettings) -> Self {
        Self { settings, opened: None, last: None }
    }

    /// Closes the connection; the next call opens one.
    pub(crate) fn let_go(&mut self) {
        self.opened = None;
    }

    #[cfg(test)]
    pub(crate) fn was_quick(&mut self, quick: bool) {
        self.last = Some(if quick { Duration::ZERO } else { QUICK });
    }

    /// Reads if the connection is open. Whatever goes wrong, the same read in its turn says so.
    pub(crate) fn glance<T>(&mut self, work: &mut impl FnMut(&Connection) -> Result<T, Fault>) -> Option<T> {
        let opened = self.opened.as_ref().filter(|opened| opened.is_usable())?;
        work(&opened.connection).ok().filter(|_| opened.is_unchanged())
    }

    fn connection(&mut self, access: Access) -> Result<&Connection, StoreError> {
        let opened = match self.opened.take().filter(Opened::is_usable) {
            Some(opened) => opened,
            None => {
                tracing::debug!(place = %self.settings.name(), "opening the ledger");
                let opened = match Opened::new(&self.settings) {
                    // Reading goes on where nothing can be written.
                    Err(Fault::ReadOnly) if access == Access::Read => Opened::to_read(&self.settings),
                    opened => opened,
                };
                opened.map_err(|fault| fault.at(&self.settings.name()))?
            }
        };
        Ok(&self.opened.insert(opened).connection)
    }

    /// Does a read and answers it.
    pub(crate) fn read(&mut self, mut job: Box<dyn Job>) {
        let mut verdict = self.read_once(&mut *job);
        for _ in 1..MAX_READS {
            if self.opened.as_ref().is_none_or(Opened::is_unchanged) {
                break;
            }
            self.let_go();
            verdict = self.read_once(&mut *job);
        }
        self.let_go_after(verdict.as_ref().err());
        job.reply(verdict);
    }

    fn read_once(&mut self, job: &mut dyn Job) -> Result<(), StoreError> {
        let place = self.settings.name();
        job.run(self.connection(Access::Read)?).map_err(|fault| fault.at(&place))
    }

    /// Does one write as [`Self::write`] does, unless that may take long: the connection has to be opened, somebody else
    /// is writing, or the disk was slow. Gives it back then.
    pub(crate) fn write_at_once(&mut self, job: Box<dyn Job>) -> Option<Box<dyn Job>> {
        let is_quick = self.last.is_some_and(|last| last < QUICK);
        let Some(opened) = self.opened.as_ref().filter(|opened| is_quick && opened.is_usable()) else {
            return Some(job);
        };
        let since = Instant::now();
        if begin(&opened.connection).is_err() {
            return Some(job);
        }
        let mut batch = vec![job];
        let verdict = transact(&opened.connection, &mut batch);
        self.answer(batch, verdict, since);
        None
    }

    /// Does writes in one transaction and answers them once it is on disk.
    pub(crate) fn write(&mut self, mut batch: Vec<Box<dyn Job>>) {
        let since = Instant::now();
        match self.connection(Access::Write) {
            Ok(connection) => {
                let begun = begin(connection).map_err(Undone::from);
                let verdict = begun.and_then(|()| transact(connection, &mut batch));
                self.answer(batch, verdict, since);
            }
            Err(error) => batch.into_iter().for_each(|job| job.reply(Err(error.clone()))),
        }
    }

    fn answer(&mut self, batch: Vec<Box<dyn Job>>, verdict: Result<Vec<Result<(), Fault>>, Undone>, since: Instant) {
        if verdict.is_ok() {
            self.last = Some(since.elapsed());
        }
        let verdict = verdict.map_err(|undone| match undone {
            Undone::Because(fault) => Some(self.told(fault)),
            Undone::ByOne(fault) => (batch.len() == 1).then(|| self.told(fault)),
        });
        match verdict {
            Ok(verdicts) => {
                for (job, verdict) in batch.into_iter().zip(verdicts) {
                    let verdict = verdict.map_err(|fault| self.told(fault));
                    self.let_go_after(verdict.as_ref().err());
                    job.reply(verdict);
                }
            }
            Err(Some(error)) => {
                self.let_go_after(Some(&error));
                batch.into_iter().for_each(|job| job.reply(Err(error.clone())));
            }
            // One write undid the work of all; alone, each gets what it deserves.
            Err(None) => batch.into_iter().for_each(|job| self.write(vec![job])),
        }
    }

    /// What the caller is told of a write that failed.
    fn told(&self, fault: Fault) -> StoreError {
        let fault = match (&self.settings.place, fault) {
            (Place::File(path), Fault::Sqlite(error)) if is_failed_write(&error) && file_limit::is_reached(path) => {
                Fault::Full
            }
            (_, fault) => fault,
        };
        fault.at(&self.settings.name())
    }

    /// After a fault that a new connection may mend, the next call opens one.
    fn let_go_after(&mut self, error: Option<&StoreError>) {
        let mendable = error.is_some_and(|error| match error {
            StoreError::Conflict { .. }
            | StoreError::PolicyEpoch { .. }
            | StoreError::Pinned { .. }
            | StoreError::SchemaTaken { .. }
            | StoreError::SchemasFull { .. }
            | StoreError::Misplaced { .. }
            | StoreError::Locked { .. }
            | StoreError::Full { .. } => false,
            StoreError::ReadOnly { .. }
            | StoreError::Corrupt { .. }
            | StoreError::Version { .. }
            | StoreError::Older { .. }
            | StoreError::Denied { .. }
            | StoreError::Unavailable { .. } => true,
        });
        // What lies in memory is gone with its connection.
        if mendable && self.settings.place != Place::Memory {
            self.let_go();
        }
    }
}

/// Why a whole transaction does not count.
enum Undone {
    /// It could not begin or not be committed.
    Because(Fault),
    /// SQLite undid it all when one write failed.
    ByOne(Fault),
}

impl From<rusqlite::Error> for Undone {
    fn from(error: rusqlite::Error) -> Self {
        Self::Because(error.into())
    }
}

/// Begins a transaction that writes; on a thread that does not wait for locks, unless somebody else is writing.
fn begin(connection: &Connection) -> Result<(), rusqlite::Error> {
    run(connection, "BEGIN IMMEDIATE")
}

/// Runs a batch within the transaction that was begun for it, and commits that. On disk once this returns `Ok`; undone
/// once it returns `Err`.
fn transact(connection: &Connection, batch: &mut [Box<dyn Job>]) -> Result<Vec<Result<(), Fault>>, Undone> {
    let verdicts = match batch {
        [job] => job.run(connection).map(|()| vec![Ok(())]).map_err(Undone::ByOne),
        jobs => jobs.iter_mut().map(|job| guarded(connection, job.as_mut())).collect(),
    };
    let committed = verdicts.and_then(|verdicts| run(connection, "COMMIT").map(|()| verdicts).map_err(Undone::from));
    if committed.is_err() && !connection.is_autocommit() {
        // If even this fails, the connection is not used again, and closing it undoes the rest.
        drop(run(connection, "ROLLBACK"));
    }
    committed
}

/// Runs one job within its own savepoint.
fn guarded(connection: &Connection, job: &mut dyn Job) -> Result<Result<(), Fault>, Undone> {
    run(connection, "SAVEPOINT job")?;
    match job.run(connection) {
        Ok(()) => {
            run(connection, "RELEASE job")?;
            Ok(Ok(()))
        }
        Err(fault) if connection.is_autocommit() => Err(Undone::ByOne(fault)),
        Err(fault) => {
            run(connection, "ROLLBACK TO job")?;
            run(connection, "RELEASE job")?;
            Ok(Err(fault))
        }
    }
}

fn run(connection: &Connection, statement: &str) -> Result<(), rusqlite::Error> {
    #[cfg(test)]
    super::tests::crash::point();
    let done = connection.prepare_cached(statement)?.execute([]).map(|_| ());
    #[cfg(test)]
    super::tests::crash::point();
    done
}
