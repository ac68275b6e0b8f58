//! The gates: one folder each, one line in the list, no privileges.
//!
//! [`GateOptions`] name a gate and say what it can be told; those in force for one environment and tenant are the [`Gate`].
//! The loader merges overlays, per-environment entries and tenant overrides before it asks, so what a gate reads is
//! one flat object of its own keys; `Enabled` and `Mode` are the chain's business.

use std::any::Any;
use std::fmt;

use decision_gate_attest::rate::Rate;
use schemars::JsonSchema;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use crate::context::ReleaseContext;
use crate::options::{OptionFault, read_options, schema_of};
use crate::result::{Judged, Telling};

/// A gate with the options that are in force.
pub trait Gate: Any + fmt::Debug + Send + Sync {
    /// Judges a release. Same release, same answer, however much is told of it.
    fn judge(&self, release: &ReleaseContext, telling: Telling) -> Judged;

    /// Times at which the answer may become another one by time alone, in milliseconds since 1970: of all of them that
    /// are to come at least the last. Whether it does, judging at that time says.
    fn moments(&self, _release: &ReleaseContext) -> Vec<i64> {
        Vec::new()
    }
}

/// The options of one sort of gate, and what the sort is called.
pub trait GateOptions:
    Gate + Clone + Default + PartialEq + Serialize + DeserializeOwned + JsonSchema + 'static
{
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
    /// The numbers that it compares with.
    const THRESHOLDS: &'static [Threshold<Self>] = &[];

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

/// A number that a gate compares what it measured with.
#[derive(Debug)]
pub struct Threshold<T: 'static> {
    /// Its key: `MinVerificationRate`.
    pub key: &'static str,
    /// The number; nothing where the gate is told not to compare.
    pub get: fn(&T) -> Option<Level>,
    /// The same gate with another number, in the same unit.
    pub set: fn(&mut T, u64),
}

/// A number that a gate compares with, in whole units, and how far it can go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Level {
    /// What one unit is.
    pub unit: Unit,
    /// The number.
    pub value: u64,
    /// The least that it can be.
    pub least: u64,
    /// The most that it can be.
    pub most: u64,
}

/// What one unit of a number is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Unit {
    /// A thousand millionth: the number is a rate from 0 to 1.
    Billionth,
    /// One.
    One,
}

impl Unit {
    /// A number in these units, as it is written in a policy.
    pub fn write(self, value: u64) -> String {
        let rate = || u32::try_from(value).ok().and_then(Rate::from_billionths);
        match self {
            Self::Billionth => rate().map_or_else(|| value.to_string(), Rate::decimal),
            Self::One => value.to_string(),
        }
    }
}

impl Level {
    /// The highest count that a policy can name.
    const MOST: u64 = (1 << 53) - 1;

    /// A rate, between 0 and 1.
    pub fn rate(rate: Rate) -> Self {
        let whole = u64::from(Rate::ONE.billionths());
        Self { unit: Unit::Billionth, value: rate.billionths().into(), least: 0, most: whole }
    }

    /// A count.
    pub fn count(value: u64) -> Self {
        Self { unit: Unit::One, value, least: 0, most: Self::MOST }
    }

    /// The same, above `below` and below `above`.
    #[must_use]
    pub fn between(self, below: Option<Rate>, above: Option<Rate>) -> Self {
        let least = below.map_or(self.least, |it| u64::from(it.billionths()) + 1);
        let most = above.map_or(self.most, |it| u64::from(it.billionths()).saturating_sub(1));
        Self { least, most, ..self }
    }

    /// A number in billionths as the rate that it is.
    pub fn as_rate(value: u64) -> Rate {
        u32::try_from(value).ok().and_then(Rate::from_billionths).unwrap_or(Rate::ONE)
    }
}

/// A gate with another number under a key.
pub type WithLevel = fn(&dyn Gate, &str, u64) -> Option<Box<dyn Gate>>;

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
    /// Whether two gates of this sort have the same options.
    pub same: fn(&dyn Gate, &dyn Gate) -> bool,
    /// The numbers that a gate of this sort compares with, by key.
    pub levels: fn(&dyn Gate) -> Vec<(&'static str, Level)>,
    /// The same gate with another number under a key, in the unit of its level.
    pub with: WithLevel,
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
            same: |one, other| own::<T>(one).is_some_and(|it| own::<T>(other) == Some(it)),
            levels: |gate| {
                let options = own::<T>(gate);
                let level = |it: &Threshold<T>| Some((it.key, (it.get)(options?)?));
                T::THRESHOLDS.iter().filter_map(level).collect()
            },
            with: |gate, key, value| {
                let threshold = T::THRESHOLDS.iter().find(|it| it.key == key)?;
                let mut options = own::<T>(gate)?.clone();
                (threshold.set)(&mut options, value);
                Some(Box::new(options))
            },
        }
    }
}

fn own<T: 'static>(gate: &dyn Gate) -> Option<&T> {
    let gate: &dyn Any = gate;
    gate.downcast_ref()
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
