//! A thread with a connection, and the queue in front of it.
//!
//! The thread starts with the first call and opens the store then. What waits in the queue when it gets to it
//! becomes one transaction. A short read may skip the queue while the thread has nothing to do: to hand it over and
//! back takes several times as long as the read. So may a write that nobody else writes beside, while the disk answers
//! quickly: to hand it over and back takes half as long as a good disk.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::mpsc::{self, Receiver, Sender};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::{self, JoinHandle};

use decision_gate_runtime::ports::StoreError;
use rusqlite::Connection;
use tokio::sync::oneshot;

use super::fault::Fault;
use super::open;
use super::seat::Seat;
use super::settings::SqliteSettings;

/// The most writes in one transaction.
const MAX_BATCH: usize = 256;

/// Whether work changes anything.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Access {
    /// It does not.
    Read,
    /// It does.
    Write,
}

/// A piece of work that waits for its turn.
pub(crate) trait Job: Send {
    fn access(&self) -> Access;

    /// Does it, and keeps what came of it. Done again when the transaction around it was undone.
    fn run(&mut self, connection: &Connection) -> Result<(), Fault>;

    /// Tells the caller: what came of it, or why it does not count.
    fn reply(self: Box<Self>, verdict: Result<(), StoreError>);
}

struct Task<T, W> {
    access: Access,
    work: W,
    outcome: Option<T>,
    caller: oneshot::Sender<Result<T, StoreError>>,
    place: String,
}

impl<T, W> Job for Task<T, W>
where
    T: Send,
    W: FnMut(&Connection) -> Result<T, Fault> + Send,
{
    fn access(&self) -> Access {
        self.access
    }

    fn run(&mut self, connection: &Connection) -> Result<(), Fault> {
        self.outcome = Some((self.work)(connection)?);
        Ok(())
    }

    fn reply(self: Box<Self>, verdict: Result<(), StoreError>) {
        let Self { outcome, caller, place, .. } = *self;
        let answer = verdict.and_then(|()| outcome.ok_or_else(|| gone(place)));
        // A caller that went away does not want to know.
        drop(caller.send(answer));
    }
}

fn gone(place: String) -> StoreError {
    StoreError::Unavailable { place, what: "its thread ended".to_owned() }
}

/// One of those who write, for as long as this lives.
struct Counted<'a>(&'a AtomicUsize);

impl<'a> Counted<'a> {
    fn new(count: &'a AtomicUsize) -> Self {
        count.fetch_add(1, Ordering::Relaxed);
        Self(count)
    }

    fn is_alone(&self) -> bool {
        self.0.load(Ordering::Relaxed) == 1
    }
}

impl Drop for Counted<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

/// A thread with a connection, and the way to it.
#[derive(Debug)]
pub(crate) struct Worker {
    name: &'static str,
    settings: SqliteSettings,
    seat: Arc<Mutex<Seat>>,
    line: Mutex<Option<Line>>,
    closing: Arc<AtomicBool>,
    /// How many callers write.
    writing: AtomicUsize,
}

#[derive(Debug)]
struct Line {
    queue: Sender<Box<dyn Job>>,
    thread: JoinHandle<()>,
}

impl Worker {
    /// A worker that has not started yet.
    pub(crate) fn new(name: &'static str, settings: SqliteSettings) -> Self {
        let seat = Arc::new(Mutex::new(Seat::new(settings.clone())));
        Self { name, settings, seat, line: Mutex::new(None), closing: Arc::default(), writing: AtomicUsize::new(0) }
    }

    /// Does a short read at once if the connection is open and idle. Never waits.
    pub(crate) fn glance<T>(&self, work: &mut impl FnMut(&Connection) -> Result<T, Fault>) -> Option<T> {
        self.seat.try_lock().ok()?.glance(work)
    }

    /// Has a read done in its turn.
    pub(crate) async fn read<T, W>(&self, work: W) -> Result<T, StoreError>
    where
        T: Send + 'static,
        W: FnMut(&Connection) -> Result<T, Fault> + Send + 'static,
    {
        let (job, answer) = self.job(Access::Read, work);
        self.enqueue(job)?;
        answer.await.unwrap_or_else(|_| Err(gone(self.settings.name())))
    }

