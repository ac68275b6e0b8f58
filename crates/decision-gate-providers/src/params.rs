//! The parameters of a query, read strictly: texts by name, and nothing that the check does not know.

use decision_gate_core::evidence::{Fault, FaultCode, Query};
use serde_json::{Map, Value};

use crate::error::bounded;

const PARAMS_MISSING: FaultCode = FaultCode::known("params_missing");
const PARAMS_INVALID: FaultCode = FaultCode::known("params_invalid");
pub(crate) const CHECK_MISSING: FaultCode = FaultCode::known("check_missing");

/// The parameters of one query.
pub(crate) struct Params<'a>(&'a Map<String, Value>);

impl<'a> Params<'a> {
    /// The parameters of `query`, which must be for `check` and have no names other than `known`.
    pub(crate) fn of(query: &'a Query, check: &str, known: &[&str]) -> Result<Self, Box<Fault>> {
        if query.check_id.as_str() != check {
            let message = format!("`{}` has no check `{}`, only `{check}`", query.provider_id, query.check_id);
            return Err(Fault::new(CHECK_MISSING, message).into());
        }
        let params = match &query.params {
            None => return Err(missing("the check needs parameters").into()),
            Some(Value::Object(params)) => params,
            Some(_) => return Err(invalid("the parameters must be an object").into()),
        };
        match params.keys().find(|name| !known.contains(&name.as_str())) {
            Some(unknown) => Err(invalid(format!("`{}` is no parameter of `{check}`", bounded(unknown))).into()),
            None => Ok(Self(params)),
        }
    }

    /// A text that may be left out.
    pub(crate) fn text(&self, name: &str) -> Result<Option<&'a str>, Box<Fault>> {
        match self.0.get(name) {
            None => Ok(None),
            Some(Value::String(text)) => Ok(Some(text)),
            Some(_) => Err(invalid(format!("`{name}` must be a string")).into()),
        }
    }

    /// A text that must be there.
    pub(crate) fn required_text(&self, name: &str) -> Result<&'a str, Box<Fault>> {
        self.text(name)?.ok_or_else(|| missing(format!("`{name}` is missing")).into())
    }
}

/// Parameters that make no sense.
pub(crate) fn invalid(message: impl Into<String>) -> Fault {
    Fault::new(PARAMS_INVALID, message)
}

/// A parameter that is not there.
pub(crate) fn missing(message: impl Into<String>) -> Fault {
    Fault::new(PARAMS_MISSING, message)
}
