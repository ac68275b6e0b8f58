//! What a verification says.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::finding::Finding;
use super::level::ProofLevel;
use super::manifest::Profile;
use crate::at::Timestamp;
use crate::digest::Digest;
use crate::engine::{DecisionRecord, Degraded, RunStatus};
use crate::evidence::Subject;
use crate::name::{EnvironmentName, NamespaceId, TenantId};
use crate::policy::Relaxation;
use crate::scenario::Origin;

/// The outcome of a verification.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Report {
    /// Whether nothing was found.
    pub status: Status,
    /// What it comes to.
    pub verdict: Verdict,
    /// What was established.
    pub facets: Facets,
    /// How far that reaches: the highest level whose facet, and those before it, are `all`.
    pub level: Option<ProofLevel>,
    /// What is wrong, in the order of the steps.
    pub findings: Vec<Finding>,
    /// How many more findings there were.
    pub findings_omitted: u64,
    /// What nothing in the pack proves.
    pub unproven: Vec<Unproven>,
    /// Up to when a quorum of the verifier's witnesses proves that all events existed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub proven_at: Option<Timestamp>,
    /// How many listed files were read and hashed.
    pub checked_files: u64,
    /// Whose format it is.
    pub format: PackFormat,
    /// The root hash that the manifest states.
    pub root_hash: Option<Digest>,
    /// The run, as far as it could be read.
    pub run: Option<RunSummary>,
}

/// Whether anything was found.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// Nothing.
    Pass,
    /// Something.
    Fail,
}

/// What a verification comes to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// The expected scenario version let this run through.
    Allowed,
    /// The expected scenario version did not let this run through.
    NotAllowed,
    /// The pack holds together. Whether it is the right one was not asked.
    Consistent,
    /// The pack does not hold together, or is not the one that was asked for.
    Failed,
}

impl Verdict {
    /// The word on the wire.
    pub fn word(self) -> &'static str {
        match self {
            Self::Allowed => "allowed",
            Self::NotAllowed => "not_allowed",
            Self::Consistent => "consistent",
            Self::Failed => "failed",
        }
    }
}

/// The four facets of a proof.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Facets {
    /// Files, hashes and ids agree, and every artifact follows from events and values.
    pub integrity: Facet,
    /// Every event follows from its recorded inputs.
    pub replay: Facet,
    /// Who signed.
    pub signatures: Facet,
    /// Since when it exists, and that nothing was taken out.
    pub anchoring: Facet,
}

/// How far a facet reaches.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Facet {
    /// How far.
    pub level: Level,
    /// Why not further.
    pub reasons: Vec<String>,
}

/// How far a facet reaches.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Level {
    /// Not at all.
    None,
    /// In part.
    Partial,
    /// Wholly.
    All,
}

impl Level {
    /// The word on the wire.
    pub fn word(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Partial => "partial",
            Self::All => "all",
        }
    }
}

impl Facet {
    /// Wholly.
    pub(crate) fn all() -> Self {
        Self { level: Level::All, reasons: Vec::new() }
    }

    /// In part, and why.
    pub(crate) fn partial(reason: impl Into<String>) -> Self {
        Self { level: Level::Partial, reasons: vec![reason.into()] }
    }

    /// Not at all, and why.
    pub(crate) fn none(reason: impl Into<String>) -> Self {
        Self { level: Level::None, reasons: vec![reason.into()] }
    }
}

/// Something that the pack says and nothing in it proves.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Unproven {
    /// Which file.
    pub path: String,
    /// Where in it: JSON Pointer.
    pub pointer: String,
    /// What would prove it.
    pub reason: String,
}

/// Whose format a pack has.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum PackFormat {
    /// Ours: with events and values.
    DecisionGate,
    /// The public project's version 1: artifacts only.
    PublicV1,
    /// It could not be told.
    Unknown,
}

/// The run that a pack is about.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct RunSummary {
    /// Whose.
    pub tenant_id: TenantId,
    /// On which shelf.
    pub namespace_id: NamespaceId,
    /// Which run.
    pub run_id: String,
    /// The scenario that it is bound to.
    pub scenario_id: String,
    /// The version that it is bound to.
    pub spec_hash: Digest,
    /// Who wrote that.
    pub origin: Option<Origin>,
    /// How much of the values is shown.
    pub profile: Option<Profile>,
    /// What the run is about.
    pub subject: Option<Subject>,
    /// Where it is to go.
    pub environment: Option<EnvironmentName>,
    /// Whether it goes on.
    pub status: RunStatus,
    /// Why it can't be allowed even when it ended well.
    pub degraded: Option<Degraded>,
    /// The stage it stands at.
    pub stage_id: String,
    /// Its latest decision; none in packs of the public project whose ids do not fit.
    pub last_decision: Option<DecisionRecord>,
    /// What any of its decisions loosened.
    pub relaxations: Vec<Relaxation>,
    /// The policies that it was decided under.
    pub policies: Vec<Digest>,
    /// How many events, or decisions, it has.
    pub events: u64,
}
