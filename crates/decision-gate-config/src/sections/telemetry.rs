//! `telemetry`: whom metrics and spans of release decisions are told. Off unless one of them is named.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Section;
use crate::key_path::KeyPath;
use crate::values::{Bounded, ConfigPath, text_type};

/// Whom metrics and spans of release decisions are told. Off unless one of them is named.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Telemetry {
    /// An OpenTelemetry collector, such as `http://127.0.0.1:4318`: OTLP over HTTP in its JSON form, to `/v1/metrics`
    /// and `/v1/traces` below it. Plain HTTP only: let a collector on this machine speak TLS.
    pub otlp_endpoint: Option<OtlpEndpoint>,
    /// A text file for Prometheus, such as the node exporter's textfile collector reads.
    pub prometheus_file: Option<ConfigPath>,
    /// How long after a decision it is told, at most.
    pub interval_ms: Bounded<100, 3_600_000, 10_000>,
}

impl Section for Telemetry {
    fn paths<'a>(&'a mut self, at: &KeyPath, paths: &mut Vec<(KeyPath, &'a mut ConfigPath)>) {
        if let Some(path) = &mut self.prometheus_file {
            paths.push((at.key("prometheus_file"), path));
        }
    }
}

text_type! {
    /// The address of a collector.
    OtlpEndpoint, OtlpEndpointFault, check_endpoint, {
        "type": "string",
        "pattern": "^http://[A-Za-z0-9.:\\[\\]_-]+(/[A-Za-z0-9._~/-]*)?$"
    }
}

/// Why a text is not the address of a collector.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not the address of a collector: `http://`, a host, a port and perhaps a path")]
pub struct OtlpEndpointFault(String);

fn check_endpoint(text: &str) -> Result<(), OtlpEndpointFault> {
    let rest = text.strip_prefix("http://").unwrap_or_default();
    let (authority, path) = rest.split_once('/').unwrap_or((rest, ""));
    let plain = |text: &str, more: &str| text.chars().all(|it| it.is_ascii_alphanumeric() || more.contains(it));
    if authority.is_empty() || !plain(authority, ".:[]_-") || !plain(path, "._~/-") {
        return Err(OtlpEndpointFault(text.chars().take(200).collect()));
    }
    Ok(())
}
