//! From settings to a connection that is known to lead to a ledger of this version, which an older one becomes when
//! it is opened.
//!
//! Nothing in a schema of another program is changed: what is there is looked at before anything is made. Several
//! servers may open an empty schema at once; one makes the tables, the others wait for it.

use std::future::Future;

use tokio_postgres::{Client, Config, NoTls};

use super::connection::Connection;
use super::fault::Fault;
use super::locks;
use super::schema::{APPLICATION, SCHEMA_VERSION, STEPS, privileges};
use super::settings::{Host, PostgresSettings};
use super::tls;
use crate::{Opening, SyncMode};

/// Connects, whatever the schema is.
pub(crate) async fn apart(settings: &PostgresSettings) -> Result<Connection, Fault> {
    let client = connect(settings).await?;
    prepare_session(&client, settings).await?;
    Ok(Connection::new(client))
}

/// Connects, checks what the schema is, and makes the tables in an empty one.
pub(crate) async fn open(settings: &PostgresSettings) -> Result<Connection, Fault> {
    let connection = apart(settings).await?;
    match (inspect(&connection, settings).await?, settings.opening) {
        (Found::Ledger(steps), _) if steps == STEPS.len() => {}
        (_, Opening::ToWrite) => bring_up(&connection, settings).await?,
        (Found::Ledger(steps), Opening::ToRead | Opening::AtOneMoment) => return Err(older(steps)),
        (Found::Nothing | Found::NoSchema, Opening::ToRead | Opening::AtOneMoment) => {
            let what = "its schema has no tables yet; the first decision makes them";
            return Err(Fault::Unavailable(what.to_owned()));
        }
    }
    if settings.opening == Opening::AtOneMoment {
        connection.hold().await?;
    }
    Ok(connection)
}

fn older(steps: usize) -> Fault {
    Fault::Older { version: i32::try_from(steps).unwrap_or(i32::MAX), known: SCHEMA_VERSION }
}

/// Whether a decision could be written: the role may do on each table what the ledger does, or make the tables, and the
/// server takes writes. Asks, and writes nothing.
pub(crate) async fn examine(connection: &Connection, settings: &PostgresSettings) -> Result<(), Fault> {
    let found = inspect(connection, settings).await?;
    let setting = connection.row("SHOW transaction_read_only", &[]).await?;
    if setting.is_some_and(|row| row.try_get(0).is_ok_and(|setting: &str| setting == "on")) {
        return Err(Fault::ReadOnly);
    }
    let denied = match found {
        Found::NoSchema => {
            let may = "SELECT 'CREATE on the database' \
                       WHERE NOT has_database_privilege(current_database(), 'CREATE')";
            connection.rows(may, &[]).await?
        }
        Found::Nothing => {
            let may = "SELECT 'CREATE on the schema' \
                       WHERE NOT has_schema_privilege(quote_ident($1), 'CREATE')";
            connection.rows(may, &[&settings.schema]).await?
        }
        Found::Ledger(steps) if steps < STEPS.len() => return Err(older(steps)),
        Found::Ledger(_) => {
            let (tables, verbs): (Vec<_>, Vec<_>) = privileges().unzip();
            let may = "SELECT verb || ' on ' || name FROM unnest($1::text[], $2::text[]) AS needed (name, verb) \
                       WHERE NOT has_table_privilege(quote_ident($3) || '.' || quote_ident(name), verb) ORDER BY 1";
            connection.rows(may, &[&tables, &verbs, &settings.schema]).await?
        }
    };
    let denied: Vec<String> = denied.iter().map(|row| row.try_get(0)).collect::<Result<_, _>>()?;
    if denied.is_empty() { Ok(()) } else { Err(Fault::Denied(format!("the role lacks {}", denied.join(", ")))) }
}

async fn connect(settings: &PostgresSettings) -> Result<Client, Fault> {
    let mut config = Config::new();
    match &settings.host {
        Host::Tcp(host) => config.host(host),
        Host::Socket(folder) => config.host(folder.to_string_lossy()),
    };
    config
        .port(settings.port)
        .user(&settings.user)
        .dbname(&settings.database)
        .application_name("decision-gate")
        .connect_timeout(settings.connect_timeout)
        .tcp_user_timeout(settings.statement_timeout)
        .keepalives_idle(std::time::Duration::from_secs(30));
    if let Some(password) = settings.password.reveal()? {
        config.password(password.as_str());
    }
    let secured = match &settings.host {
        Host::Socket(_) => None,
        Host::Tcp(_) => tls::connector(&settings.tls)?,
    };
    match secured {
        Some(connector) => {
            config.ssl_mode(tokio_postgres::config::SslMode::Require);
            let connected = config.connect(connector).await;
            let (client, other) = connected.map_err(|error| Fault::of_connecting(&error))?;
            drive(other);
            Ok(client)
        }
        None => {
            config.ssl_mode(tokio_postgres::config::SslMode::Disable);
            let connected = config.connect(NoTls).await;
            let (client, other) = connected.map_err(|error| Fault::of_connecting(&error))?;
            drive(other);
            Ok(client)
        }
    }
}

