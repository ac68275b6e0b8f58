//! Attestations, read once: which envelope, who signed it, where it was made, what it says.
//!
//! A predicate that contradicts itself stays here as refused, with the field named, so that a gate can tell why it
//! does not count. Lane and binding are computed here and never received: [`Attested::verified`] takes what only
//! core's verifier makes.

use std::sync::Arc;

use decision_gate_attest::beacon::{self, BeaconAttestation};
use decision_gate_attest::execution_evidence::{self, ExecutionEvidence};
use decision_gate_attest::predicate::PredicateFault;
use decision_gate_core::at::Timestamp;
use decision_gate_core::digest::Digest;
use decision_gate_core::dsse::Verified;
use decision_gate_core::evidence::Subject;
use decision_gate_core::intoto::Statement;
use decision_gate_core::keys::KeyId;
use decision_gate_core::trust::Lane;
use serde_json::Value;

use crate::confidence::ConfidenceFactors;
use crate::lattice_state::Reachability;
use crate::uncertainty_tier::Uncertainty;
use crate::waiver::Waiver;

/// One attestation. Whoever keeps it shares what it says.
#[derive(Clone, Debug, PartialEq)]
pub struct Attested {
    lane: Lane,
    said: Arc<Said>,
}

/// What was said, by whom and about what.
#[derive(Clone, Debug, PartialEq)]
struct Said {
    envelope: Digest,
    binding: Binding,
    signers: Vec<KeyId>,
    predicate_type: String,
    environment: Option<String>,
    issued_at: Option<i64>,
    content: Content,
}

/// Whether it is about the release's artifact.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Binding {
    /// It names it.
    Bound,
    /// It names others only.
    OtherSubject,
}

/// What it says.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum Content {
    /// The artifact ran.
    Execution(ExecutionEvidence),
    /// Its beacons came home.
    Beacon(BeaconAttestation),
    /// Whether vulnerable code is reached.
    Reachability(Reachability),
    /// What is not known about it.
    Uncertainty(Uncertainty),
    /// How confident its findings are.
    Confidence(ConfidenceFactors),
    /// A block that somebody answers for.
    Waiver(Box<Waiver>),
    /// Something that counts by its presence only.
    Other,
    /// It contradicts itself.
    Refused(PredicateFault),
}

type Reader = fn(&Value) -> Result<(Content, Option<String>, i64), PredicateFault>;

/// Predicate types that are read, and how: content, environment, time of issue.
static READERS: &[(&str, Reader)] = &[
    (execution_evidence::PREDICATE_TYPE, |it| {
        let read = ExecutionEvidence::read(it)?;
        let (environment, at) = (read.environment_id().to_owned(), read.timestamp());
        Ok((Content::Execution(read), Some(environment), at))
    }),
    (beacon::PREDICATE_TYPE, |it| {
        let read = BeaconAttestation::read(it)?;
        let (environment, at) = (read.environment_id().to_owned(), read.timestamp());
        Ok((Content::Beacon(read), Some(environment), at))
    }),
    (crate::lattice_state::PREDICATE_TYPE, |it| {
        let read = Reachability::read(it)?;
        let (environment, at) = (read.environment_id.clone(), read.timestamp);
        Ok((Content::Reachability(read), environment, at))
    }),
    (crate::uncertainty_tier::PREDICATE_TYPE, |it| {
        let read = Uncertainty::read(it)?;
        let (environment, at) = (read.environment_id.clone(), read.timestamp);
        Ok((Content::Uncertainty(read), environment, at))
    }),
    (crate::confidence::PREDICATE_TYPE, |it| {
        let read = ConfidenceFactors::read(it)?;
        let (environment, at) = (read.environment_id.clone(), read.timestamp);
        Ok((Content::Confidence(read), environment, at))
    }),
    (crate::waiver::PREDICATE_TYPE, |it| {
        let read = Waiver::read(it)?;
        let at = read.issued_at();
        Ok((Content::Waiver(Box::new(read)), None, at))
    }),
];

/// Where well-known predicates say when they were made.
const ISSUED: [&str; 6] = [
    "/timestamp",
    "/timeVerified",
    "/timeCreated",
    "/metadata/scanFinishedOn",
    "/runDetails/metadata/finishedOn",
    "/metadata/buildFinishedOn",
];

