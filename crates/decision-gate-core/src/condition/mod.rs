//! Stage 3: from trusted evidence to a truth value. Unknown always carries its reason.

mod comparators;
mod evaluate;
mod gap;
mod truth;

pub use comparators::{ALL, Comparator, Expects};
pub use evaluate::{Judged, judge, meet_lane};
pub(crate) use evaluate::{Source, attested, judge_from, sound};
pub use gap::Gap;
pub use truth::Truth;
