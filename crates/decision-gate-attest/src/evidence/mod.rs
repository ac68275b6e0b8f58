//! From attestations as bytes to one piece of evidence. Pure: keys, rules, subject and time are arguments.
//!
//! ```text
//! files ─▶ items ─▶ signatures ─▶ statements ─▶ subject, type ─▶ values ─▶ t of n keys ─▶ answer
//! bundle            core          core          the run's        path, fact
//! ```
//!
//! A value stands when enough distinct keys signed it, in one envelope or in several. What is foreign (other keys,
//! types, subjects, or junk) is passed over with a note. What a listed key signed, or is said to have signed, and does
//! not hold is a fault where no value stands; it never is a pass, and never an absence. The rules are written down in
//! `docs/spec/attestations.md`.

mod collected;
mod examine;
mod passed_over;
mod question;
mod reader;
mod rules;
mod select;
mod weigh;

pub use collected::{COLLECTED_TYPE, Collected, CollectedError, CollectedFile};
pub use passed_over::{PassedOver, Weight};
pub use question::{Ask, PREDICATE_CHECK, Question};
pub use reader::READER;
pub use rules::{RulesError, SignerRule, SignerRules};
pub use weigh::{Scale, Signed, Weighing, weigh};

#[cfg(test)]
mod tests;
