//! From a typed refusal to the fault that stands in the ledger. No refusal knows what a file or a body contains.

use std::fmt::{self, Display};

use decision_gate_core::evidence::{EvidenceAnchor, Fault, FaultCode};
use decision_gate_core::json::JsonError;
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

impl<R: Refusal + 'static> From<R> for Box<dyn Refusal> {
    fn from(refusal: R) -> Self {
        Box::new(refusal)
    }
}

/// The fault of a refusal that concerns `place`, which is a `kind` (a file, an URL).
pub(crate) fn fault(refusal: &dyn Refusal, kind: &str, place: &str, anchor: Option<EvidenceAnchor>) -> Fault {
    let mut details = refusal.facts();
    details.insert(kind.to_owned(), place.into());
    details.insert("hint".to_owned(), refusal.hint().into());
    // The place stands in the message too: details may be redacted, and the asker named it.
    let message = format!("`{place}`: {refusal}");
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

/// A file or a body is not the JSON that counts. It says the place, and never what stands there.
pub(crate) struct NotJson<'a> {
    pub(crate) what: &'static str,
    pub(crate) error: &'a JsonError,
}

impl Display for NotJson<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let what = self.what;
        match self.error {
            JsonError::Syntax { at, .. } => write!(f, "the {what} is not json at {at}"),
            JsonError::InvalidUtf8 { at } => write!(f, "the {what} is not utf-8 at {at}"),
            JsonError::DuplicateKey { at, .. } => write!(f, "a key is given twice at {at}"),
            JsonError::NumberOutOfRange { at, pointer, .. } => {
                write!(f, "the number `{}` at {at} is beyond every double", bounded_pointer(pointer))
            }
            error @ (JsonError::TooDeep { .. } | JsonError::LoneSurrogate { .. } | JsonError::TooLarge { .. }) => {
                error.fmt(f)
            }
            JsonError::ValueOutOfRange { .. } | JsonError::NoJsonForm { .. } => write!(f, "the {what} is not json"),
        }
    }
}

impl NotJson<'_> {
    /// Stable code.
    pub(crate) fn code(error: &JsonError) -> &'static str {
        if matches!(error, JsonError::Syntax { .. }) { "invalid_json" } else { error.code() }
    }

    /// Where it is, if that is known.
    pub(crate) fn facts(error: &JsonError) -> Map<String, Value> {
        error.position().map_or_else(Map::new, |at| facts([("line", at.line.into()), ("column", at.column.into())]))
    }
}
