//! What a provider promises: its checks, their parameters, results, comparators and anchors
//! (`reference/payloads.md` 6.3). Scenarios are checked against it when they are defined.

mod plain;
pub mod schema;
pub mod shape;

use std::collections::BTreeMap;
use std::sync::{Arc, OnceLock};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use self::schema::{Misfit, Schema, SchemaError};
use crate::condition::Comparator;
use crate::digest::Digest;
use crate::json::canonical;
use crate::name::{CheckId, ProviderId};

/// A provider's contract.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ProviderContract {
    /// The provider's id in the configuration.
    pub provider_id: ProviderId,
    /// A short title.
    pub name: String,
    /// One or two sentences.
    pub description: String,
    /// `builtin` or `mcp`.
    pub transport: String,
    /// JSON Schema of its `config` table.
    pub config_schema: Value,
    /// What can be asked.
    pub checks: Vec<CheckContract>,
    /// Anything else worth knowing.
    pub notes: Vec<String>,
}

/// One question that a provider answers.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CheckContract {
    /// Its id.
    pub check_id: CheckId,
    /// What it answers.
    pub description: String,
    /// What its answer depends on.
    pub determinism: Determinism,
    /// Whether parameters must be given.
    pub params_required: bool,
    /// JSON Schema of its parameters.
    pub params_schema: Value,
    /// JSON Schema of its values. A value that does not fit is Unknown.
    pub result_schema: Value,
    /// Which comparators may be used on it, in canonical order.
    pub allowed_comparators: Vec<Comparator>,
    /// The anchors that it brings: type and field names.
    pub anchor_types: Vec<AnchorType>,
    /// Media types of its values.
    pub content_types: Vec<String>,
    /// Examples.
    pub examples: Vec<CheckExample>,
}

/// What an answer depends on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Determinism {
    /// On the parameters alone.
    Deterministic,
    /// On the evaluation time.
    TimeDependent,
    /// On the world.
    External,
}

/// A kind of anchor and the fields that it always has.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct AnchorType {
    /// Such as `file_path_rooted`.
    pub anchor_type: String,
    /// Its scalar fields.
    pub fields: Vec<String>,
}

/// A query and what it gives.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CheckExample {
    /// What it shows.
    pub description: String,
    /// Parameters.
    pub params: Value,
    /// The value.
    pub result: Value,
}

impl ProviderContract {
    /// The check of that id.
    pub fn check(&self, check: &CheckId) -> Option<&CheckContract> {
        self.checks.iter().find(|it| it.check_id == *check)
    }

    /// Digest of its canonical JSON.
    pub fn digest(&self) -> Digest {
        Digest::of(&canonical::own(self))
    }
}

/// The contracts that a scenario is checked against, with their schemas compiled as they are needed.
#[derive(Clone, Debug, Default)]
pub struct Contracts(BTreeMap<ProviderId, Entry>);

#[derive(Clone, Debug)]
struct Entry {
    contract: ProviderContract,
    compiled: BTreeMap<CheckId, Arc<Compiled>>,
}

#[derive(Debug, Default)]
struct Compiled {
    params: OnceLock<Result<Schema, SchemaError>>,
    result: OnceLock<Result<Schema, SchemaError>>,
}

impl Contracts {
    /// The contract of `provider`.
    pub fn get(&self, provider: &ProviderId) -> Option<&ProviderContract> {
        self.0.get(provider).map(|entry| &entry.contract)
    }

    /// All, by id.
    pub fn iter(&self) -> impl Iterator<Item = &ProviderContract> {
        self.0.values().map(|entry| &entry.contract)
    }

    /// Whether `params` fit the check's `params_schema`.
    ///
    /// # Errors
    /// [`Unfit`] when they do not, or the schema can't be used.
    pub(crate) fn check_params(
        &self,
        provider: &ProviderId,
        check: &CheckContract,
        params: &Value,
    ) -> Result<(), Unfit> {
        self.fit(provider, check, params, |it| &it.params, &check.params_schema)
    }

    /// Whether `value` fits the check's `result_schema`.
    ///
    /// # Errors
    /// [`Unfit`] when it does not, or the schema can't be used.
    pub(crate) fn check_result(
        &self,
        provider: &ProviderId,
        check: &CheckContract,
        value: &Value,
    ) -> Result<(), Unfit> {
        self.fit(provider, check, value, |it| &it.result, &check.result_schema)
    }

    fn fit(
        &self,
        provider: &ProviderId,
        check: &CheckContract,
        value: &Value,
        slot: fn(&Compiled) -> &OnceLock<Result<Schema, SchemaError>>,
        source: &Value,
    ) -> Result<(), Unfit> {
        let compiled = self.0.get(provider).and_then(|entry| entry.compiled.get(&check.check_id));
        let fresh;
        let schema = match compiled {
            Some(compiled) => slot(compiled).get_or_init(|| Schema::compile(source)),
            None => {
                fresh = Schema::compile(source);
                &fresh
            }
        };
        let schema = schema.as_ref().map_err(|error| Unfit::Contract(error.clone()))?;
        schema.check(value).map_err(Unfit::Value)
    }
}

/// Why a value does not fit a contract's schema.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Unfit {
    /// The value's fault.
    Value(Misfit),
    /// The schema's fault.
    Contract(SchemaError),
}

impl FromIterator<ProviderContract> for Contracts {
    fn from_iter<I: IntoIterator<Item = ProviderContract>>(contracts: I) -> Self {
        let entry = |contract: ProviderContract| {
            let compiled = contract.checks.iter().map(|it| (it.check_id.clone(), Arc::default())).collect();
            (contract.provider_id.clone(), Entry { contract, compiled })
        };
        Self(contracts.into_iter().map(entry).collect())
    }
}
