//! Everything that is needed to reach a provider, checked once.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
#[cfg(feature = "http")]
use std::sync::Arc;
use std::time::Duration;

use decision_gate_config::sections::providers::{Handshake, McpSettings, Protocol, StderrUse, VariableName};
#[cfg(feature = "http")]
use decision_gate_providers::http::{Endpoint, EndpointSettings};

use super::FederationError;

/// How a provider is reached and how much it may send.
#[derive(Clone, Debug)]
pub(super) struct Launch {
    pub(super) provider: String,
    pub(super) way: Way,
    pub(super) protocol: Protocol,
    pub(super) handshake: Handshake,
    pub(super) start_limit: Duration,
    pub(super) max_message: usize,
}

/// Where a provider is.
#[derive(Clone, Debug)]
pub(super) enum Way {
    /// In a program that is started.
    Program(Program),
    /// At an address.
    #[cfg(feature = "http")]
    Address(Arc<Endpoint>),
}

/// A program and what it is started with.
#[derive(Clone, Debug)]
pub(super) struct Program {
    pub(super) provider: String,
    pub(super) program: String,
    pub(super) args: Vec<String>,
    pub(super) inherited: Vec<String>,
    pub(super) set: BTreeMap<String, String>,
    pub(super) cwd: PathBuf,
    pub(super) base: PathBuf,
    pub(super) stderr: StderrUse,
}

impl Launch {
    /// How to reach the provider `name`; `base` is the folder that relative paths start from.
    pub(super) fn new(name: &str, settings: &McpSettings, base: &Path) -> Result<Self, FederationError> {
        Ok(Self {
            provider: name.to_owned(),
            way: Way::of(name, settings, base)?,
            protocol: settings.protocol,
            handshake: settings.handshake,
            start_limit: Duration::from_millis(settings.start_timeout_ms.get()),
            max_message: settings.max_message_bytes.as_usize(),
        })
    }

    /// How many bytes it may send without answering anything.
    pub(super) fn allowance(&self) -> u64 {
        u64::try_from(self.max_message).unwrap_or(u64::MAX).saturating_mul(8).max(4 * 1024 * 1024)
    }
}

impl Way {
    fn of(name: &str, settings: &McpSettings, base: &Path) -> Result<Self, FederationError> {
        if let Some(url) = &settings.url {
            return Self::address(url.as_str(), settings);
        }
        let program = settings.command.as_ref().ok_or(FederationError::NoCommand)?.as_str().to_owned();
        let variable = |(name, value): (&VariableName, &String)| (name.as_str().to_owned(), value.clone());
        Ok(Self::Program(Program {
            provider: name.to_owned(),
            program,
            args: settings.args.clone(),
            inherited: settings.env.iter().map(|name| name.as_str().to_owned()).collect(),
            set: settings.set_env.iter().map(variable).collect(),
            cwd: settings.cwd.as_ref().map_or_else(|| base.to_owned(), |cwd| cwd.as_path().to_owned()),
            base: base.to_owned(),
            stderr: settings.stderr,
        }))
    }

    #[cfg(feature = "http")]
    fn address(url: &str, settings: &McpSettings) -> Result<Self, FederationError> {
        let variable = |name: &VariableName| name.as_str().to_owned();
        let endpoint = Endpoint::new(&EndpointSettings {
            url: url.to_owned(),
            allow_http: settings.allow_http,
            allow_private: settings.allow_private,
            bearer_token_env: settings.bearer_token_env.as_ref().map(variable),
            header_env: settings.header_env.iter().map(|(name, it)| (name.as_str().to_owned(), variable(it))).collect(),
            ca_file: settings.ca_file.as_ref().map(|path| path.as_path().to_owned()),
            public_roots: settings.public_roots.0,
        });
        Ok(Self::Address(Arc::new(endpoint.map_err(FederationError::Address)?)))
    }

    #[cfg(not(feature = "http"))]
    fn address(_url: &str, _settings: &McpSettings) -> Result<Self, FederationError> {
        Err(FederationError::Address(decision_gate_providers::BuildError::NotInThisBuild { provider: "http" }))
    }
}

impl Program {
    /// The program's path. A bare name is looked up in this process's `PATH`, so that a provider needs none of its own;
    /// anything else is relative to the configuration file and never to the working directory.
    pub(super) fn program_path(&self) -> Option<PathBuf> {
        if self.program.contains(std::path::is_separator) {
            return Some(self.base.join(&self.program));
        }
        let path = std::env::var_os("PATH").unwrap_or_default();
        let folders = std::env::split_paths(&path).filter(|folder| folder.is_absolute());
        let suffix = std::env::consts::EXE_SUFFIX;
        folders.map(|folder| folder.join(format!("{}{suffix}", self.program))).find(|path| path.is_file())
    }

    /// The environment that it gets: what is named, and nothing else.
    pub(super) fn environment(&self) -> impl Iterator<Item = (OsString, OsString)> {
        let inherited =
            self.inherited.iter().filter_map(|name| std::env::var_os(name).map(|value| (OsString::from(name), value)));
        let set = self.set.iter().map(|(name, value)| (OsString::from(name), OsString::from(value)));
        inherited.chain(set)
    }
}
