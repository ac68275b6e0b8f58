//! From a check to a tool: what is called with which arguments, and where in the answer the value lies.

use std::collections::{BTreeMap, BTreeSet};

use decision_gate_config::sections::providers::{AnswerForm, McpCheck};
use decision_gate_core::evidence::Query;
use decision_gate_core::json::path::JsonPath;
use rmcp::model::JsonObject;
use serde_json::{Map, Value};

use super::fault::QueryFault;

const OPENS: &str = "{params.";

/// How one check is asked.
#[derive(Clone, Debug)]
pub(super) struct Mapping {
    pub(super) tool: String,
    pub(super) answer: AnswerForm,
    pub(super) jsonpath: Option<JsonPath>,
    arguments: Option<Template>,
}

/// Arguments with places for parameters.
#[derive(Clone, Debug)]
pub(super) struct Template(Map<String, Value>);

impl Mapping {
    /// The tool of the check's own name, called with its parameters.
    pub(super) fn plain(check: &str, answer: AnswerForm) -> Self {
        Self { tool: check.to_owned(), answer, jsonpath: None, arguments: None }
    }

    /// As the settings say.
    pub(super) fn of(check: &McpCheck) -> Result<Self, String> {
        let jsonpath = check.jsonpath.as_deref().map(JsonPath::parse).transpose();
        Ok(Self {
            tool: check.tool.clone().unwrap_or_else(|| check.check_id.to_string()),
            answer: check.answer,
            jsonpath: jsonpath.map_err(|error| format!("`jsonpath`: {error}"))?,
            arguments: check.arguments.as_ref().map(Template::of).transpose()?,
        })
    }

    /// The parameters that the arguments name, if they are named at all.
    pub(super) fn parameters(&self) -> Option<BTreeSet<String>> {
        let mut names = BTreeSet::new();
        self.arguments.as_ref()?.0.values().for_each(|value| collect(value, &mut names));
        Some(names)
    }

    /// The arguments for a query.
    pub(super) fn arguments(&self, query: &Query) -> Result<JsonObject, QueryFault> {
        let none = Map::new();
        let params = match &query.params {
            None | Some(Value::Null) => &none,
            Some(Value::Object(params)) => params,
            Some(Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Array(_)) => {
                return Err(QueryFault::Params);
            }
        };
        Ok(match &self.arguments {
            None => params.clone(),
            Some(Template(members)) => fill_members(members, params),
        })
    }
}

impl Template {
    fn of(arguments: &BTreeMap<String, Value>) -> Result<Self, String> {
        arguments.values().try_for_each(check)?;
        Ok(Self(arguments.iter().map(|(name, value)| (name.clone(), value.clone())).collect()))
    }
}

/// The parameter that a text stands for as a whole.
fn place(text: &str) -> Option<&str> {
    let name = text.strip_prefix(OPENS)?.strip_suffix('}')?;
    (!name.is_empty() && !name.contains(['{', '}'])).then_some(name)
}

/// Refuses a text with a place inside: a value is put in as it is and never pasted into another text.
fn check(value: &Value) -> Result<(), String> {
    match value {
        Value::String(text) if text.contains(OPENS) && place(text).is_none() => {
            Err(format!("`arguments`: `{OPENS}NAME}}` must be the whole text"))
        }
        Value::Array(items) => items.iter().try_for_each(check),
        Value::Object(members) => members.values().try_for_each(check),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => Ok(()),
    }
}

fn collect(value: &Value, names: &mut BTreeSet<String>) {
    match value {
        Value::String(text) => names.extend(place(text).map(str::to_owned)),
        Value::Array(items) => items.iter().for_each(|item| collect(item, names)),
        Value::Object(members) => members.values().for_each(|member| collect(member, names)),
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

/// The value with parameters in their places; nothing if it is a place whose parameter is not given.
fn fill(value: &Value, params: &Map<String, Value>) -> Option<Value> {
    Some(match value {
        Value::String(text) => match place(text) {
            Some(name) => params.get(name)?.clone(),
            None => value.clone(),
        },
        Value::Array(items) => items.iter().filter_map(|item| fill(item, params)).collect(),
        Value::Object(members) => Value::Object(fill_members(members, params)),
        Value::Null | Value::Bool(_) | Value::Number(_) => value.clone(),
    })
}

fn fill_members(members: &Map<String, Value>, params: &Map<String, Value>) -> Map<String, Value> {
    members.iter().filter_map(|(name, value)| Some((name.clone(), fill(value, params)?))).collect()
}

#[cfg(test)]
mod tests {
    use decision_gate_core::name::{CheckId, ProviderId};
    use serde_json::json;

    use super::*;

    fn mapping(arguments: &Value) -> Result<Mapping, String> {
        let check = json!({ "check_id": "c", "tool": "t", "arguments": arguments });
        Mapping::of(&serde_json::from_value(check).unwrap())
    }

    fn filled(arguments: &Value, params: Value) -> Result<Value, QueryFault> {
        let (provider_id, check_id) = (ProviderId::try_from("p").unwrap(), CheckId::try_from("c").unwrap());
        let query = Query { provider_id, check_id, params: Some(params) };
        mapping(arguments).unwrap().arguments(&query).map(Value::Object)
    }

    #[test]
    fn parameters_take_their_places_whole() {
        let template = json!({ "path": "{params.file}", "deep": [{ "n": "{params.n}" }, "{params.gone}"], "k": 1 });
        let params = json!({ "file": "{params.n}", "n": [1], "unused": true });
        assert_eq!(filled(&template, params), Ok(json!({ "path": "{params.n}", "deep": [{ "n": [1] }], "k": 1 })));
        assert_eq!(mapping(&template).unwrap().parameters().unwrap(), ["file", "gone", "n"].map(str::to_owned).into());
    }

    #[test]
    fn a_parameter_is_never_pasted_into_a_text() {
        for text in ["/srv/{params.file}", "{params.a}{params.b}", "{params.}", "{params.a"] {
            assert!(mapping(&json!({ "path": text })).unwrap_err().contains("whole text"), "{text}");
        }
    }

    #[test]
    fn parameters_that_are_no_object_are_refused() {
        assert_eq!(filled(&json!({}), json!([1])), Err(QueryFault::Params));
    }
}
