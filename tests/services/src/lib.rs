//! Throwaway servers for tests. What they need is installed by `tests/setup.sh` and `tests/clients/setup.sh`; where it
//! can't be had, a test says so and passes, unless it is required.

#[cfg(unix)]
mod postgres;

use std::io;
use std::path::PathBuf;

#[cfg(unix)]
pub use postgres::{Cluster, NAME};

/// Why a server is not there.
#[derive(Debug, thiserror::Error)]
pub enum Fault {
    /// A file or program did not do as asked.
    #[error("can't {what} `{path}`: {source}")]
    Io {
        /// What was tried.
        what: &'static str,
        /// On what.
        path: PathBuf,
        /// Why not.
        source: io::Error,
    },
    /// A program failed.
    #[error("`{command}` failed: {output}")]
    Command {
        /// Its command line.
        command: String,
        /// What it said.
        output: String,
    },
    /// PostgreSQL is required and not installed.
    #[error(
        "PostgreSQL is required (`DECISION_GATE_REQUIRE_POSTGRES=1`) and not installed; `tests/setup.sh` installs it"
    )]
    NoPostgres,
}

impl Fault {
    fn io(what: &'static str, path: impl Into<PathBuf>) -> impl FnOnce(io::Error) -> Self {
        let path = path.into();
        move |source| Self::Io { what, path, source }
    }
}
