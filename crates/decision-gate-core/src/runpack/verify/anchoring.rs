//! Step 14: whether the log committed to this very run, who says so, and since when.
//!
//! The chain is: events → root → stream head → log at its position → checkpoint → signature of the log's key →
//! cosignatures. All of it is checked with the verifier's own checkpoint keys; nothing in the pack makes one trusted.

use super::content::Content;
use crate::at::Timestamp;
use crate::ledger::{
    Accepted, Checkpoint, CheckpointFault, CheckpointTrust, NoteError, StreamHead, is_origin_of, read_checkpoint,
    verify_inclusion,
};
use crate::runpack::finding::{FindingCode, Findings};
use crate::runpack::layout::Anchor;
use crate::runpack::manifest::{CHECKPOINT, PROOFS};
use crate::runpack::report::{Facet, Unproven};
use crate::runpack::trail::{Outline, Trail};

/// What was established of the run's place in the log.
#[derive(Debug)]
pub(super) struct Anchoring {
    facet: Facet,
    /// Up to when the events are proven to have existed.
    pub(super) proven_at: Option<Timestamp>,
    pub(super) unproven: Vec<Unproven>,
    proven: bool,
}

impl Anchoring {
    /// Of a pack in which there is nothing to judge, and why.
    pub(super) fn nothing(reason: &str) -> Self {
        Self { facet: Facet::none(reason), proven_at: None, unproven: Vec::new(), proven: false }
    }

    /// As a facet, for a run that has ended or goes on.
    pub(super) fn facet(self, ended: bool) -> Facet {
        match (self.proven, ended) {
            (true, true) => Facet::all(),
            (true, false) => Facet::partial(
                "the run goes on: nothing shows that it had no further events when the checkpoint was signed",
            ),
            (false, _) => self.facet,
        }
    }
}

/// Step 14.
pub(super) fn check(content: &Content, trust: Option<&CheckpointTrust>, findings: &mut Findings) -> Anchoring {
    let Some(anchor) = &content.anchor else {
        return Anchoring::nothing("the pack has no checkpoint");
    };
    let trail = &content.trail;
    let checkpoint = match read_checkpoint(&anchor.note) {
        Ok((_, checkpoint)) => checkpoint,
        Err(fault) => {
            findings.add(FindingCode::CheckpointInvalid, CHECKPOINT, fault);
            return Anchoring::nothing("the checkpoint does not read");
        }
    };
    let sound =
        is_of_run(trail, &checkpoint, findings) & is_included(trail, &content.outline, anchor, &checkpoint, findings);
    let Some(trust) = trust else {
        return Anchoring::nothing("the pack has a checkpoint, and no checkpoint key was given to check it with");
    };
    match trust.judge(&anchor.note) {
        Ok(accepted) if sound => anchored(&accepted),
        Ok(_) => Anchoring::nothing("the run is not in the checkpoint"),
        Err(fault) => {
            findings.add(code(&fault), CHECKPOINT, &fault);
            Anchoring::nothing("the checkpoint is not accepted")
        }
    }
}

fn anchored(accepted: &Accepted) -> Anchoring {
    let reason = "signature lines by keys that the verifier does not have prove nothing, and anybody can add some";
    let unknown = (accepted.unknown_lines > 0).then(|| Unproven {
        path: CHECKPOINT.to_owned(),
        pointer: String::new(),
        reason: reason.to_owned(),
    });
    let unproven = unknown.into_iter().collect();
    Anchoring { facet: Facet::all(), proven_at: accepted.proven_at, unproven, proven: true }
}

fn code(fault: &CheckpointFault) -> FindingCode {
    match fault {
        CheckpointFault::Signer { .. } | CheckpointFault::Note(NoteError::Signature { .. } | NoteError::Unsigned) => {
            FindingCode::CheckpointSigner
        }
        CheckpointFault::Note(_) | CheckpointFault::Checkpoint(_) => FindingCode::CheckpointInvalid,
        CheckpointFault::Quorum => FindingCode::CheckpointQuorum,
        CheckpointFault::SplitView { .. } => FindingCode::CheckpointSplitView,
    }
}

fn is_of_run(trail: &Trail, checkpoint: &Checkpoint, findings: &mut Findings) -> bool {
    let fits = is_origin_of(&checkpoint.origin, trail.tenant, trail.namespace);
    if !fits {
        let origin: String = checkpoint.origin.chars().take(64).collect();
        let reason = format!(
            "the checkpoint is of log `{origin}`, which is none of namespace `{}` of tenant `{}`",
            trail.namespace, trail.tenant
        );
        findings.add(FindingCode::CheckpointInvalid, CHECKPOINT, reason);
    }
    fits
}

fn is_included(
    trail: &Trail,
    outline: &Outline,
    anchor: &Anchor,
    checkpoint: &Checkpoint,
    findings: &mut Findings,
) -> bool {
    let head = StreamHead {
        tenant: trail.tenant,
        namespace: trail.namespace,
        run: Some(trail.run.clone()),
        size: outline.size(),
        root: outline.root(),
    };
    let (size, root) = (checkpoint.size, &checkpoint.root);
    let held = verify_inclusion(anchor.index, size, &head.leaf_hash(), &anchor.inclusion, root);
    held.map_err(|fault| findings.at(FindingCode::InclusionMismatch, PROOFS, "/checkpoint", fault)).is_ok()
}
