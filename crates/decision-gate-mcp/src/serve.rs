//! Runs the server on a pair of streams until the client is gone or the process is told to stop.
//!
//! End of input drains: what is being answered is answered (five seconds at most). A signal drains too, but only
//! for [`ServeOptions::drain`]. Both end with `Ok`: a client that leaves is no fault.

use std::{future::Future, num::NonZeroUsize, sync::Arc, time::Duration};

use rmcp::{RoleServer, service::serve_directly};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio_util::sync::CancellationToken;

use crate::{
    App,
    catalog::{Catalog, LISTED, ToolList, Visibility},
    error::ServeError,
    handler::Handler,
    library::{Library, Shelves},
    live::Live,
    tools::{self, Table},
    transport::{Outbox, Outcome, StdioTransport},
};

/// What a server offers, and how much it takes.
#[non_exhaustive]
pub struct ServeOptions<A: 'static = App> {
    /// The tool table.
    pub tools: Table<A>,
    /// How its tools are listed, for those that the build has a line for.
    listed: &'static str,
    /// What there is beside tools.
    library: Option<&'static dyn Library<A>>,
    /// Which of its tools are listed.
    pub visibility: Visibility,
    /// How much a client may send.
    pub limits: WireLimits,
    /// How long a signal waits for what is being answered.
    pub drain: Duration,
}

impl Default for ServeOptions {
    fn default() -> Self {
        Self { listed: LISTED, library: Some(&Shelves), ..Self::of(tools::ALL) }
    }
}

impl<A> ServeOptions<A> {
    /// The defaults over a table.
    pub fn of(tools: Table<A>) -> Self {
        let (visibility, limits) = (Visibility::default(), WireLimits::default());
        Self { tools, listed: "", library: None, visibility, limits, drain: Duration::from_secs(2) }
    }
}

/// How much a client may send.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WireLimits {
    /// Most bytes of one line.
    pub max_line_bytes: usize,
    /// Most arrays and objects within one another.
    pub max_depth: usize,
    /// Most requests that are worked on at the same time. More than that are read, up to `max_line_bytes` of them in
    /// all, so that a cancellation behind them is seen; then reading stops until one is answered.
    pub max_in_flight: NonZeroUsize,
}

impl WireLimits {
    const IN_FLIGHT: NonZeroUsize = match NonZeroUsize::new(256) {
        Some(count) => count,
        None => NonZeroUsize::MIN,
    };
}

impl Default for WireLimits {
    fn default() -> Self {
        Self { max_line_bytes: 1024 * 1024, max_depth: 64, max_in_flight: Self::IN_FLIGHT }
    }
}

/// Serves one client on `input` and `output` until input ends or `shutdown` is ready.
///
/// # Errors
///
/// If the visibility names a tool that there is not, or a stream breaks in another way than by its end.
pub async fn serve<A, R, W>(
    app: impl Into<Live<A>>,
    options: ServeOptions<A>,
    input: R,
    output: W,
    shutdown: impl Future<Output = ()> + Send,
) -> Result<(), ServeError>
where
    A: Send + Sync + 'static,
    R: AsyncRead + Send + Unpin + 'static,
    W: AsyncWrite + Send + Unpin + 'static,
{
    let catalog = Arc::new(Catalog::new(options.tools, options.listed, &options.visibility)?);
    let work = CancellationToken::new();
    let outcome = Outcome::new();
    let list: Arc<dyn ToolList> = Arc::<Catalog<A>>::clone(&catalog);
    let transport =
        StdioTransport::new(input, Outbox::new(output, outcome.clone(), list), options.limits, work.clone());
    let handler = Handler::new(app.into(), catalog, options.library);
    let running = serve_directly::<RoleServer, _, _, _, _>(handler, transport, None);
    let mut done = std::pin::pin!(running.waiting());
    let ended = tokio::select! {
        ended = &mut done => Some(ended),
        () = shutdown => {
            tracing::info!("shutting down");
            outcome.stop();
            tokio::time::timeout(options.drain, &mut done).await.ok()
        }
    };
    // Whoever still works on an answer that nobody will read may stop.
    work.cancel();
    match ended {
        Some(Err(_)) => Err(ServeError::Loop),
        Some(Ok(_)) => outcome.into_result(),
        None => {
            tracing::warn!(limit = ?options.drain, "gave up waiting for requests that are being answered");
            Ok(())
        }
    }
}

/// Ready once the process gets SIGTERM or SIGINT; what the command line hands to [`serve`].
pub async fn until_signal() {
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        match (signal(SignalKind::terminate()), signal(SignalKind::interrupt())) {
            (Ok(mut terminate), Ok(mut interrupt)) => {
                tokio::select! { _ = terminate.recv() => {}, _ = interrupt.recv() => {} }
            }
            _ => std::future::pending().await,
        }
    }
    #[cfg(not(unix))]
    if tokio::signal::ctrl_c().await.is_err() {
        std::future::pending::<()>().await;
    }
}