    /// Has a write done in its turn, or here and now where there is nobody to share a transaction with.
    pub(crate) async fn write<T, W>(&self, work: W) -> Result<T, StoreError>
    where
        T: Send + 'static,
        W: FnMut(&Connection) -> Result<T, Fault> + Send + 'static,
    {
        let (job, answer) = self.job(Access::Write, work);
        let writing = Counted::new(&self.writing);
        // Every call that can go on comes as far as this meanwhile.
        tokio::task::yield_now().await;
        let left = if writing.is_alone() { self.at_once(job) } else { Some(job) };
        if let Some(job) = left {
            self.enqueue(job)?;
        }
        answer.await.unwrap_or_else(|_| Err(gone(self.settings.name())))
    }

    fn job<T, W>(&self, access: Access, work: W) -> (Box<dyn Job>, oneshot::Receiver<Result<T, StoreError>>)
    where
        T: Send + 'static,
        W: FnMut(&Connection) -> Result<T, Fault> + Send + 'static,
    {
        let (caller, answer) = oneshot::channel();
        (Box::new(Task { access, work, outcome: None, caller, place: self.settings.name() }), answer)
    }

    /// Does a write on this thread, or gives it back.
    fn at_once(&self, job: Box<dyn Job>) -> Option<Box<dyn Job>> {
        match self.seat.try_lock() {
            Ok(mut seat) => seat.write_at_once(job),
            Err(_) => Some(job),
        }
    }

    /// Pretends that the disk answered the last write so.
    #[cfg(test)]
    pub(crate) fn was_quick(&self, quick: bool) {
        sit(&self.seat).was_quick(quick);
    }

    fn enqueue(&self, job: Box<dyn Job>) -> Result<(), StoreError> {
        let mut line = self.line.lock().unwrap_or_else(PoisonError::into_inner);
        let job = match &*line {
            Some(open) => match open.queue.send(job) {
                Ok(()) => return Ok(()),
                Err(mpsc::SendError(job)) => job,
            },
            None => job,
        };
        let (queue, jobs) = mpsc::channel();
        let (seat, closing) = (Arc::clone(&self.seat), Arc::clone(&self.closing));
        let thread = thread::Builder::new()
            .name(self.name.to_owned())
            .spawn(move || serve(&jobs, &seat, closing))
            .map_err(|error| StoreError::Unavailable { place: self.settings.name(), what: error.to_string() })?;
        let sent = queue.send(job).map_err(|_| gone(self.settings.name()));
        *line = Some(Line { queue, thread });
        sent
    }
}

impl Drop for Worker {
    /// Ends once the queue is empty and the file is closed. Nobody waits for an answer any more, so what another
    /// process holds is not waited for either.
    fn drop(&mut self) {
        self.closing.store(true, Ordering::Relaxed);
        let line = self.line.get_mut().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(Line { queue, thread }) = line {
            drop(queue);
            // A thread that panicked has nothing left to close.
            drop(thread.join());
        }
    }
}

fn serve(jobs: &Receiver<Box<dyn Job>>, seat: &Mutex<Seat>, closing: Arc<AtomicBool>) {
    open::wait_on_this_thread(closing);
    let mut put_back = None;
    while let Some(first) = put_back.take().or_else(|| jobs.recv().ok()) {
        if first.access() == Access::Read {
            sit(seat).read(first);
            continue;
        }
        let mut batch = vec![first];
        while batch.len() < MAX_BATCH
            && let Ok(job) = jobs.try_recv()
        {
            if job.access() == Access::Read {
                put_back = Some(job);
                break;
            }
            batch.push(job);
        }
        sit(seat).write(batch);
    }
}

/// After a panic nobody knows what the connection was doing: it is closed, which undoes it.
fn sit(seat: &Mutex<Seat>) -> MutexGuard<'_, Seat> {
    seat.lock().unwrap_or_else(|poisoned| {
        let mut inner = poisoned.into_inner();
        inner.let_go();
        seat.clear_poison();
        inner
    })
}
