//! `providers contract`: what a server says of its tools, as the contract file that it could be held to.
//!
//! Nothing of it counts by itself. Its words are those of a stranger and are printed as JSON in which nothing moves the
//! cursor, hides or reorders what is read.

use clap::Args;
use decision_gate_core::contract::ProviderContract;
use decision_gate_core::name::ProviderId;
use decision_gate_mcp::App;

use crate::arguments::{Format, ReportArguments};
use crate::commands::Ending;
use crate::commands::keys::provider;
use crate::configuration::{ConfigurationArguments, Discovery};
use crate::fault::Fault;
use crate::logging;
use crate::output::Output;
use crate::render;
use crate::session::block_on;

/// Arguments of `providers contract`.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct ContractArguments {
    /// The provider, as it is called in the configuration.
    #[arg(value_parser = provider)]
    name: ProviderId,
    #[command(flatten)]
    configuration: ConfigurationArguments,
    #[command(flatten)]
    pub(super) report: ReportArguments,
}

const EXAMPLES: &str = "\
This starts the server's program, with what its entry in the configuration gives it, and ends it.
A contract counts once a file with it is named under `config.contract`. Read it before: it should
allow no more tools, parameters, results and comparators than your conditions need.

Examples:
  decision-gate providers contract reports > reports.contract.json
  decision-gate providers contract reports --config .decision-gate/config.toml";

/// Prints it.
pub(crate) fn run(arguments: &ContractArguments, output: Output) -> Result<Ending, Fault> {
    let folder = std::env::current_dir().map_err(Fault::WorkingFolder)?;
    let loaded = arguments.configuration.load(Discovery::Project(&folder), Vec::new())?;
    logging::start_quietly(&loaded);
    let contract = block_on(async { Ok(App::derive_contract(&loaded, &arguments.name).await?) })?;
    output.data(&text(&contract, arguments.report.format))?;
    Ok(Ending::Yes)
}

/// The contract file.
fn text(contract: &ProviderContract, format: Format) -> String {
    let written = match format {
        Format::Text => serde_json::to_string_pretty(contract),
        Format::Json => serde_json::to_string(contract),
    };
    render::json_text(&format!("{}\n", written.unwrap_or_default()))
}
