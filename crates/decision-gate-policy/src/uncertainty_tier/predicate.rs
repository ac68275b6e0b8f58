//! `urn:decision-gate:uncertainty:v1`: what is not known about an artifact, and how much that weighs.

use decision_gate_attest::predicate::{Members, PredicateFault};
use decision_gate_attest::rate::Rate;
use serde_json::Value;

/// The predicate type.
pub const PREDICATE_TYPE: &str = "urn:decision-gate:uncertainty:v1";

/// Entries of uncertainty.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Uncertainty {
    /// Where it was found out.
    pub environment_id: Option<String>,
    /// When that was stated, in milliseconds since 1970.
    pub timestamp: i64,
    /// Code, such as `U1`, and score.
    pub entries: Vec<(String, Rate)>,
}

impl Uncertainty {
    /// Reads a predicate.
    ///
    /// # Errors
    /// [`PredicateFault`] with the field that is missing or malformed.
    pub fn read(predicate: &Value) -> Result<Self, PredicateFault> {
        let predicate = Members::of(predicate)?;
        let mut entries = Vec::new();
        for entry in predicate.objects("entries")? {
            let score = Rate::from_number(entry.need("score")?);
            let score = score.ok_or_else(|| entry.malformed("score", "a number from 0.0 to 1.0"))?;
            entries.push((entry.text("code")?.to_owned(), score));
        }
        let environment_id = match predicate.get("environment_id") {
            None => None,
            Some(_) => Some(predicate.text("environment_id")?.to_owned()),
        };
        Ok(Self { environment_id, timestamp: predicate.time("timestamp")?, entries })
    }
}
