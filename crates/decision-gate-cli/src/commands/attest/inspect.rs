//! `attest inspect`: what an envelope claims, for people who look into one. Nothing is checked, and it says so.
//!
//! The payload is decoded here, for display: in the core only a verified envelope gives one.

use std::path::PathBuf;

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE};
use clap::Args;
use decision_gate_core::dsse::{Envelope, MAX_ENVELOPE_BYTES};
use decision_gate_core::json::{self, Limits};
use serde_json::Value;

use super::{AttestFault, read};
use crate::arguments::{Format, ReportArguments};
use crate::commands::Ending;
use crate::fault::Fault;
use crate::output::Output;
use crate::render;

/// Arguments of `attest inspect`.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct InspectArguments {
    /// The envelope; `-` reads stdin.
    #[arg(value_name = "FILE|-")]
    envelope: PathBuf,
    #[command(flatten)]
    pub(super) report: ReportArguments,
}

const EXAMPLES: &str = "\
Exit code 0 means that the envelope can be read, and nothing about its signatures: anybody can write
what this shows. Use `attest verify` before you believe it.

Examples:
  decision-gate attest inspect tests.dsse.json
  decision-gate attest inspect - --format json < tests.dsse.json";

/// What an envelope claims.
pub(crate) struct Claims {
    /// The envelope.
    pub(crate) envelope: Envelope,
    /// How many bytes its payload has.
    pub(crate) length: usize,
    /// The payload, if it is JSON.
    pub(crate) payload: Option<Value>,
}

/// Shows it.
pub(crate) fn run(arguments: &InspectArguments, output: Output) -> Result<Ending, Fault> {
    let bytes = read(&arguments.envelope)?;
    let envelope = Envelope::parse(&bytes);
    let envelope = envelope.map_err(|error| AttestFault::Envelope { path: arguments.envelope.clone(), error })?;
    let payload = payload(&bytes).unwrap_or_default();
    let limits = Limits::evidence(MAX_ENVELOPE_BYTES);
    let value = json::parse(&payload, &limits).ok().map(|parsed| parsed.value);
    let claims = Claims { envelope, length: payload.len(), payload: value };
    match arguments.report.format {
        Format::Text => output.answer(&render::attest::claimed(&claims))?,
        Format::Json => output.json(&render::attest::claimed_json(&claims))?,
    }
    Ok(Ending::Yes)
}

/// The payload of what was just read as an envelope.
fn payload(bytes: &[u8]) -> Option<Vec<u8>> {
    let value = json::parse(bytes, &Limits::evidence(MAX_ENVELOPE_BYTES)).ok()?.value;
    let text = value.get("payload")?.as_str()?;
    STANDARD.decode(text).or_else(|_| URL_SAFE.decode(text)).ok()
}
