//! Sources of evidence have what they need of this system: their programs, and the variables that hold their secrets.
//!
//! Nobody is started and nobody is asked: what a source answers is for `check` and `providers contract` to see.

use std::path::Path;

use decision_gate_config::sections::providers::{BuiltinSettings, McpSettings};

use super::Finding;
use super::patient::Patient;

pub(super) fn run(patient: &Patient) -> Vec<Finding> {
    let Ok(loaded) = &patient.loaded else { return Vec::new() };
    let folder = patient.config_path().and_then(Path::parent);
    let mut found = Vec::new();
    for provider in loaded.config().providers.effective() {
        let name = provider.name.as_str();
        match &provider.config {
            BuiltinSettings::Http(settings) => {
                let tokens = settings.hosts.iter().filter_map(|host| host.bearer_token_env.as_ref());
                found.extend(tokens.filter_map(|variable| unset(name, variable.as_str())));
            }
            BuiltinSettings::Mcp(settings) => {
                let token = settings.bearer_token_env.iter();
                let secrets = token.chain(settings.header_env.values());
                found.extend(secrets.filter_map(|variable| unset(name, variable.as_str())));
                found.extend(missing(name, settings, folder));
            }
            BuiltinSettings::Attestation(_)
            | BuiltinSettings::Env(_)
            | BuiltinSettings::Json(_)
            | BuiltinSettings::Report(_)
            | BuiltinSettings::Time(_) => {}
        }
    }
    found
}

fn unset(provider: &str, variable: &str) -> Option<Finding> {
    let is_set = std::env::var_os(variable).is_some_and(|value| !value.is_empty());
    let message = format!("provider `{provider}` takes a secret from the variable `{variable}`, which is not set here");
    let hint = "set it where the server and the checks run; what needs it holds until then";
    (!is_set).then(|| Finding::doubt("provider_variable_unset", message, hint))
}

/// The program of a server outside, where it is not to be found.
fn missing(provider: &str, settings: &McpSettings, folder: Option<&Path>) -> Option<Finding> {
    let program = settings.command.as_ref()?.as_str();
    let is_there = if program.contains(['/', '\\']) {
        folder.map_or_else(|| Path::new(program).to_owned(), |folder| folder.join(program)).is_file()
    } else {
        let path = std::env::var_os("PATH").unwrap_or_default();
        std::env::split_paths(&path).any(|folder| folder.join(program).is_file())
    };
    let message = format!("provider `{provider}` is the program `{program}`, which is not there");
    let hint = "install it, or correct `command` in its settings; what it is asked holds until then";
    (!is_there).then(|| Finding::trouble("provider_program_missing", message, hint))
}
