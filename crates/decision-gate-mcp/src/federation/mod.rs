//! Federation: servers of other people as evidence providers.
//!
//! ```text
//! query ─▶ mapping ───▶ supervisor ─▶ session ──▶ questions ───▶ transport ─▶ process
//!          check→tool   start, kill,  handshake,  strict JSON,   pipe         its group,
//!          arguments    back off      tools       ids, caps      its stderr
//!                                                             └▶ remote ────▶ endpoint
//!                                                                HTTP, events  guards, TLS
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
#[cfg(feature = "http")]
mod letter;
mod mapping;
mod meter;
mod process;
mod provider;
mod questions;
#[cfg(feature = "http")]
mod remote;
mod session;
#[cfg(feature = "http")]
mod sse;
mod supervisor;
mod transport;
mod v0;

pub(crate) use self::{derive::derive_contract, provider::Texts};
pub use self::{error::FederationError, provider::FederatedProvider};
