//! From a method's name and parameters to rmcp's type for it.
//!
//! rmcp would try each of its request types in turn on a buffered copy; here the name picks the one, and the
//! parameters are moved into it. A method that is not in this table becomes a custom request, which the handler
//! answers with -32601.

use decision_gate_core::json::Inexact;
use rmcp::model::{
    CallToolRequest, CallToolRequestParams, ClientRequest, CustomRequest, DiscoverRequest, DiscoverRequestParams,
    Extensions, GetExtensions, InitializeRequest, InitializeRequestParams, JsonObject, ListToolsRequest, MetaObject,
    PaginatedRequestParams, PingRequest, PingRequestMethod, RequestMetaObject, RequestOptionalParam,
};
use serde_json::Value;

use crate::{error::Refusal, tools::explain};

/// The request of that name.
pub(super) fn request(
    method: String,
    params: Option<Value>,
    inexact: Option<&Inexact>,
) -> Result<ClientRequest, Refusal> {
    let known: fn(JsonObject) -> Result<ClientRequest, Refusal> = match method.as_str() {
        "tools/call" => call_tool,
        "tools/list" => list_tools,
        "server/discover" => discover,
        "initialize" => initialize,
        "ping" => ping,
        _ => return Ok(custom(method, params)),
    };
    // A tool says itself which of its arguments it can't take; elsewhere the number has no meaning at all.
    if let Some(inexact) = inexact.filter(|_| method != "tools/call") {
        return Err(Refusal::number(inexact));
    }
    let mut params = match params {
        None => JsonObject::new(),
        Some(Value::Object(params)) => params,
        Some(_) => return Err(Refusal::param("params", "an object")),
    };
    let meta = take_meta(&mut params)?;
    let mut request = known(params)?;
    if let Some(meta) = meta {
        request.extensions_mut().insert(meta);
    }
    Ok(request)
}

fn take_meta(params: &mut JsonObject) -> Result<Option<RequestMetaObject>, Refusal> {
    match params.remove("_meta") {
        None => Ok(None),
        Some(Value::Object(meta)) => Ok(Some(RequestMetaObject(MetaObject(meta)))),
        Some(_) => Err(Refusal::param("params._meta", "an object")),
    }
}

fn call_tool(mut params: JsonObject) -> Result<ClientRequest, Refusal> {
    let Some(Value::String(name)) = params.remove("name") else {
        return Err(Refusal::param("params.name", "a text"));
    };
    let call = CallToolRequestParams::new(name);
    let call = match params.remove("arguments") {
        None | Some(Value::Null) => call,
        Some(Value::Object(arguments)) => call.with_arguments(arguments),
        Some(_) => return Err(Refusal::param("params.arguments", "an object")),
    };
    Ok(ClientRequest::CallToolRequest(CallToolRequest::new(call)))
}

fn list_tools(mut params: JsonObject) -> Result<ClientRequest, Refusal> {
    let mut page = PaginatedRequestParams::default();
    page.cursor = match params.remove("cursor") {
        None | Some(Value::Null) => None,
        Some(Value::String(cursor)) => Some(cursor),
        Some(_) => return Err(Refusal::param("params.cursor", "a text")),
    };
    let list: ListToolsRequest = RequestOptionalParam::with_param(page);
    Ok(ClientRequest::ListToolsRequest(list))
}

fn initialize(params: JsonObject) -> Result<ClientRequest, Refusal> {
    let params = Value::Object(params);
    match explain::<InitializeRequestParams>(&params) {
        None => {}
        Some(error) => {
            let path = error.details().get("path").and_then(Value::as_str).unwrap_or_default();
            return Err(Refusal::Params { path: format!("params.{path}"), message: error.message().to_owned() });
        }
    }
    match serde_json::from_value(params) {
        Ok(params) => Ok(ClientRequest::InitializeRequest(InitializeRequest::new(params))),
        Err(_) => Err(Refusal::param("params", "those of `initialize`")),
    }
}

#[expect(clippy::unnecessary_wraps, reason = "a row of the method table")]
fn discover(_params: JsonObject) -> Result<ClientRequest, Refusal> {
    Ok(ClientRequest::DiscoverRequest(DiscoverRequest::new(DiscoverRequestParams {})))
}

#[expect(clippy::unnecessary_wraps, reason = "a row of the method table")]
fn ping(_params: JsonObject) -> Result<ClientRequest, Refusal> {
    Ok(ClientRequest::PingRequest(PingRequest { method: PingRequestMethod, extensions: Extensions::new() }))
}

fn custom(method: String, params: Option<Value>) -> ClientRequest {
    let mut request = CustomRequest::new(method, None);
    if let Some(Value::Object(mut params)) = params
        && let Ok(Some(meta)) = take_meta(&mut params)
    {
        request.extensions.insert(meta);
    }
    ClientRequest::CustomRequest(request)
}
