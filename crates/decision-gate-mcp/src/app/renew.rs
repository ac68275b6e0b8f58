//! The product again, from a configuration that was read anew, over the same ledger.

use std::sync::Arc;

use decision_gate_config::{Config, ConfigErrors, Loaded};

use super::{App, SetupError};

/// Why a configuration that was read anew is not put in force; the one before stays.
#[derive(Debug, thiserror::Error)]
pub enum ReloadError {
    /// It does not hold.
    #[error(transparent)]
    Config(#[from] ConfigErrors),
    /// The product can't be put together from it.
    #[error(transparent)]
    Setup(#[from] SetupError),
    /// It changes what is fixed while a server runs.
    #[error("{} can't change while the server runs", changed(keys))]
    Restart {
        /// The settings that changed.
        keys: Vec<&'static str>,
    },
}

impl ReloadError {
    /// Stable code.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Config(errors) => errors.code(),
            Self::Setup(error) => error.code(),
            Self::Restart { .. } => "config_restart_needed",
        }
    }

    /// What to do.
    pub fn hint(&self) -> String {
        match self {
            Self::Config(_) => "`decision-gate config check` shows every problem".into(),
            Self::Setup(error) => error.hint(),
            Self::Restart { .. } => "put it back, or restart the server".into(),
        }
    }
}

impl App {
    /// The same product under another configuration: policies, keys, providers, scenarios and rights are those of
    /// `loaded`, the ledger is the one that is open.
    ///
    /// # Errors
    /// [`ReloadError`]; then nothing has changed.
    pub fn renewed(&self, loaded: Loaded) -> Result<Self, ReloadError> {
        let keys = fixed(self.loaded(), &loaded);
        if keys.is_empty() {
            // Sums go on, and what waits to be told is told.
            let same = loaded.config().telemetry == self.loaded().config().telemetry;
            Ok(Self::build_on(loaded, Arc::clone(&self.store), None, same.then(|| self.telemetry.clone()))?)
        } else {
            Err(ReloadError::Restart { keys })
        }
    }
}

/// The settings that differ and that are fixed while a server runs: the ledger, what was said to the client, and what
/// its transport was made with.
fn fixed(before: &Loaded, after: &Loaded) -> Vec<&'static str> {
    let (old, new): (&Config, &Config) = (before.config(), after.config());
    let differ = [
        ("server", old.server != new.server),
        ("store", old.store != new.store || before.store_path().ok() != after.store_path().ok()),
        ("limits.max_request_bytes", old.limits.max_request_bytes != new.limits.max_request_bytes),
        ("limits.max_in_flight", old.limits.max_in_flight != new.limits.max_in_flight),
        ("limits.max_json_depth", old.limits.max_json_depth != new.limits.max_json_depth),
        ("limits.drain_ms", old.limits.drain_ms != new.limits.drain_ms),
        ("logging.format", old.logging.format != new.logging.format),
    ];
    differ.into_iter().filter(|(_, differs)| *differs).map(|(key, _)| key).collect()
}

fn changed(keys: &[&'static str]) -> String {
    keys.iter().map(|key| format!("`{key}`")).collect::<Vec<_>>().join(", ")
}
