//! What a release is judged on: everything that the gates may look at, parsed before the first gate is asked.
//!
//! Attestations come as [`Attested`]: read once, with the lane that the gate gave them. What the caller says about
//! itself stands in `metadata` and is asserted. There is no clock: `at` is the time of the evaluation.

use std::collections::{BTreeMap, BTreeSet};

use decision_gate_attest::vex_status::VexStatus;
use decision_gate_core::digest::Digest;
use decision_gate_core::evidence::Subject;
use decision_gate_core::name::EnvironmentName;
use decision_gate_core::trust::Lane;

use crate::attested::Attested;
use crate::vex_trust::VexInput;

/// One release, and what is known about it.
#[derive(Clone, Debug)]
pub struct ReleaseContext {
    /// Where it is to go: a declared environment.
    pub environment: EnvironmentName,
    /// For whom: a name of the server's allowed set.
    pub tenant: Option<String>,
    /// The artifact.
    pub subject: Subject,
    /// The VEX status that is asked for; without it every status that the release's VEX claims is judged.
    pub requested_status: Option<VexStatus>,
    /// The time of the evaluation, in milliseconds since 1970.
    pub at: i64,
    /// Environments that evidence may come from where a gate names none: those that are declared.
    pub declared_environments: BTreeSet<String>,
    /// What was attested about the artifact.
    pub attestations: Vec<Attested>,
    /// Evidence that was handed in and refused: its signature, key or anchor failed.
    pub rejected: Vec<Rejected>,
    /// What the VEX gate needs.
    pub vex: Option<VexInput>,
    /// What the caller says, by the seeds' metadata keys.
    pub metadata: BTreeMap<String, String>,
    /// How far `metadata` is believed: [`Lane::Asserted`], but for a hypothetical answer.
    pub metadata_lane: Lane,
}

/// Evidence that was refused before anybody read it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Rejected {
    /// Digest of its envelope.
    pub envelope: Digest,
    /// Stable code of what failed.
    pub code: String,
}

impl ReleaseContext {
    /// A release that nothing is known about.
    pub fn new(environment: EnvironmentName, subject: Subject, at: i64) -> Self {
        Self {
            environment,
            tenant: None,
            subject,
            requested_status: None,
            at,
            declared_environments: BTreeSet::new(),
            attestations: Vec::new(),
            rejected: Vec::new(),
            vex: None,
            metadata: BTreeMap::new(),
            metadata_lane: Lane::Asserted,
        }
    }

    /// The statuses that are judged: the one that is asked for, else every one that the release's VEX claims.
    pub fn statuses(&self) -> BTreeSet<VexStatus> {
        match self.requested_status {
            Some(status) => [status].into(),
            None => self.vex.iter().flat_map(VexInput::statuses).collect(),
        }
    }
}
