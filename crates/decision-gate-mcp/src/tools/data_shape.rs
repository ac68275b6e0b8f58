//! How the tools name a data shape and what they say about it.

use decision_gate_core::digest::Digest;
use decision_gate_core::name::{SchemaId, SchemaVersion};
use decision_gate_runtime::{SchemaLine, SchemaOrigin};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A version of a data shape, by name.
#[derive(Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct DataShapeName {
    /// Which.
    pub(super) schema_id: SchemaId,
    /// Its version.
    pub(super) version: SchemaVersion,
}

/// Who wrote a data shape.
#[derive(Clone, Copy, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(inline)]
enum Origin {
    /// A caller.
    Registered,
    /// A file of the configuration.
    Pinned,
}

/// A data shape without its schema.
#[derive(Serialize, JsonSchema)]
pub(super) struct DataShapeItem {
    /// Which.
    schema_id: SchemaId,
    /// Its version.
    version: SchemaVersion,
    /// `pinned` by the configuration, or `registered` by a caller.
    origin: Origin,
    /// What it is for.
    #[serde(skip_serializing_if = "Option::is_none")]
    description: Option<String>,
    /// Digest of the schema.
    schema_hash: Digest,
}

impl From<SchemaLine> for DataShapeItem {
    fn from(line: SchemaLine) -> Self {
        let SchemaLine { schema_id, version, origin, description, schema_hash } = line;
        let origin = match origin {
            SchemaOrigin::Registered => Origin::Registered,
            SchemaOrigin::Pinned => Origin::Pinned,
        };
        Self { schema_id, version, origin, description, schema_hash }
    }
}

impl DataShapeItem {
    /// One line.
    pub(super) fn line(&self) -> String {
        let origin = match self.origin {
            Origin::Registered => SchemaOrigin::Registered,
            Origin::Pinned => SchemaOrigin::Pinned,
        };
        let about = self.description.as_ref().map(|it| format!(": {it}")).unwrap_or_default();
        format!("{} version {} ({}, {}){about}", self.schema_id, self.version, origin.word(), self.schema_hash)
    }
}
