//! From `tools/call` to a tool and back: the one place where a panic is caught.

use std::{panic::AssertUnwindSafe, sync::Arc};

use decision_gate_core::json::Inexact;
use futures_util::FutureExt;
use rmcp::{
    ErrorData, RoleServer,
    model::{CallToolRequestParams, CallToolResult},
    service::RequestContext,
};

use super::{Handler, era::Era};
use crate::{
    error::Refusal,
    tools::{CallContext, Progress, ToolError},
    transport::Ticket,
};

impl<A: Send + Sync + 'static> Handler<A> {
    pub(super) async fn dispatch(
        &self,
        request: CallToolRequestParams,
        mut context: RequestContext<RoleServer>,
        era: Era,
    ) -> Result<CallToolResult, ErrorData> {
        let Some(tool) = self.catalog.get(&request.name) else {
            let name = request.name.into_owned();
            return Err(Refusal::UnknownTool { nearest: self.catalog.nearest(&name), name }.into());
        };
        let ticket = context.extensions.remove::<Arc<Ticket>>().unwrap_or_default();
        if let Some(inexact) = &ticket.inexact {
            return Ok(inexact_number(inexact).into_result());
        }
        let threshold = self.notices.for_request(era, &context.meta);
        let peer = (!threshold.is_silent()).then(|| context.peer.clone());
        let context = self.call_context(context, era, &ticket);
        let arguments = request.arguments.unwrap_or_default();
        let name = tool.card().name;
        let outcome = AssertUnwindSafe(tool.call(&context, arguments)).catch_unwind().await;
        match (&outcome, &peer) {
            (_, None) => {}
            (Ok(result), Some(peer)) => threshold.answered(peer, name, result).await,
            (Err(_), Some(peer)) => threshold.broke(peer, name).await,
        }
        outcome.map_err(|_panic| {
            tracing::error!(tool = name, request = context.request_id(), "a tool panicked");
            Refusal::Internal.into()
        })
    }

    /// What a call knows besides its arguments.
    pub(super) fn call_context(
        &self,
        context: RequestContext<RoleServer>,
        era: Era,
        ticket: &Ticket,
    ) -> CallContext<A> {
        let request_id = context.id.to_string();
        let progress = context.meta.get_progress_token().map(|token| Progress::to(context.peer.clone(), token));
        let call = CallContext::new(self.app.now(), era.client(context), ticket.cancellation.clone(), request_id);
        call.with_progress(progress.unwrap_or_default())
    }
}

/// A number that can't be carried is the caller's to mend, so it travels as a tool error.
fn inexact_number(inexact: &Inexact) -> ToolError {
    let refusal = Refusal::number(inexact);
    let path = inexact.pointer.strip_prefix("/params/arguments").unwrap_or(&inexact.pointer);
    ToolError::new(refusal.code(), refusal.to_string(), refusal.hint().to_owned()).with("path", path)
}
