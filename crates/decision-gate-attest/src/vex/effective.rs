//! What a document comes to for one vulnerability and one product.

use super::model::{VersionScope, VexDocument, VexStatement};
use super::product::{Product, Purl};
use crate::vex_status::VexStatus;

/// What a document comes to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Effective {
    /// It claims this, since then.
    Claimed {
        /// What.
        status: VexStatus,
        /// Since when, in milliseconds since 1970.
        since: Option<i64>,
    },
    /// It says nothing.
    Unknown,
    /// It says two things at once.
    Conflict,
}

impl VexStatement {
    /// Whether it is about a product of this name. A range of versions is not evaluated: it never speaks for a version,
    /// and speaks against every one.
    pub fn is_about(&self, name: &str) -> bool {
        let Some(product) = &self.product else { return false };
        if !product.covers(name) {
            return false;
        }
        let version = || Purl::parse(name).and_then(|it| it.version);
        match &self.versions {
            None => true,
            Some(VersionScope::Exact(exact)) => version().is_none_or(|it| it == *exact),
            Some(VersionScope::Range(_)) => self.status == Some(VexStatus::Affected),
        }
    }
}

/// The status that a document claims. Its latest statement wins; statements of one time that differ are a conflict, and
/// so are parts of the product that differ. A document that breaks the rules of its format claims nothing.
pub fn effective(document: &VexDocument, vulnerability: &str, product: &str) -> Effective {
    if !document.conforms() {
        return Effective::Unknown;
    }
    let about = |it: &&VexStatement| it.vulnerability.is_called(vulnerability) && it.is_about(product);
    let statements: Vec<&VexStatement> = document.statements().iter().filter(about).collect();
    let mut parts: Vec<Option<&Product>> = statements.iter().map(|it| it.subcomponent.as_ref()).collect();
    parts.sort_unstable();
    parts.dedup();
    let mut outcome = Effective::Unknown;
    // Where parts are named, the whole is what they come to; a statement about the whole is about each of them.
    let named = parts.iter().any(Option::is_some);
    for part in parts.into_iter().filter(|part| part.is_some() || !named) {
        let covering = statements.iter().filter(|it| it.subcomponent.is_none() || it.subcomponent.as_ref() == part);
        let found = latest(covering.copied());
        outcome = match (outcome, found) {
            (Effective::Unknown, found) => found,
            (Effective::Claimed { status, since }, Effective::Claimed { status: other, since: at })
                if status == other =>
            {
                Effective::Claimed { status, since: since.max(at) }
            }
            _ => return Effective::Conflict,
        };
    }
    outcome
}

fn latest<'a>(statements: impl Iterator<Item = &'a VexStatement>) -> Effective {
    let mut best: Option<(Option<i64>, Option<VexStatus>)> = None;
    let mut conflict = false;
    for it in statements {
        let found = (it.timestamp, it.status);
        match best {
            Some((at, _)) if at > found.0 => {}
            Some((at, status)) if at == found.0 => conflict |= status != found.1,
            _ => (best, conflict) = (Some(found), false),
        }
    }
    match best {
        Some(_) if conflict => Effective::Conflict,
        Some((since, Some(status))) => Effective::Claimed { status, since },
        Some((_, None)) | None => Effective::Unknown,
    }
}
