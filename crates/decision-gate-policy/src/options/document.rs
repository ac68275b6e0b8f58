//! Overlays, merged field by field, and where each value came from.

use std::collections::{BTreeMap, BTreeSet};

use decision_gate_core::digest::Digest;
use decision_gate_core::json::canonical;
use serde_json::{Map, Value, json};

use super::fault::OptionFault;
use super::values::WaiverRules;
use super::{Flat, check, flat, schema};
use crate::gates::{ALL, GateKind};
use crate::policy::{GateSet, ReadyGate, ReleasePolicy, Ungated};

/// The layer of what nobody wrote.
pub const BUILT_IN: &str = "built-in";

/// A document of options, as far as it was merged.
#[derive(Clone, Debug)]
pub struct PolicyDocument {
    tree: Value,
    layers: Layers,
    schema: Value,
}

/// One value of a document, and the layer that wrote it.
#[derive(Clone, Debug, PartialEq)]
pub struct Setting {
    /// Its key path.
    pub path: String,
    /// Its value.
    pub value: Value,
    /// The layer: [`BUILT_IN`], or what the caller called it.
    pub layer: String,
}

/// Path to layer.
#[derive(Clone, Debug, Default)]
pub(crate) struct Layers(BTreeMap<String, String>);

impl Layers {
    /// Which layer wrote the value at a path; of an object, the one that first did.
    pub(crate) fn of(&self, path: &str) -> &str {
        let below = format!("{path}.");
        let own = self.0.get(path).or_else(|| {
            let next = self.0.range(below.clone()..).next();
            next.filter(|(key, _)| key.starts_with(&below)).map(|(_, layer)| layer)
        });
        own.map_or(BUILT_IN, String::as_str)
    }

    /// Notes that `layer` wrote everything in `tree`.
    fn note(&mut self, tree: &Value, path: &str, layer: &str) {
        match tree {
            Value::Object(members) if !members.is_empty() => {
                self.0.remove(path);
                for (key, value) in members {
                    self.note(value, &check::join(path, key), layer);
                }
            }
            _ => {
                self.0.insert(path.to_owned(), layer.to_owned());
            }
        }
    }
}

impl Default for PolicyDocument {
    fn default() -> Self {
        Self::built_in()
    }
}

impl PolicyDocument {
    /// What holds where nobody wrote anything: every gate off.
    pub fn built_in() -> Self {
        let mut gates = Map::new();
        for gate in ALL {
            let mut options = (gate.built_in)();
            if let Some(options) = options.as_object_mut() {
                options.insert("Enabled".into(), false.into());
            }
            gates.insert(gate.key.into(), options);
        }
        gates.insert("Waivers".into(), json!(WaiverRules::default()));
        gates.insert("Ungated".into(), "Hold".into());
        let tree = json!({ "PolicyGates": gates });
        let mut layers = Layers::default();
        layers.note(&tree, "", BUILT_IN);
        Self { tree, layers, schema: schema::document_schema() }
    }

    /// Merges a document over what is there: tables field by field, everything else whole.
    ///
    /// # Errors
    /// Every key that means nothing; then nothing is merged.
    pub fn overlay(&mut self, layer: &str, document: &Value) -> Result<(), Vec<OptionFault>> {
        let faults = check::faults(&self.schema, document, "");
        if !faults.is_empty() {
            return Err(faults);
        }
        merge(&mut self.tree, document);
        self.layers.note(document, "", layer);
        Ok(())
    }

    /// Every value and the layer that wrote it, in order of paths.
    pub fn settings(&self) -> Vec<Setting> {
        let mut settings = Vec::new();
        self.collect(&self.tree, "", &mut settings);
        settings
    }

    fn collect(&self, tree: &Value, path: &str, into: &mut Vec<Setting>) {
        match tree {
            Value::Object(members) if !members.is_empty() => {
                for (key, value) in members {
                    self.collect(value, &check::join(path, key), into);
                }
            }
            value => into.push(Setting {
                path: path.to_owned(),
                value: value.clone(),
                layer: self.layers.of(path).to_owned(),
            }),
        }
    }

    /// Digest of everything that is in force, built-in values and weights among it.
    pub fn digest(&self) -> Digest {
        let gates = self.tree.get("PolicyGates").unwrap_or(&Value::Null);
        Digest::of(&canonical::to_vec(gates))
    }

    /// Log levels by category, as seed 003 writes them.
    pub fn log_levels(&self) -> BTreeMap<String, String> {
        let levels = self.tree.pointer("/Logging/LogLevel").and_then(Value::as_object);
        let text = |(key, value): (&String, &Value)| Some((key.clone(), value.as_str()?.to_owned()));
        levels.into_iter().flatten().filter_map(text).collect()
    }

    /// The merged tree.
    pub fn tree(&self) -> &Value {
        &self.tree
    }

    /// Reads the options of every gate for every environment and tenant that is named.
    ///
    /// # Errors
    /// The first value that does not do.
    pub fn policy(&self) -> Result<ReleasePolicy, OptionFault> {
        let (environments, tenants) = (self.environments(), self.tenants());
        let mut sets = BTreeMap::new();
        for tenant in std::iter::once(None).chain(tenants.iter().map(|it| Some(it.as_str()))) {
            let mut of_tenant = BTreeMap::new();
            for environment in std::iter::once(None).chain(environments.iter().map(|it| Some(it.as_str()))) {
                let gates = ALL.iter().map(|gate| self.gate(gate, environment, tenant));
                let set = GateSet::new(gates.collect::<Result<_, _>>()?);
                of_tenant.insert(environment.unwrap_or_default().to_owned(), set);
            }
            sets.insert(tenant.unwrap_or_default().to_owned(), of_tenant);
        }
        let (waivers, ungated) = (self.waivers()?, self.ungated()?);
        Ok(ReleasePolicy { sets, waivers, ungated, digest: self.digest(), environments, tenants })
    }

