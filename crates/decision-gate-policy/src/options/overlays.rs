//! A policy as it was written: its documents, in the order in which they lie over one another.
//!
//! This is what a policy snapshot keeps, so that a replay reads the same options and names the same layers.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{OptionFault, PolicyDocument};

/// Documents in order, the strongest last.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Overlays(Vec<Overlay>);

/// One document, and what its layer is called.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Overlay {
    /// The layer's name, as rows and `config show` say it. Never an absolute path: it is hashed.
    pub layer: String,
    /// The document: `PolicyGates`, `Logging` or both.
    pub document: Value,
}

impl Overlays {
    /// Lays a document over what is there.
    pub fn push(&mut self, layer: impl Into<String>, document: Value) {
        self.0.push(Overlay { layer: layer.into(), document });
    }

    /// The documents, the strongest last.
    pub fn iter(&self) -> impl Iterator<Item = &Overlay> {
        self.0.iter()
    }

    /// Whether nobody wrote anything.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The options that are in force.
    ///
    /// # Errors
    /// Every key that means nothing, of the first document that has one, and that document's layer.
    pub fn merged(&self) -> Result<PolicyDocument, (String, Vec<OptionFault>)> {
        let mut merged = PolicyDocument::built_in();
        for Overlay { layer, document } in &self.0 {
            merged.overlay(layer, document).map_err(|faults| (layer.clone(), faults))?;
        }
        Ok(merged)
    }
}
