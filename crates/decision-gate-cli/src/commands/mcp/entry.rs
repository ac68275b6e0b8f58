//! The entry of a server in a client's file.

use std::path::Path;

use serde_json::{Map, Value, json};

use super::client::Form;

/// What the server is called there.
pub(crate) const NAME: &str = "decision-gate";

/// How a client starts the server. Clients start it with a bare search path and in any folder: all paths are whole.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Entry {
    /// The program.
    pub(crate) command: String,
    /// Its arguments.
    pub(crate) args: Vec<String>,
}

impl Entry {
    pub(super) fn new(program: &Path, config: Option<&Path>, profile: Option<&str>) -> Self {
        let mut args = vec!["serve".to_owned()];
        for (flag, value) in
            [("--config", config.map(|it| it.display().to_string())), ("--profile", profile.map(str::to_owned))]
        {
            args.extend(value.into_iter().flat_map(|value| [flag.to_owned(), value]));
        }
        Self { command: program.display().to_string(), args }
    }

    /// As a value in the client's file.
    pub(super) fn value(&self, form: Form) -> Value {
        let mut entry = Map::new();
        if matches!(form, Form::Json { typed: true, .. }) {
            entry.insert("type".to_owned(), "stdio".into());
        }
        entry.insert("command".to_owned(), self.command.clone().into());
        entry.insert("args".to_owned(), json!(self.args));
        Value::Object(entry)
    }

    /// The entry that a client's file has for this server: by its name, or by the program that it starts.
    pub(crate) fn find(servers: &Value) -> Option<Self> {
        let servers = servers.as_object()?;
        let read = |value: &Value| {
            let args = value.get("args").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
            let args = args.iter().filter_map(|it| it.as_str().map(str::to_owned)).collect();
            Some(Self { command: value.get("command")?.as_str()?.to_owned(), args })
        };
        let ours = |entry: &Self| Path::new(&entry.command).file_stem().is_some_and(|stem| stem == NAME);
        servers.get(NAME).and_then(read).or_else(|| servers.values().filter_map(read).find(ours))
    }

    /// The configuration that it names.
    pub(crate) fn config(&self) -> Option<&str> {
        let at = self.args.iter().position(|arg| arg == "--config")?;
        self.args.get(at + 1).map(String::as_str)
    }
}
