//! Conditions against the contracts of the providers that they ask.

use serde_json::Value;

use super::spec::{ConditionSpec, ScenarioSpec};
use super::{SpecFault, SpecProblem};
use crate::condition::Expects;
use crate::contract::schema::{Misfit, SchemaError};
use crate::contract::{CheckContract, Contracts, Unfit};
use crate::evidence::Query;

/// What a configuration allows scenarios to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bounds {
    /// How many conditions a scenario may have.
    pub max_conditions: usize,
    /// Whether edges that degrade a run may be written.
    pub degraded_edges: EdgePolicy,
}

/// Whether edges that degrade a run may be written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EdgePolicy {
    /// They may; a run that takes one is never "allowed".
    Allow,
    /// They are refused when the scenario is defined.
    Refuse,
}

pub(super) fn check_all(spec: &ScenarioSpec, contracts: &Contracts, bounds: Bounds, faults: &mut Vec<SpecFault>) {
    let actual = spec.conditions.len();
    if actual > bounds.max_conditions {
        let problem = SpecProblem::TooManyConditions { actual, limit: bounds.max_conditions };
        faults.push(SpecFault { pointer: "/conditions".into(), problem });
        return;
    }
    for (index, condition) in spec.conditions.iter().enumerate() {
        check_condition(condition, contracts, &format!("/conditions/{index}"), faults);
    }
}

fn check_condition(condition: &ConditionSpec, contracts: &Contracts, at: &str, faults: &mut Vec<SpecFault>) {
    let mut fault = |below: &str, problem| faults.push(SpecFault { pointer: format!("{at}{below}"), problem });
    let check = match check_query(&condition.query, contracts) {
        Ok(check) => check,
        Err((below, problem)) => return fault(&format!("/query{below}"), problem),
    };
    if !check.allowed_comparators.contains(&condition.comparator) {
        let problem = SpecProblem::ComparatorNotAllowed {
            check: check.check_id.to_string(),
            comparator: condition.comparator.to_string(),
            allowed: check.allowed_comparators.iter().map(ToString::to_string).collect(),
        };
        return fault("/comparator", problem);
    }
    match check_expected(condition, check, contracts) {
        Ok(()) => {}
        Err(Trouble::Rule(rule)) => {
            let comparator = condition.comparator.to_string();
            fault("/expected", SpecProblem::ExpectedInvalid { comparator, rule });
        }
        Err(Trouble::Contract(error)) => {
            let provider = condition.query.provider_id.to_string();
            fault("/query", SpecProblem::Contract { provider, error });
        }
    }
}

/// Checks one query against the contracts; the part of the pointer below the query, and what is wrong.
///
/// # Errors
/// The first problem: provider, check, then parameters.
pub fn check_query<'a>(query: &Query, contracts: &'a Contracts) -> Result<&'a CheckContract, (String, SpecProblem)> {
    let provider = query.provider_id.to_string();
    let contract = contracts.get(&query.provider_id).ok_or_else(|| {
        let known = contracts.iter().map(|it| it.provider_id.to_string()).collect();
        ("/provider_id".to_owned(), SpecProblem::ProviderMissing { provider: provider.clone(), known })
    })?;
    let check = contract.check(&query.check_id).ok_or_else(|| {
        let known = contract.checks.iter().map(|it| it.check_id.to_string()).collect();
        let check = query.check_id.to_string();
        ("/check_id".to_owned(), SpecProblem::CheckMissing { provider: provider.clone(), check, known })
    })?;
    // What a contract says about parameters as a whole is a better hint than where to look it up.
    let about = || {
        let about = check.params_schema.get("description").and_then(Value::as_str)?.trim_end_matches('.');
        let (first, rest) = about.split_at_checked(1)?;
        Some(first.to_ascii_lowercase() + rest)
    };
    match &query.params {
        None if check.params_required => {
            let problem = SpecProblem::ParamsMissing { check: check.check_id.to_string(), about: about() };
            Err(("/params".to_owned(), problem))
        }
        None => Ok(check),
        Some(params) => {
            contracts.check_params(&query.provider_id, check, params).map_err(|unfit| match unfit {
                Unfit::Contract(error) => (String::new(), SpecProblem::Contract { provider, error }),
                Unfit::Value(misfit) => {
                    let below = format!("/params{}", misfit.pointer);
                    let about = about().filter(|_| misfit.pointer.is_empty());
                    (below, SpecProblem::ParamsInvalid { check: check.check_id.to_string(), misfit, about })
                }
            })?;
            Ok(check)
        }
    }
}

enum Trouble {
    Rule(String),
    Contract(SchemaError),
}

fn check_expected(condition: &ConditionSpec, check: &CheckContract, contracts: &Contracts) -> Result<(), Trouble> {
    let rule = |text: &str| Err(Trouble::Rule(text.to_owned()));
    let fits = |value: &Value| -> Result<(), Trouble> {
        contracts.check_result(&condition.query.provider_id, check, value).map_err(|unfit| match unfit {
            Unfit::Contract(error) => Trouble::Contract(error),
            Unfit::Value(Misfit { pointer, reason }) => {
                Trouble::Rule(format!("must fit the check's result_schema; at `{pointer}`: {reason}"))
            }
        })
    };
    match (condition.comparator.expects(), condition.expected.given()) {
        (Expects::Presence { .. }, None | Some(Value::Null)) => Ok(()),
        (Expects::Presence { .. }, Some(_)) => rule("must be left out"),
        (Expects::Value | Expects::Set | Expects::Part, None) => {
            rule("must be given (write null to compare with null)")
        }
        (Expects::Value, Some(value)) => fits(value),
        (Expects::Set, Some(Value::Array(items))) if !items.is_empty() => items.iter().try_for_each(fits),
        (Expects::Set, Some(_)) => rule("must be an array with at least one value"),
        (Expects::Part, Some(Value::String(_))) => Ok(()),
        (Expects::Part, Some(Value::Array(items))) if !items.is_empty() => Ok(()),
        (Expects::Part, Some(_)) => rule("must be a string, or an array with at least one element"),
    }
}

/// The name in `known` that is nearest to `name`, when one is near.
pub fn nearest<'a>(name: &str, known: impl Iterator<Item = &'a str>) -> Option<String> {
    known
        .map(|it| (strsim::damerau_levenshtein(name, it), it))
        .filter(|(distance, it)| *distance <= 1 + name.len().max(it.len()) / 3)
        .min()
        .map(|(_, it)| it.to_owned())
}

/// The nearest field that a reader's message offers for an unknown one.
pub(super) fn nearest_field(reason: &str) -> Option<String> {
    let (unknown, offered) = reason.strip_prefix("unknown field ")?.split_once(',')?;
    nearest(unknown.trim_matches('`'), offered.split('`').skip(1).step_by(2))
}

/// A reader's path as a JSON Pointer.
pub fn pointer_of(path: &serde_path_to_error::Path) -> String {
    use serde_path_to_error::Segment;
    let mut pointer = String::new();
    for segment in path {
        match segment {
            Segment::Seq { index } => pointer.push_str(&format!("/{index}")),
            Segment::Map { key } | Segment::Enum { variant: key } => {
                pointer.push('/');
                pointer.push_str(&key.replace('~', "~0").replace('/', "~1"));
            }
            Segment::Unknown => {}
        }
    }
    pointer
}
