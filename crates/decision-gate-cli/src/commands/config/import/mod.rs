//! `config import`: a configuration of the public project as one of ours. Every key without a counterpart is named, with the
//! reason, and no secret is copied.

mod providers;
mod reasons;
mod tree;

use std::path::PathBuf;

use clap::Args;
use serde_json::json;
use toml::{Table, Value};

use self::tree::Tree;
use crate::arguments::{Format, ReportArguments};
use crate::commands::Ending;
use crate::fault::Fault;
use crate::input;
use crate::output::Output;
use crate::render::{Line, labelled, path_json};

/// That project takes no larger one.
const MAX_BYTES: usize = 1 << 20;

/// Arguments of `config import`.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct ImportArguments {
    /// The configuration of the public project.
    file: PathBuf,
    /// The file to write; stdout when left out. It must not be there yet.
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
    #[command(flatten)]
    pub(super) report: ReportArguments,
}

const EXAMPLES: &str = "\
What has no counterpart stands as a comment in front, each key with the reason.
Tokens are not copied: name the environment variables that have them.

Examples:
  decision-gate config import decision-gate.toml --out .decision-gate/config.toml
  decision-gate config import old.toml | less";

/// Keys that are called otherwise here and mean the same.
const MOVES: &[(&str, &str)] = &[
    ("server.max_body_bytes", "limits.max_request_bytes"),
    ("server.limits.max_inflight", "limits.max_in_flight"),
    ("server.tools.denylist", "server.tools.deny"),
    ("trust.min_lane", "trust.trust_requirement"),
    ("evidence.allow_raw_values", "evidence.allow_raw_values"),
    ("evidence.require_provider_opt_in", "evidence.require_provider_opt_in"),
    ("anchors.providers", "anchors.providers"),
    ("policy.engine", "policy.engine"),
    ("policy.static", "policy.static"),
    ("run_state_store.type", "store.type"),
    ("run_state_store.path", "store.path"),
    ("run_state_store.busy_timeout_ms", "store.busy_timeout_ms"),
    ("run_state_store.sync_mode", "store.sync_mode"),
    ("runpack_storage.bucket", "runpacks.s3.bucket"),
    ("runpack_storage.region", "runpacks.s3.region"),
    ("runpack_storage.endpoint", "runpacks.s3.endpoint"),
    ("runpack_storage.prefix", "runpacks.s3.prefix"),
    ("runpack_storage.force_path_style", "runpacks.s3.force_path_style"),
    ("runpack_storage.allow_http", "runpacks.s3.allow_http"),
];

/// A key that means the same here as it does there, and has nothing to be written for.
const AGREED: &[(&str, &str)] = &[
    ("server.transport", "stdio"),
    ("server.mode", "strict"),
    ("run_state_store.journal_mode", "wal"),
    ("runpack_storage.provider", "s3"),
];

