//! `release backtest`: a policy over the decisions that the ledger, or a folder of packs, has.

mod packs;

use std::path::PathBuf;

use clap::{Args, ValueEnum};
use decision_gate_core::at::Timestamp;
use decision_gate_core::name::EnvironmentName;
use decision_gate_policy::backtest::{Extent, Filter, Report};
use decision_gate_policy::gates::{self, GateKind};
use decision_gate_runtime::{BacktestRequest, Meter};

use super::evaluate;
use crate::arguments::Format;
use crate::commands::Ending;
use crate::commands::check::environment;
use crate::configuration::ConfigurationArguments;
use crate::fault::Fault;
use crate::output::Output;
use crate::render::backtest as render;
use crate::session::{Adhoc, Session, block_on};

/// How many steps of a curve are told at most.
const STEPS: usize = 200;

/// Arguments of `release backtest`.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct BacktestArguments {
    /// Lay a file over the policy `default` and try that; may be given several times, the last is the strongest.
    #[arg(long, value_name = "FILE")]
    policy: Vec<PathBuf>,
    /// The configured policy to try; `default`, or the only one, when left out.
    #[arg(long, value_name = "NAME")]
    policy_name: Option<String>,
    /// Read decisions from the packs in this folder, not from the ledger.
    #[arg(long, value_name = "DIR")]
    packs: Option<PathBuf>,
    /// Only decisions made at this time or later.
    #[arg(long, value_name = "TIME", value_parser = time)]
    since: Option<i64>,
    /// Only decisions made before this time.
    #[arg(long, value_name = "TIME", value_parser = time)]
    until: Option<i64>,
    /// Only releases to this environment; may be given several times.
    #[arg(long, value_name = "NAME", value_parser = environment)]
    environment: Vec<EnvironmentName>,
    /// Only releases of this tenant, by its name or number; may be given several times.
    #[arg(long, value_name = "NAME")]
    tenant: Vec<String>,
    /// Only decisions made under a release policy of this name; may be given several times.
    #[arg(long, value_name = "NAME")]
    decided_by: Vec<String>,
    /// Compare what this gate alone says.
    #[arg(long, value_name = "GATE", value_parser = gate)]
    gate: Option<&'static str>,
    /// Say for each number of the policy how many decisions each value of it lets through. Takes a while longer.
    #[arg(long)]
    curves: bool,
    /// The most examples that are told.
    #[arg(long, value_name = "COUNT", default_value_t = 10, value_parser = clap::value_parser!(u16).range(0..=1000))]
    limit: u16,
    /// How the report is written.
    #[arg(long, value_enum, default_value_t)]
    format: BacktestFormat,
    #[command(flatten)]
    configuration: ConfigurationArguments,
}

const EXAMPLES: &str = "\
Exit codes: 0 no decision would change, 1 some would (or one does not come out as it was recorded),
2 no backtest was made, or there was no decision that could be judged.
Each decision is judged at its own time, on the evidence that was kept. Nothing is written.
Times are RFC 3339, such as 2026-11-01T12:00:00Z, or a date alone.

Examples:
  decision-gate release backtest --policy trial.yaml
  decision-gate release backtest --policy trial.yaml --since 2026-11-01 --environment production --curves
  decision-gate release backtest --policy-name strict --gate beacon-rate --format markdown
  decision-gate release backtest --policy trial.yaml --packs proofs";

/// How the report is written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
enum BacktestFormat {
    /// For people.
    #[default]
    Text,
    /// One JSON object, errors too.
    Json,
    /// For a pull request or the summary of a job.
    Markdown,
}

fn time(text: &str) -> Result<i64, &'static str> {
    let whole = if text.contains('T') { text.to_owned() } else { format!("{text}T00:00:00Z") };
    match Timestamp::from_rfc3339(&whole) {
        Some(Timestamp::UnixMillis(at)) => Ok(at),
        Some(Timestamp::Logical(_)) | None => Err("write it as `2026-11-01` or `2026-11-01T12:00:00Z`"),
    }
}

fn gate(text: &str) -> Result<&'static str, String> {
    let known = || gates::ALL.iter().map(|it: &GateKind| it.id).collect::<Vec<_>>().join(", ");
    gates::ALL.iter().map(|it| it.id).find(|id| *id == text).ok_or_else(|| format!("there are {}", known()))
}

impl BacktestArguments {
    /// How errors are written.
    pub(super) fn error_format(&self) -> Format {
        match self.format {
            BacktestFormat::Json => Format::Json,
            BacktestFormat::Text | BacktestFormat::Markdown => Format::Text,
        }
    }

    fn request(&self, session: &Session) -> Result<BacktestRequest, Fault> {
        let tenants = self.tenant.iter().map(|text| evaluate::tenant(session, text));
        Ok(BacktestRequest {
            policy: self.policy_name.clone(),
            filter: Filter {
                since: self.since,
                until: self.until,
                environments: self.environment.iter().cloned().collect(),
                tenants: tenants.collect::<Result<_, Fault>>()?,
                policies: self.decided_by.iter().cloned().collect(),
                gate: self.gate,
            },
            extent: Extent { examples: usize::from(self.limit), curves: self.curves.then_some(STEPS) },
        })
    }
}

/// Tries, and says what would change.
pub(crate) fn run(arguments: &BacktestArguments, output: Output) -> Result<Ending, Fault> {
    // What the files put in force is so for this command only; the configured ledger is read, and never written.
    let adhoc = Adhoc { flags: Vec::new(), policies: arguments.policy.clone() };
    let session = Session::open_apart(&arguments.configuration, adhoc)?;
    let request = arguments.request(&session)?;
    let place = match &arguments.packs {
        Some(folder) => folder.display().to_string(),
        None => session.kept_place()?,
    };
    let report = decide(&session, &request, arguments, output)?;
    match arguments.format {
        BacktestFormat::Text => output.answer(&render::text(&report, &place, arguments.curves))?,
        BacktestFormat::Json => output.json(&render::json(&report, &place))?,
        BacktestFormat::Markdown => output.answer(&render::markdown(&report))?,
    }
    Ok(ending(&report))
}

fn decide(
    session: &Session,
    request: &BacktestRequest,
    arguments: &BacktestArguments,
    output: Output,
) -> Result<Report, Fault> {
    let progress = output.progress("judging stored decisions");
    let orchestrator = session.app().orchestrator();
    match &arguments.packs {
        Some(folder) => packs::judge(orchestrator.backtest_of(request)?, &request.filter, folder),
        None => block_on(async {
            let meter = Meter::default();
            Ok(progress.follow(&meter, orchestrator.backtest(request, &meter)).await?)
        }),
    }
}

/// Where nothing was judged there is nothing that a pipeline may build on.
fn ending(report: &Report) -> Ending {
    if report.judged == 0 && report.differing_count == 0 {
        Ending::Undecided
    } else if report.is_quiet() {
        Ending::Yes
    } else {
        Ending::No
    }
}
