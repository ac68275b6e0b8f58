//! Why a condition is Unknown.

use serde_json::json;

use crate::condition::Comparator;
use crate::evidence::{EvidenceAnchor, EvidenceError, Fault, FaultCode};
use crate::json::Limits;
use crate::trust::{AnchorFault, Lane, Refusal};

const EVIDENCE_INVALID: FaultCode = FaultCode::known("evidence_invalid");

/// Why we can't tell. Never opens anything.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Gap {
    /// The provider was not asked, or its answer is not there.
    NoAnswer,
    /// The provider has no answer, and says why.
    Fault(Fault),
    /// What came with the value contradicts it.
    Refused(Refusal),
    /// The anchor does not satisfy the policy.
    Anchor {
        /// Why not.
        fault: AnchorFault,
        /// The anchor itself, for the error's details.
        offending: Option<EvidenceAnchor>,
    },
    /// The lane is too low.
    Lane {
        /// The evidence's.
        got: Lane,
        /// What is asked for.
        need: Lane,
    },
    /// The value is over the size limit.
    TooLarge {
        /// Size in bytes.
        actual: u64,
        /// Limit in bytes.
        limit: u64,
    },
    /// A number that RFC 8785 can't carry exactly: it is never rounded.
    Inexact {
        /// JSON Pointer into the value.
        pointer: String,
    },
    /// The value is nested too deep to be kept and read back.
    TooDeep,
    /// The value does not fit the check's `result_schema`.
    ResultMismatch {
        /// JSON Pointer into the value.
        pointer: String,
    },
    /// The source has none, and this comparator needs a value.
    ValueAbsent,
    /// The comparator does not compare values of these types.
    NotComparable {
        /// Which.
        comparator: Comparator,
    },
    /// The policy snapshot does not know the provider or its check.
    ProviderMissing,
    /// Nothing here reads what sources of attestations bring.
    NoReader,
}

impl Gap {
    /// Stable code.
    pub fn code(&self) -> &str {
        match self {
            Self::NoAnswer => "evidence_missing",
            Self::Fault(fault) => fault.code.as_str(),
            Self::Refused(refusal) => refusal.code(),
            Self::Anchor { .. } => "anchor_invalid",
            Self::Lane { .. } => "trust_lane",
            Self::TooLarge { .. } => "evidence_too_large",
            Self::Inexact { .. } => "number_out_of_range",
            Self::TooDeep | Self::ResultMismatch { .. } => "evidence_invalid",
            Self::ValueAbsent => "value_absent",
            Self::NotComparable { .. } => "type_mismatch",
            Self::ProviderMissing => "provider_missing",
            Self::NoReader => "attestation_reader_missing",
        }
    }

    /// What is wrong, for people.
    pub fn message(&self) -> String {
        match self {
            Self::NoAnswer => "no evidence was supplied for this condition".into(),
            Self::Fault(fault) => fault.message.clone(),
            Self::Refused(refusal) => refusal.to_string(),
            Self::Anchor { fault, .. } => fault.to_string(),
            Self::Lane { got, need } => format!("evidence lane `{got}` does not satisfy `{need}`"),
            Self::TooLarge { actual, limit } => format!("the value has {actual} bytes, the limit is {limit}"),
            Self::Inexact { pointer } if pointer.is_empty() => {
                "the value is a number that a double can't hold exactly".into()
            }
            Self::Inexact { pointer } => format!("a double can't hold the number at `{pointer}` exactly"),
            Self::TooDeep => format!("the value is nested deeper than {} levels", Limits::EVIDENCE_DEPTH),
            Self::ResultMismatch { pointer } if pointer.is_empty() => {
                "the value does not fit the check's result_schema".into()
            }
            Self::ResultMismatch { pointer } => {
                format!("the value at `{pointer}` does not fit the check's result_schema")
            }
            Self::ValueAbsent => "the source answered that there is no value, and the comparator needs one".into(),
            Self::NotComparable { comparator } => format!("`{comparator}` does not compare values of these types"),
            Self::ProviderMissing => "the policy in force does not know this provider or check".into(),
            Self::NoReader => "this program does not read attestations".into(),
        }
    }

    /// As the fault that is kept in place of an answer that can't be kept itself.
    pub(crate) fn to_fault(&self) -> Fault {
        let code = FaultCode::try_from(self.code().to_owned()).unwrap_or(EVIDENCE_INVALID);
        let fault = Fault::new(code, self.message());
        match self.to_error().and_then(|error| error.details) {
            Some(details) => fault.with_details(details),
            None => fault,
        }
    }

    /// As an evidence result's error; `None` for gaps that are not about the evidence itself.
    pub fn to_error(&self) -> Option<EvidenceError> {
        let details = match self {
            Self::ValueAbsent | Self::NotComparable { .. } => return None,
            Self::Fault(fault) => fault.details.clone(),
            Self::Anchor { offending, .. } => Some(json!({ "anchor": offending })),
            Self::Lane { got, need } => Some(json!({ "lane": got, "required": need })),
            Self::TooLarge { actual, limit } => Some(json!({ "actual_bytes": actual, "max_bytes": limit })),
            Self::NoAnswer
            | Self::Refused(_)
            | Self::Inexact { .. }
            | Self::TooDeep
            | Self::ResultMismatch { .. }
            | Self::ProviderMissing
            | Self::NoReader => None,
        };
        Some(EvidenceError { code: self.code().to_owned(), message: self.message(), details })
    }
}
