//! Existence: whether the source has a value. A JSON `null` is a value.

use super::{Definition, Expects, no_bytes};

pub(super) static EXISTS: Definition = Definition {
    word: "exists",
    says: "The source has a value. False only when it answered that there is none.",
    expects: Expects::Presence { when_found: true },
    compare: |_, _| None,
    bytes: no_bytes,
};

pub(super) static NOT_EXISTS: Definition = Definition {
    word: "not_exists",
    says: "The source answered that there is no value. A source that did not answer is Unknown.",
    expects: Expects::Presence { when_found: false },
    compare: |_, _| None,
    bytes: no_bytes,
};