impl Attested {
    /// What a verified statement says, for a release of `subject`.
    pub fn verified(statement: &Verified<Statement>, envelope: Digest, subject: &Subject) -> Self {
        let signers = statement.signers().to_vec();
        Self { lane: Lane::Verified, said: Arc::new(Said::read(statement.get(), envelope, subject, signers)) }
    }

    /// What a statement says that nobody vouches for. It counts where a policy takes asserted evidence.
    pub fn asserted(statement: &Statement, envelope: Digest, subject: &Subject) -> Self {
        Self { lane: Lane::Asserted, said: Arc::new(Said::read(statement, envelope, subject, Vec::new())) }
    }

    /// Digest of its envelope.
    pub fn envelope(&self) -> Digest {
        self.said.envelope
    }

    /// How far it is believed.
    pub fn lane(&self) -> Lane {
        self.lane
    }

    /// Whether it is about the release's artifact.
    pub fn binding(&self) -> Binding {
        self.said.binding
    }

    /// The keys that signed it.
    pub fn signers(&self) -> &[KeyId] {
        &self.said.signers
    }

    /// The uri of its predicate's type.
    pub fn predicate_type(&self) -> &str {
        &self.said.predicate_type
    }

    /// Where it was made.
    pub fn environment(&self) -> Option<&str> {
        self.said.environment.as_deref()
    }

    /// When it was made, in milliseconds since 1970.
    pub fn issued_at(&self) -> Option<i64> {
        self.said.issued_at
    }

    /// What it says.
    pub fn content(&self) -> &Content {
        &self.said.content
    }

    /// The same, believed no further than this.
    #[must_use]
    pub fn at_most(self, lane: Lane) -> Self {
        Self { lane: lane.min(self.lane), ..self }
    }

    /// The same with full trust, for hypothetical answers only.
    pub(crate) fn if_verified(&self) -> Self {
        Self { lane: Lane::Verified, ..self.clone() }
    }
}

impl Said {
    fn read(statement: &Statement, envelope: Digest, subject: &Subject, signers: Vec<KeyId>) -> Self {
        let predicate = statement.predicate();
        let reader = READERS.iter().find(|(kind, _)| *kind == statement.predicate_type());
        let read = match reader {
            Some((_, reader)) => artifact(statement).and_then(|()| reader(predicate)),
            None => Ok((Content::Other, text(predicate, "environment_id"), i64::MIN)),
        };
        let (content, environment, issued_at) = match read {
            Ok((Content::Other, environment, _)) => (Content::Other, environment, issued(predicate)),
            Ok((content, environment, at)) => (content, environment, Some(at)),
            Err(fault) => (Content::Refused(fault), text(predicate, "environment_id"), None),
        };
        Self {
            envelope,
            binding: if statement.names(subject) { Binding::Bound } else { Binding::OtherSubject },
            signers,
            predicate_type: statement.predicate_type().to_owned(),
            environment,
            issued_at,
            content,
        }
    }
}

/// An `artifact_id` that is a digest must be one of the statement's subjects.
fn artifact(statement: &Statement) -> Result<(), PredicateFault> {
    let Some(stated) = text(statement.predicate(), "artifact_id") else { return Ok(()) };
    let Some(hex) = stated.strip_prefix("sha256:") else { return Ok(()) };
    let digests = || statement.subject().iter().filter_map(|it| it.digest().get("sha256"));
    if digests().any(|it| it == hex) {
        return Ok(());
    }
    let computed = digests().map(|it| format!("sha256:{it}")).collect::<Vec<_>>().join(", ");
    Err(PredicateFault::Inconsistent { field: "artifact_id".into(), stated, computed })
}

fn text(predicate: &Value, name: &str) -> Option<String> {
    predicate.get(name).and_then(Value::as_str).map(str::to_owned)
}

fn issued(predicate: &Value) -> Option<i64> {
    let times = ISSUED.iter().filter_map(|pointer| predicate.pointer(pointer)?.as_str());
    let mut read = times.filter_map(|text| match Timestamp::from_rfc3339(text)? {
        Timestamp::UnixMillis(millis) => Some(millis),
        Timestamp::Logical(_) => None,
    });
    read.next()
}
