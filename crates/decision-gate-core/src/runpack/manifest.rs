//! The manifest: which files there are, and their hashes (`docs/spec/runpack.md`, "Layout").
//!
//! One wire type reads the manifests of the public project and ours. Ids are opaque text in it, because that
//! project's ids have no grammar; for our own packs the whole manifest is made anew and compared byte by byte.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::at::Timestamp;
use crate::digest::Digest;
use crate::evidence::Subject;
use crate::json::canonical;
use crate::name::{EnvironmentName, NamespaceId, TenantId};
use crate::policy::Relaxation;
use crate::scenario::Origin;

/// The version of the manifest, shared with the public project.
pub(crate) const MANIFEST_VERSION: &str = "v1";

/// The only hash algorithm.
pub(crate) const HASH_ALGORITHM: &str = "sha256";

/// The version of what is ours in a pack.
pub(crate) const PACK_FORMAT: u32 = 1;

/// What a file is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum ArtifactKind {
    ScenarioSpec,
    TriggerLog,
    GateEvalLog,
    DecisionLog,
    PacketLog,
    DispatchLog,
    SubmissionLog,
    EvidenceLog,
    ToolTranscript,
    VerifierReport,
    Custom,
}

/// The artifacts that every pack has, in the order of the manifest.
pub(crate) const REQUIRED: [(&str, ArtifactKind); 7] = [
    (SCENARIO_SPEC, ArtifactKind::ScenarioSpec),
    (TRIGGERS, ArtifactKind::TriggerLog),
    (GATE_EVALS, ArtifactKind::GateEvalLog),
    (DECISIONS, ArtifactKind::DecisionLog),
    (PACKETS, ArtifactKind::PacketLog),
    (SUBMISSIONS, ArtifactKind::SubmissionLog),
    (TOOL_CALLS, ArtifactKind::ToolTranscript),
];

pub(crate) const SCENARIO_SPEC: &str = "artifacts/scenario_spec.json";
pub(crate) const TRIGGERS: &str = "artifacts/triggers.json";
pub(crate) const GATE_EVALS: &str = "artifacts/gate_evals.json";
pub(crate) const DECISIONS: &str = "artifacts/decisions.json";
pub(crate) const PACKETS: &str = "artifacts/packets.json";
pub(crate) const SUBMISSIONS: &str = "artifacts/submissions.json";
pub(crate) const TOOL_CALLS: &str = "artifacts/tool_calls.json";
pub(crate) const VERIFIER_REPORT: &str = "artifacts/verifier_report.json";
pub(crate) const EVENTS: &str = "events.json";
pub(crate) const VALUES: &str = "values.json";
pub(crate) const TRUST: &str = "trust.json";
pub(crate) const PROOFS: &str = "proofs.json";
pub(crate) const CHECKPOINT: &str = "checkpoint.note";

/// How much of the values a pack shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Profile {
    /// All values with their salts: the whole proof.
    Audit,
    /// Only what the policy in force allows to be shown.
    Disclosed,
}

/// The manifest as written.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Manifest {
    pub(crate) manifest_version: String,
    pub(crate) generated_at: Timestamp,
    pub(crate) scenario_id: String,
    pub(crate) tenant_id: TenantId,
    pub(crate) namespace_id: NamespaceId,
    pub(crate) run_id: String,
    pub(crate) spec_hash: Digest,
    pub(crate) hash_algorithm: String,
    pub(crate) verifier_mode: VerifierMode,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) anchor_policy: Option<Value>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) security: Option<Security>,
    pub(crate) integrity: Integrity,
    pub(crate) artifacts: Vec<Artifact>,
    /// What is ours; the public project ignores the key.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) decision_gate: Option<Value>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum VerifierMode {
    OfflineStrict,
    OfflineWithFetch,
}

/// The public project's security context. Its development switch does not exist here.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Security {
    pub(crate) dev_permissive: bool,
    pub(crate) namespace_authority: String,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Integrity {
    pub(crate) file_hashes: Vec<FileHash>,
    pub(crate) root_hash: Digest,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct FileHash {
    pub(crate) path: String,
    pub(crate) hash: Digest,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Artifact {
    pub(crate) artifact_id: String,
    pub(crate) kind: ArtifactKind,
    pub(crate) path: String,
    #[serde(default)]
    pub(crate) content_type: Option<String>,
    pub(crate) hash: Digest,
    pub(crate) required: bool,
}

/// What is ours in a manifest.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Own {
    /// [`PACK_FORMAT`].
    pub(crate) format: u32,
    /// How much is shown.
    pub(crate) profile: Profile,
    /// Version of the rules that decided.
    pub(crate) rules: u32,
    /// Who wrote the scenario.
    pub(crate) origin: Origin,
    /// Whether the public project's verifier takes the pack: no file is cut into segments.
    pub(crate) peer_verifiable: bool,
    /// What the run is about.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) subject: Option<Subject>,
    /// Where it is to go.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) environment: Option<EnvironmentName>,
    /// What any of its decisions loosened, sorted.
    pub(crate) relaxations: Vec<Relaxation>,
}

/// Root hash: the digest of the canonical JSON of the file hashes in listed order.
pub(crate) fn root_hash(files: &[FileHash]) -> Digest {
    Digest::of(&canonical::of(files).unwrap_or_default())
}

impl Artifact {
    /// The entry of a file that is made here.
    pub(crate) fn required(path: &str, kind: ArtifactKind, hash: Digest) -> Self {
        let content_type = if path == CHECKPOINT { "text/plain; charset=utf-8" } else { "application/json" };
        Self {
            artifact_id: path.to_owned(),
            kind,
            path: path.to_owned(),
            content_type: Some(content_type.into()),
            hash,
            required: true,
        }
    }
}
