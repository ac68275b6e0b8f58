//! Whose word counts, from end to end: packs signed and verified by the built programs, the guide on key rotation run as it
//! stands, and the page on trust and anchors held against the code.

#![cfg(test)]

mod guide;
mod packs;
mod page;
mod spanish;
