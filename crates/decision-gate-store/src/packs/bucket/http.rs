//! The way to a bucket: hyper over rustls, one connection for each request. The library below speaks S3; it brings no
//! client of its own, so there is no second HTTP stack.

use std::net::IpAddr;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use bytes::{Bytes, BytesMut};
use http_body_util::BodyExt as _;
use hyper::body::Incoming;
use hyper::header::{self, HeaderValue};
use hyper::{Request, Response, Uri};
use hyper_util::rt::TokioIo;
use object_store::ClientOptions;
use object_store::client::{
    HttpClient, HttpConnector, HttpError, HttpErrorKind, HttpRequest, HttpRequestBody, HttpResponse, HttpResponseBody,
    HttpService,
};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_rustls::TlsConnector;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::pem::PemObject as _;
use tokio_rustls::rustls::pki_types::{CertificateDer, ServerName};
use tokio_rustls::rustls::{ClientConfig, RootCertStore};

/// How long a connection may take.
const MAX_CONNECT: Duration = Duration::from_secs(10);
/// How long a request may take, body and answer included.
const MAX_REQUEST: Duration = Duration::from_mins(5);
/// Most bytes of an answer: the largest file of a pack, and some.
const MAX_BODY: usize = 257 << 20;
/// Most bytes of a file of authorities.
const MAX_CA_BYTES: u64 = 4 * 1024 * 1024;

/// Makes clients.
#[derive(Clone, Debug)]
pub(super) struct Connector(Arc<ClientConfig>);

impl Connector {
    /// One that trusts the public authorities, and those of a file.
    pub(super) fn new(ca_file: Option<&Path>) -> Result<Self, String> {
        let mut roots = RootCertStore::empty();
        roots.extend(webpki_roots::TLS_SERVER_ROOTS.iter().cloned());
        if let Some(path) = ca_file {
            let failed = |why: String| format!("the authorities in `{}`: {why}", path.display());
            let known = std::fs::metadata(path).map_err(|error| failed(error.kind().to_string()))?;
            if !known.is_file() || known.len() > MAX_CA_BYTES {
                return Err(failed("not a file, or too large".to_owned()));
            }
            let bytes = std::fs::read(path).map_err(|error| failed(error.kind().to_string()))?;
            for authority in CertificateDer::pem_slice_iter(&bytes) {
                let authority = authority.map_err(|_| failed("not PEM".to_owned()))?;
                roots.add(authority).map_err(|_| failed("one of them is not an authority".to_owned()))?;
            }
        }
        let mut config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_safe_default_protocol_versions()
            .map_err(|error| error.to_string())?
            .with_root_certificates(roots)
            .with_no_client_auth();
        config.alpn_protocols = vec![b"http/1.1".to_vec()];
        Ok(Self(Arc::new(config)))
    }
}

impl HttpConnector for Connector {
    fn connect(&self, _: &ClientOptions) -> object_store::Result<HttpClient> {
        Ok(HttpClient::new(self.clone()))
    }
}

#[async_trait]
impl HttpService for Connector {
    async fn call(&self, request: HttpRequest) -> Result<HttpResponse, HttpError> {
        match timeout(MAX_REQUEST, self.ask(request)).await {
            Ok(answer) => answer,
            Err(error) => Err(HttpError::new(HttpErrorKind::Timeout, error)),
        }
    }
}

/// What HTTP goes over.
trait Wire: AsyncRead + AsyncWrite + Unpin + Send {}
impl<T: AsyncRead + AsyncWrite + Unpin + Send> Wire for T {}

impl Connector {
    async fn ask(&self, request: HttpRequest) -> Result<HttpResponse, HttpError> {
        let (mut parts, body) = request.into_parts();
        let wire = self.wire(&parts.uri).await?;
        let authority = parts.uri.authority().map(ToString::to_string).unwrap_or_default();
        let host = HeaderValue::from_str(&authority).map_err(|error| HttpError::new(HttpErrorKind::Request, error))?;
        parts.headers.insert(header::HOST, host);
        parts.headers.insert(header::CONNECTION, HeaderValue::from_static("close"));
        let path = parts.uri.path_and_query().map_or("/", |it| it.as_str());
        parts.uri = path.parse().map_err(|error| HttpError::new(HttpErrorKind::Request, error))?;
        exchange(wire, Request::from_parts(parts, body)).await
    }

    async fn wire(&self, uri: &Uri) -> Result<Box<dyn Wire>, HttpError> {
        let host = uri.host().unwrap_or_default().trim_start_matches('[').trim_end_matches(']').to_owned();
        let secure = uri.scheme_str() == Some("https");
        let port = uri.port_u16().unwrap_or(if secure { 443 } else { 80 });
        let stream = match host.parse::<IpAddr>() {
            Ok(address) => timeout(MAX_CONNECT, TcpStream::connect((address, port))).await,
            Err(_) => timeout(MAX_CONNECT, TcpStream::connect((host.as_str(), port))).await,
        };
        let stream = stream
            .map_err(|error| HttpError::new(HttpErrorKind::Connect, error))?
            .map_err(|error| HttpError::new(HttpErrorKind::Connect, error))?;
        if !secure {
            return Ok(Box::new(stream));
        }
        let name = ServerName::try_from(host).map_err(|error| HttpError::new(HttpErrorKind::Connect, error))?;
        let stream = TlsConnector::from(Arc::clone(&self.0)).connect(name, stream).await;
        // A certificate that is refused now is refused the next time.
        Ok(Box::new(stream.map_err(|error| HttpError::new(HttpErrorKind::Unknown, error))?))
    }
}

async fn exchange(wire: Box<dyn Wire>, request: Request<HttpRequestBody>) -> Result<HttpResponse, HttpError> {
    let (mut sender, connection) = hyper::client::conn::http1::handshake(TokioIo::new(wire)).await.map_err(broken)?;
    let driven = tokio::spawn(connection);
    let answer = async { read(sender.send_request(request).await.map_err(broken)?).await }.await;
    driven.abort();
    answer
}

async fn read(response: Response<Incoming>) -> Result<HttpResponse, HttpError> {
    let (parts, mut body) = response.into_parts();
    let mut bytes = BytesMut::new();
    while let Some(frame) = body.frame().await {
        let Ok(data) = frame.map_err(broken)?.into_data() else { continue };
        if data.len() > MAX_BODY - bytes.len() {
            let too_large = std::io::Error::other("the answer is too large");
            return Err(HttpError::new(HttpErrorKind::Decode, too_large));
        }
        bytes.extend_from_slice(&data);
    }
    Ok(Response::from_parts(parts, HttpResponseBody::from(Bytes::from(bytes))))
}

/// A connection that broke before its answer was there.
fn broken(error: hyper::Error) -> HttpError {
    HttpError::new(HttpErrorKind::Interrupted, error)
}
