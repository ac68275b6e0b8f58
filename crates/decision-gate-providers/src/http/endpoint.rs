//! One address that somebody speaks a protocol of their own with, under the rules of this provider: `https` unless plain
//! `http` is opened, public addresses unless private ones are, every look-up checked, and the connection made to what
//! was checked. A redirect is followed within the same scheme, host and port, and only where it keeps the request as it
//! is, so that neither the request nor its token ever goes anywhere else.

use std::path::PathBuf;
use std::sync::Arc;

use http_body_util::{BodyExt as _, Full};
use hyper::body::{Body as _, Bytes, Incoming};
use hyper::header::{self, HeaderMap, HeaderName, HeaderValue};
use hyper::{Request, Response, StatusCode};
use tokio::task::AbortHandle;
use tokio_rustls::rustls::ClientConfig;

use super::HttpSettings;
use super::connect::{connect, secret, speak};
use super::fault::HttpFault;
use super::resolve::{Resolve, SystemNames, resolve};
use super::tls;
use super::url::{Scheme, Target, UrlFault};
use crate::BuildError;
use crate::error::bounded;
use crate::refusal::Refusal as _;

/// Most redirects within the same address.
const MAX_REDIRECTS: usize = 3;

/// Settings of an address.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct EndpointSettings {
    /// Where it is.
    pub url: String,
    /// Whether it may be asked over plain `http`.
    pub allow_http: bool,
    /// Whether its name may lead to a loopback or private address.
    pub allow_private: bool,
    /// The environment variable with a bearer token for it.
    pub bearer_token_env: Option<String>,
    /// Names of headers and the environment variables with their values.
    pub header_env: Vec<(String, String)>,
    /// Certificates in PEM form of authorities that are trusted beside the public ones.
    pub ca_file: Option<PathBuf>,
    /// Whether the public authorities that this build carries are trusted.
    pub public_roots: bool,
}

/// An address that was checked.
#[derive(Debug)]
pub struct Endpoint {
    target: Target,
    allow_private: bool,
    bearer_token_env: Option<String>,
    header_env: Vec<(HeaderName, String)>,
    names: Arc<dyn Resolve>,
    tls: Arc<ClientConfig>,
}

/// What is done at an address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Method {
    /// Something is handed in.
    Post,
    /// Something is read.
    Get,
    /// Something is ended.
    Delete,
}

/// A request.
#[derive(Clone, Debug)]
pub struct Outgoing {
    /// What is done.
    pub method: Method,
    /// Headers beside those that every request has.
    pub headers: Vec<(&'static str, String)>,
    /// What is handed in.
    pub body: Vec<u8>,
}

/// An answer, whose body is still to be read. Dropping it ends the connection.
#[derive(Debug)]
pub struct Reply {
    status: u16,
    headers: HeaderMap,
    body: Incoming,
    _driver: Driver,
}

/// Drives a connection until it is dropped.
#[derive(Debug)]
struct Driver(AbortHandle);

impl Drop for Driver {
    fn drop(&mut self) {
        self.0.abort();
    }
}

/// Why there is no answer. It knows neither what was sent nor what came.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum EndpointFault {
    /// No connection that may be used, for the reason of this code.
    #[error("there is no connection: `{reason}`")]
    Unreachable {
        /// A code of the provider `http`.
        reason: &'static str,
    },
    /// It answers no HTTP/1.1, or breaks off.
    #[error("it answers no http/1.1, or breaks off")]
    Broken,
}

impl Endpoint {
    /// The address of these settings. Nothing is looked up and nobody is asked.
    ///
    /// # Errors
    /// An address that can't be asked, authorities that can't be read, or a header that is none.
    pub fn new(settings: &EndpointSettings) -> Result<Self, BuildError> {
        Self::with_names(settings, Arc::new(SystemNames::default()))
    }

    pub(super) fn with_names(settings: &EndpointSettings, names: Arc<dyn Resolve>) -> Result<Self, BuildError> {
        let refused = |fault: UrlFault| BuildError::Url { reason: fault.to_string() };
        let target = Target::parse(&settings.url).map_err(refused)?;
        if target.scheme == Scheme::Http && !settings.allow_http {
            return Err(BuildError::Url { reason: "plain `http` is not allowed for it".to_owned() });
        }
        let secrets = settings.bearer_token_env.is_some() || !settings.header_env.is_empty();
        if target.scheme == Scheme::Http && secrets {
            return Err(BuildError::Url { reason: "a secret would go over plain `http`".to_owned() });
        }
        let header = |(name, variable): &(String, String)| match HeaderName::try_from(name.as_str()) {
            Ok(name) if !is_own(&name) => Ok((name, variable.clone())),
            _ => Err(BuildError::HeaderName { name: bounded(name) }),
        };
        Ok(Self {
            target,
            allow_private: settings.allow_private,
            bearer_token_env: settings.bearer_token_env.clone(),
            header_env: settings.header_env.iter().map(header).collect::<Result<_, _>>()?,
            names,
            tls: tls::config(settings.public_roots, settings.ca_file.as_deref())?,
        })
    }

