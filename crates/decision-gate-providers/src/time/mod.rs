//! The provider `time`: what time it is, and whether that is after or before another.
//!
//! Its checks are *derived*: in a decision the gate computes them from the evaluation time, so that a replay gets the
//! same answer. This provider answers a question that stands alone, at the time at which it was asked.

mod settings;
#[cfg(test)]
mod tests;

use async_trait::async_trait;
use decision_gate_core::at::Timestamp;
use decision_gate_core::contract::ProviderContract;
use decision_gate_core::engine::derived_answer;
use decision_gate_core::evidence::{Answer, Fault, FaultCode, Query};
use decision_gate_runtime::ports::{EvidenceContext, Provider};

pub use self::settings::TimeSettings;
use crate::{BuildError, contract};

pub(crate) const CONTRACT: &str = include_str!("contract.json");

const LOGICAL_TIME_FORBIDDEN: FaultCode = FaultCode::known("logical_time_forbidden");

/// The provider `time`.
#[derive(Debug)]
pub struct TimeProvider {
    contract: ProviderContract,
    settings: TimeSettings,
}

impl TimeProvider {
    /// The provider with these settings.
    ///
    /// # Errors
    /// A contract of this build that does not read: a defect of the build.
    pub fn new(settings: TimeSettings) -> Result<Self, BuildError> {
        Ok(Self { contract: contract::read(CONTRACT)?, settings })
    }
}

#[async_trait]
impl Provider for TimeProvider {
    fn contract(&self) -> &ProviderContract {
        &self.contract
    }

    async fn fetch(&self, query: &Query, context: &EvidenceContext) -> Answer {
        match context.asked_at {
            Timestamp::Logical(_) if !self.settings.allow_logical => Answer::Fault(Fault::new(
                LOGICAL_TIME_FORBIDDEN,
                "`allow_logical` is off, so only wall-clock time is answered",
            )),
            at @ (Timestamp::UnixMillis(_) | Timestamp::Logical(_)) => derived_answer(query, at),
        }
    }
}
