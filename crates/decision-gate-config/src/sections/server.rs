//! `server`: which tools the MCP server shows, and whether it notices a changed configuration.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Checks, Section};
use crate::error::Fault;
use crate::values::{Bounded, text_type};

/// Which tools the MCP server shows.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Server {
    /// The set of tools to start from.
    pub profile: Profile,
    /// Changes to that set.
    pub tools: Tools,
    /// Whether files of the configuration are looked at while the server runs, so that a change counts without a
    /// restart.
    pub reload: Reload,
    /// How often they are looked at, in milliseconds.
    pub reload_interval_ms: Bounded<100, 60_000, 1_000>,
}

impl Default for Server {
    fn default() -> Self {
        Self {
            profile: Profile::Agent,
            tools: Tools::default(),
            reload: Reload::Auto,
            reload_interval_ms: Bounded::default(),
        }
    }
}

impl Section for Server {
    fn check(&self, checks: &mut Checks) {
        self.tools.each_list(checks, |checks, names| {
            checks.unique(names, "tool", "", |name| name.as_str().to_owned());
        });
    }
}

/// Whether files of the configuration are looked at while the server runs. Where there is SIGHUP, it always counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Reload {
    /// Where there is a release policy.
    Auto,
    /// Always.
    Watch,
    /// Never.
    Off,
}

/// A named set of tools.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Profile {
    /// What an AI agent needs; no tool that defines scenarios.
    Agent,
    /// What a CI job needs.
    Ci,
    /// Every tool.
    Full,
}

/// Changes to the profile's set of tools.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Tools {
    /// Tools to show besides those of the profile.
    pub allow: Vec<ToolName>,
    /// Tools to hide; stronger than `allow` and the profile.
    pub deny: Vec<ToolName>,
}

impl Tools {
    /// Notes every name that is no tool's. A tool that is denied under a wrong name would stay open, silently.
    pub(crate) fn check_known(&self, known: &[&str], checks: &mut Checks) {
        checks.key("server", |checks| {
            self.each_list(checks, |checks, names| {
                checks.items(names, |checks, name| {
                    if !known.contains(&name.as_str()) {
                        let (name, known) = (name.as_str().to_owned(), known.iter().map(ToString::to_string).collect());
                        checks.report(Fault::UnknownName { what: "tool", name, known });
                    }
                });
            });
        });
    }

    fn each_list(&self, checks: &mut Checks, mut look: impl FnMut(&mut Checks, &[ToolName])) {
        checks.key("tools", |checks| {
            checks.key("allow", |checks| look(checks, &self.allow));
            checks.key("deny", |checks| look(checks, &self.deny));
        });
    }
}

text_type! {
    /// A tool, such as `scenario_define`. Whether there is one of that name is for `Loaded::check_tools` to say.
    ToolName, ToolNameFault, check_tool_name, { "type": "string", "pattern": "^[a-z][a-z0-9_]{0,63}$" }
}

/// Why a text is not the name of a tool.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{text}` is not the name of a tool: lowercase letters, digits and `_`, first a letter, at most 64")]
pub struct ToolNameFault {
    text: String,
}

fn check_tool_name(text: &str) -> Result<(), ToolNameFault> {
    let first = text.starts_with(|it: char| it.is_ascii_lowercase());
    let rest = text.chars().all(|it| it.is_ascii_lowercase() || it.is_ascii_digit() || it == '_');
    if first && rest && text.len() <= 64 { Ok(()) } else { Err(ToolNameFault { text: text.to_owned() }) }
}
