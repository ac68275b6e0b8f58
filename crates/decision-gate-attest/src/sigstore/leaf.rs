//! Whether a signature fits the key that came with it. Anybody can make such a pair, so this verifies nothing.

use std::num::NonZeroUsize;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use decision_gate_core::dsse::{self, Envelope};
use decision_gate_core::keys::{KeyId, PublicKey, TrustedKey};

use super::der;
use super::{Content, Material, SigstoreBundle};

/// How a signature stands to the key that came with it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LeafSignature {
    /// It was made with that key. Whose key that is, nobody checked.
    Fits,
    /// It was not.
    DoesNotFit,
    /// No key came with it, or none that is read here.
    NoKey,
    /// It is over a file that was not given.
    NoFile,
}

/// One answer for each signature of the bundle; `file` is what it is over, if it holds no envelope.
pub fn leaf_signatures(bundle: &SigstoreBundle, file: Option<&[u8]>) -> Vec<LeafSignature> {
    let key = match bundle.material() {
        Material::Certificate { der } => certificate_key(der),
        Material::PublicKey { .. } => None,
    };
    match (bundle.content(), key, file) {
        (Content::Dsse { single, .. }, Some(key), _) => single.iter().map(|it| of_envelope(it, &key)).collect(),
        (Content::Dsse { single, .. }, None, _) => vec![LeafSignature::NoKey; single.len()],
        (Content::Message(_), None, _) => vec![LeafSignature::NoKey],
        (Content::Message(_), Some(_), None) => vec![LeafSignature::NoFile],
        (Content::Message(message), Some(key), Some(file)) => {
            let fits = key.verify(file, &message.signature).is_ok();
            vec![if fits { LeafSignature::Fits } else { LeafSignature::DoesNotFit }]
        }
    }
}

/// The same for an envelope and a key that came with it.
pub fn of_envelope(envelope: &Envelope, key: &PublicKey) -> LeafSignature {
    // The id is only there because a trusted key has one: it is compared with hints, which decide nothing.
    let Ok(id) = KeyId::try_from("leaf") else { return LeafSignature::NoKey };
    let key = TrustedKey::new(id, key.clone());
    // What was verified is dropped: with this key it counts for nothing.
    match dsse::verify(envelope, [&key], NonZeroUsize::MIN) {
        Ok(_) => LeafSignature::Fits,
        Err(_) => LeafSignature::DoesNotFit,
    }
}

/// The key of a certificate in DER, if it is one that is read here.
pub fn certificate_key(certificate: &[u8]) -> Option<PublicKey> {
    PublicKey::read(der::public_key_of(certificate)?).ok()
}

/// The key of a certificate in PEM, as some tools put it beside a signature.
pub fn certificate_key_of_pem(pem: &str) -> Option<PublicKey> {
    let body = pem.trim().strip_prefix("-----BEGIN CERTIFICATE-----")?;
    let body: String = body.split_once("-----END CERTIFICATE-----")?.0.split_ascii_whitespace().collect();
    certificate_key(&STANDARD.decode(body).ok()?)
}
