//! The options of one gate that are in force for one environment and tenant.
//!
//! Least to most specific, field by field: the gate's own keys, the environment's entry (else the entry `default`),
//! the tenant's entry for that environment (else its `default`). `Enabled` and `Mode` are taken out on the way.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use super::document::{BUILT_IN, Layers};
use crate::gates::GateKind;
use crate::mode::{Mode, Origin};

/// The name of the entry for everything that has none.
const DEFAULT: &str = "default";

/// Whether a gate is asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Switch {
    /// It is not; and where that was said.
    Off(Origin),
    /// It is.
    On {
        /// The mode that was written, if one was. Without one the gate's own actions rule, as under [`Mode::Block`].
        mode: Option<Mode>,
        /// Where it was said that the gate is on, and how.
        source: Origin,
    },
}

/// Options of one gate for one environment and tenant.
#[derive(Clone)]
pub(crate) struct Flat {
    pub(crate) options: Value,
    pub(crate) origins: BTreeMap<String, Origin>,
}

/// Flat options of `gate` from its section, with where each came from.
pub(crate) fn flat(
    gate: &GateKind,
    section: &Value,
    layers: &Layers,
    environment: Option<&str>,
    tenant: Option<&str>,
) -> Flat {
    let root = format!("PolicyGates.{}", gate.key);
    let mut flat = Flat { options: Value::Object(Map::new()), origins: BTreeMap::new() };
    let maps = [gate.entries_key, "TenantOverrides"];
    flat.take(section, &root, layers, &maps);
    if let Some((path, entry)) = entry(section.get(gate.entries_key), environment) {
        flat.take(entry, &format!("{root}.{}.{path}", gate.entries_key), layers, &[]);
    }
    if let Some(tenant) = tenant
        && let Some((path, entry)) = entry(section.get("TenantOverrides").and_then(|it| it.get(tenant)), environment)
    {
        flat.take(entry, &format!("{root}.TenantOverrides.{tenant}.{path}"), layers, &[]);
    }
    flat
}

/// The entry of an environment, else `default`.
fn entry<'a>(entries: Option<&'a Value>, environment: Option<&str>) -> Option<(String, &'a Value)> {
    let entries = entries?;
    let own = environment.and_then(|name| Some((name.to_owned(), entries.get(name)?)));
    own.or_else(|| Some((DEFAULT.to_owned(), entries.get(DEFAULT)?)))
}

impl Flat {
    fn take(&mut self, from: &Value, path: &str, layers: &Layers, without: &[&str]) {
        let (Some(into), Some(members)) = (self.options.as_object_mut(), from.as_object()) else { return };
        for (key, value) in members.iter().filter(|(key, _)| !without.contains(&key.as_str())) {
            let path = format!("{path}.{key}");
            let layer = layers.of(&path).to_owned();
            super::document::merge(into.entry(key.clone()).or_insert(Value::Null), value);
            self.origins.insert(key.clone(), Origin { layer, key: path });
        }
    }

    /// Takes `Enabled` and `Mode` out.
    ///
    /// A written `Enabled: false` is off, whatever the mode. Where nobody wrote it, a mode switches the gate on.
    pub(crate) fn switch(&mut self) -> Switch {
        let mut take = |key: &str| self.options.as_object_mut().and_then(|options| options.remove(key));
        let enabled = take("Enabled").and_then(|it| it.as_bool()).unwrap_or(false);
        let mode = take("Mode").and_then(|it| serde_json::from_value::<Mode>(it).ok());
        let mut origin = |key: &str| {
            let unsaid = || Origin { layer: BUILT_IN.to_owned(), key: key.to_owned() };
            self.origins.remove(key).unwrap_or_else(unsaid)
        };
        let (from, source) = (origin("Enabled"), origin("Mode"));
        match mode {
            _ if !enabled && (from.layer != BUILT_IN || mode.is_none()) => Switch::Off(from),
            Some(Mode::Off) => Switch::Off(source),
            Some(_) => Switch::On { mode, source },
            None => Switch::On { mode, source: from },
        }
    }
}
