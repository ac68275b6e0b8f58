//! A loaded configuration: the settings, and where each of them came from.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use decision_gate_attest::issuers::{MAX_DIRECTORY_BYTES, read_directory};
use decision_gate_core::keys::{Keyring, TrustedKey};
use serde_json::Value;

use crate::config::Config;
use crate::environment::Environment;
use crate::error::{ConfigErrors, Fault, FileFault};
use crate::key_path::KeyPath;
use crate::layer::Layers;
use crate::load::{Source, locate};
use crate::origin::Origin;
use crate::read;
use crate::release::{Policies, ReleasePolicyFile, ShownPolicy};
use crate::sections::Checks;
use crate::sections::anchors::KnownAnchor;
use crate::sections::server::Reload;
use crate::sections::store::PostgresTls;
use crate::sections::trust::{KeyProblem, TrustKey};
use crate::warning::{Doubt, Warning};

/// The largest file of a public key.
const MAX_KEY_BYTES: u64 = 64 * 1024;

/// A configuration that was read, merged and checked.
#[derive(Clone, Debug)]
pub struct Loaded {
    config: Config,
    path: Option<PathBuf>,
    layers: Layers,
    environment: Environment,
    policies: Policies,
}

/// One setting as `config show` prints it.
#[derive(Clone, Debug, PartialEq)]
pub struct Shown {
    /// Its key path.
    pub key: KeyPath,
    /// Its value; null if it is not set and has no fixed default.
    pub value: Value,
    /// Who set it.
    pub origin: Origin,
}

impl Loaded {
    pub(crate) fn new(config: Config, source: &Source, layers: Layers, policies: Policies) -> Self {
        Self { config, path: source.file.clone(), layers, environment: source.environment.clone(), policies }
    }

    /// The release policies by name; that of `release.policy` is called `default`. None where nobody wrote one.
    pub fn release_policies(&self) -> &BTreeMap<String, ReleasePolicyFile> {
        &self.policies.files
    }

    /// The settings.
    pub fn config(&self) -> &Config {
        &self.config
    }

    /// The file that was read, if any.
    pub fn path(&self) -> Option<&Path> {
        self.path.as_deref()
    }

    /// Who set the value at `key`.
    pub fn origin(&self, key: &KeyPath) -> Origin {
        self.layers.setter_of(key).unwrap_or(Origin::BuiltIn)
    }

    /// Who set which setting, by key path.
    pub fn origins(&self) -> BTreeMap<String, Origin> {
        self.show().into_iter().map(|shown| (shown.key.to_string(), shown.origin)).collect()
    }

    /// Every setting with its value and its origin, in the order of the sections and of their keys.
    pub fn show(&self) -> Vec<Shown> {
        let mut shown = Vec::new();
        let Ok(Value::Object(mut sections)) = serde_json::to_value(&self.config) else { return shown };
        for name in Config::SECTIONS {
            if let Some(value) = sections.remove(*name) {
                self.flatten(&KeyPath::of_keys([*name]), value, &mut shown);
            }
        }
        shown
    }

    fn flatten(&self, key: &KeyPath, value: Value, shown: &mut Vec<Shown>) {
        let nested = |item: &Value| item.is_object() || item.is_array();
        match value {
            Value::Object(entries) if !entries.is_empty() => {
                entries.into_iter().for_each(|(name, value)| self.flatten(&key.key(name), value, shown));
            }
            Value::Array(items) if items.iter().any(nested) => {
                items.into_iter().enumerate().for_each(|(at, item)| self.flatten(&key.index(at), item, shown));
            }
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Array(_) | Value::Object(_) => {
                shown.push(Shown { key: key.clone(), value, origin: self.origin(key) });
            }
        }
    }

    /// The ledger's database file: as configured, else in the user's state folder.
    ///
    /// # Errors
    /// If there is no home directory. The ledger is never silently kept in memory.
    pub fn store_path(&self) -> Result<PathBuf, ConfigErrors> {
        let set = self.config.store.path.as_ref().map(|path| path.as_path().to_owned());
        self.in_state_folder(set, "ledger.db", "the ledger", ["store", "path"])
    }

    /// The folder that runpacks are confined to: as configured, else in the user's state folder.
    ///
    /// # Errors
    /// If there is no home directory.
    pub fn runpacks_root(&self) -> Result<PathBuf, ConfigErrors> {
        let set = self.config.runpacks.root.as_ref().map(|path| path.as_path().to_owned());
        self.in_state_folder(set, "runpacks", "runpacks", ["runpacks", "root"])
    }

    /// Every release policy with the options that are in force for each environment and tenant.
    pub fn show_policies(&self) -> Vec<ShownPolicy> {
        self.policies.show(&self.config)
    }

    /// What is allowed and worth a second look. The issuer directory is read for it.
    pub fn warnings(&self) -> Vec<Warning> {
        let mut warnings: Vec<Warning> = self.exposed_store().into_iter().collect();
        if !self.policies.files.is_empty() {
            warnings.extend(self.policies.warnings(&self.config, self.issuers()));
        }
        warnings
    }

