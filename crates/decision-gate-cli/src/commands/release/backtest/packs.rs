//! Decisions out of packs. A pack is verified first, so that its events are those that its manifest lists and each follows
//! from the one before; one that is not is named and not judged.

use std::convert::Infallible;
use std::io;
use std::path::{Path, PathBuf};

use decision_gate_core::digest::Digest;
use decision_gate_core::name::{NamespaceId, ScenarioId, TenantId};
use decision_gate_core::runpack::{Account, Expect, ManifestName, PackedValue, RunTold, Status, Told, verify_told};
use decision_gate_policy::READERS;
use decision_gate_policy::backtest::{Backtest, Documents, Filter, Report, StoredRow, StoredValue, ValueContent};
use decision_gate_verify::FolderFault;

use crate::fault::Fault;

/// Judges every pack of a folder; a folder that is a pack itself is one.
pub(super) fn judge(mut backtest: Backtest, filter: &Filter, folder: &Path) -> Result<Report, Fault> {
    for (name, path) in packs(folder)? {
        let told = decision_gate_verify::read_at(&path).ok().and_then(|files| {
            let expect = Expect { readers: Some(READERS), ..Expect::default() };
            match verify_told(&files, &ManifestName::standard(), &expect) {
                (report, Some(RunTold::Replayed(account))) if report.status == Status::Pass => Some(account),
                _ => None,
            }
        });
        match told {
            Some(account) => take(&mut backtest, &account),
            None if filter.tenants.is_empty() => backtest.pass_over(&name, "pack_not_verified"),
            None => {}
        }
    }
    Ok(backtest.finish())
}

/// Every folder that has a manifest, by name.
fn packs(folder: &Path) -> Result<Vec<(String, PathBuf)>, Fault> {
    let is_pack = |path: &Path| path.join("manifest.json").is_file();
    let named = |path: &Path| path.file_name().unwrap_or(path.as_os_str()).to_string_lossy().into_owned();
    if is_pack(folder) {
        return Ok(vec![(named(folder), folder.to_owned())]);
    }
    let shown = folder.display().to_string();
    let failed = |error: io::Error| match error.kind() {
        io::ErrorKind::NotFound => FolderFault::NotFound { path: shown.clone() },
        io::ErrorKind::NotADirectory => FolderFault::NotFolder { path: shown.clone() },
        _ => FolderFault::Unreadable { path: shown.clone(), reason: error.to_string() },
    };
    let entries = std::fs::read_dir(folder).map_err(failed)?.collect::<Result<Vec<_>, _>>().map_err(failed)?;
    let mut packs: Vec<_> = entries.iter().map(std::fs::DirEntry::path).filter(|it| is_pack(it)).collect();
    packs.sort();
    Ok(packs.into_iter().map(|path| (named(&path), path)).collect())
}

fn take(backtest: &mut Backtest, account: &Account) {
    for Told { event, .. } in &account.events {
        let Some(run) = &event.run else { continue };
        let slots: Vec<_> = account.values(event).map(|(slot, value)| (slot.name(), value)).collect();
        let values: Vec<_> = slots.iter().map(|(slot, value)| StoredValue { slot, content: content(*value) }).collect();
        let row = StoredRow {
            tenant: event.tenant,
            namespace: event.namespace,
            run: run.as_str(),
            seq: event.seq,
            kind: event.kind().word(),
            bytes: &event.to_bytes(),
            leaf: None,
            values: &values,
        };
        let Ok(()) = backtest.take(&row, &Own(account));
    }
}

fn content(value: PackedValue<'_>) -> ValueContent<'_> {
    match value {
        PackedValue::Whole { salt, canonical } => ValueContent::Whole { salt: salt.as_bytes(), canonical },
        PackedValue::Redacted => ValueContent::Redacted,
        PackedValue::Pruned => ValueContent::Pruned,
    }
}

/// What a pack's events name is in the pack.
struct Own<'a>(&'a Account);

impl Documents for Own<'_> {
    type Fault = Infallible;

    fn policy(&self, digest: Digest) -> Result<Option<Vec<u8>>, Infallible> {
        Ok(self.0.policies().find(|it| it.digest() == digest).map(decision_gate_core::policy::Policy::to_bytes))
    }

    fn scenario(
        &self,
        _: (TenantId, NamespaceId),
        _: &ScenarioId,
        spec_hash: Digest,
    ) -> Result<Option<Vec<u8>>, Infallible> {
        Ok((self.0.scenario.hash() == spec_hash).then(|| self.0.scenario.to_bytes()))
    }
}
