//! `decision-gate-verify PACK [--keys KEYRING] [--expect-scenario ID@HASH]`: checks a runpack offline, for auditors.
//!
//! Exit codes: 0 verified, 1 not verified, 2 there was nothing to verify.

use std::fs::File;
use std::io::{self, Read, Write};
use std::path::PathBuf;
use std::process::ExitCode;

use decision_gate_core::digest::Digest;
use decision_gate_core::evidence::{Artifact, Subject};
use decision_gate_core::keys::Keyring;
use decision_gate_core::ledger::{CheckpointTrust, WitnessPolicy};
use decision_gate_core::name::EnvironmentName;
use decision_gate_core::runpack::{Expect, ManifestName, ProofLevel, Report, Status, verify};
use decision_gate_core::scenario::Origin;
use decision_gate_policy::READERS;
use decision_gate_verify::{keyring, read_at};

const USAGE: &str = "usage: decision-gate-verify PACK [--manifest NAME] [--keys KEYRING] [--level LEVEL] \
    [--checkpoint-key VKEY]... [--witness-policy FILE] [--expect-scenario ID@SPEC_HASH] [--expect-run ID] \
    [--expect-subject ALGORITHM:HEX]... [--expect-environment NAME] [--expect-policy HASH] [--expect-root HASH] \
    [--require pinned]";

fn main() -> ExitCode {
    match run(std::env::args_os().skip(1).map(|it| it.to_string_lossy().into_owned())) {
        Ok(report) => {
            let shown = show(&report);
            match (shown, report.status) {
                (Ok(()), Status::Pass) => ExitCode::SUCCESS,
                (Ok(()), Status::Fail) | (Err(_), _) => ExitCode::from(1),
            }
        }
        Err(message) => {
            // Where stderr is gone there is nobody left to tell.
            drop(writeln!(io::stderr(), "error: {message}"));
            ExitCode::from(2)
        }
    }
}

fn run(mut arguments: impl Iterator<Item = String>) -> Result<Report, String> {
    let (mut pack, mut manifest, mut expect) =
        (None, ManifestName::standard(), Expect { readers: Some(READERS), ..Expect::default() });
    let (mut logs, mut policy, mut artifacts) = (Vec::new(), None, Vec::new());
    while let Some(argument) = arguments.next() {
        let mut value = || arguments.next().ok_or_else(|| format!("`{argument}` needs a value\n{USAGE}"));
        match argument.as_str() {
            "--manifest" => manifest = ManifestName::try_from(value()?.as_str()).map_err(|fault| fault.to_string())?,
            "--keys" => expect.keys = Some(keys(&value()?)?),
            "--checkpoint-key" => logs.push(value()?.parse().map_err(|error| format!("{error}"))?),
            "--witness-policy" => policy = Some(witnesses(&value()?)?),
            "--level" => expect.level = Some(value()?.parse().map_err(|fault| format!("{fault}"))?),
            "--expect-scenario" => expect.scenario = Some(value()?.parse().map_err(|fault| format!("{fault}"))?),
            "--expect-run" => expect.run = Some(value()?),
            "--expect-subject" => artifacts.push(artifact(&value()?)?),
            "--expect-environment" => {
                let name = EnvironmentName::try_from(value()?.as_str());
                expect.environment = Some(name.map_err(|fault| format!("`{argument}`: {fault}"))?);
            }
            "--expect-policy" => expect.policy = Some(digest(&argument, &value()?)?),
            "--expect-root" => expect.root_hash = Some(digest(&argument, &value()?)?),
            "--require" => expect.origin = Some(origin(&value()?)?),
            flag if flag.starts_with('-') => return Err(format!("`{flag}` is not known\n{USAGE}")),
            path if pack.is_none() => pack = Some(PathBuf::from(path)),
            more => return Err(format!("one pack at a time, not `{more}` too\n{USAGE}")),
        }
    }
    if !logs.is_empty() || policy.is_some() {
        expect.checkpoints = Some(CheckpointTrust::new(logs, policy));
    }
    if !artifacts.is_empty() {
        let subject = Subject::try_from(artifacts);
        expect.subject = Some(subject.map_err(|fault| format!("`--expect-subject`: {fault}"))?);
    }
    // Who brings keys wants to know that they signed.
    expect.level = expect.level.or(expect.keys.as_ref().map(|_| ProofLevel::Signed));
    let pack = pack.ok_or(USAGE)?;
    let files = read_at(&pack).map_err(|fault| fault.to_string())?;
    Ok(verify(&files, &manifest, &expect))
}

fn artifact(text: &str) -> Result<Artifact, String> {
    let (algorithm, hex) = text.split_once(':').ok_or_else(|| {
        format!("`--expect-subject` is written `sha256:` and the digest in hexadecimal, not `{text}`")
    })?;
    Ok(Artifact { name: None, digest: [(algorithm.to_owned(), hex.to_owned())].into() })
}

fn digest(flag: &str, text: &str) -> Result<Digest, String> {
    Digest::from_hex(text.trim_start_matches("sha256:")).map_err(|fault| format!("`{flag}`: {fault}"))
}

fn origin(text: &str) -> Result<Origin, String> {
    match text {
        "pinned" => Ok(Origin::Pinned),
        other => Err(format!("`--require` takes `pinned`, not `{other}`")),
    }
}

fn witnesses(path: &str) -> Result<WitnessPolicy, String> {
    let text = String::from_utf8(read(path)?).map_err(|_| format!("`{path}` is not utf-8"))?;
    WitnessPolicy::parse(&text).map_err(|error| format!("`{path}`: {error}"))
}

fn read(path: &str) -> Result<Vec<u8>, String> {
    let mut bytes = Vec::new();
    let limit = u64::try_from(keyring::MAX_BYTES).unwrap_or(u64::MAX);
    let read = File::open(path).and_then(|file| file.take(limit + 1).read_to_end(&mut bytes));
    read.map_err(|error| format!("`{path}` can't be read: {error}"))?;
    Ok(bytes)
}

fn keys(path: &str) -> Result<Keyring, String> {
    keyring::parse(&read(path)?).map_err(|fault| format!("`{path}` is no keyring: {fault}"))
}

fn show(report: &Report) -> io::Result<()> {
    let mut out = io::stdout().lock();
    let facets = &report.facets;
    let word = match report.status {
        Status::Pass => "pass",
        Status::Fail => "fail",
    };
    let level = report.level.map_or("none", ProofLevel::word);
    writeln!(out, "{word}: {} (level {level})", report.verdict.word())?;
    let named = [
        ("integrity", &facets.integrity),
        ("replay", &facets.replay),
        ("signatures", &facets.signatures),
        ("anchoring", &facets.anchoring),
    ];
    for (name, facet) in named {
        write!(out, "  {name}: {}", facet.level.word())?;
        for reason in &facet.reasons {
            write!(out, "; {reason}")?;
        }
        writeln!(out)?;
    }
    for finding in &report.findings {
        writeln!(out, "{finding}")?;
    }
    Ok(())
}