    /// Sends a request and reads the head of its answer.
    ///
    /// # Errors
    /// [`EndpointFault`] when there is no answer.
    pub async fn send(&self, outgoing: &Outgoing) -> Result<Reply, EndpointFault> {
        let mut target = self.target.clone();
        for _ in 0..=MAX_REDIRECTS {
            let reply = self.exchange(&target, outgoing).await?;
            let kept = [StatusCode::TEMPORARY_REDIRECT, StatusCode::PERMANENT_REDIRECT];
            if !(300..400).contains(&reply.status) || reply.status == StatusCode::NOT_MODIFIED.as_u16() {
                return Ok(reply);
            }
            let there = reply.header(header::LOCATION.as_str()).and_then(|location| target.follow(location).ok());
            let same = |it: &Target| it.scheme == target.scheme && it.host == target.host && it.port == target.port;
            let same = there.filter(|there| same(there) && kept.iter().any(|it| it.as_u16() == reply.status));
            target = same.ok_or(EndpointFault::Unreachable { reason: "http_redirect_refused" })?;
        }
        Err(EndpointFault::Unreachable { reason: "http_too_many_redirects" })
    }

    async fn exchange(&self, target: &Target, outgoing: &Outgoing) -> Result<Reply, EndpointFault> {
        let request = self.request(target, outgoing)?;
        let addresses = resolve(&*self.names, target, self.allow_private).await?;
        let wire = connect(&self.tls, target, &addresses).await?;
        let (mut sender, connection) = speak(wire).await?;
        let driver = Driver(tokio::spawn(connection).abort_handle());
        let response: Response<Incoming> = sender.send_request(request).await.map_err(|_| EndpointFault::Broken)?;
        let (head, body) = response.into_parts();
        Ok(Reply { status: head.status.as_u16(), headers: head.headers, body, _driver: driver })
    }

    fn request(&self, target: &Target, outgoing: &Outgoing) -> Result<Request<Full<Bytes>>, EndpointFault> {
        let method = match outgoing.method {
            Method::Post => hyper::Method::POST,
            Method::Get => hyper::Method::GET,
            Method::Delete => hyper::Method::DELETE,
        };
        let mut request = Request::builder()
            .method(method)
            .uri(target.path.as_str())
            .header(header::HOST, target.authority())
            .header(header::ACCEPT_ENCODING, "identity")
            .header(header::CONNECTION, "close")
            .header(header::USER_AGENT, HttpSettings::DEFAULT_USER_AGENT);
        for (name, value) in &outgoing.headers {
            request = request.header(*name, value.as_str());
        }
        let missing = || EndpointFault::Unreachable { reason: "http_token_missing" };
        if let Some(variable) = &self.bearer_token_env {
            request = request.header(header::AUTHORIZATION, secret(variable, "Bearer ").ok_or_else(missing)?);
        }
        for (name, variable) in &self.header_env {
            request = request.header(name, secret(variable, "").ok_or_else(missing)?);
        }
        request.body(Full::from(outgoing.body.clone())).map_err(|_| EndpointFault::Broken)
    }
}

/// Headers that this side sets itself, or that say how long the message is.
fn is_own(name: &HeaderName) -> bool {
    let own = [
        header::HOST,
        header::ACCEPT,
        header::ACCEPT_ENCODING,
        header::CONNECTION,
        header::CONTENT_LENGTH,
        header::CONTENT_TYPE,
        header::TRANSFER_ENCODING,
        header::USER_AGENT,
    ];
    own.contains(name) || name.as_str().starts_with("mcp-") || name == "last-event-id"
}

impl Reply {
    /// Its status.
    pub fn status(&self) -> u16 {
        self.status
    }

    /// A header, if it is there as text.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(HeaderValue::to_str)?.ok()
    }

    /// How many bytes the body has, where that is told.
    pub fn announced(&self) -> Option<u64> {
        self.body.size_hint().exact()
    }

    /// The next bytes of the body; nothing at its end.
    ///
    /// # Errors
    /// [`EndpointFault::Broken`] when it breaks off.
    pub async fn chunk(&mut self) -> Result<Option<Bytes>, EndpointFault> {
        loop {
            let Some(frame) = self.body.frame().await else { return Ok(None) };
            match frame.map_err(|_| EndpointFault::Broken)?.into_data() {
                Ok(bytes) => return Ok(Some(bytes)),
                Err(_trailers) => {}
            }
        }
    }
}

impl From<HttpFault> for EndpointFault {
    fn from(fault: HttpFault) -> Self {
        match fault {
            HttpFault::Protocol => Self::Broken,
            other => Self::Unreachable { reason: other.code() },
        }
    }
}
