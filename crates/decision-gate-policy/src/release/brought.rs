//! What a source of releases brought: files as they are, and what the trigger asked for.
//!
//! This is the value that is kept in the ledger, so that a replay starts from the same bytes.

use std::collections::BTreeMap;

use decision_gate_attest::vex_status::VexStatus;
use decision_gate_core::evidence::EvidenceValue;
use decision_gate_core::trust::{Height, Lane};
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// The media type of the value.
pub const MEDIA_TYPE: &str = "application/vnd.decision-gate.release+json";

/// Everything that one source brought for one release.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Brought {
    /// What the trigger asked for, where the question leaves that to it.
    #[serde(default, skip_serializing_if = "Asked::is_empty")]
    pub asked: Asked,
    /// The folders, by name.
    pub roots: Vec<BroughtRoot>,
    /// What the ledger had seen that goes beyond what was brought, by the name of its mark. It is the ledger that says
    /// so, and nobody else: see [`forget`](Self::forget).
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub seen: BTreeMap<String, Height>,
}

/// What whoever asks says about a release. All of it is asserted.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Asked {
    /// The VEX status that is asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub requested_status: Option<VexStatus>,
    /// Facts, by the gates' metadata keys.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub metadata: BTreeMap<String, String>,
}

impl Asked {
    /// Whether nothing was asked for.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

/// One folder.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BroughtRoot {
    /// Its name.
    pub root_id: String,
    /// The lane that what is in it is lowered to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lane_ceiling: Option<Lane>,
    /// Its files, by name.
    pub files: Vec<BroughtFile>,
}

/// One file.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BroughtFile {
    /// What it is called at its source.
    pub name: String,
    /// What it holds; nothing where that is no UTF-8, and so no evidence.
    pub text: Option<String>,
}

/// A value that nothing was brought in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the value that was kept is not what a source of releases brings")]
pub struct BroughtError;

impl BroughtRoot {
    /// A folder with these files, in any order.
    pub fn new(
        root_id: impl Into<String>,
        lane_ceiling: Option<Lane>,
        files: impl IntoIterator<Item = (String, Vec<u8>)>,
    ) -> Self {
        let file = |(name, bytes)| BroughtFile { name, text: String::from_utf8(bytes).ok() };
        let mut files: Vec<_> = files.into_iter().map(file).collect();
        files.sort();
        Self { root_id: root_id.into(), lane_ceiling, files }
    }
}

impl Brought {
    /// These folders, in any order.
    pub fn new(asked: Asked, roots: impl IntoIterator<Item = BroughtRoot>) -> Self {
        let mut roots: Vec<_> = roots.into_iter().collect();
        roots.sort();
        Self { asked, roots, seen: BTreeMap::new() }
    }

    /// Takes out whatever a source says of what was seen.
    pub fn forget(value: &mut EvidenceValue) {
        if let EvidenceValue::Json(Value::Object(members)) = value {
            members.remove("seen");
        }
    }

    /// Adds what the ledger has seen. Whether that was news.
    pub fn remember(value: &mut EvidenceValue, seen: &BTreeMap<String, Height>) -> bool {
        let Ok(mut brought) = Self::read(value) else { return false };
        let before = brought.seen.clone();
        brought.seen.extend(seen.iter().map(|(name, height)| (name.clone(), *height)));
        let news = brought.seen != before;
        if news {
            *value = brought.to_value();
        }
        news
    }

    /// Reads what was kept.
    ///
    /// # Errors
    /// [`BroughtError`].
    pub fn read(value: &EvidenceValue) -> Result<Self, BroughtError> {
        match value {
            EvidenceValue::Json(value) => Self::deserialize(value).map_err(|_| BroughtError),
            EvidenceValue::Bytes(_) => Err(BroughtError),
        }
    }

    /// The value that is kept.
    pub fn to_value(&self) -> EvidenceValue {
        EvidenceValue::Json(serde_json::to_value(self).unwrap_or_default())
    }
}
