//! Documents that are handed in.

use std::sync::Arc;

use decision_gate_core::at::Timestamp;
use decision_gate_core::engine::{self, SealedState, Submission, evaluation_time};
use decision_gate_core::json::canonical;
use decision_gate_core::ledger::{Body, Commitment, Event, Salt, Slot, Submitted};
use decision_gate_core::name::{RunId, ScenarioId, SubmissionId};
use decision_gate_core::scenario::packets::PacketPayload;

use super::retry::TRIES;
use super::{Caller, Orchestrator};
use crate::error::RuntimeError;
use crate::ports::{Append, StoreError, StoredEvent, Stream};

/// What is handed in.
#[derive(Clone, Debug)]
pub struct SubmitRequest {
    /// To which run.
    pub run_id: RunId,
    /// When given, the run must be bound to it.
    pub scenario_id: Option<ScenarioId>,
    /// Idempotency key; made up when left out.
    pub submission_id: Option<SubmissionId>,
    /// The document.
    pub payload: PacketPayload,
    /// Its media type.
    pub content_type: String,
    /// The caller's time.
    pub time: Option<Timestamp>,
    /// Ties calls of several systems together.
    pub correlation_id: Option<String>,
}

/// A submission that was taken, now or before.
#[derive(Clone, Debug)]
pub struct SubmitReply {
    /// Its idempotency key.
    pub submission_id: SubmissionId,
    /// The salted commitment to the document.
    pub commitment: Commitment,
    /// When it was taken.
    pub submitted_at: Timestamp,
    /// Its media type.
    pub content_type: String,
    /// The run as it stands now.
    pub state: Arc<SealedState>,
    /// Whether it was taken before.
    pub repeated: bool,
}

impl Orchestrator {
    /// Takes a document. What is returned is on disk.
    ///
    /// # Errors
    /// [`RuntimeError`] when it was not taken; nothing was written then.
    pub async fn submit(&self, caller: &Caller, request: &SubmitRequest) -> Result<SubmitReply, RuntimeError> {
        let scope = self.declared(caller)?;
        let (mut epoch, mut policy) = self.in_force(scope).await?;
        let stream = Stream { scope, run: Some(request.run_id.clone()) };
        let submission_id = self.submission_id(request)?;
        let salt = self.parts.entropy.salt()?;
        let turn = self.turn(scope, &request.run_id);
        let _turn = turn.lock().await;
        for tried in 1..=TRIES {
            let head = self.head(scope, &request.run_id, request.scenario_id.as_ref()).await?;
            if let Some(stored) = self.parts.store.by_key(&stream, "submitted", submission_id.as_str()).await? {
                return self.same_submission(request, &stream, &stored, head.state).await;
            }
            let skew = policy.snapshot().time.max_skew_ms;
            let at = evaluation_time(self.clock(request.time)?, Some(head.state.last_event_at), skew)?;
            let taken = engine::submit(Submission {
                state: &head.state,
                submission_id: &submission_id,
                payload: &request.payload,
                content_type: &request.content_type,
                salt,
                correlation_id: request.correlation_id.as_deref(),
                policy: &policy,
                at,
                actor: caller.actor.as_deref(),
            })?;
            let commitment = taken.value.commitment();
            let state = Arc::new(taken.state);
            let append = Append {
                stream: stream.clone(),
                event: taken.event,
                values: vec![taken.value],
                state: Some(Arc::clone(&state)),
                follows: Some(head.state.digest()),
                policy_epoch: Some(epoch),
                marks: Vec::new(),
            };
            match self.parts.store.append(&append).await {
                Ok(_) => {
                    self.written.keep(&stream, &state);
                    let content_type = request.content_type.clone();
                    let repeated = false;
                    return Ok(SubmitReply {
                        submission_id,
                        commitment,
                        submitted_at: at,
                        content_type,
                        state,
                        repeated,
                    });
                }
                Err(StoreError::Conflict { .. }) => self.stand_back(tried).await?,
                Err(StoreError::PolicyEpoch { .. }) => (epoch, policy) = self.reread_policy(scope).await?,
                Err(error) => return Err(error.into()),
            }
        }
        Err(RuntimeError::RunConflict { run: request.run_id.to_string() })
    }

    fn submission_id(&self, request: &SubmitRequest) -> Result<SubmissionId, RuntimeError> {
        match &request.submission_id {
            Some(id) => Ok(id.clone()),
            None => SubmissionId::try_from(self.fresh_id("submission")?)
                .map_err(|error| RuntimeError::Stored { what: "submission", reason: error.to_string() }),
        }
    }

    async fn same_submission(
        &self,
        request: &SubmitRequest,
        stream: &Stream,
        stored: &StoredEvent,
        state: Arc<SealedState>,
    ) -> Result<SubmitReply, RuntimeError> {
        let damaged = |reason: String| RuntimeError::Stored { what: "event", reason };
        let event = Event::read(&stored.bytes).map_err(|error| damaged(error.to_string()))?;
        let Body::Submitted(Submitted { submission_id, content_type, payload: commitment, .. }) = event.body else {
            return Err(damaged("a submission has another kind".into()));
        };
        let bytes = canonical::of(&request.payload).unwrap_or_default();
        let salt = self.payload_salt(stream, stored.seq).await?;
        let same = salt.is_some_and(|salt| Commitment::to(&salt, &bytes) == commitment);
        if same && content_type == request.content_type {
            Ok(SubmitReply { submission_id, commitment, submitted_at: event.at, content_type, state, repeated: true })
        } else {
            Err(RuntimeError::SubmissionConflict { submission: submission_id.to_string() })
        }
    }

    /// The salt of an event's payload; `None` once it was pruned.
    pub(super) async fn payload_salt(&self, stream: &Stream, seq: u64) -> Result<Option<Salt>, RuntimeError> {
        let page = self.parts.store.events(stream, seq, 1).await?;
        Ok(page.values.into_iter().find(|it| it.seq == seq && it.value.slot == Slot::Payload).map(|it| it.value.salt))
    }
}
