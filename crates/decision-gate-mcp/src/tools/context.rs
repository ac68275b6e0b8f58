//! What a call knows besides its arguments.

use std::sync::Arc;

use rmcp::model::{InitializeRequestParams, RequestMetaObject};
use serde_json::Value;
use tokio_util::sync::CancellationToken;

use super::{Progress, ToolError};
use crate::App;

const CLIENT_INFO: &str = "io.modelcontextprotocol/clientInfo";

/// What a call knows besides its arguments: the product, who asks, and whether the answer is still wanted.
#[derive(Debug)]
pub struct CallContext<A = App> {
    app: Arc<A>,
    client: ClientSource,
    cancellation: CancellationToken,
    request_id: String,
    progress: Progress,
}

impl<A> CallContext<A> {
    pub(crate) fn new(app: Arc<A>, client: ClientSource, cancellation: CancellationToken, request_id: String) -> Self {
        Self { app, client, cancellation, request_id, progress: Progress::default() }
    }

    /// The same for a client that wants to hear how far the call has come.
    pub(crate) fn with_progress(self, progress: Progress) -> Self {
        Self { progress, ..self }
    }

    /// A context for a call that no client made, as in a test of one tool.
    pub fn detached(app: Arc<A>) -> Self {
        Self::new(app, ClientSource::Unnamed, CancellationToken::new(), "detached".to_owned())
    }

    /// The product.
    pub fn app(&self) -> &Arc<A> {
        &self.app
    }

    /// Who the client says it is. Nothing checks it, so it is only ever recorded as claimed.
    pub fn client(&self) -> Option<ClaimedClient<'_>> {
        self.client.claimed()
    }

    /// Cancelled once nobody waits for the answer any more.
    pub fn cancellation(&self) -> &CancellationToken {
        &self.cancellation
    }

    /// Where the call tells how far it has come.
    pub fn progress(&self) -> &Progress {
        &self.progress
    }

    /// Does `work` unless nobody waits for the answer any more: then it is dropped where it stands. For what only reads.
    pub(super) async fn unless_cancelled<F: Future>(&self, work: F) -> Result<F::Output, ToolError> {
        tokio::select! {
            biased;
            done = work => Ok(done),
            () = self.cancellation.cancelled() => Err(ToolError::cancelled()),
        }
    }

    /// The request's id as text, for logs.
    pub fn request_id(&self) -> &str {
        &self.request_id
    }
}

/// Name and version that a client gave itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ClaimedClient<'a> {
    /// The program.
    pub name: &'a str,
    /// Its version.
    pub version: &'a str,
}

/// Where the client's name stands: read only when a tool asks for it.
#[derive(Debug)]
pub(crate) enum ClientSource {
    /// In the handshake of this connection.
    Session(Arc<InitializeRequestParams>),
    /// In the request itself.
    Request(RequestMetaObject),
    /// Nowhere.
    Unnamed,
}

impl ClientSource {
    fn claimed(&self) -> Option<ClaimedClient<'_>> {
        match self {
            Self::Session(handshake) => {
                Some(ClaimedClient { name: &handshake.client_info.name, version: &handshake.client_info.version })
            }
            Self::Request(meta) => {
                let info = meta.get(CLIENT_INFO)?;
                let word = |key: &str| info.get(key).and_then(Value::as_str);
                Some(ClaimedClient { name: word("name")?, version: word("version")? })
            }
            Self::Unnamed => None,
        }
    }
}
