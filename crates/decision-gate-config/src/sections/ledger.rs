//! `ledger`: who signs checkpoints of the log, and whose are believed.

use decision_gate_core::ledger::{OriginBase, OriginError, VerifierKey, VerifierKeyError};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Checks, Section};
use crate::error::Fault;
use crate::key_path::KeyPath;
use crate::values::{ConfigPath, text_type};

/// Who signs checkpoints of the log, and whose are believed.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Ledger {
    /// What the names of this ledger's logs begin with, such as `gate.example/ledger`; `/`, the tenant, `/` and the
    /// namespace follow. A log keeps its name for good: whoever verifies knows it by that.
    pub origin: Option<LogOrigin>,
    /// The private key that signs checkpoints (Ed25519 as PKCS#8 PEM, readable by its owner only). With it every
    /// exported runpack carries a checkpoint that has its run.
    pub signing_key: Option<ConfigPath>,
    /// Keys of logs whose checkpoints count when a runpack is verified here, beside this ledger's own: verifier keys of
    /// C2SP signed notes, `name+hash+base64`.
    pub trusted_logs: Vec<LogKey>,
    /// Which witnesses must have cosigned a checkpoint: a file of C2SP `tlog-policy`.
    pub witness_policy: Option<ConfigPath>,
}

impl Section for Ledger {
    fn check(&self, checks: &mut Checks) {
        if self.signing_key.is_some() && self.origin.is_none() {
            checks.report(Fault::MissingOneOf { keys: vec!["origin".to_owned()] });
        }
        checks.key("trusted_logs", |checks| {
            checks.unique(&self.trusted_logs, "log key", "", |key| key.as_str().to_owned());
        });
    }

    fn paths<'a>(&'a mut self, at: &KeyPath, paths: &mut Vec<(KeyPath, &'a mut ConfigPath)>) {
        if let Some(path) = &mut self.signing_key {
            paths.push((at.key("signing_key"), path));
        }
        if let Some(path) = &mut self.witness_policy {
            paths.push((at.key("witness_policy"), path));
        }
    }
}

text_type! {
    /// What the names of logs begin with.
    LogOrigin, OriginError, check_origin, {
        "type": "string",
        "minLength": 1,
        "maxLength": 200,
        "pattern": "^[^\\s+/]([^\\s+]*[^\\s+/])?$"
    }
}

text_type! {
    /// A key of a log, `name+hash+base64`.
    LogKey, VerifierKeyError, check_key, {
        "type": "string",
        "pattern": "^[^\\s+]+\\+[0-9a-f]{8}\\+[A-Za-z0-9+/]+={0,2}$"
    }
}

fn check_origin(text: &str) -> Result<(), OriginError> {
    text.parse::<OriginBase>().map(drop)
}

fn check_key(text: &str) -> Result<(), VerifierKeyError> {
    text.parse::<VerifierKey>().map(drop)
}
