//! The event row and its bodies.
//!
//! What is written here is hashed and kept for ever: a field can be added as an omitted-when-absent option, and
//! nothing else can change without a new [`EVENT_VERSION`].

mod form;

use serde::{Deserialize, Serialize, Serializer};
use serde_json::Value;

use super::commitment::{Commitment, Slot};
use super::merkle::leaf_hash;
use crate::at::Timestamp;
use crate::condition::Truth;
use crate::digest::Digest;
use crate::engine::{DecisionRecord, Degraded, TriggerKind};
use crate::evidence::{EvidenceAnchor, Subject};
use crate::gate::GateEvaluation;
use crate::json;
use crate::json::canonical::form::{append, formed};
use crate::name::{
    CheckId, ConditionId, EnvironmentName, NamespaceId, PacketId, ProviderId, RunId, ScenarioId, SchemaId,
    SchemaVersion, StageId, SubmissionId, TenantId, TriggerId,
};
use crate::policy::Relaxation;
use crate::scenario::Origin;
use crate::scenario::packets::DispatchTarget;
use crate::trust::{Lane, Proof, ReleaseRecord};

/// Version of the row's form.
pub const EVENT_VERSION: u32 = 1;

/// Version of the rules that decided. Released rules are kept for ever; `0` is the public project's, in verify only.
pub const RULES_VERSION: u32 = 1;

/// One acknowledged call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Event {
    /// Whose.
    pub tenant: TenantId,
    /// On which shelf.
    pub namespace: NamespaceId,
    /// Of which run; `None` in the namespace's own stream.
    pub run: Option<RunId>,
    /// Position in its stream, from 1.
    pub seq: u64,
    /// The evaluation time.
    pub at: Timestamp,
    /// Who called, as they claim.
    pub actor: Option<String>,
    /// The caller's idempotency key.
    pub key: Option<String>,
    /// The policy snapshot in force.
    pub policy_digest: Digest,
    /// The run's state after this event.
    pub state_digest: Option<Digest>,
    /// What happened.
    pub body: Body,
}

/// The word for a body.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EventKind {
    /// [`ScenarioDefined`].
    ScenarioDefined,
    /// [`RunStarted`].
    RunStarted,
    /// [`StepDecided`].
    StepDecided,
    /// [`Submitted`].
    Submitted,
    /// [`PolicyActivated`].
    PolicyActivated,
    /// [`SchemaRegistered`].
    SchemaRegistered,
}

impl EventKind {
    /// The word on the wire.
    pub fn word(self) -> &'static str {
        match self {
            Self::ScenarioDefined => "scenario_defined",
            Self::RunStarted => "run_started",
            Self::StepDecided => "step_decided",
            Self::Submitted => "submitted",
            Self::PolicyActivated => "policy_activated",
            Self::SchemaRegistered => "schema_registered",
        }
    }
}

/// What happened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Body {
    /// A version of a scenario became known.
    ScenarioDefined(ScenarioDefined),
    /// A run began.
    RunStarted(Box<RunStarted>),
    /// A trigger was decided.
    StepDecided(Box<StepDecided>),
    /// A document was handed in.
    Submitted(Submitted),
    /// Another policy came into force.
    PolicyActivated(PolicyActivated),
    /// A version of a data shape became known.
    SchemaRegistered(SchemaRegistered),
}

/// A version of a scenario became known.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ScenarioDefined {
    /// Which.
    pub scenario_id: ScenarioId,
    /// The author's version.
    pub spec_version: String,
    /// Digest of the expanded spec.
    pub spec_hash: Digest,
    /// Who wrote it.
    pub origin: Origin,
}

/// A run began. It is bound to this scenario and this spec hash for good.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RunStarted {
    /// Which scenario.
    pub scenario_id: ScenarioId,
    /// Which version of it.
    pub spec_hash: Digest,
    /// Who wrote that.
    pub origin: Origin,
    /// What the run is about.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub subject: Option<Subject>,
    /// Where it is to go.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub environment: Option<EnvironmentName>,
    /// Whom packets go to.
    pub dispatch_targets: Vec<DispatchTarget>,
    /// The packets of the first stage.
    pub packets: Vec<IssuedPacket>,
    /// The `start` decision.
    pub decision: DecisionRecord,
    /// What is looser than the defaults.
    pub relaxations: Vec<Relaxation>,
}

/// A trigger was decided.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StepDecided {
    /// What asked for it.
    pub trigger: TriggerEntry,
    /// The stage that was judged.
    pub stage_id: StageId,
    /// Every condition of the stage, in canonical order.
    pub evidence: Vec<EvidenceEntry>,
    /// Every gate of the stage, in the order of the text.
    pub gates: Vec<GateEvaluation>,
    /// What was decided.
    pub decision: DecisionRecord,
    /// Packets of the stage that was entered.
    pub packets: Vec<IssuedPacket>,
    /// Set when this step degraded the run.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub degraded: Option<Degraded>,
    /// What is looser than the defaults.
    pub relaxations: Vec<Relaxation>,
}

