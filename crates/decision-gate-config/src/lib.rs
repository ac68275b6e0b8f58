//! Configuration: which layers there are, what each key means, and where every value came from.
//!
//! ```text
//! defaults < file < environment < flags ─▶ tree ─▶ merged ─▶ typed ─▶ checked ─▶ Loaded
//!            TOML, YAML, JSON               marks   figment   serde    sections   origins
//! ```
//!
//! [`discover`] finds the file, [`load`] reads, merges and checks, and [`Loaded`] holds the result with its origins.
//! Unknown keys are errors at every level, and all errors are reported at once, each with its place, what is
//! allowed there and what was probably meant. Names under the environment prefix that are no settings are in
//! [`environment::RESERVED`].

mod config;
mod decode;
pub mod discover;
mod document;
pub mod environment;
mod error;
mod flag;
mod key_path;
mod layer;
mod load;
mod loaded;
mod near;
mod origin;
mod private_key;
mod read;
mod release;
mod schema;
pub mod sections;
mod tree;
mod values;
mod warning;

pub use self::{
    config::Config,
    document::{Document, document},
    environment::Environment,
    error::{ConfigError, ConfigErrors, Fault, FileFault, MAX_ERRORS},
    flag::Flag,
    key_path::{KeyPath, Segment},
    load::{Source, load},
    loaded::{Loaded, Shown},
    origin::Origin,
    private_key::{PrivateKeyFault, read_private_key},
    read::MAX_FILE_BYTES,
    release::{ReleasePolicyFile, ShownOption, ShownPolicy, log_target},
    schema::schema,
    values::{Bounded, ConfigPath, PathFault},
    warning::{Doubt, Prerequisite, Warning},
};

#[cfg(test)]
mod tests;
