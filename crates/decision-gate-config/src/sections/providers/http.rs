//! Settings of the provider `http`, which asks the hosts that are named here and no others.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::env::VariableName;
use crate::error::Fault;
use crate::key_path::KeyPath;
use crate::sections::Checks;
use crate::values::{Bounded, ConfigPath, text_type};

/// Settings of the provider `http`: `hosts`, or `allowed_hosts` for those without settings of their own.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct HttpSettings {
    /// The hosts that may be asked.
    pub hosts: Vec<HttpHost>,
    /// More hosts that may be asked, in the short form: over `https`, if they are public.
    pub allowed_hosts: Vec<HostName>,
    /// How long one answer may take, from the first look-up to the last byte, redirects included.
    pub timeout_ms: Bounded<100, 30_000, 5_000>,
    /// The largest body that is read.
    pub max_response_bytes: Bounded<1, 67_108_864, 1_048_576>,
    /// How many redirects are followed; where it is 0, a redirect is an answer like any other.
    pub max_redirects: Bounded<0, 10, 0>,
    /// What the client calls itself; without it the product and its version.
    pub user_agent: Option<UserAgent>,
    /// Certificates in PEM form of authorities that are trusted beside the public ones.
    pub ca_file: Option<ConfigPath>,
    /// Whether the public authorities that this build carries are trusted.
    pub public_roots: bool,
}

/// A host that may be asked.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct HttpHost {
    /// Its name or address, with a port if it is not the scheme's own.
    pub host: HostName,
    /// Whether it may be asked over plain `http` too.
    #[serde(default)]
    pub allow_http: bool,
    /// Whether its name may lead to a loopback or private address.
    #[serde(default)]
    pub allow_private: bool,
    /// The environment variable with a bearer token for it. It is sent over `https` only.
    pub bearer_token_env: Option<VariableName>,
}

impl Default for HttpSettings {
    fn default() -> Self {
        Self {
            hosts: Vec::new(),
            allowed_hosts: Vec::new(),
            timeout_ms: Bounded::default(),
            max_response_bytes: Bounded::default(),
            max_redirects: Bounded::default(),
            user_agent: None,
            ca_file: None,
            public_roots: true,
        }
    }
}

impl HttpSettings {
    /// The hosts that may be asked, whichever form they were written in.
    pub fn effective_hosts(&self) -> Vec<HttpHost> {
        let short = self.allowed_hosts.iter().map(|host| HttpHost {
            host: host.clone(),
            allow_http: false,
            allow_private: false,
            bearer_token_env: None,
        });
        self.hosts.iter().cloned().chain(short).collect()
    }

    pub(super) fn check(&self, checks: &mut Checks) {
        let hosts = self.effective_hosts();
        if hosts.is_empty() {
            checks.report(Fault::MissingOneOf { keys: vec!["hosts".to_owned(), "allowed_hosts".to_owned()] });
        }
        if !self.public_roots && self.ca_file.is_none() && hosts.iter().any(|host| !host.allow_http) {
            checks.report(Fault::MissingOneOf { keys: vec!["ca_file".to_owned(), "public_roots".to_owned()] });
        }
        let lower = |host: &HostName| host.as_str().to_ascii_lowercase();
        checks.key("hosts", |checks| checks.unique(&self.hosts, "host", "host", |host| lower(&host.host)));
        checks.key("allowed_hosts", |checks| {
            checks.unique(&self.allowed_hosts, "host", "", lower);
            checks.items(&self.allowed_hosts, |checks, short| {
                if self.hosts.iter().any(|host| lower(&host.host) == lower(short)) {
                    let (this, other) = ("allowed_hosts".to_owned(), "hosts".to_owned());
                    checks.report(Fault::Conflict { this, other });
                }
            });
        });
    }

    pub(super) fn paths<'a>(&'a mut self, at: &KeyPath, paths: &mut Vec<(KeyPath, &'a mut ConfigPath)>) {
        paths.extend(self.ca_file.iter_mut().map(|path| (at.key("ca_file"), path)));
    }
}

text_type! {
    /// A host as it is asked: a name or an address, with a port if it is not the scheme's own.
    HostName, HostNameFault, check_host, {
        "type": "string",
        "pattern": "^(\\[[0-9A-Fa-f:.]+\\]|[A-Za-z0-9_]([A-Za-z0-9_.-]*[A-Za-z0-9_])?)(:[0-9]{1,5})?$",
        "maxLength": 259
    }
}

/// Why a text is not a host.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{text}` is not a host: a name or an address, with `:port` if need be; no pattern, no scheme, no path")]
pub struct HostNameFault {
    text: String,
}

fn check_host(text: &str) -> Result<(), HostNameFault> {
    let edge = |it: char| it.is_ascii_alphanumeric() || it == '_';
    let inner = |it: char| edge(it) || matches!(it, '-' | '.');
    let named =
        |name: &str| name.len() <= 253 && name.starts_with(edge) && name.ends_with(edge) && name.chars().all(inner);
    let ported = |port: &str| port.bytes().all(|it| it.is_ascii_digit()) && port.parse::<u16>().is_ok_and(|it| it > 0);
    let good = match text.strip_prefix('[').map(|rest| rest.split_once(']')) {
        Some(Some((address, rest))) => {
            address.parse::<std::net::Ipv6Addr>().is_ok()
                && (rest.is_empty() || rest.strip_prefix(':').is_some_and(ported))
        }
        Some(None) => false,
        None => text.split_once(':').map_or_else(|| named(text), |(name, port)| named(name) && ported(port)),
    };
    if good { Ok(()) } else { Err(HostNameFault { text: text.to_owned() }) }
}

text_type! {
    /// What a client calls itself: printable ASCII.
    UserAgent, UserAgentFault, check_user_agent, { "type": "string", "pattern": "^[ -~]{1,256}$" }
}

/// Why a text is nothing that a client can call itself.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a client calls itself by 1 to 256 printable ascii characters, this has `{length}` bytes")]
pub struct UserAgentFault {
    length: usize,
}

fn check_user_agent(text: &str) -> Result<(), UserAgentFault> {
    let good = (1..=256).contains(&text.len()) && text.bytes().all(|it| matches!(it, b' '..=b'~'));
    if good { Ok(()) } else { Err(UserAgentFault { length: text.len() }) }
}
