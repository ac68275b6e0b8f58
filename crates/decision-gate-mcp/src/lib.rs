//! The MCP server: transport, handler, and a file per tool.
//!
//! ```text
//! line ─▶ transport ───────▶ handler ──▶ tool ─▶ answer ─▶ line
//!         framing, limits,   era,        its
//!         strict JSON, ids   method      types
//! ```
//!
//! [`serve()`] runs it on a pair of streams. Nothing here decides anything about evidence or gates: a tool
//! translates between the protocol and the crates that do.

mod app;
mod catalog;
mod docs;
mod error;
mod federation;
mod handler;
mod library;
mod live;
mod prompts;
mod reload;
mod resources;
mod serve;
#[cfg_attr(not(feature = "otlp"), expect(dead_code, reason = "a collector is told by the feature `otlp`"))]
mod telemetry;
pub mod tools;
mod transport;
mod words;

pub use self::{
    app::{App, CheckpointRules, ExportError, Packs, PacksError, ReloadError, SetupError, witness_policy},
    catalog::{ModelCost, Visibility},
    error::ServeError,
    federation::{FederatedProvider, FederationError},
    live::Live,
    reload::Reloader,
    serve::{ServeOptions, WireLimits, serve, until_signal},
    telemetry::{Telemetry, TelemetryFault},
};
