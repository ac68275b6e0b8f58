//! The steps that a piece of evidence goes through, in their order, and which of them a gap is about.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::condition::Gap;
use crate::keys::KeyFault;
use crate::trust::{Refusal, StatementFault};

/// A step on the way from a question to a truth. The order is that in which they are taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Step {
    /// There is an answer: somebody was asked, and could tell.
    Answer,
    /// It reads: form, size, numbers.
    Parse,
    /// Where it was seen is said as the policy asks.
    Anchor,
    /// It hashes to what the sender says.
    Hash,
    /// A signature is there where one must be, and holds.
    Signature,
    /// The key is trusted, and may sign this.
    Key,
    /// The key counts at this time.
    KeyWindow,
    /// It is about this question, this artifact and this run.
    Subject,
    /// It has not expired.
    Freshness,
    /// The value fits what the check promises.
    Schema,
    /// There is a value.
    Presence,
    /// The value compares as asked.
    Comparison,
    /// It is believed as far as the gate asks.
    Lane,
    /// The release gates let through.
    ReleaseGate,
}

impl Step {
    /// The word on the wire.
    pub fn word(self) -> &'static str {
        match self {
            Self::Answer => "answer",
            Self::Parse => "parse",
            Self::Anchor => "anchor",
            Self::Hash => "hash",
            Self::Signature => "signature",
            Self::Key => "key",
            Self::KeyWindow => "key_window",
            Self::Subject => "subject",
            Self::Freshness => "freshness",
            Self::Schema => "schema",
            Self::Presence => "presence",
            Self::Comparison => "comparison",
            Self::Lane => "lane",
            Self::ReleaseGate => "release_gate",
        }
    }

    /// The step that a gap is about; nothing missing means that the comparison was made.
    pub fn of(gap: Option<&Gap>) -> Self {
        match gap {
            None | Some(Gap::NotComparable { .. }) => Self::Comparison,
            Some(Gap::NoAnswer | Gap::ProviderMissing | Gap::NoReader) => Self::Answer,
            Some(Gap::Fault(fault)) => Self::of_code(fault.code.as_str()),
            Some(Gap::Refused(refusal)) => Self::of_refusal(refusal),
            Some(Gap::Anchor { .. }) => Self::Anchor,
            Some(Gap::Lane { .. }) => Self::Lane,
            Some(Gap::TooLarge { .. } | Gap::Inexact { .. } | Gap::TooDeep) => Self::Parse,
            Some(Gap::ResultMismatch { .. }) => Self::Schema,
            Some(Gap::ValueAbsent) => Self::Presence,
        }
    }

    fn of_refusal(refusal: &Refusal) -> Self {
        match refusal {
            Refusal::HashMismatch { .. } => Self::Hash,
            Refusal::SignatureMissing
            | Refusal::SignatureScheme { .. }
            | Refusal::SignatureEncoding { .. }
            | Refusal::SignatureInvalid
            | Refusal::SignatureUnbound { .. } => Self::Signature,
            Refusal::KeyUnknown | Refusal::KeyNotListed { .. } => Self::Key,
            Refusal::Key(fault) => match fault {
                KeyFault::NotYetValid { .. }
                | KeyFault::Expired { .. }
                | KeyFault::Revoked { .. }
                | KeyFault::TimeKind { .. } => Self::KeyWindow,
                KeyFault::Unknown { .. }
                | KeyFault::ProviderNotAllowed { .. }
                | KeyFault::PredicateNotAllowed { .. } => Self::Key,
            },
            Refusal::Statement(fault) => match fault {
                StatementFault::Type | StatementFault::Form => Self::Parse,
                StatementFault::Mismatch { .. } | StatementFault::Audience { .. } | StatementFault::RunMissing => {
                    Self::Subject
                }
                StatementFault::Expired | StatementFault::NotYetValid | StatementFault::TimeKind => Self::Freshness,
            },
        }
    }

    /// The step that a stable code is about: of a source's fault, of a reader's, of a release gate's near miss.
    pub fn of_code(code: &str) -> Self {
        match code {
            "key_expired" | "key_not_yet_valid" | "key_revoked" | "key_window_unjudgeable" => Self::KeyWindow,
            "threshold_not_met" | "signers_missing" => Self::Key,
            "environment_mismatch" | "tenant_mismatch" => Self::Subject,
            "too_old" | "not_yet" | "age_unknown" | "waiver_expired" | "waiver_not_yet" | "waiver_too_long" => {
                Self::Freshness
            }
            "evidence_too_large" | "evidence_invalid" | "number_out_of_range" => Self::Parse,
            "trust_lane" => Self::Lane,
            "anchor_invalid" => Self::Anchor,
            "gate_blocked" | "gate_unknown" | "gate_skipped" | "no_gate_asked" => Self::ReleaseGate,
            _ if code.starts_with("key_") => Self::Key,
            _ if code.starts_with("signature_") => Self::Signature,
            _ if code.starts_with("subject_") => Self::Subject,
            _ if code.ends_with("_malformed") || code.starts_with("report_") => Self::Parse,
            _ => Self::Answer,
        }
    }
}

impl std::fmt::Display for Step {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.word())
    }
}
