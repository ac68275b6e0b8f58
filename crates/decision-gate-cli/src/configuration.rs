//! The flags that choose and change the configuration, and loading it.

use std::path::{Path, PathBuf};

use clap::Args;
use decision_gate_config::{ConfigErrors, Environment, Flag, Loaded, Source, discover, load};

/// Flags of every command that reads the configuration.
#[derive(Clone, Debug, Default, Args)]
pub(crate) struct ConfigurationArguments {
    /// The configuration file.
    #[arg(long, value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,
    /// Change one setting; may be given several times.
    #[arg(long = "set", value_name = "KEY=VALUE")]
    pub(crate) set: Vec<String>,
}

/// Where a configuration is looked for when none is named.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Discovery<'a> {
    /// The user's and the system's; never the working directory, where agents write.
    Server,
    /// Upward from a folder first.
    Project(&'a Path),
}

/// The variables that the command line reads for itself, as settings.
const VARIABLES: [(&str, &str); 2] =
    [("DECISION_GATE_PROFILE", "server.profile"), ("DECISION_GATE_LOG", "logging.level")];

impl ConfigurationArguments {
    /// Finds, reads and checks the configuration.
    pub(crate) fn load(&self, discovery: Discovery<'_>, more: Vec<Flag>) -> Result<Loaded, ConfigErrors> {
        load(&self.source(discovery, more)?)
    }

    /// The layers, unread.
    pub(crate) fn source(&self, discovery: Discovery<'_>, more: Vec<Flag>) -> Result<Source, ConfigErrors> {
        let environment = Environment::of_process();
        let named = self.config.as_deref();
        let file = match discovery {
            Discovery::Server => discover::for_server(named, &environment)?,
            Discovery::Project(folder) => discover::for_project(named, &environment, folder)?,
        };
        let mut flags: Vec<Flag> = VARIABLES.iter().filter_map(|(name, key)| variable(name, key)).collect();
        for assignment in &self.set {
            flags.push(Flag::set("--set", assignment)?);
        }
        flags.extend(more);
        Ok(Source { file, environment, flags, policies: Vec::new() })
    }
}

fn variable(name: &str, key: &str) -> Option<Flag> {
    let value = std::env::var_os(name).filter(|value| !value.is_empty())?;
    Some(Flag::new(name, key, value.to_string_lossy()))
}
