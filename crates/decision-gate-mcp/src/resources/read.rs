//! What lies at an address.

use decision_gate_core::name::{NamespaceId, RunId, TenantId};
use decision_gate_core::policy::Policy;
use decision_gate_runtime::{Caller, DecisionView, RunView, RuntimeError};
use rmcp::model::ResourceContents;
use serde::Deserialize;
use serde_json::{Value, json};

use super::{JSON, MARKDOWN, ResourceUri, Shelf};
use crate::app::Packs;
use crate::{App, docs, error::Refusal, tools::CallContext};

/// The most bytes of what is read: 8,000 tokens at four bytes each.
const MAX_BYTES: usize = 32_000;

/// The most bytes of a manifest that is looked at.
const MAX_MANIFEST: u64 = 4 << 20;

/// What lies at `uri`.
pub(crate) async fn read(context: &CallContext<App>, uri: &str) -> Result<Vec<ResourceContents>, Refusal> {
    let missing = || Refusal::unknown_resource(uri);
    let (mime, text) = match ResourceUri::parse(uri).ok_or_else(missing)? {
        ResourceUri::Page { path, section } => (MARKDOWN, page(&path, section.as_deref()).ok_or_else(missing)?),
        ResourceUri::Run { shelf, run } => {
            (JSON, bounded(&run_view(context, shelf, &run).await?, &["/last_decision/outcome/summary/unmet_gates"]))
        }
        ResourceUri::Decision { shelf, run, number } => {
            let view = decision(context, shelf, &run, number).await?;
            (
                JSON,
                bounded(&view.ok_or_else(missing)?, &["/evidence", "/gates", "/decision/outcome/summary/unmet_gates"]),
            )
        }
        ResourceUri::Pack { name } => {
            (JSON, bounded(&pack(context, &name).await?, &["/artifacts", "/integrity/file_hashes"]))
        }
        ResourceUri::Policy { shelf, digest } => {
            let caller = caller(context, shelf);
            let gate = context.app().orchestrator();
            let policy = gate.policy_of(&caller, digest).await.map_err(|error| of_shelf(&error, uri))?;
            (JSON, bounded(&policy_view(&*policy.ok_or_else(missing)?), &[]))
        }
    };
    Ok(vec![ResourceContents::text(text, uri).with_mime_type(mime)])
}

/// A page or a section of one, cut where it is too long for anybody to read at once.
fn page(path: &str, section: Option<&str>) -> Option<String> {
    let page = docs::page(path)?;
    let text = match section {
        None => page.text.to_owned(),
        Some(section) => docs::section(page, section)?,
    };
    if text.len() <= MAX_BYTES {
        return Some(text);
    }
    let shown = text.get(..text.floor_char_boundary(MAX_BYTES))?;
    let shown = shown.rsplit_once('\n').map_or(shown, |(lines, _)| lines);
    Some(format!(
        "{shown}\n\n… cut after {} of {} bytes: read a section by `#` and its heading, or use decision_gate_docs_search\n",
        shown.len(),
        text.len()
    ))
}

/// Where a run stands.
pub(crate) async fn run_view(context: &CallContext<App>, shelf: Shelf, run: &RunId) -> Result<Value, Refusal> {
    let address = ResourceUri::Run { shelf, run: run.clone() }.to_string();
    if !context.app().has_ledger() {
        return Err(Refusal::unknown_resource(&address));
    }
    let status = context.app().orchestrator().status(&caller(context, shelf), run, None).await;
    let RunView { state, .. } = status.map_err(|error| of_shelf(&error, &address))?;
    let last = ResourceUri::Decision { shelf, run: run.clone(), number: state.decisions };
    Ok(json!({
        "run_id": state.run,
        "scenario_id": state.scenario_id,
        "spec_hash": state.spec_hash,
        "origin": state.origin,
        "status": state.status.word(),
        "allowed": state.is_allowed(),
        "stage_id": state.stage_id,
        "degraded": state.degraded,
        "subject": state.subject,
        "environment": state.environment,
        "events": state.seq,
        "decisions": state.decisions,
        "last_decision": state.last_decision,
        "last_decision_uri": last.to_string(),
    }))
}

