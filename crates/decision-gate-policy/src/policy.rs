//! A policy that was read: the gates that are in force for every environment and tenant that it names.

use std::collections::{BTreeMap, BTreeSet};

use decision_gate_core::digest::Digest;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::gates::{Gate, GateKind};
use crate::options::{Switch, WaiverRules};

/// What a chain decides of which no gate was asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[schemars(inline)]
pub enum Ungated {
    /// It holds: nothing asked is never a pass.
    Hold,
    /// It lets through, and says so.
    Allow,
}

/// A release policy.
#[derive(Debug)]
pub struct ReleasePolicy {
    /// By tenant, then environment; the empty name stands for every one that is not named.
    pub(crate) sets: BTreeMap<String, BTreeMap<String, GateSet>>,
    pub(crate) waivers: WaiverRules,
    pub(crate) ungated: Ungated,
    pub(crate) digest: Digest,
    pub(crate) environments: BTreeSet<String>,
    pub(crate) tenants: BTreeSet<String>,
}

/// The gates of one environment and tenant, in order.
#[derive(Debug)]
pub(crate) struct GateSet(Vec<ReadyGate>);

/// A gate, and whether it is asked.
pub(crate) struct ReadyGate {
    pub(crate) kind: &'static GateKind,
    pub(crate) switch: Switch,
    pub(crate) gate: Box<dyn Gate>,
}

impl ReadyGate {
    /// Whether another gate says the same of every release: the same sort with the same options, that counts as far.
    pub(crate) fn is_same(&self, other: &Self) -> bool {
        let alike = match (&self.switch, &other.switch) {
            (Switch::Off(_), Switch::Off(_)) => true,
            (Switch::On { mode, .. }, Switch::On { mode: others, .. }) => mode == others,
            _ => false,
        };
        alike && self.kind.id == other.kind.id && (self.kind.same)(&*self.gate, &*other.gate)
    }
}

impl ReleasePolicy {
    /// Digest of all options, built-in ones and weights among them.
    pub fn digest(&self) -> Digest {
        self.digest
    }

    /// Environments that it has entries for. Each should be a declared one.
    pub fn environments(&self) -> &BTreeSet<String> {
        &self.environments
    }

    /// Tenants that it has overrides for. Each should be a known one.
    pub fn tenants(&self) -> &BTreeSet<String> {
        &self.tenants
    }

    /// Rules on waivers.
    pub fn waivers(&self) -> &WaiverRules {
        &self.waivers
    }

    /// What a chain decides of which no gate was asked.
    pub fn ungated(&self) -> Ungated {
        self.ungated
    }

    /// The gates that are in force there.
    pub(crate) fn gates(&self, environment: &str, tenant: Option<&str>) -> &[ReadyGate] {
        let of_tenant = tenant.and_then(|it| self.sets.get(it)).or_else(|| self.sets.get(""));
        let set = of_tenant.and_then(|it| it.get(environment).or_else(|| it.get("")));
        set.map_or(&[], |it| it.0.as_slice())
    }
}

impl GateSet {
    pub(crate) fn new(mut gates: Vec<ReadyGate>) -> Self {
        gates.sort_by_key(|it| it.kind.order);
        Self(gates)
    }
}

impl std::fmt::Debug for ReadyGate {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ReadyGate").field("kind", &self.kind.id).field("switch", &self.switch).finish_non_exhaustive()
    }
}
