//! Stage 2: what the gate may believe. Lanes, anchors, signatures and what they are bound to, weighing, disclosure.
//!
//! Nothing about trust is received: [`weigh`] computes the lane from how an answer came, from the signatures that
//! hold, and from the policy snapshot. A provider or a signer can lower a lane and nothing else.

mod anchor;
mod attested;
mod disclosure;
mod height;
mod lane;
mod occasion;
mod provider;
mod refusal;
mod release;
mod signature;
pub mod statement;
mod weigh;

pub use anchor::{AnchorFault, AnchorPolicy, AnchorRequirement, ProviderAnchor, check_anchor};
pub use attested::{AttestationReader, AttestedBy, Reading};
pub use disclosure::{Disclosure, HashProfile, redact};
pub use height::{Height, HeightError};
pub use lane::{Lane, TrustRequirement};
pub use occasion::Occasion;
pub use provider::{Binding, ProviderTrust, SignatureRequirement};
pub use refusal::Refusal;
pub use release::{
    Readers, ReleaseBlock, ReleaseJudge, ReleaseNearMiss, ReleaseReader, ReleaseReading, ReleaseRecord, ReleaseRow,
    ReleaseSigner, ReleaseTurn, ReleaseWhy, Released, ReleasedBy, WaiverLapse,
};
pub use statement::{
    Audience, Claim, EVIDENCE_PREDICATE, EvidencePredicate, EvidenceStatement, StatementFault, ValueClaim, subject_of,
};
pub use weigh::{CheckedSignature, Proof, Scale, Scheme, Weighed, weigh, weigh_absence};
pub(crate) use weigh::{could_stand, weigh_read, weigh_released};
