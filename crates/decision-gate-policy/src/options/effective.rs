//! The options that are in force for one environment and tenant, for whoever shows or checks a policy.

use serde_json::Value;

use super::document::PolicyDocument;
use super::flat::{Switch, flat};
use crate::gates::ALL;
use crate::mode::{Mode, Origin};

/// A gate as it stands for one environment and tenant.
#[derive(Clone, Debug, PartialEq)]
pub struct EffectiveGate {
    /// Its id: `beacon-rate`.
    pub gate: &'static str,
    /// Its key below `PolicyGates`.
    pub key: &'static str,
    /// Whether it is asked.
    pub asked: bool,
    /// The mode in force, if one is.
    pub mode: Option<Mode>,
    /// Its options by key, `Enabled` and `Mode` among them.
    pub options: Vec<EffectiveOption>,
}

/// An option as it stands for one environment and tenant.
#[derive(Clone, Debug, PartialEq)]
pub struct EffectiveOption {
    /// Its key.
    pub key: String,
    /// Its value.
    pub value: Value,
    /// Where that was written.
    pub origin: Origin,
}

impl EffectiveGate {
    /// The value of an option.
    pub fn option(&self, key: &str) -> Option<&Value> {
        self.options.iter().find(|it| it.key == key).map(|it| &it.value)
    }
}

impl PolicyDocument {
    /// Every gate, in order, as it stands for an environment and a tenant; without one, for those that nothing names.
    pub fn effective(&self, environment: Option<&str>, tenant: Option<&str>) -> Vec<EffectiveGate> {
        let one = |kind: &'static crate::gates::GateKind| {
            let mut flat = flat(kind, self.section(kind), self.layers(), environment, tenant);
            let unwritten = |key: &str| Origin {
                layer: super::BUILT_IN.to_owned(),
                key: format!("PolicyGates.{}.{key}", kind.key),
            };
            let members = flat.options.as_object().into_iter().flatten();
            let options = members.map(|(key, value)| EffectiveOption {
                key: key.clone(),
                value: value.clone(),
                origin: flat.origins.get(key).cloned().unwrap_or_else(|| unwritten(key)),
            });
            let options = options.collect();
            let (asked, mode) = match flat.switch() {
                Switch::Off(_) => (false, None),
                Switch::On { mode, .. } => (true, mode),
            };
            EffectiveGate { gate: kind.id, key: kind.key, asked, mode, options }
        };
        ALL.iter().map(one).collect()
    }
}
