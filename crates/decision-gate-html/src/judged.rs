//! Judgements: each gate of a stage as a tree, with the evidence at its leaves.

use std::collections::BTreeSet;

use askama::Template;
use askama::filters::HtmlSafe;
use decision_gate_core::condition::Truth;
use decision_gate_core::engine::StageEvaluation;
use decision_gate_core::gate::Requirement;
use decision_gate_core::ledger::{Body, StepDecided};
use decision_gate_core::name::ConditionId;
use decision_gate_core::runpack::{Account, Told};
use decision_gate_core::scenario::GateSpec;
use decision_gate_core::trust::Lane;

use crate::Verified;
use crate::badge::Badge;
use crate::evidence::{self, Leaf, Seen};
use crate::shown::Shown;

/// How many judgements a page shows, counted from the run's end.
const JUDGEMENTS: usize = 24;

/// How many leaves of one gate.
const LEAVES: usize = 200;

/// A stage as it was judged at one time.
pub(crate) struct Judgement {
    pub(crate) seq: u64,
    pub(crate) stage: Shown,
    pub(crate) at: Shown,
    pub(crate) badge: Badge,
    pub(crate) gates: Vec<Gate>,
    /// The latest one is shown unfolded.
    pub(crate) open: bool,
}

/// A gate as it was judged.
pub(crate) struct Gate {
    pub(crate) id: Shown,
    pub(crate) badge: Badge,
    /// The lane that it asks of all its evidence, where it says so.
    pub(crate) lane: Option<&'static str>,
    pub(crate) root: Node,
    /// How many leaves are left out.
    pub(crate) left_out: usize,
}

/// A part of a gate's tree.
#[derive(Template)]
#[template(path = "node.html")]
pub(crate) struct Node {
    part: Part,
}

/// What a part is.
enum Part {
    /// Several parts.
    Group {
        /// How many of them must hold.
        label: Shown,
        /// They.
        parts: Vec<Node>,
    },
    /// A condition.
    Leaf(Box<Leaf>),
}

impl Node {
    fn group(label: &str, parts: Vec<Self>) -> Self {
        Self { part: Part::Group { label: Shown::line(label), parts } }
    }
}

/// Its own template escapes what is in it.
impl HtmlSafe for Node {}

/// The numbers of the judged events that a page shows.
pub(crate) fn shown(verified: &Verified<'_>) -> BTreeSet<u64> {
    judged(verified).rev().take(JUDGEMENTS).map(|told| told.event.seq).collect()
}

/// How many earlier judgements a page leaves out.
pub(crate) fn left_out(verified: &Verified<'_>) -> usize {
    let events = verified.account().map(|it| it.events.as_slice()).unwrap_or_default();
    let decided = |told: &&Told| matches!(&told.event.body, Body::StepDecided(body) if !body.gates.is_empty());
    events.iter().filter(decided).count().saturating_sub(shown(verified).len())
}

fn judged<'a>(verified: &Verified<'a>) -> impl DoubleEndedIterator<Item = &'a Told> {
    let events = verified.account().map(|it| it.events.as_slice()).unwrap_or_default();
    events.iter().filter(|told| told.evaluation.is_some())
}

/// The judgements, latest first.
pub(crate) fn of(verified: &Verified<'_>) -> Vec<Judgement> {
    let Some(account) = verified.account() else { return Vec::new() };
    let latest = judged(verified).rev().take(JUDGEMENTS);
    latest.enumerate().filter_map(|(index, told)| judgement(account, told, index == 0)).collect()
}

fn judgement(account: &Account, told: &Told, open: bool) -> Option<Judgement> {
    let (Body::StepDecided(body), Some(evaluation)) = (&told.event.body, &told.evaluation) else { return None };
    let body: &StepDecided = body;
    let stage = account.scenario.stage(&body.stage_id)?;
    let gates = stage.spec.gates.iter().map(|gate| Branches { account, told, evaluation, gate, room: LEAVES }.gate());
    Some(Judgement {
        seq: told.event.seq,
        stage: Shown::line(&body.stage_id),
        at: Shown::line(told.event.at),
        badge: Badge::outcome(&body.decision.outcome),
        gates: gates.collect(),
        open,
    })
}

/// A gate's tree on its way into a view.
struct Branches<'a> {
    account: &'a Account,
    told: &'a Told,
    evaluation: &'a StageEvaluation,
    gate: &'a GateSpec,
    room: usize,
}

impl Branches<'_> {
    fn gate(mut self) -> Gate {
        let status = self.evaluation.gates.iter().find(|it| it.gate_id == self.gate.gate_id).map(|it| it.status);
        let mut leaves = 0_usize;
        self.gate.requirement.leaves(&mut |_| leaves += 1);
        let requirement = &self.gate.requirement;
        let root = self.node(requirement, Truth::True).unwrap_or_else(|| Node::group("", Vec::new()));
        Gate {
            id: Shown::line(&self.gate.gate_id),
            badge: Badge::truth(status.unwrap_or(Truth::Unknown)),
            lane: self.gate.trust.map(|it| Lane::word(it.min_lane)),
            root,
            left_out: leaves.saturating_sub(LEAVES),
        }
    }

    /// `wanted` is the truth that would help: True, or under an odd number of `Not`s, False. Nothing where there is no
    /// room left.
    fn node(&mut self, node: &Requirement, wanted: Truth) -> Option<Node> {
        let (label, parts) = match node {
            Requirement::Condition(id) => return self.leaf(id, wanted),
            Requirement::And(parts) => ("all of".to_owned(), parts.as_slice()),
            Requirement::Or(parts) => ("any of".to_owned(), parts.as_slice()),
            Requirement::Not(part) => ("not".to_owned(), std::slice::from_ref(&**part)),
            Requirement::RequireGroup { min, reqs } => (format!("at least {min} of"), reqs.as_slice()),
        };
        let wanted = if matches!(node, Requirement::Not(_)) { !wanted } else { wanted };
        let parts: Vec<_> = parts.iter().filter_map(|part| self.node(part, wanted)).collect();
        (!parts.is_empty()).then(|| Node::group(&label, parts))
    }

    fn leaf(&mut self, id: &ConditionId, wanted: Truth) -> Option<Node> {
        self.room = self.room.checked_sub(1)?;
        let leaf = evidence::leaf(self.account, self.told, self.evaluation, self.gate, id, wanted);
        Some(Node { part: Part::Leaf(Box::new(leaf)) })
    }
}
