//! Where a policy stands, what it is called, and which digest it must have.

use std::borrow::Cow;
use std::fmt;

use decision_gate_core::digest::Digest;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::value::{MapAccessDeserializer, SeqAccessDeserializer};
use serde::de::{Error, MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::{Value, json};

use super::DEFAULT_POLICY;
use crate::error::Fault;
use crate::key_path::KeyPath;
use crate::sections::Checks;
use crate::values::{ConfigPath, text_type};

/// Where a policy stands.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(untagged)]
pub enum PolicySetting {
    /// In a file.
    File(ConfigPath),
    /// In files that lie over one another, the strongest last.
    Files(Vec<ConfigPath>),
    /// Right here: `PolicyGates`, `Logging` or both.
    Inline(Value),
}

impl PolicySetting {
    /// The files, the strongest last; none for a policy that stands right here.
    pub fn files(&self) -> &[ConfigPath] {
        match self {
            Self::File(file) => std::slice::from_ref(file),
            Self::Files(files) => files,
            Self::Inline(_) => &[],
        }
    }

    pub(super) fn check(&self, checks: &mut Checks) {
        let Self::Files(files) = self else { return };
        if files.is_empty() {
            let (expected, found) = ("at least one file".to_owned(), "an empty list".to_owned());
            checks.report(Fault::Type { expected, found });
        }
        checks.unique(files, "file of a policy", "", |file| file.given().to_owned());
    }

    pub(super) fn paths<'a>(&'a mut self, at: &KeyPath, paths: &mut Vec<(KeyPath, &'a mut ConfigPath)>) {
        match self {
            Self::File(file) => paths.push((at.clone(), file)),
            Self::Files(files) => {
                paths.extend(files.iter_mut().enumerate().map(|(index, file)| (at.index(index), file)));
            }
            Self::Inline(_) => {}
        }
    }
}

impl<'de> Deserialize<'de> for PolicySetting {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(AnySetting)
    }
}

struct AnySetting;

impl<'de> Visitor<'de> for AnySetting {
    type Value = PolicySetting;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a path, a list of paths, or a table with `PolicyGates`")
    }

    fn visit_str<E: Error>(self, path: &str) -> Result<PolicySetting, E> {
        ConfigPath::try_from(path.to_owned()).map(PolicySetting::File).map_err(E::custom)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, list: A) -> Result<PolicySetting, A::Error> {
        Vec::deserialize(SeqAccessDeserializer::new(list)).map(PolicySetting::Files)
    }

    fn visit_map<A: MapAccess<'de>>(self, table: A) -> Result<PolicySetting, A::Error> {
        Value::deserialize(MapAccessDeserializer::new(table)).map(PolicySetting::Inline)
    }
}

impl JsonSchema for PolicySetting {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        "PolicySetting".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let path = generator.subschema_for::<ConfigPath>();
        // The options have a schema of their own: ten times as long as everything else together.
        let inline = json!({
            "type": "object",
            "description": "The policy itself; `schemas/release-policy.schema.json` says what may stand in it.",
            "properties": { "PolicyGates": { "type": "object" }, "Logging": { "type": "object" } },
            "additionalProperties": false,
        });
        json_schema!({ "anyOf": [path, { "type": "array", "items": path, "minItems": 1 }, inline] })
    }
}

/// A further policy.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct NamedPolicy {
    /// The name that tools and commands call it by; `default` is the policy of `release.policy`.
    pub name: PolicyName,
    /// A file, a list of files of which the last is the strongest, or the policy itself.
    pub policy: PolicySetting,
    /// The digest that it must have.
    pub digest: Option<PolicyDigest>,
}

text_type! {
    /// The name of a policy: 1–64 of `[a-z0-9_-]`.
    PolicyName, PolicyNameFault, check_name, { "type": "string", "pattern": "^[a-z0-9_-]{1,64}$" }
}

/// Why a text is not the name of a policy.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{text}` is not the name of a policy: 1 to 64 of lowercase letters, digits, `_` and `-`")]
pub struct PolicyNameFault {
    text: String,
}

fn check_name(text: &str) -> Result<(), PolicyNameFault> {
    let allowed = |it: char| it.is_ascii_lowercase() || it.is_ascii_digit() || matches!(it, '_' | '-');
    let good = (1..=64).contains(&text.len()) && text.chars().all(allowed);
    if good { Ok(()) } else { Err(PolicyNameFault { text: text.to_owned() }) }
}

impl PolicyName {
    /// The name of the policy that stands in `release.policy`.
    pub fn default_name() -> Self {
        Self(DEFAULT_POLICY.to_owned())
    }
}

text_type! {
    /// The digest of a policy: `sha256:` and 64 hex digits.
    PolicyDigest, PolicyDigestFault, check_digest, { "type": "string", "pattern": "^sha256:[0-9a-f]{64}$" }
}

/// Why a text is not the digest of a policy.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{text}` is not a digest: `sha256:` and 64 of the digits `0-9a-f`")]
pub struct PolicyDigestFault {
    text: String,
}

fn check_digest(text: &str) -> Result<(), PolicyDigestFault> {
    let good = text.strip_prefix("sha256:").is_some_and(|hex| Digest::from_hex(hex).is_ok());
    if good { Ok(()) } else { Err(PolicyDigestFault { text: crate::tree::cut(text) }) }
}

impl PolicyDigest {
    /// Whether it is that of `digest`.
    pub fn is(&self, digest: Digest) -> bool {
        self.as_str().strip_prefix("sha256:").is_some_and(|hex| hex == digest.to_hex())
    }
}
