//! Stage 5: the order of things. A run is a fold over its events.
//!
//! [`decide`] takes a state, a trigger, answers, a policy and a time, and gives the next event; [`RunState::apply`]
//! takes a state and an event, and gives the next state. A replay calls both and compares bytes.

mod admit;
mod advance;
mod again;
mod decide;
mod derived;
mod dispatch;
mod evaluate;
mod precheck;
mod sealed;
mod start;
mod state;
mod submit;
mod take;
mod time;
mod withheld;

pub use advance::Edge;
pub(crate) use advance::by_outcome as edge_by_outcome;
pub use again::{Again, Kept, judge_again};
pub(crate) use decide::{Bench, decide_with, draft};
pub use decide::{Decided, SaltedAnswer, Step, StepFault, Trigger, decide};
pub use derived::{answer as derived_answer, answer_under as derived_answer_under};
pub use dispatch::{DispatchReceipt, Issuing, PacketEnvelope, PacketRecord, Visibility};
pub use evaluate::{ConditionView, StageEvaluation, evaluate_stage};
pub use precheck::{Hypothetical, Precheck, PrecheckAnswer, PrecheckGap, PrecheckInput, precheck};
pub use sealed::{SealFault, SealedState};
pub use start::{Start, StartFault, Started, start};
pub use state::{
    DecisionOutcome, DecisionRecord, Degraded, DegradedReason, RunState, RunStatus, SafeSummary, StateFault,
    TriggerKind,
};
pub(crate) use submit::accept;
pub use submit::{Submission, SubmitFault, SubmittedNow, submit};
pub use time::{ClockRegressed, evaluation_time};
pub(crate) use withheld::Withheld;