/// What asked for a step.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TriggerEntry {
    /// Its idempotency key.
    pub trigger_id: TriggerId,
    /// Its kind.
    pub kind: TriggerKind,
    /// Where it came from, as claimed.
    pub source_id: String,
    /// Ties calls of several systems together.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub correlation_id: Option<String>,
    /// Commitment to its payload.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub payload: Option<Commitment>,
}

/// One condition as it was judged.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EvidenceEntry {
    /// Which condition.
    pub condition_id: ConditionId,
    /// Who was asked.
    pub provider_id: ProviderId,
    /// What was asked.
    pub check_id: CheckId,
    /// What was established, under the condition's own lane requirement.
    pub status: Truth,
    /// The lane of a usable answer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lane: Option<Lane>,
    /// What that lane rests on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub proof: Option<Proof>,
    /// Why it is Unknown.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub gap: Option<String>,
    /// Where it was seen.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub anchor: Option<EvidenceAnchor>,
    /// Commitment to the answer; none for a derived check, which a replay computes anew.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub answer: Option<Commitment>,
    /// What the release gates came to, of a source of releases.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub release: Option<ReleaseRecord>,
}

/// A packet that was issued.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct IssuedPacket {
    /// Which packet of the entered stage.
    pub packet_id: PacketId,
    /// Digest of its content.
    pub content_hash: Digest,
    /// How many targets it went to.
    pub dispatched: u64,
}

/// A document was handed in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Submitted {
    /// Its idempotency key.
    pub submission_id: SubmissionId,
    /// Media type.
    pub content_type: String,
    /// Commitment to its payload.
    pub payload: Commitment,
    /// Ties calls of several systems together.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub correlation_id: Option<String>,
}

/// Another policy came into force; the row's `policy_digest` names it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PolicyActivated {
    /// The policy that it replaces.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub replaces: Option<Digest>,
}

/// A version of a data shape became known. It never changes, and no decision rests on it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SchemaRegistered {
    /// Which.
    pub schema_id: SchemaId,
    /// Its version.
    pub version: SchemaVersion,
    /// Digest of its canonical JSON.
    pub schema_hash: Digest,
}

/// How a row is written.
#[derive(Serialize)]
struct Row<'a> {
    v: u32,
    rules: u32,
    tenant: TenantId,
    namespace: NamespaceId,
    run: Option<&'a RunId>,
    seq: u64,
    kind: EventKind,
    at: Timestamp,
    actor: Option<&'a str>,
    key: Option<&'a str>,
    policy_digest: Digest,
    state_digest: Option<Digest>,
    #[serde(serialize_with = "write_body")]
    body: &'a Body,
}

/// How a row is read; `kind` says what its body is.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Wire {
    #[serde(rename = "v")]
    _v: u32,
    #[serde(rename = "rules")]
    _rules: u32,
    tenant: TenantId,
    namespace: NamespaceId,
    run: Option<RunId>,
    seq: u64,
    kind: EventKind,
    at: Timestamp,
    actor: Option<String>,
    key: Option<String>,
    policy_digest: Digest,
    state_digest: Option<Digest>,
    body: Value,
}

/// The body by itself: what it is stands in the row.
fn write_body<S: Serializer>(body: &Body, serializer: S) -> Result<S::Ok, S::Error> {
    match body {
        Body::ScenarioDefined(body) => body.serialize(serializer),
        Body::RunStarted(body) => body.serialize(serializer),
        Body::StepDecided(body) => body.serialize(serializer),
        Body::Submitted(body) => body.serialize(serializer),
        Body::PolicyActivated(body) => body.serialize(serializer),
        Body::SchemaRegistered(body) => body.serialize(serializer),
    }
}

/// Why bytes are not an event.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum EventReadError {
    /// Not strict JSON.
    #[error("an event is not strict JSON: {0}")]
    Json(#[source] json::JsonError),
    /// Strict JSON, but not in canonical form.
    #[error("an event is not in canonical form")]
    NotCanonical,
    /// Another form.
    #[error("an event does not have the expected form: {reason}")]
    Shape {
        /// What differs.
        reason: String,
    },
    /// A version of another build.
    #[error("event version {v} under rules {rules} is not known here (known: {EVENT_VERSION} under {RULES_VERSION})")]
    Version {
        /// Version of the row.
        v: u64,
        /// Version of the rules.
        rules: u64,
    },
}

impl EventReadError {
    /// Stable code.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Json(_) | Self::Shape { .. } => "event_invalid",
            Self::NotCanonical => "event_not_canonical",
            Self::Version { .. } => "event_version_unknown",
        }
    }
}

impl Event {
    /// The word for what happened.
    pub fn kind(&self) -> EventKind {
        match &self.body {
            Body::ScenarioDefined(_) => EventKind::ScenarioDefined,
            Body::RunStarted(_) => EventKind::RunStarted,
            Body::StepDecided(_) => EventKind::StepDecided,
            Body::Submitted(_) => EventKind::Submitted,
            Body::PolicyActivated(_) => EventKind::PolicyActivated,
            Body::SchemaRegistered(_) => EventKind::SchemaRegistered,
        }
    }

