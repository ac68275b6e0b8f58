//! The gates: one folder each, one line in the list, no privileges.
//!
//! A [`GateKind`] knows its options and makes a [`Gate`] of those that are in force for one environment and tenant.
//! The loader merges overlays, per-environment entries and tenant overrides before it asks, so what a gate reads is
//! one flat object of its own keys; `Enabled` and `Mode` are the chain's business.

use std::fmt;

use serde_json::Value;

use crate::context::ReleaseContext;
use crate::options::OptionFault;
use crate::result::Judged;

/// A gate with the options that are in force.
pub trait Gate: fmt::Debug + Send + Sync {
    /// Judges a release. Same release, same answer.
    fn judge(&self, release: &ReleaseContext) -> Judged;
}

/// One sort of gate.
pub trait GateKind: Sync {
    /// Its id: `beacon-rate`.
    fn id(&self) -> &'static str;

    /// Its place in the chain.
    fn order(&self) -> u16;

    /// Its key below `PolicyGates`: `BeaconRate`.
    fn key(&self) -> &'static str;

    /// The key of its entries by environment.
    fn entries_key(&self) -> &'static str {
        "Environments"
    }

    /// Keys that stand in entries only.
    fn only_in_entries(&self) -> &'static [&'static str] {
        &[]
    }

    /// The built-in options, written as they would be in a file: flat keys, and entries by environment where there
    /// are built-in ones. Without `Enabled` and `Mode`.
    fn defaults(&self) -> Value;

    /// The JSON Schema of the flat keys, all in line.
    fn schema(&self) -> Value;

    /// A gate with these flat options, all there.
    ///
    /// # Errors
    /// [`OptionFault`], with a path from the gate's key on.
    fn read(&self, options: &Value) -> Result<Box<dyn Gate>, OptionFault>;
}

/// Every gate, in order.
pub static ALL: &[&dyn GateKind] = &[
    &crate::evidence_completeness::Kind,
    &crate::execution_evidence::Kind,
    &crate::beacon_rate::Kind,
    &crate::lattice_state::Kind,
    &crate::vex_trust::VexTrust,
    &crate::uncertainty_tier::Kind,
    &crate::confidence::Kind,
];
