//! Options that a variable or a flag sets: `DECISION_GATE_POLICYGATES__VEXTRUST__ENABLED=true`.
//!
//! Keys are found in the schema of a policy in any case; names of environments, tenants and log categories are meant
//! as they are written, and may have the separator in them.

use std::collections::BTreeSet;

use decision_gate_policy::options::{OptionFault, document_schema};

use super::layers::Written;
use crate::config::Config;
use crate::document;
use crate::error::{ConfigError, Fault};
use crate::layer::Setter;
use crate::near;
use crate::schema::{Names, Shapes, Unresolved};

/// The text of a variable or a flag that sets an option.
#[derive(Debug)]
pub(crate) struct PolicyText {
    pub(crate) setter: Setter,
    pub(crate) keys: Vec<String>,
    pub(crate) text: String,
}

impl PolicyText {
    /// Whether these keys lead into a policy and not into a section of the configuration.
    pub(crate) fn is_meant(keys: &[&str]) -> bool {
        let is = |at: usize, word: &str| keys.get(at).is_some_and(|key| key.eq_ignore_ascii_case(word));
        is(0, "PolicyGates") || (is(0, "Logging") && is(1, "LogLevel"))
    }

    /// What stands between the keys of a name that was taken apart.
    fn separator(&self) -> &'static str {
        match self.setter {
            Setter::Variable(_) => "__",
            Setter::File(_) | Setter::Flag(_) => ".",
        }
    }
}

/// A document for each of them.
pub(super) fn read(texts: &[&PolicyText], config: &Config, errors: &mut Vec<ConfigError>) -> Vec<Written> {
    if texts.is_empty() {
        return Vec::new();
    }
    let shapes = Shapes::of(document_schema());
    let environments = config.environments.names().iter().map(ToString::to_string);
    let tenants = config.tenants.list().iter().map(|it| it.name.as_str().to_owned());
    let known: BTreeSet<String> = environments.chain(tenants).collect();
    let one = |it: &&PolicyText| {
        let keys: Vec<&str> = it.keys.iter().map(String::as_str).collect();
        let origin = it.setter.origin();
        let (path, tree) = shapes
            .resolve(&keys, &Names { separator: it.separator(), known: &known }, &it.text)
            .map_err(|unresolved| match unresolved {
                Unresolved::Key { at, key, allowed } => {
                    let nearest = near::nearest(&key, allowed.iter().map(String::as_str));
                    let path = at.key(key);
                    let fault = OptionFault::UnknownKey { path: path.to_string(), nearest, allowed };
                    ConfigError { origin: origin.clone(), key: path, fault: Fault::option(fault) }
                }
                Unresolved::Value { at, fault } => ConfigError { origin: origin.clone(), key: at, fault },
            })?;
        let value = document::value(&tree).map_err(|problem| {
            let fault = Fault::Grammar { problem };
            ConfigError { origin, key: path.clone(), fault }
        })?;
        Ok(Written::text(&it.setter, &path, &value))
    };
    texts.iter().map(one).filter_map(|it| it.map_err(|error| errors.push(error)).ok()).collect()
}
