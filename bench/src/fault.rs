//! Why a measurement could not be taken.

use std::path::PathBuf;

/// What went wrong. A bar that is missed is not a fault, it is a row.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub(crate) enum Fault {
    /// The operating system refused something.
    #[error("could not {action} `{path}`: {source}")]
    Io {
        /// What was tried.
        action: &'static str,
        /// On what.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// A program to measure is not there.
    #[error("no `{0}`: `make bench` builds it")]
    NotBuilt(PathBuf),
    /// A server ended, or was ended because it did not answer.
    #[error("`{server}` ended while `{waiting_for}` was unanswered")]
    Gone {
        /// Which server.
        server: String,
        /// What was asked.
        waiting_for: String,
    },
    /// A server answered something else than a result.
    #[error("`{server}` answered `{asked}` with {answer}")]
    Refused {
        /// Which server.
        server: String,
        /// What was asked.
        asked: String,
        /// Its whole answer.
        answer: String,
    },
    /// A line is not JSON.
    #[error("`{0}` is not JSON")]
    NotJson(String),
    /// Two sides that must do the same did not.
    #[error("{0}")]
    NotComparable(String),
    /// The ledger could not be looked into.
    #[error("ledger: {0}")]
    Ledger(#[from] rusqlite::Error),
    /// The command line is wrong.
    #[error(
        "unknown argument `{0}`; known are --ours PATH, --floor PATH, --only NAME, --events COUNT, --quick, --strict"
    )]
    Argument(String),
}

impl Fault {
    /// Wraps what the operating system said about `path`.
    pub(crate) fn io(action: &'static str, path: impl Into<PathBuf>) -> impl FnOnce(std::io::Error) -> Self {
        let path = path.into();
        move |source| Self::Io { action, path, source }
    }
}
