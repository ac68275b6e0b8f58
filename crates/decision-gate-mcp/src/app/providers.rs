//! From configured to running providers.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use decision_gate_config::sections::anchors::KnownAnchor;
use decision_gate_config::sections::providers::{
    BuiltinSettings, HttpSettings as HttpConfig, JsonRoot, McpSettings, Provider as Setting, ReportPath,
    ReportSource as ReportSourceConfig,
};
use decision_gate_config::{Bounded, Config, Loaded};
use decision_gate_providers::{
    AttestationSettings, EnvSettings, HttpHost, HttpSettings, JsonSettings, ReportSettings, ReportSource, Root,
    TimeSettings,
};
use decision_gate_runtime::{Provider, ProviderSet, Registered};

use super::SetupError;
use crate::federation::{FederatedProvider, Texts};

pub(super) fn build(loaded: &Loaded, base: &Path) -> Result<ProviderSet, SetupError> {
    each(loaded, base).into_iter().collect()
}

/// Every configured provider, or why it can't be built. `base` is the folder of the configuration.
pub(super) fn each(loaded: &Loaded, base: &Path) -> Vec<Result<Registered, SetupError>> {
    let config = loaded.config();
    let registered = |setting: Setting| {
        let time_limit = Duration::from_millis(setting.query_timeout_ms(&config.limits));
        let provider = build_one(config, &setting, base, time_limit)?;
        Ok(Registered { provider, time_limit })
    };
    let release = super::release::provider(loaded).transpose();
    config.providers.effective().into_iter().map(registered).chain(release).collect()
}

fn federated(
    config: &Config,
    setting: &Setting,
    settings: &McpSettings,
    base: &Path,
    time_limit: Duration,
) -> Result<Arc<dyn Provider>, SetupError> {
    let evidence = &config.evidence;
    let shown = evidence.allow_raw_values && (setting.allow_raw || !evidence.require_provider_opt_in);
    let texts = if shown { Texts::Shown } else { Texts::Withheld };
    match FederatedProvider::new(setting, settings, base, time_limit, texts) {
        Ok(provider) => Ok(Arc::new(provider)),
        Err(error) => Err(SetupError::Federation { provider: setting.name.to_string(), error }),
    }
}

fn build_one(
    config: &Config,
    setting: &Setting,
    base: &Path,
    time_limit: Duration,
) -> Result<Arc<dyn Provider>, SetupError> {
    let bytes = |count: u64| usize::try_from(count).unwrap_or(usize::MAX);
    let built = match &setting.config {
        BuiltinSettings::Mcp(settings) => return federated(config, setting, settings, base, time_limit),
        BuiltinSettings::Time(time) => {
            decision_gate_providers::time(TimeSettings { allow_logical: time.allow_logical })
        }
        BuiltinSettings::Env(env) => decision_gate_providers::env(EnvSettings {
            allow: env.allow.iter().map(|name| name.as_str().to_owned()).collect(),
            max_value_bytes: bytes(env.max_value_bytes.get()),
            max_key_bytes: bytes(env.max_key_bytes.get()),
            overrides: env
                .overrides
                .as_ref()
                .map(|all| all.iter().map(|(name, value)| (name.as_str().to_owned(), value.clone())).collect()),
            max_lane: setting.max_lane,
        }),
        BuiltinSettings::Attestation(settings) => decision_gate_providers::attestation(AttestationSettings {
            roots: settings.roots.iter().map(root).collect(),
            max_bytes: settings.max_bytes.as_usize(),
            max_files: settings.max_files.as_usize(),
        }),
        BuiltinSettings::Http(http) => decision_gate_providers::http(&http_settings(http, setting)),
        BuiltinSettings::Json(json) => decision_gate_providers::json(JsonSettings {
            roots: json.effective_roots().iter().map(root).collect(),
            max_bytes: bytes(json.max_bytes.get()),
            allow_yaml: json.allow_yaml,
        }),
        BuiltinSettings::Report(settings) => decision_gate_providers::report(ReportSettings {
            roots: settings.roots.iter().map(root).collect(),
            max_bytes: settings.max_bytes.as_usize(),
            max_files: settings.max_files.as_usize(),
            sources: settings.sources.by_kind().map(|(kind, source)| (kind, report_source(source))).collect(),
        }),
    };
    built.map_err(|error| SetupError::Provider { provider: setting.name.to_string(), error })
}

pub(super) fn root(root: &JsonRoot) -> Root {
    Root {
        root_id: root.root_id.as_str().to_owned(),
        path: root.path.as_path().to_path_buf(),
        max_lane: root.max_lane,
        self_attestable: root.self_attestable,
    }
}

fn report_source(source: &ReportSourceConfig) -> ReportSource {
    let place = source.place();
    let text = |path: ReportPath| path.as_str().to_owned();
    ReportSource {
        file: place.file.map(text),
        files: place.files.map(|files| files.into_iter().map(text).collect()),
        glob: place.glob.map(text),
        at_least: place.at_least.map(Bounded::as_usize),
        format: place.format,
        root: place.root.map(|it| it.as_str().to_owned()),
    }
}

fn http_settings(http: &HttpConfig, setting: &Setting) -> HttpSettings {
    let user_agent = http.user_agent.as_ref().map(|it| it.as_str().to_owned());
    HttpSettings {
        hosts: http
            .effective_hosts()
            .into_iter()
            .map(|host| HttpHost {
                host: host.host.as_str().to_owned(),
                allow_http: host.allow_http,
                allow_private: host.allow_private,
                bearer_token_env: host.bearer_token_env.map(|name| name.as_str().to_owned()),
            })
            .collect(),
        timeout: Duration::from_millis(http.timeout_ms.get()),
        max_response_bytes: http.max_response_bytes.as_usize(),
        max_redirects: http.max_redirects.as_usize(),
        user_agent: user_agent.unwrap_or_else(|| HttpSettings::DEFAULT_USER_AGENT.to_owned()),
        ca_file: http.ca_file.as_ref().map(|path| path.as_path().to_path_buf()),
        public_roots: http.public_roots,
        max_lane: setting.max_lane,
    }
}

/// The anchors that the configured providers bring, for checking the anchor policy.
pub(super) fn known_anchors(providers: &ProviderSet) -> Vec<KnownAnchor> {
    let mut known = Vec::new();
    for (id, registered) in providers.iter() {
        for check in &registered.provider.contract().checks {
            for anchor in &check.anchor_types {
                known.push(KnownAnchor {
                    provider: id.clone(),
                    anchor_type: anchor.anchor_type.clone(),
                    fields: anchor.fields.clone(),
                });
            }
        }
    }
    known
}
