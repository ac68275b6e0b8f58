//! `mcp config`: what a client's configuration needs, printed or written there.

use std::path::{Path, PathBuf};

use clap::Args;
use serde_json::{Map, Value, json};

use super::client::{Client, Form, Home, Place};
use super::entry::{Entry, NAME};
use super::{ClientFault, json as json_file, toml as toml_file};
use crate::arguments::{Format, ReportArguments};
use crate::commands::Ending;
use crate::commands::replace::{Readers, ReplaceFault, Replacement};
use crate::configuration::{ConfigurationArguments, Discovery};
use crate::fault::Fault;
use crate::input;
use crate::output::Output;
use crate::render::{GOOD, Line, Styled, config_line, labelled, path_json};

/// No client's file is larger.
const MAX_BYTES: usize = 4 << 20;

/// Arguments of `mcp config`.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct ConfigArguments {
    /// Which client.
    #[arg(long, value_enum)]
    client: Client,
    /// Write it into the client's file, and leave everything else there as it is.
    #[arg(long)]
    write: bool,
    /// The user's file, where the project has one too.
    #[arg(long, conflicts_with = "file")]
    user: bool,
    /// Another file of the client.
    #[arg(long, value_name = "FILE")]
    file: Option<PathBuf>,
    /// The profile that the client is to see; as configured when left out.
    #[arg(long, value_parser = ["agent", "ci", "full"])]
    profile: Option<String>,
    /// The configuration that the server is to read; looked for upward from here when left out.
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    #[command(flatten)]
    pub(super) report: ReportArguments,
}

const EXAMPLES: &str = "\
Without --write nothing is changed: copy what is printed.
With it, a file that can't be read, or not be changed without touching the rest, is left alone.

Examples:
  decision-gate mcp config --client claude-code --write
  decision-gate mcp config --client vscode
  decision-gate mcp config --client codex --config /etc/decision-gate/config.toml --write";

/// What became of the file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Done {
    Printed,
    Made,
    Added,
    Unchanged,
}

impl Done {
    fn word(self) -> &'static str {
        match self {
            Self::Printed => "printed",
            Self::Made => "made",
            Self::Added => "written",
            Self::Unchanged => "unchanged",
        }
    }
}

/// Prints or writes it.
pub(crate) fn run(arguments: &ConfigArguments, output: Output) -> Result<Ending, Fault> {
    let folder = std::env::current_dir().map_err(Fault::WorkingFolder)?;
    let configuration = ConfigurationArguments { config: arguments.config.clone(), set: Vec::new() };
    // A server that can't read its configuration would be no help to a client.
    let loaded = configuration.load(Discovery::Project(&folder), Vec::new())?;
    let config = loaded.path().map(|path| std::path::absolute(path).unwrap_or_else(|_| path.to_owned()));
    let program = std::env::current_exe().map_err(Fault::WorkingFolder)?;
    let entry = Entry::new(&program, config.as_deref(), arguments.profile.as_deref());
    let place = if arguments.user { Place::User } else { arguments.client.usual_place() };
    let file = match &arguments.file {
        Some(file) => Some(file.clone()),
        None => arguments.client.file(place, &project(config.as_deref(), &folder), &Home::of_process()),
    };
    let form = arguments.client.form();
    let done = match (&file, arguments.write) {
        (_, false) => Done::Printed,
        (Some(file), true) => write(file, form, &entry)?,
        (None, true) => {
            let place = if place == Place::User { "user's" } else { "project" };
            return Err(ClientFault::NoFile { client: arguments.client.word(), place }.into());
        }
    };
    match arguments.report.format {
        Format::Text => {
            let text = text(arguments.client, file.as_deref(), &entry, config.as_deref(), done);
            if done == Done::Printed { output.data(&text)? } else { output.answer(&text)? }
        }
        Format::Json => output.json(&json!({
            "client": arguments.client.word(),
            "file": path_json(file.as_deref()),
            "done": done.word(),
            "entry": entry.value(form),
            "snippet": snippet(form, &entry),
            "config": path_json(config.as_deref()),
        }))?,
    }
    Ok(Ending::Yes)
}

/// The project that a configuration is of: the folder that has it, or has the folder `.decision-gate` with it.
fn project(config: Option<&Path>, folder: &Path) -> PathBuf {
    let parent = config.and_then(Path::parent);
    let within = |it: &&Path| folder.starts_with(it);
    let outer = parent.filter(|it| it.ends_with(".decision-gate")).and_then(Path::parent);
    outer.or(parent).filter(within).map_or_else(|| folder.to_owned(), Path::to_owned)
}

