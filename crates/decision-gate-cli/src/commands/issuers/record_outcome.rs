//! `issuers record-outcome`: how a statement of an issuer turned out, signed by somebody else and numbered.
//!
//! The file of the records is only ever added to. All of it is checked before the next number is given out: a gap would
//! make the issuer's accuracy unknown.

use std::path::PathBuf;

use clap::{Args, ValueEnum};
use decision_gate_attest::issuers::{OUTCOME_PREDICATE_TYPE, Outcome, outcome_predicate};
use decision_gate_attest::vex_status::VexStatus;
use decision_gate_core::at::Timestamp;
use decision_gate_core::dsse::sign;
use decision_gate_core::evidence::Artifact;
use decision_gate_core::intoto::{PAYLOAD_TYPE, Statement};
use decision_gate_core::keys::KeyId;
use serde_json::json;

use super::file::{Recorders, Records};
use super::{DirectoryArguments, IssuersFault, RecordsArguments, file};
use crate::arguments::{Format, ReportArguments};
use crate::commands::Ending;
use crate::commands::check::{artifact, subject};
use crate::commands::keys::{self, key_id, now, private, time};
use crate::fault::Fault;
use crate::output::Output;
use crate::render;

/// Arguments of `issuers record-outcome`.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct RecordArguments {
    /// Whose statement it was.
    issuer: String,
    /// About which vulnerability.
    #[arg(long, value_name = "ID")]
    vulnerability: String,
    /// What the statement said.
    #[arg(long, value_enum)]
    claimed: Claimed,
    /// How it turned out.
    #[arg(long, value_enum)]
    outcome: TurnedOut,
    /// The artifact that the statement was about; may be given several times.
    #[arg(long, value_name = "sha256:HEX", value_parser = artifact, required = true)]
    subject: Vec<Artifact>,
    /// The private key of somebody else than the issuer; its public key must be in the keyring.
    #[arg(long, value_name = "FILE")]
    key: PathBuf,
    /// What the envelope says that the key is called: a hint to whoever verifies it.
    #[arg(long, value_name = "ID", value_parser = key_id)]
    key_id: Option<KeyId>,
    /// When it turned out (RFC 3339); now when left out.
    #[arg(long, value_name = "TIME", value_parser = time)]
    at: Option<Timestamp>,
    #[command(flatten)]
    directory: DirectoryArguments,
    #[command(flatten)]
    records: RecordsArguments,
    #[command(flatten)]
    pub(super) report: ReportArguments,
}

/// What a statement said.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub(crate) enum Claimed {
    /// The vulnerability does no harm there.
    #[value(name = "not_affected")]
    NotAffected,
    /// It does.
    #[value(name = "affected")]
    Affected,
    /// It did, and was mended.
    #[value(name = "fixed")]
    Fixed,
    /// Nobody knew yet.
    #[value(name = "under_investigation")]
    UnderInvestigation,
}

/// How a statement turned out.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub(crate) enum TurnedOut {
    /// It was right.
    Confirmed,
    /// It was wrong.
    Refuted,
}

const EXAMPLES: &str = "\
Records of one issuer are numbered from 1; a number that is missing makes its accuracy unknown.

Examples:
  decision-gate issuers record-outcome acme --vulnerability CVE-2026-0001 --claimed not_affected \\
    --outcome confirmed --subject sha256:$(sha256sum app.tar | cut -c1-64) \\
    --key triage.pem --key-id triage";

/// Records it, and says under which number.
pub(crate) fn run(arguments: &RecordArguments, output: Output) -> Result<Ending, Fault> {
    let directory_path = arguments.directory.path();
    let directory = file::directory(directory_path)?;
    let missing = || IssuersFault::NoIssuer { issuer: arguments.issuer.clone(), path: directory_path.to_owned() };
    directory.get(&arguments.issuer).ok_or_else(missing)?;
    let keyring = keys::file::read(&arguments.records.keyring)?;
    let key = private::read(&arguments.key)?;
    let path = &arguments.records.records;
    let file = file::lock(path)?;
    let recorders = Recorders { keyring: &keyring, directory: &directory };
    let mut records = Records::read(path, &recorders)?;
    let sequence = records.outcomes.next_sequence(&arguments.issuer);
    let statement = statement(arguments, sequence)?;
    let envelope = sign(PAYLOAD_TYPE, &statement.to_bytes(), &key, arguments.key_id.as_ref());
    if !records.text.is_empty() && !records.text.ends_with('\n') {
        records.text.push('\n');
    }
    let line = records.text.lines().count() + 1;
    records.add(path, line, envelope.as_bytes(), &recorders)?;
    file.write(&[records.text.as_bytes(), envelope.as_bytes(), b"\n"].concat())?;
    let tally = records.outcomes.tally(&arguments.issuer, 0);
    match arguments.report.format {
        Format::Text => output.answer(&render::issuers::recorded(&arguments.issuer, sequence, tally, path))?,
        Format::Json => output.json(&json!({
            "issuer": arguments.issuer,
            "sequence": sequence,
            "envelope": envelope.digest(),
            "outcomes": render::issuers::tally_json(tally),
            "records": path.display().to_string(),
        }))?,
    }
    Ok(Ending::Yes)
}

fn statement(arguments: &RecordArguments, sequence: u64) -> Result<Statement, Fault> {
    let at = arguments.at.unwrap_or_else(now).to_string();
    let (claimed, outcome) = (arguments.claimed.status(), arguments.outcome.outcome());
    let predicate = outcome_predicate(&arguments.issuer, sequence, &arguments.vulnerability, claimed, outcome, &at);
    let subject = subject(&arguments.subject)?.ok_or(Fault::Usage { message: "give `--subject`".into() })?;
    let made = Statement::new(&subject, OUTCOME_PREDICATE_TYPE, &predicate);
    made.map_err(|error| Fault::Usage { message: format!("the record: {error}") })
}

impl Claimed {
    const fn status(self) -> VexStatus {
        match self {
            Self::NotAffected => VexStatus::NotAffected,
            Self::Affected => VexStatus::Affected,
            Self::Fixed => VexStatus::Fixed,
            Self::UnderInvestigation => VexStatus::UnderInvestigation,
        }
    }
}

impl TurnedOut {
    const fn outcome(self) -> Outcome {
        match self {
            Self::Confirmed => Outcome::Confirmed,
            Self::Refuted => Outcome::Refuted,
        }
    }
}
