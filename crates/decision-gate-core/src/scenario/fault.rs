//! Why a scenario is refused: every problem at once, each with its path and the fix.

use std::fmt;

use crate::contract::schema::SchemaError;
use crate::json::JsonError;

/// Everything that is wrong with a scenario. Never empty.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub struct SpecFaults(Vec<SpecFault>);

impl SpecFaults {
    /// Collects faults; `None` when there are none.
    pub fn collect(faults: Vec<SpecFault>) -> Option<Self> {
        if faults.is_empty() { None } else { Some(Self(faults)) }
    }

    pub(super) fn one(fault: SpecFault) -> Self {
        Self(vec![fault])
    }

    /// Every fault, in the order of the text.
    pub fn iter(&self) -> impl Iterator<Item = &SpecFault> {
        self.0.iter()
    }

    /// Code of the first.
    pub fn code(&self) -> &'static str {
        self.0.first().map_or("scenario_invalid", |fault| fault.problem.code())
    }
}

impl fmt::Display for SpecFaults {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, fault) in self.0.iter().enumerate() {
            if index > 0 {
                f.write_str("\n")?;
            }
            write!(f, "{fault}")?;
        }
        Ok(())
    }
}

/// One thing that is wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SpecFault {
    /// JSON Pointer into the scenario; empty for the whole.
    pub pointer: String,
    /// What is wrong.
    pub problem: SpecProblem,
}

impl fmt::Display for SpecFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let place = if self.pointer.is_empty() { "/" } else { &self.pointer };
        write!(f, "{place}: {}", self.problem)
    }
}

/// What can be wrong with a scenario.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SpecProblem {
    /// Not the form of a scenario: a missing or unknown field, or a wrong type.
    #[error("{reason}")]
    Form {
        /// What the reader says.
        reason: String,
        /// The nearest field that exists.
        nearest: Option<String>,
    },
    /// No stages.
    #[error("scenario spec must define at least one stage")]
    NoStages,
    /// One id twice.
    #[error("duplicate {what} identifier: {id}")]
    Duplicate {
        /// `stage`, `gate`, `packet` or `condition`.
        what: &'static str,
        /// The id.
        id: String,
    },
    /// A reference to something that does not exist.
    #[error("{what} `{id}` does not exist")]
    Dangling {
        /// `stage`, `gate` or `condition`.
        what: &'static str,
        /// The id.
        id: String,
        /// The nearest that exists.
        nearest: Option<String>,
    },
    /// A stage that asks nothing and does not say so.
    #[error("stage `{stage}` has no gates, so it would advance without asking anything")]
    NoGates {
        /// Which.
        stage: String,
    },
    /// `ungated` on a stage that has gates.
    #[error("stage `{stage}` has gates and says `ungated`")]
    UngatedWithGates {
        /// Which.
        stage: String,
    },
    /// A requirement tree that asks nothing.
    #[error("{0}")]
    Shape(crate::gate::ShapeError),
    /// No such provider is configured.
    #[error("no provider `{provider}` is configured")]
    ProviderMissing {
        /// Which.
        provider: String,
        /// Those that are.
        known: Vec<String>,
    },
    /// The provider has no such check.
    #[error("provider `{provider}` has no check `{check}`")]
    CheckMissing {
        /// Which provider.
        provider: String,
        /// Which check.
        check: String,
        /// Those that it has.
        known: Vec<String>,
    },
    /// Parameters are needed.
    #[error("check `{check}` needs parameters")]
    ParamsMissing {
        /// Which check.
        check: String,
        /// What its contract says about them.
        about: Option<String>,
    },
    /// Parameters that the check does not take.
    #[error("parameters of check `{check}` do not fit {misfit}")]
    ParamsInvalid {
        /// Which check.
        check: String,
        /// Where and why.
        misfit: crate::contract::schema::Misfit,
        /// What its contract says about them as a whole, where it is the whole that does not fit.
        about: Option<String>,
    },
    /// A comparator that the check does not allow.
    #[error("check `{check}` does not allow comparator `{comparator}`")]
    ComparatorNotAllowed {
        /// Which check.
        check: String,
        /// Which comparator.
        comparator: String,
        /// Those that it allows.
        allowed: Vec<String>,
    },
    /// `expected` is needed and was left out, is given and must not be, or does not fit.
    #[error("`expected` of a `{comparator}` condition {rule}")]
    ExpectedInvalid {
        /// Which comparator.
        comparator: String,
        /// What it must be.
        rule: String,
    },
    /// A contract's schema can't be used.
    #[error("the contract of provider `{provider}` can't be used: {error}")]
    Contract {
        /// Which provider.
        provider: String,
        /// Why not.
        error: SchemaError,
    },
    /// More conditions than the limit.
    #[error("{actual} conditions are more than the limit of {limit}")]
    TooManyConditions {
        /// How many there are.
        actual: usize,
        /// How many may be.
        limit: usize,
    },
    /// A number that JSON can't carry exactly.
    #[error("{0}")]
    Number(JsonError),
    /// A time limit of nothing.
    #[error("`timeout_ms` must be at least 1")]
    TimeoutZero,
    /// An edge that would degrade the run, where the configuration refuses such edges.
    #[error("stage `{stage}` has an edge that degrades the run ({edge}), which the configuration refuses")]
    DegradedEdge {
        /// Which stage.
        stage: String,
        /// Which edge.
        edge: &'static str,
    },
}

