//! Reading bundles: versions 0.1 to 0.3, and the attestations of PEP 740, which hold the same in other words.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use decision_gate_core::dsse::{Envelope, MAX_ENVELOPE_BYTES};
use decision_gate_core::intoto::PAYLOAD_TYPE;
use decision_gate_core::json::{self, Limits};
use serde_json::{Value, json};

use super::error::BundleError;
use super::{Content, Material, MessageSignature, SigstoreBundle};

/// Media types begin with this in all versions.
const MEDIA_TYPE: &str = "application/vnd.dev.sigstore.bundle";
/// What follows it.
const VERSIONS: [&str; 5] = ["+json;version=0.1", "+json;version=0.2", "+json;version=0.3", ".v0.3", ".v0.3+json"];

impl SigstoreBundle {
    /// Reads a bundle. Members that are not used are ignored.
    ///
    /// # Errors
    /// [`BundleError`].
    pub fn parse(bytes: &[u8]) -> Result<Self, BundleError> {
        let parsed = json::parse(bytes, &Limits::evidence(MAX_ENVELOPE_BYTES)).map_err(BundleError::Json)?;
        Self::from_value(&parsed.value)
    }

    /// Reads a bundle that is a part of a larger document, or an attestation of PEP 740.
    ///
    /// # Errors
    /// [`BundleError`].
    pub fn from_value(value: &Value) -> Result<Self, BundleError> {
        if is_pep740(value) {
            return pep740(value);
        }
        let media_type = text(value, "/mediaType")?;
        if !media_type.strip_prefix(MEDIA_TYPE).is_some_and(|version| VERSIONS.contains(&version)) {
            return Err(BundleError::MediaType { found: media_type.chars().take(128).collect() });
        }
        Ok(Self { material: material(value)?, content: content(value)? })
    }

    /// Whether a value has the looks of a bundle.
    pub(crate) fn is_bundle(value: &Value) -> bool {
        value.get("verificationMaterial").is_some() || is_pep740(value)
    }
}

fn is_pep740(value: &Value) -> bool {
    value.get("verification_material").is_some() && value.get("envelope").is_some()
}

/// A PEP 740 attestation is a bundle with a certificate and an envelope around a statement.
fn pep740(value: &Value) -> Result<SigstoreBundle, BundleError> {
    let der = bytes(value, "/verification_material/certificate")?;
    let envelope = json!({
        "payloadType": PAYLOAD_TYPE,
        "payload": text(value, "/envelope/statement")?,
        "signatures": [{ "sig": text(value, "/envelope/signature")? }],
    });
    let envelope = Envelope::from_value(&envelope)?;
    let content = Content::Dsse { single: vec![envelope.clone()], envelope };
    Ok(SigstoreBundle { material: Material::Certificate { der }, content })
}

fn material(value: &Value) -> Result<Material, BundleError> {
    const CERTIFICATE: &str = "/verificationMaterial/certificate/rawBytes";
    const CHAIN: &str = "/verificationMaterial/x509CertificateChain/certificates/0/rawBytes";
    let there = |pointer: &str| value.pointer(pointer).is_some_and(|it| !it.is_null());
    let certificate = [CERTIFICATE, CHAIN].into_iter().find(|pointer| there(pointer));
    match (certificate, value.pointer("/verificationMaterial/publicKey").filter(|it| !it.is_null())) {
        (Some(pointer), None) => Ok(Material::Certificate { der: bytes(value, pointer)? }),
        (None, Some(Value::Object(key))) => {
            Ok(Material::PublicKey { hint: key.get("hint").and_then(Value::as_str).map(str::to_owned) })
        }
        _ => Err(BundleError::Member { pointer: "/verificationMaterial", expected: "a public key or a certificate" }),
    }
}

fn content(value: &Value) -> Result<Content, BundleError> {
    let part = |name: &str| value.get(name).filter(|it| !it.is_null());
    match (part("dsseEnvelope"), part("messageSignature")) {
        (Some(dsse), None) => {
            let envelope = Envelope::from_value(dsse)?;
            let signatures = dsse.get("signatures").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
            let alone = |signature: &Value| {
                let mut single = dsse.clone();
                if let Some(signatures) = single.get_mut("signatures") {
                    *signatures = json!([signature]);
                }
                Envelope::from_value(&single)
            };
            let single = signatures.iter().map(alone).collect::<Result<_, _>>()?;
            Ok(Content::Dsse { envelope, single })
        }
        (None, Some(message)) => {
            let signature = bytes(value, "/messageSignature/signature")?;
            let digest = message.get("messageDigest").filter(|it| !it.is_null());
            let digest = digest.map(|_| {
                let algorithm = text(value, "/messageSignature/messageDigest/algorithm")?.to_owned();
                Ok::<_, BundleError>((algorithm, bytes(value, "/messageSignature/messageDigest/digest")?))
            });
            Ok(Content::Message(MessageSignature { digest: digest.transpose()?, signature }))
        }
        _ => Err(BundleError::Member { pointer: "", expected: "one of `dsseEnvelope` and `messageSignature`" }),
    }
}

fn text<'a>(value: &'a Value, pointer: &'static str) -> Result<&'a str, BundleError> {
    let text = value.pointer(pointer).and_then(Value::as_str);
    text.ok_or(BundleError::Member { pointer, expected: "a string" })
}

fn bytes(value: &Value, pointer: &'static str) -> Result<Vec<u8>, BundleError> {
    STANDARD.decode(text(value, pointer)?).map_err(|_| BundleError::Base64 { pointer })
}
