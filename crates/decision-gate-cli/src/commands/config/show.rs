//! `config show`: every setting with its value and its origin.

use decision_gate_config::Origin;
use serde_json::{Value, json};

use super::ConfigArguments;
use crate::arguments::Format;
use crate::commands::Ending;
use crate::fault::Fault;
use crate::output::Output;
use crate::render::{FAINT, Line, STRONG, Styled, path_json};

pub(super) const EXAMPLES: &str = "\
Examples:
  decision-gate config show
  decision-gate config show --server --format json";

/// Shows all settings.
pub(super) fn run(arguments: &ConfigArguments, output: Output) -> Result<Ending, Fault> {
    let loaded = arguments.load()?;
    let shown = loaded.show();
    match arguments.report.format {
        Format::Json => {
            let setting = |it: &decision_gate_config::Shown| json!({ "key": it.key.to_string(), "value": it.value, "origin": it.origin.to_json() });
            let settings: Vec<Value> = shown.iter().map(setting).collect();
            output.json(&json!({ "config": path_json(loaded.path()), "settings": settings }))?;
        }
        Format::Text => {
            let mut text = String::new();
            if let Some(path) = loaded.path() {
                text.push_str(&format!("{}\n", Styled(FAINT, format_args!("# {}", Line(path.display())))));
            }
            for setting in &shown {
                let set = !matches!(setting.origin, Origin::BuiltIn);
                let line = Line(format_args!("{} = {}", setting.key, setting.value)).to_string();
                let line = if set { Styled(STRONG, line).to_string() } else { line };
                text.push_str(&format!("{line}  {}\n", Styled(FAINT, format_args!("# {}", Line(&setting.origin)))));
            }
            output.answer(&text)?;
        }
    }
    Ok(Ending::Yes)
}
