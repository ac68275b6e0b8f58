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
    tools::{CallContext, ToolError},
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
        let request_id = context.id.to_string();
        let context = CallContext::new(self.app.now(), era.client(context), ticket.cancellation.clone(), request_id);
        let arguments = request.arguments.unwrap_or_default();
        let outcome = AssertUnwindSafe(tool.call(&context, arguments)).catch_unwind().await;
        outcome.map_err(|_panic| {
            tracing::error!(tool = tool.card().name, request = context.request_id(), "a tool panicked");
            Refusal::Internal.into()
        })
    }
}

/// A number that can't be carried is the caller's to mend, so it travels as a tool error.
fn inexact_number(inexact: &Inexact) -> ToolError {
    let refusal = Refusal::number(inexact);
    let path = inexact.pointer.strip_prefix("/params/arguments").unwrap_or(&inexact.pointer);
    ToolError::new(refusal.code(), refusal.to_string(), refusal.hint()).with("path", path)
}
