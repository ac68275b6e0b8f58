//! Throwaway servers for tests. What they need is installed by `tests/setup.sh` and `tests/clients/setup.sh`; where it
//! can't be had, a test says so and passes, unless it is required.

mod object_store;
#[cfg(unix)]
mod postgres;

use std::io::{self, Write as _};
use std::path::PathBuf;
use std::process::{Command, Stdio};

pub use object_store::S3;
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

/// Whether a variable says that a server must be there.
fn is_required(variable: &str) -> bool {
    std::env::var_os(variable).is_some_and(|it| it == "1")
}

/// Says that a test checks nothing here, and why.
fn skip(why: &str) {
    // A test whose standard error is closed has nobody to tell.
    let _ = writeln!(io::stderr(), "skipped: {why}");
}

/// Runs a program to its end, and gives what it printed.
fn run(command: &mut Command) -> Result<String, Fault> {
    let output = command.stdin(Stdio::null()).output().map_err(Fault::io("run", command.get_program()))?;
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    if output.status.success() {
        return Ok(said.trim_end().to_owned());
    }
    let output = format!("{said}{}", String::from_utf8_lossy(&output.stderr));
    Err(Fault::Command { command: format!("{command:?}"), output })
}
