//! The policy snapshot: everything beside the scenario, the answers and the time that a decision depends on.
//!
//! A snapshot is immutable; its digest stands in every event, and the snapshot itself in the store and in packs,
//! so that a replay judges under the rules that were in force.

use std::collections::BTreeMap;
use std::sync::{Arc, OnceLock};

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::condition::Gap;
use crate::contract::schema::Schema;
use crate::digest::Digest;
use crate::evidence::{Fault, FaultCode, Query};
use crate::json::{self, canonical};
use crate::keys::Keyring;
use crate::name::{CheckId, ProviderId};
use crate::scenario::packets::PacketPolicy;
use crate::trust::{
    AnchorPolicy, Disclosure, HashProfile, Lane, Occasion, ProviderTrust, Readers, ReleaseJudge, Scale,
};

/// Version of the snapshot's form.
pub const SNAPSHOT_VERSION: u32 = 1;

const RELEASE_RULES_INVALID: FaultCode = FaultCode::known("release_rules_invalid");

/// The highest number that JSON carries exactly, its neighbours included.
const MAX_NUMBER: u64 = (1 << 53) - 1;

fn bytes_of(snapshot: &PolicySnapshot) -> Vec<u8> {
    canonical::own(snapshot)
}

/// What is in force.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PolicySnapshot {
    /// [`SNAPSHOT_VERSION`].
    pub v: u32,
    /// The least lane for any condition.
    pub trust_requirement: Lane,
    /// Stricter lanes by provider.
    pub provider_trust_overrides: BTreeMap<ProviderId, Lane>,
    /// Every provider that may be asked.
    pub providers: BTreeMap<ProviderId, ProviderPolicy>,
    /// The anchors that providers must bring.
    pub anchors: AnchorPolicy,
    /// What may leave in the clear.
    pub evidence: EvidencePolicy,
    /// Sizes.
    pub limits: DecisionLimits,
    /// Which packets may be issued to whom.
    pub packets: PacketPolicy,
    /// Whose clock counts.
    pub time: TimePolicy,
    /// The keys that may sign evidence; left out when there are none.
    #[serde(default, skip_serializing_if = "Keyring::is_empty")]
    pub keys: Keyring,
}

/// One provider, as far as a decision depends on it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ProviderPolicy {
    /// Where its answers come from.
    pub answers: Answers,
    /// The highest lane that its evidence can have.
    pub max_lane: Lane,
    /// Whether its raw values may be shown, where raw values may be shown at all.
    pub allow_raw: bool,
    /// Digest of its contract.
    pub contract: Digest,
    /// JSON Schema of each check's values.
    pub result_schemas: BTreeMap<CheckId, Value>,
    /// What its answers must bring; left out when they need bring nothing.
    #[serde(default = "ProviderTrust::unsaid", skip_serializing_if = "ProviderTrust::is_audit")]
    pub trust: ProviderTrust,
    /// The highest lane of its evidence without a signature that is good enough; left out when it is `max_lane`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unsigned_max_lane: Option<Lane>,
    /// Who must have signed what, of a provider that brings attestations; left out for every other.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub signers: Option<Value>,
    /// What releases are judged by, of a provider that brings what is known of them; left out for every other.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub release: Option<Value>,
    /// The most bytes of one of its values, where that is another number than everybody's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_evidence_bytes: Option<u64>,
}

impl ProviderPolicy {
    /// Whether the gate computes its answers itself.
    pub fn is_derived(&self) -> bool {
        matches!(self.answers, Answers::Derived)
    }

    /// The highest lane of its evidence where no signature is good enough. What the gate computes itself needs none.
    pub fn unsigned_cap(&self) -> Lane {
        let cap = self.unsigned_max_lane.filter(|_| !self.is_derived());
        cap.map_or(self.max_lane, |cap| cap.min(self.max_lane))
    }
}

/// Where a provider's answers come from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Answers {
    /// From outside: recorded, and read back in a replay.
    Fetched,
    /// From the decision's own inputs: computed anew in a replay.
    Derived,
}

/// What may leave in the clear.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EvidencePolicy {
    /// `evidence.allow_raw_values`.
    pub allow_raw_values: bool,
    /// `evidence.require_provider_opt_in`.
    pub require_provider_opt_in: bool,
    /// What becomes of a redacted value's hash.
    pub hash_profile: HashProfile,
}

/// Sizes that a decision depends on, in bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DecisionLimits {
    /// One evidence value: its canonical JSON, or its raw bytes.
    pub max_evidence_bytes: u64,
    /// One trigger's or submission's payload.
    pub max_payload_bytes: u64,
}

