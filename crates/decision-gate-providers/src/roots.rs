//! The folders that a provider may read: opened when it is built, held, and found by what a question names.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use decision_gate_core::evidence::{Fault, FaultCode};
use decision_gate_core::trust::Lane;

use crate::error::bounded;
use crate::json::Root;
use crate::json::folder::Folder;
use crate::{BuildError, params};

/// A root that was opened when the provider was built.
#[derive(Debug)]
pub(crate) struct OpenRoot {
    pub(crate) root_id: String,
    pub(crate) folder: Folder,
    pub(crate) max_lane: Option<Lane>,
}

/// All of them, by id.
#[derive(Debug)]
pub(crate) struct Roots(BTreeMap<String, Arc<OpenRoot>>);

impl Roots {
    /// Opens each root.
    pub(crate) fn open(roots: Vec<Root>) -> Result<Self, BuildError> {
        let open = |root: Root| {
            let folder = Folder::open(&root)?;
            let open = OpenRoot { root_id: root.root_id.clone(), folder, max_lane: root.max_lane };
            Ok((root.root_id, Arc::new(open)))
        };
        roots.into_iter().map(open).collect::<Result<_, BuildError>>().map(Self)
    }

    /// The root that a question means: the one that it names, or the only one.
    pub(crate) fn find(&self, asked: Option<&str>) -> Result<&Arc<OpenRoot>, Box<Fault>> {
        match asked {
            Some(root_id) => self
                .0
                .get(root_id)
                .ok_or_else(|| params::invalid(format!("there is no root `{}`", bounded(root_id))).into()),
            None if self.0.len() > 1 => Err(params::missing("`root` is missing, and there are several").into()),
            None => self
                .0
                .values()
                .next()
                .ok_or_else(|| Fault::new(FaultCode::known("provider_failed"), "there is no root").into()),
        }
    }
}

/// Whether these roots, and the most bytes that are read from them, are settings that open something.
pub(crate) fn check(roots: &[Root], max_bytes: usize) -> Result<(), BuildError> {
    if max_bytes == 0 {
        return Err(BuildError::LimitZero { key: "max_bytes" });
    }
    if roots.is_empty() {
        return Err(BuildError::NoRoots);
    }
    let mut seen = BTreeSet::new();
    for Root { root_id, .. } in roots {
        if !is_root_id(root_id) {
            return Err(BuildError::RootId { text: bounded(root_id) });
        }
        if !seen.insert(root_id) {
            return Err(BuildError::RootRepeated { root_id: root_id.clone() });
        }
    }
    Ok(())
}

fn is_root_id(text: &str) -> bool {
    let allowed = |byte: u8| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'_' | b'-');
    (1..=64).contains(&text.len()) && text.bytes().all(allowed)
}
