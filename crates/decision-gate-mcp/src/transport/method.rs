//! From a method's name and parameters to rmcp's type for it.
//!
//! rmcp would try each of its request types in turn on a buffered copy; here the name picks the one, and the
//! parameters are moved into it. A method that is not in this table becomes a custom request, which the handler
//! answers with -32601.

#![expect(deprecated, reason = "the newest revision is about to drop logging; clients of the others ask for it")]

use decision_gate_core::json::Inexact;
use rmcp::model::{
    CallToolRequest, CallToolRequestParams, ClientRequest, CompleteRequest, CustomRequest, DiscoverRequest,
    DiscoverRequestParams, Extensions, GetExtensions, GetPromptRequest, GetPromptRequestParams, InitializeRequest,
    JsonObject, ListPromptsRequest, ListResourceTemplatesRequest, ListResourcesRequest, ListToolsRequest, MetaObject,
    PaginatedRequestParams, PingRequest, PingRequestMethod, ReadResourceRequest, ReadResourceRequestParams,
    RequestMetaObject, RequestOptionalParam, SetLevelRequest,
};
use serde::de::DeserializeOwned;
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
        "resources/list" => list_resources,
        "resources/templates/list" => list_templates,
        "resources/read" => read_resource,
        "prompts/list" => list_prompts,
        "prompts/get" => get_prompt,
        "completion/complete" => complete,
        "logging/setLevel" => set_level,
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

fn list_tools(params: JsonObject) -> Result<ClientRequest, Refusal> {
    let list: ListToolsRequest = RequestOptionalParam::with_param(page(params)?);
    Ok(ClientRequest::ListToolsRequest(list))
}

fn list_resources(params: JsonObject) -> Result<ClientRequest, Refusal> {
    let list: ListResourcesRequest = RequestOptionalParam::with_param(page(params)?);
    Ok(ClientRequest::ListResourcesRequest(list))
}

fn list_templates(params: JsonObject) -> Result<ClientRequest, Refusal> {
    let list: ListResourceTemplatesRequest = RequestOptionalParam::with_param(page(params)?);
    Ok(ClientRequest::ListResourceTemplatesRequest(list))
}

fn list_prompts(params: JsonObject) -> Result<ClientRequest, Refusal> {
    let list: ListPromptsRequest = RequestOptionalParam::with_param(page(params)?);
    Ok(ClientRequest::ListPromptsRequest(list))
}

/// Which page of a list.
fn page(mut params: JsonObject) -> Result<PaginatedRequestParams, Refusal> {
    let mut page = PaginatedRequestParams::default();
    page.cursor = match params.remove("cursor") {
        None | Some(Value::Null) => None,
        Some(Value::String(cursor)) => Some(cursor),
        Some(_) => return Err(Refusal::param("params.cursor", "a text")),
    };
    Ok(page)
}

fn read_resource(mut params: JsonObject) -> Result<ClientRequest, Refusal> {
    match params.remove("uri") {
        Some(Value::String(uri)) => {
            Ok(ClientRequest::ReadResourceRequest(ReadResourceRequest::new(ReadResourceRequestParams::new(uri))))
        }
        _ => Err(Refusal::param("params.uri", "a text")),
    }
}

fn get_prompt(mut params: JsonObject) -> Result<ClientRequest, Refusal> {
    let Some(Value::String(name)) = params.remove("name") else {
        return Err(Refusal::param("params.name", "a text"));
    };
    let mut prompt = GetPromptRequestParams::new(name);
    prompt.arguments = match params.remove("arguments") {
        None | Some(Value::Null) => None,
        Some(Value::Object(arguments)) => Some(arguments),
        Some(_) => return Err(Refusal::param("params.arguments", "an object")),
    };
    Ok(ClientRequest::GetPromptRequest(GetPromptRequest::new(prompt)))
}

fn complete(params: JsonObject) -> Result<ClientRequest, Refusal> {
    Ok(ClientRequest::CompleteRequest(CompleteRequest::new(typed(params, "completion/complete")?)))
}

fn set_level(params: JsonObject) -> Result<ClientRequest, Refusal> {
    Ok(ClientRequest::SetLevelRequest(SetLevelRequest::new(typed(params, "logging/setLevel")?)))
}

fn initialize(params: JsonObject) -> Result<ClientRequest, Refusal> {
    Ok(ClientRequest::InitializeRequest(InitializeRequest::new(typed(params, "initialize")?)))
}

/// The parameters as rmcp's type for them.
fn typed<T: DeserializeOwned>(params: JsonObject, method: &str) -> Result<T, Refusal> {
    let params = Value::Object(params);
    if let Some(error) = explain::<T>(&params) {
        let path = error.details().get("path").and_then(Value::as_str).unwrap_or_default();
        return Err(Refusal::Params { path: format!("params.{path}"), message: error.message().to_owned() });
    }
    serde_json::from_value(params).map_err(|_| Refusal::param("params", &format!("those of `{method}`")))
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
