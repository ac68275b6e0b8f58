//! `config show`: every setting with its value and its origin.

use decision_gate_config::{Origin, ShownPolicy};
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
            let policies: Vec<Value> = loaded.show_policies().iter().map(ShownPolicy::to_json).collect();
            let config = path_json(loaded.path());
            output.json(&json!({ "config": config, "settings": settings, "policies": policies }))?;
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
            loaded.show_policies().iter().for_each(|policy| policy_text(&mut text, policy));
            output.data(&text)?;
        }
    }
    Ok(Ending::Yes)
}

/// The options of a release policy that are in force, those that somebody wrote in bold.
fn policy_text(text: &mut String, policy: &ShownPolicy) {
    let layers = if policy.layers.is_empty() { "built-in".to_owned() } else { policy.layers.join(" < ") };
    let title = format!("# policy {} sha256:{} ({layers})", policy.name, policy.digest.to_hex());
    text.push_str(&format!("\n{}\n", Styled(FAINT, Line(title))));
    for it in &policy.options {
        let scope = [&it.environment, &it.tenant].into_iter().flatten();
        let scope: String = scope.flat_map(|name| [name.as_str(), " "]).collect();
        let line = Line(format_args!("{scope}{} = {}", it.option, it.value)).to_string();
        let set = !matches!(it.origin, Origin::BuiltIn);
        let line = if set { Styled(STRONG, line).to_string() } else { line };
        let from = Line(format_args!("# {}: {}", it.origin, it.key)).to_string();
        text.push_str(&format!("{line}  {}\n", Styled(FAINT, from)));
    }
}