    /// Its canonical JSON: what is stored, hashed and exported.
    pub fn to_bytes(&self) -> Vec<u8> {
        formed(&self.row())
    }

    /// Appends its canonical JSON.
    pub(crate) fn append_to(&self, out: &mut Vec<u8>) {
        append(&self.row(), out);
    }

    /// Its JSON.
    pub fn to_value(&self) -> Value {
        serde_json::to_value(self.row()).unwrap_or_default()
    }

    fn row(&self) -> Row<'_> {
        Row {
            v: EVENT_VERSION,
            rules: RULES_VERSION,
            tenant: self.tenant,
            namespace: self.namespace,
            run: self.run.as_ref(),
            seq: self.seq,
            kind: self.kind(),
            at: self.at,
            actor: self.actor.as_deref(),
            key: self.key.as_deref(),
            policy_digest: self.policy_digest,
            state_digest: self.state_digest,
            body: &self.body,
        }
    }

    /// Everything that it commits to.
    pub fn commitments(&self) -> Vec<(Slot, Commitment)> {
        match &self.body {
            Body::StepDecided(body) => {
                let evidence = body.evidence.iter().filter_map(|entry| {
                    let commitment = entry.answer?;
                    Some((Slot::Evidence(entry.condition_id.clone()), commitment))
                });
                evidence.chain(body.trigger.payload.map(|commitment| (Slot::Payload, commitment))).collect()
            }
            Body::Submitted(body) => vec![(Slot::Payload, body.payload)],
            Body::ScenarioDefined(_) | Body::RunStarted(_) | Body::PolicyActivated(_) | Body::SchemaRegistered(_) => {
                Vec::new()
            }
        }
    }

    /// The RFC 6962 leaf hash of its bytes.
    pub fn leaf_hash(&self) -> Digest {
        leaf_hash(&self.to_bytes())
    }

    /// Reads an event's canonical bytes back.
    ///
    /// # Errors
    /// [`EventReadError`] when they are not exactly what [`Event::to_bytes`] writes.
    pub fn read(bytes: &[u8]) -> Result<Self, EventReadError> {
        let value = json::parse_exact(bytes, &json::Limits::message(1 << 26)).map_err(EventReadError::Json)?;
        let event = Self::from_value(value)?;
        if event.to_bytes() == bytes { Ok(event) } else { Err(EventReadError::NotCanonical) }
    }

    /// The policy that an event's bytes name, where they name one; nothing else of them is looked at.
    pub fn policy_named(bytes: &[u8]) -> Option<Digest> {
        #[derive(Deserialize)]
        struct Named {
            policy_digest: Digest,
        }
        serde_json::from_slice::<Named>(bytes).ok().map(|it| it.policy_digest)
    }

    /// The state that an event's bytes name, where they name one; nothing else of them is looked at.
    pub fn state_named(bytes: &[u8]) -> Option<Digest> {
        #[derive(Deserialize)]
        struct Named {
            state_digest: Option<Digest>,
        }
        serde_json::from_slice::<Named>(bytes).ok().and_then(|it| it.state_digest)
    }

    /// Reads an event from its JSON, whose form on the wire is not checked here.
    ///
    /// # Errors
    /// [`EventReadError`] when it has another form or version.
    pub fn from_value(value: Value) -> Result<Self, EventReadError> {
        let shape = |error: serde_json::Error| EventReadError::Shape { reason: error.to_string() };
        // The versions come first: a row of another build may well have other fields.
        let version = |name| value.get(name).and_then(Value::as_u64);
        if let (Some(v), Some(rules)) = (version("v"), version("rules"))
            && (v, rules) != (u64::from(EVENT_VERSION), u64::from(RULES_VERSION))
        {
            return Err(EventReadError::Version { v, rules });
        }
        let wire: Wire = serde_json::from_value(value).map_err(shape)?;
        let body = match wire.kind {
            EventKind::ScenarioDefined => serde_json::from_value(wire.body).map(Body::ScenarioDefined),
            EventKind::RunStarted => serde_json::from_value(wire.body).map(Body::RunStarted),
            EventKind::StepDecided => serde_json::from_value(wire.body).map(Body::StepDecided),
            EventKind::Submitted => serde_json::from_value(wire.body).map(Body::Submitted),
            EventKind::PolicyActivated => serde_json::from_value(wire.body).map(Body::PolicyActivated),
            EventKind::SchemaRegistered => serde_json::from_value(wire.body).map(Body::SchemaRegistered),
        };
        Ok(Self {
            tenant: wire.tenant,
            namespace: wire.namespace,
            run: wire.run,
            seq: wire.seq,
            at: wire.at,
            actor: wire.actor,
            key: wire.key,
            policy_digest: wire.policy_digest,
            state_digest: wire.state_digest,
            body: body.map_err(shape)?,
        })
    }
}
