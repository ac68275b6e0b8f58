//! From the configuration to the source of releases, and to what they are judged by.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use decision_gate_attest::issuers::{IssuerDirectory, MAX_DIRECTORY_BYTES, read_directory};
use decision_gate_config::Loaded;
use decision_gate_config::sections::release::SubjectPurls;
use decision_gate_config::sections::tenants::Tenants;
use decision_gate_policy::release::{PurlRule, Rules, TenantName};
use decision_gate_providers::{ReleaseRoot, ReleaseSettings, Root};
use decision_gate_runtime::Registered;
use serde::Deserialize as _;

use super::SetupError;
use super::providers::root;

/// The root that records of outcomes come from.
const OUTCOMES: &str = "outcomes";

/// What releases are judged by; nothing where no policy is configured.
pub(super) fn rules(loaded: &Loaded) -> Result<Option<Rules>, SetupError> {
    let (config, policies) = (loaded.config(), loaded.release_policies());
    if policies.is_empty() {
        return Ok(None);
    }
    let release = &config.release;
    // Without tenants of its own a gate decides for nobody in particular.
    let tenants = if config.tenants == Tenants::default() { &[] } else { config.tenants.list() };
    let tenant = |it: &decision_gate_config::sections::tenants::Tenant| TenantName {
        id: it.id,
        name: it.name.as_str().to_owned(),
    };
    let signers = release.attestations.signer_rules();
    let signers = signers.as_array().is_some_and(|it| !it.is_empty()).then(|| {
        decision_gate_attest::evidence::SignerRules::deserialize(&signers)
            .map_err(|error| SetupError::Release { problem: error.to_string() })
    });
    Ok(Some(Rules {
        policies: policies.iter().map(|(name, policy)| (name.clone(), policy.overlays.clone())).collect(),
        environments: config.environments.names().iter().cloned().collect(),
        tenants: tenants.iter().map(tenant).collect(),
        issuers: match &release.issuers {
            None => IssuerDirectory::default(),
            Some(path) => issuers(path.as_path())?,
        },
        recorder_keys: release.recorder_keys.clone(),
        waiver_keys: release.waiver_keys.clone(),
        signers: signers.transpose()?,
        purls: release.purls.iter().map(purls).collect(),
    }))
}

/// The provider of releases; nothing where no policy is configured.
pub(super) fn provider(loaded: &Loaded) -> Result<Option<Registered>, SetupError> {
    if loaded.release_policies().is_empty() {
        return Ok(None);
    }
    let config = loaded.config();
    let attestations = &config.release.attestations;
    let mut roots: Vec<ReleaseRoot> = attestations.roots.iter().map(|it| root(it).into()).collect();
    roots.extend(config.release.outcomes.as_ref().map(|path| outcomes(path.as_path())));
    let settings = ReleaseSettings {
        roots,
        max_bytes: attestations.max_bytes.as_usize(),
        max_files: attestations.max_files.as_usize(),
    };
    let unusable = |error| SetupError::Provider { provider: "release".to_owned(), error };
    let provider = decision_gate_providers::release(settings).map_err(unusable)?;
    let time_limit = Duration::from_millis(config.limits.query_timeout_ms.get());
    Ok(Some(Registered { provider: Arc::clone(&provider), time_limit }))
}

/// A folder of records, or one file of them.
fn outcomes(path: &Path) -> ReleaseRoot {
    let of = |path: &Path| Root {
        root_id: OUTCOMES.to_owned(),
        path: path.to_owned(),
        max_lane: None,
        self_attestable: false,
    };
    match (path.is_file(), path.parent(), path.file_name()) {
        (true, Some(folder), Some(name)) => {
            ReleaseRoot { root: of(folder), only: Some(name.to_string_lossy().into_owned()) }
        }
        _ => of(path).into(),
    }
}

fn issuers(path: &Path) -> Result<IssuerDirectory, SetupError> {
    let problem = |problem: String| SetupError::Issuers { path: path.to_owned(), problem };
    let known = std::fs::metadata(path).map_err(|error| problem(error.to_string()))?;
    // Opening a pipe would wait for its writer.
    if !known.is_file() {
        return Err(problem("it is not a regular file".to_owned()));
    }
    if known.len() > u64::try_from(MAX_DIRECTORY_BYTES).unwrap_or(u64::MAX) {
        return Err(problem(format!("it has more than {MAX_DIRECTORY_BYTES} bytes")));
    }
    let bytes = std::fs::read(path).map_err(|error| problem(error.to_string()))?;
    read_directory(&bytes).map_err(|fault| problem(fault.to_string()))
}

fn purls(it: &SubjectPurls) -> PurlRule {
    let prefix = it.digest.as_ref().and_then(|digest| digest.as_str().strip_prefix("sha256:"));
    PurlRule {
        sha256: prefix.map(str::to_owned),
        name: it.name.clone(),
        purls: it.purls.iter().map(|purl| purl.as_str().to_owned()).collect(),
    }
}
