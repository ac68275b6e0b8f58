//! The data shapes that the configuration pins: read, compiled, and refused with file and line.

use std::sync::Arc;

use decision_gate_config::Config;
use decision_gate_core::contract::shape::DataShape;
use decision_gate_runtime::PinnedSchema;

use super::SetupError;

pub(super) fn pinned(config: &Config) -> Result<Vec<PinnedSchema>, SetupError> {
    each(config).into_iter().collect()
}

/// Every pinned data shape, or what is wrong with it.
pub(super) fn each(config: &Config) -> Vec<Result<PinnedSchema, SetupError>> {
    let read = |entry: &decision_gate_config::sections::schemas::Schema| {
        let document = decision_gate_config::document(entry.file.as_path())?;
        let shape = DataShape::new(document.value()).map_err(|error| SetupError::Schema {
            place: document.place(error.pointer().unwrap_or_default()),
            schema: entry.schema_id.to_string(),
            error,
        })?;
        Ok(PinnedSchema {
            namespace: entry.namespace_id,
            schema_id: entry.schema_id.clone(),
            version: entry.version.clone(),
            description: entry.description.clone(),
            shape: Arc::new(shape),
        })
    };
    config.schemas.list().iter().map(read).collect()
}
