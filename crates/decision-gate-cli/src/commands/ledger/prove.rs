//! `ledger prove`: proofs for others, as C2SP writes them.

use std::path::PathBuf;

use clap::Args;
use decision_gate_core::json::canonical;
use decision_gate_core::ledger::{ConsistencyProof, StreamHead, TlogProof};
use decision_gate_core::name::RunId;
use decision_gate_runtime::ledger::{
    EventProof, HeadProof, LedgerError, kept_checkpoint, prove_consistency, prove_event, prove_run,
};
use decision_gate_runtime::ports::{Scope, Store, Tree};
use serde_json::{Value, json};

use super::{scope, write_new};
use crate::arguments::{Format, ReportArguments, ScopeArguments};
use crate::commands::Ending;
use crate::commands::check::run_id;
use crate::configuration::ConfigurationArguments;
use crate::fault::Fault;
use crate::output::Output;
use crate::render::path_json;
use crate::session::{Session, block_on};

/// Arguments of `ledger prove`.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
#[command(group = clap::ArgGroup::new("what").required(true).args(["run", "consistency"]))]
pub(crate) struct ProveArguments {
    /// Prove that the checkpoint has this run.
    #[arg(value_parser = run_id)]
    run: Option<RunId>,
    /// Prove that it has this event of the run, by its number from 1.
    #[arg(long, value_name = "N", requires = "run")]
    event: Option<u64>,
    /// Prove that the checkpoint's log begins with the log of this size.
    #[arg(long, value_name = "SIZE")]
    consistency: Option<u64>,
    /// Which kept checkpoint, by its size; the last one when left out.
    #[arg(long, value_name = "SIZE")]
    checkpoint: Option<u64>,
    /// Write the proof into a new file.
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
    #[command(flatten)]
    scope: ScopeArguments,
    #[command(flatten)]
    configuration: ConfigurationArguments,
    #[command(flatten)]
    pub(super) report: ReportArguments,
}

const EXAMPLES: &str = "\
A proof of a run or an event is a C2SP tlog-proof; a proof of consistency is what C2SP tlog-witness
hands to a witness. Both are checked with `ledger verify --proof FILE --checkpoint-key VKEY`.

Examples:
  decision-gate ledger prove nightly-41 --out nightly-41.tlog-proof
  decision-gate ledger prove nightly-41 --event 3
  decision-gate ledger prove --consistency 120";

/// Proves.
pub(crate) fn run(arguments: &ProveArguments, output: Output) -> Result<Ending, Fault> {
    let session = Session::open_to_read(&arguments.configuration)?;
    let scope = scope(&session, arguments.scope);
    let (text, mut said) = block_on(proof(session.app().store(), scope, arguments))?;
    if let Some(path) = &arguments.out {
        write_new(path, &text)?;
    }
    match arguments.report.format {
        // The proof and nothing else, so that it can be sent on.
        Format::Text => output.data(&text)?,
        Format::Json => {
            if let Some(members) = said.as_object_mut() {
                members.insert("proof".into(), text.into());
                members.insert("file".into(), path_json(arguments.out.as_deref()));
            }
            output.json(&said)?;
        }
    }
    Ok(Ending::Yes)
}

async fn proof(store: &dyn Store, scope: Scope, arguments: &ProveArguments) -> Result<(String, Value), Fault> {
    let Some(run) = &arguments.run else {
        let old = arguments.consistency.unwrap_or_default();
        return Ok(consistency(store, scope, old, arguments.checkpoint).await?);
    };
    let proof = prove_run(store, scope, run, arguments.checkpoint).await?;
    let event = match arguments.event {
        Some(seq) => Some(prove_event(store, &proof.head, seq).await?),
        None => None,
    };
    let said = json!({
        "run_id": run,
        "index": proof.index,
        "size": proof.checkpoint.size,
        "root": proof.checkpoint.root,
        "events": proof.head.size,
    });
    Ok((tlog_proof(proof, event.as_ref()), said))
}

async fn consistency(
    store: &dyn Store,
    scope: Scope,
    old: u64,
    size: Option<u64>,
) -> Result<(String, Value), LedgerError> {
    let kept = kept_checkpoint(store, scope, size).await?;
    if !(1..=kept.size).contains(&old) {
        return Err(LedgerError::NoBeginning { old, size: kept.size });
    }
    let path = prove_consistency(store, &Tree::Log(scope), old, kept.size).await?;
    let said = json!({ "old": old, "size": kept.size, "root": kept.root });
    Ok((ConsistencyProof { old, path, checkpoint: kept.note }.to_text(), said))
}

fn tlog_proof(proof: HeadProof, event: Option<&EventProof>) -> String {
    let head = |head: &StreamHead| serde_json::from_slice::<Value>(&head.to_json()).unwrap_or_default();
    let mut extra = json!({ "head": head(&proof.head) });
    if let (Some(event), Some(members)) = (event, extra.as_object_mut()) {
        members.insert("event".into(), json!({ "inclusion": event.path, "leaf": event.leaf, "seq": event.seq }));
    }
    let extra = Some(canonical::to_vec(&extra));
    TlogProof { extra, index: proof.index, path: proof.path, checkpoint: proof.checkpoint.note }.to_text()
}