/// All that a new file would have.
fn snippet(form: Form, entry: &Entry) -> String {
    match form {
        Form::Json { key, .. } => {
            let servers: Map<String, Value> = [(NAME.to_owned(), entry.value(form))].into_iter().collect();
            format!("{:#}\n", json!({ key: servers }))
        }
        Form::Toml { key } => toml_file::table(key, NAME, &table(entry)),
    }
}

fn table(entry: &Entry) -> toml::Table {
    let command = ("command".to_owned(), toml::Value::from(entry.command.clone()));
    let args = ("args".to_owned(), toml::Value::from(entry.args.clone()));
    [command, args].into_iter().collect()
}

fn write(path: &Path, form: Form, entry: &Entry) -> Result<Done, Fault> {
    let file = Replacement::begin(path, Readers::Default).map_err(|fault| match fault {
        ReplaceFault::Busy { lock, .. } => Fault::Client(ClientFault::Busy { path: path.to_owned(), lock }),
        ReplaceFault::Write(fault) => fault,
    })?;
    let old = match file.current() {
        Some(current) => Some(input::read(current, MAX_BYTES).map_err(ClientFault::from)?),
        None => None,
    };
    let invalid = |form: &'static str, problem: String| ClientFault::Invalid { path: path.to_owned(), form, problem };
    let text = match &old {
        Some(bytes) => std::str::from_utf8(bytes).map_err(|error| invalid("text", error.to_string()))?,
        None => "",
    };
    let new = match form {
        Form::Json { key, .. } => {
            json_file::with(text, key, NAME, &entry.value(form)).map_err(|it| invalid("json", it))
        }
        Form::Toml { key } => toml_file::with(text, key, NAME, &table(entry)).map_err(|it| invalid("toml", it)),
    }?;
    let new = new.ok_or_else(|| ClientFault::Entangled { path: path.to_owned() })?;
    if old.is_some() && new == text {
        return Ok(Done::Unchanged);
    }
    file.write(new.as_bytes())?;
    Ok(if old.is_some() { Done::Added } else { Done::Made })
}

fn text(client: Client, file: Option<&Path>, entry: &Entry, config: Option<&Path>, done: Done) -> String {
    let mut text = String::new();
    if let Some(file) = file {
        labelled(&mut text, "file", Line(file.display()));
    }
    config_line(&mut text, config);
    if config.is_none() {
        labelled(&mut text, "note", "write one with `decision-gate init`; without it the server has no scenario");
    }
    match done {
        Done::Printed => {
            let again = format!("decision-gate mcp config --client {} --write", client.word());
            labelled(&mut text, "next", format_args!("put this into the file, or run `{again}`"));
            text.push('\n');
            text.push_str(&snippet(client.form(), entry));
        }
        Done::Made | Done::Added => {
            labelled(&mut text, "done", Styled(GOOD, format_args!("{NAME} is set up; everything else is as it was")));
            labelled(&mut text, "next", "restart the client, or reload its servers");
        }
        Done::Unchanged => labelled(&mut text, "done", format_args!("{NAME} is set up already")),
    }
    text
}

/// The server's entry in a client's file, if the file is there and has one; or why the file can't be read.
pub(crate) fn installed(path: &Path, form: Form) -> Option<Result<Entry, ClientFault>> {
    path.symlink_metadata().ok()?;
    let bytes = match input::read_file(path, MAX_BYTES) {
        Ok(bytes) => bytes,
        Err(fault) => return Some(Err(fault.into())),
    };
    let invalid = |form, problem| Some(Err(ClientFault::Invalid { path: path.to_owned(), form, problem }));
    let text = String::from_utf8_lossy(&bytes);
    let servers = match form {
        Form::Json { key, .. } => match json_file::read(&text) {
            Ok(mut root) => root.remove(key),
            Err(problem) => return invalid("json", problem),
        },
        Form::Toml { key } => match toml_file::read(&text) {
            Ok(mut root) => root.remove(key).and_then(|it| serde_json::to_value(it).ok()),
            Err(problem) => return invalid("toml", problem),
        },
    };
    Entry::find(&servers?).map(Ok)
}
