//! `ledger verify`: every row again; and proofs, which need no ledger.

use std::path::{Path, PathBuf};

use clap::Args;
use decision_gate_core::digest::Digest;
use decision_gate_core::ledger::{
    CheckpointTrust, ConsistencyProof, StreamHead, TlogProof, verify_consistency, verify_inclusion,
};
use decision_gate_runtime::ledger::{HeldAgainst, KnownCheckpoint, LedgerReport, verify_ledger};
use serde::Deserialize;
use serde_json::{Value, json};

use super::{LedgerFault, TrustArguments, text};
use crate::arguments::{Format, ReportArguments};
use crate::commands::Ending;
use crate::configuration::ConfigurationArguments;
use crate::fault::Fault;
use crate::output::Output;
use crate::render::{BAD, GOOD, Line, Styled, config_line, labelled, path_json};
use crate::session::{Session, block_on};

/// Arguments of `ledger verify`.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct VerifyArguments {
    /// A checkpoint from elsewhere, which the ledger must go on from.
    #[arg(long, value_name = "FILE", conflicts_with = "proof")]
    checkpoint: Option<PathBuf>,
    /// Check this proof in place of a ledger: needs no configuration.
    #[arg(long, value_name = "FILE")]
    proof: Option<PathBuf>,
    /// The older checkpoint that a proof of consistency begins with.
    #[arg(long, value_name = "FILE", requires = "proof")]
    old_checkpoint: Option<PathBuf>,
    #[command(flatten)]
    trust: TrustArguments,
    #[command(flatten)]
    configuration: ConfigurationArguments,
    #[command(flatten)]
    pub(super) report: ReportArguments,
}

const EXAMPLES: &str = "\
Exit codes: 0 nothing was found, 1 something was, 2 the ledger or the checkpoint can't be read.
Whoever can write the ledger's file can make all its rows agree with each other again. Only a
checkpoint that they can't write shows that: keep one elsewhere, with the log's key.

Examples:
  decision-gate ledger verify
  decision-gate ledger verify --checkpoint-key 'gate.example/ledger/1/1+…'
  decision-gate ledger verify --checkpoint kept.note --checkpoint-key 'gate.example/ledger/1/1+…'
  decision-gate ledger verify --proof nightly-41.tlog-proof --witness-policy witnesses.txt";

/// Checks, and says what was found.
pub(crate) fn run(arguments: &VerifyArguments, output: Output) -> Result<Ending, Fault> {
    let trust = arguments.trust.read()?;
    if let Some(path) = &arguments.proof {
        return proof(path, arguments, &trust.ok_or(LedgerFault::NoTrust)?, output);
    }
    let known = match &arguments.checkpoint {
        None => None,
        Some(path) => {
            let note = text(path)?.into_bytes();
            Some(KnownCheckpoint { note, trust: trust.clone().ok_or(LedgerFault::NoTrust)? })
        }
    };
    let session = Session::open_to_read(&arguments.configuration)?;
    let progress = output.progress("verifying the ledger");
    // Whoever checks need not be who signs: without the private key, what bears its name is checked with a given one.
    let signer = session.app().log_signer().ok().flatten();
    let against = HeldAgainst { checkpoint: known.as_ref(), keys: trust.as_ref(), signer: signer.as_ref() };
    let report = block_on(async { Ok(verify_ledger(session.app().store(), against).await?) })?;
    drop(progress);
    match arguments.report.format {
        Format::Text => {
            let mut text = shown(&report);
            config_line(&mut text, session.config_path());
            output.answer(&text)?;
        }
        Format::Json => {
            let mut said = report_json(&report);
            if let Some(members) = said.as_object_mut() {
                members.insert("config".into(), path_json(session.config_path()));
            }
            output.json(&said)?;
        }
    }
    Ok(if report.is_sound() { Ending::Yes } else { Ending::No })
}

fn shown(report: &LedgerReport) -> String {
    let (style, words) = if report.is_sound() {
        (GOOD, "SOUND: every row is as it was written")
    } else {
        (BAD, "NOT SOUND: the ledger was changed")
    };
    let mut text = format!("{}\n", Styled(style.bold(), words));
    for finding in &report.findings {
        text.push_str(&format!("  {}\n", Line(finding)));
    }
    if report.omitted > 0 {
        text.push_str(&format!("  {} more findings\n", report.omitted));
    }
    text.push('\n');
    labelled(
        &mut text,
        "rows",
        format_args!("{} events of {} streams, {} values", report.events, report.streams, report.values),
    );
    labelled(&mut text, "pruned", format_args!("{} values", report.pruned));
    labelled(
        &mut text,
        "log",
        format_args!("{} heads, compared with {} checkpoints", report.entries, report.checkpoints),
    );
    text
}

fn report_json(report: &LedgerReport) -> Value {
    let findings: Vec<Value> = report
        .findings
        .iter()
        .map(|it| {
            json!({
                "code": it.code.code(),
                "tenant_id": it.scope.map(|it| it.tenant),
                "namespace_id": it.scope.map(|it| it.namespace),
                "run_id": it.run,
                "seq": it.seq,
                "reason": it.reason,
            })
        })
        .collect();
    json!({
        "status": if report.is_sound() { "sound" } else { "not_sound" },
        "findings": findings,
        "findings_omitted": report.omitted,
        "shelves": report.shelves,
        "streams": report.streams,
        "events": report.events,
        "values": report.values,
        "values_pruned": report.pruned,
        "log_entries": report.entries,
        "checkpoints": report.checkpoints,
    })
}

