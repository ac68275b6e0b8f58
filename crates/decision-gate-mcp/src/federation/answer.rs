//! From what a tool answered to an answer of evidence, in the form that the check's mapping says.

use decision_gate_config::sections::providers::AnswerForm;
use decision_gate_core::digest::Digest;
use decision_gate_core::evidence::{Answer, EvidenceAnchor, EvidenceValue, FaultCode, Found};
use decision_gate_core::json::path::{JsonPath, JsonPathError};
use decision_gate_core::json::{self, JsonError, Limits, canonical};
use rmcp::model::{CallToolResult, ContentBlock, JsonObject};
use serde_json::{Value, json};

use super::evidence;
use super::fault::QueryFault;
use super::mapping::Mapping;
use super::provider::Texts;

/// The key of a result's `_meta` that holds a DSSE envelope over the value.
pub(super) const ATTESTATION: &str = "decision-gate/attestation";
/// The anchor of a value that the gate picked out of a tool's answer.
pub(super) const ANCHOR: &str = "mcp_tool";
pub(super) const ANCHOR_FIELDS: [&str; 2] = ["arguments_sha256", "tool"];

/// What is known of a call besides its answer.
pub(super) struct Call<'a> {
    pub(super) mapping: &'a Mapping,
    pub(super) arguments: &'a JsonObject,
    pub(super) max_bytes: usize,
    pub(super) texts: Texts,
}

/// Translates the result of a tool.
pub(super) fn translate(result: CallToolResult, call: &Call<'_>) -> Result<Answer, QueryFault> {
    let tool = &call.mapping.tool;
    if result.is_error == Some(true) {
        return Err(QueryFault::ToolError { tool: tool.clone(), code: error_code(&result) });
    }
    let attestation = attestation(&result)?;
    let (document, content_type) = match call.mapping.answer {
        AnswerForm::Evidence => {
            let document = structured(result)?;
            return evidence::answer(document, attestation, call.texts);
        }
        AnswerForm::Structured => (structured(result)?, "application/json"),
        AnswerForm::Text => (Value::String(text(result)?), "text/plain"),
        AnswerForm::JsonText => (parse(&text(result)?, call.max_bytes)?, "application/json"),
    };
    // A signer that does not know of the gate's anchor can't have signed it.
    let anchor = if attestation.is_none() { Some(anchor(tool, call.arguments)) } else { None };
    let value = match &call.mapping.jsonpath {
        None => Some(document),
        Some(path) => select(&document, path)?,
    };
    Ok(match value {
        None => Answer::Absent { anchor, attestation, lane_ceiling: None },
        Some(value) => Answer::Found(Box::new(Found {
            value: EvidenceValue::Json(value),
            content_type: Some(content_type.to_owned()),
            anchor,
            attestation,
            ..Found::json(Value::Null)
        })),
    })
}

fn structured(result: CallToolResult) -> Result<Value, QueryFault> {
    result.structured_content.ok_or(QueryFault::Form { wanted: "`structuredContent`" })
}

/// The one text of the answer: which of several would be meant, nobody says.
fn text(result: CallToolResult) -> Result<String, QueryFault> {
    let mut content = result.content.into_iter();
    match (content.next(), content.next()) {
        (Some(ContentBlock::Text(text)), None) => Ok(text.text),
        _ => Err(QueryFault::Form { wanted: "single text" }),
    }
}

fn parse(text: &str, max_bytes: usize) -> Result<Value, QueryFault> {
    json::parse_exact(text.as_bytes(), &Limits::evidence(max_bytes)).map_err(|error| of_json(&error))
}

/// Why a document is refused: what is wrong, never what stands there.
pub(super) fn of_json(error: &JsonError) -> QueryFault {
    if error.code() == "number_out_of_range" {
        return QueryFault::Inexact;
    }
    QueryFault::Malformed { reason: format!("`{}`", error.code()) }
}

/// One match is the value itself, several are an array, none is no value.
fn select(document: &Value, path: &JsonPath) -> Result<Option<Value>, QueryFault> {
    let refused = |error: JsonPathError| QueryFault::Path { code: error.code(), reason: format!("`{}`", error.code()) };
    let matches = path.query(document).map_err(refused)?;
    Ok(match matches.nodes.as_slice() {
        [] => None,
        [only] => Some(only.value.clone()),
        several => Some(several.iter().map(|it| it.value.clone()).collect()),
    })
}

/// A code in the structured content of a failed call; its words are not taken.
fn error_code(result: &CallToolResult) -> Option<String> {
    let code = result.structured_content.as_ref()?.get("code")?.as_str()?;
    FaultCode::try_from(code.to_owned()).ok().map(String::from)
}

fn attestation(result: &CallToolResult) -> Result<Option<String>, QueryFault> {
    match result.meta.as_ref().and_then(|meta| meta.0.get(ATTESTATION)) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(text)) => Ok(Some(text.clone())),
        Some(envelope @ Value::Object(_)) => Ok(Some(canonical_text(envelope))),
        Some(Value::Bool(_) | Value::Number(_) | Value::Array(_)) => {
            Err(QueryFault::Malformed { reason: format!("`{ATTESTATION}` is no envelope") })
        }
    }
}

/// Which tool was called with what.
fn anchor(tool: &str, arguments: &JsonObject) -> EvidenceAnchor {
    let arguments = Digest::of(&canonical::to_vec(&Value::Object(arguments.clone())));
    let value = json!({ "arguments_sha256": arguments.to_hex(), "tool": tool });
    EvidenceAnchor { anchor_type: ANCHOR.to_owned(), anchor_value: canonical_text(&value) }
}

fn canonical_text(value: &Value) -> String {
    String::from_utf8(canonical::to_vec(value)).unwrap_or_default()
}

#[cfg(test)]
mod tests;
