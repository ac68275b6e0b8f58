//! The traits that touch the world.

pub mod clock;
pub mod log;
pub mod observer;
pub mod provider;
pub mod rows;
pub mod store;
mod store_error;

pub use clock::{Clock, Entropy, EntropyError, ManualClock, SystemClock, SystemEntropy};
pub use log::{
    Counts, Integrated, KeptCheckpoint, LogEntry, Pruning, RawEvent, RawHead, RawPage, RawValue, ScannedEvent, Tree,
};
pub use observer::Observer;
pub use provider::{EvidenceContext, Provider};
pub use rows::{Cell, RowsOf, Table};
pub use store::{
    Append, Appended, EventPage, Mark, PutScenario, PutSchema, RunHead, ScenarioListing, SchemaListing, Scope, Store,
    StoredEvent, StoredScenario, StoredSchema, StoredValue, Stream,
};
pub use store_error::StoreError;
