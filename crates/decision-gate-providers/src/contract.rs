//! Contracts are data: each provider has a `contract.json` beside it, read by the strict reader like any other file.

use decision_gate_core::contract::ProviderContract;
use decision_gate_core::json::{self, Limits};

use crate::BuildError;

/// Most bytes of a contract.
const MAX_BYTES: usize = 128 * 1024;

/// A provider's contract from its text.
pub(crate) fn read(text: &str) -> Result<ProviderContract, BuildError> {
    let value = json::parse_exact(text.as_bytes(), &Limits::message(MAX_BYTES))
        .map_err(|error| BuildError::Contract { reason: error.to_string() })?;
    serde_json::from_value(value).map_err(|error| BuildError::Contract { reason: error.to_string() })
}
