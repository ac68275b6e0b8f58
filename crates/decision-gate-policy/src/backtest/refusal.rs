//! Why a stored decision can't be judged again. It is counted, named, and never taken for agreement.

use std::borrow::Cow;

/// Why a stored decision can't be judged again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Refusal {
    /// The step rests on no release: it asked other providers, or its time ran out.
    OtherProvider,
    /// The bytes of the event do not have the hash that lies beside them.
    EventChanged,
    /// The event does not read.
    EventInvalid,
    /// The event is of another place than it lies in.
    EventMisplaced,
    /// The event that starts the run is gone, or does not read.
    RunStartMissing,
    /// The scenario version of the run is gone, or has no such condition.
    ScenarioMissing,
    /// The policy snapshot is gone, or is not that of its digest.
    PolicyMissing,
    /// The policy snapshot does not read here, or says nothing of the provider.
    PolicyInvalid,
    /// The ledger has the value no longer.
    Pruned,
    /// The pack does not show the value.
    Redacted,
    /// The value is not what the event commits to.
    ValueChanged,
    /// There was no answer to judge: the code of what was recorded, or of what it comes to.
    Unanswered(Cow<'static, str>),
}

impl Refusal {
    /// Stable code.
    pub(super) fn code(&self) -> &str {
        match self {
            Self::OtherProvider => "other_provider",
            Self::EventChanged => "event_changed",
            Self::EventInvalid => "event_invalid",
            Self::EventMisplaced => "event_misplaced",
            Self::RunStartMissing => "run_start_missing",
            Self::ScenarioMissing => "scenario_missing",
            Self::PolicyMissing => "policy_missing",
            Self::PolicyInvalid => "policy_invalid",
            Self::Pruned => "pruned",
            Self::Redacted => "redacted",
            Self::ValueChanged => "value_changed",
            Self::Unanswered(code) => code,
        }
    }
}
