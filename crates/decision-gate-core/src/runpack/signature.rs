//! The signature over a manifest: a DSSE envelope whose payload is the manifest's bytes (`manifest.sig`).
//!
//! With it, and a key that the verifier knows from elsewhere, no byte of a pack can change unnoticed; without it every
//! member of the manifest still follows from the files, and whoever rewrites all of them consistently is not found.

use crate::dsse::{self, Envelope};
use crate::keys::{KeyId, PublicKey, SigningKey};

/// The file that the envelope lies in.
pub(crate) const MANIFEST_SIGNATURE: &str = "manifest.sig";

/// What kind of bytes are signed. A key that is for some predicate types must name this one too.
pub const MANIFEST_TYPE: &str = "application/vnd.decision-gate.runpack-manifest.v1+json";

/// The envelope around a manifest. Its one signature names the key by its fingerprint, so that there is one envelope
/// for a manifest and a key, whatever names the key has.
pub(crate) fn sign(manifest: &[u8], key: &SigningKey) -> Envelope {
    dsse::sign(MANIFEST_TYPE, manifest, key, name(&key.public()).as_ref())
}

/// What the signature of a key is called.
pub(crate) fn name(key: &PublicKey) -> Option<KeyId> {
    KeyId::try_from(key.fingerprint().to_hex().as_str()).ok()
}

/// Whether an envelope has the one form: canonical, and one signature that names `key`.
pub(crate) fn is_by(envelope: &Envelope, key: &PublicKey) -> bool {
    let named = name(key);
    let hints: Vec<_> = envelope.key_hints().collect();
    envelope.is_canonical() && hints == [named.as_ref().map(KeyId::as_str)]
}