/// The half of a connection that does its reading and writing. It ends with the client.
fn drive(half: impl Future<Output = Result<(), tokio_postgres::Error>> + Send + 'static) {
    tokio::spawn(async move {
        if let Err(error) = half.await {
            tracing::debug!(%error, "a connection to the ledger ended");
        }
    });
}

async fn prepare_session(client: &Client, settings: &PostgresSettings) -> Result<(), Fault> {
    let (statement, lock) = (settings.statement_timeout.as_millis(), settings.lock_timeout.as_millis());
    let durable = match settings.sync_mode {
        // What a server is set to beyond `on`, such as to wait for its standbys, stays.
        SyncMode::Full => {
            "SELECT set_config('synchronous_commit', 'on', false) WHERE current_setting('synchronous_commit') = 'off'"
        }
        SyncMode::Normal => "SET synchronous_commit = off",
    };
    let all = format!(
        "SET search_path = {}, pg_catalog; SET statement_timeout = {statement}; SET lock_timeout = {lock}; \
         SET idle_in_transaction_session_timeout = {idle}; SET default_transaction_isolation = 'read committed'; \
         SET client_min_messages = warning; {durable}",
        settings.quoted_schema(),
        idle = statement.saturating_mul(2),
    );
    Ok(client.batch_execute(&all).await?)
}

/// What a schema is.
#[derive(Clone, Copy)]
enum Found {
    /// A ledger that was made by this many steps.
    Ledger(usize),
    /// An empty schema.
    Nothing,
    /// No schema.
    NoSchema,
}

impl Found {
    fn steps_taken(self) -> usize {
        match self {
            Self::Ledger(steps) => steps,
            Self::Nothing | Self::NoSchema => 0,
        }
    }
}

/// What the schema is. Reads only.
async fn inspect(connection: &Connection, settings: &PostgresSettings) -> Result<Found, Fault> {
    let look = "SELECT count(c.oid), coalesce(bool_or(c.relname = 'ledger_marker'), false), \
                has_schema_privilege(n.oid, 'USAGE') \
                FROM pg_catalog.pg_namespace n LEFT JOIN pg_catalog.pg_class c ON c.relnamespace = n.oid \
                WHERE n.nspname = $1 GROUP BY n.oid";
    let Some(row) = connection.row(look, &[&settings.schema]).await? else {
        return Ok(Found::NoSchema);
    };
    let (things, marked, usable): (i64, bool, bool) = (row.try_get(0)?, row.try_get(1)?, row.try_get(2)?);
    // Without it, tables of the schema are as if they were not.
    if !usable {
        return Err(Fault::Denied("the role lacks USAGE on the schema".to_owned()));
    }
    if things == 0 {
        return Ok(Found::Nothing);
    }
    let marker = match marked {
        true => connection.row("SELECT application, version FROM ledger_marker", &[]).await?,
        false => None,
    };
    let Some(marker) = marker else {
        return Err(Fault::Version("the schema holds tables of another program".to_owned()));
    };
    let (application, version): (String, i32) = (marker.try_get(0)?, marker.try_get(1)?);
    if application != APPLICATION {
        return Err(Fault::Version(format!("the schema belongs to the application `{application}`")));
    }
    let steps = usize::try_from(version).ok().filter(|_| (1..=SCHEMA_VERSION).contains(&version));
    steps
        .map(Found::Ledger)
        .ok_or_else(|| Fault::Version(format!("it has schema version `{version}`, known here is `{SCHEMA_VERSION}`")))
}

/// Takes the steps that an empty schema or an older ledger lacks, all of them or none.
async fn bring_up(connection: &Connection, settings: &PostgresSettings) -> Result<(), Fault> {
    connection
        .transaction(async {
            connection.execute("SELECT pg_advisory_xact_lock($1)", &[&locks::tables(&settings.schema)]).await?;
            // Another server may have been faster.
            let found = inspect(connection, settings).await?;
            if matches!(found, Found::NoSchema) {
                connection.client().batch_execute(&format!("CREATE SCHEMA {}", settings.quoted_schema())).await?;
            }
            if found.steps_taken() < STEPS.len() {
                for step in STEPS.iter().skip(found.steps_taken()) {
                    connection.client().batch_execute(step).await?;
                }
                let mark = "INSERT INTO ledger_marker (application, version) VALUES ($1, $2) \
                            ON CONFLICT (one) DO UPDATE SET version = excluded.version";
                connection.execute(mark, &[&APPLICATION, &SCHEMA_VERSION]).await?;
            }
            Ok(())
        })
        .await
}
