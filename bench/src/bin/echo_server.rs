//! The floor: a bare rmcp server over `stdio_pipes` on a current-thread runtime, with one tool. Started without an
//! argument it is an echo: the text it is given comes back as structured content and, as the protocol wants, as text
//! beside it. Started with the path of a tool result it answers that result to every call, so that a reply of the
//! product can be compared with the very same bytes that took no thought at all.

use std::sync::Arc;

use rmcp::model::{
    CallToolRequestParams, CallToolResponse, CallToolResult, Implementation, JsonObject, ListToolsResult,
    PaginatedRequestParams, ServerCapabilities, ServerConfig, Tool,
};
use rmcp::service::RequestContext;
use rmcp::{ErrorData, RoleServer, ServerHandler, ServiceExt};
use serde_json::{Value, json};

/// Answers what it was told to.
#[derive(Clone)]
struct Echo {
    fixed: Option<CallToolResult>,
    tool: Tool,
}

impl Echo {
    fn new(fixed: Option<CallToolResult>) -> Self {
        let mut schema = JsonObject::new();
        schema.insert("type".to_owned(), "object".into());
        schema.insert("properties".to_owned(), json!({"text": {"type": "string"}}));
        Self { fixed, tool: Tool::new("echo", "Answers the given text and its length in bytes.", Arc::new(schema)) }
    }
}

impl ServerHandler for Echo {
    fn get_info(&self) -> ServerConfig {
        let mut config = ServerConfig::default();
        config.capabilities = ServerCapabilities::builder().enable_tools().build();
        config.server_info = Implementation::new("echo-server", env!("CARGO_PKG_VERSION"));
        config
    }

    async fn list_tools(
        &self,
        _request: Option<PaginatedRequestParams>,
        _context: RequestContext<RoleServer>,
    ) -> Result<ListToolsResult, ErrorData> {
        Ok(ListToolsResult::with_all_items(vec![self.tool.clone()]))
    }

    async fn call_tool(
        &self,
        request: CallToolRequestParams,
        _context: RequestContext<RoleServer>,
    ) -> Result<CallToolResponse, ErrorData> {
        if let Some(fixed) = &self.fixed {
            return Ok(fixed.clone().into());
        }
        let text = request.arguments.and_then(|mut arguments| arguments.remove("text"));
        let bytes = text.as_ref().and_then(Value::as_str).map_or(0, str::len);
        Ok(CallToolResult::structured(json!({"bytes": bytes, "text": text})).into())
    }
}

fn fixed() -> Result<Option<CallToolResult>, Box<dyn std::error::Error>> {
    match std::env::args_os().nth(1) {
        Some(path) => Ok(Some(serde_json::from_slice(&std::fs::read(path)?)?)),
        None => Ok(None),
    }
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let echo = Echo::new(fixed()?);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        echo.serve(rmcp::transport::io::stdio_pipes()).await?.waiting().await?;
        Ok::<_, Box<dyn std::error::Error>>(())
    })?;
    // A blocking read may still be parked on standard input.
    runtime.shutdown_background();
    Ok(())
}
