//! What an external provider promises: read from a file, or made of the checks that its settings declare.
//!
//! Either way it is known before the provider is ever started, so that scenarios are checked against what somebody
//! wrote down and not against what a server says of itself on that day.

use std::collections::BTreeMap;
use std::path::Path;

use decision_gate_config::sections::providers::{AnswerForm, McpCheck, McpSettings, Protocol};
use decision_gate_core::condition::{self, Comparator};
use decision_gate_core::contract::schema::Schema;
use decision_gate_core::contract::{AnchorType, CheckContract, Determinism, ProviderContract};
use decision_gate_core::json::{self, Limits};
use decision_gate_core::name::{CheckId, ProviderId};
use serde_json::{Value, json};

use super::FederationError;
use super::answer::{ANCHOR, ANCHOR_FIELDS};
use super::mapping::Mapping;

/// Most bytes of a contract file.
const MAX_BYTES: u64 = 1024 * 1024;

/// A contract, and how each of its checks is asked.
#[derive(Debug)]
pub(super) struct Terms {
    pub(super) contract: ProviderContract,
    pub(super) mappings: BTreeMap<CheckId, Mapping>,
}

impl Terms {
    pub(super) fn of(provider: &ProviderId, settings: &McpSettings) -> Result<Self, FederationError> {
        let mapped = |check: &McpCheck| match Mapping::of(check) {
            Ok(mapping) => Ok((check.check_id.clone(), mapping)),
            Err(reason) => Err(FederationError::Check { check: check.check_id.to_string(), reason }),
        };
        let mut mappings = settings.checks.iter().map(mapped).collect::<Result<BTreeMap<_, _>, _>>()?;
        let contract = match &settings.contract {
            Some(path) => read(provider, path.as_path())?,
            None => declared(provider, settings, &mappings),
        };
        for check in &contract.checks {
            let plain = || Mapping::plain(check.check_id.as_str(), AnswerForm::default());
            mappings.entry(check.check_id.clone()).or_insert_with(plain);
        }
        let unknown = mappings.keys().find(|check| contract.check(check).is_none());
        if let Some(check) = unknown {
            return Err(FederationError::UnknownCheck { check: check.to_string() });
        }
        sound(&contract)?;
        Ok(Self { contract, mappings })
    }
}

/// The contract that the declared checks are.
fn declared(provider: &ProviderId, settings: &McpSettings, mappings: &BTreeMap<CheckId, Mapping>) -> ProviderContract {
    let check = |check: &McpCheck| {
        let named = mappings.get(&check.check_id).and_then(Mapping::parameters);
        let params_schema = check.params_schema.clone().unwrap_or_else(|| match named {
            Some(names) => json!({
                "type": "object",
                "properties": names.iter().map(|name| (name.clone(), json!({}))).collect::<serde_json::Map<_, _>>(),
                "required": names,
                "additionalProperties": false,
            }),
            None => json!({ "type": "object" }),
        });
        let of_gate = settings.protocol == Protocol::Mcp && check.answer != AnswerForm::Evidence;
        CheckContract {
            check_id: check.check_id.clone(),
            description: check.description.clone().unwrap_or_else(|| format!("`{}` of `{provider}`", check.check_id)),
            determinism: Determinism::External,
            params_required: requires(&params_schema),
            params_schema,
            result_schema: check.result_schema.clone().unwrap_or_else(|| json!({})),
            allowed_comparators: in_order(check.comparators.as_deref()),
            anchor_types: check.anchor_types.clone().unwrap_or_else(|| if of_gate { own_anchor() } else { Vec::new() }),
            content_types: content_types(check.answer),
            examples: Vec::new(),
        }
    };
    ProviderContract {
        provider_id: provider.clone(),
        name: provider.to_string(),
        description: "An external server; its checks are declared in the configuration.".to_owned(),
        transport: "mcp".to_owned(),
        config_schema: json!({ "type": "object" }),
        checks: settings.checks.iter().map(check).collect(),
        notes: Vec::new(),
    }
}

/// Whether a schema of parameters names one that must be given.
pub(super) fn requires(params_schema: &Value) -> bool {
    params_schema.get("required").and_then(Value::as_array).is_some_and(|names| !names.is_empty())
}

pub(super) fn own_anchor() -> Vec<AnchorType> {
    vec![AnchorType { anchor_type: ANCHOR.to_owned(), fields: ANCHOR_FIELDS.map(str::to_owned).to_vec() }]
}

pub(super) fn content_types(answer: AnswerForm) -> Vec<String> {
    match answer {
        AnswerForm::Structured | AnswerForm::JsonText => vec!["application/json".to_owned()],
        AnswerForm::Text => vec!["text/plain".to_owned()],
        AnswerForm::Evidence => Vec::new(),
    }
}

/// The comparators in canonical order; all of them where none are named.
fn in_order(named: Option<&[Comparator]>) -> Vec<Comparator> {
    condition::ALL.into_iter().filter(|it| named.is_none_or(|named| named.contains(it))).collect()
}

/// Reads a contract file. Anchor types may be bare names, as the public project writes them.
fn read(provider: &ProviderId, path: &Path) -> Result<ProviderContract, FederationError> {
    let unreadable = |reason: String| FederationError::ContractUnreadable { path: path.to_owned(), reason };
    let invalid = |reason: String| FederationError::ContractInvalid { path: path.to_owned(), reason };
    let facts = std::fs::metadata(path).map_err(|error| unreadable(error.kind().to_string()))?;
    if !facts.is_file() {
        return Err(unreadable("not a regular file".to_owned()));
    }
    if facts.len() > MAX_BYTES {
        return Err(unreadable(format!("it has more than `{MAX_BYTES}` bytes")));
    }
    let text = std::fs::read(path).map_err(|error| unreadable(error.kind().to_string()))?;
    let limits = Limits::message(usize::try_from(MAX_BYTES).unwrap_or(usize::MAX));
    let mut value = json::parse_exact(&text, &limits).map_err(|error| invalid(error.to_string()))?;
    for check in value.get_mut("checks").and_then(Value::as_array_mut).into_iter().flatten() {
        for anchor in check.get_mut("anchor_types").and_then(Value::as_array_mut).into_iter().flatten() {
            if let Value::String(name) = anchor {
                *anchor = json!({ "anchor_type": name, "fields": [] });
            }
        }
    }
    let contract: ProviderContract = serde_json::from_value(value).map_err(|error| invalid(error.to_string()))?;
    if contract.provider_id != *provider {
        return Err(FederationError::ContractOfAnother { found: contract.provider_id.to_string() });
    }
    Ok(contract)
}

/// Refuses what could never be asked, or never be judged.
fn sound(contract: &ProviderContract) -> Result<(), FederationError> {
    let mut seen = std::collections::BTreeSet::new();
    for check in &contract.checks {
        let refused = |reason: String| FederationError::Check { check: check.check_id.to_string(), reason };
        if !seen.insert(&check.check_id) {
            return Err(refused("it is there twice".to_owned()));
        }
        if check.allowed_comparators.is_empty() {
            return Err(refused("no comparator is allowed".to_owned()));
        }
        for (name, schema) in [("params_schema", &check.params_schema), ("result_schema", &check.result_schema)] {
            Schema::compile(schema).map_err(|error| refused(format!("`{name}`: {error}")))?;
        }
    }
    Ok(())
}
