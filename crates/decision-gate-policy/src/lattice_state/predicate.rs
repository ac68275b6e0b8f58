//! `urn:decision-gate:reachability:v1`: for each vulnerability, whether its code is reached.

use std::collections::BTreeMap;

use decision_gate_attest::predicate::{Members, PredicateFault};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// The predicate type.
pub const PREDICATE_TYPE: &str = "urn:decision-gate:reachability:v1";

/// What is known about the reach of vulnerable code.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[schemars(inline)]
pub enum LatticeState {
    /// Nothing.
    U,
    /// Static analysis reaches it.
    SR,
    /// Static analysis does not reach it.
    SU,
    /// It was seen running.
    RO,
    /// It was not seen running.
    RU,
    /// Both say that it is reached.
    CR,
    /// Both say that it is not.
    CU,
    /// They contradict each other.
    X,
}

impl LatticeState {
    /// Every state.
    pub const ALL: [Self; 8] = [Self::U, Self::SR, Self::SU, Self::RO, Self::RU, Self::CR, Self::CU, Self::X];

    /// The word on the wire.
    pub fn word(self) -> &'static str {
        match self {
            Self::U => "U",
            Self::SR => "SR",
            Self::SU => "SU",
            Self::RO => "RO",
            Self::RU => "RU",
            Self::CR => "CR",
            Self::CU => "CU",
            Self::X => "X",
        }
    }

    /// Static and runtime: reached, not reached, or nothing; and whether they contradict each other.
    fn parts(self) -> (Option<bool>, Option<bool>, bool) {
        match self {
            Self::U => (None, None, false),
            Self::SR => (Some(true), None, false),
            Self::SU => (Some(false), None, false),
            Self::RO => (None, Some(true), false),
            Self::RU => (None, Some(false), false),
            Self::CR => (Some(true), Some(true), false),
            Self::CU => (Some(false), Some(false), false),
            Self::X => (None, None, true),
        }
    }

    /// What two sources say together. Any contradiction is `X`; order does not matter.
    #[must_use]
    pub fn join(self, other: Self) -> Self {
        let (a, b) = (self.parts(), other.parts());
        let agree = |a: Option<bool>, b: Option<bool>| !matches!((a, b), (Some(a), Some(b)) if a != b);
        if a.2 || b.2 || !agree(a.0, b.0) || !agree(a.1, b.1) {
            return Self::X;
        }
        match (a.0.or(b.0), a.1.or(b.1)) {
            (None, None) => Self::U,
            (Some(true), None) => Self::SR,
            (Some(false), None) => Self::SU,
            (None, Some(true)) => Self::RO,
            (None, Some(false)) => Self::RU,
            (Some(true), Some(true)) => Self::CR,
            (Some(false), Some(false)) => Self::CU,
            (Some(_), Some(_)) => Self::X,
        }
    }
}

/// States by vulnerability.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reachability {
    /// Where it was found out.
    pub environment_id: Option<String>,
    /// When that was stated, in milliseconds since 1970.
    pub timestamp: i64,
    /// Vulnerability to state.
    pub states: BTreeMap<String, LatticeState>,
}

impl Reachability {
    /// Reads a predicate.
    ///
    /// # Errors
    /// [`PredicateFault`] with the field that is missing or malformed.
    pub fn read(predicate: &Value) -> Result<Self, PredicateFault> {
        let predicate = Members::of(predicate)?;
        let mut states = BTreeMap::new();
        for finding in predicate.objects("findings")? {
            let word = finding.text("state")?;
            let state = LatticeState::ALL.into_iter().find(|it| it.word() == word);
            let state = state.ok_or_else(|| finding.malformed("state", "one of U, SR, SU, RO, RU, CR, CU, X"))?;
            let known = states.entry(finding.text("vulnerability")?.to_owned()).or_insert(LatticeState::U);
            *known = known.join(state);
        }
        let environment_id = match predicate.get("environment_id") {
            None => None,
            Some(_) => Some(predicate.text("environment_id")?.to_owned()),
        };
        Ok(Self { environment_id, timestamp: predicate.time("timestamp")?, states })
    }
}
