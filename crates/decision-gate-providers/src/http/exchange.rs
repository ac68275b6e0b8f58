//! One request and its answer over one connection of its own, to an address that was checked.
//!
//! The body is read as it is sent and no further than the limit; nothing is decompressed. Proxies of the environment
//! are not known here.

use std::net::SocketAddr;
use std::pin::pin;
use std::sync::Arc;

use http_body_util::{BodyExt as _, Empty};
use hyper::body::{Body as _, Bytes, Incoming};
use hyper::header::{self, HeaderMap, HeaderValue};
use hyper::{Request, Response, StatusCode};
use tokio_rustls::rustls::ClientConfig;

use super::connect::{connect, speak};
use super::fault::HttpFault;
use super::url::Target;

/// What a server answered.
#[derive(Debug)]
pub(super) struct Answered {
    pub(super) status: StatusCode,
    pub(super) location: Option<String>,
    pub(super) encoded: bool,
    pub(super) body: Vec<u8>,
}

/// What stands in a request beside its target.
pub(super) struct Ask<'a> {
    pub(super) tls: &'a Arc<ClientConfig>,
    pub(super) user_agent: &'a HeaderValue,
    pub(super) token: Option<HeaderValue>,
    pub(super) max_bytes: usize,
}

impl Ask<'_> {
    /// Asks `target` at one of `addresses`.
    pub(super) async fn send(self, target: &Target, addresses: &[SocketAddr]) -> Result<Answered, HttpFault> {
        let wire = connect(self.tls, target, addresses).await?;
        let max_bytes = self.max_bytes;
        let request = self.request(target)?;
        let (mut sender, connection) = speak(wire).await?;
        let mut connection = pin!(connection);
        let mut answered = pin!(async {
            let response = sender.send_request(request).await.map_err(|_| HttpFault::Protocol)?;
            read(response, max_bytes).await
        });
        tokio::select! {
            biased;
            answered = &mut answered => answered,
            // What it had received is still to be read.
            _ = &mut connection => answered.await,
        }
    }

    fn request(self, target: &Target) -> Result<Request<Empty<Bytes>>, HttpFault> {
        let mut request = Request::get(target.path.as_str())
            .header(header::HOST, target.authority())
            .header(header::ACCEPT, "*/*")
            .header(header::ACCEPT_ENCODING, "identity")
            .header(header::CONNECTION, "close")
            .header(header::USER_AGENT, self.user_agent);
        if let Some(token) = self.token {
            request = request.header(header::AUTHORIZATION, token);
        }
        request.body(Empty::new()).map_err(|_| HttpFault::Protocol)
    }
}

async fn read(response: Response<Incoming>, limit: usize) -> Result<Answered, HttpFault> {
    let (head, mut body) = response.into_parts();
    let announced = body.size_hint().lower();
    if usize::try_from(announced).map_or(true, |announced| announced > limit) {
        return Err(HttpFault::TooLarge { limit });
    }
    let mut bytes = Vec::new();
    while let Some(frame) = body.frame().await {
        let Ok(data) = frame.map_err(|_| HttpFault::Protocol)?.into_data() else { continue };
        if data.len() > limit - bytes.len() {
            return Err(HttpFault::TooLarge { limit });
        }
        bytes.extend_from_slice(&data);
    }
    let location = head.headers.get(header::LOCATION).map(|it| it.to_str().unwrap_or_default().to_owned());
    Ok(Answered { status: head.status, location, encoded: encoded(&head.headers), body: bytes })
}

fn encoded(headers: &HeaderMap) -> bool {
    headers.get_all(header::CONTENT_ENCODING).iter().any(|it| !it.as_bytes().eq_ignore_ascii_case(b"identity"))
}
