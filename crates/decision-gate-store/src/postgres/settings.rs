//! Which database a PostgreSQL store lies in, and how it is reached.

use std::fs;
use std::path::PathBuf;
use std::time::Duration;

use zeroize::Zeroizing;

use super::fault::Fault;
use crate::{Opening, SyncMode};

/// Where the server listens.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Host {
    /// On a host, by name or address. Its certificate must be for this name.
    Tcp(String),
    /// On a socket in this folder.
    Socket(PathBuf),
}

/// What protects the way to the server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Tls {
    /// Nothing.
    Off,
    /// Encrypted; whoever answers is taken for the server.
    Encrypt,
    /// Encrypted, and the certificate must be for the host and by an authority of this file, or without one by a
    /// public one.
    Verify {
        /// The authorities, as PEM.
        ca_file: Option<PathBuf>,
    },
}

/// Where the role's password is. It is looked up for each new connection, so that a new one counts at once.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Password {
    /// The server asks for none.
    None,
    /// In this environment variable.
    Variable(String),
    /// In this file, which only its owner may read, with nothing else but a line end.
    File(PathBuf),
}

/// Most bytes of a file with a password.
const MAX_PASSWORD_BYTES: u64 = 4096;

impl Password {
    /// The password, for a moment.
    pub(crate) fn reveal(&self) -> Result<Option<Zeroizing<String>>, Fault> {
        let refused = |what: String| Fault::Unavailable(what);
        match self {
            Self::None => Ok(None),
            Self::Variable(name) => match std::env::var(name) {
                Ok(text) => Ok(Some(Zeroizing::new(text))),
                Err(_) => Err(refused(format!("the variable `{name}` with its password is not set"))),
            },
            Self::File(path) => {
                let failed = |why: String| refused(format!("the file `{}` with its password: {why}", path.display()));
                let known = fs::metadata(path).map_err(|error| failed(error.kind().to_string()))?;
                if !known.is_file() || known.len() > MAX_PASSWORD_BYTES {
                    return Err(failed("not a file, or too large".to_owned()));
                }
                if let Some(mode) = exposed(&known) {
                    return Err(failed(format!("others may read it (mode {mode:o}); `chmod 600` it")));
                }
                let text = fs::read_to_string(path).map_err(|error| failed(error.kind().to_string()))?;
                let text = Zeroizing::new(text);
                Ok(Some(Zeroizing::new(text.trim_end_matches(['\r', '\n']).to_owned())))
            }
        }
    }
}

/// The permissions, if they let others in.
#[cfg(unix)]
fn exposed(known: &fs::Metadata) -> Option<u32> {
    use std::os::unix::fs::PermissionsExt as _;
    let mode = known.permissions().mode() & 0o7777;
    (mode & 0o077 != 0).then_some(mode)
}

#[cfg(not(unix))]
fn exposed(_known: &fs::Metadata) -> Option<u32> {
    None
}

/// How to reach a PostgreSQL store.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PostgresSettings {
    /// Where the server listens.
    pub host: Host,
    /// On which port; also part of a socket's name.
    pub port: u16,
    /// The database.
    pub database: String,
    /// The role.
    pub user: String,
    /// Its password.
    pub password: Password,
    /// The schema that holds this ledger and nothing else. It is made on first use.
    pub schema: String,
    /// What protects the way to the server.
    pub tls: Tls,
    /// The most connections at once.
    pub pool_size: usize,
    /// How long to wait for a connection.
    pub connect_timeout: Duration,
    /// How long to wait for an answer.
    pub statement_timeout: Duration,
    /// How long to wait for another writer of the same run.
    pub lock_timeout: Duration,
    /// When an acknowledged write has reached the server's disk.
    pub sync_mode: SyncMode,
    /// What opening it may do to it.
    pub opening: Opening,
}

impl PostgresSettings {
    /// A database on a socket in a folder, with what is usual for the rest.
    pub fn socket(folder: impl Into<PathBuf>, database: &str, user: &str) -> Self {
        Self {
            host: Host::Socket(folder.into()),
            port: 5432,
            database: database.to_owned(),
            user: user.to_owned(),
            password: Password::None,
            schema: "decision_gate".to_owned(),
            tls: Tls::Off,
            pool_size: 8,
            connect_timeout: Duration::from_secs(5),
            statement_timeout: Duration::from_secs(10),
            lock_timeout: Duration::from_secs(5),
            sync_mode: SyncMode::Full,
            opening: Opening::ToWrite,
        }
    }

    /// The place in messages: neither role nor password.
    pub fn place(&self) -> String {
        let (port, database, schema) = (self.port, &self.database, &self.schema);
        match &self.host {
            Host::Tcp(host) if host.contains(':') => format!("postgresql://[{host}]:{port}/{database} ({schema})"),
            Host::Tcp(host) => format!("postgresql://{host}:{port}/{database} ({schema})"),
            Host::Socket(folder) => {
                format!("postgresql:{}/.s.PGSQL.{port}/{database} ({schema})", folder.display())
            }
        }
    }

    /// An identifier as a statement wants it.
    pub(crate) fn quoted_schema(&self) -> String {
        format!("\"{}\"", self.schema.replace('"', "\"\""))
    }
}
