//! A contract out of what a server says of its tools, for somebody to read, keep and pin.

use std::path::Path;
use std::sync::Arc;

use decision_gate_config::sections::providers::{AnswerForm, McpSettings, Protocol};
use decision_gate_core::condition;
use decision_gate_core::contract::schema::Schema;
use decision_gate_core::contract::{CheckContract, Determinism, ProviderContract};
use decision_gate_core::name::{CheckId, ProviderId};
use rmcp::model::Tool;
use serde_json::{Value, json};

use super::FederationError;
use super::contract::{content_types, own_anchor, requires};
use super::launch::Launch;
use super::supervisor::start;

/// Starts the server and writes down its tools as checks: one each, of the same name, answered by `structuredContent`.
///
/// `base` is the folder of the configuration. The server is ended before this returns.
pub(crate) async fn derive_contract(
    provider: &ProviderId,
    settings: &McpSettings,
    base: &Path,
) -> Result<ProviderContract, FederationError> {
    if settings.protocol == Protocol::DecisionGateV0 {
        return Err(FederationError::NoTools);
    }
    let launch = Launch::new(provider.as_str(), settings, base)?;
    let not_discovered = |reason: String| FederationError::NotDiscovered { reason };
    let session = start(Arc::new(launch), settings.handshake).await.map_err(|it| not_discovered(it.to_string()))?;
    let mut notes = Vec::new();
    let mut checks: Vec<_> = session.tools().iter().filter_map(|tool| check(tool, &mut notes)).collect();
    checks.sort_by(|left, right| left.check_id.cmp(&right.check_id));
    Ok(ProviderContract {
        provider_id: provider.clone(),
        name: provider.to_string(),
        description: "Derived from the tools of a server; read it before you rely on it.".to_owned(),
        transport: "mcp".to_owned(),
        config_schema: json!({ "type": "object" }),
        checks,
        notes,
    })
}

fn check(tool: &Tool, notes: &mut Vec<String>) -> Option<CheckContract> {
    let Ok(check_id) = CheckId::try_from(tool.name.as_ref()) else {
        notes.push("a tool whose name is no id was left out".to_owned());
        return None;
    };
    let params_schema = usable(Value::Object((*tool.input_schema).clone()), "inputSchema", tool, notes);
    let output = tool.output_schema.as_ref().map(|schema| Value::Object((**schema).clone()));
    let result_schema = output.map_or_else(|| json!({}), |schema| usable(schema, "outputSchema", tool, notes));
    Some(CheckContract {
        check_id,
        description: tool.description.as_ref().map_or_else(String::new, |text| text.chars().take(300).collect()),
        determinism: Determinism::External,
        params_required: requires(&params_schema),
        params_schema,
        result_schema,
        allowed_comparators: condition::ALL.to_vec(),
        anchor_types: own_anchor(),
        content_types: content_types(AnswerForm::Structured),
        examples: Vec::new(),
    })
}

/// The schema, or one that takes anything where it reaches outside itself or is none.
fn usable(mut schema: Value, name: &str, tool: &Tool, notes: &mut Vec<String>) -> Value {
    // Which dialect it is written in is no reference, and is not followed.
    if let Value::Object(members) = &mut schema {
        members.remove("$schema");
    }
    match Schema::compile(&schema) {
        Ok(_) => schema,
        Err(error) => {
            notes.push(format!("`{name}` of `{}` is not used (`{}`)", tool.name, error.code()));
            json!({})
        }
    }
}
