//! Settings of the provider `http`.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::time::Duration;

use decision_gate_core::trust::Lane;

use super::hosts::HostName;
use crate::BuildError;
use crate::error::bounded;

/// Settings of the provider `http`. By default nothing may be asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HttpSettings {
    /// The hosts that may be asked.
    pub hosts: Vec<HttpHost>,
    /// How long one answer may take, from the first look-up to the last byte, redirects included.
    pub timeout: Duration,
    /// The largest body that is read.
    pub max_response_bytes: usize,
    /// How many redirects are followed; where it is 0, a redirect is an answer like any other.
    pub max_redirects: usize,
    /// What the client calls itself.
    pub user_agent: String,
    /// Certificates in PEM form of authorities that are trusted beside the public ones.
    pub ca_file: Option<PathBuf>,
    /// Whether the public authorities that this build carries are trusted.
    pub public_roots: bool,
    /// The lane that answers are lowered to.
    pub max_lane: Option<Lane>,
}

/// A host that may be asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HttpHost {
    /// Its name or address, with a port if it is not the scheme's own: `ci.example.com`, `10.0.0.7:8443`, `[::1]:8443`.
    pub host: String,
    /// Whether it may be asked over plain `http` too.
    pub allow_http: bool,
    /// Whether its name may lead to a loopback or private address.
    pub allow_private: bool,
    /// The environment variable with a bearer token for it. It is sent over `https` only.
    pub bearer_token_env: Option<String>,
}

impl HttpHost {
    /// A host that may be asked over `https`, if it is public, without a token.
    pub fn named(host: impl Into<String>) -> Self {
        Self { host: host.into(), allow_http: false, allow_private: false, bearer_token_env: None }
    }
}

impl HttpSettings {
    /// How long one answer may take, where nothing else is said.
    pub const DEFAULT_TIMEOUT: Duration = Duration::from_secs(5);
    /// The largest body that is read, where nothing else is said.
    pub const DEFAULT_MAX_RESPONSE_BYTES: usize = 1_048_576;
    /// What the client calls itself, where nothing else is said.
    pub const DEFAULT_USER_AGENT: &str = concat!("decision-gate/", env!("CARGO_PKG_VERSION"));

    pub(crate) fn check(&self) -> Result<(), BuildError> {
        if self.max_response_bytes == 0 {
            return Err(BuildError::LimitZero { key: "max_response_bytes" });
        }
        if self.timeout.is_zero() {
            return Err(BuildError::LimitZero { key: "timeout_ms" });
        }
        if self.hosts.is_empty() {
            return Err(BuildError::NoHosts);
        }
        if !self.public_roots && self.ca_file.is_none() && self.hosts.iter().any(|host| !host.allow_http) {
            return Err(BuildError::NoAuthorities);
        }
        if self.user_agent.is_empty() || !self.user_agent.bytes().all(|it| matches!(it, b' '..=b'~')) {
            return Err(BuildError::UserAgent);
        }
        let mut seen = BTreeSet::new();
        self.hosts.iter().try_for_each(|host| {
            let name = HostName::parse(&host.host).ok_or_else(|| BuildError::HostName { text: bounded(&host.host) })?;
            if !seen.insert(name) {
                return Err(BuildError::HostRepeated { host: bounded(&host.host) });
            }
            match &host.bearer_token_env {
                Some(name) if name.is_empty() || name.contains(['=', '\0']) => {
                    Err(BuildError::VariableName { name: bounded(name) })
                }
                _ => Ok(()),
            }
        })
    }
}

impl Default for HttpSettings {
    fn default() -> Self {
        Self {
            hosts: Vec::new(),
            timeout: Self::DEFAULT_TIMEOUT,
            max_response_bytes: Self::DEFAULT_MAX_RESPONSE_BYTES,
            max_redirects: 0,
            user_agent: Self::DEFAULT_USER_AGENT.to_owned(),
            ca_file: None,
            public_roots: true,
            max_lane: None,
        }
    }
}
