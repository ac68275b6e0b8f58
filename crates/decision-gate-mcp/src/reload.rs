//! A changed configuration counts without a restart.
//!
//! Files are looked at every now and then, which works on every file system and through links that are exchanged; the
//! signal SIGHUP asks for it at once. What was read anew is put together whole before anything is replaced: a
//! configuration that does not hold is refused, said in the log with its code, and the one before stays. The ledger is
//! the same throughout; each shelf gets a new policy epoch, so that a commit under the older one is decided again.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use decision_gate_config::{Loaded, Source, load};
use decision_gate_core::digest::Digest;

use crate::app::{App, ReloadError};
use crate::live::Live;

/// The most bytes of a file that are compared; beyond that its size and time must do.
const MAX_COMPARED: u64 = 16 * 1024 * 1024;

/// Two writes that are closer than this may have one time.
const SETTLED: Duration = Duration::from_secs(2);

/// Puts changed configurations in force.
pub struct Reloader {
    live: Live<App>,
    source: Source,
    applied: Box<dyn Fn(&Loaded) + Send + Sync>,
}

/// What came of reading a configuration anew.
enum Renewal {
    /// It says what it said before.
    Same,
    /// The product under it.
    Next(Box<App>),
}

impl Reloader {
    /// Replaces `live` by what `source` says from now on; `applied` is told of each configuration that came in force.
    pub fn new(live: Live<App>, source: Source, applied: impl Fn(&Loaded) + Send + Sync + 'static) -> Self {
        Self { live, source, applied: Box::new(applied) }
    }

    /// Watches until it is dropped.
    pub async fn run(self) {
        let mut signals = Signals::new();
        let mut seen: Option<BTreeMap<PathBuf, Seen>> = None;
        let interval = Duration::from_millis(self.live.now().loaded().config().server.reload_interval_ms.get());
        loop {
            let watches = self.live.now().loaded().watches();
            let asked = tokio::select! {
                () = signals.next() => true,
                () = tokio::time::sleep(interval), if watches => false,
            };
            // What is looked at before the files are read is what the next look is compared with: a change in between
            // is seen then.
            let now = look(self.live.now().loaded(), seen.as_ref());
            match (asked, change(seen.as_ref(), &now)) {
                (true, _) | (false, Change::Touched) => self.reload(When::Always).await,
                (false, Change::Unknown) => self.reload(When::Differs).await,
                (false, Change::None) => {}
            }
            seen = Some(now);
        }
    }

    /// Reads everything anew, off the thread that answers calls.
    async fn reload(&self, when: When) {
        let (before, source) = (self.live.now(), self.source.clone());
        let current = Arc::clone(&before);
        let read = move || -> Result<Renewal, ReloadError> {
            let loaded = load(&source)?;
            if when == When::Differs && loaded.says_the_same(current.loaded()) {
                return Ok(Renewal::Same);
            }
            Ok(Renewal::Next(Box::new(current.renewed(loaded)?)))
        };
        match tokio::task::spawn_blocking(read).await {
            Ok(Ok(Renewal::Same)) => {}
            Ok(Ok(Renewal::Next(next))) => self.replace(&before, *next).await,
            Ok(Err(refused)) => {
                let hint = refused.hint();
                tracing::error!(
                    code = refused.code(), hint, error = %refused,
                    "the changed configuration is refused; the one before stays in force"
                );
            }
            Err(_) => tracing::error!(code = "internal_error", "the changed configuration could not be read"),
        }
    }

    async fn replace(&self, before: &App, next: App) {
        if let Err(error) = next.orchestrator().take_over(before.orchestrator()).await {
            tracing::warn!(code = error.code(), %error, "the new policy comes into force with the next call");
        }
        let next = Arc::new(next);
        (self.applied)(next.loaded());
        self.live.replace(Arc::clone(&next));
        let policy = next.orchestrator().policy().digest().to_string();
        tracing::info!(policy, "the changed configuration is in force");
    }
}

impl std::fmt::Debug for Reloader {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Reloader").field("source", &self.source).finish_non_exhaustive()
    }
}

/// Size and time of change.
type Stamp = (u64, Option<SystemTime>);

/// A file as it was last seen.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Seen {
    /// Nothing of a file that is not there.
    stamp: Option<Stamp>,
    content: Option<Digest>,
}

/// Every file of a configuration, as it is now. What has the stamp that it had is not read again.
fn look(loaded: &Loaded, before: Option<&BTreeMap<PathBuf, Seen>>) -> BTreeMap<PathBuf, Seen> {
    let one = |path: PathBuf| {
        let stamp = stamp(&path);
        let known = before.and_then(|it| it.get(&path)).filter(|it| it.stamp == stamp && is_settled(stamp));
        let content = match known {
            Some(known) => known.content,
            None => stamp
                .filter(|it| it.0 <= MAX_COMPARED)
                .and_then(|_| std::fs::read(&path).ok())
                .map(|it| Digest::of(&it)),
        };
        (path, Seen { stamp, content })
    };
    loaded.files().into_iter().map(one).collect()
}

/// Whether a file was last written so long ago that another write would have another time.
fn is_settled(stamp: Option<Stamp>) -> bool {
    let age = stamp.and_then(|(_, at)| SystemTime::now().duration_since(at?).ok());
    stamp.is_none() || age.is_some_and(|age| age >= SETTLED)
}

fn stamp(path: &Path) -> Option<Stamp> {
    let found = std::fs::metadata(path).ok().filter(std::fs::Metadata::is_file)?;
    Some((found.len(), found.modified().ok()))
}

/// What happened to files since they were looked at before.
enum Change {
    /// Nothing.
    None,
    /// Some were not looked at before, so that nobody can tell.
    Unknown,
    /// One has another content. Another time alone is no change.
    Touched,
}

fn change(before: Option<&BTreeMap<PathBuf, Seen>>, now: &BTreeMap<PathBuf, Seen>) -> Change {
    let Some(before) = before else { return Change::Unknown };
    let touched = |(path, new): (&PathBuf, &Seen)| {
        before.get(path).is_some_and(|old| match (old.content, new.content) {
            (None, None) => old.stamp != new.stamp,
            (old, new) => old != new,
        })
    };
    if now.iter().any(touched) {
        Change::Touched
    } else if now.keys().any(|path| !before.contains_key(path)) {
        Change::Unknown
    } else {
        Change::None
    }
}

/// When what was read anew is put in force.
#[derive(Clone, Copy, PartialEq, Eq)]
enum When {
    /// Whatever it says: a file that it names may say something else.
    Always,
    /// If it says something else itself.
    Differs,
}

/// SIGHUP, where there is one.
struct Signals {
    #[cfg(unix)]
    hangup: Option<tokio::signal::unix::Signal>,
}

impl Signals {
    fn new() -> Self {
        Self {
            #[cfg(unix)]
            hangup: tokio::signal::unix::signal(tokio::signal::unix::SignalKind::hangup()).ok(),
        }
    }

    async fn next(&mut self) {
        #[cfg(unix)]
        if let Some(hangup) = &mut self.hangup
            && hangup.recv().await.is_some()
        {
            return;
        }
        std::future::pending::<()>().await;
    }
}
