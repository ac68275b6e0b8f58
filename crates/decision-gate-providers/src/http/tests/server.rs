//! A server on this machine that answers with the very bytes that a test says, over TLS or not.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;

use base64::Engine as _;
use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair, date_time_ymd};
use tempfile::TempDir;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio_rustls::rustls::{ServerConfig, ServerConnection, StreamOwned};

/// What comes in and what goes out.
pub(super) trait Wire: Read + Write {}
impl<T: Read + Write> Wire for T {}

/// Answers a request, of which it is given the head.
pub(super) type Script = dyn Fn(&str, &mut dyn Wire) + Send + Sync;

/// A server, up to the end of the test.
pub(super) struct Server {
    pub(super) address: SocketAddr,
    heads: Arc<Mutex<Vec<String>>>,
    folder: TempDir,
}

/// What is wrong with a certificate.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Certificate {
    Good,
    Expired,
    NotYetValid,
}

impl Server {
    /// A server whose certificate is good for `names`.
    pub(super) fn start(names: &[&str], script: impl Fn(&str, &mut dyn Wire) + Send + Sync + 'static) -> Self {
        Self::with(names, Certificate::Good, script)
    }

    pub(super) fn with(
        names: &[&str],
        certificate: Certificate,
        script: impl Fn(&str, &mut dyn Wire) + Send + Sync + 'static,
    ) -> Self {
        let (config, authority) = identity(names, certificate);
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("ca.pem"), pem(&authority)).unwrap();
        Self::listen(folder, Some(config), Arc::new(script))
    }

    /// A server without TLS.
    pub(super) fn plain(script: impl Fn(&str, &mut dyn Wire) + Send + Sync + 'static) -> Self {
        Self::listen(tempfile::tempdir().unwrap(), None, Arc::new(script))
    }

    fn listen(folder: TempDir, tls: Option<Arc<ServerConfig>>, script: Arc<Script>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let heads = Arc::new(Mutex::new(Vec::new()));
        let seen = Arc::clone(&heads);
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let (tls, script, seen) = (tls.clone(), Arc::clone(&script), Arc::clone(&seen));
                thread::spawn(move || serve(stream, tls, &*script, &seen));
            }
        });
        Self { address, heads, folder }
    }

    /// Where its authority stands.
    pub(super) fn ca_file(&self) -> PathBuf {
        self.folder.path().join("ca.pem")
    }

    /// The heads of all requests so far.
    pub(super) fn heads(&self) -> Vec<String> {
        self.heads.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

/// An authority of its own, and a certificate from it.
fn identity(names: &[&str], certificate: Certificate) -> (Arc<ServerConfig>, CertificateDer<'static>) {
    let key = KeyPair::generate().unwrap();
    let mut authority = CertificateParams::new(Vec::new()).unwrap();
    authority.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let root = authority.self_signed(&key).unwrap().der().clone();
    let issuer = Issuer::from_params(&authority, &key);

    let names: Vec<String> = names.iter().map(|&name| name.to_owned()).collect();
    let mut params = CertificateParams::new(names).unwrap();
    match certificate {
        Certificate::Good => {}
        Certificate::Expired => params.not_after = date_time_ymd(2001, 1, 1),
        Certificate::NotYetValid => params.not_before = date_time_ymd(4000, 1, 1),
    }
    let key = KeyPair::generate().unwrap();
    let leaf = params.signed_by(&key, &issuer).unwrap().der().clone();
    let key = PrivateKeyDer::Pkcs8(key.serialize_der().into());
    let config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![leaf], key)
        .unwrap();
    (Arc::new(config), root)
}

fn pem(certificate: &CertificateDer<'_>) -> String {
    let text = base64::engine::general_purpose::STANDARD.encode(certificate);
    format!("-----BEGIN CERTIFICATE-----\n{text}\n-----END CERTIFICATE-----\n")
}

fn serve(stream: TcpStream, tls: Option<Arc<ServerConfig>>, script: &Script, seen: &Mutex<Vec<String>>) {
    let Some(tls) = tls else {
        let mut stream = stream;
        return answer(&mut stream, script, seen);
    };
    let connection = ServerConnection::new(tls).unwrap();
    let mut stream = StreamOwned::new(connection, stream);
    answer(&mut stream, script, seen);
    stream.conn.send_close_notify();
    let _ = stream.flush();
}

fn answer(wire: &mut dyn Wire, script: &Script, seen: &Mutex<Vec<String>>) {
    let mut head = Vec::new();
    let mut byte = [0];
    // A TLS hello is answered like a request.
    while !head.ends_with(b"\r\n\r\n") && head.first() != Some(&0x16) {
        match wire.read(&mut byte) {
            Ok(1) => head.push(byte[0]),
            _ => return,
        }
    }
    let head = String::from_utf8(head).unwrap();
    seen.lock().unwrap_or_else(PoisonError::into_inner).push(head.clone());
    script(&head, wire);
    let _ = wire.flush();
}

/// Writes, and says whether the other side still listens.
pub(super) fn send(wire: &mut dyn Wire, bytes: impl AsRef<[u8]>) -> bool {
    wire.write_all(bytes.as_ref()).and_then(|()| wire.flush()).is_ok()
}

/// Keeps the connection until the other side ends it.
pub(super) fn hold(wire: &mut dyn Wire) {
    let mut byte = [0];
    while matches!(wire.read(&mut byte), Ok(1)) {}
}

/// The path of a request.
pub(super) fn path(head: &str) -> &str {
    head.split(' ').nth(1).unwrap()
}

/// An answer with a body of a length that is told.
pub(super) fn told(status: &str, headers: &str, body: impl AsRef<[u8]>) -> Vec<u8> {
    let body = body.as_ref();
    let mut bytes = format!("HTTP/1.1 {status}\r\ncontent-length: {}\r\n{headers}\r\n", body.len()).into_bytes();
    bytes.extend_from_slice(body);
    bytes
}
