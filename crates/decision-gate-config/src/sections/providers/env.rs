//! Settings of the provider `env`, which reads the environment variables that are named here and no others.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::error::Fault;
use crate::sections::Checks;
use crate::values::{Bounded, text_type};

/// Settings of the provider `env`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct EnvSettings {
    /// The variables that may be read.
    pub allow: Vec<VariableName>,
    /// The longest value that is read.
    pub max_value_bytes: Bounded<1, 1_048_576, 65_536>,
    /// The longest name that is looked up.
    pub max_key_bytes: Bounded<1, 4_096, 255>,
    /// Values to use instead; if it is set, even to nothing, the variables of the process are never read.
    pub overrides: Option<BTreeMap<VariableName, String>>,
}

impl EnvSettings {
    pub(super) fn check(&self, checks: &mut Checks) {
        if self.allow.is_empty() && self.overrides.is_none() {
            checks.report(Fault::MissingOneOf { keys: vec!["allow".to_owned(), "overrides".to_owned()] });
        }
        let limit = self.max_key_bytes.as_usize();
        checks.key("allow", |checks| {
            checks.unique(&self.allow, "variable", "", |name| name.as_str().to_owned());
            checks.items(&self.allow, |checks, name| {
                if name.as_str().len() > limit {
                    let expected = format!("a name of at most `{limit}` bytes (`max_key_bytes`)");
                    checks.report(Fault::Range { expected, found: name.as_str().to_owned() });
                }
            });
        });
    }
}

text_type! {
    /// The name of an environment variable.
    VariableName, VariableFault, check_variable, { "type": "string", "pattern": "^[^=\\u0000]+$" }
}

/// Why a text is not the name of an environment variable.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{text}` is not the name of an environment variable: not empty, no `=`, no zero byte, no space around it")]
pub struct VariableFault {
    text: String,
}

fn check_variable(text: &str) -> Result<(), VariableFault> {
    let good = !text.is_empty() && !text.contains(['=', '\0']) && text.trim() == text;
    if good { Ok(()) } else { Err(VariableFault { text: text.to_owned() }) }
}
