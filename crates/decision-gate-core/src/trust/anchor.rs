//! Anchor policy: which provider must say where it looked, and how (seed 002, "Anchor Validation").

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::evidence::EvidenceAnchor;
use crate::json;
use crate::name::ProviderId;

/// The anchors that providers must bring. A provider that is not listed need not bring one.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct AnchorPolicy {
    /// At most one entry a provider.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub providers: Vec<ProviderAnchor>,
}

/// What one provider must bring.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ProviderAnchor {
    /// Which provider.
    pub provider_id: ProviderId,
    /// What its anchors must be.
    pub requirement: AnchorRequirement,
}

/// The type and the fields of an anchor.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct AnchorRequirement {
    /// Such as `file_path_rooted`.
    pub anchor_type: String,
    /// Sorted, distinct, at least one.
    pub required_fields: Vec<String>,
}

impl AnchorPolicy {
    /// What `provider` must bring, if anything.
    pub fn requirement(&self, provider: &ProviderId) -> Option<&AnchorRequirement> {
        self.providers.iter().find(|entry| entry.provider_id == *provider).map(|entry| &entry.requirement)
    }
}

/// Why an anchor does not satisfy the policy. Every case has the code `anchor_invalid`.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AnchorFault {
    /// The result carries no anchor.
    #[error("missing evidence_anchor")]
    Missing,
    /// Another type.
    #[error("anchor_type mismatch: expected {expected} got {got}")]
    Type {
        /// The policy's.
        expected: String,
        /// The result's.
        got: String,
    },
    /// Not JSON, or not in its canonical form.
    #[error("anchor_value must be canonical JSON")]
    NotCanonical,
    /// JSON, but no object.
    #[error("anchor_value must be a JSON object")]
    NotObject,
    /// A required field is not there.
    #[error("anchor field {field} missing")]
    FieldMissing {
        /// Its name.
        field: String,
    },
    /// A required field is null.
    #[error("anchor field {field} must be set")]
    FieldNull {
        /// Its name.
        field: String,
    },
    /// A field is a boolean.
    #[error("anchor field {field} must be string or number")]
    FieldBoolean {
        /// Its name.
        field: String,
    },
    /// A field is an array or an object.
    #[error("anchor field {field} must be scalar")]
    FieldNotScalar {
        /// Its name.
        field: String,
    },
}

/// Checks an anchor against a requirement: present, of the type, a canonical JSON object, required fields set, and
/// every field of it scalar.
///
/// # Errors
/// The first [`AnchorFault`], in that order; required fields are judged in sorted order.
pub fn check_anchor(anchor: Option<&EvidenceAnchor>, requirement: &AnchorRequirement) -> Result<(), AnchorFault> {
    let anchor = anchor.ok_or(AnchorFault::Missing)?;
    if anchor.anchor_type != requirement.anchor_type {
        return Err(AnchorFault::Type { expected: requirement.anchor_type.clone(), got: anchor.anchor_type.clone() });
    }
    let bytes = anchor.anchor_value.as_bytes();
    let value = json::parse_exact(bytes, &json::Limits::message(1 << 24)).map_err(|_| AnchorFault::NotCanonical)?;
    if json::canonical::to_vec(&value) != bytes {
        return Err(AnchorFault::NotCanonical);
    }
    let Value::Object(fields) = &value else {
        return Err(AnchorFault::NotObject);
    };
    for field in &requirement.required_fields {
        let value = fields.get(field).ok_or_else(|| AnchorFault::FieldMissing { field: field.clone() })?;
        check_field(field, value)?;
    }
    fields.iter().filter(|(_, value)| value.is_array() || value.is_object()).try_for_each(|(f, v)| check_field(f, v))
}

fn check_field(field: &str, value: &Value) -> Result<(), AnchorFault> {
    let field = field.to_owned();
    match value {
        Value::String(_) | Value::Number(_) => Ok(()),
        Value::Null => Err(AnchorFault::FieldNull { field }),
        Value::Bool(_) => Err(AnchorFault::FieldBoolean { field }),
        Value::Array(_) | Value::Object(_) => Err(AnchorFault::FieldNotScalar { field }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(kind: &str, value: &str) -> String {
        let anchor = EvidenceAnchor { anchor_type: kind.into(), anchor_value: value.into() };
        let requirement = AnchorRequirement { anchor_type: "t".into(), required_fields: vec!["a".into(), "b".into()] };
        check_anchor(Some(&anchor), &requirement).map_or_else(|fault| fault.to_string(), |()| "ok".into())
    }

    #[test]
    fn d14_an_anchor_is_a_canonical_object_with_scalar_fields() {
        for (value, says) in [
            (r#"{"a":"x","b":1}"#, "ok"),
            (r#"{"a":"","b":0,"c":true}"#, "ok"),
            (r#"{"b":1,"a":"x"}"#, "anchor_value must be canonical JSON"),
            (r#"{"a": "x","b":1}"#, "anchor_value must be canonical JSON"),
            (r#"{"a":"x","a":"y","b":1}"#, "anchor_value must be canonical JSON"),
            ("7", "anchor_value must be a JSON object"),
            ("KEY", "anchor_value must be canonical JSON"),
            (r#"{"b":1}"#, "anchor field a missing"),
            (r#"{"a":null,"b":1}"#, "anchor field a must be set"),
            (r#"{"a":true,"b":1}"#, "anchor field a must be string or number"),
            (r#"{"a":[],"b":1}"#, "anchor field a must be scalar"),
            (r#"{"a":1,"b":1,"c":{}}"#, "anchor field c must be scalar"),
        ] {
            assert_eq!(check("t", value), says, "{value}");
        }
        assert_eq!(check("u", "{}"), "anchor_type mismatch: expected t got u");
    }
}
