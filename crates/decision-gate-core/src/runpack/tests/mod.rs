//! Packs of real runs, made and verified; and everything that must not verify.

mod anchored;
mod diffs;
mod disclosed;
mod fixture;
mod flips;
mod legacy;
mod peer_algorithm;
mod peer_format;
mod remade;
mod rewrites;
mod round_trip;
mod signed_evidence;
mod signed_packs;
mod structure;
