//! Requests to a collector, by the client of the provider `http`: checked certificates over `https`, every look-up
//! checked, no redirect to elsewhere. Where it stands the operator says, so it may be a private address and plain HTTP.

use std::time::Duration;

use decision_gate_config::sections::telemetry as settings;
use decision_gate_providers::http::{Endpoint, EndpointFault, EndpointSettings, Method, Outgoing};
use serde_json::Value;

use super::TelemetryFault;

/// Posts JSON to `path` below the collector's address; anything but a success is a fault.
pub(super) async fn post(
    settings: &settings::Telemetry,
    base: &str,
    path: &str,
    body: &Value,
    timeout: Duration,
) -> Result<(), TelemetryFault> {
    let url = format!("{base}/{path}");
    let fault = |problem: String| TelemetryFault::Collector { url: url.clone(), problem };
    let endpoint = Endpoint::new(&EndpointSettings {
        url: url.clone(),
        allow_http: true,
        allow_private: true,
        bearer_token_env: None,
        header_env: settings
            .otlp_header_env
            .iter()
            .map(|(name, it)| (name.as_str().into(), it.as_str().into()))
            .collect(),
        ca_file: settings.otlp_ca_file.as_ref().map(|it| it.as_path().to_owned()),
        public_roots: true,
    });
    let endpoint = endpoint.map_err(|error| fault(error.to_string()))?;
    let headers = vec![("content-type", "application/json".to_owned())];
    let outgoing = Outgoing { method: Method::Post, headers, body: body.to_string().into_bytes() };
    let sent = tokio::time::timeout(timeout, endpoint.send(&outgoing)).await;
    let reply = sent.map_err(|_| fault("it did not answer in time".to_owned()))?;
    let status = reply.map_err(|error: EndpointFault| fault(error.to_string()))?.status();
    if (200..300).contains(&status) { Ok(()) } else { Err(fault(format!("it answered {status}"))) }
}
