//! The options of the gate on lattice states.

use std::collections::BTreeMap;

use decision_gate_attest::vex_status::VexStatus;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::predicate::LatticeState;
use crate::options::{Action, MinLane};
use crate::span::Span;

/// Options of the gate.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub struct LatticeStateOptions {
    /// Statuses that are judged.
    pub apply_to_statuses: Vec<VexStatus>,
    /// States that pass, by status.
    pub pass_states: BTreeMap<VexStatus, Vec<LatticeState>>,
    /// States that warn, by status.
    pub warn_states: BTreeMap<VexStatus, Vec<LatticeState>>,
    /// What happens in any other state but `U`.
    pub failure_action: Action,
    /// What happens where nothing is known.
    pub missing_state_action: Action,
    /// What happens where no status is asked for or claimed.
    pub no_status_action: NoStatusAction,
    /// How old evidence may be; null for any age.
    pub max_age: Option<Span>,
    /// Environments that evidence may come from; null for every declared one.
    pub source_environments: Option<Vec<String>>,
    /// The least lane of evidence.
    pub min_lane: MinLane,
}

/// What happens where no status is asked for or claimed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[schemars(inline)]
pub enum NoStatusAction {
    /// Passes.
    Pass,
    /// Warns.
    Warn,
    /// Holds the release.
    Block,
}

impl Default for LatticeStateOptions {
    fn default() -> Self {
        use LatticeState::{CU, RU, SR, SU};
        Self {
            apply_to_statuses: vec![VexStatus::NotAffected, VexStatus::Fixed],
            pass_states: [(VexStatus::NotAffected, vec![CU]), (VexStatus::Fixed, vec![CU, SU, RU])].into(),
            warn_states: [(VexStatus::NotAffected, vec![SU, RU]), (VexStatus::Fixed, vec![SR])].into(),
            failure_action: Action::Block,
            missing_state_action: Action::Warn,
            no_status_action: NoStatusAction::Pass,
            max_age: None,
            source_environments: None,
            min_lane: MinLane::Verified,
        }
    }
}
