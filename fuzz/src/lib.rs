//! What reads foreign bytes, one function each. `fuzz_targets/` hands them to libFuzzer, `tests/suites/fuzz_smoke.rs`
//! drives the same functions from seeds on stable.

pub mod targets;

pub use targets::TARGETS;
