//! One file per command; here a command line becomes an exit code.

pub(crate) mod attest;
pub(crate) mod check;
pub(crate) mod config;
pub(crate) mod doctor;
pub(crate) mod init;
pub(crate) mod issuers;
pub(crate) mod keys;
pub(crate) mod ledger;
pub(crate) mod mcp;
#[cfg(feature = "pages")]
pub(crate) mod pages;
pub(crate) mod precheck;
pub(crate) mod providers;
pub(crate) mod release;
pub(crate) mod replace;
pub(crate) mod runpack;
pub(crate) mod scenario;
pub(crate) mod schema;
pub(crate) mod serve;
pub(crate) mod verdict;

use std::ffi::OsString;
use std::process::ExitCode;

use clap::error::ErrorKind;

use crate::arguments::{Arguments, Command, Format};
use crate::fault::Fault;
use crate::output::Output;
use crate::render;

/// How a command ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Ending {
    /// Allowed, verified or done.
    Yes,
    /// Not allowed or not verified.
    No,
    /// No decision was made.
    Undecided,
}

impl From<Ending> for ExitCode {
    fn from(ending: Ending) -> Self {
        Self::from(ending.number())
    }
}

impl Ending {
    /// The number that a shell sees.
    pub(crate) fn number(self) -> u8 {
        match self {
            Self::Yes => 0,
            Self::No => 1,
            Self::Undecided => 2,
        }
    }
}

/// Runs the command that the command line names.
pub(crate) fn run(line: Vec<OsString>) -> Ending {
    let wants_json = wants_json(&line);
    let no_color = line.iter().any(|word| word == "--no-color");
    let arguments = match Arguments::read(line) {
        Ok(arguments) => arguments,
        Err(error) => return usage(&error, wants_json, Output::new(no_color)),
    };
    let output = Output::new(arguments.no_color).quiet(arguments.quiet);
    let format = arguments.command.format();
    let done = match arguments.command {
        Command::Init(arguments) => init::run(&arguments, output),
        Command::Check(arguments) => check::run(&arguments, output),
        Command::Precheck(arguments) => precheck::run(&arguments, output),
        Command::Scenario(command) => scenario::run(&command, output),
        Command::Serve(arguments) => serve::run(&arguments),
        Command::Release(command) => release::run(&command, output),
        Command::Runpack(command) => runpack::run(&command, output),
        Command::Ledger(command) => ledger::run(&command, output),
        Command::Attest(command) => attest::run(&command, output),
        Command::Keys(command) => keys::run(&command, output),
        Command::Issuers(command) => issuers::run(&command, output),
        Command::Providers(command) => providers::run(&command, output),
        Command::Config(command) => config::run(&command, output),
        Command::Schema(command) => schema::run(&command, output),
        Command::Mcp(command) => mcp::run(&command, output),
        Command::Doctor(arguments) => doctor::run(&arguments, output),
        #[cfg(feature = "pages")]
        Command::Pages(arguments) => pages::run(&arguments, output),
    };
    done.unwrap_or_else(|fault| report(&fault, format, output))
}

/// Says why no decision was made.
pub(crate) fn report(fault: &Fault, format: Format, output: Output) -> Ending {
    let told = match format {
        Format::Text => None,
        Format::Json => output.json(&render::fault::json(fault)).ok(),
    };
    if told.is_none() {
        output.complain(&render::fault::text(fault));
    }
    Ending::Undecided
}

fn usage(error: &clap::Error, wants_json: bool, output: Output) -> Ending {
    let text = error.render().ansi().to_string();
    if !error.use_stderr() {
        return match output.data(&text) {
            Ok(()) => Ending::Yes,
            Err(fault) => report(&fault, Format::Text, output),
        };
    }
    if wants_json {
        let plain = error.render().to_string();
        let message = plain.trim().trim_start_matches("error: ").to_owned();
        report(&Fault::Usage { message }, Format::Json, output)
    } else {
        output.complain(&usage_text(error.kind(), &text));
        Ending::Undecided
    }
}

/// Without the line that points to `--help`, which the hint does; a page of help that was not asked for is no error.
fn usage_text(kind: ErrorKind, text: &str) -> String {
    if kind == ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand {
        return text.to_owned();
    }
    let fault = Fault::Usage { message: String::new() };
    let kept: Vec<&str> = text.trim_end().lines().filter(|line| !line.starts_with("For more information")).collect();
    format!("{}\n\nhint: {}\ncode: {}\n", kept.join("\n").trim_end(), fault.hint(), fault.code())
}

/// Whether a command line that does not parse asks for JSON all the same.
fn wants_json(line: &[OsString]) -> bool {
    let pair = |pair: &[OsString]| matches!(pair, [flag, value] if flag == "--format" && value == "json");
    let serves = line.get(1).is_some_and(|word| word == "serve");
    !serves && (line.iter().any(|word| word == "--format=json") || line.windows(2).any(pair))
}
