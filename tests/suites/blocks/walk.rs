//! One page, from its first block to its last: files are written where they stand, commands go to one shell, calls to one
//! server, documents to their readers. What a page shows that a command says must be said, in that order.

use std::fmt;
use std::path::Path;

use decision_gate_tests::wire::Era;
use decision_gate_tests::{Launch, Server, skip};
use serde_json::Value;

use crate::fenced::{self, Block};
use crate::kind::Kind;
use crate::readers::exact;
use crate::shell::{self, Shell, surroundings};
use crate::stage::{Need, Stage};
use crate::transcript;

/// How many blocks of a page were held to what.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Counts {
    pub(crate) run: usize,
    pub(crate) read: usize,
    pub(crate) text: usize,
    /// Commands that a test can't run: parsed, and listed in `CONTRIBUTING.md`.
    pub(crate) outside: usize,
}

impl Counts {
    pub(crate) fn count(&mut self, kind: Kind) {
        match kind {
            Kind::Commands | Kind::Transcript | Kind::Statements | Kind::Call | Kind::Answer => self.run += 1,
            Kind::Read(_) => self.read += 1,
            Kind::Text => self.text += 1,
            Kind::Outside => self.outside += 1,
        }
    }
}

impl fmt::Display for Counts {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { run, read, text, outside } = self;
        write!(formatter, "{run} blocks run, {read} read, {text} text, {outside} outside of what a test can run")
    }
}

/// A page on its way.
pub(crate) struct Walk {
    stage: Stage,
    shell: Shell,
    server: Option<Server>,
    answer: Option<Value>,
}

/// Follows a page to its end, for whoever has these things.
pub(crate) fn follow(page: &str, needs: &[Need]) -> Counts {
    let blocks = fenced::of_page(page).unwrap();
    let stage = Stage::set(needs).unwrap();
    let shell = Shell::open(stage.root(), &stage.env).unwrap();
    let mut walk = Walk { stage, shell, server: None, answer: None };
    let mut counts = Counts::default();
    if let Some(missing) = walk.stage.missing {
        skip(&format!("no {missing}: the commands of {page} are only parsed"));
    }
    for block in &blocks {
        walk.hold(block).unwrap_or_else(|fault| panic!("{block}: {fault}"));
        counts.count(block.kind);
    }
    for block in blocks.iter().filter(|it| it.is_config() && it.file_name().is_some()) {
        walk.check_config(block).unwrap_or_else(|fault| panic!("{block}: {fault}"));
    }
    counts
}

impl Walk {
    /// The folder of folders.
    pub(crate) fn root(&self) -> &Path {
        self.stage.root()
    }

    fn hold(&mut self, block: &Block) -> Result<(), String> {
        let is_there = self.stage.missing.is_none();
        if let (Some(name), Kind::Read(_)) = (block.file_name(), block.kind) {
            let path = self.stage.write(name, &self.stage.played(&block.text)).map_err(|it| it.to_string())?;
            schema_line(&block.text, &path)?;
        }
        match block.kind {
            Kind::Transcript => self.transcript(block),
            Kind::Commands if is_there => commands(&block.text)?.iter().try_for_each(|it| self.run(it)),
            Kind::Commands | Kind::Outside => commands(&block.text)?.iter().try_for_each(|it| shell::parses(&it.text)),
            Kind::Statements if is_there => self.stage.statements(&block.text),
            Kind::Statements => Ok(()),
            Kind::Call => self.call(&exact(block)?),
            Kind::Answer => self.answers(&exact(block)?),
            // What it names may be made by a later command.
            Kind::Read(_) if block.is_config() && block.file_name().is_some() => Ok(()),
            Kind::Read(reader) => (reader.read)(block, self),
            Kind::Text => text(&block.text),
        }
    }

    /// Runs a command, which must succeed and say what the page shows.
    fn run(&mut self, command: &Command) -> Result<(), String> {
        let said = self.shell.run(&self.stage.played(&command.text)).map_err(|it| it.to_string())?;
        let told = format!("$ {}\n{}", command.text, said.output);
        if said.code != 0 {
            return Err(format!("exit code {}:\n{told}", said.code));
        }
        let mut rest = plain(&said.output);
        for line in &command.says {
            let (_, after) = rest.split_once(&plain(line)).ok_or_else(|| format!("no `{line}`:\n{told}"))?;
            rest = after.to_owned();
        }
        Ok(())
    }

    /// Runs commands, and holds all that they say against what is shown; or has it printed anew.
    fn transcript(&mut self, block: &Block) -> Result<(), String> {
        let mut told = String::new();
        for command in commands(&block.text)? {
            let said = self.shell.run(&command.text).map_err(|it| it.to_string())?;
            if said.code != 0 {
                return Err(format!("exit code {}:\n$ {}\n{}", said.code, command.text, said.output));
            }
            let output = transcript::settled(&said.output, self.root());
            told.push_str(&format!("$ {}\n{output}", command.text.replace('\n', "\n> ")));
        }
        transcript::up_to_date(block, &told)
    }

