//! Which configuration file is meant when none is named.
//!
//! The server never looks into the working directory: agents write there, and whoever writes the configuration
//! writes the law. Only commands that a person runs on a project look upward from a folder, and they print what
//! they found.

use std::path::{Path, PathBuf};

use crate::environment::{Environment, PREFIX};
use crate::error::{ConfigErrors, FileFault};
use crate::key_path::KeyPath;
use crate::origin::Origin;
use crate::read::Format;

const STEM: &str = "decision-gate";

/// The file for `serve`: the one that is named, else that of `DECISION_GATE_CONFIG`, else the user's, else the
/// system's. `None` means the built-in defaults.
///
/// # Errors
/// If a folder holds more than one candidate. That the file can be read is for `load` to say.
pub fn for_server(named: Option<&Path>, environment: &Environment) -> Result<Option<PathBuf>, ConfigErrors> {
    match chosen(named, environment) {
        Some(path) => Ok(Some(path)),
        None => installed(environment),
    }
}

/// The file for `check`, `precheck` and `init`: as [`for_server`], but a file of the project that `folder` belongs
/// to comes before the user's and the system's.
///
/// # Errors
/// If a folder holds more than one candidate.
pub fn for_project(
    named: Option<&Path>,
    environment: &Environment,
    folder: &Path,
) -> Result<Option<PathBuf>, ConfigErrors> {
    if let Some(path) = chosen(named, environment) {
        return Ok(Some(path));
    }
    match upward(folder)? {
        Some(path) => Ok(Some(path)),
        None => installed(environment),
    }
}

/// The nearest project file at or above `folder`: `decision-gate.{toml,yaml,yml,json}` or
/// `.decision-gate/config.toml`.
///
/// # Errors
/// If a folder holds more than one candidate.
pub fn upward(folder: &Path) -> Result<Option<PathBuf>, ConfigErrors> {
    for folder in folder.ancestors() {
        let hidden = folder.join(".decision-gate").join("config.toml");
        let candidates = candidates(folder).chain(std::iter::once(hidden));
        if let Some(path) = only_one(candidates)? {
            return Ok(Some(path));
        }
    }
    Ok(None)
}

fn chosen(named: Option<&Path>, environment: &Environment) -> Option<PathBuf> {
    let variable = || environment.get(&format!("{PREFIX}CONFIG")).map(PathBuf::from);
    named.map(Path::to_owned).or_else(variable)
}

fn installed(environment: &Environment) -> Result<Option<PathBuf>, ConfigErrors> {
    let user = environment.config_home().map(|home| home.join(STEM));
    let system = Path::new("/etc").join(STEM);
    for folder in user.into_iter().chain(std::iter::once(system)) {
        if let Some(path) = only_one(candidates(&folder))? {
            return Ok(Some(path));
        }
    }
    Ok(None)
}

fn candidates(folder: &Path) -> impl Iterator<Item = PathBuf> {
    Format::EXTENSIONS.into_iter().map(|extension| folder.join(format!("{STEM}.{extension}")))
}

fn only_one(candidates: impl Iterator<Item = PathBuf>) -> Result<Option<PathBuf>, ConfigErrors> {
    // A link that leads nowhere counts: falling through to another file would be a surprise.
    let mut there = candidates.filter(|path| path.symlink_metadata().is_ok());
    match (there.next(), there.next()) {
        (Some(path), Some(other)) => {
            let origin = Origin::File { path, line: None, column: None };
            Err(ConfigErrors::one(origin, KeyPath::ROOT, FileFault::Ambiguous { other }))
        }
        (first, _) => Ok(first),
    }
}