impl SpecProblem {
    /// Stable code.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Form { .. }
            | Self::NoStages
            | Self::NoGates { .. }
            | Self::UngatedWithGates { .. }
            | Self::Shape(_)
            | Self::TimeoutZero => "scenario_invalid",
            Self::Duplicate { .. } => "scenario_duplicate_id",
            Self::Dangling { .. } => "scenario_dangling_reference",
            Self::ProviderMissing { .. } => "provider_missing",
            Self::CheckMissing { .. } => "check_missing",
            Self::ParamsMissing { .. } => "params_missing",
            Self::ParamsInvalid { .. } => "params_invalid",
            Self::ComparatorNotAllowed { .. } => "comparator_not_allowed",
            Self::ExpectedInvalid { .. } => "expected_invalid",
            Self::Contract { .. } => "contract_invalid",
            Self::TooManyConditions { .. } => "scenario_too_large",
            Self::Number(error) => error.code(),
            Self::DegradedEdge { .. } => "degraded_edge_refused",
        }
    }

    /// What to do about it.
    pub fn hint(&self) -> String {
        let list = |names: &[String]| names.iter().map(|it| format!("`{it}`")).collect::<Vec<_>>().join(", ");
        match self {
            Self::Form { nearest: Some(nearest), .. } | Self::Dangling { nearest: Some(nearest), .. } => {
                format!("did you mean `{nearest}`?")
            }
            Self::Form { nearest: None, .. } => "compare with schemas/scenario.schema.json".into(),
            Self::NoStages => "add a stage with a gate".into(),
            Self::Duplicate { what, .. } => format!("give each {what} its own id"),
            Self::Dangling { what, nearest: None, .. } => format!("define that {what}, or remove the reference"),
            Self::NoGates { .. } => "add a gate, or say `\"ungated\": true`".into(),
            Self::UngatedWithGates { .. } => "remove `ungated`, or the gates".into(),
            Self::Shape(error) => error.hint().into(),
            Self::ProviderMissing { known, .. } if known.is_empty() => {
                "add it under `[[providers]]` in the configuration".into()
            }
            Self::ProviderMissing { known, .. } => {
                format!("add it under `[[providers]]` in the configuration; configured are {}", list(known))
            }
            Self::CheckMissing { known, .. } => format!("it has {}", list(known)),
            Self::ParamsMissing { about: Some(about), .. } | Self::ParamsInvalid { about: Some(about), .. } => {
                about.clone()
            }
            Self::ParamsMissing { .. } | Self::ParamsInvalid { .. } => "see provider_check_schema_get".into(),
            Self::ComparatorNotAllowed { allowed, .. } => format!("allowed are {}", list(allowed)),
            Self::ExpectedInvalid { .. } => "see docs/reference/comparators.md".into(),
            Self::Contract { .. } => "mend the provider's contract file".into(),
            Self::TooManyConditions { .. } => "split the scenario, or raise `limits.max_conditions`".into(),
            Self::Number(error) => error.hint().into(),
            Self::TimeoutZero => "leave `timeout` out for no time limit".into(),
            Self::DegradedEdge { .. } => "use `on_timeout: fail` and branches on `true` or `false` only".into(),
        }
    }
}
