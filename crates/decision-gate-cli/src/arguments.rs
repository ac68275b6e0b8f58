//! The command line as typed values: global flags, and one line for each command.

use std::ffi::OsString;
use std::sync::LazyLock;

use clap::{Args, Parser, Subcommand, ValueEnum};
use decision_gate_core::ledger::RULES_VERSION;
use decision_gate_core::name::{NamespaceId, TenantId};

use crate::commands::attest::AttestCommand;
use crate::commands::check::CheckArguments;
use crate::commands::config::ConfigCommand;
use crate::commands::doctor::DoctorArguments;
use crate::commands::init::InitArguments;
use crate::commands::issuers::IssuersCommand;
use crate::commands::keys::KeysCommand;
use crate::commands::ledger::LedgerCommand;
use crate::commands::mcp::McpCommand;
use crate::commands::precheck::PrecheckArguments;
use crate::commands::providers::ProvidersCommand;
use crate::commands::release::ReleaseCommand;
use crate::commands::runpack::RunpackCommand;
use crate::commands::scenario::ScenarioCommand;
use crate::commands::schema::SchemaCommand;
use crate::commands::serve::ServeArguments;

/// Decides whether a change may advance, from evidence that it checks itself, and keeps the proof.
#[derive(Debug, Parser)]
#[command(name = "decision-gate", version = VERSION.as_str(), max_term_width = 100, after_help = EXAMPLES)]
#[command(arg_required_else_help = true, disable_help_subcommand = true)]
pub(crate) struct Arguments {
    /// What to do.
    #[command(subcommand)]
    pub(crate) command: Command,
    /// Write no colours, as under `NO_COLOR`.
    #[arg(long, global = true, display_order = 900)]
    pub(crate) no_color: bool,
    /// Write no text and no progress: the exit code answers. Errors are written all the same.
    #[arg(long, short, global = true, display_order = 901)]
    pub(crate) quiet: bool,
}

/// A start of the server. A client waits for it, and to build the parser of every other command took half of it.
#[derive(Debug, Parser)]
struct ServeLine {
    #[command(flatten)]
    arguments: ServeArguments,
    #[arg(long)]
    no_color: bool,
    #[arg(long, short)]
    quiet: bool,
}

impl Arguments {
    /// Reads a command line, the program's name first.
    pub(crate) fn read(line: Vec<OsString>) -> Result<Self, clap::Error> {
        if let [program, command, rest @ ..] = line.as_slice()
            && command == "serve"
            && let Ok(start) = ServeLine::try_parse_from(std::iter::once(program).chain(rest))
        {
            let ServeLine { arguments, no_color, quiet } = start;
            return Ok(Self { command: Command::Serve(arguments), no_color, quiet });
        }
        // Help and errors too, which name the command and its neighbours.
        Self::try_parse_from(line)
    }
}

/// What to do; the order is that of `--help`.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Write a first configuration and a first scenario.
    Init(InitArguments),
    /// Decide now: start a run, judge it to its end or its hold, and say why.
    Check(CheckArguments),
    /// Judge values that you supply, without asking providers and without a record.
    Precheck(PrecheckArguments),
    /// Write scenarios with confidence: expand, lint, explain and test them.
    #[command(subcommand)]
    Scenario(ScenarioCommand),
    /// Decide whether an artifact may be released, by the gates of a release policy.
    #[command(subcommand)]
    Release(ReleaseCommand),
    /// Serve the MCP protocol on stdin and stdout.
    Serve(ServeArguments),
    /// Set up the clients that start the server.
    #[command(subcommand)]
    Mcp(McpCommand),
    /// Export a run's proof, and verify one offline.
    #[command(subcommand)]
    Runpack(RunpackCommand),
    /// Sign, prove, check and prune the ledger.
    #[command(subcommand)]
    Ledger(LedgerCommand),
    /// Sign statements about artifacts, and verify signed ones.
    #[command(subcommand)]
    Attest(AttestCommand),
    /// Make, import, list and revoke keys.
    #[command(subcommand)]
    Keys(KeysCommand),
    /// Say whose VEX counts, and record how often each was right.
    #[command(subcommand)]
    Issuers(IssuersCommand),
    /// Look at the servers outside that answer for evidence.
    #[command(subcommand)]
    Providers(ProvidersCommand),
    /// Check and show the configuration.
    #[command(subcommand)]
    Config(ConfigCommand),
    /// Print or write the JSON Schemas of what people write, for editors.
    #[command(subcommand)]
    Schema(SchemaCommand),
    /// Look for what stands in the way of decisions, and say what to do about it.
    Doctor(DoctorArguments),
    /// Print completions and manual pages into a folder.
    #[cfg(feature = "pages")]
    #[command(hide = true)]
    Pages(crate::commands::pages::PagesArguments),
}

