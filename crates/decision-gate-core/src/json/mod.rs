//! The strict JSON layer, in front of every serde type.
//!
//! Bytes come in through [`parse`], which refuses what serde loses silently (duplicate keys, lone surrogates,
//! numbers that RFC 8785 cannot carry) and names the place. Values go out through [`canonical`], and two values
//! are the same iff their canonical forms are ([`equal`]). [`path`] asks bounded JSONPath questions,
//! [`scan_envelope`] reads the `id` off a JSON-RPC line whatever is wrong with the rest of it.

pub mod canonical;
mod decimal;
mod envelope;
mod equality;
mod error;
mod exactness;
mod limits;
mod number;
pub mod path;
pub mod pointer;
mod print;
mod scan;
pub mod schema;
mod size;
mod special;

pub use self::{
    envelope::{Envelope, EnvelopeEnd, EnvelopeShape, IdSite, scan_envelope},
    equality::{compare_numbers, equal},
    error::{Expected, JsonError, Position},
    exactness::{Exactness, Inexact, Parsed},
    limits::Limits,
    scan::{parse, parse_exact},
    size::size,
};

#[cfg(test)]
mod tests;
