//! A connection: its prepared statements, and transactions that are never left open by somebody who went away.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::future::Future;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};

use decision_gate_runtime::ports::Scope;
use tokio_postgres::types::ToSql;
use tokio_postgres::{Client, Row, Statement};

use super::fault::Fault;
use super::locks;

/// Values of a statement.
pub(crate) type Values<'a> = &'a [&'a (dyn ToSql + Sync)];

/// A connection to the server.
pub(crate) struct Connection {
    client: Client,
    prepared: Mutex<BTreeMap<Cow<'static, str>, Statement>>,
    // Set while a transaction may be open.
    within: AtomicBool,
    // Set where one transaction is all that this connection ever has.
    held: AtomicBool,
}

impl Connection {
    /// Over a client whose other half is being driven.
    pub(crate) fn new(client: Client) -> Self {
        Self { client, prepared: Mutex::default(), within: AtomicBool::new(false), held: AtomicBool::new(false) }
    }

    /// Whether it can be used again: it is open, and nothing is half done on it.
    pub(crate) fn is_usable(&self) -> bool {
        !self.client.is_closed() && (self.is_held() || !self.within.load(Ordering::Relaxed))
    }

    /// The client, for what is no statement of the ledger.
    pub(crate) fn client(&self) -> &Client {
        &self.client
    }

    /// A statement, prepared once for each connection.
    pub(crate) async fn statement(&self, text: impl Into<Cow<'static, str>>) -> Result<Statement, Fault> {
        let text = text.into();
        let known = self.prepared.lock().unwrap_or_else(PoisonError::into_inner).get(&text).cloned();
        if let Some(known) = known {
            return Ok(known);
        }
        let statement = self.client.prepare(&text).await?;
        self.prepared.lock().unwrap_or_else(PoisonError::into_inner).insert(text, statement.clone());
        Ok(statement)
    }

    /// What a query finds.
    pub(crate) async fn rows(&self, text: impl Into<Cow<'static, str>>, values: Values<'_>) -> Result<Vec<Row>, Fault> {
        let statement = self.statement(text).await?;
        Ok(self.client.query(&statement, values).await?)
    }

    /// The one row that a query finds, if it finds any.
    pub(crate) async fn row(
        &self,
        text: impl Into<Cow<'static, str>>,
        values: Values<'_>,
    ) -> Result<Option<Row>, Fault> {
        let statement = self.statement(text).await?;
        Ok(self.client.query_opt(&statement, values).await?)
    }

    /// Changes rows.
    pub(crate) async fn execute(&self, text: impl Into<Cow<'static, str>>, values: Values<'_>) -> Result<u64, Fault> {
        let statement = self.statement(text).await?;
        Ok(self.client.execute(&statement, values).await?)
    }

    /// Does `work` in one transaction, as the only one who changes what a shelf has in force.
    pub(crate) async fn alone_on<T>(
        &self,
        scope: Scope,
        work: impl Future<Output = Result<T, Fault>>,
    ) -> Result<T, Fault> {
        self.transaction(async {
            self.execute("SELECT pg_advisory_xact_lock($1)", &[&locks::shelf(scope)]).await?;
            work.await
        })
        .await
    }

    /// Does `work` in one transaction, which counts only if it succeeds.
    pub(crate) async fn transaction<T>(&self, work: impl Future<Output = Result<T, Fault>>) -> Result<T, Fault> {
        self.begin("BEGIN").await?;
        match work.await {
            Ok(done) => {
                self.end("COMMIT").await?;
                Ok(done)
            }
            Err(fault) => {
                // If even this fails, the connection is not used again, and closing it undoes the rest.
                drop(self.end("ROLLBACK").await);
                Err(fault)
            }
        }
    }

    /// From now on all that is read is of one moment, and nothing can be written.
    pub(crate) async fn hold(&self) -> Result<(), Fault> {
        self.client.batch_execute("SET idle_in_transaction_session_timeout = 0").await?;
        self.begin("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY").await?;
        self.held.store(true, Ordering::Relaxed);
        Ok(())
    }

    fn is_held(&self) -> bool {
        self.held.load(Ordering::Relaxed)
    }

    /// Begins a transaction. Until it has ended, nobody else is given this connection.
    pub(crate) async fn begin(&self, how: &str) -> Result<(), Fault> {
        if self.is_held() {
            return Ok(());
        }
        self.within.store(true, Ordering::Relaxed);
        Ok(self.client.batch_execute(how).await?)
    }

    /// Ends it.
    pub(crate) async fn end(&self, how: &str) -> Result<(), Fault> {
        if self.is_held() {
            return Ok(());
        }
        self.client.batch_execute(how).await?;
        self.within.store(false, Ordering::Relaxed);
        Ok(())
    }
}
