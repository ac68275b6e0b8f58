//! `schemas`: the data shapes that the configuration pins, one file each.

use decision_gate_core::name::{NamespaceId, SchemaId, SchemaVersion};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Checks, Section};
use crate::key_path::KeyPath;
use crate::values::ConfigPath;

/// The data shapes that the configuration pins.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(transparent)]
pub struct Schemas(Vec<Schema>);

/// One data shape: a JSON Schema 2020-12 that `precheck` checks a payload by. Nobody can register another content
/// under its name.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Schema {
    /// Its id.
    pub schema_id: SchemaId,
    /// Its version.
    pub version: SchemaVersion,
    /// The file with the schema: JSON, YAML or TOML.
    pub file: ConfigPath,
    /// The namespace in which it can be named, for every tenant.
    #[serde(default = "first")]
    #[schemars(default = "first")]
    pub namespace_id: NamespaceId,
    /// What it is for.
    pub description: Option<String>,
}

fn first() -> NamespaceId {
    NamespaceId::FIRST
}

impl Schemas {
    /// The data shapes.
    pub fn list(&self) -> &[Schema] {
        &self.0
    }
}

impl Section for Schemas {
    fn check(&self, checks: &mut Checks) {
        checks.unique(&self.0, "schemas.schema_id", "schema_id", |schema| {
            format!("{} version {} in namespace {}", schema.schema_id, schema.version, schema.namespace_id.get())
        });
    }

    fn paths<'a>(&'a mut self, at: &KeyPath, paths: &mut Vec<(KeyPath, &'a mut ConfigPath)>) {
        paths.extend(self.0.iter_mut().enumerate().map(|(index, it)| (at.index(index).key("file"), &mut it.file)));
    }
}