    fn exposed_store(&self) -> Option<Warning> {
        let postgres = self.config.store.postgres.as_ref().filter(|it| it.is_exposed())?;
        let how = match postgres.effective_tls() {
            PostgresTls::Encrypt => "encrypted, and its certificate is not checked",
            PostgresTls::Off | PostgresTls::VerifyFull => "not encrypted",
        };
        let key = KeyPath::of_keys(["store", "postgres", "tls"]);
        let doubt = Doubt::StoreExposed { host: postgres.host.as_str().to_owned(), how };
        Some(Warning { origin: self.origin(&key), key, doubt })
    }

    /// The levels that release policies set, by target of the log.
    pub fn log_levels(&self) -> BTreeMap<String, &'static str> {
        self.policies.log_levels()
    }

    /// How many issuers the directory has; nothing where there is none that reads.
    fn issuers(&self) -> Option<usize> {
        let path = self.config.release.issuers.as_ref()?.as_path();
        let limit = u64::try_from(MAX_DIRECTORY_BYTES).unwrap_or(u64::MAX);
        let bytes = read::bytes(path, limit).ok()?;
        Some(read_directory(&bytes).ok()?.iter().count())
    }

    /// Whether files are looked at while a server runs.
    pub fn watches(&self) -> bool {
        match self.config.server.reload {
            Reload::Auto => !self.policies.files.is_empty(),
            Reload::Watch => true,
            Reload::Off => false,
        }
    }

    /// The files whose content the configuration is made of: itself, release policies, keys, issuers, scenarios and
    /// data shapes. Not evidence, and not the ledger.
    pub fn files(&self) -> Vec<PathBuf> {
        let config = &self.config;
        let mut files: Vec<PathBuf> = self.path.iter().cloned().collect();
        files.extend(self.policies.paths().map(Path::to_owned));
        let keys = config.trust.keys.iter().filter_map(|key| key.file.as_ref());
        let schemas = config.schemas.list().iter().map(|schema| &schema.file);
        let named = keys.chain(&config.release.issuers).chain(&config.scenarios.files).chain(schemas);
        files.extend(named.map(|path| path.as_path().to_owned()));
        files.sort();
        files.dedup();
        files
    }

    /// Whether the other says the same: settings and policies, wherever they were written.
    pub fn says_the_same(&self, other: &Self) -> bool {
        self.config == other.config && self.policies.same(&other.policies)
    }

    fn in_state_folder(
        &self,
        set: Option<PathBuf>,
        name: &str,
        what: &'static str,
        key: [&str; 2],
    ) -> Result<PathBuf, ConfigErrors> {
        let default = || self.environment.state_home().map(|home| home.join("decision-gate").join(name));
        set.or_else(default)
            .ok_or_else(|| ConfigErrors::one(Origin::BuiltIn, KeyPath::of_keys(key), FileFault::NoHome { what }))
    }

    /// The keys that may sign evidence; those in files are read now.
    ///
    /// # Errors
    /// Every key that can't be read, or whose rules make no sense.
    pub fn keyring(&self) -> Result<Keyring, ConfigErrors> {
        let (mut keys, mut checks) = (Vec::new(), Checks::new());
        checks.key("trust", |checks| {
            checks.key("keys", |checks| {
                checks.items(&self.config.trust.keys, |checks, key| match read_key(key) {
                    Ok(trusted) => keys.push(trusted),
                    Err(("", fault)) => checks.report(fault),
                    Err((setting, fault)) => checks.key(setting, |checks| checks.report(fault)),
                });
                // Not reached after a load: a key that is there twice is found then.
                if let Err(error) = Keyring::new(keys.iter().cloned()) {
                    checks.report(Fault::Grammar { problem: error.to_string() });
                }
            });
        });
        self.outcome(checks)?;
        Ok(Keyring::new(keys).unwrap_or_default())
    }

    /// Checks that each anchor setting can be met by a provider there is.
    ///
    /// # Errors
    /// Every provider, type or field that nothing brings.
    pub fn check_anchors(&self, known: &[KnownAnchor]) -> Result<(), ConfigErrors> {
        let mut checks = Checks::new();
        self.config.anchors.check_known(known, &mut checks);
        self.outcome(checks)
    }

    /// Checks that each tool that is allowed or denied exists.
    ///
    /// # Errors
    /// Every name that is no tool's.
    pub fn check_tools(&self, known: &[&str]) -> Result<(), ConfigErrors> {
        let mut checks = Checks::new();
        self.config.server.tools.check_known(known, &mut checks);
        self.outcome(checks)
    }

    fn outcome(&self, checks: Checks) -> Result<(), ConfigErrors> {
        ConfigErrors::of(locate(checks.into_found(), &self.layers), false).map_or(Ok(()), Err)
    }
}

fn read_key(key: &TrustKey) -> Result<TrustedKey, KeyProblem> {
    match (&key.public_key, &key.file) {
        (Some(text), _) => key.trusted("public_key", text.as_bytes()),
        (None, Some(file)) => {
            let bytes = read::bytes(file.as_path(), MAX_KEY_BYTES).map_err(|fault| ("file", fault.into()))?;
            key.trusted("file", &bytes)
        }
        (None, None) => Err(("", Fault::MissingKey { key: "public_key".to_owned() })),
    }
}
