//! A policy as `config show` prints it: every option that is in force, for each environment and tenant.

use decision_gate_core::digest::Digest;
use decision_gate_policy::options::EffectiveOption;
use serde_json::{Value, json};

use super::layers::Written;
use super::{Policies, ReleasePolicyFile};
use crate::config::Config;
use crate::layer::At;
use crate::origin::Origin;

/// A policy as it is in force.
#[derive(Clone, Debug, PartialEq)]
pub struct ShownPolicy {
    /// Its name.
    pub name: String,
    /// Its digest, which a decision names and a configuration can pin.
    pub digest: Digest,
    /// The documents that it is made of, the strongest last.
    pub layers: Vec<String>,
    /// Its options, by environment, then tenant, then gate.
    pub options: Vec<ShownOption>,
}

/// An option as it is in force.
#[derive(Clone, Debug, PartialEq)]
pub struct ShownOption {
    /// Where; everywhere without one.
    pub environment: Option<String>,
    /// For whom; for whoever has no entry without one. Of a tenant, only what is its own is shown.
    pub tenant: Option<String>,
    /// Gate and option: `VexTrust.MinCompositeScore`.
    pub option: String,
    /// Its value.
    pub value: Value,
    /// The key that it was written under.
    pub key: String,
    /// The layer that wrote it.
    pub layer: String,
    /// The place in that layer.
    pub origin: Origin,
}

impl ShownPolicy {
    /// The policy as one JSON object.
    pub fn to_json(&self) -> Value {
        let option = |it: &ShownOption| {
            json!({
                "environment": it.environment,
                "tenant": it.tenant,
                "option": it.option,
                "value": it.value,
                "key": it.key,
                "layer": it.layer,
                "origin": it.origin.to_json(),
            })
        };
        json!({
            "name": self.name,
            "digest": format!("sha256:{}", self.digest.to_hex()),
            "layers": self.layers,
            "options": self.options.iter().map(option).collect::<Vec<_>>(),
        })
    }
}

impl Policies {
    /// Every policy, by name.
    pub(crate) fn show(&self, config: &Config) -> Vec<ShownPolicy> {
        let one = |(name, policy): (&String, &ReleasePolicyFile)| {
            let written = self.written.get(name).map(Vec::as_slice).unwrap_or_default();
            ShownPolicy {
                name: name.clone(),
                digest: policy.document.digest(),
                layers: policy.overlays.iter().map(|it| it.layer.clone()).collect(),
                options: options(policy, written, config),
            }
        };
        self.files.iter().map(one).collect()
    }
}

fn options(policy: &ReleasePolicyFile, written: &[Written], config: &Config) -> Vec<ShownOption> {
    let names = config.environments.names().iter().map(|it| Some(it.to_string()));
    let environments: Vec<_> = if names.len() == 0 { vec![None] } else { names.collect() };
    let tenants: Vec<_> = config.tenants.list().iter().map(|it| it.name.as_str()).collect();
    let mut shown = Vec::new();
    for environment in environments {
        let flat = |tenant: Option<&str>| flat(policy, environment.as_deref(), tenant);
        let general = flat(None);
        let place = |tenant: Option<&str>, (option, it): (String, EffectiveOption)| {
            let wrote = written.iter().rev().find(|written| written.writes(&it.origin.key));
            ShownOption {
                environment: environment.clone(),
                tenant: tenant.map(str::to_owned),
                option,
                value: it.value,
                origin: wrote.map_or(Origin::BuiltIn, |written| written.origin(&it.origin.key, At::Value)),
                key: it.origin.key,
                layer: it.origin.layer,
            }
        };
        shown.extend(general.iter().cloned().map(|it| place(None, it)));
        for tenant in &tenants {
            let own = flat(Some(*tenant)).into_iter().filter(|it| !general.contains(it));
            shown.extend(own.map(|it| place(Some(tenant), it)));
        }
    }
    shown.extend(of_all(policy, written));
    shown
}

/// The options of every gate there, by gate and option.
fn flat(policy: &ReleasePolicyFile, environment: Option<&str>, tenant: Option<&str>) -> Vec<(String, EffectiveOption)> {
    let gates = policy.document.effective(environment, tenant).into_iter();
    let named = gates.flat_map(|gate| {
        let options = gate.options.into_iter();
        options.map(move |it| (format!("{}.{}", gate.key, it.key), it)).collect::<Vec<_>>()
    });
    named.collect()
}

/// What is the same everywhere: rules on waivers, what a chain of no gate comes to, and levels of the log.
fn of_all(policy: &ReleasePolicyFile, written: &[Written]) -> Vec<ShownOption> {
    let settings = policy.document.settings().into_iter();
    let of_all = settings.filter(|it| {
        ["PolicyGates.Waivers.", "PolicyGates.Ungated", "Logging."].iter().any(|start| it.path.starts_with(start))
    });
    let shown = of_all.map(|it| ShownOption {
        environment: None,
        tenant: None,
        option: it.path.strip_prefix("PolicyGates.").unwrap_or(&it.path).to_owned(),
        value: it.value,
        origin: written
            .iter()
            .rev()
            .find(|written| written.writes(&it.path))
            .map_or(Origin::BuiltIn, |written| written.origin(&it.path, At::Value)),
        key: it.path,
        layer: it.layer,
    });
    shown.collect()
}
