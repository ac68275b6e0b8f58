//! Whose word counts, from end to end: packs signed and verified by the built programs, and the page on trust and
//! anchors held against the code.

#![cfg(test)]

mod packs;
mod page;
mod spanish;
