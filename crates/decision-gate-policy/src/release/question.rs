//! What is asked about a release: one gate or all of them, and for which environment, under which policy.

use std::collections::BTreeMap;

use decision_gate_attest::vex_status::VexStatus;
use decision_gate_core::evidence::{Fault, FaultCode, Query};
use decision_gate_core::name::EnvironmentName;
use serde_json::{Map, Value};

use super::brought::Asked;
use crate::gates::ALL;

/// The check that asks all gates.
pub const CHAIN_CHECK: &str = "chain";

const PARAMS_INVALID: FaultCode = FaultCode::known("params_invalid");
const CHECK_MISSING: FaultCode = FaultCode::known("check_missing");

const KNOWN: [&str; 5] = ["policy", "environment", "requested_status", "metadata", "from_trigger"];

/// The most facts that somebody may assert, and the most bytes of one.
const MAX_METADATA: (usize, usize) = (64, 1_024);

/// Every check: the chain, and each gate by its id.
pub fn checks() -> impl Iterator<Item = &'static str> {
    std::iter::once(CHAIN_CHECK).chain(ALL.iter().map(|gate| gate.id))
}

/// Whose answer is wanted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum What {
    /// That of all gates together.
    Chain,
    /// That of one, by its id.
    Gate(&'static str),
}

/// A question, read strictly.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Question {
    /// Whose answer.
    pub what: What,
    /// Under which policy; the one that is meant where none is named.
    pub policy: Option<String>,
    /// Where the release is to go; where the run is to go when left out.
    pub environment: Option<EnvironmentName>,
    /// What whoever wrote the question says about the release.
    pub asked: Asked,
    /// Whether the trigger's payload may say more about it.
    pub from_trigger: bool,
}

impl Question {
    /// The question of a query.
    ///
    /// # Errors
    /// The fault that the answer is: a check that is not there, or parameters that make no sense.
    pub fn of(query: &Query) -> Result<Self, Box<Fault>> {
        let check = query.check_id.as_str();
        let what = match ALL.iter().find(|gate| gate.id == check) {
            Some(gate) => What::Gate(gate.id),
            None if check == CHAIN_CHECK => What::Chain,
            None => {
                let message = format!("`{}` has no check `{check}`", query.provider_id);
                return Err(Fault::new(CHECK_MISSING, message).into());
            }
        };
        let none = Map::new();
        let params = match &query.params {
            None => &none,
            Some(Value::Object(params)) => params,
            Some(_) => return Err(invalid("the parameters must be an object").into()),
        };
        if let Some(unknown) = params.keys().find(|name| !KNOWN.contains(&name.as_str())) {
            let unknown: String = unknown.chars().take(80).collect();
            return Err(invalid(format!("`{unknown}` is no parameter of `{check}`")).into());
        }
        let environment = text(params, "environment")?.map(EnvironmentName::try_from).transpose();
        Ok(Self {
            what,
            policy: text(params, "policy")?.map(str::to_owned),
            environment: environment.map_err(|error| invalid(format!("`environment`: {error}")))?,
            asked: Asked::of(params)?,
            from_trigger: match params.get("from_trigger") {
                None => false,
                Some(Value::Bool(flag)) => *flag,
                Some(_) => return Err(invalid("`from_trigger` must be true or false").into()),
            },
        })
    }
}

impl Asked {
    /// What the payload of a trigger asks for. Other members are not for the gates.
    ///
    /// # Errors
    /// The fault that the answer is.
    pub fn of_payload(payload: &Value) -> Result<Self, Box<Fault>> {
        payload.as_object().map_or_else(|| Ok(Self::default()), Self::of)
    }

    fn of(members: &Map<String, Value>) -> Result<Self, Box<Fault>> {
        let status = text(members, "requested_status")?;
        let known = |word: &str| VexStatus::ALL.into_iter().find(|it| it.word() == word);
        let requested_status = match status {
            None => None,
            Some(word) => {
                Some(known(word).ok_or_else(|| invalid("`requested_status` must be one of the four VEX statuses"))?)
            }
        };
        let metadata = match members.get("metadata") {
            None => BTreeMap::new(),
            Some(Value::Object(facts)) if facts.len() <= MAX_METADATA.0 => {
                let read = facts.iter().map(|(name, value)| scalar(name, value).map(|text| (name.clone(), text)));
                read.collect::<Result<_, Box<Fault>>>()?
            }
            Some(_) => {
                return Err(invalid(format!("`metadata` must be an object of at most {} facts", MAX_METADATA.0)).into());
            }
        };
        Ok(Self { requested_status, metadata })
    }

    /// With what the trigger says where this says nothing.
    #[must_use]
    pub(crate) fn or(&self, trigger: &Self) -> Self {
        let mut metadata = trigger.metadata.clone();
        metadata.extend(self.metadata.clone());
        Self { requested_status: self.requested_status.or(trigger.requested_status), metadata }
    }
}

fn scalar(name: &str, value: &Value) -> Result<String, Box<Fault>> {
    let text = match value {
        Value::String(text) => text.clone(),
        Value::Bool(_) | Value::Number(_) => value.to_string(),
        Value::Null | Value::Array(_) | Value::Object(_) => {
            return Err(invalid(format!("`metadata.{name}` must be a text, a number, or true or false")).into());
        }
    };
    if name.len() + text.len() > MAX_METADATA.1 {
        return Err(invalid(format!("a fact of `metadata` has more than {} bytes", MAX_METADATA.1)).into());
    }
    Ok(text)
}

fn text<'a>(members: &'a Map<String, Value>, name: &str) -> Result<Option<&'a str>, Box<Fault>> {
    match members.get(name) {
        None => Ok(None),
        Some(Value::String(text)) if !text.is_empty() => Ok(Some(text)),
        Some(_) => Err(invalid(format!("`{name}` must be a text that is not empty")).into()),
    }
}

fn invalid(message: impl Into<String>) -> Fault {
    Fault::new(PARAMS_INVALID, message)
}
