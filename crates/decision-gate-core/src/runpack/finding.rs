//! What a verifier finds: a stable code, a place and a reason. Every finding fails the pack.

use std::collections::BTreeMap;
use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The most findings that a report lists; the rest is counted.
pub(crate) const MAX_FINDINGS: usize = 100;

/// The longest reason, in characters.
const MAX_REASON: usize = 400;

/// One thing that is wrong with a pack.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Finding {
    /// Which kind.
    pub code: FindingCode,
    /// Which file.
    pub path: String,
    /// Where in it: JSON Pointer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pointer: Option<String>,
    /// For people.
    pub reason: String,
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let pointer = self.pointer.as_deref().map_or_else(String::new, |it| format!("#{it}"));
        write!(f, "{} {}{pointer}: {}", self.code, self.path, self.reason)
    }
}

macro_rules! codes {
    ($($(#[$doc:meta])* $name:ident = $word:literal in $facet:ident),+ $(,)?) => {
        /// Every way in which a pack can be wrong. Codes are stable.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
        #[serde(rename_all = "snake_case")]
        pub enum FindingCode {
            $($(#[$doc])* #[serde(rename = $word)] $name,)+
        }

        impl FindingCode {
            /// All, in the order of the steps that find them.
            pub const ALL: &[Self] = &[$(Self::$name),+];

            /// The stable code.
            pub fn code(self) -> &'static str {
                match self {
                    $(Self::$name => $word,)+
                }
            }

            /// What the finding takes away.
            pub(crate) fn concern(self) -> Concern {
                match self {
                    $(Self::$name => Concern::$facet,)+
                }
            }
        }
    };
}

/// What a finding takes away.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Concern {
    /// The files are not what the manifest says, or not what they say of each other.
    Integrity,
    /// The decisions do not follow from the evidence.
    Replay,
    /// A signature does not hold, or not by whom it must.
    Signatures,
    /// The log did not commit to the run, or not whose checkpoint counts.
    Anchoring,
    /// The pack is not the one that was asked for.
    Expectation,
}

codes! {
    /// There is no manifest.
    ManifestMissing = "manifest_missing" in Integrity,
    /// The manifest does not read.
    ManifestInvalid = "manifest_invalid" in Integrity,
    /// The manifest is of a version that is not known here.
    ManifestVersion = "manifest_version_unknown" in Integrity,
    /// The manifest names a hash algorithm other than SHA-256.
    HashAlgorithm = "hash_algorithm_unknown" in Integrity,
    /// A path leads out of the pack, or means different things on different systems.
    PathInvalid = "path_invalid" in Integrity,
    /// A path is listed twice.
    PathDuplicate = "path_duplicate" in Integrity,
    /// Two paths differ in case only.
    PathCase = "path_case_collision" in Integrity,
    /// The manifest's two lists do not agree.
    ListsDisagree = "manifest_lists_disagree" in Integrity,
    /// A required artifact is not listed.
    ArtifactMissing = "artifact_missing" in Integrity,
    /// A listed file is not there.
    FileMissing = "file_missing" in Integrity,
    /// A file is not a regular file.
    FileNotRegular = "file_not_regular" in Integrity,
    /// A file could not be read.
    FileUnreadable = "file_unreadable" in Integrity,
    /// A file that the manifest does not name.
    FileUnlisted = "file_unlisted" in Integrity,
    /// A file's hash is not the listed one.
    FileHash = "file_hash_mismatch" in Integrity,
    /// The root hash does not follow from the file hashes.
    RootHash = "root_hash_mismatch" in Integrity,
    /// A file does not have the form that it must have.
    FileInvalid = "file_invalid" in Integrity,
    /// The scenario is not a valid one.
    SpecInvalid = "scenario_invalid" in Integrity,
    /// The spec hash is not that of the scenario.
    SpecHash = "spec_hash_mismatch" in Integrity,
    /// An id in the manifest is not that of the run.
    IdMismatch = "id_mismatch" in Integrity,
    /// A policy's digest is not that of the policy.
    PolicyDigest = "policy_digest_mismatch" in Integrity,
    /// An event names a policy that is not in the pack.
    PolicyMissing = "policy_missing" in Integrity,
    /// A policy that no event names.
    PolicyUnused = "policy_unused" in Integrity,
    /// An event does not read.
    EventInvalid = "event_invalid" in Integrity,
    /// The events are not numbered from 1 without a gap.
    EventSequence = "event_sequence" in Integrity,
    /// An event is of another run, tenant or namespace.
    EventScope = "event_scope" in Integrity,
    /// An event can't follow the one before it.
    EventOrder = "event_order" in Integrity,
    /// An event is earlier than the one before it.
    TimeRegressed = "time_regressed" in Integrity,
    /// One trigger was decided twice.
    TriggerDuplicate = "trigger_duplicate" in Integrity,
    /// One submission was taken twice.
    SubmissionDuplicate = "submission_duplicate" in Integrity,
    /// An event commits to a value of which the pack says nothing.
    ValueMissing = "value_missing" in Integrity,
    /// A value that no event commits to.
    ValueUnexpected = "value_unexpected" in Integrity,
    /// A value is not what its event commits to.
    Commitment = "commitment_mismatch" in Integrity,
    /// A withheld value shows what its event or the policy contradicts.
    WithheldInvalid = "withheld_invalid" in Integrity,
    /// The pack would take more work than a verifier does.
    PackTooLarge = "pack_too_large" in Replay,
    /// The event that follows from the recorded inputs is another one.
    ReplayDiffers = "replay_differs" in Replay,
    /// Nothing can follow from the recorded inputs.
    ReplayRefused = "replay_refused" in Replay,
    /// The recorded state is not the fold of the events.
    StateDigest = "state_digest_mismatch" in Replay,
    /// An artifact is not the view of events and values that it should be.
    ViewDiffers = "view_differs" in Integrity,
    /// The Merkle root, or what stands beside it, is another.
    ProofsDiffer = "proofs_differ" in Integrity,
    /// The manifest says something that the files do not.
    ManifestDiffers = "manifest_differs" in Integrity,
    /// The report in the pack is not that of its verification.
    ReportDiffers = "verifier_report_differs" in Integrity,
    /// Something refers to what does not exist.
    UnknownId = "unknown_id" in Replay,
    /// Decisions, triggers or calls are not numbered from 1 without a gap.
    DecisionSequence = "decision_sequence" in Replay,
    /// A gate's status does not follow from its conditions.
    GateStatus = "gate_status_mismatch" in Replay,
    /// A gate's trace does not follow from its requirement or its evidence.
    GateTrace = "gate_trace_mismatch" in Replay,
    /// A condition's status does not fit its evidence.
    EvidenceStatus = "evidence_status_mismatch" in Replay,
    /// A piece of evidence does not have the hash that it says.
    EvidenceHash = "evidence_hash_mismatch" in Replay,
    /// A piece of evidence does not have the anchor that the policy asks for.
    AnchorInvalid = "anchor_invalid" in Replay,
    /// A decision does not follow from the gates.
    DecisionContradicts = "decision_contradicts_gates" in Replay,
    /// The envelope beside the manifest is none, or is around something else.
    ManifestSignature = "manifest_signature_invalid" in Signatures,
    /// None of the verifier's keys signed the manifest.
    ManifestSigner = "manifest_signer_refused" in Signatures,
    /// A key that signed evidence can't be believed.
    EvidenceSigner = "evidence_signer_refused" in Signatures,
    /// The file beside the proof is no checkpoint of the run's log.
    CheckpointInvalid = "checkpoint_invalid" in Anchoring,
    /// The run's head is not where the proof says in the log of the checkpoint.
    InclusionMismatch = "inclusion_mismatch" in Anchoring,
    /// No checkpoint key of the verifier's signed the checkpoint.
    CheckpointSigner = "checkpoint_signer_refused" in Anchoring,
    /// Too few witnesses cosigned the checkpoint.
    CheckpointQuorum = "checkpoint_quorum" in Anchoring,
    /// The checkpoint contradicts another one of the same log.
    CheckpointSplitView = "checkpoint_split_view" in Anchoring,
    /// A checkpoint key was given, and the pack has no checkpoint.
    ExpectedCheckpoint = "expected_checkpoint" in Expectation,
    /// The proof does not reach as far as was asked for.
    ExpectedLevel = "expected_level" in Expectation,
    /// The root hash is not the one that was asked for.
    ExpectedRootHash = "expected_root_hash" in Expectation,
    /// The scenario is not the one that was asked for.
    ExpectedScenario = "expected_scenario" in Expectation,
    /// The run is not the one that was asked for.
    ExpectedRun = "expected_run" in Expectation,
    /// The subject is not the one that was asked for.
    ExpectedSubject = "expected_subject" in Expectation,
    /// The environment is not the one that was asked for.
    ExpectedEnvironment = "expected_environment" in Expectation,
    /// A decision was made under another policy than the one that was asked for.
    ExpectedPolicy = "expected_policy" in Expectation,
    /// The scenario is a draft, and a pinned one was asked for.
    ExpectedPinned = "expected_pinned" in Expectation,
}

impl fmt::Display for FindingCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}

/// Findings on their way into a report.
#[derive(Debug, Default)]
pub(crate) struct Findings {
    list: Vec<Finding>,
    omitted: u64,
    /// The first code of each concern, listed or not.
    first: BTreeMap<Concern, FindingCode>,
}

impl Findings {
    /// Adds a finding about a whole file.
    pub(crate) fn add(&mut self, code: FindingCode, path: &str, reason: impl fmt::Display) {
        self.put(code, path, None, reason);
    }

    /// Adds a finding about a place in a file.
    pub(crate) fn at(&mut self, code: FindingCode, path: &str, pointer: impl Into<String>, reason: impl fmt::Display) {
        self.put(code, path, Some(pointer.into()), reason);
    }

    fn put(&mut self, code: FindingCode, path: &str, pointer: Option<String>, reason: impl fmt::Display) {
        self.first.entry(code.concern()).or_insert(code);
        if self.list.len() >= MAX_FINDINGS {
            self.omitted += 1;
            return;
        }
        let short = |text: &str| text.chars().take(MAX_REASON).collect::<String>();
        let pointer = pointer.map(|it| short(&it));
        self.list.push(Finding { code, path: short(path), pointer, reason: short(&reason.to_string()) });
    }

    /// Whether nothing was found.
    pub(crate) fn is_empty(&self) -> bool {
        self.list.is_empty()
    }

    /// The first code of a concern.
    pub(crate) fn first(&self, concern: Concern) -> Option<FindingCode> {
        self.first.get(&concern).copied()
    }

    /// The list, and how many are not in it.
    pub(crate) fn into_parts(self) -> (Vec<Finding>, u64) {
        (self.list, self.omitted)
    }
}