/// Whose clock counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TimePolicy {
    /// The server's, or the caller's (a recorded relaxation).
    pub source: TimeSource,
    /// How far a clock may be off, in milliseconds.
    pub max_skew_ms: u64,
    /// Whether runs may count in logical time; left out when they may.
    #[serde(default = "allowed", skip_serializing_if = "is_allowed")]
    pub allow_logical: bool,
}

fn allowed() -> bool {
    true
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde hands a reference")]
fn is_allowed(allow: &bool) -> bool {
    *allow
}

/// Whose clock counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum TimeSource {
    /// The server's.
    Server,
    /// The caller's: for tests and replays.
    Caller,
}

/// Schemas of one provider's checks, each compiled when it is first asked for.
type ResultSchemas = BTreeMap<CheckId, OnceLock<Option<Schema>>>;

/// The judge of one source of releases, made when it is first asked for.
type LazyJudge = OnceLock<Result<Arc<dyn ReleaseJudge>, String>>;

/// A snapshot with its digest and its compiled schemas.
#[derive(Debug)]
pub struct Policy {
    snapshot: PolicySnapshot,
    digest: Digest,
    schemas: BTreeMap<ProviderId, ResultSchemas>,
    /// No part of what is in force: code, which every program of one version brings alike.
    readers: Option<Readers>,
    /// Made of what the snapshot says of each source of releases, when the first release is judged.
    judges: BTreeMap<ProviderId, LazyJudge>,
}

impl Policy {
    /// Puts a snapshot in force. Sizes and times beyond what JSON carries exactly count as the highest that it does.
    pub fn new(mut snapshot: PolicySnapshot) -> Self {
        let limits = &mut snapshot.limits;
        for number in [&mut limits.max_evidence_bytes, &mut limits.max_payload_bytes, &mut snapshot.time.max_skew_ms] {
            *number = (*number).min(MAX_NUMBER);
        }
        let digest = Digest::of(&bytes_of(&snapshot));
        let slots = |provider: &ProviderPolicy| {
            provider.result_schemas.keys().map(|it| (it.clone(), OnceLock::new())).collect()
        };
        let schemas = snapshot.providers.iter().map(|(id, provider)| (id.clone(), slots(provider))).collect();
        let sources = snapshot.providers.iter().filter(|(_, provider)| provider.release.is_some());
        let judges = sources.map(|(id, _)| (id.clone(), OnceLock::new())).collect();
        Self { snapshot, digest, schemas, readers: None, judges }
    }

    /// Reads the canonical JSON of a snapshot back.
    ///
    /// # Errors
    /// [`PolicyReadError`] when the bytes are not a snapshot of a version that this build knows.
    pub fn read(bytes: &[u8]) -> Result<Self, PolicyReadError> {
        let value = json::parse_exact(bytes, &json::Limits::message(1 << 24)).map_err(PolicyReadError::Json)?;
        // The version comes first: a snapshot of another build may well have other fields.
        match value.get("v").and_then(Value::as_u64) {
            Some(got) if got != u64::from(SNAPSHOT_VERSION) => return Err(PolicyReadError::Version { got }),
            Some(_) | None => {}
        }
        serde_json::from_value(value)
            .map(Self::new)
            .map_err(|error| PolicyReadError::Shape { reason: error.to_string() })
    }

    /// The same, with readers. Without them, what sources of attestations and releases bring is Unknown.
    #[must_use]
    pub fn with_readers(mut self, readers: Option<Readers>) -> Self {
        self.readers = readers;
        self
    }

    /// Its readers.
    pub fn readers(&self) -> Option<Readers> {
        self.readers
    }

    /// Who judges what a source of releases brings; `None` for every other provider.
    ///
    /// # Errors
    /// [`Gap`] without readers, or when what the snapshot says of the source makes no sense.
    pub fn release_judge(&self, provider: &ProviderId) -> Option<Result<&dyn ReleaseJudge, Gap>> {
        let rules = self.provider(provider)?.release.as_ref()?;
        let slot = self.judges.get(provider)?;
        let Some(readers) = self.readers else { return Some(Err(Gap::NoReader)) };
        let made = slot.get_or_init(|| (readers.release)(rules));
        let invalid = |reason: &String| Gap::Fault(Fault::new(RELEASE_RULES_INVALID, reason.clone()));
        Some(made.as_ref().map(AsRef::as_ref).map_err(invalid))
    }

