//! The contract: the check `chain` as data, and the same for each gate of the chain.

use decision_gate_core::contract::ProviderContract;
use decision_gate_core::name::CheckId;
use decision_gate_policy::release::{CHAIN_CHECK, checks};

use crate::BuildError;

const CONTRACT: &str = include_str!("contract.json");

/// The contract.
///
/// # Errors
/// A contract of this build that does not read: a defect of the build.
pub fn contract() -> Result<ProviderContract, BuildError> {
    let mut contract = crate::contract::read(CONTRACT)?;
    let missing = || BuildError::Contract { reason: "it has no check `chain`".to_owned() };
    let template = contract.checks.first().cloned().ok_or_else(missing)?;
    for gate in checks().filter(|it| *it != CHAIN_CHECK) {
        let invalid = |error: decision_gate_core::name::NameError| BuildError::Contract { reason: error.to_string() };
        let mut check = template.clone();
        check.check_id = CheckId::try_from(gate).map_err(invalid)?;
        check.description = format!(
            "Whether the release gate `{gate}` is met. A gate that is not asked is Unknown: it proves nothing."
        );
        for example in &mut check.examples {
            example.description = format!("That `{gate}` is met.");
        }
        contract.checks.push(check);
    }
    Ok(contract)
}
