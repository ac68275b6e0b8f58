//! The methods of the protocol, for both of its eras.
//!
//! What is declared is served: tools, discovery and the handshake. The transport hands over every other method as a
//! custom request, which answers -32601; so a capability that is not declared is never answered with an empty list.
//! Which era a request belongs to is judged for each one by itself, so one process serves both at once.

mod dispatch;
mod era;

use std::borrow::Cow;
use std::sync::Arc;

use rmcp::{
    ErrorData, RoleServer, ServerHandler,
    model::{
        CacheScope, CallToolRequestParams, CallToolResponse, CustomRequest, CustomResult, DiscoverResult,
        Implementation, InitializeRequestParams, InitializeResult, ListToolsResult, MetaObject, PaginatedRequestParams,
        ProtocolVersion, ServerCapabilities, ServerConfig,
    },
    service::RequestContext,
};

use self::era::Era;
use crate::{
    catalog::{self, Catalog},
    error::Refusal,
    live::Live,
};

/// When to use which tool; hosts put it before the model once.
const INSTRUCTIONS: &str = "Decision Gate decides whether a change, artifact or release may advance, from evidence \
that it checks itself. Typical order: scenarios_list to find the gate, scenario_start to open a run, scenario_next to \
have it decided. A hold is no failure: it names what is missing and the next actions; mend the cause, then call \
scenario_next again with the same run_id. Saying that something is done does not count; the gate reads the evidence \
itself. precheck answers at once on values that you supply and never advances anything. evidence_query shows what the \
gate sees. runpack_export writes a proof that anyone can check offline with runpack_verify. Every result has \
structured content; a result with isError has code, message, hint and details, and the hint says what to change.";

/// How long a client may keep what `server/discover` answers: it is fixed while the process lives.
const DISCOVERY_FRESH_MS: u64 = 300_000;

/// The server as rmcp calls it.
pub(crate) struct Handler<A: 'static> {
    app: Live<A>,
    catalog: Arc<Catalog<A>>,
    /// `_meta` of results in the stateless era: who answers.
    stamp: MetaObject,
}

impl<A> Handler<A> {
    pub(crate) fn new(app: Live<A>, catalog: Arc<Catalog<A>>) -> Self {
        let mut stamp = MetaObject::new();
        stamp.insert("io.modelcontextprotocol/serverInfo".to_owned(), era::server_info_value());
        Self { app, catalog, stamp }
    }

    fn stamp(&self, era: Era) -> Option<MetaObject> {
        match era {
            Era::Session => None,
            Era::Stateless => Some(self.stamp.clone()),
        }
    }
}

impl<A: Send + Sync + 'static> ServerHandler for Handler<A> {
    fn get_info(&self) -> ServerConfig {
        let mut config = ServerConfig::new(ServerCapabilities::builder().enable_tools().build());
        config.server_info = era::server_info();
        config.instructions = Some(INSTRUCTIONS.to_owned());
        config
    }

    fn supported_protocol_versions(&self) -> Cow<'static, [ProtocolVersion]> {
        Cow::Borrowed(ProtocolVersion::KNOWN_VERSIONS)
    }

    async fn initialize(
        &self,
        request: InitializeRequestParams,
        context: RequestContext<RoleServer>,
    ) -> Result<InitializeResult, ErrorData> {
        let answer = self.negotiate_initialize(&request)?;
        let Implementation { name, version, .. } = &request.client_info;
        tracing::debug!(client = %name, client_version = %version, protocol = %answer.protocol_version, "session opened");
        // What was agreed, not what was asked for, decides how later requests are read.
        context.peer.set_peer_info(request.with_protocol_version(answer.protocol_version.clone()));
        Ok(answer)
    }

    async fn discover(&self, _context: RequestContext<RoleServer>) -> Result<DiscoverResult, ErrorData> {
        let versions = self.supported_protocol_versions().into_owned();
        let mut answer = DiscoverResult::from_server_info(versions, self.get_info());
        answer.ttl_ms = DISCOVERY_FRESH_MS;
        answer.cache_scope = CacheScope::Private;
        Ok(answer)
    }

    async fn list_tools(
        &self,
        request: Option<PaginatedRequestParams>,
        context: RequestContext<RoleServer>,
    ) -> Result<ListToolsResult, ErrorData> {
        let era = Era::of(&context)?;
        if request.and_then(|request| request.cursor).is_some() {
            return Err(Refusal::Cursor.into());
        }
        let mut list = catalog::list();
        list.meta = self.stamp(era);
        Ok(list)
    }

    async fn call_tool(
        &self,
        request: CallToolRequestParams,
        context: RequestContext<RoleServer>,
    ) -> Result<CallToolResponse, ErrorData> {
        let era = Era::of(&context)?;
        let mut result = self.dispatch(request, context, era).await?;
        result.meta = self.stamp(era);
        Ok(result.into())
    }

    async fn on_custom_request(
        &self,
        request: CustomRequest,
        _context: RequestContext<RoleServer>,
    ) -> Result<CustomResult, ErrorData> {
        Err(Refusal::UnknownMethod { method: request.method }.into())
    }
}
