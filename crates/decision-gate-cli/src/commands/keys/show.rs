//! `keys show`: one public key with its rules, or alone in the spelling that another tool reads.

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use clap::{Args, ValueEnum};
use decision_gate_core::digest::{self, Digest};
use decision_gate_core::keys::{Algorithm, KeyId, TrustedKey};
use serde_json::json;

use super::{KeyringArguments, KeysFault, file, key_id, now};
use crate::arguments::{Format, ReportArguments};
use crate::commands::Ending;
use crate::fault::Fault;
use crate::output::Output;
use crate::render;

/// Arguments of `keys show`.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct ShowArguments {
    /// Which key.
    #[arg(value_parser = key_id)]
    id: KeyId,
    /// Print the public key alone, in this spelling.
    #[arg(long, value_enum)]
    form: Option<Form>,
    #[command(flatten)]
    keyring: KeyringArguments,
    #[command(flatten)]
    pub(super) report: ReportArguments,
}

/// How a public key is spelled.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub(crate) enum Form {
    /// `SubjectPublicKeyInfo` in PEM.
    Pem,
    /// Base64 of the bytes.
    Base64,
    /// Hexadecimal of the bytes.
    Hex,
    /// JSON Web Key.
    Jwk,
    /// Signed-note key.
    Vkey,
}

const EXAMPLES: &str = "\
Examples:
  decision-gate keys show ci-2026
  decision-gate keys show ci-2026 --form pem > ci-2026.pub.pem";

/// Shows it.
pub(crate) fn run(arguments: &ShowArguments, output: Output) -> Result<Ending, Fault> {
    let path = arguments.keyring.path();
    let keyring = file::read(path)?;
    let missing = || KeysFault::NoKey { key_id: arguments.id.clone(), path: path.to_owned() };
    let key = keyring.get(&arguments.id).ok_or_else(missing)?;
    let spelled = arguments.form.map(|form| spelled(key, form)).transpose()?;
    match (arguments.report.format, spelled) {
        (Format::Text, None) => output.answer(&render::keys::one(key, now(), path))?,
        (Format::Text, Some(spelled)) => output.data(&format!("{}\n", spelled.trim_end()))?,
        (Format::Json, spelled) => output.json(&json!({
            "key": render::keys::json(key, now()),
            "spelled": spelled,
            "keyring": path.display().to_string(),
        }))?,
    }
    Ok(Ending::Yes)
}

fn spelled(key: &TrustedKey, form: Form) -> Result<String, KeysFault> {
    let bytes = key.key().to_bytes();
    match form {
        Form::Pem => Ok(key.key().to_pem()),
        Form::Base64 => Ok(STANDARD.encode(bytes)),
        Form::Hex => Ok(digest::to_hex(&bytes)),
        Form::Jwk => Ok(jwk(key)),
        Form::Vkey => vkey(key, &bytes),
    }
}

fn jwk(key: &TrustedKey) -> String {
    let id = key.key_id();
    let value = match key.key().algorithm() {
        Algorithm::Ed25519 => {
            let x = URL_SAFE_NO_PAD.encode(key.key().to_bytes());
            json!({ "kty": "OKP", "crv": "Ed25519", "x": x, "kid": id, "alg": "EdDSA", "use": "sig" })
        }
        Algorithm::EcdsaP256 => {
            // The uncompressed point stands at the end of it.
            let der = key.key().to_spki_der();
            let (rest, y) = der.split_at(der.len().saturating_sub(32));
            let (_, x) = rest.split_at(rest.len().saturating_sub(32));
            let (x, y) = (URL_SAFE_NO_PAD.encode(x), URL_SAFE_NO_PAD.encode(y));
            json!({ "kty": "EC", "crv": "P-256", "x": x, "y": y, "kid": id, "alg": "ES256", "use": "sig" })
        }
    };
    value.to_string()
}

/// Name, hash and key, with plus signs between them; so there must be none in the name.
fn vkey(key: &TrustedKey, bytes: &[u8]) -> Result<String, KeysFault> {
    let name = key.key_id().as_str();
    if key.key().algorithm() != Algorithm::Ed25519 || name.contains('+') {
        return Err(KeysFault::NoForm { key_id: key.key_id().clone() });
    }
    let body = [&[1], bytes].concat();
    let hash = Digest::of_parts(&[name.as_bytes(), b"\n", &body]);
    let hash: String = hash.to_hex().chars().take(8).collect();
    Ok(format!("{name}+{hash}+{}", STANDARD.encode(body)))
}
