//! `ledger stats`: how much the ledger has, shelf by shelf.

use clap::Args;
use decision_gate_core::ledger::read_checkpoint;
use decision_gate_runtime::ports::{Counts, KeptCheckpoint, Scope, Store};
use serde_json::{Value, json};

use crate::arguments::{Format, ReportArguments};
use crate::commands::Ending;
use crate::configuration::ConfigurationArguments;
use crate::fault::Fault;
use crate::output::Output;
use crate::render::{Line, STRONG, Styled, config_line, labelled, path_json};
use crate::session::{Session, block_on};

/// Arguments of `ledger stats`.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  decision-gate ledger stats\n  decision-gate ledger stats --format json")]
pub(crate) struct StatsArguments {
    #[command(flatten)]
    configuration: ConfigurationArguments,
    #[command(flatten)]
    pub(super) report: ReportArguments,
}

/// A shelf, how much it has, and its last checkpoint.
type Shelf = (Scope, Counts, Option<KeptCheckpoint>);

/// Counts.
pub(crate) fn run(arguments: &StatsArguments, output: Output) -> Result<Ending, Fault> {
    let session = Session::open_to_read(&arguments.configuration)?;
    let shelves = block_on(async {
        Ok(shelves(session.app().store()).await.map_err(decision_gate_runtime::ledger::LedgerError::from)?)
    })?;
    match arguments.report.format {
        Format::Text => {
            let mut text = shown(&shelves);
            config_line(&mut text, session.config_path());
            output.answer(&text)?;
        }
        Format::Json => output.json(&json!({
            "shelves": shelves.iter().map(shelf_json).collect::<Vec<_>>(),
            "config": path_json(session.config_path()),
        }))?,
    }
    Ok(Ending::Yes)
}

async fn shelves(store: &dyn Store) -> Result<Vec<Shelf>, decision_gate_runtime::ports::StoreError> {
    let mut shelves = Vec::new();
    for scope in store.scopes().await? {
        shelves.push((scope, store.counts(scope).await?, store.last_checkpoint(scope).await?));
    }
    Ok(shelves)
}

fn shown(shelves: &[Shelf]) -> String {
    let mut text = String::new();
    if shelves.is_empty() {
        text.push_str("the ledger is empty\n");
    }
    for (scope, counts, last) in shelves {
        let title = format!("tenant {}, namespace {}", scope.tenant, scope.namespace);
        text.push_str(&format!("{}\n", Styled(STRONG, title)));
        labelled(&mut text, "rows", format_args!("{} events of {} streams", counts.events, counts.streams));
        labelled(&mut text, "values", format_args!("{}, and {} pruned", counts.values, counts.pruned));
        labelled(
            &mut text,
            "log",
            format_args!("{} heads, {} streams have grown since", counts.entries, counts.pending),
        );
        match last {
            Some(last) => labelled(
                &mut text,
                "signed",
                format_args!(
                    "{} checkpoints, the last of size {} by {}",
                    counts.checkpoints,
                    last.size,
                    Line(origin(last))
                ),
            ),
            None => labelled(&mut text, "signed", "no checkpoint"),
        }
        text.push('\n');
    }
    text
}

fn origin(kept: &KeptCheckpoint) -> String {
    read_checkpoint(kept.note.as_bytes()).map_or_else(|_| "nobody".to_owned(), |(_, checkpoint)| checkpoint.origin)
}

fn shelf_json((scope, counts, last): &Shelf) -> Value {
    json!({
        "tenant_id": scope.tenant,
        "namespace_id": scope.namespace,
        "streams": counts.streams,
        "events": counts.events,
        "values": counts.values,
        "values_pruned": counts.pruned,
        "log_entries": counts.entries,
        "streams_pending": counts.pending,
        "checkpoints": counts.checkpoints,
        "last_checkpoint": last.as_ref().map(|last| json!({ "size": last.size, "root": last.root, "origin": origin(last) })),
    })
}
