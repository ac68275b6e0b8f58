//! The connections of a store, and doing one piece of work on one of them: again where nothing of it can count yet,
//! never twice where it may.

use std::marker::PhantomData;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use deadpool::Runtime;
use deadpool::managed::{Manager, Metrics, Object, Pool, PoolError, RecycleError, RecycleResult};
use decision_gate_runtime::ports::StoreError;
use futures_util::future::BoxFuture;
use tokio::time::{Instant, sleep, timeout};

use super::connection::Connection;
use super::fault::Fault;
use super::open;
use super::settings::PostgresSettings;
use crate::Opening;

/// How often work is done again when writers were in each other's way.
const MAX_CLASHES: u32 = 8;

/// How long to wait before a connection is tried again.
const PAUSE: Duration = Duration::from_millis(50);

/// Something to do on a connection.
#[async_trait]
pub(crate) trait Work: Send + Sync + 'static {
    /// What comes of it.
    type Output: Send + 'static;

    /// Does it. `before` is how often it was begun on a connection that was lost then: what it writes may be there.
    async fn run(&self, connection: &Connection, before: u32) -> Result<Self::Output, Fault>;
}

/// A question with what it needs, and how it is asked.
pub(crate) struct Ask<I, T, F>(I, F, PhantomData<fn() -> T>);

impl<I, T, F> Ask<I, T, F>
where
    F: for<'a> Fn(&'a Connection, &'a I) -> BoxFuture<'a, Result<T, Fault>>,
{
    /// The question.
    pub(crate) fn new(needs: I, ask: F) -> Self {
        Self(needs, ask, PhantomData)
    }
}

#[async_trait]
impl<I, T, F> Work for Ask<I, T, F>
where
    I: Send + Sync + 'static,
    T: Send + 'static,
    F: for<'a> Fn(&'a Connection, &'a I) -> BoxFuture<'a, Result<T, Fault>> + Send + Sync + 'static,
{
    type Output = T;

    async fn run(&self, connection: &Connection, _: u32) -> Result<T, Fault> {
        (self.1)(connection, &self.0).await
    }
}

/// Opens connections, and says which can be used again.
#[derive(Debug)]
pub(crate) struct Opener(PostgresSettings);

impl Manager for Opener {
    type Type = Connection;
    type Error = Fault;

    async fn create(&self) -> Result<Connection, Fault> {
        tracing::debug!(place = %self.0.place(), "opening the ledger");
        open::open(&self.0).await
    }

    async fn recycle(&self, connection: &mut Connection, _: &Metrics) -> RecycleResult<Fault> {
        if connection.is_usable() { Ok(()) } else { Err(RecycleError::message("it was lost")) }
    }
}

/// The connections of a store.
pub(crate) struct Connections {
    settings: PostgresSettings,
    pool: Pool<Opener>,
}

impl std::fmt::Debug for Connections {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Connections").field("place", &self.settings.place()).finish_non_exhaustive()
    }
}

impl Connections {
    /// None is open yet.
    pub(crate) fn new(settings: PostgresSettings) -> Result<Self, Fault> {
        let limit = Some(settings.connect_timeout);
        // Two connections would be at two moments.
        let size = if settings.opening == Opening::AtOneMoment { 1 } else { settings.pool_size.max(1) };
        let pool = Pool::builder(Opener(settings.clone()))
            .max_size(size)
            .runtime(Runtime::Tokio1)
            .wait_timeout(limit)
            .create_timeout(limit)
            .recycle_timeout(limit)
            .build()
            .map_err(|error| Fault::Unavailable(error.to_string()))?;
        Ok(Self { settings, pool })
    }

    /// Has `work` done. It goes on to its end even when whoever asked went away, so that no connection is left with
    /// half of it.
    pub(crate) async fn work<W: Work>(self: &Arc<Self>, work: W) -> Result<W::Output, StoreError> {
        let this = Arc::clone(self);
        let task =
            tokio::spawn(async move { this.done(&work).await.map_err(|fault| fault.at(&this.settings.place())) });
        match task.await {
            Ok(outcome) => outcome,
            Err(_) => Err(Fault::Unavailable("its task ended".to_owned()).at(&self.settings.place())),
        }
    }

