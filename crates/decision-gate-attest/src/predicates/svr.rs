//! In-toto simple verification result, version 0.2: properties that an artifact was found to have.
//!
//! It names what holds and never what does not: a property that it leaves out may have failed or not been looked at.

use decision_gate_core::dsse::Verified;
use decision_gate_core::intoto::Statement;
use serde_json::Value;

use super::{FactKind, Facts, Format, PredicateError, Shape, typed};
use crate::predicate::{Members, PredicateFault};

pub(super) const FORMAT: Format = Format {
    word: "svr",
    predicate_types: &["https://in-toto.io/attestation/svr/v0.2"],
    facts: &[
        FactKind {
            name: "verifier_id",
            about: "Who verified.",
            shape: Shape::Text,
            example: "https://verifier.example",
        },
        FactKind { name: "properties", about: "What holds.", shape: Shape::Texts, example: "SCANNED" },
        FactKind {
            name: "policies",
            about: "Policies that were verified, as URIs.",
            shape: Shape::Texts,
            example: "https://policy.example/7",
        },
        FactKind {
            name: "time_created",
            about: "When, as signed.",
            shape: Shape::Text,
            example: "2026-01-01T00:00:00Z",
        },
    ],
    read: |_, predicate| SimpleVerificationResult::read("", predicate).map(SimpleVerificationResult::into_facts),
};

/// What an artifact was found to be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SimpleVerificationResult {
    /// Who verified.
    pub verifier_id: String,
    /// URIs of the policies that were verified.
    pub policies: Vec<String>,
    /// What holds.
    pub properties: Vec<String>,
    /// When, as signed.
    pub time_created: String,
}

impl SimpleVerificationResult {
    /// The result that was signed.
    ///
    /// # Errors
    /// [`PredicateError`].
    pub fn of(statement: &Verified<Statement>) -> Result<Self, PredicateError> {
        typed(statement, FORMAT.predicate_types, Self::read)
    }

    fn read(_: &str, predicate: &Value) -> Result<Self, PredicateFault> {
        let predicate = Members::of(predicate)?;
        let verifier = predicate.object("verifier")?;
        // Required, though it may be empty. Each is a resource descriptor, or just its URI.
        let policies = verifier.need("policies")?.as_array();
        let policies = policies.ok_or_else(|| verifier.malformed("policies", "an array"))?;
        let uri = |it: &Value| it.as_str().or_else(|| it.get("uri")?.as_str()).map(str::to_owned);
        predicate.time("timeCreated")?;
        Ok(Self {
            verifier_id: verifier.text("id")?.to_owned(),
            policies: policies.iter().filter_map(uri).collect(),
            properties: predicate.texts("properties")?,
            time_created: predicate.text("timeCreated")?.to_owned(),
        })
    }

    fn into_facts(self) -> Facts {
        Facts::default()
            .with("verifier_id", Some(self.verifier_id))
            .with_texts("properties", Some(&self.properties))
            .with_texts("policies", Some(&self.policies))
            .with("time_created", Some(self.time_created))
    }
}