    /// Sends a request to the server of the page's configuration.
    fn call(&mut self, request: &Value) -> Result<(), String> {
        if self.server.is_none() {
            let folder = self.stage.folder();
            let known = [".decision-gate/config.toml", "decision-gate.toml"].map(|it| folder.join(it));
            let config = known.into_iter().find(|it| it.is_file()).ok_or("the page has no configuration yet")?;
            self.server = Some(self.serve(&config).map_err(|it| it.to_string())?);
        }
        let (Some(server), Some("2.0")) = (self.server.as_mut(), request["jsonrpc"].as_str()) else {
            return Err("no JSON-RPC 2.0 request".to_owned());
        };
        let method = request["method"].as_str().ok_or("no method")?;
        let answer = server.request(method, request["params"].clone()).map_err(|it| it.to_string())?;
        self.answer = Some(answer);
        Ok(())
    }

    fn serve(&self, config: &Path) -> Result<Server, decision_gate_tests::Fault> {
        let around = surroundings(self.root())?;
        let launch = around.iter().fold(Launch::serve(config)?, |launch, (name, value)| launch.env(name, value));
        let mut server = launch.spawn(Era::Legacy)?;
        server.open()?;
        Ok(server)
    }

    /// Holds what the page shows against what the server said.
    fn answers(&mut self, shown: &Value) -> Result<(), String> {
        let answer = self.answer.take().ok_or("an answer without a call")?;
        holds(shown, &answer).map_err(|it| format!("{it} in {answer:#}"))
    }

    /// `config check` of a block as it is shown, in the page's folder.
    pub(crate) fn check_config(&mut self, block: &Block) -> Result<(), String> {
        let name = format!("block-{}.{}", block.line, block.language);
        self.stage.write(&name, &block.text).map_err(|it| it.to_string())?;
        self.run(&Command { text: format!("decision-gate config check --config {name}"), says: Vec::new() })
    }
}

/// Whether the schema that a file names for editors is there, seen from the file's own folder.
fn schema_line(text: &str, file: &Path) -> Result<(), String> {
    let named = |line: &str| {
        let mark = ["# yaml-language-server: $schema=", "#:schema "];
        mark.iter().find_map(|mark| line.strip_prefix(mark)).map(str::to_owned)
    };
    match text.lines().find_map(named) {
        Some(path) if !file.parent().unwrap().join(&path).is_file() => Err(format!("there is no schema `{path}`")),
        _ => Ok(()),
    }
}

/// A command, and what it is shown to say.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Command {
    pub(crate) text: String,
    pub(crate) says: Vec<String>,
}

/// The commands of a `console` block: `$` begins one, `>` goes on with it, everything else is said.
pub(crate) fn commands(text: &str) -> Result<Vec<Command>, String> {
    let mut found: Vec<Command> = Vec::new();
    for line in text.lines() {
        if let Some(command) = line.strip_prefix("$ ") {
            found.push(Command { text: command.to_owned(), says: Vec::new() });
            continue;
        }
        let command = found.last_mut().ok_or("a console block begins with `$ ` and a command")?;
        match line.strip_prefix('>') {
            Some(more) => command.text.push_str(&format!("\n{}", more.strip_prefix(' ').unwrap_or(more))),
            None => command.says.push(line.to_owned()),
        }
    }
    Ok(found)
}

/// Lines are compared without the space that aligns them.
fn plain(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Commands do not hide in what can't be run.
fn text(text: &str) -> Result<(), String> {
    let command = text.lines().find(|line| ["$ ", "decision-gate "].iter().any(|it| line.trim_start().starts_with(it)));
    command.map_or(Ok(()), |line| Err(format!("`{line}` is a command: say `console`")))
}

/// Whether everything that is shown is in what was said.
pub(crate) fn holds(shown: &Value, said: &Value) -> Result<(), String> {
    match (shown, said) {
        (Value::String(shown), _) if shown == "…" => Ok(()),
        (Value::Object(shown), Value::Object(said)) => shown.iter().try_for_each(|(name, value)| {
            let found = said.get(name).ok_or_else(|| format!("no `{name}`"))?;
            holds(value, found).map_err(|it| format!("`{name}`: {it}"))
        }),
        (Value::Array(shown), Value::Array(said)) if shown.len() == said.len() => {
            shown.iter().zip(said).try_for_each(|(shown, said)| holds(shown, said))
        }
        _ if shown == said => Ok(()),
        _ => Err(format!("{shown} is not {said}")),
    }
}
