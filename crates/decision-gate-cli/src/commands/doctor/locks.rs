//! What a command left behind when it broke off: locks, for which the next change would wait, and packs without an end.

use std::path::PathBuf;

use decision_gate_store::unfinished;

use super::Finding;
use super::patient::Patient;
use crate::commands::replace::lock_of;

/// As many unfinished packs as are named.
const MAX_NAMED: usize = 16;

pub(super) fn run(patient: &Patient) -> Vec<Finding> {
    let mut files: Vec<PathBuf> = vec![patient.keyring.clone()];
    if let Ok(loaded) = &patient.loaded {
        let release = &loaded.config().release;
        files.extend([&release.issuers, &release.outcomes].into_iter().flatten().map(|it| it.as_path().to_owned()));
    }
    let mut found = unfinished_packs(patient);
    let locks = files.into_iter().map(|path| lock_of(&path.canonicalize().unwrap_or(path)));
    let locks = locks.filter(|lock| lock.symlink_metadata().is_ok());
    found.extend(locks.map(|lock| {
        let message = format!("`{}` is there: a change is under way, or one broke off", lock.display());
        Finding::doubt("lock_pending", message, "remove it if no command is running")
    }));
    found
}

/// Temporary folders of exports in the folder of packs.
fn unfinished_packs(patient: &Patient) -> Vec<Finding> {
    let root = patient.loaded.as_ref().ok().and_then(|it| it.runpacks_root().ok());
    let Some(entries) = root.and_then(|it| it.read_dir().ok()) else { return Vec::new() };
    let folders = entries.filter_map(Result::ok).map(|it| it.path());
    let is_one = |path: &PathBuf| path.file_name().and_then(|it| unfinished(it.to_str()?)).is_some();
    let mut folders: Vec<_> = folders.filter(is_one).take(MAX_NAMED).collect();
    folders.sort();
    let finding = |path: PathBuf| {
        let message = format!("`{}` is there: an export is under way, or one broke off", path.display());
        let hint = "remove it if no export is running; the next of the same name does so once it is an hour old";
        Finding::doubt("pack_unfinished", message, hint)
    };
    folders.into_iter().map(finding).collect()
}
