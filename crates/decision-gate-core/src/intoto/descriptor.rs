//! Resource descriptors: what artifacts are called, and which digests they have.

use std::collections::BTreeMap;

use serde_json::Value;

use super::error::StatementError;
use crate::evidence::Artifact;

/// One subject of a statement.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ResourceDescriptor {
    name: Option<String>,
    uri: Option<String>,
    digest: BTreeMap<String, String>,
}

impl ResourceDescriptor {
    /// For people, and to tell the subjects of one statement apart. It identifies nothing.
    pub fn name(&self) -> Option<&str> {
        self.name.as_deref()
    }

    /// Where it is. It identifies nothing.
    pub fn uri(&self) -> Option<&str> {
        self.uri.as_deref()
    }

    /// Algorithm to digest, as signed. Only strong ones in lower-case hex ever match.
    pub fn digest(&self) -> &BTreeMap<String, String> {
        &self.digest
    }

    /// Whether it is this artifact: one strong digest is equal, and no shared algorithm differs.
    pub fn matches(&self, artifact: &Artifact) -> bool {
        // An artifact of a subject is checked, so a digest in another spelling is never equal, and differs.
        artifact.matches(&Artifact { name: None, digest: self.digest.clone() })
    }

    /// Reads the subject at `index`.
    pub(super) fn read(index: usize, value: &Value) -> Result<Self, StatementError> {
        // What is no object has no digest.
        let members = value.as_object().ok_or(StatementError::NoDigest { index })?;
        let text = |name: &str| match members.get(name) {
            None | Some(Value::Null) => Ok(None),
            Some(Value::String(text)) => Ok(Some(text.clone()).filter(|text| !text.is_empty())),
            Some(_) => Err(member(index, name, "a string")),
        };
        let (name, uri) = (text("name")?, text("uri")?);
        let digest = match members.get("digest") {
            None | Some(Value::Null) => BTreeMap::new(),
            Some(Value::Object(entries)) => {
                let entry = |(name, hex): (&String, &Value)| Some((name.clone(), hex.as_str()?.to_owned()));
                let entries: Option<_> = entries.iter().map(entry).collect();
                entries.ok_or_else(|| member(index, "digest", "an object of strings"))?
            }
            Some(_) => return Err(member(index, "digest", "an object of strings")),
        };
        match (digest.is_empty(), &name, &uri) {
            (false, _, _) => Ok(Self { name, uri, digest }),
            (true, None, None) => Err(StatementError::NamelessSubject { index }),
            (true, _, _) => Err(StatementError::NoDigest { index }),
        }
    }
}

fn member(index: usize, name: &str, expected: &'static str) -> StatementError {
    StatementError::Member { pointer: format!("/subject/{index}/{name}"), expected }
}
