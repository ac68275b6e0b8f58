//! `urn:decision-gate:confidence-factors:v1`: how confident findings about an artifact are, factor by factor.

use std::collections::BTreeMap;

use decision_gate_attest::predicate::{Members, PredicateFault};
use decision_gate_attest::rate::Rate;
use serde_json::Value;

/// The predicate type.
pub const PREDICATE_TYPE: &str = "urn:decision-gate:confidence-factors:v1";

/// Factors by name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConfidenceFactors {
    /// Where they were found out.
    pub environment_id: Option<String>,
    /// When that was stated, in milliseconds since 1970.
    pub timestamp: i64,
    /// Name to value.
    pub factors: BTreeMap<String, Rate>,
}

impl ConfidenceFactors {
    /// Reads a predicate.
    ///
    /// # Errors
    /// [`PredicateFault`] with the field that is missing or malformed. A factor that is there twice is malformed.
    pub fn read(predicate: &Value) -> Result<Self, PredicateFault> {
        let predicate = Members::of(predicate)?;
        let mut factors = BTreeMap::new();
        for factor in predicate.objects("factors")? {
            let value = Rate::from_number(factor.need("value")?);
            let value = value.ok_or_else(|| factor.malformed("value", "a number from 0.0 to 1.0"))?;
            if factors.insert(factor.text("name")?.to_owned(), value).is_some() {
                return Err(factor.malformed("name", "a name that no other factor has"));
            }
        }
        let environment_id = match predicate.get("environment_id") {
            None => None,
            Some(_) => Some(predicate.text("environment_id")?.to_owned()),
        };
        Ok(Self { environment_id, timestamp: predicate.time("timestamp")?, factors })
    }
}
