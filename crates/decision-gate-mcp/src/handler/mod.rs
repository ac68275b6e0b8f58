//! The methods of the protocol, for both of its eras.
//!
//! What is declared is served: tools, discovery and the handshake, log notices, and where the server has a library also
//! resources, prompts and completion (`library.rs`). Everything else answers -32601, so that a capability that is not
//! declared is never answered with an empty list.
//! Which era a request belongs to is judged for each one by itself, so one process serves both at once.

#![expect(deprecated, reason = "the newest revision is about to drop logging; clients of the others ask for it")]

mod dispatch;
mod era;
mod notices;
mod shelves;

use std::borrow::Cow;
use std::sync::Arc;

use rmcp::{
    ErrorData, RoleServer, ServerHandler,
    model::{
        CacheScope, CallToolRequestParams, CallToolResponse, CompleteRequestParams, CompleteResult, CustomRequest,
        CustomResult, DiscoverResult, GetPromptRequestParams, GetPromptResponse, Implementation,
        InitializeRequestParams, InitializeResult, ListPromptsResult, ListResourceTemplatesResult, ListResourcesResult,
        ListToolsResult, MetaObject, PaginatedRequestParams, ProtocolVersion, ReadResourceRequestParams,
        ReadResourceResponse, ServerCapabilities, ServerConfig, SetLevelRequestParams,
    },
    service::RequestContext,
};

use self::{era::Era, notices::Notices};
use crate::{
    catalog::{self, Catalog},
    error::Refusal,
    library::Library,
    live::Live,
};

/// When to use which tool; hosts put it before the model once.
const INSTRUCTIONS: &str = "Decision Gate decides whether a change, artifact or release may advance, from evidence \
that it checks itself. Typical order: scenarios_list to find the gate, scenario_start to open a run, scenario_next to \
have it decided. A hold is no failure: it names what is missing and the next actions; mend the cause, then call \
scenario_next again with the same run_id. Saying that something is done does not count; the gate reads the evidence \
itself. precheck answers at once on values that you supply and never advances anything. evidence_query shows what the \
gate sees. runpack_export writes a proof that anyone can check offline with runpack_verify. \
decision_gate_docs_search explains a word or a code. Runs, decisions, packs and policies are resources. Every result has \
structured content; a result with isError has code, message, hint and details, and the hint says what to change.";

/// How long a client may keep what `server/discover` answers: it is fixed while the process lives.
const DISCOVERY_FRESH_MS: u64 = 300_000;

/// The server as rmcp calls it.
pub(crate) struct Handler<A: 'static> {
    app: Live<A>,
    catalog: Arc<Catalog<A>>,
    library: Option<&'static dyn Library<A>>,
    notices: Notices,
    /// `_meta` of results in the stateless era: who answers.
    stamp: MetaObject,
}

impl<A> Handler<A> {
    pub(crate) fn new(app: Live<A>, catalog: Arc<Catalog<A>>, library: Option<&'static dyn Library<A>>) -> Self {
        let mut stamp = MetaObject::new();
        stamp.insert("io.modelcontextprotocol/serverInfo".to_owned(), era::server_info_value());
        Self { app, catalog, library, notices: Notices::silent(), stamp }
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
        let capabilities = ServerCapabilities::builder().enable_tools().enable_logging();
        let mut config = ServerConfig::new(match self.library {
            Some(_) => capabilities.enable_resources().enable_prompts().enable_completions().build(),
            None => capabilities.build(),
        });
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

    async fn list_resources(
        &self,
        request: Option<PaginatedRequestParams>,
        context: RequestContext<RoleServer>,
    ) -> Result<ListResourcesResult, ErrorData> {
        self.resources(request, context).await
    }

    async fn list_resource_templates(
        &self,
        request: Option<PaginatedRequestParams>,
        context: RequestContext<RoleServer>,
    ) -> Result<ListResourceTemplatesResult, ErrorData> {
        self.templates(request, &context)
    }

    async fn read_resource(
        &self,
        request: ReadResourceRequestParams,
        context: RequestContext<RoleServer>,
    ) -> Result<ReadResourceResponse, ErrorData> {
        Ok(self.read(request, context).await?.into())
    }

    async fn list_prompts(
        &self,
        request: Option<PaginatedRequestParams>,
        context: RequestContext<RoleServer>,
    ) -> Result<ListPromptsResult, ErrorData> {
        self.prompts(request, &context)
    }

    async fn get_prompt(
        &self,
        request: GetPromptRequestParams,
        context: RequestContext<RoleServer>,
    ) -> Result<GetPromptResponse, ErrorData> {
        Ok(self.prompt(request, context).await?.into())
    }

    async fn complete(
        &self,
        request: CompleteRequestParams,
        context: RequestContext<RoleServer>,
    ) -> Result<CompleteResult, ErrorData> {
        self.completion(request, context).await
    }

    async fn set_level(
        &self,
        request: SetLevelRequestParams,
        context: RequestContext<RoleServer>,
    ) -> Result<(), ErrorData> {
        match Era::of(&context)? {
            Era::Session => self.notices.set(request.level),
            // There is no session to set it for.
            Era::Stateless => return Err(Refusal::UnknownMethod { method: "logging/setLevel".to_owned() }.into()),
        }
        Ok(())
    }

    async fn on_custom_request(
        &self,
        request: CustomRequest,
        _context: RequestContext<RoleServer>,
    ) -> Result<CustomResult, ErrorData> {
        Err(Refusal::UnknownMethod { method: request.method }.into())
    }
}
