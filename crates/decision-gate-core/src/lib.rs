//! The room without windows: everything that decides, and nothing that reads, waits or guesses.
//!
//! ```text
//! bytes ─▶ json ─▶ evidence ─▶ trust ─▶ condition ─▶ gate ─▶ engine ─▶ ledger ─▶ runpack
//!          strict   value,      lane,    tri-state    tree     decision  events    offline
//!          scan     anchor      anchor                                             proof
//! ```
//!
//! Read the modules in that order; each may use those before it and none after. No function here touches a
//! clock, a file, a socket or a random number: time, answers and salts are arguments, so that a live run, a
//! precheck, a CI check and an auditor's replay all call the same code and get the same bytes.

#![warn(clippy::wildcard_enum_match_arm)]

pub mod at;
pub mod digest;
pub mod json;
pub mod name;

pub mod evidence;

pub mod dsse;
pub mod intoto;
pub mod keys;

pub mod trust;

pub mod condition;
pub mod contract;
pub mod gate;
pub mod policy;
pub mod scenario;

pub mod engine;
pub mod explain;
pub mod ledger;
pub mod runpack;
