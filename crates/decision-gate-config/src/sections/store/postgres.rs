//! `store.postgres`: how a ledger in PostgreSQL is reached.
//!
//! There is no key for the password: a file or a variable has it, so that nothing that prints settings can show it.

use std::net::IpAddr;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::error::Fault;
use crate::key_path::KeyPath;
use crate::sections::Checks;
use crate::sections::providers::VariableName;
use crate::values::{Bounded, ConfigPath, text_type};

/// How a ledger in PostgreSQL is reached.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Postgres {
    /// The server's host, by name or address, or the folder of its socket, such as `/run/postgresql`.
    pub host: PostgresHost,
    /// Its port; also part of a socket's name.
    #[serde(default)]
    pub port: Bounded<1, 65_535, 5_432>,
    /// The database.
    pub database: PostgresName,
    /// The role.
    pub user: PostgresName,
    /// The schema that holds this ledger and nothing else; made on first use.
    #[serde(default)]
    pub schema: PostgresSchema,
    /// The environment variable with the role's password.
    pub password_env: Option<VariableName>,
    /// A file with the role's password and nothing else but a line end. It is read for each new connection.
    pub password_file: Option<ConfigPath>,
    /// What protects the way to the server; without it `verify_full`, and `off` for a socket or a loopback address.
    pub tls: Option<PostgresTls>,
    /// Certificates in PEM form of the authorities that the server's certificate may be by; without it the public ones.
    pub ca_file: Option<ConfigPath>,
    /// The most connections of one process at once.
    #[serde(default)]
    pub pool_size: Bounded<1, 200, 8>,
    /// How long to wait for a connection.
    #[serde(default)]
    pub connect_timeout_ms: Bounded<100, 60_000, 5_000>,
    /// How long to wait for an answer.
    #[serde(default)]
    pub statement_timeout_ms: Bounded<100, 600_000, 10_000>,
}

/// What protects the way to a server.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum PostgresTls {
    /// Encrypted, and the server's certificate is for its host and by an authority that is trusted.
    VerifyFull,
    /// Encrypted; whoever answers is taken for the server.
    Encrypt,
    /// Nothing.
    Off,
}

impl Postgres {
    /// What protects the way to the server.
    pub fn effective_tls(&self) -> PostgresTls {
        let local = if self.host.is_local() { PostgresTls::Off } else { PostgresTls::VerifyFull };
        self.tls.unwrap_or(local)
    }

    /// Whether somebody between here and the server could read or play it.
    pub fn is_exposed(&self) -> bool {
        !self.host.is_local() && self.effective_tls() != PostgresTls::VerifyFull
    }

    pub(super) fn check(&self, checks: &mut Checks) {
        if self.password_env.is_some() && self.password_file.is_some() {
            let (this, other) = ("password_env".to_owned(), "password_file".to_owned());
            checks.key("password_env", |checks| checks.report(Fault::Conflict { this, other }));
        }
        if self.ca_file.is_some() && self.effective_tls() != PostgresTls::VerifyFull {
            let (this, other) = ("ca_file".to_owned(), "tls".to_owned());
            checks.key("ca_file", |checks| checks.report(Fault::Conflict { this, other }));
        }
    }

    pub(super) fn paths<'a>(&'a mut self, at: &KeyPath, paths: &mut Vec<(KeyPath, &'a mut ConfigPath)>) {
        paths.extend(self.password_file.iter_mut().map(|path| (at.key("password_file"), path)));
        paths.extend(self.ca_file.iter_mut().map(|path| (at.key("ca_file"), path)));
    }
}

text_type! {
    /// The host of a server, or the folder of its socket.
    PostgresHost, PostgresHostFault, check_host, {
        "type": "string", "pattern": "^(/[^\\u0000]*|[A-Za-z0-9_]([A-Za-z0-9_.-]*[A-Za-z0-9_])?|[0-9A-Fa-f:.]+)$", "maxLength": 253
    }
}

impl PostgresHost {
    /// Whether it is the folder of a socket.
    pub fn is_socket(&self) -> bool {
        self.as_str().starts_with('/')
    }

    /// Whether what is sent to it stays on this machine.
    pub fn is_local(&self) -> bool {
        let loopback = self.as_str().parse::<IpAddr>().is_ok_and(|address| address.is_loopback());
        self.is_socket() || loopback || self.as_str() == "localhost"
    }
}

/// Why a text is not a host.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a host is a name, an address or the absolute path of a socket's folder: no port, no scheme, no password")]
pub struct PostgresHostFault;

fn check_host(text: &str) -> Result<(), PostgresHostFault> {
    let edge = |it: char| it.is_ascii_alphanumeric() || it == '_';
    let named = text.starts_with(edge) && text.ends_with(edge) && text.chars().all(|it| edge(it) || ".-".contains(it));
    let socket = text.starts_with('/') && !text.contains('\0');
    if text.len() <= 253 && (socket || named || text.parse::<IpAddr>().is_ok()) {
        Ok(())
    } else {
        Err(PostgresHostFault)
    }
}

text_type! {
    /// The name of a database or a role.
    PostgresName, PostgresNameFault, check_name, { "type": "string", "pattern": "^[^\\u0000]{1,63}$" }
}

/// Why a text is not the name of a database or a role.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a name of a database or a role has 1 to 63 bytes and no zero byte")]
pub struct PostgresNameFault;

fn check_name(text: &str) -> Result<(), PostgresNameFault> {
    if (1..=63).contains(&text.len()) && !text.contains('\0') { Ok(()) } else { Err(PostgresNameFault) }
}

text_type! {
    /// The name of a schema.
    PostgresSchema, PostgresSchemaFault, check_schema, { "type": "string", "pattern": "^[a-z_][a-z0-9_]{0,62}$" }
}

impl Default for PostgresSchema {
    fn default() -> Self {
        Self("decision_gate".to_owned())
    }
}

/// Why a text is not the name of a schema.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a schema is named by 1 to 63 of `a-z`, `0-9` and `_`, first no digit, and not `pg_` or `information_schema`")]
pub struct PostgresSchemaFault;

fn check_schema(text: &str) -> Result<(), PostgresSchemaFault> {
    let plain = text.bytes().all(|it| it.is_ascii_lowercase() || it.is_ascii_digit() || it == b'_');
    let first = text.starts_with(|it: char| it.is_ascii_lowercase() || it == '_');
    let own = !text.starts_with("pg_") && text != "information_schema";
    if (1..=63).contains(&text.len()) && plain && first && own { Ok(()) } else { Err(PostgresSchemaFault) }
}
