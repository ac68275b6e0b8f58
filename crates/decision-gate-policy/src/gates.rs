//! The gates: one folder each, one line in the list, no privileges.
//!
//! [`GateOptions`] name a gate and say what it can be told; those in force for one environment and tenant are the [`Gate`].
//! The loader merges overlays, per-environment entries and tenant overrides before it asks, so what a gate reads is
//! one flat object of its own keys; `Enabled` and `Mode` are the chain's business.

use std::fmt;

use schemars::JsonSchema;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use crate::context::ReleaseContext;
use crate::options::{OptionFault, read_options, schema_of};
use crate::result::Judged;

/// A gate with the options that are in force.
pub trait Gate: fmt::Debug + Send + Sync {
    /// Judges a release. Same release, same answer.
    fn judge(&self, release: &ReleaseContext) -> Judged;

    /// Times at which the answer may become another one by time alone, in milliseconds since 1970: of all of them that
    /// are to come at least the last. Whether it does, judging at that time says.
    fn moments(&self, _release: &ReleaseContext) -> Vec<i64> {
        Vec::new()
    }
}

/// The options of one sort of gate, and what the sort is called.
pub trait GateOptions: Gate + Default + Serialize + DeserializeOwned + JsonSchema + 'static {
    /// Its id: `beacon-rate`.
    const ID: &'static str;
    /// Its place in the chain.
    const ORDER: u16;
    /// Its key below `PolicyGates`: `BeaconRate`.
    const KEY: &'static str;
    /// The key of its entries by environment.
    const ENTRIES_KEY: &'static str = "Environments";
    /// Keys that stand in entries only.
    const ONLY_IN_ENTRIES: &'static [&'static str] = &[];

    /// The built-in options, written as they would be in a file: flat keys, and entries by environment where there
    /// are built-in ones. Without `Enabled` and `Mode`.
    fn built_in() -> Value {
        json!(Self::default())
    }

    /// What the schema can't say.
    ///
    /// # Errors
    /// [`OptionFault`], with a path from the gate's key on.
    fn check(self, _written: &Value) -> Result<Self, OptionFault> {
        Ok(self)
    }
}

/// One sort of gate.
#[derive(Debug)]
pub struct GateKind {
    /// Its id: `beacon-rate`.
    pub id: &'static str,
    /// Its place in the chain.
    pub order: u16,
    /// Its key below `PolicyGates`: `BeaconRate`.
    pub key: &'static str,
    /// The key of its entries by environment.
    pub entries_key: &'static str,
    /// Keys that stand in entries only.
    pub only_in_entries: &'static [&'static str],
    /// The built-in options.
    pub built_in: fn() -> Value,
    /// The JSON Schema of the flat keys, all in line.
    pub schema: fn() -> Value,
    /// A gate with these flat options, all there; a fault's path runs from the gate's key on.
    pub read: fn(&Value) -> Result<Box<dyn Gate>, OptionFault>,
}

impl GateKind {
    const fn of<T: GateOptions>() -> Self {
        Self {
            id: T::ID,
            order: T::ORDER,
            key: T::KEY,
            entries_key: T::ENTRIES_KEY,
            only_in_entries: T::ONLY_IN_ENTRIES,
            built_in: T::built_in,
            schema: schema_of::<T>,
            read: |options| Ok(Box::new(read_options::<T>(options)?.check(options)?)),
        }
    }
}

/// Every gate, in order.
pub static ALL: &[GateKind] = &[
    GateKind::of::<crate::evidence_completeness::EvidenceCompletenessOptions>(),
    GateKind::of::<crate::execution_evidence::ExecutionEvidenceOptions>(),
    GateKind::of::<crate::beacon_rate::BeaconRateOptions>(),
    GateKind::of::<crate::lattice_state::LatticeStateOptions>(),
    GateKind::of::<crate::vex_trust::VexTrustOptions>(),
    GateKind::of::<crate::uncertainty_tier::UncertaintyTierOptions>(),
    GateKind::of::<crate::confidence::ConfidenceOptions>(),
];
