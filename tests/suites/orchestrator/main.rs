//! The orchestrator on a real store: what it promises its callers whatever else goes on.

#![cfg(test)]

mod at_hand;
mod binding;
mod concurrency;
mod faults;
mod harness;
mod idempotence;
mod isolation;
mod packets;
mod policies;
mod reading;
mod recall;
mod shapes;
mod time;
