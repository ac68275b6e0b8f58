//! Stream heads: the entries of a namespace's log (`docs/spec/ledger.md`, "Stream heads").
//!
//! What is written here is hashed and kept for ever. A tag stands before the JSON, so that no event, which begins with a
//! brace, is ever taken for a head.

use serde::{Deserialize, Serialize};

use super::merkle::leaf_hash;
use crate::digest::Digest;
use crate::json::{self, canonical};
use crate::name::{NamespaceId, RunId, TenantId};

/// Separates stream heads from events and from every other use of SHA-256.
const TAG: &[u8] = b"decision-gate:stream-head:v1\0";

/// How many events a stream has, and the root over them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StreamHead {
    /// Whose.
    pub tenant: TenantId,
    /// On which shelf.
    pub namespace: NamespaceId,
    /// Of which run; `None` for the namespace's own stream.
    pub run: Option<RunId>,
    /// How many events.
    pub size: u64,
    /// RFC 6962 root over them.
    pub root: Digest,
}

impl StreamHead {
    /// Its canonical JSON.
    pub fn to_json(&self) -> Vec<u8> {
        canonical::own(self)
    }

    /// Reads its canonical JSON back; nothing for any other bytes.
    pub fn read(bytes: &[u8]) -> Option<Self> {
        let value = json::parse_exact(bytes, &json::Limits::message(1 << 16)).ok()?;
        let head: Self = serde_json::from_value(value).ok()?;
        (head.to_json() == bytes && head.size > 0).then_some(head)
    }

    /// Its bytes: the entry of the log.
    pub fn to_entry(&self) -> Vec<u8> {
        [TAG, &self.to_json()].concat()
    }

    /// The leaf hash of its entry.
    pub fn leaf_hash(&self) -> Digest {
        leaf_hash(&self.to_entry())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The very bytes of the specification.
    #[test]
    fn the_example_of_the_specification_has_its_leaf() {
        let spec = include_str!("../../../../docs/spec/ledger.md");
        let written = spec.split("```json head\n").nth(1).unwrap().split('\n').next().unwrap();
        let head = StreamHead::read(written.as_bytes()).unwrap();
        assert!(spec.contains(&format!("`{}`", head.leaf_hash())));
        assert_eq!(head.to_entry()[..29], *b"decision-gate:stream-head:v1\0");
    }

    #[test]
    fn a_head_of_another_form_is_none() {
        let good = r#"{"namespace":1,"root":{"algorithm":"sha256","value":"eaae9ee1f55a7264d4bf6ed504f85e88afb446a46a5cfbc9c7d1a80906a3fb81"},"run":null,"size":2,"tenant":1}"#;
        assert!(StreamHead::read(good.as_bytes()).is_some());
        for bad in [
            good.replace(":2", ":0"),
            good.replace(":2", ": 2"),
            good.replace("\"run\":null,", ""),
            good.replace("size", "seq"),
        ] {
            assert_eq!(StreamHead::read(bad.as_bytes()), None, "{bad}");
        }
    }
}
