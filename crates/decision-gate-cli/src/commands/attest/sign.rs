//! `attest sign`: a statement as a DSSE envelope. What is signed is the statement's canonical form.

use std::fs::OpenOptions;
use std::io::{ErrorKind, Write as _};
use std::path::{Path, PathBuf};

use clap::Args;
use decision_gate_core::dsse::sign;
use decision_gate_core::evidence::Artifact;
use decision_gate_core::intoto::{PAYLOAD_TYPE, Statement, StatementError, StatementVersion};
use decision_gate_core::json::{self, Limits};
use decision_gate_core::keys::KeyId;
use serde_json::{Value, json};

use super::AttestFault;
use crate::arguments::{Format, ReportArguments};
use crate::commands::Ending;
use crate::commands::check::{artifact, subject};
use crate::commands::keys::{key_id, private};
use crate::fault::Fault;
use crate::output::Output;
use crate::{input, render};

/// As large a statement as there may be within an envelope.
const MAX_BYTES: usize = 8 << 20;

/// Arguments of `attest sign`.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct SignArguments {
    /// The private key, as `keys generate` writes it.
    #[arg(long, value_name = "FILE")]
    key: PathBuf,
    /// What the envelope says that the key is called: a hint to whoever verifies it.
    #[arg(long, value_name = "ID", value_parser = key_id)]
    key_id: Option<KeyId>,
    /// The whole statement (in-toto Statement v1, JSON); `-` reads stdin.
    #[arg(long, value_name = "FILE|-", conflicts_with_all = ["predicate", "predicate_type", "subject"])]
    #[arg(required_unless_present = "predicate")]
    statement: Option<PathBuf>,
    /// The predicate (a JSON object); `-` reads stdin.
    #[arg(long, value_name = "FILE|-", requires_all = ["predicate_type", "subject"])]
    predicate: Option<PathBuf>,
    /// The predicate's type.
    #[arg(long, value_name = "URI")]
    predicate_type: Option<String>,
    /// What it is about; may be given several times, once per artifact.
    #[arg(long, value_name = "sha256:HEX", value_parser = artifact)]
    subject: Vec<Artifact>,
    /// Write the envelope to this new file; to stdout when left out.
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
    #[command(flatten)]
    pub(super) report: ReportArguments,
}

const EXAMPLES: &str = "\
Examples:
  decision-gate attest sign --key ci-2026.pem --key-id ci-2026 --statement statement.json
  decision-gate attest sign --key ci-2026.pem --key-id ci-2026 --out tests.dsse.json \\
    --predicate result.json --predicate-type https://in-toto.io/attestation/test-result/v0.1 \\
    --subject sha256:$(sha256sum app.tar | cut -c1-64)";

/// Signs, and gives the envelope or says where it lies.
pub(crate) fn run(arguments: &SignArguments, output: Output) -> Result<Ending, Fault> {
    let statement = statement(arguments)?;
    let key = private::read(&arguments.key)?;
    let envelope = sign(PAYLOAD_TYPE, &statement.to_bytes(), &key, arguments.key_id.as_ref());
    let Some(out) = &arguments.out else {
        output.data(&format!("{}\n", String::from_utf8_lossy(envelope.as_bytes())))?;
        return Ok(Ending::Yes);
    };
    write(out, &[envelope.as_bytes(), b"\n"].concat())?;
    match arguments.report.format {
        Format::Text => output.answer(&render::attest::signed(&statement, &envelope, out))?,
        Format::Json => output.json(&json!({
            "envelope": out.display().to_string(),
            "digest": envelope.digest(),
            "predicate_type": statement.predicate_type(),
        }))?,
    }
    Ok(Ending::Yes)
}

fn statement(arguments: &SignArguments) -> Result<Statement, Fault> {
    let none = || Fault::Usage { message: "give `--statement`, or `--predicate` with its type and subject".into() };
    if let Some(path) = &arguments.statement {
        let value = value(path)?;
        return Ok(of_whole(&value).map_err(|error| AttestFault::Statement { path: path.clone(), error })?);
    }
    let (Some(path), Some(kind)) = (&arguments.predicate, &arguments.predicate_type) else { return Err(none()) };
    let subject = subject(&arguments.subject)?.ok_or_else(none)?;
    let made = Statement::new(&subject, kind, &value(path)?);
    Ok(made.map_err(|error| AttestFault::Statement { path: path.clone(), error })?)
}

/// Older forms are read and never made.
fn of_whole(value: &Value) -> Result<Statement, StatementError> {
    let statement = Statement::read(&json::canonical::to_vec(value))?;
    match statement.version() {
        StatementVersion::V1 => Ok(statement),
        StatementVersion::V0_1 => Err(StatementError::Type),
    }
}

/// A number that the canonical form would round is refused: what is signed is what was given.
fn value(path: &Path) -> Result<Value, AttestFault> {
    let bytes = input::read(path, MAX_BYTES)?;
    let value = json::parse_exact(&bytes, &Limits::evidence(MAX_BYTES));
    value.map_err(|error| AttestFault::Json { path: path.to_owned(), error })
}

/// Writes a new file.
pub(super) fn write(path: &Path, bytes: &[u8]) -> Result<(), Fault> {
    let opened = OpenOptions::new().write(true).create_new(true).open(path);
    let written = opened.and_then(|mut file| file.write_all(bytes));
    written.map_err(|error| {
        let path = path.to_owned();
        if error.kind() == ErrorKind::AlreadyExists { Fault::Exists { path } } else { Fault::Write { path, error } }
    })
}
