//! `ledger prune`: values go, hashes and proofs stay.

use clap::Args;
use decision_gate_core::at::Timestamp;
use decision_gate_core::name::RunId;
use decision_gate_runtime::ledger::{PruneRequest, PrunedRun, prune_runs};
use decision_gate_runtime::ports::{Clock as _, SystemClock};
use serde_json::json;

use super::{LedgerFault, scope};
use crate::arguments::{Format, ReportArguments, ScopeArguments};
use crate::commands::Ending;
use crate::commands::check::run_id;
use crate::configuration::ConfigurationArguments;
use crate::fault::Fault;
use crate::output::Output;
use crate::render::{Line, config_line, labelled, path_json};
use crate::session::{Session, block_on};

/// Arguments of `ledger prune`.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct PruneArguments {
    /// Only this run.
    #[arg(long, value_name = "ID", value_parser = run_id)]
    run: Option<RunId>,
    /// Only runs whose last event was before this time (RFC 3339).
    #[arg(long, value_name = "TIME")]
    before: Option<String>,
    /// Take nothing away, and say what would go.
    #[arg(long)]
    dry_run: bool,
    #[command(flatten)]
    scope: ScopeArguments,
    #[command(flatten)]
    configuration: ConfigurationArguments,
    #[command(flatten)]
    pub(super) report: ReportArguments,
}

const EXAMPLES: &str = "\
What goes: answers of providers and payloads, with their salts, of runs that have ended. It can't be
undone. What stays: events, hashes, the log, and every proof; a pack of such a run can't be replayed
from its values and says so. Export the packs that you will need first. The file is written anew
without them, which takes about as long, and twice as much room, as copying it; others wait to write.

Examples:
  decision-gate ledger prune --before 2026-01-01T00:00:00Z --dry-run
  decision-gate ledger prune --run nightly-41";

/// Takes away, and says what.
pub(crate) fn run(arguments: &PruneArguments, output: Output) -> Result<Ending, Fault> {
    if arguments.run.is_none() && arguments.before.is_none() {
        return Err(LedgerFault::NothingToPrune.into());
    }
    let before = arguments.before.as_deref().map(time).transpose()?;
    let session = Session::open_as(&arguments.configuration, |_| arguments.dry_run)?;
    let request = PruneRequest {
        scope: scope(&session, arguments.scope),
        run: arguments.run.clone(),
        before,
        dry: arguments.dry_run,
        at: SystemClock.now(),
    };
    let pruned = block_on(async { Ok(prune_runs(session.app().store(), &request).await?) })?;
    let values: u64 = pruned.iter().map(|it| it.values).sum();
    match arguments.report.format {
        Format::Text => {
            let mut text = shown(&pruned, values, arguments.dry_run);
            config_line(&mut text, session.config_path());
            output.answer(&text)?;
        }
        Format::Json => output.json(&json!({
            "dry_run": arguments.dry_run,
            "values": values,
            "runs": pruned
                .iter()
                .map(|it| json!({ "run_id": it.run, "through": it.through, "values": it.values }))
                .collect::<Vec<_>>(),
            "config": path_json(session.config_path()),
        }))?,
    }
    Ok(Ending::Yes)
}

fn time(text: &str) -> Result<Timestamp, LedgerFault> {
    Timestamp::from_rfc3339(text).ok_or_else(|| LedgerFault::Time { text: text.to_owned() })
}

fn shown(pruned: &[PrunedRun], values: u64, dry: bool) -> String {
    let verb = if dry { "would be taken away" } else { "were taken away" };
    let mut text = format!("{values} values of {} runs {verb}\n", pruned.len());
    for run in pruned {
        text.push_str(&format!("  {}: {} values of {} events\n", Line(&run.run), run.values, run.through));
    }
    if pruned.is_empty() {
        text.push_str("  none that was asked for has ended and has values left\n");
    }
    text.push('\n');
    labelled(&mut text, "kept", "events, hashes, log and proofs");
    text
}
