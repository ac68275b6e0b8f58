//! From a typed refusal to the fault that stands in the ledger. No refusal knows what a file contains.

use std::fmt::Display;

use decision_gate_core::evidence::{EvidenceAnchor, Fault, FaultCode};
use serde_json::{Map, Value};

/// Why a step gave nothing.
pub(crate) trait Refusal: Display {
    /// Stable code.
    fn code(&self) -> &'static str;

    /// What to do about it.
    fn hint(&self) -> &'static str;

    /// What is known about it, beside the file.
    fn facts(&self) -> Map<String, Value> {
        Map::new()
    }
}

/// The fault of a refusal that concerns `file`.
pub(crate) fn fault(refusal: &dyn Refusal, file: &str, anchor: Option<EvidenceAnchor>) -> Fault {
    let mut details = refusal.facts();
    details.insert("file".to_owned(), file.into());
    details.insert("hint".to_owned(), refusal.hint().into());
    // The file stands in the message too: details may be redacted, and the asker named it.
    let message = format!("`{file}`: {refusal}");
    let fault = Fault::new(FaultCode::known(refusal.code()), message).with_details(Value::Object(details));
    match anchor {
        Some(anchor) => fault.with_anchor(anchor),
        None => fault,
    }
}

/// Facts from pairs.
pub(crate) fn facts<const N: usize>(pairs: [(&str, Value); N]) -> Map<String, Value> {
    pairs.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
}

/// A JSON Pointer for a message, cut so that long keys can't flood it.
pub(crate) fn bounded_pointer(pointer: &str) -> String {
    const MAX: usize = 256;
    let cut: String = pointer.chars().take(MAX).collect();
    if cut.len() < pointer.len() { cut + "…" } else { cut }
}
