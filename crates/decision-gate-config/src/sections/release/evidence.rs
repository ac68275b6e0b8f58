//! Where the evidence about a release lies, and by which names VEX may call its artifact.

use decision_gate_attest::vex::Purl;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::error::Fault;
use crate::key_path::KeyPath;
use crate::sections::Checks;
use crate::sections::providers::{AttestationSettings, JsonRoot, Signers};
use crate::sections::trust::TrustKey;
use crate::values::{Bounded, ConfigPath, text_type};

/// Where attestations about releases lie: DSSE envelopes, `.intoto.jsonl` bundles and VEX documents.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct ReleaseAttestations {
    /// The folders that may be read.
    pub roots: Vec<JsonRoot>,
    /// The most bytes that are read for one release, all files together.
    pub max_bytes: Bounded<1, 67_108_864, 8_388_608>,
    /// The most files that are read for one release.
    pub max_files: Bounded<1, 10_000, 1_024>,
    /// Who must have signed what; a type without a rule may be signed by every key that is trusted for it.
    pub signers: Vec<Signers>,
}

impl ReleaseAttestations {
    pub(super) fn check(&self, checks: &mut Checks) {
        self.settings().check_lists(checks);
    }

    pub(super) fn check_keys(&self, known: &[TrustKey], checks: &mut Checks) {
        self.settings().check_keys(known, checks);
    }

    pub(super) fn paths<'a>(&'a mut self, at: &KeyPath, paths: &mut Vec<(KeyPath, &'a mut ConfigPath)>) {
        let roots = at.key("roots");
        let each = self.roots.iter_mut().enumerate();
        paths.extend(each.map(|(index, root)| (roots.index(index).key("path"), &mut root.path)));
    }

    /// The signer rules as the policy snapshot has them; an empty list where there are none.
    pub fn signer_rules(&self) -> serde_json::Value {
        self.settings().signer_rules()
    }

    /// The lists as the provider `attestation` has them; the rules are the same.
    fn settings(&self) -> AttestationSettings {
        let (roots, signers) = (self.roots.clone(), self.signers.clone());
        AttestationSettings { roots, signers, ..AttestationSettings::default() }
    }
}

/// Package URLs of artifacts, by what is known of them.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SubjectPurls {
    /// How the artifact's SHA-256 begins: `sha256:` and up to 64 hex digits.
    pub digest: Option<DigestPrefix>,
    /// The name that the artifact is handed in under. Whoever asks for a release chooses it.
    pub name: Option<String>,
    /// Its package URLs.
    #[schemars(length(min = 1))]
    pub purls: Vec<PackageUrl>,
}

impl SubjectPurls {
    /// Whether they are those of an artifact of this SHA-256 and name. All that is set must hold.
    pub fn covers(&self, sha256: Option<&str>, name: Option<&str>) -> bool {
        let digest = self.digest.as_ref().is_none_or(|it| sha256.is_some_and(|hex| hex.starts_with(it.hex())));
        let named = self.name.as_deref().is_none_or(|it| name == Some(it));
        digest && named
    }

    pub(super) fn check(&self, checks: &mut Checks) {
        if self.digest.is_none() && self.name.is_none() {
            checks.report(Fault::MissingOneOf { keys: vec!["digest".to_owned(), "name".to_owned()] });
        }
        if self.purls.is_empty() {
            let (expected, found) = ("at least one package URL".to_owned(), "an empty list".to_owned());
            checks.key("purls", |checks| checks.report(Fault::Type { expected, found }));
        }
    }
}

text_type! {
    /// The beginning of a SHA-256.
    DigestPrefix, DigestPrefixFault, check_prefix, { "type": "string", "pattern": "^sha256:[0-9a-f]{1,64}$" }
}

/// Why a text is not the beginning of a digest.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{text}` is not the beginning of a digest: `sha256:` and 1 to 64 of the digits `0-9a-f`")]
pub struct DigestPrefixFault {
    text: String,
}

fn check_prefix(text: &str) -> Result<(), DigestPrefixFault> {
    let hex =
        |hex: &str| (1..=64).contains(&hex.len()) && hex.bytes().all(|it| matches!(it, b'0'..=b'9' | b'a'..=b'f'));
    let good = text.strip_prefix("sha256:").is_some_and(hex);
    if good { Ok(()) } else { Err(DigestPrefixFault { text: crate::tree::cut(text) }) }
}

impl DigestPrefix {
    fn hex(&self) -> &str {
        self.as_str().strip_prefix("sha256:").unwrap_or_default()
    }
}

text_type! {
    /// A package URL, such as `pkg:oci/acme/app`.
    PackageUrl, PackageUrlFault, check_purl, { "type": "string", "pattern": "^pkg:" }
}

/// Why a text is not a package URL.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{text}` is not a package URL, such as `pkg:oci/acme/app@1.0`")]
pub struct PackageUrlFault {
    text: String,
}

fn check_purl(text: &str) -> Result<(), PackageUrlFault> {
    let fault = || PackageUrlFault { text: crate::tree::cut(text) };
    Purl::parse(text).map(|_| ()).ok_or_else(fault)
}

impl PackageUrl {
    /// Read.
    pub fn purl(&self) -> Option<Purl> {
        Purl::parse(self.as_str())
    }
}
