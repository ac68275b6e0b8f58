//! Conditions as written: a list, or a mapping from ids to conditions, each of which may be one line.

use std::borrow::Cow;
use std::fmt;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::value::MapAccessDeserializer;
use serde::de::{MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer};

use super::short;
use super::spec::{ConditionSpec, Expected};
use crate::condition::Comparator;
use crate::evidence::Query;
use crate::name::ConditionId;
use crate::trust::TrustRequirement;

/// Reads a list of conditions, or a mapping.
pub(super) fn conditions<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<ConditionSpec>, D::Error> {
    deserializer.deserialize_any(Conditions)
}

struct Conditions;

impl<'de> Visitor<'de> for Conditions {
    type Value = Vec<ConditionSpec>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list of conditions, or an object of conditions by id")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Self::Value, A::Error> {
        let mut conditions = Vec::new();
        while let Some(condition) = list.next_element()? {
            conditions.push(condition);
        }
        Ok(conditions)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut conditions = Vec::new();
        while let Some(condition_id) = map.next_key::<ConditionId>()? {
            let Body { query, comparator, expected, policy_tags, trust } = map.next_value::<Written>()?.0;
            conditions.push(ConditionSpec { condition_id, query, comparator, expected, policy_tags, trust });
        }
        Ok(conditions)
    }
}

/// A condition without its id.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Body {
    /// The question.
    query: Query,
    /// How to compare.
    comparator: Comparator,
    /// What to compare with.
    #[serde(default)]
    expected: Expected,
    /// For the author's records.
    #[serde(default)]
    policy_tags: Vec<String>,
    /// A stricter lane for this condition.
    #[serde(default)]
    trust: Option<TrustRequirement>,
}

struct Written(Body);

impl<'de> Deserialize<'de> for Written {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(OneCondition)
    }
}

struct OneCondition;

impl<'de> Visitor<'de> for OneCondition {
    type Value = Written;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a condition: an object, or one line such as `report.tests.failed == 0`")
    }

    fn visit_str<E: serde::de::Error>(self, line: &str) -> Result<Self::Value, E> {
        let short::ShortCondition { query, comparator, expected } = short::parse(line).map_err(E::custom)?;
        Ok(Written(Body { query, comparator, expected, policy_tags: Vec::new(), trust: None }))
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Self::Value, A::Error> {
        Body::deserialize(MapAccessDeserializer::new(map)).map(Written)
    }
}

/// The schema of what [`conditions`] reads.
pub(super) struct WrittenConditions;

impl JsonSchema for WrittenConditions {
    fn schema_name() -> Cow<'static, str> {
        "Conditions".into()
    }

    fn inline_schema() -> bool {
        true
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let list = generator.subschema_for::<Vec<ConditionSpec>>();
        let body = generator.subschema_for::<Body>();
        let line = "One line: `provider.check(name: value) >= value`. Without a comparison it asks for true.";
        json_schema!({ "anyOf": [
            list,
            {
                "type": "object",
                "description": "Conditions by id.",
                "additionalProperties": { "anyOf": [{ "type": "string", "description": line }, body] },
            },
        ] })
    }
}
