//! `attest verify`: an envelope, or a bundle of many, judged with the asker's keyring, as of now or another time.

use std::num::NonZeroUsize;
use std::path::PathBuf;

use clap::Args;
use decision_gate_core::at::Timestamp;
use decision_gate_core::evidence::Artifact;
use decision_gate_core::name::ProviderId;
use decision_gate_verify::attestation::{Ask, PROVIDER, Verdict, judge};
use decision_gate_verify::bundle::judge_bundle;

use super::{AttestFault, read};
use crate::arguments::{Format, ReportArguments};
use crate::commands::Ending;
use crate::commands::check::{artifact, subject};
use crate::commands::keys::{file, now, provider, time};
use crate::fault::Fault;
use crate::output::Output;
use crate::render;

/// Arguments of `attest verify`.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct VerifyArguments {
    /// The envelope, or a bundle with one on each line; `-` reads stdin.
    #[arg(value_name = "FILE|-")]
    envelope: PathBuf,
    /// The keyring with the keys that you trust.
    #[arg(long, value_name = "FILE")]
    keys: PathBuf,
    /// How many distinct keys must have signed.
    #[arg(long, value_name = "N", default_value = "1")]
    threshold: NonZeroUsize,
    /// The predicate type that it must have.
    #[arg(long, value_name = "URI")]
    predicate_type: Option<String>,
    /// What it must be about; may be given several times, once per artifact.
    #[arg(long, value_name = "sha256:HEX", value_parser = artifact)]
    subject: Vec<Artifact>,
    /// Judge the keys as of this time (RFC 3339); now when left out.
    #[arg(long, value_name = "TIME", value_parser = time)]
    at: Option<Timestamp>,
    /// The provider that it comes through: a key that is for others only does not count.
    #[arg(long, value_name = "ID", value_parser = provider, default_value = PROVIDER)]
    provider: ProviderId,
    #[command(flatten)]
    pub(super) report: ReportArguments,
}

const EXAMPLES: &str = "\
Exit codes: 0 verified, 1 not verified, 2 the envelope or the keyring can't be read.
Without --subject and --predicate-type exit code 0 says who signed, and not what you need it for.
In a bundle the lines may stand in any order; envelopes around the same statement count together, and lines that are no
attestation, or that no trusted key signed, are passed over with a note.
--at takes your word for when it was signed: a key that was compromised later can sign for any time.

Examples:
  decision-gate attest verify tests.dsse.json --keys .decision-gate/keyring.json \\
    --predicate-type https://in-toto.io/attestation/test-result/v0.1 \\
    --subject sha256:$(sha256sum app.tar | cut -c1-64)
  decision-gate attest verify release.intoto.jsonl --keys release.json --threshold 2
  decision-gate attest verify - --keys release.json --threshold 2 < release.dsse.json";

/// Verifies, and says who signed what, or every reason why not.
pub(crate) fn run(arguments: &VerifyArguments, output: Output) -> Result<Ending, Fault> {
    let subject = subject(&arguments.subject)?;
    let keyring = file::read(&arguments.keys)?;
    let at = arguments.at.unwrap_or_else(now);
    let ask = Ask {
        keyring: &keyring,
        provider: &arguments.provider,
        at,
        threshold: arguments.threshold,
        predicate_type: arguments.predicate_type.as_deref(),
        subject: subject.as_ref(),
    };
    let bytes = read(&arguments.envelope)?;
    let verdict = match judge(&bytes, &ask) {
        Ok(report) => {
            match arguments.report.format {
                Format::Text => output.answer(&render::attest::verified(&report, at))?,
                Format::Json => output.json(&render::attest::verified_json(&report, at))?,
            }
            report.verdict
        }
        // No envelope by itself; it may be a file of many.
        Err(error) => {
            let report = judge_bundle(&bytes, &ask);
            let report = report.ok_or_else(|| AttestFault::Envelope { path: arguments.envelope.clone(), error })?;
            match arguments.report.format {
                Format::Text => output.answer(&render::bundle::verified(&report, at))?,
                Format::Json => output.json(&render::bundle::verified_json(&report, at))?,
            }
            report.verdict
        }
    };
    Ok(match verdict {
        Verdict::Verified => Ending::Yes,
        Verdict::NotVerified => Ending::No,
    })
}
