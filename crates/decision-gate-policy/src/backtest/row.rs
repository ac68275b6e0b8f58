//! An event of the ledger, as much of it as a backtest needs, borrowed from its bytes.
//!
//! Form and hash of events are `ledger verify`'s business: here the leaf hash says that the bytes are those that were
//! written, and what a decision recorded is compared with what it comes to.

use std::borrow::Cow;

use decision_gate_core::at::Timestamp;
use decision_gate_core::condition::Truth;
use decision_gate_core::digest::Digest;
use decision_gate_core::evidence::Subject;
use decision_gate_core::ledger::{Commitment, EventKind};
use decision_gate_core::name::{EnvironmentName, NamespaceId, ScenarioId, TenantId};
use serde::Deserialize;

use crate::chain::ReleaseDecision;
use crate::result::{GateResult, Outcome};

/// A text without a copy of it, unless it is escaped.
#[derive(Debug, Deserialize)]
#[serde(transparent)]
pub(super) struct Text<'a>(#[serde(borrow)] pub(super) Cow<'a, str>);

impl Text<'_> {
    pub(super) fn is(&self, text: &str) -> bool {
        self.0 == text
    }
}

/// An event.
#[derive(Debug, Deserialize)]
pub(super) struct Row<'a> {
    pub(super) at: Timestamp,
    #[serde(borrow)]
    pub(super) body: Body<'a>,
    pub(super) kind: EventKind,
    pub(super) namespace: NamespaceId,
    pub(super) policy_digest: Digest,
    #[serde(borrow)]
    pub(super) run: Option<Text<'a>>,
    pub(super) seq: u64,
    pub(super) tenant: TenantId,
}

/// What a start and a step have to say.
#[derive(Debug, Deserialize)]
pub(super) struct Body<'a> {
    #[serde(borrow)]
    pub(super) decision: Option<Decision<'a>>,
    pub(super) environment: Option<EnvironmentName>,
    #[serde(borrow, default)]
    pub(super) evidence: Vec<Entry<'a>>,
    pub(super) scenario_id: Option<ScenarioId>,
    pub(super) spec_hash: Option<Digest>,
    pub(super) subject: Option<Subject>,
}

#[derive(Debug, Deserialize)]
pub(super) struct Decision<'a> {
    #[serde(borrow)]
    pub(super) decision_id: Text<'a>,
}

/// One condition as it was judged.
#[derive(Debug, Deserialize)]
pub(super) struct Entry<'a> {
    #[serde(borrow)]
    pub(super) condition_id: Text<'a>,
    #[serde(borrow)]
    pub(super) provider_id: Text<'a>,
    #[serde(borrow)]
    pub(super) gap: Option<Text<'a>>,
    pub(super) answer: Option<Commitment>,
    #[serde(borrow)]
    pub(super) release: Option<Record<'a>>,
}

/// What the release gates came to.
#[derive(Debug, Deserialize)]
pub(super) struct Record<'a> {
    #[serde(borrow)]
    pub(super) policy: Text<'a>,
    pub(super) policy_digest: Digest,
    #[serde(borrow)]
    pub(super) environment: Text<'a>,
    #[serde(borrow)]
    pub(super) tenant: Option<Text<'a>>,
    outcome: Truth,
    #[serde(borrow)]
    reason: Text<'a>,
    #[serde(borrow)]
    decided_by: Option<Text<'a>>,
    #[serde(borrow)]
    gates: Vec<Gate<'a>>,
}

/// A gate's row.
#[derive(Debug, Deserialize)]
struct Gate<'a> {
    #[serde(borrow)]
    gate: Text<'a>,
    outcome: Outcome,
    would_have: Option<Outcome>,
    #[serde(borrow)]
    reason: Text<'a>,
    #[serde(borrow)]
    mode: Option<Text<'a>>,
    #[serde(default)]
    waived: Vec<Digest>,
}

impl<'a> Row<'a> {
    pub(super) fn read(bytes: &'a [u8]) -> Option<Self> {
        // Checked at once, so that no text in it has to be checked by itself.
        serde_json::from_str(std::str::from_utf8(bytes).ok()?).ok()
    }
}

impl Record<'_> {
    /// What of the record a decision contradicts first.
    pub(super) fn differs(&self, decision: &ReleaseDecision) -> Option<String> {
        let same = |recorded: Option<&Text<'_>>, made: Option<&str>| recorded.map(|it| it.0.as_ref()) == made;
        let whole = [
            ("policy", self.policy_digest == decision.policy),
            ("environment", self.environment.is(decision.environment.as_str())),
            ("tenant", same(self.tenant.as_ref(), decision.tenant.as_deref())),
            ("outcome", self.outcome == decision.truth),
            ("reason", self.reason.is(decision.reason)),
            ("decided_by", same(self.decided_by.as_ref(), decision.decided_by)),
            ("gates", self.gates.len() == decision.rows.len()),
        ];
        let of_gate = |(recorded, made): (&Gate<'_>, &GateResult)| {
            recorded.differs(made).map(|what| format!("{} of gate `{}`", what, made.gate))
        };
        let differs = whole.into_iter().find(|(_, same)| !same).map(|(what, _)| what.to_owned());
        differs.or_else(|| self.gates.iter().zip(&decision.rows).find_map(of_gate))
    }
}

impl Gate<'_> {
    fn differs(&self, row: &GateResult) -> Option<&'static str> {
        let would_have = (row.would_have != row.outcome).then_some(row.would_have);
        let waivers = row.waived.iter().map(|it| &it.waiver);
        let all = [
            ("name", self.gate.is(row.gate)),
            ("outcome", self.outcome == row.outcome),
            ("would_have", self.would_have == would_have),
            ("reason", self.reason.is(row.judged.reason)),
            ("mode", self.mode.as_ref().map(|it| it.0.as_ref()) == row.mode.map(crate::mode::Mode::word)),
            ("waivers", self.waived.iter().eq(waivers)),
        ];
        all.into_iter().find(|(_, same)| !same).map(|(what, _)| what)
    }
}
