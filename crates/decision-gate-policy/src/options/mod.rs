//! The options of all gates: `PolicyGates` as the seeds write it, merged overlay by overlay.
//!
//! A document is a parsed tree, whatever it was written in. [`PolicyDocument::overlay`] checks its keys and merges it
//! field by field over what is there, remembering which layer each value came from; [`PolicyDocument::policy`] reads
//! the options that are in force for every environment and tenant that is named, so that a wrong value is an error
//! even where nothing uses it yet. Faults carry key paths; the reader of the file adds positions.

mod check;
mod document;
mod effective;
mod fault;
mod flat;
mod overlays;
mod schema;
mod values;

pub use document::{BUILT_IN, PolicyDocument, Setting};
pub use effective::{EffectiveGate, EffectiveOption};
pub use fault::OptionFault;
pub(crate) use flat::{Flat, Switch, flat};
pub use overlays::{Overlay, Overlays};
pub use schema::{document_schema, of as schema_of};
pub(crate) use values::names;
pub use values::{Action, FailedEvidence, MinLane, WaiverRules, read_options};
