//! In-toto runtime trace, version 0.1: what a monitor saw a process do.
//!
//! Each of the three logs may be left out, and a log that is left out is not an empty one: a check that counts its
//! entries then gets no answer. One at least must be there.

use decision_gate_core::dsse::Verified;
use decision_gate_core::intoto::Statement;
use serde_json::Value;

use super::members::Optional as _;
use super::{FactKind, Facts, Format, PredicateError, Shape, typed};
use crate::predicate::{Members, PredicateFault};

pub(super) const FORMAT: Format = Format {
    word: "trace",
    predicate_types: &["https://in-toto.io/attestation/runtime-trace/v0.1"],
    facts: &[
        FactKind {
            name: "monitor_type",
            about: "What watched.",
            shape: Shape::Text,
            example: "https://monitor.example/v1",
        },
        FactKind {
            name: "host_id",
            about: "Where the process ran.",
            shape: Shape::Text,
            example: "https://ci.example",
        },
        FactKind {
            name: "process_type",
            about: "What kind of process it was.",
            shape: Shape::Text,
            example: "https://ci.example/build/v1",
        },
        FactKind { name: "event", about: "What it was doing.", shape: Shape::Text, example: "run-7" },
        FactKind {
            name: "processes",
            about: "Entries of the process log, if there is one.",
            shape: Shape::Count,
            example: "41",
        },
        FactKind {
            name: "network",
            about: "Entries of the network log, if there is one.",
            shape: Shape::Count,
            example: "0",
        },
        FactKind {
            name: "file_access",
            about: "Entries of the file log, if there is one.",
            shape: Shape::Count,
            example: "812",
        },
    ],
    read: |_, predicate| RuntimeTrace::read("", predicate).map(RuntimeTrace::into_facts),
};

/// What a process did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RuntimeTrace {
    /// What watched.
    pub monitor_type: String,
    /// Where the process ran.
    pub host_id: String,
    /// What kind of process it was.
    pub process_type: String,
    /// What it was doing.
    pub event: String,
    /// Entries of the process log, if there is one.
    pub processes: Option<usize>,
    /// Entries of the network log, if there is one.
    pub network: Option<usize>,
    /// Entries of the file log, if there is one.
    pub file_access: Option<usize>,
}

impl RuntimeTrace {
    /// The trace that was signed.
    ///
    /// # Errors
    /// [`PredicateError`].
    pub fn of(statement: &Verified<Statement>) -> Result<Self, PredicateError> {
        typed(statement, FORMAT.predicate_types, Self::read)
    }

    fn read(_: &str, predicate: &Value) -> Result<Self, PredicateFault> {
        let predicate = Members::of(predicate)?;
        let (process, log) = (predicate.object("monitoredProcess")?, predicate.object("monitorLog")?);
        // What an entry looks like depends on the monitor.
        let entries = |name: &'static str| {
            let list = |it: &Value| it.as_array().map(Vec::len).ok_or_else(|| log.malformed(name, "an array"));
            log.get(name).map(list).transpose()
        };
        let trace = Self {
            monitor_type: predicate.object("monitor")?.text("type")?.to_owned(),
            host_id: process.text("hostID")?.to_owned(),
            process_type: process.text("type")?.to_owned(),
            event: process.text("event")?.to_owned(),
            processes: entries("process")?,
            network: entries("network")?,
            file_access: entries("fileAccess")?,
        };
        predicate.maybe_object("metadata")?;
        match [trace.processes, trace.network, trace.file_access] {
            [None, None, None] => Err(predicate.malformed("monitorLog", "one log at least")),
            _ => Ok(trace),
        }
    }

    fn into_facts(self) -> Facts {
        Facts::default()
            .with("monitor_type", Some(self.monitor_type))
            .with("host_id", Some(self.host_id))
            .with("process_type", Some(self.process_type))
            .with("event", Some(self.event))
            .with("processes", self.processes)
            .with("network", self.network)
            .with("file_access", self.file_access)
    }
}
