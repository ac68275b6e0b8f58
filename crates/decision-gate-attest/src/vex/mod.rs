//! VEX documents in three formats, and the one normal form that they are read into.
//!
//! [`read`] takes OpenVEX, CycloneDX VEX and CSAF VEX through core's strict scan and gives a [`VexDocument`]: statements
//! about a vulnerability and a product, whatever the format. What a document claims about its issuer stays a claim;
//! who signed it is [`VexEvidence`]'s to say. A document that breaks a rule of its own format is read all the same and
//! says so in [`VexDocument::breaches`]: it can speak against a product, and never for one.

mod csaf;
mod cyclonedx;
mod effective;
mod error;
mod evidence;
mod model;
mod openvex;
mod product;

use decision_gate_core::digest::Digest;
use decision_gate_core::json::{self, Limits};
use serde_json::Value;

pub use effective::{Effective, effective};
pub use error::{Breach, Rule, VexError};
pub use evidence::{PREDICATE_TYPES, VexEvidence};
pub use model::{
    DocumentVersion, Justification, MAX_STATEMENTS, Stated, VersionScope, VexDocument, VexFormat, VexStatement,
    Vulnerability,
};
pub use product::{Product, Purl};

/// The largest document that is read.
pub const MAX_DOCUMENT_BYTES: usize = 16 * 1024 * 1024;

/// Reads a document of any of the three formats.
///
/// # Errors
/// [`VexError`] where it is none of them, or its statements can't be told.
pub fn read(bytes: &[u8]) -> Result<VexDocument, VexError> {
    let parsed = json::parse(bytes, &Limits::evidence(MAX_DOCUMENT_BYTES)).map_err(VexError::Json)?;
    read_value(&parsed.value, Digest::of(bytes))
}

/// Reads a document that came through the strict scan as a part of something else. `digest` names it in answers.
///
/// # Errors
/// [`VexError`] where it is none of them, or its statements can't be told.
pub fn read_value(value: &Value, digest: Digest) -> Result<VexDocument, VexError> {
    if value.get("bomFormat").and_then(Value::as_str) == Some("CycloneDX") {
        return cyclonedx::read(value, digest);
    }
    if value.pointer("/document/csaf_version").is_some() {
        return csaf::read(value, digest);
    }
    match (value.get("@context"), value.get("statements")) {
        (Some(_), Some(_)) => openvex::read(value, digest),
        _ => Err(VexError::UnknownFormat),
    }
}

#[cfg(test)]
mod tests;
