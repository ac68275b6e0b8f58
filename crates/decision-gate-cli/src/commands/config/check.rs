//! `config check`: everything that is wrong, at once, before a server or a gate trips over it.

use decision_gate_config::Warning;
use decision_gate_mcp::App;
use decision_gate_mcp::tools;
use serde_json::json;

use super::ConfigArguments;
use crate::arguments::Format;
use crate::commands::Ending;
use crate::fault::Fault;
use crate::output::Output;
use crate::render::{GOOD, Line, Styled, config_line, labelled, path_json};
use crate::scenario;

pub(super) const EXAMPLES: &str = "\
Exit codes: 0 it holds, 2 it does not.

Examples:
  decision-gate config check
  decision-gate config check --config config/presets/hardened.toml --format json";

/// Checks, and says what holds.
pub(super) fn run(arguments: &ConfigArguments, output: Output) -> Result<Ending, Fault> {
    let loaded = arguments.load()?;
    let names: Vec<&str> = tools::ALL.iter().map(|tool| tool.card().name).collect();
    let tools = loaded.check_tools(&names).map_err(Fault::Config);
    let mut faults: Vec<Fault> = tools.err().into_iter().collect();
    faults.extend(App::problems(&loaded).into_iter().map(Fault::Setup));
    match (faults.pop(), faults.is_empty()) {
        (None, _) => {}
        (Some(only), true) => return Err(only),
        (Some(last), false) => {
            faults.push(last);
            return Err(Fault::Several(faults));
        }
    }
    let pinned = scenario::pinned(&loaded)?;
    let providers: Vec<String> =
        loaded.config().providers.effective().iter().map(|provider| provider.name.to_string()).collect();
    let scenarios: Vec<String> = pinned.iter().map(|it| format!("{}@{}", it.id, it.hash.to_hex())).collect();
    let warnings = loaded.warnings();
    let policies = loaded.show_policies();
    let policies: Vec<_> = policies.iter().map(|it| format!("{}@sha256:{}", it.name, it.digest.to_hex())).collect();
    match arguments.report.format {
        Format::Json => output.json(&json!({
            "ok": true,
            "config": path_json(loaded.path()),
            "providers": providers,
            "scenarios": scenarios,
            "policies": policies,
            "warnings": warnings.iter().map(Warning::to_json).collect::<Vec<_>>(),
        }))?,
        Format::Text => {
            let mut text = format!("{}\n", Styled(GOOD.bold(), "the configuration holds"));
            config_line(&mut text, loaded.path());
            labelled(&mut text, "asks", providers.join(", "));
            match scenarios.as_slice() {
                [] => labelled(&mut text, "pins", "no scenario"),
                scenarios => scenarios.iter().for_each(|it| labelled(&mut text, "pins", it)),
            }
            policies.iter().for_each(|it| labelled(&mut text, "policy", it));
            warnings.iter().for_each(|it| labelled(&mut text, "warning", Line(it)));
            output.answer(&text)?;
        }
    }
    Ok(Ending::Yes)
}
