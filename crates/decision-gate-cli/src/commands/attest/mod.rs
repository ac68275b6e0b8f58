//! `attest`: signed in-toto statements, made and checked without a server. Needs no configuration and no network.
//!
//! A file has one envelope, or, for `verify`, many.

mod beacon;
mod execution;
mod fault;
mod inspect;
mod seal;
mod sign;
mod verify;

use std::path::Path;

use clap::Subcommand;
use decision_gate_core::at::Timestamp;
use decision_gate_core::dsse::MAX_ENVELOPE_BYTES;

pub(crate) use self::fault::AttestFault;
pub(crate) use self::inspect::Claims;
use super::Ending;
use crate::arguments::ReportArguments;
use crate::fault::Fault;
use crate::input;
use crate::output::Output;

/// What to do with an attestation.
#[derive(Debug, Subcommand)]
pub(crate) enum AttestCommand {
    /// Sign a statement about artifacts, as a DSSE envelope.
    Sign(sign::SignArguments),
    /// Make execution evidence from a trace, and sign it.
    Execution(execution::ExecutionArguments),
    /// Make beacon attestations from a log, and sign them.
    Beacon(beacon::BeaconArguments),
    /// Check an envelope's signatures with your keys, and what it is about.
    Verify(verify::VerifyArguments),
    /// Show what an envelope claims, without checking anything.
    Inspect(inspect::InspectArguments),
}

impl AttestCommand {
    /// How the answer is written.
    pub(crate) fn report(&self) -> ReportArguments {
        match self {
            Self::Sign(arguments) => arguments.report,
            Self::Execution(arguments) => arguments.seal.report,
            Self::Beacon(arguments) => arguments.seal.report,
            Self::Verify(arguments) => arguments.report,
            Self::Inspect(arguments) => arguments.report,
        }
    }
}

/// Does it.
pub(crate) fn run(command: &AttestCommand, output: Output) -> Result<Ending, Fault> {
    match command {
        AttestCommand::Sign(arguments) => sign::run(arguments, output),
        AttestCommand::Execution(arguments) => execution::run(arguments, output),
        AttestCommand::Beacon(arguments) => beacon::run(arguments, output),
        AttestCommand::Verify(arguments) => verify::run(arguments, output),
        AttestCommand::Inspect(arguments) => inspect::run(arguments, output),
    }
}

/// A time of the command line, in milliseconds since 1970.
fn millis(time: Option<Timestamp>) -> Option<i64> {
    match time? {
        Timestamp::UnixMillis(millis) => Some(millis),
        Timestamp::Logical(_) => None,
    }
}

/// Reads a file that has an envelope.
fn read(path: &Path) -> Result<Vec<u8>, AttestFault> {
    Ok(input::read(path, MAX_ENVELOPE_BYTES)?)
}
