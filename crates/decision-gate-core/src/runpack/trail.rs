//! A run as it is packed: its scenario, its events, the policies in force, and what is kept of its values.
//!
//! Build and verify both make one of these, from the ledger and from a pack's own files; everything else in a
//! pack follows from it.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::condition::{Gap, Truth};
use crate::digest::Digest;
use crate::engine::{Bench, SaltedAnswer, StageEvaluation, Withheld};
use crate::evidence::{Answer, EvidenceError, EvidenceResult};
use crate::ledger::{
    Body, Commitment, CompactRange, Event, EvidenceEntry, RunStarted, Salt, Slot, StepDecided, leaf_hash,
};
use crate::name::{NamespaceId, RunId, TenantId};
use crate::policy::{Policy, Relaxation};
use crate::scenario::Scenario;
use crate::scenario::packets::PacketPayload;
use crate::trust::{Lane, Occasion, Proof};

/// An event with its bytes.
#[derive(Clone, Debug)]
pub(crate) struct Recorded {
    pub(crate) event: Event,
    pub(crate) bytes: Vec<u8>,
}

/// Why a value is not in a pack.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Withholding {
    /// The policy does not allow it to be shown.
    Redacted,
    /// The ledger has it no longer.
    Pruned,
}

impl Withholding {
    /// The word on the wire.
    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::Redacted => "redacted",
            Self::Pruned => "pruned",
        }
    }
}

/// What is kept of a value.
#[derive(Clone, Debug)]
pub(crate) enum Kept {
    /// All of it.
    Present { salt: Salt, canonical: Vec<u8>, value: Value },
    /// That it was there, and of evidence what may be shown.
    Withheld { why: Withholding, result: Option<Box<EvidenceResult>> },
}

/// Which value: position of its event, and its place there.
pub(crate) type Place = (u64, Slot);

/// A run as it is packed. Its first event starts it.
#[derive(Debug)]
pub(crate) struct Trail {
    pub(crate) scenario: Scenario,
    pub(crate) tenant: TenantId,
    pub(crate) namespace: NamespaceId,
    pub(crate) run: RunId,
    pub(crate) started: RunStarted,
    pub(crate) records: Vec<Recorded>,
    pub(crate) policies: BTreeMap<Digest, Policy>,
    pub(crate) values: BTreeMap<Place, Kept>,
}

/// The answers that an event was decided on.
#[derive(Debug, Default)]
pub(crate) struct Inputs<'a> {
    pub(crate) answers: Vec<SaltedAnswer>,
    pub(crate) payload: Option<(PacketPayload, Salt)>,
    pub(crate) withheld: Withheld<'a>,
    /// Places whose values are not what they should be.
    pub(crate) unreadable: Vec<(Place, String)>,
}

/// What the rest of a pack says of the events, taken while they pass by.
#[derive(Debug, Default)]
pub(crate) struct Outline {
    range: CompactRange,
    relaxations: BTreeSet<Relaxation>,
    /// Events with evidence that somebody signed, each with its place in the run.
    pub(crate) signed: Vec<(usize, Event)>,
}

impl Outline {
    /// Of all events of a run.
    pub(crate) fn of(records: &[Recorded]) -> Self {
        let mut outline = Self::default();
        for Recorded { event, bytes } in records {
            if outline.take(event, bytes) {
                outline.keep(event.clone());
            }
        }
        outline
    }

    /// Takes the next event; says whether it is one to keep.
    pub(crate) fn take(&mut self, event: &Event, bytes: &[u8]) -> bool {
        self.range.push(leaf_hash(bytes));
        let (relaxations, evidence) = match &event.body {
            Body::RunStarted(body) => (body.relaxations.as_slice(), [].as_slice()),
            Body::StepDecided(body) => (body.relaxations.as_slice(), body.evidence.as_slice()),
            Body::Submitted(_) | Body::ScenarioDefined(_) | Body::PolicyActivated(_) | Body::SchemaRegistered(_) => {
                return false;
            }
        };
        self.relaxations.extend(relaxations.iter().copied());
        let signed = |proof: &Proof| match proof {
            Proof::Pulled | Proof::Derived | Proof::Supplied => false,
            Proof::Checked(_) | Proof::Attested(_) | Proof::Released(_) => true,
        };
        evidence.iter().any(|entry| entry.proof.as_ref().is_some_and(signed))
    }

    /// Keeps the event that was taken last.
    pub(crate) fn keep(&mut self, event: Event) {
        let place = usize::try_from(self.size()).unwrap_or(usize::MAX).saturating_sub(1);
        self.signed.push((place, event));
    }

    /// How many events there are.
    pub(crate) fn size(&self) -> u64 {
        self.range.size()
    }

    /// The RFC 6962 root over them.
    pub(crate) fn root(&self) -> Digest {
        self.range.root()
    }

    /// What any decision loosened, sorted and distinct.
    pub(crate) fn relaxations(&self) -> Vec<Relaxation> {
        self.relaxations.iter().copied().collect()
    }
}

impl Trail {
    /// Puts a run together; `None` when the first event does not start it.
    pub(crate) fn new(
        scenario: Scenario,
        records: Vec<Recorded>,
        policies: BTreeMap<Digest, Policy>,
        values: BTreeMap<Place, Kept>,
    ) -> Option<Self> {
        let mut trail = Self::begin(scenario, &records.first()?.event, policies)?;
        (trail.records, trail.values) = (records, values);
        Some(trail)
    }

