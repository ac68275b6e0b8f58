//! The keyring file, where there is one, reads, and a key in it counts.

use super::Finding;
use super::patient::Patient;
use crate::commands::keys::file;
use crate::fault::Fault;

pub(super) fn run(patient: &Patient) -> Vec<Finding> {
    let path = &patient.keyring;
    if path.symlink_metadata().is_err() {
        return Vec::new();
    }
    let keyring = match file::read(path) {
        Ok(keyring) => keyring,
        Err(fault) => return vec![Finding::of(&Fault::Keys(fault))],
    };
    let shown = path.display();
    let in_force = keyring.iter().filter(|key| key.judge_time(patient.now).is_ok()).count();
    if keyring.is_empty() || in_force > 0 {
        return Vec::new();
    }
    let message = format!("no key of the keyring `{shown}` counts now");
    let hint = "`decision-gate keys list` says why; import the keys that took over";
    let finding = Finding::doubt("keyring_none_in_force", message, hint);
    vec![finding]
}
