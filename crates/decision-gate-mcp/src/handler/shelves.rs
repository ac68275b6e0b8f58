//! Resources, prompts and completion: from the protocol to the library and back.

use std::sync::Arc;

use rmcp::{
    ErrorData, RoleServer,
    model::{
        CacheScope, CompleteRequestParams, CompleteResult, GetPromptRequestParams, GetPromptResult, ListPromptsResult,
        ListResourceTemplatesResult, ListResourcesResult, PaginatedRequestParams, ReadResourceRequestParams,
        ReadResourceResult,
    },
    service::RequestContext,
};

use super::{Handler, era::Era};
use crate::{error::Refusal, library::Library, tools::CallContext, transport::Ticket};

/// Lists of what the build has stay true as long as the process lives.
const BUILT_IN_FRESH_MS: u64 = 300_000;

/// What lies in the ledger may change with the next call.
const STORED_FRESH_MS: u64 = 0;

impl<A: Send + Sync + 'static> Handler<A> {
    /// The library, or that there is no such method.
    fn library(&self, method: &str) -> Result<&'static dyn Library<A>, Refusal> {
        self.library.ok_or_else(|| Refusal::UnknownMethod { method: method.to_owned() })
    }

    fn request_context(&self, mut context: RequestContext<RoleServer>, era: Era) -> CallContext<A> {
        let ticket = context.extensions.remove::<Arc<Ticket>>().unwrap_or_default();
        self.call_context(context, era, &ticket)
    }

    pub(super) async fn resources(
        &self,
        request: Option<PaginatedRequestParams>,
        context: RequestContext<RoleServer>,
    ) -> Result<ListResourcesResult, ErrorData> {
        let library = self.library("resources/list")?;
        let era = Era::of(&context)?;
        let threshold = self.notices.for_request(era, &context.meta);
        let peer = context.peer.clone();
        let context = self.request_context(context, era);
        let page = library.resources(&context, request.and_then(|it| it.cursor)).await?;
        for code in page.left_out {
            tracing::warn!(code, "resources are left out of a list");
            threshold.left_out(&peer, code).await;
        }
        let mut list = ListResourcesResult::with_all_items(page.resources);
        list.next_cursor = page.next;
        list.ttl_ms = Some(STORED_FRESH_MS);
        list.cache_scope = Some(CacheScope::Private);
        list.meta = self.stamp(era);
        Ok(list)
    }

    pub(super) fn templates(
        &self,
        request: Option<PaginatedRequestParams>,
        context: &RequestContext<RoleServer>,
    ) -> Result<ListResourceTemplatesResult, ErrorData> {
        let library = self.library("resources/templates/list")?;
        let era = Era::of(context)?;
        only_page(request)?;
        let mut list = ListResourceTemplatesResult::with_all_items(library.templates());
        list.ttl_ms = Some(BUILT_IN_FRESH_MS);
        list.cache_scope = Some(CacheScope::Private);
        list.meta = self.stamp(era);
        Ok(list)
    }

    pub(super) async fn read(
        &self,
        request: ReadResourceRequestParams,
        context: RequestContext<RoleServer>,
    ) -> Result<ReadResourceResult, ErrorData> {
        let library = self.library("resources/read")?;
        let era = Era::of(&context)?;
        let context = self.request_context(context, era);
        let contents = library.read(&context, &request.uri).await?;
        let mut result = ReadResourceResult::new(contents);
        result.ttl_ms = Some(STORED_FRESH_MS);
        result.cache_scope = Some(CacheScope::Private);
        result.meta = self.stamp(era);
        Ok(result)
    }

    pub(super) fn prompts(
        &self,
        request: Option<PaginatedRequestParams>,
        context: &RequestContext<RoleServer>,
    ) -> Result<ListPromptsResult, ErrorData> {
        let library = self.library("prompts/list")?;
        let era = Era::of(context)?;
        only_page(request)?;
        let mut list = ListPromptsResult::with_all_items(library.prompts());
        list.ttl_ms = Some(BUILT_IN_FRESH_MS);
        list.cache_scope = Some(CacheScope::Private);
        list.meta = self.stamp(era);
        Ok(list)
    }

    pub(super) async fn prompt(
        &self,
        request: GetPromptRequestParams,
        context: RequestContext<RoleServer>,
    ) -> Result<GetPromptResult, ErrorData> {
        let library = self.library("prompts/get")?;
        let era = Era::of(&context)?;
        let context = self.request_context(context, era);
        let arguments = request.arguments.unwrap_or_default();
        let mut result = library.prompt(&context, &request.name, arguments).await?;
        result.meta = self.stamp(era);
        Ok(result)
    }

    pub(super) async fn completion(
        &self,
        request: CompleteRequestParams,
        context: RequestContext<RoleServer>,
    ) -> Result<CompleteResult, ErrorData> {
        let library = self.library("completion/complete")?;
        let era = Era::of(&context)?;
        let context = self.request_context(context, era);
        let CompleteRequestParams { r#ref, argument, context: known, .. } = &request;
        let mut result = CompleteResult::new(library.complete(&context, r#ref, argument, known.as_ref()).await?);
        result.meta = self.stamp(era);
        Ok(result)
    }
}

/// A list of one page has no other.
fn only_page(request: Option<PaginatedRequestParams>) -> Result<(), Refusal> {
    match request.and_then(|request| request.cursor) {
        Some(_) => Err(Refusal::Cursor),
        None => Ok(()),
    }
}
