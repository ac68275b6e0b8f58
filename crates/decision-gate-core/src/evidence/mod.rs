//! Stage 1: what was asked, and what came back. Nothing here is trusted yet.
//!
//! A provider answers a [`Query`] with an [`Answer`]: a value, a plain "there is none", or a fault. *Absence is an
//! answer, silence is not*: only a source that answered "there is none" makes an [`Answer::Absent`].

mod answer;
mod result;
mod subject;
mod value;

pub use answer::{Answer, Fault, FaultCode, FaultCodeError, Found};
pub use result::{EvidenceError, EvidenceRef, EvidenceResult, EvidenceSignature};
pub use subject::{Artifact, Subject, SubjectError};
pub use value::EvidenceValue;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::json::canonical::form::{Form, object};
use crate::name::{CheckId, ProviderId};

/// One question to one provider.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Query {
    /// Whom to ask.
    pub provider_id: ProviderId,
    /// Which of its checks.
    pub check_id: CheckId,
    /// Parameters of the check, as its contract says.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub params: Option<Value>,
}

/// A pointer into the source of the evidence: what an auditor would look at again.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct EvidenceAnchor {
    /// Which kind of anchor, such as `file_path_rooted`.
    pub anchor_type: String,
    /// Canonical JSON text of an object with scalar fields.
    pub anchor_value: String,
}

impl Form for EvidenceAnchor {
    fn form(&self, out: &mut Vec<u8>) {
        object!(out, { "anchor_type": &self.anchor_type, "anchor_value": &self.anchor_value });
    }
}