    /// What is in force.
    pub fn snapshot(&self) -> &PolicySnapshot {
        &self.snapshot
    }

    /// Its digest.
    pub fn digest(&self) -> Digest {
        self.digest
    }

    /// Its canonical JSON.
    pub fn to_bytes(&self) -> Vec<u8> {
        bytes_of(&self.snapshot)
    }

    /// The most bytes of one value of a provider.
    pub(crate) fn evidence_limit(&self, provider: Option<&ProviderId>) -> u64 {
        let own = provider.and_then(|it| self.provider(it)?.max_evidence_bytes);
        own.unwrap_or(self.snapshot.limits.max_evidence_bytes)
    }

    /// One provider's part.
    pub fn provider(&self, provider: &ProviderId) -> Option<&ProviderPolicy> {
        self.snapshot.providers.get(provider)
    }

    /// What answers to `query` are weighed against on this occasion; `None` for a provider that the policy does not
    /// know.
    pub fn scale<'a>(&'a self, query: &'a Query, occasion: Occasion<'a>) -> Option<Scale<'a>> {
        let provider = self.provider(&query.provider_id)?;
        let skew_ms = self.snapshot.time.max_skew_ms;
        Some(Scale { query, provider, keys: &self.snapshot.keys, skew_ms, occasion })
    }

    /// The compiled `result_schema` of a check; `None` when it allows everything.
    pub(crate) fn result_schema(&self, provider: &ProviderId, check: &CheckId) -> Result<Option<&Schema>, Gap> {
        let source = self.provider(provider).and_then(|it| it.result_schemas.get(check)).ok_or(Gap::ProviderMissing)?;
        let slot = self.schemas.get(provider).and_then(|it| it.get(check)).ok_or(Gap::ProviderMissing)?;
        if matches!(source, Value::Bool(true)) || source.as_object().is_some_and(serde_json::Map::is_empty) {
            return Ok(None);
        }
        let compiled = slot.get_or_init(|| Schema::compile(source).ok());
        compiled.as_ref().map(Some).ok_or(Gap::ResultMismatch { pointer: String::new() })
    }

    /// The least lane that a condition of `provider` must have before gate and condition tighten it.
    pub fn required_lane(&self, provider: &ProviderId) -> Lane {
        let global = self.snapshot.trust_requirement;
        self.snapshot.provider_trust_overrides.get(provider).map_or(global, |lane| (*lane).max(global))
    }

    /// Whether raw values of `provider` may be shown.
    pub fn disclosure(&self, provider: &ProviderId) -> Disclosure {
        let evidence = &self.snapshot.evidence;
        let opted_in = self.provider(provider).is_some_and(|it| it.allow_raw);
        if evidence.allow_raw_values && (opted_in || !evidence.require_provider_opt_in) {
            Disclosure::Raw
        } else {
            Disclosure::Redacted(evidence.hash_profile)
        }
    }

    /// What this policy loosens against the built-in defaults; goes into every decision.
    pub fn relaxations(&self) -> Vec<Relaxation> {
        let mut all = Vec::new();
        if self.snapshot.trust_requirement < Lane::Verified {
            all.push(Relaxation::TrustRequirementAsserted);
        }
        if self.snapshot.time.source == TimeSource::Caller {
            all.push(Relaxation::TimeSourceCaller);
        }
        all
    }
}

/// Something that loosens a decision. It is part of what is hashed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Relaxation {
    /// `trust.trust_requirement = "asserted"`.
    TrustRequirementAsserted,
    /// `time.source = "caller"`.
    TimeSourceCaller,
    /// The scenario was defined through a tool, not pinned by a configured file.
    ScenarioDraft,
    /// The stage has no gates and says so.
    StageUngated,
    /// Somebody answers for a block of a release gate.
    ReleaseWaived,
    /// No release gate was asked, and the release policy lets that through.
    ReleaseUngated,
    /// The release policy lets waivers cover evidence that failed its check.
    WaiversCoverFailedEvidence,
}

/// Why bytes are not a policy snapshot.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PolicyReadError {
    /// Not strict JSON.
    #[error("the policy snapshot is not strict JSON: {0}")]
    Json(#[source] json::JsonError),
    /// Another form.
    #[error("the policy snapshot does not have the expected form: {reason}")]
    Shape {
        /// What differs.
        reason: String,
    },
    /// A version of another build.
    #[error("policy snapshot version {got} is not known here (known: {SNAPSHOT_VERSION})")]
    Version {
        /// The version found.
        got: u64,
    },
}