/// One decision of a run; nothing where it has fewer.
async fn decision(
    context: &CallContext<App>,
    shelf: Shelf,
    run: &RunId,
    number: u64,
) -> Result<Option<Value>, Refusal> {
    let address = || ResourceUri::Decision { shelf, run: run.clone(), number }.to_string();
    if !context.app().has_ledger() {
        return Ok(None);
    }
    let found = context.app().orchestrator().decision(&caller(context, shelf), run, number).await;
    let view = found.map_err(|error| of_shelf(&error, &address()))?;
    Ok(view.map(|view| {
        let DecisionView { seq, policy_digest, decision, evidence, gates, relaxations } = view;
        json!({
            "run_id": run,
            "run_uri": ResourceUri::Run { shelf, run: run.clone() }.to_string(),
            "event": seq,
            "decision": decision,
            "gates": gates,
            "evidence": evidence,
            "relaxations": relaxations,
            "policy_uri": ResourceUri::Policy { shelf, digest: policy_digest }.to_string(),
        })
    }))
}

/// The manifest of a pack, if it is of a shelf that is open here.
async fn pack(context: &CallContext<App>, name: &str) -> Result<Value, Refusal> {
    let missing = |_| Refusal::unknown_resource(&ResourceUri::Pack { name: name.to_owned() }.to_string());
    manifest(context, &context.app().packs().map_err(missing)?, name).await
}

/// The manifest of a pack that is the caller's.
pub(super) async fn manifest(context: &CallContext<App>, packs: &Packs, name: &str) -> Result<Value, Refusal> {
    #[derive(Deserialize)]
    struct Claimed {
        tenant_id: TenantId,
        namespace_id: NamespaceId,
    }
    let missing = || Refusal::unknown_resource(&ResourceUri::Pack { name: name.to_owned() }.to_string());
    let bytes = packs.file(name, "manifest.json", MAX_MANIFEST).await.map_err(|_| missing())?.ok_or_else(missing)?;
    let limits = decision_gate_core::json::Limits::message(usize::try_from(MAX_MANIFEST).unwrap_or(usize::MAX));
    let manifest = decision_gate_core::json::parse_exact(&bytes, &limits).map_err(|_| missing())?;
    let claimed = Claimed::deserialize(&manifest).map_err(|_| missing())?;
    let caller = context.app().caller(Some(claimed.tenant_id), Some(claimed.namespace_id), None);
    if context.app().orchestrator().is_open(&caller) { Ok(manifest) } else { Err(missing()) }
}

/// A policy without the schemas of results, which the contracts of providers have.
fn policy_view(policy: &Policy) -> Value {
    let mut view = serde_json::to_value(policy.snapshot()).unwrap_or_default();
    if let Some(providers) = view.get_mut("providers").and_then(Value::as_object_mut) {
        for provider in providers.values_mut().filter_map(Value::as_object_mut) {
            provider.remove("result_schemas");
        }
    }
    json!({ "digest": policy.digest(), "policy": view, "note": "result schemas are in provider_contract_get" })
}

fn caller(context: &CallContext<App>, shelf: Shelf) -> Caller {
    context.app().caller(shelf.tenant, shelf.namespace, None)
}

/// What is not there, or on a shelf that is not open, is not found; everything else is the gate's own fault.
fn of_shelf(error: &RuntimeError, uri: &str) -> Refusal {
    match error {
        RuntimeError::RunNotFound { .. }
        | RuntimeError::TenantUnknown { .. }
        | RuntimeError::NamespaceUnknown { .. } => Refusal::unknown_resource(uri),
        other => Refusal::of_gate(other),
    }
}

/// `value` as text that is short enough: the longest of these lists is halved until it is, and `left_out` says so.
fn bounded(value: &Value, lists: &[&str]) -> String {
    let mut value = value.clone();
    loop {
        let text = text_of(&value);
        if text.len() <= MAX_BYTES {
            return text;
        }
        let length = |list: &&&str| value.pointer(list).and_then(Value::as_array).map_or(0, Vec::len);
        let Some(longest) = lists.iter().max_by_key(length).filter(|list| length(list) > 0) else {
            return text_of(&json!({ "code": "resource_too_large", "bytes": text.len(), "limit": MAX_BYTES }));
        };
        let mut dropped = 0;
        if let Some(list) = value.pointer_mut(longest).and_then(Value::as_array_mut) {
            dropped = list.len().div_ceil(2);
            list.truncate(list.len() - dropped);
        }
        let before = value.get("left_out").and_then(|it| it.get(longest)).and_then(Value::as_u64).unwrap_or_default();
        let all = before.saturating_add(u64::try_from(dropped).unwrap_or(u64::MAX));
        if let Value::Object(members) = &mut value
            && let Value::Object(left_out) = members.entry("left_out").or_insert_with(|| json!({}))
        {
            left_out.insert((*longest).to_owned(), Value::from(all));
        }
    }
}

fn text_of(value: &Value) -> String {
    serde_json::to_string_pretty(value).unwrap_or_default()
}
