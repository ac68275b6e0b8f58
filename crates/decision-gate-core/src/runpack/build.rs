//! From the ledger's rows to a pack.

use std::collections::BTreeMap;

use super::array::Made;
use super::files::PackFiles;
use super::packer::{PackFrame, Packer};
use super::path::ManifestName;
use super::signature::{self, MANIFEST_SIGNATURE};
use crate::digest::Digest;
use crate::json;
use crate::keys::SigningKey;
use crate::ledger::{EventReadError, SideValue};
use crate::policy::PolicyReadError;
use crate::scenario::SpecFaults;

/// Everything that a pack is made of. What it is made of lies in the ledger; how it is made is the caller's to say.
#[derive(Debug)]
pub struct PackInput {
    /// What stands around the events.
    pub frame: PackFrame,
    /// Canonical JSON of every event of the run, oldest first.
    pub events: Vec<Vec<u8>>,
    /// Every value that the ledger still has, with the position of its event.
    pub values: Vec<(u64, SideValue)>,
    /// Canonical JSON of the policy snapshots that the events name; others are left out.
    pub policies: Vec<Vec<u8>>,
}

/// Whether a pack is verified when it is made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verification {
    /// It is, and carries the report.
    Include,
    /// It is not.
    LeaveOut,
}

/// A pack: files by path, ready to be written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pack {
    pub(super) manifest_name: ManifestName,
    pub(super) manifest: Vec<u8>,
    pub(super) signature: Option<Vec<u8>>,
    pub(super) files: Vec<Made>,
    pub(super) root_hash: Digest,
    pub(super) pruned_through: Option<u64>,
}

/// Why no pack can be made.
#[derive(Debug, thiserror::Error)]
pub enum PackFault {
    /// The scenario does not read.
    #[error("the run's scenario is not strict json: {0}")]
    SpecJson(#[source] json::JsonError),
    /// The scenario is not one.
    #[error("the run's scenario is invalid: {0}")]
    Spec(#[source] SpecFaults),
    /// The scenario is another than the run's.
    #[error("the run is bound to scenario version `{bound}`, the one at hand is `{got}`")]
    OtherSpec {
        /// The run's.
        bound: Digest,
        /// As it came.
        got: Digest,
    },
    /// An event does not read.
    #[error("event {position} of the run does not read: {fault}")]
    Event {
        /// Its position in the list, from 1.
        position: usize,
        /// Why not.
        #[source]
        fault: EventReadError,
    },
    /// The first event does not start a run, or there is none.
    #[error("the events do not begin with the start of a run")]
    NotStarted,
    /// A gap or a repeat in the numbering.
    #[error("event {position} of the run has number {got}")]
    Sequence {
        /// Its position in the list, from 1.
        position: usize,
        /// Its number.
        got: u64,
    },
    /// A policy does not read.
    #[error(transparent)]
    Policy(#[from] PolicyReadError),
    /// An event names a policy that is not at hand.
    #[error("event {seq} was decided under policy `{digest}`, which is not at hand")]
    PolicyMissing {
        /// Number of the event.
        seq: u64,
        /// The policy.
        digest: Digest,
    },
    /// A value that no event commits to, or another value than the event commits to.
    #[error("the value `{slot}` of event {seq} is not what the event commits to")]
    Value {
        /// Number of the event.
        seq: u64,
        /// Which value.
        slot: String,
    },
    /// The manifest has no canonical form.
    #[error("the manifest can't be written: {0}")]
    Manifest(#[source] json::JsonError),
}

impl PackFault {
    /// Stable code.
    pub fn code(&self) -> &'static str {
        match self {
            Self::SpecJson(_) | Self::Spec(_) | Self::OtherSpec { .. } => "runpack_scenario_invalid",
            Self::Event { .. } | Self::NotStarted | Self::Sequence { .. } => "runpack_events_invalid",
            Self::Policy(_) | Self::PolicyMissing { .. } => "runpack_policy_missing",
            Self::Value { .. } => "runpack_value_invalid",
            Self::Manifest(_) => "runpack_manifest_invalid",
        }
    }

    /// What to do.
    pub fn hint(&self) -> &'static str {
        "the ledger does not hold together: run `decision-gate doctor`, and keep the file as it is"
    }
}

impl Pack {
    /// Every file with its path; the manifest comes last, so that a pack without one was not finished.
    pub fn files(&self) -> impl Iterator<Item = (&str, &[u8])> {
        let files = self.files.iter().map(|file| (file.path.as_str(), file.bytes.as_slice()));
        let signature = self.signature.iter().map(|bytes| (MANIFEST_SIGNATURE, bytes.as_slice()));
        let manifest = std::iter::once((self.manifest_name.as_str(), self.manifest.as_slice()));
        files.chain(signature).chain(manifest)
    }

    /// The same pack, signed. A signature that was there is replaced.
    #[must_use]
    pub fn signed(mut self, key: &SigningKey) -> Self {
        self.signature = Some(signature::sign(&self.manifest, key).as_bytes().to_vec());
        self
    }

    /// The last event of which it has a value no more. Whoever has the ledger knows whether that was pruned.
    pub fn pruned_through(&self) -> Option<u64> {
        self.pruned_through
    }

    /// The root hash: who knows it can tell this pack from any other.
    pub fn root_hash(&self) -> Digest {
        self.root_hash
    }

    /// The manifest's name.
    pub fn manifest_name(&self) -> &ManifestName {
        &self.manifest_name
    }

    /// The manifest's bytes.
    pub fn manifest(&self) -> &[u8] {
        &self.manifest
    }

    /// The pack as a verifier takes it.
    pub fn to_files(&self) -> PackFiles {
        self.files().map(|(path, bytes)| (path.to_owned(), bytes.to_vec())).collect()
    }
}

/// Makes a pack of a run.
///
/// # Errors
/// [`PackFault`] when the ledger's rows do not hold together.
pub fn build(input: PackInput) -> Result<Pack, PackFault> {
    let PackInput { frame, events, values, policies } = input;
    if events.is_empty() {
        return Err(PackFault::NotStarted);
    }
    let mut packer = Packer::new(frame)?;
    policies.iter().try_for_each(|bytes| packer.policy(bytes))?;
    let mut by_event: BTreeMap<u64, Vec<SideValue>> = BTreeMap::new();
    values.into_iter().for_each(|(seq, value)| by_event.entry(seq).or_default().push(value));
    for (seq, bytes) in (1..).zip(events) {
        packer.push(&bytes, by_event.remove(&seq).unwrap_or_default())?;
    }
    match by_event.into_iter().find_map(|(seq, values)| values.into_iter().next().map(|value| (seq, value.slot))) {
        Some((seq, slot)) => Err(PackFault::Value { seq, slot: slot.name() }),
        None => packer.finish(),
    }
}
