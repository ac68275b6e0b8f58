//! Who signs checkpoints, and whose are believed, as the configuration says. Files are read when they are needed: a server
//! that signs nothing opens none.

use std::path::Path;

use decision_gate_config::read_private_key;
use decision_gate_core::ledger::{CheckpointTrust, OriginBase, VerifierKey, WitnessPolicy};
use decision_gate_core::runpack::Pack;
use decision_gate_runtime::ledger::LogSigner;
use decision_gate_runtime::ports::Scope;
use decision_gate_runtime::{Caller, ExportRequest, Meter, RuntimeError};

use super::{App, SetupError};

/// The largest file of a witness policy.
const MAX_POLICY_BYTES: u64 = 1 << 20;

/// Why no pack was made.
#[derive(Debug, thiserror::Error)]
pub enum ExportError {
    /// The gate.
    #[error(transparent)]
    Gate(#[from] RuntimeError),
    /// The key that signs checkpoints.
    #[error(transparent)]
    Setup(#[from] SetupError),
}

impl App {
    /// Who signs checkpoints; nobody unless the configuration says who, or for a ledger of this process only.
    ///
    /// # Errors
    /// [`SetupError::LedgerKey`] where the key can't be read.
    pub fn log_signer(&self) -> Result<Option<LogSigner>, SetupError> {
        if self.apart {
            return Ok(None);
        }
        let config = &self.loaded.config().ledger;
        let (Some(origin), Some(path)) = (&config.origin, &config.signing_key) else {
            return Ok(None);
        };
        let path = path.as_path();
        let key = read_private_key(path).map_err(|fault| SetupError::LedgerKey { path: path.to_owned(), fault })?;
        // The configuration was checked when it was read.
        Ok(origin.as_str().parse::<OriginBase>().ok().map(|origin| LogSigner::new(origin, key)))
    }

    /// Whose checkpoints count: this ledger's own, those of trusted logs, and the witnesses that must have signed.
    ///
    /// # Errors
    /// [`SetupError`] where the key or the policy can't be read.
    pub fn checkpoint_rules(&self) -> Result<CheckpointRules, SetupError> {
        let config = &self.loaded.config().ledger;
        let policy = config.witness_policy.as_ref().map(|path| witness_policy(path.as_path())).transpose()?;
        let keys = config.trusted_logs.iter().filter_map(|key| key.as_str().parse().ok()).collect();
        Ok(CheckpointRules { keys, policy, signer: self.log_signer()? })
    }

    /// Makes a pack of a run, with a checkpoint where somebody signs them. `meter` counts the events that were read.
    ///
    /// # Errors
    /// [`ExportError`].
    pub async fn export(&self, caller: &Caller, request: &ExportRequest, meter: &Meter) -> Result<Pack, ExportError> {
        let signer = self.log_signer()?;
        Ok(self.orchestrator.export_metered(caller, request, signer.as_ref(), meter).await?)
    }
}

/// Whose checkpoints count, as the configuration says.
#[derive(Debug)]
pub struct CheckpointRules {
    keys: Vec<VerifierKey>,
    policy: Option<WitnessPolicy>,
    signer: Option<LogSigner>,
}

impl CheckpointRules {
    /// For a pack that says to be of this shelf. Which shelf it is of in truth, the name of the log says.
    pub fn trust(&self, scope: Option<Scope>) -> CheckpointTrust {
        let own = self.signer.as_ref().zip(scope).and_then(|(signer, scope)| signer.verifier_key(scope).ok());
        CheckpointTrust::new(self.keys.iter().cloned().chain(own).collect(), self.policy.clone())
    }
}

/// Reads a witness policy.
///
/// # Errors
/// [`SetupError::WitnessPolicy`].
pub fn witness_policy(path: &Path) -> Result<WitnessPolicy, SetupError> {
    use std::io::Read as _;
    let problem = |problem: String| SetupError::WitnessPolicy { path: path.to_owned(), problem };
    let file = std::fs::File::open(path).map_err(|error| problem(error.to_string()))?;
    let mut text = String::new();
    file.take(MAX_POLICY_BYTES + 1).read_to_string(&mut text).map_err(|error| problem(error.to_string()))?;
    WitnessPolicy::parse(&text).map_err(|error| problem(error.to_string()))
}
