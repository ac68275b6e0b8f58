//! What the checks look at: read once, each part or why it can't be read.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use decision_gate_attest::bundle::{self, Item};
use decision_gate_attest::issuers::IssuerDirectory;
use decision_gate_attest::rate::Rate;
use decision_gate_attest::vex::VexEvidence;
use decision_gate_attest::vex_trust::Weights;
use decision_gate_config::{ConfigErrors, Loaded};
use decision_gate_core::at::Timestamp;
use decision_gate_core::keys::Keyring;
use decision_gate_core::name::ProviderId;
use serde_json::Value;

use crate::commands::issuers::{IssuersFault, Recorders, Records, directory};
use crate::commands::keys::now;
use crate::configuration::{ConfigurationArguments, Discovery};
use crate::fault::Fault;
use crate::input;

/// As many files of evidence as are looked at.
const MAX_FILES: usize = 1_024;
/// As many folders within one another.
const MAX_DEPTH: usize = 16;

/// What the checks look at.
pub(super) struct Patient {
    pub(super) loaded: Result<Loaded, ConfigErrors>,
    pub(super) keyring: PathBuf,
    pub(super) now: Timestamp,
}

/// The gate on VEX trust as it is in force somewhere.
pub(super) struct VexRules {
    /// Policy, environment and tenant, for people.
    pub(super) place: String,
    options: BTreeMap<String, Value>,
}

/// A VEX document that was found.
pub(super) struct Document {
    pub(super) path: PathBuf,
    pub(super) issuer: Option<String>,
    pub(super) evidence: VexEvidence,
}

impl Patient {
    pub(super) fn new(configuration: &ConfigurationArguments, keyring: &Path) -> Result<Self, Fault> {
        let folder = std::env::current_dir().map_err(Fault::WorkingFolder)?;
        let loaded = configuration.load(Discovery::Project(&folder), Vec::new());
        Ok(Self { loaded, keyring: keyring.to_owned(), now: now() })
    }

    pub(super) fn config_path(&self) -> Option<&Path> {
        self.loaded.as_ref().ok()?.path()
    }

    /// The gate on VEX trust, wherever it is asked.
    pub(super) fn vex_rules(&self) -> Vec<VexRules> {
        let Ok(loaded) = &self.loaded else { return Vec::new() };
        let mut all = Vec::new();
        for policy in loaded.show_policies() {
            let mut places: BTreeMap<(Option<String>, Option<String>), BTreeMap<String, Value>> = BTreeMap::new();
            for option in policy.options {
                if let Some(name) = option.option.strip_prefix("VexTrust.") {
                    let place = places.entry((option.environment, option.tenant)).or_default();
                    place.insert(name.to_owned(), option.value);
                }
            }
            let whole = places.clone();
            for ((environment, tenant), mut options) in places {
                // Of a tenant only what is its own is shown: the rest is that of everybody.
                for (name, value) in whole.get(&(environment.clone(), None)).into_iter().flatten() {
                    options.entry(name.clone()).or_insert_with(|| value.clone());
                }
                let tenant = tenant.map(|it| format!(", tenant `{it}`")).unwrap_or_default();
                let place =
                    format!("policy `{}`, {}{tenant}", policy.name, environment.as_deref().unwrap_or("elsewhere"));
                let rules = VexRules { place, options };
                if rules.is_on() {
                    all.push(rules);
                }
            }
        }
        all
    }

    /// The issuer directory, if one is configured.
    pub(super) fn issuers(&self) -> Option<Result<IssuerDirectory, IssuersFault>> {
        let path = self.loaded.as_ref().ok()?.config().release.issuers.as_ref()?;
        Some(directory(path.as_path()))
    }