/// What came of it.
struct Imported {
    config: Table,
    /// Keys that are called otherwise here.
    moved: Vec<(String, String)>,
    /// Keys without a counterpart, and why.
    left: Vec<(String, &'static str)>,
}

/// Reads the one, and writes the other.
pub(super) fn run(arguments: &ImportArguments, output: Output) -> Result<Ending, Fault> {
    let bytes = input::read(&arguments.file, MAX_BYTES).map_err(ImportFault::from)?;
    let invalid = |problem: String| ImportFault::Invalid { path: arguments.file.clone(), problem };
    let text = String::from_utf8(bytes).map_err(|error| invalid(error.to_string()))?;
    let old = text.parse::<Table>().map_err(|error| invalid(error.message().to_owned()))?;
    let imported = import(old);
    let written = imported.text(&arguments.file.display().to_string());
    if let Some(out) = &arguments.out {
        crate::commands::init::write(out, &written)?;
    }
    match arguments.report.format {
        Format::Json => output.json(&json!({
            "out": path_json(arguments.out.as_deref()),
            "config": written,
            "moved": imported.moved.iter().map(|(from, to)| json!({ "from": from, "to": to })).collect::<Vec<_>>(),
            "left": imported.left.iter().map(|(key, why)| json!({ "key": key, "why": why })).collect::<Vec<_>>(),
        }))?,
        Format::Text => match &arguments.out {
            None => output.data(&written)?,
            Some(out) => {
                let mut text = String::new();
                labelled(&mut text, "wrote", Line(out.display()));
                for (key, why) in &imported.left {
                    labelled(&mut text, "left", format_args!("{}: {why}", Line(key)));
                }
                labelled(
                    &mut text,
                    "next",
                    format_args!("decision-gate config check --config {}", Line(out.display())),
                );
                output.answer(&text)?;
            }
        },
    }
    Ok(Ending::Yes)
}

fn import(old: Table) -> Imported {
    let mut old = Tree::new(old);
    let mut new = Tree::default();
    let mut moved = Vec::new();
    for (from, to) in MOVES {
        if let Some(value) = old.take(from) {
            new.put(to, value);
            if from != to {
                moved.push(((*from).to_owned(), (*to).to_owned()));
            }
        }
    }
    for (key, word) in AGREED {
        if old.get(key).and_then(Value::as_str) == Some(word) {
            old.take(key);
        }
    }
    if old.take("runpack_storage.type").is_some() {
        new.put("runpacks.type", "s3".into());
    }
    trust(&mut old, &mut new);
    tenants(&mut old, &mut new);
    tools(&mut old, &mut new);
    providers::import(&mut old, &mut new);
    let left = old.leaves().into_iter().map(|key| (key.clone(), reasons::of(&key))).collect();
    Imported { config: new.into_table(), moved, left }
}

/// There the id of a key is the path of its file.
fn trust(old: &mut Tree, new: &mut Tree) {
    match old.take("trust.default_policy") {
        Some(Value::String(word)) => new.put("trust.default_policy", Value::String(word)),
        Some(Value::Table(policy)) => {
            let policy = signed(policy, new);
            new.put("trust.default_policy", Value::Table(policy));
        }
        _ => {}
    }
}

/// A policy that wants signatures, whose keys are declared by the way. There a signature binds the value's hash only.
fn signed(mut policy: Table, new: &mut Tree) -> Table {
    let mut required = match policy.remove("require_signature") {
        Some(Value::Table(required)) => required,
        _ => Table::new(),
    };
    let keys = required.get("keys").and_then(Value::as_array).cloned().unwrap_or_default();
    for path in keys.iter().filter_map(Value::as_str) {
        let known = new
            .get("trust.keys")
            .and_then(Value::as_array)
            .is_some_and(|keys| keys.iter().any(|key| key.get("key_id").and_then(Value::as_str) == Some(path)));
        if !known {
            let key = [("key_id", path), ("algorithm", "ed25519"), ("file", path)];
            let key: Table = key.into_iter().map(|(name, value)| (name.to_owned(), Value::from(value))).collect();
            new.push("trust.keys", Value::Table(key));
        }
    }
    required.entry("binding").or_insert_with(|| "value".into());
    [("require_signature".to_owned(), Value::Table(required))].into_iter().collect()
}

/// There tenants are numbers that are listed for the default namespace.
fn tenants(old: &mut Tree, new: &mut Tree) {
    let Some(Value::Array(ids)) = old.take("namespace.default_tenants") else { return };
    for id in ids.iter().filter_map(Value::as_integer) {
        let name = format!("tenant-{id}");
        new.push(
            "tenants",
            Value::Table(
                [("id".to_owned(), Value::from(id)), ("name".to_owned(), Value::from(name))].into_iter().collect(),
            ),
        );
    }
    if old.get("namespace.allow_default").and_then(Value::as_bool) == Some(true) {
        old.take("namespace.allow_default");
    }
}

/// There all tools are listed unless some are hidden.
fn tools(old: &mut Tree, new: &mut Tree) {
    new.put("server.profile", "full".into());
    let known: Vec<&str> = decision_gate_mcp::tools::ALL.iter().map(|tool| tool.card().name).collect();
    if let Some(Value::Array(denied)) = new.take("server.tools.deny") {
        let (here, gone): (Vec<_>, Vec<_>) =
            denied.into_iter().partition(|it| it.as_str().is_some_and(|name| known.contains(&name)));
        if !here.is_empty() {
            new.put("server.tools.deny", Value::Array(here));
        }
        if !gone.is_empty() {
            old.put("server.tools.denylist", Value::Array(gone));
        }
    }
    if let Some(Value::Array(allowed)) = old.take("server.tools.allowlist")
        && !allowed.is_empty()
    {
        let allowed: Vec<&str> = allowed.iter().filter_map(Value::as_str).collect();
        let hidden = known.into_iter().filter(|name| !allowed.contains(name));
        hidden.for_each(|name| new.push("server.tools.deny", name.into()));
    }
}

impl Imported {
    fn text(&self, from: &str) -> String {
        let mut text = format!(
            "# Imported from {} by `decision-gate config import`. Paths are relative to the folder of this file.\n",
            Line(from)
        );
        for (key, why) in &self.left {
            text.push_str(&format!("# not imported: {}: {why}\n", Line(key)));
        }
        // A table of plain values always has a form.
        format!("{text}\n{}", toml::to_string(&self.config).unwrap_or_default())
    }
}

/// Why nothing can be imported.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ImportFault {
    /// The file can't be read.
    #[error(transparent)]
    Input(#[from] input::InputFault),
    /// It is no TOML.
    #[error("`{}` is no toml: {problem}", path.display())]
    Invalid {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        problem: String,
    },
}

impl ImportFault {
    /// Stable code.
    pub(crate) fn code(&self) -> &'static str {
        match self {
            Self::Input(fault) => fault.code(),
            Self::Invalid { .. } => "import_file_invalid",
        }
    }

    /// What to do.
    pub(crate) fn hint(&self) -> &'static str {
        match self {
            Self::Input(fault) => fault.hint(),
            Self::Invalid { .. } => "name the configuration of that project, as it reads it itself",
        }
    }
}
