//! Attestations that did not count, and why. Facts only: nothing that nobody signed is repeated.

use serde_json::{Value, json};

/// An attestation that did not count.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct PassedOver {
    /// Whether it speaks against an answer.
    pub weight: Weight,
    /// Stable code.
    pub code: &'static str,
    /// The file.
    pub file: String,
    /// Where in it.
    pub place: String,
    /// Why, for people.
    pub message: String,
}

/// Whether something that did not count speaks against an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Weight {
    /// A listed key signed it, or is said to have, and it does not hold: where nothing else stands, a fault.
    Invalid,
    /// It is about something else, by somebody else, or nothing that is known.
    Foreign,
}

impl PassedOver {
    /// As it stands in the details of a fault.
    pub fn to_value(&self) -> Value {
        json!({ "code": self.code, "file": self.file, "place": self.place, "message": self.message })
    }
}
