//! What a backtest is handed: rows of a ledger or of a pack, one after the other, and what they name by digest.

use std::collections::BTreeSet;

use decision_gate_core::digest::Digest;
use decision_gate_core::name::{EnvironmentName, NamespaceId, ScenarioId, TenantId};

/// An event as it lies in a ledger or a pack. Nothing in it was checked.
#[derive(Clone, Copy, Debug)]
pub struct StoredRow<'a> {
    /// Whose.
    pub tenant: TenantId,
    /// On which shelf.
    pub namespace: NamespaceId,
    /// In which run.
    pub run: &'a str,
    /// Its position there.
    pub seq: u64,
    /// What kind of event its place says it is.
    pub kind: &'a str,
    /// Its bytes.
    pub bytes: &'a [u8],
    /// The leaf hash that lies beside it; nothing where the bytes were compared with a hash before.
    pub leaf: Option<&'a [u8]>,
    /// What lies beside it.
    pub values: &'a [StoredValue<'a>],
}

/// A value beside an event. Nothing in it was checked.
#[derive(Clone, Copy, Debug)]
pub struct StoredValue<'a> {
    /// Which part of the event it belongs to.
    pub slot: &'a str,
    /// What is kept of it.
    pub content: ValueContent<'a>,
}

/// What is kept of a value.
#[derive(Clone, Copy, Debug)]
pub enum ValueContent<'a> {
    /// All of it.
    Whole {
        /// The salt of its commitment.
        salt: &'a [u8],
        /// Its canonical JSON.
        canonical: &'a [u8],
    },
    /// The pack does not show it.
    Redacted,
    /// The ledger had it no longer when the pack was made.
    Pruned,
}

/// Where events find what they name by digest.
pub trait Documents {
    /// Why it could not be looked up, which ends the backtest.
    type Fault;

    /// The bytes of a policy snapshot.
    ///
    /// # Errors
    /// When it could not be looked up. That there is none is no error.
    fn policy(&self, digest: Digest) -> Result<Option<Vec<u8>>, Self::Fault>;

    /// The canonical bytes of a scenario version.
    ///
    /// # Errors
    /// When it could not be looked up.
    fn scenario(
        &self,
        shelf: (TenantId, NamespaceId),
        id: &ScenarioId,
        spec_hash: Digest,
    ) -> Result<Option<Vec<u8>>, Self::Fault>;
}

/// Which stored decisions are meant, and what of them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Filter {
    /// Those made at this time or later, in milliseconds since 1970.
    pub since: Option<i64>,
    /// Those made before this time.
    pub until: Option<i64>,
    /// Those of releases to these environments; all where none is named.
    pub environments: BTreeSet<EnvironmentName>,
    /// Those of these tenants; all where none is named.
    pub tenants: BTreeSet<TenantId>,
    /// Those made under release policies of these names; all where none is named.
    pub policies: BTreeSet<String>,
    /// Only what this gate says, by its id; what all gates come to where none is named.
    pub gate: Option<&'static str>,
}

/// How much a backtest tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Extent {
    /// The most examples of a kind.
    pub examples: usize,
    /// Whether every decision is judged with every number of the candidate, and how many steps a curve has at most.
    pub curves: Option<usize>,
}

impl Filter {
    pub(super) fn takes_time(&self, at: i64) -> bool {
        self.since.is_none_or(|since| since <= at) && self.until.is_none_or(|until| at < until)
    }

    pub(super) fn takes_environment(&self, environment: &str) -> bool {
        self.environments.is_empty() || self.environments.iter().any(|named| named.as_str() == environment)
    }

    pub(super) fn takes_policy(&self, policy: &str) -> bool {
        self.policies.is_empty() || self.policies.contains(policy)
    }

    /// Whether decisions of this tenant are meant.
    pub fn takes_tenant(&self, tenant: TenantId) -> bool {
        self.tenants.is_empty() || self.tenants.contains(&tenant)
    }
}
