//! `runpack verify`: a pack judged offline, by full replay. Needs no configuration, no ledger and no network.

use std::path::PathBuf;

use clap::Args;
use decision_gate_core::digest::Digest;
use decision_gate_core::evidence::Artifact;
use decision_gate_core::ledger::{CheckpointTrust, ConsistencyProof};
use decision_gate_core::name::EnvironmentName;
use decision_gate_core::runpack::{
    Expect, ExpectedScenario, ManifestName, PackFiles, ProofLevel, ProofLevelFault, Report, Status, Verdict,
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
    pub(super) pack: PathBuf,
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
    pub(super) manifest: ManifestName,
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
    let (files, expect) = (arguments.files()?, arguments.expect()?);
    let report = decision_gate_core::runpack::verify(&files, &arguments.manifest, &expect);
    drop(progress);
    match arguments.report.format {
        Format::Text => output.answer(&render::verify::text(&arguments.pack, &report))?,
        Format::Json => output.json(&render::verify::json(&arguments.pack, &report))?,
    }
    Ok(ending(&report))
}

impl VerifyArguments {
    /// The pack, wherever it lies.
    pub(super) fn files(&self) -> Result<PackFiles, Fault> {
        match self.pack.to_str().filter(|text| text.starts_with("s3://")) {
            Some(address) => {
                let (packs, name) = Packs::at(address, None)?;
                block_on(async { Ok(packs.read(&name).await?) })
            }
            None => Ok(decision_gate_verify::read_at(&self.pack)?),
        }
    }

    /// What the pack is judged against.
    pub(super) fn expect(&self) -> Result<Expect, Fault> {
        Ok(Expect {
            scenario: self.expect_scenario.clone(),
            run: self.expect_run.clone(),
            subject: subject(&self.expect_subject)?,
            environment: self.expect_environment.clone(),
            policy: self.expect_policy,
            origin: self.require.map(|Require::Pinned| Origin::Pinned),
            root_hash: self.expect_root,
            keys: self.keys.as_deref().map(file::read).transpose()?,
            checkpoints: trust(self)?,
            readers: Some(READERS),
            // Who brings keys wants to know that they signed.
            level: self.level.or(self.keys.as_ref().map(|_| ProofLevel::Signed)),
        })
    }

    /// What was given beside the pack, as it would be written again.
    pub(super) fn flags(&self) -> Vec<(&'static str, String)> {
        let path = |it: &PathBuf| it.display().to_string();
        let scenario = self.expect_scenario.as_ref().map(|it| match it.hash {
            Some(hash) => format!("{}@{hash}", it.id),
            None => it.id.clone(),
        });
        let artifacts = self.expect_subject.iter().flat_map(|it| it.digest.iter().take(1));
        let artifacts = artifacts.map(|(algorithm, hex)| ("--expect-subject", format!("{algorithm}:{hex}")));
        let standard = self.manifest == ManifestName::standard();
        let single = [
            ("--expect-scenario", scenario),
            ("--expect-run", self.expect_run.clone()),
            ("--expect-environment", self.expect_environment.as_ref().map(ToString::to_string)),
            ("--expect-policy", self.expect_policy.map(|it| it.to_hex())),
            ("--expect-root", self.expect_root.map(|it| it.to_hex())),
            ("--keys", self.keys.as_ref().map(path)),
            ("--checkpoint", self.checkpoint.as_ref().map(path)),
            ("--consistency", self.consistency.as_ref().map(path)),
            ("--level", self.level.map(|it| it.word().to_owned())),
            ("--require", self.require.map(|Require::Pinned| "pinned".to_owned())),
            ("--manifest", (!standard).then(|| self.manifest.as_str().to_owned())),
        ];
        let single = single.into_iter().filter_map(|(flag, value)| Some((flag, value?)));
        single.chain(artifacts).chain(self.trust.flags()).collect()
    }
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

pub(super) fn ending(report: &Report) -> Ending {
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
