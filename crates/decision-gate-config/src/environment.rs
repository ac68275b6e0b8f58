//! The environment variables, taken once and then a value like any other.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::path::PathBuf;

/// What the name of every variable of ours starts with.
pub const PREFIX: &str = "DECISION_GATE_";

/// Names under the prefix that are not settings: where the configuration is, the log level and profile that the
/// command line reads for itself, and what the tests need.
pub const RESERVED: [&str; 7] =
    ["CONFIG", "LOG", "PROFILE", "VECTORS", "REQUIRE_VECTORS", "REQUIRE_POSTGRES", "REQUIRE_OBJECT_STORE"];

/// A snapshot of the environment variables that matter to the configuration.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Environment {
    variables: BTreeMap<String, OsString>,
}

impl Environment {
    /// The variables of this process.
    pub fn of_process() -> Self {
        let text = |(name, value): (OsString, OsString)| name.into_string().ok().map(|name| (name, value));
        std::env::vars_os().filter_map(text).collect()
    }

    /// The value of one variable; a variable that is set to nothing is not set.
    pub(crate) fn get(&self, name: &str) -> Option<&OsString> {
        self.variables.get(name).filter(|value| !value.is_empty())
    }

    /// The variables that are settings: whole name, name without the prefix, value.
    pub(crate) fn settings(&self) -> impl Iterator<Item = (&str, &str, &OsString)> {
        self.variables.iter().filter_map(|(name, value)| {
            let setting = name.strip_prefix(PREFIX)?;
            (!RESERVED.contains(&setting)).then_some((name.as_str(), setting, value))
        })
    }

    /// The folder in which a user's programs keep their configuration.
    pub(crate) fn config_home(&self) -> Option<PathBuf> {
        self.home("XDG_CONFIG_HOME", ".config")
    }

    /// The folder in which a user's programs keep what must outlive them.
    pub(crate) fn state_home(&self) -> Option<PathBuf> {
        self.home("XDG_STATE_HOME", ".local/state")
    }

    /// By the XDG base directory specification: a relative path is as good as none.
    fn home(&self, variable: &str, below_home: &str) -> Option<PathBuf> {
        let absolute = |name: &str| self.get(name).map(PathBuf::from).filter(|path| path.is_absolute());
        absolute(variable).or_else(|| absolute("HOME").map(|home| home.join(below_home)))
    }
}

impl<N: Into<String>, V: Into<OsString>> FromIterator<(N, V)> for Environment {
    fn from_iter<I: IntoIterator<Item = (N, V)>>(variables: I) -> Self {
        let relevant = |name: &str| name == "HOME" || name.starts_with("XDG_") || name.starts_with(PREFIX);
        let pairs = variables.into_iter().map(|(name, value)| (name.into(), value.into()));
        Self { variables: pairs.filter(|(name, _)| relevant(name)).collect() }
    }
}
