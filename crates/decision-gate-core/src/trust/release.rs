//! Releases: who judges them, and what a decision keeps of the judgement.
//!
//! A source of releases brings files as they are. What the gates of a release policy make of them is established from
//! the kept bytes and the policy snapshot, and again in every replay. The gates are not core's: a reader is handed in
//! with the policy, makes a judge out of what the snapshot says of the source, and both are as pure as everything else.

use std::collections::BTreeMap;
use std::fmt::Debug;
use std::sync::Arc;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{AttestationReader, Height, Lane, Scale};
use crate::at::Timestamp;
use crate::condition::Truth;
use crate::digest::Digest;
use crate::evidence::{Answer, Query};
use crate::keys::{KeyId, TrustedKey};
use crate::name::EnvironmentName;
use crate::policy::Relaxation;

/// What reads sources whose answers are established here.
#[derive(Clone, Copy, Debug)]
pub struct Readers {
    /// Reads attestations.
    pub attestations: AttestationReader,
    /// Makes judges of releases.
    pub release: ReleaseReader,
}

/// Makes a judge out of what a policy snapshot says of a source of releases.
///
/// # Errors
/// What is wrong with it, for people.
pub type ReleaseReader = fn(&Value) -> Result<Arc<dyn ReleaseJudge>, String>;

/// Judges releases under one policy snapshot.
pub trait ReleaseJudge: Debug + Send + Sync {
    /// The answer to a question from what its source brought. Same inputs, same answer.
    fn judge(&self, query: &Query, brought: &Answer, scale: &Scale<'_>) -> ReleaseReading;

    /// A key that it knows beside those of the snapshot.
    fn key(&self, id: &KeyId) -> Option<&TrustedKey>;
}

/// An answer that was judged.
#[derive(Clone, Debug, PartialEq)]
pub struct ReleaseReading {
    /// The answer to the question.
    pub answer: Answer,
    /// The lowest lane of what the answer rests on.
    pub lane: Lane,
    /// What it rests on.
    pub by: ReleasedBy,
    /// What is kept of the judgement; nothing where there was none.
    pub judgement: Option<Released>,
}

/// A judgement.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Released {
    /// What stands in the event.
    pub record: ReleaseRecord,
    /// All of it, for people and programs. Never hashed.
    pub view: Value,
    /// What holds it up. Never hashed.
    pub why: ReleaseWhy,
}

/// What holds a release up, and what will.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ReleaseWhy {
    /// The gates whose blocks count: with all of them mended the answer is `pass`, and with fewer it is not. None where
    /// mending gates does not help.
    pub gates: Vec<ReleaseBlock>,
    /// When waivers end that count now, soonest first.
    pub lapses: Vec<WaiverLapse>,
    /// When gates will say something else by time alone, since evidence becomes too old, soonest first.
    pub turns: Vec<ReleaseTurn>,
}

/// A release gate that blocks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReleaseBlock {
    /// Which gate.
    pub gate: String,
    /// False where it measured, Unknown where it lacked something.
    pub status: Truth,
    /// Stable code.
    pub code: String,
    /// In the gate's own words.
    pub message: String,
    /// What to do about it.
    pub recommendation: String,
    /// What nearly counted.
    pub near_misses: Vec<ReleaseNearMiss>,
}

/// Evidence that nearly counted for a release gate.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReleaseNearMiss {
    /// Stable code of what was wrong.
    pub code: String,
    /// The field that was wrong.
    pub field: String,
    /// What would have done.
    pub expected: String,
    /// What was there.
    pub seen: String,
}

/// The end of a waiver that counts now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WaiverLapse {
    /// When.
    pub at: Timestamp,
    /// Which gate blocks again then.
    pub gate: String,
}

/// A release gate that will let through, or no longer, by time alone: one for each gate, the first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReleaseTurn {
    /// When.
    pub at: Timestamp,
    /// Which gate.
    pub gate: String,
    /// What the gate comes to then: True lets through.
    pub to: Truth,
    /// In the gate's own words, as it will say it then.
    pub message: String,
}

/// What a judgement rests on.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ReleasedBy {
    /// The keys, sorted.
    pub signers: Vec<ReleaseSigner>,
    /// SHA-256 of the envelopes, sorted.
    pub envelopes: Vec<Digest>,
}

/// A key that signed something that a judgement rests on.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ReleaseSigner {
    /// Which key.
    pub key_id: KeyId,
    /// As what; left out for a document that is no statement.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub predicate_type: Option<String>,
}

/// A release decision, as the event keeps it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ReleaseRecord {
    /// The release policy's name.
    pub policy: String,
    /// Digest of its options.
    pub policy_digest: Digest,
    /// Where the release is to go.
    pub environment: EnvironmentName,
    /// For whom.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tenant: Option<String>,
    /// The VEX status that was asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub requested_status: Option<String>,
    /// What the chain came to.
    pub outcome: Truth,
    /// Stable code of that.
    pub reason: String,
    /// The first gate whose block counts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub decided_by: Option<String>,
    /// One row for each gate, in order.
    pub gates: Vec<ReleaseRow>,
    /// What is looser than it should be.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub relaxations: Vec<Relaxation>,
    /// The audit record on VEX trust.
    pub audit: Value,
    /// How far what it was judged by has come, by name: of what was brought and of what the ledger had seen before, the
    /// higher.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub seen: BTreeMap<String, Height>,
}

/// A gate's row, as the event keeps it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ReleaseRow {
    /// Which gate.
    pub gate: String,
    /// The outcome that counts.
    pub outcome: String,
    /// What the gate said, where the mode in force made something else of it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub would_have: Option<String>,
    /// Stable code.
    pub reason: String,
    /// The mode in force.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mode: Option<String>,
    /// Digests of the waivers that cover it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub waived: Vec<Digest>,
}
