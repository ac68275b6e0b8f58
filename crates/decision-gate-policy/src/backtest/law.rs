//! The policy snapshots and scenario versions that stored decisions name, each read once.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::sync::Arc;

use decision_gate_core::digest::Digest;
use decision_gate_core::evidence::Query;
use decision_gate_core::json::{self, Limits};
use decision_gate_core::name::{ConditionId, NamespaceId, ProviderId, ScenarioId, TenantId};
use decision_gate_core::policy::Policy;
use decision_gate_core::scenario::{ConditionSpec, Scenario};
use decision_gate_core::trust::Lane;

use super::refusal::Refusal;
use super::stored::Documents;
use crate::release::hearing::Epochs;
use crate::release::{Judge, Question, READERS, Rules};

/// The most bytes of a scenario.
const MAX_SCENARIO: usize = 1 << 24;

/// A policy snapshot that decisions were made under.
#[derive(Debug)]
pub(super) struct Law {
    pub(super) policy: Policy,
    sources: BTreeMap<ProviderId, Option<Source>>,
}

/// A source of releases under a snapshot.
#[derive(Debug)]
pub(super) struct Source {
    pub(super) judge: Judge,
    pub(super) epochs: Epochs,
    /// The highest lane of what it brings.
    pub(super) max_lane: Lane,
}

/// A condition on a release.
#[derive(Debug)]
pub(super) struct Asking {
    pub(super) query: Query,
    pub(super) question: Question,
    /// The lane that the condition itself asks for.
    pub(super) lane: Option<Lane>,
}

/// What was read so far.
#[derive(Debug, Default)]
pub(super) struct Library {
    laws: BTreeMap<Digest, Result<Arc<Law>, Refusal>>,
    askings: BTreeMap<Digest, Option<Askings>>,
}

type Askings = BTreeMap<ConditionId, Result<Arc<Asking>, Refusal>>;

impl Law {
    fn read(digest: Digest, bytes: &[u8]) -> Result<Self, Refusal> {
        let policy = Policy::read(bytes).map_err(|_| Refusal::PolicyInvalid)?;
        if policy.digest() != digest {
            return Err(Refusal::PolicyMissing);
        }
        let policy = policy.with_readers(Some(READERS));
        let snapshot = policy.snapshot();
        let source = |provider: &decision_gate_core::policy::ProviderPolicy, rules: &serde_json::Value| {
            let judge = Rules::read(rules).and_then(Judge::new).ok()?;
            let epochs = Epochs::of(judge.rules(), &snapshot.keys);
            Some(Source { judge, epochs, max_lane: provider.max_lane })
        };
        let sources = snapshot.providers.iter().filter_map(|(id, provider)| {
            let rules = provider.release.as_ref()?;
            Some((id.clone(), source(provider, rules)))
        });
        let sources = sources.collect();
        Ok(Self { policy, sources })
    }

    /// Whether a provider is a source of releases.
    pub(super) fn has_source(&self, provider: &str) -> bool {
        self.sources.keys().any(|it| it.as_str() == provider)
    }

    pub(super) fn source(&self, provider: &ProviderId) -> Result<&Source, Refusal> {
        self.sources.get(provider).and_then(Option::as_ref).ok_or(Refusal::PolicyInvalid)
    }
}

impl Asking {
    fn of(spec: &ConditionSpec) -> Result<Self, Refusal> {
        let unanswerable = |fault: Box<decision_gate_core::evidence::Fault>| {
            Refusal::Unanswered(Cow::Owned(fault.code.as_str().to_owned()))
        };
        let question = Question::of(&spec.query).map_err(unanswerable)?;
        Ok(Self { query: spec.query.clone(), question, lane: spec.trust.map(|it| it.min_lane) })
    }
}

impl Library {
    /// The snapshot of a digest.
    pub(super) fn law<D: Documents>(
        &mut self,
        digest: Digest,
        documents: &D,
    ) -> Result<Result<Arc<Law>, Refusal>, D::Fault> {
        if let Some(law) = self.laws.get(&digest) {
            return Ok(law.clone());
        }
        let read = |bytes: Vec<u8>| Law::read(digest, &bytes).map(Arc::new);
        let law = documents.policy(digest)?.map_or(Err(Refusal::PolicyMissing), read);
        self.laws.insert(digest, law.clone());
        Ok(law)
    }

    /// A condition of a scenario version.
    pub(super) fn asking<D: Documents>(
        &mut self,
        shelf: (TenantId, NamespaceId),
        (id, spec_hash): (&ScenarioId, Digest),
        condition: &ConditionId,
        documents: &D,
    ) -> Result<Result<Arc<Asking>, Refusal>, D::Fault> {
        let version = match self.askings.entry(spec_hash) {
            Entry::Occupied(known) => known.into_mut(),
            Entry::Vacant(free) => {
                let bytes = documents.scenario(shelf, id, spec_hash)?.filter(|bytes| Digest::of(bytes) == spec_hash);
                free.insert(bytes.and_then(|bytes| askings(&bytes)))
            }
        };
        let found = version.as_ref().and_then(|it| it.get(condition));
        Ok(found.cloned().unwrap_or(Err(Refusal::ScenarioMissing)))
    }
}

fn askings(bytes: &[u8]) -> Option<Askings> {
    let value = json::parse_exact(bytes, &Limits::message(MAX_SCENARIO)).ok()?;
    let spec = Scenario::read(&value).ok()?;
    let each = spec.conditions.iter().map(|it| (it.condition_id.clone(), Asking::of(it).map(Arc::new)));
    Some(each.collect())
}
