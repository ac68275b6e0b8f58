//! A case as it is written: a scenario in short form, tweaks of the policy, and runs with what is expected of each step.

use std::collections::BTreeMap;

use decision_gate_core::at::Timestamp;
use decision_gate_core::digest::Digest;
use decision_gate_core::engine::TriggerKind;
use decision_gate_core::evidence::{
    Answer, EvidenceAnchor, EvidenceSignature, EvidenceValue, Fault, FaultCode, Found, Query,
};
use decision_gate_core::scenario::Origin;
use decision_gate_core::scenario::packets::DispatchTarget;
use decision_gate_core::trust::{Binding, Lane, Occasion};
use serde::Deserialize;
use serde_json::Value;

use crate::signing::signed_with;
use crate::support::{merge, ms};

/// `cases/engine/<name>/case.json`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Case {
    pub(crate) area: String,
    pub(crate) why: String,
    pub(crate) scenario: Value,
    #[serde(default = "nothing")]
    pub(crate) policy: Value,
    #[serde(default)]
    pub(crate) runs: Vec<RunCase>,
    /// Variants of the scenario, as merge patches, that must be refused when they are defined.
    #[serde(default)]
    pub(crate) refused: Vec<Refused>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Refused {
    pub(crate) why: String,
    pub(crate) patch: Value,
    #[serde(default)]
    pub(crate) hardened: bool,
    pub(crate) code: String,
    pub(crate) path: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct RunCase {
    pub(crate) why: String,
    /// A merge patch over the scenario of the case.
    #[serde(default = "nothing")]
    pub(crate) scenario: Value,
    /// A merge patch over the policy of the case.
    #[serde(default = "nothing")]
    pub(crate) policy: Value,
    #[serde(default)]
    pub(crate) draft: bool,
    #[serde(default)]
    pub(crate) targets: Vec<DispatchTarget>,
    #[serde(default)]
    pub(crate) at: At,
    #[serde(default)]
    pub(crate) start: Expect,
    #[serde(default)]
    pub(crate) steps: Vec<StepCase>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct StepCase {
    #[serde(default = "request")]
    pub(crate) kind: TriggerKind,
    #[serde(default)]
    pub(crate) at: At,
    #[serde(default)]
    pub(crate) answers: BTreeMap<String, Given>,
    pub(crate) expect: Expect,
}

/// Milliseconds after the start, or a whole timestamp.
#[derive(Deserialize)]
#[serde(untagged)]
pub(crate) enum At {
    After(i64),
    Whole(Timestamp),
}

/// What must come out. Only what is written is compared.
#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Expect {
    pub(crate) outcome: Option<String>,
    pub(crate) to: Option<String>,
    pub(crate) timeout: Option<bool>,
    pub(crate) reason: Option<String>,
    pub(crate) unmet: Option<Vec<String>>,
    pub(crate) status: Option<String>,
    pub(crate) degraded: Option<String>,
    pub(crate) allowed: Option<bool>,
    pub(crate) relaxations: Option<Vec<String>>,
    pub(crate) packets: Option<Vec<String>>,
    pub(crate) gates: Option<BTreeMap<String, String>>,
    pub(crate) conditions: Option<BTreeMap<String, String>>,
    pub(crate) gaps: Option<BTreeMap<String, String>>,
    pub(crate) lanes: Option<BTreeMap<String, String>>,
    /// The code of the fault: nothing is decided.
    pub(crate) fault: Option<String>,
}

/// An answer as it is written. A condition that is not named has none.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Given {
    #[serde(default, deserialize_with = "present")]
    found: Option<Value>,
    bytes: Option<Vec<u8>>,
    /// A text of that many letters.
    letters: Option<usize>,
    #[serde(default)]
    absent: bool,
    fault: Option<String>,
    lane_ceiling: Option<Lane>,
    anchor: Option<EvidenceAnchor>,
    claimed_hash: Option<Digest>,
    signature: Option<EvidenceSignature>,
    signed: Option<Signed>,
}

/// An envelope around the right statement, or around one that differs.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Signed {
    /// The name of the key.
    by: String,
    binding: Binding,
    /// A merge patch over the predicate.
    #[serde(default = "nothing")]
    patch: Value,
}

fn nothing() -> Value {
    Value::Object(serde_json::Map::new())
}

fn request() -> TriggerKind {
    TriggerKind::AgentRequestNext
}

/// A null that is written is a value.
fn present<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Option<Value>, D::Error> {
    Value::deserialize(deserializer).map(Some)
}

impl Default for At {
    fn default() -> Self {
        Self::After(0)
    }
}

impl At {
    pub(crate) fn time(&self) -> Timestamp {
        match self {
            Self::After(after) => ms(*after),
            Self::Whole(at) => *at,
        }
    }
}

impl RunCase {
    pub(crate) fn origin(&self) -> Origin {
        if self.draft { Origin::Draft } else { Origin::Pinned }
    }
}

impl Given {
    /// The answer to `query` on this occasion.
    pub(crate) fn answer(&self, query: &Query, occasion: &Occasion<'_>) -> Answer {
        let answer = self.bare();
        let Some(signed) = &self.signed else { return answer };
        signed_with(answer, query, occasion, signed.binding, &signed.by, |statement| {
            let mut predicate = serde_json::json!(statement.predicate);
            merge(&mut predicate, &signed.patch);
            statement.predicate = serde_json::from_value(predicate).unwrap();
        })
    }

    fn bare(&self) -> Answer {
        let (anchor, lane_ceiling) = (self.anchor.clone(), self.lane_ceiling);
        if let Some(code) = &self.fault {
            let code = FaultCode::try_from(code.clone()).unwrap();
            return Answer::Fault(Fault { anchor, ..Fault::new(code, "as the case says") });
        }
        if self.absent {
            return Answer::Absent { anchor, lane_ceiling, attestation: None };
        }
        let value = match (&self.found, &self.bytes, self.letters) {
            (Some(value), None, None) => EvidenceValue::Json(value.clone()),
            (None, Some(bytes), None) => EvidenceValue::Bytes(bytes.clone()),
            (None, None, Some(count)) => EvidenceValue::Json("x".repeat(count).into()),
            _ => panic!("an answer is one of found, bytes, letters, absent, fault"),
        };
        let found = Found {
            value,
            anchor,
            lane_ceiling,
            claimed_hash: self.claimed_hash,
            signature: self.signature.clone(),
            ..Found::json(Value::Null)
        };
        Answer::Found(Box::new(found))
    }
}
