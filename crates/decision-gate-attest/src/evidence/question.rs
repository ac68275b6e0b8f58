//! What is asked of attestations: a predicate type, and a path or a fact.

use decision_gate_core::evidence::{Fault, FaultCode, Query};
use decision_gate_core::json::path::JsonPath;
use serde_json::{Map, Value};

use crate::predicates::{FactKind, Format};

/// The check that takes any predicate type, and a JSONPath into the predicate.
pub const PREDICATE_CHECK: &str = "predicate";

const PARAMS_MISSING: FaultCode = FaultCode::known("params_missing");
const PARAMS_INVALID: FaultCode = FaultCode::known("params_invalid");
const CHECK_MISSING: FaultCode = FaultCode::known("check_missing");
const INVALID_JSONPATH: FaultCode = FaultCode::known("invalid_jsonpath");

/// The parameters that there are; the last three say where to look and are the source's.
const KNOWN: [&str; 5] = ["predicate_type", "jsonpath", "root", "file", "folder"];

/// A question, read strictly.
#[derive(Debug)]
pub struct Question {
    /// Which predicates. It is part of what must be signed.
    pub predicate_type: String,
    /// What of them.
    pub ask: Ask,
}

/// What is asked of a predicate.
#[derive(Debug)]
pub enum Ask {
    /// All of it.
    Whole,
    /// What a path selects in it.
    Path(JsonPath),
    /// A fact by name.
    Fact(&'static Format, &'static FactKind),
}

impl Question {
    /// The question of a query.
    ///
    /// # Errors
    /// The fault that the answer is: a check that is not there, or parameters that make no sense.
    pub fn of(query: &Query) -> Result<Self, Box<Fault>> {
        let none = Map::new();
        let params = match &query.params {
            None => &none,
            Some(Value::Object(params)) => params,
            Some(_) => return Err(invalid("the parameters must be an object").into()),
        };
        if let Some(unknown) = params.keys().find(|name| !KNOWN.contains(&name.as_str())) {
            let unknown: String = unknown.chars().take(80).collect();
            return Err(invalid(format!("`{unknown}` is no parameter of `{}`", query.check_id)).into());
        }
        let (predicate_type, path) = (text(params, "predicate_type")?, text(params, "jsonpath")?);
        let check = query.check_id.as_str();
        if check == PREDICATE_CHECK {
            let missing = || Fault::new(PARAMS_MISSING, "`predicate_type` is missing");
            let predicate_type = predicate_type.ok_or_else(missing)?.to_owned();
            return Ok(Self { predicate_type, ask: path.map_or(Ok(Ask::Whole), asked_by_path)? });
        }
        let missing = || Fault::new(CHECK_MISSING, format!("`{}` has no check `{check}`", query.provider_id));
        let (format, fact) = Format::of_check(check).ok_or_else(missing)?;
        if path.is_some() {
            return Err(invalid(format!("`jsonpath` is a parameter of `{PREDICATE_CHECK}` only")).into());
        }
        let meant = format.predicate_types.first().copied().unwrap_or_default();
        let predicate_type = predicate_type.unwrap_or(meant).to_owned();
        if !format.predicate_types.contains(&predicate_type.as_str()) {
            return Err(invalid(format!("`predicate_type` is none of those that `{check}` reads")).into());
        }
        Ok(Self { predicate_type, ask: Ask::Fact(format, fact) })
    }
}

fn asked_by_path(path: &str) -> Result<Ask, Box<Fault>> {
    JsonPath::parse(path).map(Ask::Path).map_err(|error| Fault::new(INVALID_JSONPATH, error.to_string()).into())
}

fn text<'a>(params: &'a Map<String, Value>, name: &str) -> Result<Option<&'a str>, Box<Fault>> {
    match params.get(name) {
        None => Ok(None),
        Some(Value::String(text)) if !text.is_empty() => Ok(Some(text)),
        Some(_) => Err(invalid(format!("`{name}` must be a text that is not empty")).into()),
    }
}

fn invalid(message: impl Into<String>) -> Fault {
    Fault::new(PARAMS_INVALID, message)
}
