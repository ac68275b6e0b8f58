//! Which scenario a command line means: a pinned one, one that the ledger has, or a file as a draft.
//!
//! A file counts as pinned only if the configuration lists it: whoever can write a file could otherwise write the
//! law. A configured id wins over a file of the same name.

use std::path::{Path, PathBuf};

use decision_gate_config::{Document, Loaded, document};
use decision_gate_core::digest::Digest;
use decision_gate_core::name::{NamespaceId, ScenarioId, TenantId};
use decision_gate_core::scenario::{Scenario, ScenarioSpec, SpecFaults};
use decision_gate_mcp::SetupError;

use crate::fault::Fault;

/// The scenario that is meant.
pub(crate) enum Choice {
    /// One that the configuration pins.
    Pinned(Pinned),
    /// One that only the ledger may know.
    Defined(ScenarioId),
    /// A file that the configuration does not list.
    Draft(Box<Draft>),
}

/// A scenario that the configuration pins.
#[derive(Clone, Debug)]
pub(crate) struct Pinned {
    /// Its file.
    pub(crate) path: PathBuf,
    /// Its name.
    pub(crate) id: ScenarioId,
    /// Its version.
    pub(crate) hash: Digest,
    /// Its shelf.
    pub(crate) namespace: NamespaceId,
    /// The tenant that it is for, if it is for one.
    pub(crate) tenant: Option<TenantId>,
}

/// A scenario file that the configuration does not list.
pub(crate) struct Draft {
    /// The file with the places of its values.
    pub(crate) document: Document,
    /// What it says.
    pub(crate) spec: ScenarioSpec,
}

impl Choice {
    /// The shelf that the scenario itself names.
    pub(crate) fn namespace(&self) -> Option<NamespaceId> {
        match self {
            Self::Pinned(pinned) => Some(pinned.namespace),
            Self::Defined(_) => None,
            Self::Draft(draft) => Some(draft.spec.namespace_id),
        }
    }

    /// The tenant that the scenario itself names.
    pub(crate) fn tenant(&self) -> Option<TenantId> {
        match self {
            Self::Pinned(pinned) => pinned.tenant,
            Self::Defined(_) => None,
            Self::Draft(draft) => draft.spec.default_tenant_id,
        }
    }
}

/// Finds the scenario that `named` means.
pub(crate) fn choose(named: &Path, loaded: &Loaded) -> Result<Choice, Fault> {
    let id = named.to_str().and_then(|text| ScenarioId::try_from(text).ok());
    let pinned = pinned(loaded)?;
    if let Some(found) = pinned.iter().find(|it| Some(&it.id) == id.as_ref()) {
        return Ok(Choice::Pinned(found.clone()));
    }
    match id {
        Some(id) if !(is_document(named) && named.exists()) => Ok(Choice::Defined(id)),
        Some(_) | None => of_file(named, pinned),
    }
}

fn of_file(path: &Path, pinned: Vec<Pinned>) -> Result<Choice, Fault> {
    let document = document(path).map_err(Fault::ScenarioFile)?;
    let same = |it: &Pinned| matches!((it.path.canonicalize(), path.canonicalize()), (Ok(a), Ok(b)) if a == b);
    if let Some(found) = pinned.into_iter().find(same) {
        return Ok(Choice::Pinned(found));
    }
    let spec = Scenario::read(document.value()).map_err(|faults| refused(&document, faults))?;
    Ok(Choice::Draft(Box::new(Draft { document, spec })))
}

/// The scenarios that the configuration pins. That they hold was checked when the product was put together.
pub(crate) fn pinned(loaded: &Loaded) -> Result<Vec<Pinned>, Fault> {
    let read = |path: &Path| {
        let document = document(path).map_err(Fault::Config)?;
        let spec = Scenario::read(document.value()).map_err(|faults| refused(&document, faults))?;
        let (namespace, tenant) = (spec.namespace_id, spec.default_tenant_id);
        let scenario = Scenario::check(spec).map_err(|faults| refused(&document, faults))?;
        let (path, id) = (path.to_owned(), scenario.spec().scenario_id.clone());
        Ok(Pinned { path, id, hash: scenario.hash(), namespace, tenant })
    };
    loaded.config().scenarios.files.iter().map(|file| read(file.as_path())).collect()
}

/// What is wrong with a scenario, with the places in its file.
pub(crate) fn refused(document: &Document, faults: SpecFaults) -> Fault {
    let places = faults.iter().map(|fault| document.place(&fault.pointer)).collect();
    SetupError::Scenario { places, faults }.into()
}

fn is_document(path: &Path) -> bool {
    let ending = path.extension().and_then(std::ffi::OsStr::to_str);
    ending.is_some_and(|it| ["toml", "yaml", "yml", "json"].contains(&it))
}
