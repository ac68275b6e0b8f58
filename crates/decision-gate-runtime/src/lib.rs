//! The ports to the outside and the one order in which they are used: snapshot, fetch, decide, append, retry.
//!
//! Providers return bytes or "absent", never a verdict; a store keeps events and says when somebody else was
//! faster; the clock is read once, after the last answer has come in. Everything between is `decision-gate-core`.

mod error;
mod fetch;
pub mod ledger;
mod meter;
mod orchestrator;
pub mod ports;

pub use error::RuntimeError;
pub use fetch::{ProviderSet, Registered};
pub use meter::Meter;
pub use orchestrator::{
    BacktestRequest, Caller, DataShapeName, DecisionView, Defined, DraftPolicy, ExportRequest, Forgotten,
    MAX_DESCRIPTION_BYTES, Orchestrator, Parts, PinnedScenario, PinnedSchema, PrecheckRequest, PrecheckSource,
    Prechecked, QueryReply, QueryRequest, RELEASE_PROVIDER, RegisterRequest, ReleaseReply, ReleaseRequest, RunView,
    SchemaLine, SchemaOrigin, SchemaView, Shelves, StartReply, StartRequest, StepReply, StepRequest, SubmitReply,
    SubmitRequest, take_scanned,
};
pub use ports::{Clock, Entropy, EvidenceContext, Provider, Store};
