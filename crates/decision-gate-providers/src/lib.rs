//! Built-in evidence providers: one folder each, with its contract, its settings and its cases.
//!
//! A provider says what it saw, that there is none, or why it can't tell; never what that is worth. Sources are closed
//! unless opened: nothing is readable that the settings do not name. Foreign bytes are bounded before they are read,
//! and no message shows what a file or a variable contains.

mod contract;
mod error;
mod params;
mod paths;
mod refusal;
mod roots;
mod select;

pub mod attestation;
pub mod env;
pub mod http;
pub mod json;
pub mod release;
pub mod report;
pub mod time;

use std::sync::Arc;

use decision_gate_core::contract::ProviderContract;
use decision_gate_runtime::ports::Provider;

pub use self::{
    attestation::{AttestationProvider, AttestationSettings},
    env::{EnvProvider, EnvSettings},
    error::BuildError,
    http::{HttpHost, HttpSettings},
    json::{JsonProvider, JsonSettings, Root},
    release::{ReleaseProvider, ReleaseRoot, ReleaseSettings},
    report::{ReportProvider, ReportSettings, ReportSource},
    time::{TimeProvider, TimeSettings},
};

/// The contracts of all built-in providers, as they are before any settings.
///
/// # Errors
/// A contract of this build that does not read: a defect of the build.
pub fn contracts() -> Result<Vec<ProviderContract>, BuildError> {
    let read = [env::CONTRACT, http::CONTRACT, json::CONTRACT, time::CONTRACT].into_iter().map(contract::read);
    [attestation::contract(), release::contract(), report::contract()].into_iter().chain(read).collect()
}

/// The provider `attestation`: envelopes and bundles under the folders that are named in its settings.
///
/// # Errors
/// A folder that can't be opened, or settings that open nothing sensible.
pub fn attestation(settings: AttestationSettings) -> Result<Arc<dyn Provider>, BuildError> {
    Ok(Arc::new(AttestationProvider::new(settings)?))
}

/// The provider `env`: environment variables that are named in its settings.
///
/// # Errors
/// Settings that open nothing sensible.
pub fn env(settings: EnvSettings) -> Result<Arc<dyn Provider>, BuildError> {
    Ok(Arc::new(EnvProvider::new(settings)?))
}

/// The provider `http`: what servers that are named in its settings answer.
///
/// # Errors
/// Authorities that can't be read, settings that open nothing sensible, or a build without it.
pub fn http(settings: &HttpSettings) -> Result<Arc<dyn Provider>, BuildError> {
    #[cfg(feature = "http")]
    return Ok(Arc::new(http::HttpProvider::new(settings)?));
    #[cfg(not(feature = "http"))]
    return settings.check().and(Err(BuildError::NotInThisBuild { provider: "http" }));
}

/// The provider `json`: JSON and YAML files under the folders that are named in its settings.
///
/// # Errors
/// A folder that can't be opened, or settings that open nothing sensible.
pub fn json(settings: JsonSettings) -> Result<Arc<dyn Provider>, BuildError> {
    Ok(Arc::new(JsonProvider::new(settings)?))
}

/// The provider `release`: what lies about releases under the folders that are named in its settings.
///
/// # Errors
/// A folder that can't be opened, or settings that open nothing sensible.
pub fn release(settings: ReleaseSettings) -> Result<Arc<dyn Provider>, BuildError> {
    Ok(Arc::new(ReleaseProvider::new(settings)?))
}

/// The provider `report`: what CI tools wrote into files under the folders that are named in its settings.
///
/// # Errors
/// A folder that can't be opened, or settings that open nothing sensible.
pub fn report(settings: ReportSettings) -> Result<Arc<dyn Provider>, BuildError> {
    Ok(Arc::new(ReportProvider::new(settings)?))
}

/// The provider `time`: the time of the evaluation.
///
/// # Errors
/// A contract of this build that does not read: a defect of the build.
pub fn time(settings: TimeSettings) -> Result<Arc<dyn Provider>, BuildError> {
    Ok(Arc::new(TimeProvider::new(settings)?))
}

#[cfg(test)]
mod tests;
