//! Federation: servers of other people as evidence providers.
//!
//! ```text
//! query ─▶ mapping ───▶ supervisor ─▶ session ──▶ transport ─▶ process
//!          check→tool   start, kill,  handshake,  strict JSON,  its group,
//!          arguments    back off      tools       ids, caps     its stderr
//! ```
//!
//! A provider is started by the first query that needs it and never by the server's own start. What it sends is
//! translated into an answer and believed in nothing: it can lower its lane, claim a hash and attach a signature, all
//! of which core judges. Whatever it does instead of answering costs the conditions that asked it, and no others.

mod answer;
mod contract;
mod derive;
mod error;
mod evidence;
mod fault;
mod launch;
mod mapping;
mod meter;
mod process;
mod provider;
mod session;
mod supervisor;
mod transport;
mod v0;

pub(crate) use self::{derive::derive_contract, provider::Texts};
pub use self::{error::FederationError, provider::FederatedProvider};
