//! `runpack verify`: a pack judged offline, by full replay. Needs no configuration, no ledger and no network.

use std::path::PathBuf;

use clap::Args;
use decision_gate_core::digest::Digest;
use decision_gate_core::evidence::Artifact;
use decision_gate_core::ledger::{CheckpointTrust, ConsistencyProof};
use decision_gate_core::name::EnvironmentName;
use decision_gate_core::runpack::{
    Expect, ExpectedScenario, ManifestName, ProofLevel, ProofLevelFault, Report, Status, Verdict,
};
use decision_gate_core::scenario::Origin;
use decision_gate_mcp::Packs;
use decision_gate_policy::READERS;
use decision_gate_runtime::ledger::LedgerError;

use crate::arguments::{Format, ReportArguments};
use crate::commands::Ending;
use crate::commands::check::{Require, artifact, environment, subject};
use crate::commands::keys::file;
use crate::commands::ledger::{self, LedgerFault, TrustArguments};
use crate::fault::Fault;
use crate::output::Output;
use crate::render;
use crate::session::block_on;

/// Arguments of `runpack verify`.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct VerifyArguments {
    /// The pack's folder, or its address in a bucket, such as `s3://bucket/prefix/name`.
    pack: PathBuf,
    /// The scenario, and its version by its spec hash.
    #[arg(long, value_name = "ID@HASH", value_parser = scenario)]
    expect_scenario: Option<ExpectedScenario>,
    /// The run.
    #[arg(long, value_name = "ID")]
    expect_run: Option<String>,
    /// What the run is about; may be given several times, once per artifact.
    #[arg(long, value_name = "sha256:HEX", value_parser = artifact)]
    expect_subject: Vec<Artifact>,
    /// Where the change was to go.
    #[arg(long, value_name = "NAME", value_parser = environment)]
    expect_environment: Option<EnvironmentName>,
    /// The policy under which everything was decided.
    #[arg(long, value_name = "HASH", value_parser = digest)]
    expect_policy: Option<Digest>,
    /// The pack's root hash, from somewhere that its maker does not control.
    #[arg(long, value_name = "HASH", value_parser = digest)]
    expect_root: Option<Digest>,
    /// The verifier's own keys: a keyring file. Asks for level `signed`, unless `--level` says otherwise.
    #[arg(long, value_name = "KEYRING")]
    keys: Option<PathBuf>,
    #[command(flatten)]
    trust: TrustArguments,
    /// Another checkpoint of the same log, from elsewhere: two histories are found.
    #[arg(long, value_name = "FILE")]
    checkpoint: Option<PathBuf>,
    /// The proof of consistency between that checkpoint and the pack's, as `ledger prove` writes it.
    #[arg(long, value_name = "FILE", requires = "checkpoint")]
    consistency: Option<PathBuf>,
    /// How far the proof must reach.
    #[arg(long, value_name = "LEVEL", value_parser = level)]
    level: Option<ProofLevel>,
    /// Refuse packs of drafts.
    #[arg(long, value_enum)]
    require: Option<Require>,
    /// How the pack's manifest is called.
    #[arg(long, value_name = "NAME", default_value = "manifest.json", value_parser = manifest_name)]
    manifest: ManifestName,
    #[command(flatten)]
    pub(super) report: ReportArguments,
}

const EXAMPLES: &str = "\
Exit codes: 0 verified, 1 not verified, 2 the pack can't be read.
Without --expect-scenario ID@HASH the verdict is at most `consistent`: the pack holds together, but
whether it is the right one was not asked. With it, exit code 0 means that the run was allowed.

With --keys, who signed the pack and its evidence is judged with those keys and no others: a pack that
somebody rewrote consistently fails. Levels: hashes, replayed, signed, anchored.

With --checkpoint-key or --witness-policy, the run must be in the log that signed the pack's checkpoint.

Examples:
  decision-gate runpack verify proof
  decision-gate runpack verify proof --keys auditors.json
  decision-gate runpack verify s3://proofs/nightly/44 --keys auditors.json
  decision-gate runpack verify proof --checkpoint-key 'gate.example/ledger/1/1+33d7b496+AeHT…'
  decision-gate runpack verify proof --require pinned \\
    --expect-scenario release@9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08";

/// Verifies, and says what was found.
pub(crate) fn run(arguments: &VerifyArguments, output: Output) -> Result<Ending, Fault> {
    let progress = output.progress("verifying the pack");
    let files = match arguments.pack.to_str().filter(|text| text.starts_with("s3://")) {
        Some(address) => {
            let (packs, name) = Packs::at(address, None)?;
            block_on(async { Ok(packs.read(&name).await?) })?
        }
        None => decision_gate_verify::read_at(&arguments.pack)?,
    };
    let expect = Expect {
        scenario: arguments.expect_scenario.clone(),
        run: arguments.expect_run.clone(),
        subject: subject(&arguments.expect_subject)?,
        environment: arguments.expect_environment.clone(),
        policy: arguments.expect_policy,
        origin: arguments.require.map(|Require::Pinned| Origin::Pinned),
        root_hash: arguments.expect_root,
        keys: arguments.keys.as_deref().map(file::read).transpose()?,
        checkpoints: trust(arguments)?,
        readers: Some(READERS),
        // Who brings keys wants to know that they signed.
        level: arguments.level.or(arguments.keys.as_ref().map(|_| ProofLevel::Signed)),
    };
    let report = decision_gate_core::runpack::verify(&files, &arguments.manifest, &expect);
    drop(progress);
    match arguments.report.format {
        Format::Text => output.answer(&render::verify::text(&arguments.pack, &report))?,
        Format::Json => output.json(&render::verify::json(&arguments.pack, &report))?,
    }
    Ok(ending(&report))
}

/// Whose checkpoints count; nothing where nobody is named.
fn trust(arguments: &VerifyArguments) -> Result<Option<CheckpointTrust>, Fault> {
    let trust = arguments.trust.read()?;
    let Some(path) = &arguments.checkpoint else {
        return Ok(trust);
    };
    let consistency = match &arguments.consistency {
        None => None,
        Some(path) => {
            let malformed = |error| LedgerFault::Proof { path: path.clone(), error };
            Some(ConsistencyProof::parse(&ledger::text(path)?).map_err(malformed)?.path)
        }
    };
    let note = ledger::text(path)?;
    let known = trust.ok_or(LedgerFault::NoTrust)?.knowing(note.as_bytes(), consistency);
    Ok(Some(known.map_err(LedgerError::from)?))
}

fn ending(report: &Report) -> Ending {
    match (report.status, report.verdict) {
        (Status::Pass, Verdict::Allowed | Verdict::Consistent) => Ending::Yes,
        (Status::Pass, Verdict::NotAllowed | Verdict::Failed) | (Status::Fail, _) => Ending::No,
    }
}

fn scenario(text: &str) -> Result<ExpectedScenario, String> {
    text.parse().map_err(|fault: decision_gate_core::runpack::ExpectedScenarioFault| fault.to_string())
}

fn digest(text: &str) -> Result<Digest, String> {
    Digest::from_hex(text.strip_prefix("sha256:").unwrap_or(text)).map_err(|error| error.to_string())
}

fn level(text: &str) -> Result<ProofLevel, String> {
    text.parse().map_err(|fault: ProofLevelFault| fault.to_string())
}

pub(super) fn manifest_name(text: &str) -> Result<ManifestName, String> {
    ManifestName::try_from(text).map_err(|fault| fault.to_string())
}
