//! Environments and tenants that a policy names: each must be a declared one, by exact case.

use decision_gate_policy::gates::ALL;
use serde_json::Value;

use super::layers::Written;
use crate::config::Config;
use crate::error::{ConfigError, Fault};
use crate::layer::At;

/// The entry for everything that has none.
const DEFAULT: &str = "default";

/// Every name in a document that nothing is declared under.
pub(super) fn strangers(written: &Written, config: &Config) -> Vec<ConfigError> {
    let environments: Vec<String> = config.environments.names().iter().map(ToString::to_string).collect();
    let tenants: Vec<String> = config.tenants.list().iter().map(|it| it.name.as_str().to_owned()).collect();
    let (what, whom) = ("environment under `environments`", "tenant under `tenants`");
    let found = named(&written.document);
    let of_environments = found.environments.iter().filter(|(_, name)| !environments.contains(name));
    let of_tenants = found.tenants.iter().filter(|(_, name)| !tenants.contains(name));
    let each = of_environments.map(|it| (it, what, &environments)).chain(of_tenants.map(|it| (it, whom, &tenants)));
    let error = |((path, name), what, known): (&(String, String), &'static str, &Vec<String>)| {
        let origin = written.origin(path, At::Key);
        let key = written.steps(path);
        ConfigError { origin, key, fault: Fault::UnknownName { what, name: name.clone(), known: known.clone() } }
    };
    each.map(error).collect()
}

/// Names, each with the path that it stands at.
#[derive(Default)]
struct Named {
    environments: Vec<(String, String)>,
    tenants: Vec<(String, String)>,
}

fn named(document: &Value) -> Named {
    let mut named = Named::default();
    for gate in ALL {
        let Some(section) = document.get("PolicyGates").and_then(|it| it.get(gate.key)) else { continue };
        let root = format!("PolicyGates.{}", gate.key);
        named.lists(section, &root);
        let own = format!("{root}.{}", gate.entries_key);
        named.entries(section.get(gate.entries_key), &own);
        for (tenant, entries) in section.get("TenantOverrides").and_then(Value::as_object).into_iter().flatten() {
            let path = format!("{root}.TenantOverrides.{tenant}");
            named.tenants.push((path.clone(), tenant.clone()));
            named.entries(Some(entries), &path);
        }
    }
    named
}

impl Named {
    /// The keys of a table by environment.
    fn entries(&mut self, entries: Option<&Value>, path: &str) {
        for (environment, entry) in entries.and_then(Value::as_object).into_iter().flatten() {
            let path = format!("{path}.{environment}");
            self.lists(entry, &path);
            if environment != DEFAULT {
                self.environments.push((path, environment.clone()));
            }
        }
    }

    /// The options that are lists of environments.
    fn lists(&mut self, options: &Value, path: &str) {
        for list in ["RequiredEnvironments", "SourceEnvironments"] {
            for (index, name) in options.get(list).and_then(Value::as_array).into_iter().flatten().enumerate() {
                let name = name.as_str().map(str::to_owned);
                self.environments.extend(name.map(|name| (format!("{path}.{list}[{index}]"), name)));
            }
        }
    }
}
