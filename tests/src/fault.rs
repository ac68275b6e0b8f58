//! Why a suite could not go on. Facts only; a suite prints it and fails.

use std::path::PathBuf;
use std::time::Duration;

use serde_json::Value;

use crate::wire::Violation;

/// What went wrong while driving the binary.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Fault {
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
    /// The tests' own executable does not lie where cargo puts it.
    #[error("no target folder above `{0}`")]
    NoTarget(PathBuf),
    /// A command that prepares the tests failed.
    #[error("`{command}` ended with {status}:\n{output}")]
    Command {
        /// What ran.
        command: String,
        /// How it ended.
        status: String,
        /// What it printed, both streams.
        output: String,
    },
    /// Nothing came in time.
    #[error("no answer to `{waiting_for}` within {limit:?}; standard error so far:\n{stderr}")]
    Silent {
        /// What was asked.
        waiting_for: String,
        /// How long it was waited for.
        limit: Duration,
        /// What the server logged.
        stderr: String,
    },
    /// The server closed its output while an answer was due.
    #[error("the server closed its output before answering `{waiting_for}`; standard error:\n{stderr}")]
    Gone {
        /// What was asked.
        waiting_for: String,
        /// What the server logged.
        stderr: String,
    },
    /// A line on standard output is not JSON.
    #[error("`{line}` on standard output is not JSON: {source}")]
    NotJson {
        /// The line, lossily decoded.
        line: String,
        /// What is wrong with it.
        source: serde_json::Error,
    },
    /// A file of the tests is not what it must be.
    #[error("`{path}` is not JSON: {source}")]
    BadFile {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        source: serde_json::Error,
    },
    /// A ledger can't be used from outside of the server.
    #[error("the ledger `{path}`: {source}")]
    Ledger {
        /// The file.
        path: PathBuf,
        /// What SQLite said.
        source: rusqlite::Error,
    },
    /// A message does not follow the protocol's schema.
    #[error(transparent)]
    Wire(#[from] Violation),
    /// A request was answered with a protocol error.
    #[error("`{method}` was refused: {error}")]
    Refused {
        /// What was asked.
        method: String,
        /// The error object.
        error: Value,
    },
    /// A tool answered an error.
    #[error("tool `{tool}` answered an error: {content}")]
    ToolError {
        /// Which tool.
        tool: String,
        /// Its structured content, or its text.
        content: Value,
    },
}

impl Fault {
    /// Wraps what the operating system said about `path`.
    pub fn io(action: &'static str, path: impl Into<PathBuf>) -> impl FnOnce(std::io::Error) -> Self {
        let path = path.into();
        move |source| Self::Io { action, path, source }
    }
}
