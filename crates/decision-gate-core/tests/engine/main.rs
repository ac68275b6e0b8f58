//! The engine as a whole: cases, laws, the frozen format, and the public project's comparators.

#![cfg(test)]

mod case;
mod conformance;
mod defects;
mod explain;
mod golden;
mod laws;
mod peer;
mod signatures;
mod signed_laws;
mod signing;
mod support;
mod turns;
mod worlds;
