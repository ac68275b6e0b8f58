//! Tests of the crate as a whole, through its public functions.

mod cases;
mod defaults;
mod discovery;
mod key_files;
mod known;
mod laws;
mod layers;
mod presets;
mod release;
mod schemas;
mod stores;

use std::path::{Path, PathBuf};

use crate::{ConfigErrors, Environment, Flag, Loaded, Source, load};

/// The folder of this crate.
fn here() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// The root of the workspace.
fn root() -> PathBuf {
    here().join("../..")
}

/// Loads a file of that name and text, variables and `--set` assignments.
fn load_text(name: &str, text: &str, variables: &[(&str, &str)], set: &[&str]) -> Result<Loaded, ConfigErrors> {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join(name);
    std::fs::write(&file, text).unwrap();
    load(&source(Some(file), variables, set))
}

/// Loads variables and `--set` assignments without a file.
fn load_bare(variables: &[(&str, &str)], set: &[&str]) -> Result<Loaded, ConfigErrors> {
    load(&source(None, variables, set))
}

fn source(file: Option<PathBuf>, variables: &[(&str, &str)], set: &[&str]) -> Source {
    Source {
        file,
        environment: variables.iter().map(|(name, value)| (*name, *value)).collect::<Environment>(),
        flags: set.iter().map(|assignment| Flag::set("--set", assignment).unwrap()).collect(),
        policies: Vec::new(),
    }
}

/// The settings that are not defaults, or the errors, as a person sees them; folders cut off.
fn outcome(result: &Result<Loaded, ConfigErrors>, folder: &Path) -> String {
    let text = match result {
        Err(errors) => errors.to_string(),
        Ok(loaded) => {
            let set = loaded.show().into_iter().filter(|shown| shown.origin != crate::Origin::BuiltIn);
            let set = set.map(|shown| format!("{} = {} ({})", shown.key, shown.value, shown.origin));
            set.chain(policies(loaded)).collect::<Vec<_>>().join("\n")
        }
    };
    text.replace(&format!("{}/", folder.display()), "")
}

/// The options of every release policy that somebody wrote, and the layers that they are from.
fn policies(loaded: &Loaded) -> Vec<String> {
    let mut lines = Vec::new();
    for (name, policy) in loaded.release_policies() {
        let layers: Vec<_> = policy.overlays.iter().map(|it| it.layer.clone()).collect();
        lines.push(format!("policy {name}: {}", layers.join(" < ")));
        let written = policy.document.settings().into_iter().filter(|it| it.layer != "built-in");
        lines.extend(written.map(|it| format!("{name}: {} = {} ({})", it.path, it.value, it.layer)));
    }
    lines
}
