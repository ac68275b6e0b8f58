//! Stage 2: what the gate may believe. Lanes, anchors, weighing and disclosure.
//!
//! Nothing about trust is received: [`weigh`] computes the lane from how an answer came and from the policy
//! snapshot. A provider can lower its own lane and nothing else.

mod anchor;
mod disclosure;
mod lane;
mod weigh;

pub use anchor::{AnchorFault, AnchorPolicy, AnchorRequirement, ProviderAnchor, check_anchor};
pub use disclosure::{Disclosure, HashProfile, redact};
pub use lane::{Lane, TrustRequirement};
pub use weigh::{Proof, Refusal, Weighed, weigh};