const EXAMPLES: &str = "\
Exit codes: 0 allowed or verified, 1 not, 2 no decision was made: the input, the configuration or
the environment is wrong.

Examples:
  decision-gate init
  decision-gate check release
  decision-gate check release --export proof && decision-gate runpack verify proof
  decision-gate serve --config .decision-gate/config.toml";

/// Version, version of the rules that it decides under, and what it was built for.
static VERSION: LazyLock<String> = LazyLock::new(|| {
    let (version, arch, os) = (env!("CARGO_PKG_VERSION"), std::env::consts::ARCH, std::env::consts::OS);
    format!("{version} (rules {RULES_VERSION}, {arch}-{os})")
});

impl Command {
    /// How the answer and the errors are written.
    pub(crate) fn format(&self) -> Format {
        match self {
            Self::Init(arguments) => arguments.report.format,
            Self::Check(arguments) => arguments.verdict.error_format(),
            Self::Precheck(arguments) => arguments.report.format,
            Self::Scenario(command) => command.report().format,
            Self::Schema(command) => command.report().format,
            // Its stdout carries the protocol and nothing else.
            Self::Serve(_) => Format::Text,
            Self::Mcp(command) => command.report().format,
            Self::Release(command) => command.error_format(),
            Self::Runpack(command) => command.report().format,
            Self::Ledger(command) => command.report().format,
            Self::Attest(command) => command.report().format,
            Self::Keys(command) => command.report().format,
            Self::Issuers(command) => command.report().format,
            Self::Providers(command) => command.report().format,
            Self::Config(command) => command.report().format,
            Self::Doctor(arguments) => arguments.format(),
            #[cfg(feature = "pages")]
            Self::Pages(_) => Format::Text,
        }
    }
}

/// How an answer is written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    /// For people.
    #[default]
    Text,
    /// One JSON object on stdout, errors too.
    Json,
}

/// Flags of every command that gives an answer.
#[derive(Clone, Copy, Debug, Args)]
pub(crate) struct ReportArguments {
    /// How the answer is written.
    #[arg(long, value_enum, default_value_t)]
    pub(crate) format: Format,
}

/// Flags of every command that looks into the ledger.
#[derive(Clone, Copy, Debug, Default, Args)]
pub(crate) struct ScopeArguments {
    /// Whose data; the first configured tenant when left out.
    #[arg(long, value_name = "ID", value_parser = tenant)]
    pub(crate) tenant: Option<TenantId>,
    /// On which shelf; that of the scenario, else 1, when left out.
    #[arg(long, value_name = "ID", value_parser = namespace)]
    pub(crate) namespace: Option<NamespaceId>,
}

fn tenant(text: &str) -> Result<TenantId, &'static str> {
    text.parse().ok().and_then(TenantId::new).ok_or(SCOPE)
}

pub(crate) fn namespace(text: &str) -> Result<NamespaceId, &'static str> {
    text.parse().ok().and_then(NamespaceId::new).ok_or(SCOPE)
}

const SCOPE: &str = "an integer from 1 is needed";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_start_is_read_as_the_whole_command_line_reads_it() {
        let lines: [&[&str]; 8] = [
            &["serve"],
            &["serve", "--config", "gate.toml", "--profile", "ci", "--set", "a=1", "--set=b=2"],
            &["serve", "--no-color", "--config=gate.toml"],
            &["serve", "--profile", "nobody"],
            &["serve", "--help"],
            &["serve", "extra"],
            &["serve", "--config"],
            &["check", "release"],
        ];
        for line in lines {
            let line: Vec<OsString> = std::iter::once(&"decision-gate").chain(line).map(OsString::from).collect();
            let told = |read: Result<Arguments, clap::Error>| match read {
                Ok(arguments) => format!("{arguments:?}"),
                Err(error) => error.to_string(),
            };
            assert_eq!(told(Arguments::read(line.clone())), told(Arguments::try_parse_from(&line)), "{line:?}");
        }
    }
}