    /// The same without events and values: those are looked at one by one.
    pub(crate) fn begin(scenario: Scenario, first: &Event, policies: BTreeMap<Digest, Policy>) -> Option<Self> {
        let Body::RunStarted(started) = &first.body else {
            return None;
        };
        let (tenant, namespace, started) = (first.tenant, first.namespace, started.as_ref().clone());
        let run = first.run.clone()?;
        let (records, values) = (Vec::new(), BTreeMap::new());
        Some(Self { scenario, tenant, namespace, run, started, records, policies, values })
    }

    /// The policy that an event was decided under.
    pub(crate) fn policy(&self, event: &Event) -> Option<&Policy> {
        self.policies.get(&event.policy_digest)
    }

    /// What a step was decided on.
    pub(crate) fn inputs<'a>(&self, seq: u64, body: &'a StepDecided) -> Inputs<'a> {
        let mut inputs = Inputs::default();
        for entry in &body.evidence {
            if entry.answer.is_some() {
                self.take_answer(seq, entry, &mut inputs);
            }
        }
        if let Some(commitment) = body.trigger.payload {
            match self.payload(seq) {
                Some(Ok(payload)) => inputs.payload = Some(payload),
                Some(Err(reason)) => inputs.unreadable.push(((seq, Slot::Payload), reason)),
                None => inputs.withheld.payload = Some(commitment),
            }
        }
        inputs
    }

    fn take_answer<'a>(&self, seq: u64, entry: &'a EvidenceEntry, inputs: &mut Inputs<'a>) {
        let place = (seq, Slot::Evidence(entry.condition_id.clone()));
        match self.values.get(&place) {
            Some(Kept::Present { salt, value, .. }) => match Answer::deserialize(value) {
                Ok(answer) => {
                    let condition_id = entry.condition_id.clone();
                    inputs.answers.push(SaltedAnswer { condition_id, answer, salt: *salt });
                }
                Err(error) => inputs.unreadable.push((place, error.to_string())),
            },
            Some(Kept::Withheld { result: Some(result), .. }) => inputs.withheld.take(entry, result.as_ref().clone()),
            Some(Kept::Withheld { result: None, .. }) | None => inputs.withheld.take(entry, remains(entry)),
        }
    }

    /// The payload of an event; `None` when it is withheld.
    pub(crate) fn payload(&self, seq: u64) -> Option<Result<(PacketPayload, Salt), String>> {
        match self.values.get(&(seq, Slot::Payload))? {
            Kept::Present { salt, value, .. } => {
                let payload = PacketPayload::deserialize(value).map_err(|error| error.to_string());
                Some(payload.map(|payload| (payload, *salt)))
            }
            Kept::Withheld { .. } => None,
        }
    }

    /// The payload that an event commits to, where it is at hand and reads.
    pub(crate) fn payload_of(&self, event: &Event) -> Option<PacketPayload> {
        let commits = match &event.body {
            Body::StepDecided(body) => body.trigger.payload.is_some(),
            Body::Submitted(_) => true,
            Body::RunStarted(_) | Body::ScenarioDefined(_) | Body::PolicyActivated(_) | Body::SchemaRegistered(_) => {
                false
            }
        };
        if commits { self.payload(event.seq)?.ok().map(|(payload, _)| payload) } else { None }
    }

    /// The occasion of an event: what signatures of its evidence must be about.
    fn occasion(&self, event: &Event) -> Occasion<'_> {
        Occasion {
            tenant: self.tenant,
            namespace: self.namespace,
            run: Some(&self.run),
            subject: self.started.subject.as_ref(),
            environment: self.started.environment.as_ref(),
            at: event.at,
        }
    }

    /// The judgement behind a step, from what is kept; `None` when nothing was judged.
    pub(crate) fn evaluate(&self, event: &Event, body: &StepDecided) -> Option<StageEvaluation> {
        if body.gates.is_empty() && body.evidence.is_empty() {
            return None;
        }
        let stage = self.scenario.stage(&body.stage_id)?;
        let policy = self.policy(event)?;
        let inputs = self.inputs(event.seq, body);
        let answers = inputs.answers.iter().map(|it| (&it.condition_id, it)).collect();
        let bench = Bench {
            scenario: &self.scenario,
            policy,
            occasion: self.occasion(event),
            answers,
            withheld: &inputs.withheld,
        };
        Some(bench.judge(stage))
    }
}

/// Everything that an event commits to.
pub(crate) fn commitments(event: &Event) -> Vec<(Slot, Commitment)> {
    event.commitments()
}

/// What an event alone says about a piece of evidence whose answer is gone.
pub(crate) fn remains(entry: &EvidenceEntry) -> EvidenceResult {
    let not_an_error = [Gap::ValueAbsent.code(), "type_mismatch", "trust_lane"];
    let code = entry.gap.as_deref().filter(|code| entry.status == Truth::Unknown && !not_an_error.contains(code));
    let error = code.map(|code| EvidenceError {
        code: code.to_owned(),
        message: "the answer is not in this pack".into(),
        details: None,
    });
    EvidenceResult {
        value: None,
        lane: entry.lane.unwrap_or(Lane::Verified),
        error,
        evidence_hash: None,
        evidence_ref: None,
        evidence_anchor: entry.anchor.clone(),
        signature: None,
        content_type: None,
    }
}
