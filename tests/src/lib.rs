//! What the suites share: the built binary, a server spoken to over its standard streams with every line recorded and
//! checked against the protocol's own JSON schema, a folder to run it in, and the clients that other people wrote.
//! Everything here returns faults, so that a suite says where it stood when something went wrong.

mod binary;
mod clients;
mod fault;
mod ledger;
mod server;
mod skip;
pub mod wire;
mod workspace;

pub use binary::{binary, profile_dir, project_root, target_dir, verifier};
pub use clients::{Clients, SESSION_STEPS, Session};
pub use fault::Fault;
pub use ledger::Holder;
pub use server::{Answer, Closed, Launch, Server, send_signal};
pub use skip::skip;
pub use workspace::Workspace;
