//! The `decision-gate` binary: one file per command, and one place that turns a fault into text and an exit code.
//!
//! ```text
//! arguments ─▶ configuration ─▶ command ─▶ verdict or fault ─▶ stdout, stderr, exit code
//! ```
//!
//! Exit codes: 0 allowed or verified, 1 not, 2 no decision was made because the input, the configuration or the
//! environment is wrong. Nothing is written except through [`output::Output`].

mod arguments;
mod commands;
mod configuration;
mod fault;
mod input;
mod logging;
mod output;
mod panic;
mod progress;
mod render;
mod scenario;
mod session;

use std::process::ExitCode;

fn main() -> ExitCode {
    panic::told(|| commands::run(std::env::args_os().collect())).into()
}
