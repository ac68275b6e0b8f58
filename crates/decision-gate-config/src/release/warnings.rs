//! What a policy says that is allowed and worth a second look.

use decision_gate_policy::options::EffectiveGate;
use serde_json::Value;

use super::layers::Written;
use super::{Policies, ReleasePolicyFile, levels};
use crate::config::Config;
use crate::key_path::KeyPath;
use crate::layer::At;
use crate::origin::Origin;
use crate::warning::{Doubt, Prerequisite, Warning};

/// The key of the gate on VEX trust.
const VEX_TRUST: &str = "VexTrust";

/// Thresholds up to this one let everything pass; the gate's rows say so.
const BYPASS: f64 = 0.01;

/// A gate as it stands somewhere.
struct Standing {
    environment: String,
    tenant: Option<String>,
    gate: EffectiveGate,
}

impl Policies {
    /// Everything that is worth a second look. `issuers` is how many the directory has, if there is one that reads.
    pub(crate) fn warnings(&self, config: &Config, issuers: Option<usize>) -> Vec<Warning> {
        let mut warnings = Vec::new();
        for (name, policy) in &self.files {
            let written = self.written.get(name).map(Vec::as_slice).unwrap_or_default();
            categories(written, &mut warnings);
            let standings = vex_trust(policy, config);
            unmet(name, &standings, written, config, issuers, &mut warnings);
            bypasses(&standings, written, &mut warnings);
        }
        warnings
    }
}

/// The gate on VEX trust for every declared environment and tenant.
fn vex_trust(policy: &ReleasePolicyFile, config: &Config) -> Vec<Standing> {
    let mut standings = Vec::new();
    let tenants = config.tenants.list().iter().map(|it| Some(it.name.as_str()));
    for tenant in std::iter::once(None).chain(tenants) {
        for environment in config.environments.names() {
            let gates = policy.document.effective(Some(environment.as_str()), tenant);
            let gate = gates.into_iter().find(|it| it.key == VEX_TRUST);
            standings.extend(gate.map(|gate| Standing {
                environment: environment.to_string(),
                tenant: tenant.map(str::to_owned),
                gate,
            }));
        }
    }
    standings
}

fn unmet(
    name: &str,
    standings: &[Standing],
    written: &[Written],
    config: &Config,
    issuers: Option<usize>,
    warnings: &mut Vec<Warning>,
) {
    let asked: Vec<_> = standings.iter().filter(|it| it.gate.asked).collect();
    let Some(first) = asked.first() else { return };
    let release = &config.release;
    let accuracy = asked.iter().any(|it| it.gate.option("MinAccuracyRate").is_some_and(|it| !it.is_null()));
    let no_outcomes = release.outcomes.is_none() || release.recorder_keys.is_empty();
    let missing = [
        (Prerequisite::Issuers, release.issuers.is_none()),
        (Prerequisite::IssuersListed, release.issuers.is_some() && issuers == Some(0)),
        (Prerequisite::Evidence, release.attestations.roots.is_empty()),
        (Prerequisite::Outcomes, accuracy && no_outcomes),
        (Prerequisite::PackageUrls, release.purls.is_empty()),
    ];
    let switch = ["Enabled", "Mode"].into_iter().filter_map(|key| first.gate.options.iter().find(|it| it.key == key));
    let mut places = switch.map(|it| place(written, &it.origin.key)).filter(|(origin, _)| *origin != Origin::BuiltIn);
    let (origin, key) = places.next().unwrap_or((Origin::BuiltIn, KeyPath::of_keys(["PolicyGates", VEX_TRUST])));
    for (missing, _) in missing.into_iter().filter(|(_, is)| *is) {
        let doubt = Doubt::VexTrustUnmet { policy: name.to_owned(), missing };
        warnings.push(Warning { origin: origin.clone(), key: key.clone(), doubt });
    }
}

fn bypasses(standings: &[Standing], written: &[Written], warnings: &mut Vec<Warning>) {
    let option = |it: &Standing| it.gate.options.iter().find(|it| it.key == "MinCompositeScore").cloned();
    for it in standings {
        let Some(score) = option(it).filter(|score| score.value.as_f64().is_some_and(|it| it <= BYPASS)) else {
            continue;
        };
        // What a tenant has from the environment is said once, for all.
        let of_all = |other: &&Standing| other.tenant.is_none() && other.environment == it.environment;
        let inherited = it.tenant.is_some()
            && standings.iter().find(of_all).and_then(option).is_some_and(|all| all.origin == score.origin);
        if inherited {
            continue;
        }
        let (origin, key) = place(written, &score.origin.key);
        let (value, environment) = (score.value.to_string(), it.environment.clone());
        warnings.push(Warning { origin, key, doubt: Doubt::Bypass { value, environment, tenant: it.tenant.clone() } });
    }
}

fn categories(written: &[Written], warnings: &mut Vec<Warning>) {
    let known = levels::known();
    for it in written {
        let levels = it.document.pointer("/Logging/LogLevel").and_then(Value::as_object);
        let strangers = levels.into_iter().flatten().filter(|(name, _)| !known.iter().any(|(it, _)| it == *name));
        for (category, _) in strangers {
            let path = format!("Logging.LogLevel.{category}");
            let key = KeyPath::of_keys(["Logging", "LogLevel", category]);
            let known = known.iter().map(|(name, _)| name.clone()).collect();
            let doubt = Doubt::LogCategory { category: category.clone(), known };
            warnings.push(Warning { origin: it.origin(&path, At::Key), key, doubt });
        }
    }
}

/// Where the value of an option was last written.
fn place(written: &[Written], path: &str) -> (Origin, KeyPath) {
    match written.iter().rev().find(|it| it.writes(path)) {
        Some(it) => (it.origin(path, At::Value), it.steps(path)),
        None => (Origin::BuiltIn, KeyPath::of_keys(path.split('.'))),
    }
}
