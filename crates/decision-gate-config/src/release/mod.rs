//! The release policies: what was written, laid over one another, checked, and tied to its places.
//!
//! ```text
//! built-in < files of the configuration < variables < files of flags < flags ─▶ overlays ─▶ options in force
//! ```
//!
//! Every fault names the file, the line and the column of the document that wrote the value. A layer's name is hashed
//! with the policy, so it is the path as it was written and never an absolute one.

mod layers;
mod levels;
mod names;
mod places;
mod roots;
mod show;
mod text;
mod warnings;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use decision_gate_policy::options::{Overlays, PolicyDocument};

use self::layers::Written;
pub use self::levels::log_target;
pub use self::show::{ShownOption, ShownPolicy};
pub(crate) use self::text::PolicyText;
use crate::config::Config;
use crate::error::{ConfigError, Fault};
use crate::key_path::KeyPath;
use crate::layer::{At, Layers};
use crate::sections::release::{DEFAULT_POLICY, PolicyDigest, PolicySetting};

/// A release policy as it was written and as it is in force.
#[derive(Clone, Debug, Default)]
pub struct ReleasePolicyFile {
    /// The documents, the strongest last.
    pub overlays: Overlays,
    /// All of them over the built-in values.
    pub document: PolicyDocument,
}

/// The release policies of a configuration.
#[derive(Clone, Debug, Default)]
pub(crate) struct Policies {
    pub(crate) files: BTreeMap<String, ReleasePolicyFile>,
    /// The documents of each, with their places.
    written: BTreeMap<String, Vec<Written>>,
}

/// What lies over the files of the configuration.
pub(crate) struct More<'a> {
    /// Texts of variables, then of flags.
    pub(crate) texts: Vec<PolicyText>,
    /// Files that flags name.
    pub(crate) files: &'a [PathBuf],
}

/// Reads, merges and checks every policy. What is wrong goes into `errors`.
pub(crate) fn read(
    config: &Config,
    file: Option<&Path>,
    layers: &Layers,
    more: &More<'_>,
    errors: &mut Vec<ConfigError>,
) -> Policies {
    let mut policies = Policies::default();
    let release = &config.release;
    roots::check(config, file, layers, more.files, errors);
    let wanted = release.policy.is_some() || !more.texts.is_empty() || !more.files.is_empty();
    if wanted {
        let at = KeyPath::of_keys(["release", "policy"]);
        let mut written = of_setting(release.policy.as_ref(), &at, layers, errors);
        written.extend(layers::of_flags(more, config, errors));
        let pin = (release.policy_digest.as_ref(), KeyPath::of_keys(["release", "policy_digest"]));
        policies.add(DEFAULT_POLICY, written, pin, config, layers, errors);
    }
    for (index, named) in release.policies.iter().enumerate() {
        let at = KeyPath::of_keys(["release", "policies"]).index(index);
        let written = of_setting(Some(&named.policy), &at.key("policy"), layers, errors);
        let pin = (named.digest.as_ref(), at.key("digest"));
        policies.add(named.name.as_str(), written, pin, config, layers, errors);
    }
    policies
}

fn of_setting(
    setting: Option<&PolicySetting>,
    at: &KeyPath,
    layers: &Layers,
    errors: &mut Vec<ConfigError>,
) -> Vec<Written> {
    match setting {
        None => Vec::new(),
        Some(PolicySetting::Inline(document)) => vec![Written::inline(document, at, layers)],
        Some(setting) => {
            let read = |path: &crate::ConfigPath| Written::file(path.as_path(), path.given());
            setting.files().iter().map(read).filter_map(|it| it.map_err(|faults| errors.extend(faults)).ok()).collect()
        }
    }
}

impl Policies {
    /// The files that policies were read from.
    pub(crate) fn paths(&self) -> impl Iterator<Item = &Path> {
        self.written.values().flatten().filter_map(Written::path)
    }

    /// Levels by target of the log. What the policy `default` says weighs more than what others say.
    pub(crate) fn log_levels(&self) -> BTreeMap<String, &'static str> {
        let known: BTreeMap<String, String> = levels::known().into_iter().collect();
        let mut found = BTreeMap::new();
        let others = self.files.iter().filter(|(name, _)| *name != DEFAULT_POLICY);
        for (_, policy) in others.chain(self.files.get_key_value(DEFAULT_POLICY)) {
            for (category, word) in policy.document.log_levels() {
                let target = known.get(&category).cloned();
                found.extend(target.zip(levels::level(&word)));
            }
        }
        found
    }

    /// Whether the others say the same.
    pub(crate) fn same(&self, other: &Self) -> bool {
        let overlays = |it: &Self| it.files.iter().map(|(name, file)| (name.clone(), file.overlays.clone())).collect();
        let (mine, others): (BTreeMap<_, _>, BTreeMap<_, _>) = (overlays(self), overlays(other));
        mine == others
    }

    fn add(
        &mut self,
        name: &str,
        written: Vec<Written>,
        (pin, pin_at): (Option<&PolicyDigest>, KeyPath),
        config: &Config,
        layers: &Layers,
        errors: &mut Vec<ConfigError>,
    ) {
        let before = errors.len();
        let mut policy = ReleasePolicyFile::default();
        for (index, it) in written.iter().enumerate() {
            if let Err(faults) = policy.document.overlay(&it.layer, &it.document) {
                errors.extend(faults.into_iter().map(|fault| it.error(fault, At::Key)));
                continue;
            }
            policy.overlays.push(it.layer.clone(), it.document.clone());
            // A value that a later document covers is wrong all the same.
            let covered = it.is_file() && index + 1 < written.len();
            let faults = if covered { policy.document.faults() } else { Vec::new() };
            let own = faults.into_iter().filter(|fault| it.writes(fault.path()));
            errors.extend(own.map(|fault| it.error(fault, At::Value)));
        }
        for it in &written {
            errors.extend(names::strangers(it, config));
        }
        errors.extend(policy.document.faults().into_iter().map(|fault| layers::located(&written, fault)));
        if let Some(pin) = pin.filter(|pin| errors.len() == before && !pin.is(policy.document.digest())) {
            let (pinned, found) = (pin.as_str().to_owned(), format!("sha256:{}", policy.document.digest().to_hex()));
            let origin = layers.place_of(&pin_at, At::Value);
            errors.push(ConfigError { origin, key: pin_at, fault: Fault::PolicyDigest { pinned, found } });
        }
        self.files.insert(name.to_owned(), policy);
        self.written.insert(name.to_owned(), written);
    }
}
