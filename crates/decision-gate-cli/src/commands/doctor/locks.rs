//! Locks that a command left behind when it broke off: the next change would wait for nobody.

use std::path::PathBuf;

use super::Finding;
use super::patient::Patient;
use crate::commands::replace::lock_of;

pub(super) fn run(patient: &Patient) -> Vec<Finding> {
    let mut files: Vec<PathBuf> = vec![patient.keyring.clone()];
    if let Ok(loaded) = &patient.loaded {
        let release = &loaded.config().release;
        files.extend([&release.issuers, &release.outcomes].into_iter().flatten().map(|it| it.as_path().to_owned()));
    }
    let locks = files.into_iter().map(|path| lock_of(&path.canonicalize().unwrap_or(path)));
    let locks = locks.filter(|lock| lock.symlink_metadata().is_ok());
    locks
        .map(|lock| {
            let message = format!("`{}` is there: a change is under way, or one broke off", lock.display());
            Finding::doubt("lock_pending", message, "remove it if no command is running")
        })
        .collect()
}
