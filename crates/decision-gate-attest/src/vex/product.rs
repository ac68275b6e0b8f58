//! Products: what a document calls them, and what identifies them.
//!
//! A digest identifies; a package URL names. A name without a version covers every version, as both OpenVEX and
//! CycloneDX have it; qualifiers of the covering name must all be there.

use std::collections::BTreeMap;

use decision_gate_core::evidence::Artifact;
use serde_json::{Value, json};

/// A product or a part of one.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Product {
    /// What its document calls it. It identifies nothing outside.
    pub id: String,
    /// Its package URL.
    pub purl: Option<Purl>,
    /// Algorithm to lower-case hex: `sha256`.
    pub digests: BTreeMap<String, String>,
}

impl Product {
    /// A product with a name in its document.
    pub(super) fn named(id: &str) -> Self {
        Self { id: id.to_owned(), purl: None, digests: BTreeMap::new() }.with_purl(id)
    }

    /// With a package URL, if the text is one.
    pub(super) fn with_purl(mut self, text: &str) -> Self {
        if let Some(purl) = Purl::parse(text) {
            if let Some(hex) = purl.version.as_deref().and_then(|it| it.strip_prefix("sha256:")) {
                self.add_digest("sha256", hex);
            }
            self.purl = self.purl.or(Some(purl));
        }
        self
    }

    /// Takes in a digest under any usual spelling of its algorithm. What is no hex is left out.
    pub(super) fn add_digest(&mut self, algorithm: &str, hex: &str) {
        let plain: String = algorithm.chars().filter(char::is_ascii_alphanumeric).collect();
        let hex = hex.to_ascii_lowercase();
        let length = match plain.to_ascii_lowercase().as_str() {
            "sha256" => ("sha256", 64),
            "sha384" => ("sha384", 96),
            "sha512" => ("sha512", 128),
            _ => return,
        };
        if hex.len() == length.1 && hex.bytes().all(|it| it.is_ascii_hexdigit()) {
            self.digests.entry(length.0.to_owned()).or_insert(hex);
        }
    }

    /// Whether one of its strong digests is the artifact's, and none differs.
    pub fn is_artifact(&self, artifact: &Artifact) -> bool {
        artifact.matches(&Artifact { name: None, digest: self.digests.clone() })
    }

    /// Whether a digest of both is of one algorithm and differs.
    pub fn is_other_than(&self, artifact: &Artifact) -> bool {
        self.digests.iter().any(|(name, hex)| artifact.digest.get(name).is_some_and(|it| it != hex))
    }

    /// Whether it is called so, or its package URL covers this one.
    pub fn covers(&self, name: &str) -> bool {
        self.id == name || self.purl.as_ref().zip(Purl::parse(name)).is_some_and(|(own, asked)| own.covers(&asked))
    }

    /// Without what only its document calls it.
    pub fn normal(&self) -> Value {
        match (&self.purl, self.digests.is_empty()) {
            (None, true) => json!({ "id": self.id }),
            (purl, _) => json!({ "purl": purl.as_ref().map(Purl::to_string), "digests": self.digests }),
        }
    }
}

/// A package URL, taken apart.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Purl {
    /// Type, namespace and name: `oci/app`, decoded, the type in lower case.
    pub path: String,
    /// Decoded.
    pub version: Option<String>,
    /// Decoded, keys in lower case.
    pub qualifiers: BTreeMap<String, String>,
    /// After `#`.
    pub subpath: Option<String>,
}

impl Purl {
    /// Reads `pkg:type/namespace/name@version?qualifiers#subpath`.
    pub fn parse(text: &str) -> Option<Self> {
        let rest = text.strip_prefix("pkg:")?.trim_start_matches('/');
        let (rest, subpath) = rest.split_once('#').map_or((rest, None), |(rest, subpath)| (rest, Some(subpath)));
        let (rest, query) = rest.split_once('?').map_or((rest, ""), |(rest, query)| (rest, query));
        let (path, version) = match rest.rsplit_once('@') {
            // An `@` in the namespace is no version: what follows it has a slash.
            Some((path, version)) if !version.contains('/') && !path.is_empty() => (path, Some(version)),
            _ => (rest, None),
        };
        let (kind, name) = path.trim_end_matches('/').split_once('/')?;
        if kind.is_empty()
            || name.is_empty()
            || !kind.bytes().all(|it| it.is_ascii_alphanumeric() || b".+-".contains(&it))
        {
            return None;
        }
        let mut qualifiers = BTreeMap::new();
        for pair in query.split('&').filter(|it| !it.is_empty()) {
            let (key, value) = pair.split_once('=')?;
            if !value.is_empty() {
                qualifiers.insert(key.to_ascii_lowercase(), decode(value)?);
            }
        }
        Some(Self {
            path: format!("{}/{}", kind.to_ascii_lowercase(), decode(name)?),
            version: version.filter(|it| !it.is_empty()).map(decode).map_or(Some(None), |it| it.map(Some))?,
            qualifiers,
            subpath: subpath.filter(|it| !it.is_empty()).map(decode).map_or(Some(None), |it| it.map(Some))?,
        })
    }

    /// Whether what it names is, or contains, what the other names: the same package, and every version, qualifier
    /// and subpath that it has.
    pub fn covers(&self, other: &Self) -> bool {
        self.path == other.path
            && (self.version.is_none() || self.version == other.version)
            && (self.subpath.is_none() || self.subpath == other.subpath)
            && self.qualifiers.iter().all(|(key, value)| other.qualifiers.get(key) == Some(value))
    }

    /// Whether its path is `prefix`, or goes on below it.
    pub fn is_below(&self, prefix: &str) -> bool {
        let Some(rest) = self.path.strip_prefix(prefix) else { return false };
        rest.is_empty() || prefix.ends_with('/') || rest.starts_with('/')
    }
}

impl std::fmt::Display for Purl {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "pkg:{}", self.path)?;
        if let Some(version) = &self.version {
            write!(f, "@{version}")?;
        }
        for (index, (key, value)) in self.qualifiers.iter().enumerate() {
            write!(f, "{}{key}={value}", if index == 0 { '?' } else { '&' })?;
        }
        self.subpath.iter().try_for_each(|it| write!(f, "#{it}"))
    }
}

/// Percent-decodes. Nothing where an escape is broken or the outcome is no UTF-8.
fn decode(text: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        if byte == b'%' {
            let digit = |byte: u8| char::from(byte).to_digit(16).and_then(|it| u8::try_from(it).ok());
            bytes.push(digit(rest.next()?)? * 16 + digit(rest.next()?)?);
        } else {
            bytes.push(byte);
        }
    }
    String::from_utf8(bytes).ok()
}
