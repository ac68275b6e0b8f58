//! SLSA verification summary, version 1: somebody else's verdict on an artifact, and what they went by.
//!
//! A summary counts for the resource that it names and under the policy that it names: a gate asks for both beside the
//! result. Levels that a verifier made up are kept as they are; which of them are good enough is the gate's to say.

use decision_gate_core::dsse::Verified;
use decision_gate_core::intoto::Statement;
use serde_json::Value;

use super::members::Optional as _;
use super::{FactKind, Facts, Format, PredicateError, Shape, typed};
use crate::predicate::{Members, PredicateFault};

pub(super) const FORMAT: Format = Format {
    word: "vsa",
    predicate_types: &["https://slsa.dev/verification_summary/v1"],
    facts: &[
        FactKind { name: "result", about: "`PASSED` or `FAILED`.", shape: Shape::Text, example: "PASSED" },
        FactKind {
            name: "verifier_id",
            about: "Who verified.",
            shape: Shape::Text,
            example: "https://verifier.example",
        },
        FactKind {
            name: "resource_uri",
            about: "Which resource was verified.",
            shape: Shape::Text,
            example: "oci://registry.example/app",
        },
        FactKind {
            name: "policy_uri",
            about: "By which policy.",
            shape: Shape::Text,
            example: "https://policy.example/7",
        },
        FactKind {
            name: "verified_levels",
            about: "Levels that were reached.",
            shape: Shape::Texts,
            example: "SLSA_BUILD_LEVEL_3",
        },
        FactKind {
            name: "time_verified",
            about: "When, as signed.",
            shape: Shape::Text,
            example: "2026-01-01T00:00:00Z",
        },
        FactKind {
            name: "slsa_version",
            about: "Version of the SLSA specification.",
            shape: Shape::Text,
            example: "1.0",
        },
    ],
    read: |_, predicate| VerificationSummary::read("", predicate).map(VerificationSummary::into_facts),
};

/// Whether the verifier's policy was met.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum VerificationResult {
    /// It was.
    Passed,
    /// It was not.
    Failed,
}

/// A verdict on an artifact.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VerificationSummary {
    /// Who verified.
    pub verifier_id: String,
    /// Which resource was verified.
    pub resource_uri: String,
    /// By which policy.
    pub policy_uri: String,
    /// Whether it was met.
    pub result: VerificationResult,
    /// Levels that were reached.
    pub verified_levels: Vec<String>,
    /// When, as signed.
    pub time_verified: Option<String>,
    /// Version of the SLSA specification.
    pub slsa_version: Option<String>,
}

impl VerificationResult {
    /// The word in the predicate.
    pub fn word(self) -> &'static str {
        match self {
            Self::Passed => "PASSED",
            Self::Failed => "FAILED",
        }
    }
}

impl VerificationSummary {
    /// The summary that was signed.
    ///
    /// # Errors
    /// [`PredicateError`].
    pub fn of(statement: &Verified<Statement>) -> Result<Self, PredicateError> {
        typed(statement, FORMAT.predicate_types, Self::read)
    }

    fn read(_: &str, predicate: &Value) -> Result<Self, PredicateFault> {
        let predicate = Members::of(predicate)?;
        let result = match predicate.text("verificationResult")? {
            "PASSED" => VerificationResult::Passed,
            "FAILED" => VerificationResult::Failed,
            _ => return Err(predicate.malformed("verificationResult", "`PASSED` or `FAILED`")),
        };
        Ok(Self {
            verifier_id: predicate.object("verifier")?.text("id")?.to_owned(),
            resource_uri: predicate.text("resourceUri")?.to_owned(),
            policy_uri: predicate.object("policy")?.text("uri")?.to_owned(),
            result,
            // Required, and yet verifiers leave it out of a failure.
            verified_levels: predicate.maybe_texts("verifiedLevels")?.unwrap_or_default(),
            time_verified: predicate.maybe_time("timeVerified")?,
            slsa_version: predicate.maybe_text("slsaVersion")?,
        })
    }

    fn into_facts(self) -> Facts {
        Facts::default()
            .with("result", Some(self.result.word()))
            .with("verifier_id", Some(self.verifier_id))
            .with("resource_uri", Some(self.resource_uri))
            .with("policy_uri", Some(self.policy_uri))
            .with_texts("verified_levels", Some(&self.verified_levels))
            .with("time_verified", self.time_verified)
            .with("slsa_version", self.slsa_version)
    }
}
