//! What a source brought: files as they are, before anybody looked into them.
//!
//! This is the value that is kept in the ledger, so that a replay starts from the same bytes. A listing without files
//! says that the source answered and has none.

use decision_gate_core::evidence::EvidenceValue;
use decision_gate_core::trust::Lane;
use serde::{Deserialize, Serialize};

/// The media type of the value.
pub const COLLECTED_TYPE: &str = "application/vnd.decision-gate.attestations+json";

/// Files of attestations, sorted by name.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Collected {
    files: Vec<CollectedFile>,
    /// The lane that the source lowers what was signed to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    lane_ceiling: Option<Lane>,
}

/// One file.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CollectedFile {
    /// What it is called at its source.
    pub name: String,
    /// What it holds; nothing where that is no UTF-8, and so no attestation.
    pub text: Option<String>,
}

/// A value that is no collection of files.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the value that was kept is no collection of attestation files")]
pub struct CollectedError;

impl Collected {
    /// These files, in any order.
    pub fn new(files: impl IntoIterator<Item = (String, Vec<u8>)>) -> Self {
        let file = |(name, bytes)| CollectedFile { name, text: String::from_utf8(bytes).ok() };
        let mut files: Vec<_> = files.into_iter().map(file).collect();
        files.sort();
        Self { files, lane_ceiling: None }
    }

    /// The same from a source whose evidence is worth no more than `lane`.
    #[must_use]
    pub fn under(self, lane_ceiling: Option<Lane>) -> Self {
        Self { lane_ceiling, ..self }
    }

    /// The lane that the source lowers what was signed to.
    pub fn lane_ceiling(&self) -> Option<Lane> {
        self.lane_ceiling
    }

    /// The files, sorted by name.
    pub fn files(&self) -> &[CollectedFile] {
        &self.files
    }

    /// Reads what was kept.
    ///
    /// # Errors
    /// [`CollectedError`].
    pub fn read(value: &EvidenceValue) -> Result<Self, CollectedError> {
        match value {
            EvidenceValue::Json(value) => Self::deserialize(value).map_err(|_| CollectedError),
            EvidenceValue::Bytes(_) => Err(CollectedError),
        }
    }

    /// The value that is kept.
    pub fn to_value(&self) -> EvidenceValue {
        EvidenceValue::Json(serde_json::to_value(self).unwrap_or_default())
    }
}
