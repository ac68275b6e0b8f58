//! What an author wrote, and the checked scenario that a run is bound to.
//!
//! [`ScenarioSpec`] is the written form; [`Scenario`] is one that was proved: ids are unique, every reference
//! resolves, no tree is empty, every condition fits its provider's contract. Only a [`Scenario`] can be run.

mod checked;
mod condition;
mod fault;
pub mod lint;
pub mod packets;
mod sentences;
mod short;
mod spec;
mod stage;
mod written;

pub use checked::{Gate, Origin, Scenario, Stage, Warning};
pub use condition::{Bounds, EdgePolicy, check_query, nearest, pointer_of};
pub use fault::{SpecFault, SpecFaults, SpecProblem};
pub use sentences::sentences;
pub use short::ShortFault;
pub use spec::{ConditionSpec, Expected, GateSpec, PacketSpec, PolicyRef, ScenarioSpec, SchemaRef};
pub use stage::{AdvanceTo, BranchRule, GateOutcome, StageSpec, TimeoutPolicy, TimeoutSpec};
