//! Clients that are set up to start this server: whether they can, and which configuration they would have it read.

use std::path::Path;

use super::Finding;
use super::patient::Patient;
use crate::commands::mcp::client::{Client, Home, Place};
use crate::commands::mcp::config::installed;
use crate::commands::mcp::entry::Entry;

pub(super) fn run(patient: &Patient) -> Vec<Finding> {
    let Ok(folder) = std::env::current_dir() else { return Vec::new() };
    let home = Home::of_process();
    let mut found = Vec::new();
    for client in Client::ALL {
        for place in [Place::Project, Place::User] {
            let Some(file) = client.file(place, &folder, &home) else { continue };
            match installed(&file, client.form()) {
                None => {}
                Some(Err(fault)) => found.push(Finding::doubt(fault.code(), fault.to_string(), fault.hint())),
                Some(Ok(entry)) => found.extend(look(patient, client, &file, &entry)),
            }
        }
    }
    found
}

/// What is wrong with the entry of one client.
fn look(patient: &Patient, client: Client, file: &Path, entry: &Entry) -> Vec<Finding> {
    let again = || format!("`decision-gate mcp config --client {} --write` writes it anew", client.word());
    let mut found = Vec::new();
    let program = Path::new(&entry.command);
    if program.is_absolute() && !program.is_file() {
        let message = format!("`{}` starts `{}`, which is not there", file.display(), entry.command);
        found.push(Finding::trouble("client_program_missing", message, again()));
    } else if !program.is_absolute() {
        let message = format!("`{}` starts `{}` by its name alone", file.display(), entry.command);
        let hint = format!("some clients search fewer folders than a shell does; {}", again());
        found.push(Finding::doubt("client_program_bare", message, hint));
    }
    let Some(config) = entry.config().map(Path::new) else {
        let message = format!("`{}` names no configuration, and the server reads none of the project", file.display());
        found.push(Finding::doubt("client_config_unnamed", message, again()));
        return found;
    };
    if !config.is_absolute() {
        let message = format!("`{}` names the configuration `{}`", file.display(), config.display());
        let hint = format!("clients start servers in any folder: name the whole path; {}", again());
        found.push(Finding::doubt("client_config_relative", message, hint));
    } else if !config.is_file() {
        let message =
            format!("`{}` names the configuration `{}`, which is not there", file.display(), config.display());
        found.push(Finding::trouble("client_config_missing", message, again()));
    } else if let Some(here) = patient.config_path()
        && !same(here, config)
    {
        let message = format!(
            "`{}` names another configuration than the one that counts here: `{}`",
            file.display(),
            config.display()
        );
        found.push(Finding::doubt("client_config_other", message, format!("if that is not meant, {}", again())));
    }
    found
}

fn same(left: &Path, right: &Path) -> bool {
    matches!((left.canonicalize(), right.canonicalize()), (Ok(left), Ok(right)) if left == right)
}
