//! One connection to an address that was checked: TCP, TLS where the scheme says so, and HTTP/1.1 over it with bounds on
//! what a head may be.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use hyper::body::Body;
use hyper::client::conn::http1::{self, Connection, SendRequest};
use hyper::header::HeaderValue;
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_rustls::TlsConnector;
use tokio_rustls::rustls::ClientConfig;
use tokio_rustls::rustls::pki_types::ServerName;

use super::fault::HttpFault;
use super::tls;
use super::url::{Scheme, Target};

/// Most bytes of a status line and its headers.
const MAX_HEAD_BYTES: usize = 32 * 1024;
/// Most headers.
const MAX_HEADERS: usize = 100;
/// How long one address is tried.
const MAX_CONNECT: Duration = Duration::from_secs(2);

/// What HTTP goes over.
pub(super) trait Wire: AsyncRead + AsyncWrite + Unpin + Send {}
impl<T: AsyncRead + AsyncWrite + Unpin + Send> Wire for T {}

/// Connects to `target` at one of `addresses`, over TLS where its scheme says so.
pub(super) async fn connect(
    tls: &Arc<ClientConfig>,
    target: &Target,
    addresses: &[SocketAddr],
) -> Result<Box<dyn Wire>, HttpFault> {
    let stream = reach(target, addresses).await?;
    match target.scheme {
        Scheme::Http => Ok(Box::new(stream)),
        Scheme::Https => {
            let host = target.authority();
            let bare = target.host.trim_start_matches('[').trim_end_matches(']').to_owned();
            let name =
                ServerName::try_from(bare).map_err(|_| HttpFault::Tls { host: host.clone(), reason: "wrong_name" })?;
            let stream = TlsConnector::from(Arc::clone(tls)).connect(name, stream).await;
            let stream = stream.map_err(|error| HttpFault::Tls { host, reason: tls::reason(&error) })?;
            Ok(Box::new(stream))
        }
    }
}

async fn reach(target: &Target, addresses: &[SocketAddr]) -> Result<TcpStream, HttpFault> {
    for address in addresses {
        // One address that swallows everything leaves time for the next.
        if let Ok(Ok(stream)) = timeout(MAX_CONNECT, TcpStream::connect(address)).await {
            return Ok(stream);
        }
    }
    Err(HttpFault::Unreachable { host: target.authority() })
}

/// HTTP/1.1 over a wire. Nothing is sent before the connection is driven.
pub(super) async fn speak<B>(
    wire: Box<dyn Wire>,
) -> Result<(SendRequest<B>, Connection<TokioIo<Box<dyn Wire>>, B>), HttpFault>
where
    B: Body + 'static,
    B::Data: Send,
    B::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
{
    let mut client = http1::Builder::new();
    client.max_buf_size(MAX_HEAD_BYTES).max_headers(MAX_HEADERS);
    client.handshake(TokioIo::new(wire)).await.map_err(|_| HttpFault::Protocol)
}

/// What an environment variable holds as the value of a header, which no log shows. It is read anew for each request, so
/// that it can be rotated.
pub(super) fn secret(variable: &str, prefix: &str) -> Option<HeaderValue> {
    let secret = std::env::var(variable).ok()?;
    let secret = secret.trim();
    if secret.is_empty() {
        return None;
    }
    let mut value = HeaderValue::try_from(format!("{prefix}{secret}")).ok()?;
    value.set_sensitive(true);
    Some(value)
}