    /// Everything that is wrong with values, each once.
    pub fn faults(&self) -> Vec<OptionFault> {
        let (environments, tenants) = (self.environments(), self.tenants());
        let mut faults = Vec::new();
        for tenant in std::iter::once(None).chain(tenants.iter().map(|it| Some(it.as_str()))) {
            for environment in std::iter::once(None).chain(environments.iter().map(|it| Some(it.as_str()))) {
                faults.extend(ALL.iter().flat_map(|gate| self.gate_faults(gate, environment, tenant)));
            }
        }
        faults.extend(self.waivers().err());
        faults.extend(self.ungated().err());
        let mut seen = BTreeSet::new();
        faults.retain(|fault| seen.insert(fault.to_string()));
        faults
    }

    fn waivers(&self) -> Result<WaiverRules, OptionFault> {
        super::read_options(self.part("Waivers")).map_err(|it| it.moved(|path| below("Waivers", path)))
    }

    fn ungated(&self) -> Result<Ungated, OptionFault> {
        let value = self.part("Ungated");
        serde_json::from_value(value.clone())
            .map_err(|_| OptionFault::value("PolicyGates.Ungated", value, "one of `Hold`, `Allow`"))
    }

    fn part(&self, name: &str) -> &Value {
        self.tree.get("PolicyGates").and_then(|it| it.get(name)).unwrap_or(&Value::Null)
    }

    fn gate(
        &self,
        kind: &'static GateKind,
        environment: Option<&str>,
        tenant: Option<&str>,
    ) -> Result<ReadyGate, OptionFault> {
        let flat = flat(kind, self.section(kind), &self.layers, environment, tenant);
        ready(kind, flat).map_err(|(_, fault)| fault)
    }

    /// Every fault of a gate: what is wrong is read as it is built in, so that the next one shows.
    fn gate_faults(
        &self,
        kind: &'static GateKind,
        environment: Option<&str>,
        tenant: Option<&str>,
    ) -> Vec<OptionFault> {
        let built_in = Self::default();
        let sound = flat(kind, built_in.section(kind), &built_in.layers, environment, tenant).options;
        let mut flat = flat(kind, self.section(kind), &self.layers, environment, tenant);
        let (mut faults, mut mended) = (Vec::new(), BTreeSet::new());
        while let Err((key, fault)) = ready(kind, flat.clone()) {
            faults.push(fault);
            let (Some(options), true) = (flat.options.as_object_mut(), mended.insert(key.clone())) else { break };
            match sound.get(&key) {
                Some(value) => options.insert(key, value.clone()),
                None => options.remove(&key),
            };
        }
        faults
    }

    pub(super) fn layers(&self) -> &Layers {
        &self.layers
    }

    pub(super) fn section(&self, kind: &GateKind) -> &Value {
        self.part(kind.key)
    }

    /// Tenants that any gate names.
    fn tenants(&self) -> BTreeSet<String> {
        let overrides = ALL.iter().filter_map(|gate| self.section(gate).get("TenantOverrides")?.as_object());
        overrides.flat_map(|it| it.keys().cloned()).collect()
    }

    /// Environments that any gate has an entry for.
    fn environments(&self) -> BTreeSet<String> {
        let mut names = BTreeSet::new();
        for gate in ALL {
            let section = self.section(gate);
            let own = section.get(gate.entries_key).and_then(Value::as_object);
            names.extend(own.into_iter().flat_map(|it| it.keys().cloned()));
            let tenants = section.get("TenantOverrides").and_then(Value::as_object);
            let entries = tenants.into_iter().flat_map(|it| it.values().filter_map(Value::as_object));
            names.extend(entries.flat_map(|it| it.keys().cloned()));
        }
        names.remove("default");
        names
    }
}

/// A gate from its flat options, or the option that does not do.
fn ready(kind: &'static GateKind, mut flat: Flat) -> Result<ReadyGate, (String, OptionFault)> {
    for (key, expected) in [("Enabled", "true or false"), ("Mode", "one of `Off`, `Shadow`, `Warn`, `Block` or null")] {
        let value = flat.options.get(key).unwrap_or(&Value::Null);
        let right = match key {
            "Enabled" => value.is_boolean(),
            _ => value.is_null() || serde_json::from_value::<crate::mode::Mode>(value.clone()).is_ok(),
        };
        if !right {
            let path = flat.origins.get(key).map_or_else(|| below(kind.key, key), |it| it.key.clone());
            return Err((key.to_owned(), OptionFault::value(path, value, expected)));
        }
    }
    let switch = flat.switch();
    let first = |path: &str| path.split(['.', '[']).next().unwrap_or_default().to_owned();
    let located = |path: &str| {
        let key = first(path);
        let rest = path.strip_prefix(key.as_str()).unwrap_or_default();
        flat.origins.get(&key).map_or_else(|| below(kind.key, path), |it| format!("{}{rest}", it.key))
    };
    match (kind.read)(&flat.options) {
        Ok(gate) => Ok(ReadyGate { kind, switch, gate }),
        Err(fault) => Err((first(fault.path()), fault.moved(located))),
    }
}

fn below(section: &str, path: &str) -> String {
    format!("PolicyGates.{section}.{path}")
}

/// Tables field by field, everything else whole.
pub(super) fn merge(into: &mut Value, from: &Value) {
    match (into, from) {
        (Value::Object(into), Value::Object(from)) => {
            for (key, value) in from {
                merge(into.entry(key.clone()).or_insert(Value::Null), value);
            }
        }
        (into, from) => *into = from.clone(),
    }
}
