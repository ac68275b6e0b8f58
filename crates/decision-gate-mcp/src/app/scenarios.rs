//! The scenarios that the configuration pins: read, checked against the contracts, and refused with file and line.

use std::collections::BTreeSet;

use decision_gate_config::Config;
use decision_gate_core::contract::Contracts;
use decision_gate_core::scenario::{Bounds, Scenario, SpecFaults};
use decision_gate_runtime::PinnedScenario;

use super::SetupError;

pub(super) fn pinned(
    config: &Config,
    contracts: &Contracts,
    bounds: Bounds,
) -> Result<Vec<PinnedScenario>, SetupError> {
    let pinned: Vec<_> = each(config, Some(contracts), bounds).into_iter().collect::<Result<_, _>>()?;
    let mut seen = BTreeSet::new();
    let twice = pinned.iter().find(|it| !seen.insert((it.spec.namespace_id, &it.spec.scenario_id)));
    match twice.map(|it| it.spec.scenario_id.to_string()) {
        Some(scenario) => Err(SetupError::PinnedTwice { scenario }),
        None => Ok(pinned),
    }
}

/// Every pinned scenario, or what is wrong with it. Without contracts it is checked by itself.
pub(super) fn each(
    config: &Config,
    contracts: Option<&Contracts>,
    bounds: Bounds,
) -> Vec<Result<PinnedScenario, SetupError>> {
    let read = |file: &decision_gate_config::ConfigPath| {
        let document = decision_gate_config::document(file.as_path())?;
        let refused = |faults: SpecFaults| {
            let places = faults.iter().map(|fault| document.place(&fault.pointer)).collect();
            SetupError::Scenario { places, faults }
        };
        let spec = Scenario::read(document.value()).map_err(refused)?;
        let scenario = match contracts {
            Some(contracts) => Scenario::define(spec, contracts, bounds).map(|(scenario, _)| scenario),
            None => Scenario::check(spec),
        };
        Ok(PinnedScenario { spec: scenario.map_err(refused)?.spec().clone() })
    };
    config.scenarios.files.iter().map(read).collect()
}
