//! What TLS trusts: the public authorities that this build carries, and those of a file. The machine's own store and
//! the environment are not asked, so that the same settings trust the same everywhere.

use std::path::Path;
use std::sync::Arc;

use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::CertificateDer;
use tokio_rustls::rustls::pki_types::pem::PemObject as _;
use tokio_rustls::rustls::{CertificateError, ClientConfig, Error, RootCertStore};

use crate::BuildError;

/// Most bytes of a file of authorities.
const MAX_CA_BYTES: u64 = 4 * 1024 * 1024;

/// A client side that trusts what the settings say.
pub(super) fn config(public_roots: bool, ca_file: Option<&Path>) -> Result<Arc<ClientConfig>, BuildError> {
    let mut roots = RootCertStore::empty();
    if public_roots {
        roots.extend(webpki_roots::TLS_SERVER_ROOTS.iter().cloned());
    }
    if let Some(path) = ca_file {
        for authority in read(path)? {
            roots
                .add(authority)
                .map_err(|_| BuildError::CaFile { path: path.to_owned(), reason: "not_an_authority" })?;
        }
    }
    let mut config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .map_err(|error| BuildError::Tls { reason: error.to_string() })?
        .with_root_certificates(roots)
        .with_no_client_auth();
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(Arc::new(config))
}

fn read(path: &Path) -> Result<Vec<CertificateDer<'static>>, BuildError> {
    let refused = |reason: &'static str| BuildError::CaFile { path: path.to_owned(), reason };
    let known = std::fs::metadata(path).map_err(|_| refused("not_readable"))?;
    if !known.is_file() {
        return Err(refused("not_a_file"));
    }
    if known.len() > MAX_CA_BYTES {
        return Err(refused("too_large"));
    }
    let bytes = std::fs::read(path).map_err(|_| refused("not_readable"))?;
    let authorities: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(&bytes).collect();
    match authorities {
        Ok(authorities) if authorities.is_empty() => Err(refused("no_certificates")),
        Ok(authorities) => Ok(authorities),
        Err(_) => Err(refused("not_pem")),
    }
}

/// The word for what went wrong in a handshake. What the error itself says can show names of the certificate.
pub(super) fn reason(error: &std::io::Error) -> &'static str {
    let error = error.get_ref().and_then(|inner| inner.downcast_ref::<Error>());
    match error {
        Some(Error::InvalidCertificate(error)) => match error {
            CertificateError::Expired | CertificateError::ExpiredContext { .. } => "certificate_expired",
            CertificateError::NotValidYet | CertificateError::NotValidYetContext { .. } => "certificate_not_yet_valid",
            CertificateError::UnknownIssuer => "unknown_authority",
            CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. } => "wrong_name",
            CertificateError::Revoked => "certificate_revoked",
            _ => "certificate_invalid",
        },
        Some(Error::InvalidMessage(_)) => "no_tls",
        _ => "handshake_failed",
    }
}
