//! `serve`: the MCP server on stdin and stdout.
//!
//! One thread, pipes without a thread between where the system has them, and nothing that is not needed before the
//! first answer: the ledger is opened by the first call that needs it.

use std::sync::Arc;

use clap::{Args, ValueEnum};
use decision_gate_config::sections::limits::Limits;
use decision_gate_config::sections::server::{Profile as ConfiguredProfile, Server};
use decision_gate_config::{Flag, Loaded, load};
use decision_gate_mcp::tools::{self, Profile};
use decision_gate_mcp::{App, Live, Reloader, ServeOptions, Visibility, WireLimits, until_signal};

use super::Ending;
use crate::configuration::{ConfigurationArguments, Discovery};
use crate::fault::Fault;
use crate::logging;

/// Arguments of `serve`.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct ServeArguments {
    #[command(flatten)]
    configuration: ConfigurationArguments,
    /// Which tools are listed.
    #[arg(long, value_enum)]
    profile: Option<ProfileArgument>,
}

/// A named set of tools.
#[derive(Clone, Copy, Debug, ValueEnum)]
enum ProfileArgument {
    /// What an AI agent needs; no tool that defines scenarios.
    Agent,
    /// What a CI job needs.
    Ci,
    /// Every tool.
    Full,
}

const EXAMPLES: &str = "\
Without --config: DECISION_GATE_CONFIG, then the user's and the system's configuration folders.
The working directory is never read for a configuration, since agents write there.

Examples:
  decision-gate serve --config .decision-gate/config.toml
  decision-gate serve --profile ci --set logging.level=warn";

/// Serves until the client is gone or a signal comes.
pub(crate) fn run(arguments: &ServeArguments) -> Result<Ending, Fault> {
    let profile = arguments.profile.map(|profile| Flag::new("--profile", "server.profile", profile.word()));
    let source = arguments.configuration.source(Discovery::Server, profile.into_iter().collect())?;
    let loaded = load(&source)?;
    let log = logging::start(&loaded);
    warn(&loaded);
    let options = options(&loaded)?;
    let profile = loaded.config().server.profile;
    let config = loaded.path().map_or_else(|| "built-in defaults".to_owned(), |path| path.display().to_string());
    let live = Live::from(Arc::new(App::build(loaded)?));
    let reloader = Reloader::new(live.clone(), source, move |loaded| {
        log.apply(loaded);
        warn(loaded);
    });
    tracing::info!(?profile, config, "serving on stdin and stdout");
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(Fault::Runtime)?;
    let served = runtime.block_on(async {
        let (input, output) = rmcp::transport::io::stdio_pipes();
        let ending = live.clone();
        let served = decision_gate_mcp::serve(live, options, input, output, until_signal());
        let served = tokio::select! {
            served = served => served,
            () = reloader.run() => Ok(()),
        };
        ending.now().telemetry().end().await;
        served
    });
    // Where stdin is no pipe, a thread may still be parked in a read of it.
    runtime.shutdown_background();
    served?;
    Ok(Ending::Yes)
}

/// Says what is allowed and worth a second look.
fn warn(loaded: &Loaded) {
    for warning in loaded.warnings() {
        tracing::warn!(code = warning.code(), hint = warning.doubt.hint(), "{}: {}", warning.key, warning.doubt);
    }
}

fn options(loaded: &Loaded) -> Result<ServeOptions, Fault> {
    let config = loaded.config();
    let names: Vec<&str> = tools::ALL.iter().map(|tool| tool.card().name).collect();
    loaded.check_tools(&names)?;
    let mut options = ServeOptions::default();
    options.visibility = visibility(&config.server);
    options.limits = wire_limits(&config.limits);
    options.drain = std::time::Duration::from_millis(config.limits.drain_ms.get());
    Ok(options)
}

fn visibility(server: &Server) -> Visibility {
    let names = |names: &[decision_gate_config::sections::server::ToolName]| {
        names.iter().map(|name| name.as_str().to_owned()).collect()
    };
    let profile = match server.profile {
        ConfiguredProfile::Agent => Profile::Agent,
        ConfiguredProfile::Ci => Profile::Ci,
        ConfiguredProfile::Full => Profile::Full,
    };
    Visibility { profile, allow: names(&server.tools.allow), deny: names(&server.tools.deny) }
}

fn wire_limits(limits: &Limits) -> WireLimits {
    let count = |count: u64| usize::try_from(count).unwrap_or(usize::MAX);
    let mut wire = WireLimits::default();
    wire.max_line_bytes = count(limits.max_request_bytes.get());
    wire.max_depth = count(limits.max_json_depth.get());
    wire.max_in_flight = count(limits.max_in_flight.get()).try_into().unwrap_or(wire.max_in_flight);
    wire
}

impl ProfileArgument {
    const fn word(self) -> &'static str {
        match self {
            Self::Agent => "agent",
            Self::Ci => "ci",
            Self::Full => "full",
        }
    }
}
