//! What the chain came to, as evidence: a word, or why there is none, and what the event keeps of it.

use std::collections::{BTreeMap, BTreeSet};

use decision_gate_attest::vex_status::VexStatus;
use decision_gate_core::condition::Truth;
use decision_gate_core::evidence::{Answer, EvidenceValue, Fault, FaultCode, Found};
use decision_gate_core::policy::Relaxation;
use decision_gate_core::trust::{Height, Lane, ReleaseReading, ReleaseRecord, ReleaseRow, Released};
use serde_json::{Value, json};

use super::hearing::{rests_on, truth_of};
use super::question::What;
use super::sift::Sifted;
use super::why;
use crate::chain::ReleaseDecision;
use crate::outlook::Turn;
use crate::result::{GateResult, Outcome};
use crate::vex_trust::audit_record;

/// The word of a release, or of a gate, that lets through.
const PASS: &str = "pass";
/// The word of one that holds for what was measured.
const BLOCK: &str = "block";

const SKIPPED: FaultCode = FaultCode::known("gate_skipped");

/// A release that was judged.
#[derive(Clone, Copy, Debug)]
pub(super) struct Judged<'a> {
    pub(super) what: What,
    /// The policy's name.
    pub(super) name: &'a str,
    pub(super) requested: Option<VexStatus>,
    pub(super) decision: &'a ReleaseDecision,
    /// What gates will say by time alone.
    pub(super) turns: &'a [Turn],
    pub(super) sifted: &'a Sifted,
    /// What was seen of VEX sources, now and before.
    pub(super) seen: &'a BTreeMap<String, Height>,
}

impl Judged<'_> {
    /// What was asked for; nothing where the gate proved nothing.
    pub(super) fn truth(&self) -> Option<Truth> {
        truth_of(self.what, self.decision)
    }

    pub(super) fn reading(&self, found: &Found, lane: Lane, view: Value) -> ReleaseReading {
        let mut envelopes: BTreeSet<_> = self.sifted.recorded.clone();
        for row in &self.decision.rows {
            envelopes.extend(row.judged.evidence.iter().copied());
            envelopes.extend(row.waived.iter().map(|it| it.waiver));
        }
        ReleaseReading {
            answer: self.answer(found),
            lane,
            by: rests_on(self.sifted, envelopes),
            judgement: Some(Released {
                record: self.record(),
                view,
                why: why::of(self.what, self.decision, self.turns),
            }),
        }
    }

    fn answer(&self, found: &Found) -> Answer {
        let word = match self.truth() {
            Some(Truth::True) => PASS,
            Some(Truth::False) => BLOCK,
            Some(Truth::Unknown) | None => {
                let fault = self.why_unknown();
                return Answer::Fault(Fault { anchor: found.anchor.clone(), ..fault });
            }
        };
        Answer::Found(Box::new(Found {
            value: EvidenceValue::Json(word.into()),
            content_type: Some("application/json".to_owned()),
            anchor: found.anchor.clone(),
            reference: found.reference.clone(),
            ..Found::json(Value::Null)
        }))
    }

    fn why_unknown(&self) -> Fault {
        let code = |word: &str| FaultCode::try_from(word.to_owned()).unwrap_or(SKIPPED);
        match self.what {
            What::Gate(id) => match row(self.decision, id) {
                Some(row) if row.outcome == Outcome::Block => {
                    Fault::new(code(row.judged.reason), row.judged.message.clone())
                }
                _ => Fault::new(SKIPPED, format!("gate `{id}` was not asked, which proves nothing")),
            },
            What::Chain => {
                let first = self.decision.decided_by.and_then(|id| row(self.decision, id));
                let message = match first {
                    Some(row) => format!("release gate `{}`: {}", row.gate, row.judged.message),
                    None => "no release gate was asked, which proves nothing".to_owned(),
                };
                let details = json!({
                    "decided_by": self.decision.decided_by,
                    "reason": first.map(|row| row.judged.reason),
                    "recommendation": first.and_then(|row| row.judged.recommendation.as_deref()),
                });
                Fault::new(code(self.decision.reason), message).with_details(details)
            }
        }
    }

    fn record(&self) -> ReleaseRecord {
        let decision = self.decision;
        ReleaseRecord {
            policy: self.name.to_owned(),
            policy_digest: decision.policy,
            environment: decision.environment.clone(),
            tenant: decision.tenant.clone(),
            requested_status: self.requested.map(|it| it.word().to_owned()),
            outcome: decision.truth,
            reason: decision.reason.to_owned(),
            decided_by: decision.decided_by.map(str::to_owned),
            gates: decision.rows.iter().map(recorded).collect(),
            relaxations: relaxations(decision),
            audit: audit(decision),
            seen: self.seen.clone(),
        }
    }
}

/// The audit record on VEX trust.
pub(super) fn audit(decision: &ReleaseDecision) -> Value {
    row(decision, "vex-trust").map_or(Value::Null, audit_record)
}

fn row<'a>(decision: &'a ReleaseDecision, id: &str) -> Option<&'a GateResult> {
    decision.rows.iter().find(|row| row.gate == id)
}

fn recorded(row: &GateResult) -> ReleaseRow {
    let word = |outcome: Outcome| json!(outcome).as_str().unwrap_or_default().to_owned();
    ReleaseRow {
        gate: row.gate.to_owned(),
        outcome: word(row.outcome),
        would_have: (row.would_have != row.outcome).then(|| word(row.would_have)),
        reason: row.judged.reason.to_owned(),
        mode: row.mode.map(|mode| mode.word().to_owned()),
        waived: row.waived.iter().map(|it| it.waiver).collect(),
    }
}

fn relaxations(decision: &ReleaseDecision) -> Vec<Relaxation> {
    let known = |word: &String| match word.as_str() {
        "release_ungated" => Some(Relaxation::ReleaseUngated),
        "waivers_cover_failed_evidence" => Some(Relaxation::WaiversCoverFailedEvidence),
        word if word.starts_with("waived:") => Some(Relaxation::ReleaseWaived),
        _ => None,
    };
    let all: BTreeSet<_> = decision.relaxations.iter().filter_map(known).collect();
    all.into_iter().collect()
}