    /// The recorded outcomes; empty where none are configured.
    pub(super) fn outcomes(&self) -> Result<Records, IssuersFault> {
        let mut records = Records::default();
        let Ok(loaded) = &self.loaded else { return Ok(records) };
        let release = &loaded.config().release;
        let (Some(path), Some(Ok(issuers))) = (&release.outcomes, self.issuers()) else { return Ok(records) };
        let recorders = |key: &&decision_gate_core::keys::TrustedKey| release.recorder_keys.contains(key.key_id());
        let keys = loaded.keyring().unwrap_or_default();
        let keyring = Keyring::new(keys.iter().filter(recorders).cloned()).unwrap_or_default();
        let recorders = Recorders { keyring: &keyring, directory: &issuers };
        for file in files(path.as_path()) {
            records.take(&file, &recorders)?;
        }
        Ok(records)
    }

    /// Every VEX document in the folders of evidence, with who of the directory signed it.
    pub(super) fn documents(&self) -> Vec<Document> {
        let Ok(loaded) = &self.loaded else { return Vec::new() };
        let issuers = self.issuers().and_then(Result::ok).unwrap_or_default();
        let roots = &loaded.config().release.attestations.roots;
        let paths = roots.iter().flat_map(|root| files(root.path.as_path())).take(MAX_FILES);
        paths.flat_map(|path| self.documents_of(&path, &issuers)).collect()
    }

    fn documents_of(&self, path: &Path, issuers: &IssuerDirectory) -> Vec<Document> {
        let Ok(bytes) = input::read(path, bundle::MAX_BYTES) else { return Vec::new() };
        let document = |evidence: VexEvidence| {
            let issuer = evidence.signers().iter().find_map(|key| issuers.owner(key)).map(|it| it.id.clone());
            Document { path: path.to_owned(), issuer, evidence }
        };
        if let Ok(plain) = VexEvidence::unsigned(&bytes) {
            return vec![document(plain)];
        }
        let Ok(provider) = ProviderId::try_from("release") else { return Vec::new() };
        let signed = bundle::read(&bytes).items.into_iter().filter_map(|(_, item)| match item {
            Item::Envelope(envelope) => issuers.verify(&envelope, self.now, &provider).ok(),
            Item::Sigstore(_) => None,
        });
        signed.map(document).collect()
    }
}

impl VexRules {
    fn is_on(&self) -> bool {
        let mode = self.get("Mode").as_str();
        mode != Some("Off") && (mode.is_some() || self.get("Enabled") == &Value::Bool(true))
    }

    fn get(&self, name: &str) -> &Value {
        self.options.get(name).unwrap_or(&Value::Null)
    }

    pub(super) fn rate(&self, name: &str) -> Option<Rate> {
        Rate::from_number(self.get(name))
    }

    pub(super) fn min_outcomes(&self) -> u64 {
        self.get("MinOutcomes").as_u64().unwrap_or(10)
    }

    /// The weights, whether they are shown as one table or one by one.
    pub(super) fn weights(&self) -> Weights {
        let mut weights = Weights::default();
        let of = |name: &str| {
            let nested = self.get("Weights").get(name).and_then(Value::as_u64);
            let weight = nested.or_else(|| self.get(&format!("Weights.{name}")).as_u64());
            weight.and_then(|it| u32::try_from(it).ok())
        };
        for (name, weight) in [
            ("Signature", &mut weights.signature),
            ("Issuer", &mut weights.issuer),
            ("Accuracy", &mut weights.accuracy),
            ("Freshness", &mut weights.freshness),
            ("Specificity", &mut weights.specificity),
        ] {
            *weight = of(name).unwrap_or(*weight);
        }
        weights
    }
}

/// Every file at or below a path, in order of their names.
pub(super) fn files(path: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    collect(path, MAX_DEPTH, &mut found);
    found
}

fn collect(path: &Path, depth: usize, found: &mut Vec<PathBuf>) {
    if path.is_file() {
        found.push(path.to_owned());
    } else if let (1.., Ok(entries)) = (depth, std::fs::read_dir(path)) {
        let mut below: Vec<PathBuf> = entries.filter_map(Result::ok).map(|it| it.path()).collect();
        below.sort_unstable();
        for path in below {
            if found.len() < MAX_FILES {
                collect(&path, depth - 1, found);
            }
        }
    }
}
