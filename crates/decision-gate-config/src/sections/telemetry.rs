//! `telemetry`: whom metrics and spans of release decisions are told. Off unless one of them is named.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::providers::{HeaderName, VariableName};
use super::{Checks, Section};
use crate::error::Fault;
use crate::key_path::KeyPath;
use crate::values::{Bounded, ConfigPath, text_type};

/// Whom metrics and spans of release decisions are told. Off unless one of them is named.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Telemetry {
    /// An OpenTelemetry collector, such as `http://127.0.0.1:4318`: OTLP over HTTP in its JSON form, to `/v1/metrics`
    /// and `/v1/traces` below it. Over `https` its certificate is checked.
    pub otlp_endpoint: Option<OtlpEndpoint>,
    /// Certificates in PEM form of authorities that are trusted for the collector beside the public ones.
    pub otlp_ca_file: Option<ConfigPath>,
    /// Headers for the collector, each with the environment variable that holds its value. Over `https` only.
    pub otlp_header_env: BTreeMap<HeaderName, VariableName>,
    /// A text file for Prometheus, such as the node exporter's textfile collector reads.
    pub prometheus_file: Option<ConfigPath>,
    /// How long after a decision it is told, at most.
    pub interval_ms: Bounded<100, 3_600_000, 10_000>,
}

impl Section for Telemetry {
    fn check(&self, checks: &mut Checks) {
        let set =
            [("otlp_ca_file", self.otlp_ca_file.is_some()), ("otlp_header_env", !self.otlp_header_env.is_empty())];
        for (key, _) in set.into_iter().filter(|(_, is_set)| *is_set) {
            match &self.otlp_endpoint {
                None => checks.report(Fault::MissingOneOf { keys: vec!["otlp_endpoint".to_owned()] }),
                Some(endpoint) if endpoint.as_str().starts_with("http://") => checks.key(key, |checks| {
                    let (this, other) = (key.to_owned(), "otlp_endpoint = \"http://…\"".to_owned());
                    checks.report(Fault::Conflict { this, other });
                }),
                Some(_) => {}
            }
        }
    }

    fn paths<'a>(&'a mut self, at: &KeyPath, paths: &mut Vec<(KeyPath, &'a mut ConfigPath)>) {
        if let Some(path) = &mut self.otlp_ca_file {
            paths.push((at.key("otlp_ca_file"), path));
        }
        if let Some(path) = &mut self.prometheus_file {
            paths.push((at.key("prometheus_file"), path));
        }
    }
}

text_type! {
    /// The address of a collector.
    OtlpEndpoint, OtlpEndpointFault, check_endpoint, {
        "type": "string",
        "pattern": "^https?://[A-Za-z0-9.:\\[\\]_-]+(/[A-Za-z0-9._~/-]*)?$"
    }
}

/// Why a text is not the address of a collector.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not the address of a collector: `http://` or `https://`, a host, a port and perhaps a path")]
pub struct OtlpEndpointFault(String);

fn check_endpoint(text: &str) -> Result<(), OtlpEndpointFault> {
    let rest = text.strip_prefix("https://").or_else(|| text.strip_prefix("http://")).unwrap_or_default();
    let (authority, path) = rest.split_once('/').unwrap_or((rest, ""));
    let plain = |text: &str, more: &str| text.chars().all(|it| it.is_ascii_alphanumeric() || more.contains(it));
    if authority.is_empty() || !plain(authority, ".:[]_-") || !plain(path, "._~/-") {
        return Err(OtlpEndpointFault(text.chars().take(200).collect()));
    }
    Ok(())
}
