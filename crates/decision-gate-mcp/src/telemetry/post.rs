//! One request to a collector, over plain HTTP: it stands on this machine or within the operator's own network.

use std::time::Duration;

use bytes::Bytes;
use http_body_util::Full;
use hyper::client::conn::http1::handshake;
use hyper::header::{CONTENT_TYPE, HOST, USER_AGENT};
use hyper::{Request, Uri};
use hyper_util::rt::TokioIo;
use serde_json::Value;
use tokio::net::TcpStream;

use super::TelemetryFault;

/// Posts JSON; anything but a success is a fault.
pub(super) async fn json(url: &str, body: &Value, timeout: Duration) -> Result<(), TelemetryFault> {
    let fault = |problem: String| TelemetryFault::Collector { url: url.to_owned(), problem };
    let sent = tokio::time::timeout(timeout, send(url, body.to_string().into())).await;
    let status = sent.map_err(|_| fault("it did not answer in time".to_owned()))?.map_err(fault)?;
    if status.is_success() { Ok(()) } else { Err(fault(format!("it answered {status}"))) }
}

async fn send(url: &str, body: Bytes) -> Result<hyper::StatusCode, String> {
    let uri: Uri = url.parse().map_err(|error| format!("{error}"))?;
    let host = uri.host().ok_or("it names no host")?;
    let port = uri.port_u16().unwrap_or(80);
    let authority = uri.authority().map(ToString::to_string).unwrap_or_default();
    let stream = TcpStream::connect((host.trim_matches(['[', ']']), port)).await.map_err(|error| error.to_string())?;
    let (mut sender, connection) = handshake(TokioIo::new(stream)).await.map_err(|error| error.to_string())?;
    let request = Request::post(uri.path())
        .header(HOST, authority)
        .header(CONTENT_TYPE, "application/json")
        .header(USER_AGENT, concat!("decision-gate/", env!("CARGO_PKG_VERSION")))
        .body(Full::new(body))
        .map_err(|error| error.to_string())?;
    // The connection ends with the sender, which is dropped once the answer is there.
    let (answer, _) = tokio::join!(async move { sender.send_request(request).await }, connection);
    Ok(answer.map_err(|error| error.to_string())?.status())
}