/// What a proof of a run says beside it.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Extra {
    head: Value,
    #[serde(default)]
    event: Option<ExtraEvent>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ExtraEvent {
    inclusion: Vec<Digest>,
    leaf: Digest,
    seq: u64,
}

fn proof(path: &Path, arguments: &VerifyArguments, trust: &CheckpointTrust, output: Output) -> Result<Ending, Fault> {
    let written = text(path)?;
    let judged = if written.starts_with("old ") {
        let old = arguments.old_checkpoint.as_deref().ok_or(LedgerFault::NoOldCheckpoint)?;
        judge_consistency(path, &written, &text(old)?, trust)
    } else {
        judge_inclusion(path, &written, trust)
    };
    let (words, said) = match judged {
        Ok((words, said)) => (Ok(words), said),
        Err(why @ Fault::LedgerInput(LedgerFault::Proof { .. })) => return Err(why),
        Err(why) => {
            (Err(why.to_string()), json!({ "status": "not_proven", "code": why.code(), "reason": why.to_string() }))
        }
    };
    match arguments.report.format {
        Format::Text => {
            let line = match &words {
                Ok(words) => format!("{}\n", Styled(GOOD.bold(), format_args!("PROVEN: {}", Line(words)))),
                Err(why) => format!("{}\n  {}\n", Styled(BAD.bold(), "NOT PROVEN"), Line(why)),
            };
            output.answer(&line)?;
        }
        Format::Json => output.json(&said)?,
    }
    Ok(if words.is_ok() { Ending::Yes } else { Ending::No })
}

fn judge_inclusion(path: &Path, written: &str, trust: &CheckpointTrust) -> Result<(String, Value), Fault> {
    let malformed = |error| LedgerFault::Proof { path: path.to_owned(), error };
    let broken = |fault| LedgerFault::ProofBroken { path: path.to_owned(), fault };
    let proof = TlogProof::parse(written).map_err(malformed)?;
    let no_head = || malformed(decision_gate_core::ledger::TlogProofError::Extra);
    let extra = proof.extra.as_deref().ok_or_else(no_head)?;
    let extra: Extra = serde_json::from_slice(extra).map_err(|_| no_head())?;
    let head = StreamHead::read(&decision_gate_core::json::canonical::to_vec(&extra.head)).ok_or_else(no_head)?;
    let accepted =
        trust.judge(proof.checkpoint.as_bytes()).map_err(decision_gate_runtime::ledger::LedgerError::from)?;
    let (origin, size) = (&accepted.checkpoint.origin, accepted.checkpoint.size);
    if !decision_gate_core::ledger::is_origin_of(origin, head.tenant, head.namespace) {
        return Err(decision_gate_runtime::ledger::LedgerError::OtherLog { origin: origin.clone() }.into());
    }
    verify_inclusion(proof.index, size, &head.leaf_hash(), &proof.path, &accepted.checkpoint.root).map_err(broken)?;
    let run = head.run.as_ref().map_or_else(|| "the namespace's own stream".to_owned(), |run| format!("run `{run}`"));
    let mut words = format!("log `{origin}` of size {size} has {run} with {} events", head.size);
    if let Some(event) = &extra.event {
        let index = event.seq.checked_sub(1).unwrap_or(u64::MAX);
        verify_inclusion(index, head.size, &event.leaf, &event.inclusion, &head.root).map_err(broken)?;
        words.push_str(&format!("; event {} has leaf hash {}", event.seq, event.leaf));
    }
    if let Some(at) = accepted.proven_at {
        words.push_str(&format!("; witnesses saw it by {at}"));
    }
    let said = json!({
        "status": "proven",
        "origin": origin,
        "size": size,
        "head": extra.head,
        "event": extra.event.map(|it| json!({ "seq": it.seq, "leaf": it.leaf })),
        "proven_at": accepted.proven_at,
    });
    Ok((words, said))
}

fn judge_consistency(path: &Path, written: &str, old: &str, trust: &CheckpointTrust) -> Result<(String, Value), Fault> {
    let malformed = |error| LedgerFault::Proof { path: path.to_owned(), error };
    let proof = ConsistencyProof::parse(written).map_err(malformed)?;
    let judge = |note: &str| trust.judge(note.as_bytes()).map_err(decision_gate_runtime::ledger::LedgerError::from);
    let new = judge(&proof.checkpoint)?.checkpoint;
    let old = judge(old)?.checkpoint;
    if old.origin != new.origin {
        return Err(decision_gate_runtime::ledger::LedgerError::OtherLog { origin: old.origin }.into());
    }
    let broken = |fault| LedgerFault::ProofBroken { path: path.to_owned(), fault };
    verify_consistency(old.size, &old.root, new.size, &new.root, &proof.path).map_err(broken)?;
    let words = format!("log `{}` of size {} goes on from its checkpoint of size {}", new.origin, new.size, old.size);
    let said = json!({ "status": "proven", "origin": new.origin, "size": new.size, "old_size": old.size });
    Ok((words, said))
}
