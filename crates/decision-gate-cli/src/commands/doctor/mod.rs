//! `doctor`: looks for what stands in the way of decisions, and says what to do about each thing that it finds.
//!
//! A check is a file and a line in [`ALL`]. Nothing is changed, but for a file beside the ledger that is taken away again
//! at once, and nothing is opened that is no regular file.

mod clients;
mod clock;
mod configuration;
mod consistency;
mod evidence;
mod issuers;
mod keyring;
mod locks;
mod patient;
mod providers;
mod store;
mod thresholds;

use std::path::PathBuf;

use clap::Args;

use self::patient::Patient;
use super::Ending;
use crate::arguments::{Format, ReportArguments};
use crate::configuration::ConfigurationArguments;
use crate::fault::Fault;
use crate::output::Output;
use crate::render;

/// Arguments of `doctor`.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct DoctorArguments {
    /// The keyring of those who sign and record by hand.
    #[arg(long, value_name = "FILE", default_value = ".decision-gate/keyring.json")]
    keyring: PathBuf,
    #[command(flatten)]
    configuration: ConfigurationArguments,
    #[command(flatten)]
    pub(super) report: ReportArguments,
}

impl DoctorArguments {
    /// How the answer is written.
    pub(crate) fn format(&self) -> Format {
        self.report.format
    }
}

const EXAMPLES: &str = "\
Exit codes: 0 no trouble, 1 there is trouble, 2 nothing could be looked at.
What each finding means: docs/guides/troubleshoot-release-gates.md

Examples:
  decision-gate doctor
  decision-gate doctor --config /etc/decision-gate/config.toml --format json";

/// How bad a finding is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Severity {
    /// Worth a second look.
    Doubt,
    /// It stands in the way.
    Trouble,
}

impl Severity {
    /// The word in answers.
    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::Doubt => "doubt",
            Self::Trouble => "trouble",
        }
    }
}

/// Something that was found.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Finding {
    /// How bad it is.
    pub(crate) severity: Severity,
    /// Stable code.
    pub(crate) code: &'static str,
    /// What is so.
    pub(crate) message: String,
    /// What to do.
    pub(crate) hint: String,
}

impl Finding {
    fn trouble(code: &'static str, message: impl Into<String>, hint: impl Into<String>) -> Self {
        Self { severity: Severity::Trouble, code, message: message.into(), hint: hint.into() }
    }

    fn doubt(code: &'static str, message: impl Into<String>, hint: impl Into<String>) -> Self {
        Self { severity: Severity::Doubt, ..Self::trouble(code, message, hint) }
    }

    fn of(fault: &Fault) -> Self {
        Self::trouble(fault.code(), fault.to_string(), fault.hint())
    }
}

/// One thing that is looked at.
pub(crate) struct Check {
    /// Its name.
    pub(crate) name: &'static str,
    run: fn(&Patient) -> Vec<Finding>,
}

/// All of them, in the order in which one rests on another.
const ALL: &[Check] = &[
    Check { name: "configuration", run: configuration::run },
    Check { name: "clock", run: clock::run },
    Check { name: "store", run: store::run },
    Check { name: "keyring", run: keyring::run },
    Check { name: "locks", run: locks::run },
    Check { name: "issuers", run: issuers::run },
    Check { name: "thresholds", run: thresholds::run },
    Check { name: "evidence", run: evidence::run },
    Check { name: "consistency", run: consistency::run },
    Check { name: "providers", run: providers::run },
    Check { name: "clients", run: clients::run },
];

/// Looks at everything.
pub(crate) fn run(arguments: &DoctorArguments, output: Output) -> Result<Ending, Fault> {
    let patient = Patient::new(&arguments.configuration, &arguments.keyring)?;
    let found: Vec<(&Check, Vec<Finding>)> = ALL.iter().map(|check| (check, (check.run)(&patient))).collect();
    let worst = found.iter().flat_map(|(_, findings)| findings).map(|it| it.severity).max();
    match arguments.report.format {
        Format::Text => output.answer(&render::doctor::text(&found, patient.config_path()))?,
        Format::Json => output.json(&render::doctor::json(&found, patient.config_path()))?,
    }
    Ok(if worst == Some(Severity::Trouble) { Ending::No } else { Ending::Yes })
}