    /// Asks something on a connection of its own, whatever the schema is.
    pub(crate) async fn apart<T>(
        &self,
        ask: impl AsyncFnOnce(&Connection, &PostgresSettings) -> Result<T, Fault>,
    ) -> Result<T, StoreError> {
        let limit = self.settings.connect_timeout.saturating_add(self.settings.statement_timeout);
        let asked = async { ask(&open::apart(&self.settings).await?, &self.settings).await };
        let answer = timeout(limit, asked).await.unwrap_or_else(|_| {
            let limit = limit.as_millis();
            Err(Fault::Unavailable(format!("no answer in `{limit}` ms")))
        });
        answer.map_err(|fault| fault.at(&self.settings.place()))
    }

    async fn done<W: Work>(&self, work: &W) -> Result<W::Output, Fault> {
        let (mut clashes, mut lost) = (0, 0);
        let until = Instant::now() + self.settings.connect_timeout;
        loop {
            let connection = self.connection(lost > 0, until).await?;
            let fault = match self.attempt(work, connection, lost).await {
                Ok(output) => return Ok(output),
                Err(fault) => fault,
            };
            match fault {
                Fault::Clash if clashes < MAX_CLASHES => {
                    clashes += 1;
                    sleep(PAUSE.mul_f64(jitter(clashes))).await;
                }
                Fault::Lost(_) if Instant::now() < until => {
                    lost += 1;
                    sleep(PAUSE).await;
                }
                other => return Err(other),
            }
        }
    }

    async fn attempt<W: Work>(&self, work: &W, connection: Object<Opener>, lost: u32) -> Result<W::Output, Fault> {
        // The server's own limit comes first; this one is for a server that says nothing any more.
        let limit = self.settings.statement_timeout + Duration::from_secs(2);
        match timeout(limit, work.run(&connection, lost)).await {
            Ok(Ok(output)) => Ok(output),
            Ok(Err(fault)) => {
                if let Fault::Lost(_) | Fault::Damaged(_) | Fault::Unavailable(_) | Fault::Denied(_) | Fault::ReadOnly =
                    fault
                {
                    drop(Object::take(connection));
                }
                Err(fault)
            }
            Err(_) => {
                drop(Object::take(connection));
                let limit = limit.as_millis();
                Err(Fault::Unavailable(format!("no answer in `{limit}` ms; whether it was written is not known")))
            }
        }
    }

    /// A connection. After one was lost, a server that does not answer yet is given time.
    async fn connection(&self, patient: bool, until: Instant) -> Result<Object<Opener>, Fault> {
        loop {
            let fault = match self.pool.get().await {
                Ok(connection) => return Ok(connection),
                Err(error) => self.of_pool(error),
            };
            match fault {
                Fault::Clash | Fault::Lost(_) if Instant::now() < until => sleep(PAUSE).await,
                Fault::Unavailable(_) if patient && Instant::now() < until => sleep(PAUSE).await,
                other => return Err(other),
            }
        }
    }

    fn of_pool(&self, error: PoolError<Fault>) -> Fault {
        let limit = self.settings.connect_timeout.as_millis();
        match error {
            PoolError::Backend(fault) => fault,
            PoolError::Timeout(deadpool::managed::TimeoutType::Wait) => Fault::Unavailable(format!(
                "all `{}` connections were in use for `{limit}` ms",
                self.settings.pool_size
            )),
            PoolError::Timeout(_) => Fault::Unavailable(format!("no connection in `{limit}` ms")),
            PoolError::Closed | PoolError::NoRuntimeSpecified | PoolError::PostCreateHook(_) => {
                Fault::Unavailable("its connections are closed".to_owned())
            }
        }
    }
}

/// Longer pauses each time, and not the same for two writers: the clock spreads them.
fn jitter(times: u32) -> f64 {
    let nanos = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).map_or(0, |it| it.subsec_nanos());
    f64::from(times) * f64::from(nanos % 1000) / 1000.0
}
