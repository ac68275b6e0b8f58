//! The artifact that a decision is about: one or more sets of digests (DESIGN section 5, "Subject").

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::digest::Digest;

/// Digest algorithms that may identify an artifact on their own.
const STRONG: [(&str, usize); 3] = [("sha256", 64), ("sha384", 96), ("sha512", 128)];

/// One or more artifacts; all must match.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(try_from = "Vec<Artifact>", into = "Vec<Artifact>")]
#[schemars(with = "Vec<Artifact>")]
pub struct Subject(Vec<Artifact>);

/// One artifact.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Artifact {
    /// For people.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Algorithm to lower-case hex: `{"sha256": "…"}`.
    pub digest: BTreeMap<String, String>,
}

/// Why digests do not identify an artifact.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SubjectError {
    /// No artifact.
    #[error("a subject names at least one artifact")]
    Empty,
    /// No strong digest.
    #[error("an artifact needs at least one of sha256, sha384, sha512")]
    Weak,
    /// Not lower-case hex of the right length.
    #[error("`{algorithm}` must be lower-case hexadecimal of its length")]
    Hex {
        /// Which digest.
        algorithm: String,
    },
}

impl Subject {
    /// One artifact that is known by its SHA-256.
    pub fn of_digest(name: &str, digest: Digest) -> Self {
        Self(vec![Artifact { name: Some(name.to_owned()), digest: [("sha256".to_owned(), digest.to_hex())].into() }])
    }

    /// Whether it names the artifact of this SHA-256 and no other: [`Subject::matches`] with one of
    /// [`Subject::of_digest`].
    pub fn is_of(&self, digest: Digest) -> bool {
        let hex = digest.to_hex();
        self.0.iter().all(|artifact| artifact.digest.get("sha256") == Some(&hex))
    }

    /// The artifacts, at least one.
    pub fn artifacts(&self) -> &[Artifact] {
        &self.0
    }

    /// Whether both name the same artifacts: each matches one of the other's.
    pub fn matches(&self, other: &Self) -> bool {
        let known = |artifact: &Artifact| self.0.iter().any(|it| it.matches(artifact));
        let named = |artifact: &Artifact| other.0.iter().any(|it| it.matches(artifact));
        other.0.iter().all(known) && self.0.iter().all(named)
    }
}

impl Artifact {
    /// Whether one strong digest is equal and no shared algorithm differs.
    pub fn matches(&self, other: &Self) -> bool {
        let shared = || self.digest.iter().filter_map(|(name, hex)| other.digest.get(name).map(|it| (name, it == hex)));
        shared().all(|(_, equal)| equal) && shared().any(|(name, _)| STRONG.iter().any(|(strong, _)| strong == name))
    }
}

impl TryFrom<Vec<Artifact>> for Subject {
    type Error = SubjectError;

    fn try_from(artifacts: Vec<Artifact>) -> Result<Self, SubjectError> {
        if artifacts.is_empty() {
            return Err(SubjectError::Empty);
        }
        artifacts.iter().try_for_each(check)?;
        Ok(Self(artifacts))
    }
}

impl From<Subject> for Vec<Artifact> {
    fn from(subject: Subject) -> Self {
        subject.0
    }
}

fn check(artifact: &Artifact) -> Result<(), SubjectError> {
    let mut strong = false;
    for (algorithm, text) in &artifact.digest {
        let length = STRONG.iter().find(|(name, _)| name == algorithm).map(|(_, length)| *length);
        let hex = !text.is_empty() && text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
        if !hex || length.is_some_and(|length| length != text.len()) {
            return Err(SubjectError::Hex { algorithm: algorithm.chars().take(32).collect() });
        }
        strong |= length.is_some();
    }
    if strong { Ok(()) } else { Err(SubjectError::Weak) }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn is_of_says_what_matches_says() {
        let digest = Digest::of(b"question");
        let (same, other, sha512) = (digest.to_hex(), Digest::of(b"another").to_hex(), "0".repeat(128));
        let cases = [
            (json!([{"digest": {"sha256": same}}]), true),
            (json!([{"name": "any", "digest": {"sha256": same, "sha512": sha512}}]), true),
            (json!([{"digest": {"sha256": same}}, {"digest": {"sha256": same, "sha1": "00"}}]), true),
            (json!([{"digest": {"sha256": other}}]), false),
            (json!([{"digest": {"sha512": sha512}}]), false),
            (json!([{"digest": {"sha256": same}}, {"digest": {"sha256": other}}]), false),
        ];
        for (text, expected) in cases {
            let subject: Subject = serde_json::from_value(text).expect("a subject");
            assert_eq!(subject.is_of(digest), expected, "{subject:?}");
            assert_eq!(subject.matches(&Subject::of_digest("query", digest)), expected, "{subject:?}");
        }
    }
}
