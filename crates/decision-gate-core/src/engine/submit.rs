//! Documents that are handed in: kept and committed to, never judged.

use super::decide::seal;
use super::sealed::SealedState;
use super::state::{RunState, StateFault};
use crate::at::Timestamp;
use crate::json::{JsonError, canonical};
use crate::ledger::{Body, Event, Salt, SideValue, Slot, Submitted};
use crate::name::SubmissionId;
use crate::policy::Policy;
use crate::scenario::packets::PacketPayload;

/// Everything that a submission depends on.
#[derive(Clone, Copy, Debug)]
pub struct Submission<'a> {
    /// The run so far.
    pub state: &'a RunState,
    /// Its idempotency key.
    pub submission_id: &'a SubmissionId,
    /// The document.
    pub payload: &'a PacketPayload,
    /// Its media type.
    pub content_type: &'a str,
    /// The salt of its commitment.
    pub salt: Salt,
    /// Ties calls of several systems together.
    pub correlation_id: Option<&'a str>,
    /// What is in force.
    pub policy: &'a Policy,
    /// When.
    pub at: Timestamp,
    /// Who called, as they claim.
    pub actor: Option<&'a str>,
}

/// A submission that was taken.
#[derive(Clone, Debug)]
pub struct SubmittedNow {
    /// The event to append.
    pub event: Event,
    /// The document.
    pub value: SideValue,
    /// The state after it.
    pub state: SealedState,
}

/// Why a submission is refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SubmitFault {
    /// Over the size limit.
    #[error("the payload has {actual} bytes, the limit is {limit}")]
    TooLarge {
        /// Its size.
        actual: u64,
        /// The limit.
        limit: u64,
    },
    /// The payload has no canonical form.
    #[error("the payload can't be kept: {0}")]
    Payload(#[source] JsonError),
    /// The event does not follow the state.
    #[error(transparent)]
    State(#[from] StateFault),
}

impl SubmitFault {
    /// Stable code.
    pub fn code(&self) -> &'static str {
        match self {
            Self::TooLarge { .. } => "payload_too_large",
            Self::Payload(error) => error.code(),
            Self::State(fault) => fault.code(),
        }
    }
}

/// Takes a submission.
///
/// # Errors
/// [`SubmitFault`] when it is too large or the run can't take it.
pub fn submit(input: Submission<'_>) -> Result<SubmittedNow, SubmitFault> {
    let actual = u64::try_from(input.payload.size()).unwrap_or(u64::MAX);
    let limit = input.policy.snapshot().limits.max_payload_bytes;
    if actual > limit {
        return Err(SubmitFault::TooLarge { actual, limit });
    }
    let canonical = canonical::of(input.payload).map_err(SubmitFault::Payload)?;
    let value = SideValue { slot: Slot::Payload, salt: input.salt, canonical };
    let body = Submitted {
        submission_id: input.submission_id.clone(),
        content_type: input.content_type.to_owned(),
        payload: value.commitment(),
        correlation_id: input.correlation_id.map(str::to_owned),
    };
    let (event, state) = accept(input.state, body, input.policy, input.at, input.actor)?;
    Ok(SubmittedNow { event, value, state })
}

/// The event of a submission whose payload is committed to already.
pub(crate) fn accept(
    state: &RunState,
    body: Submitted,
    policy: &Policy,
    at: Timestamp,
    actor: Option<&str>,
) -> Result<(Event, SealedState), StateFault> {
    let event = Event {
        tenant: state.tenant,
        namespace: state.namespace,
        run: Some(state.run.clone()),
        seq: state.seq + 1,
        at,
        actor: actor.map(str::to_owned),
        key: Some(body.submission_id.as_str().to_owned()),
        policy_digest: policy.digest(),
        state_digest: None,
        body: Body::Submitted(body),
    };
    seal(Some(state.clone()), event)
}
