//! The gate on uncertainty, order 300: T1 blocks `not_affected`, T2 warns, T3 notes, T4 passes.
//!
//! The tier comes from the highest score of all entries of all attestations. No entry at all is T1: who looked and
//! found nothing uncertain says so with an entry of score 0.

mod predicate;
#[cfg(test)]
mod tests;

use decision_gate_attest::rate::Rate;
use decision_gate_attest::vex_status::VexStatus;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

pub use self::predicate::{PREDICATE_TYPE, Uncertainty};
use crate::attested::Content;
use crate::context::ReleaseContext;
use crate::eligible::{self, Terms};
use crate::gates::{Gate, GateOptions, Level, Threshold};
use crate::options::{Action, MinLane, OptionFault};
use crate::result::{Judged, Outcome, Telling};
use crate::span::Span;

/// Options of the gate.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub struct UncertaintyTierOptions {
    /// The least score of tier 1.
    pub t1_min_score: Rate,
    /// The least score of tier 2.
    pub t2_min_score: Rate,
    /// The least score of tier 3.
    pub t3_min_score: Rate,
    /// What happens in tier 1 where one of `BlockedStatuses` is judged.
    pub t1_action: Action,
    /// Statuses that tier 1 stands against.
    pub blocked_statuses: Vec<VexStatus>,
    /// What happens in tier 1 with every other status, or none.
    pub t1_other_status_action: Action,
    /// What happens in tier 2.
    pub t2_action: Action,
    /// How old evidence may be; null for any age.
    pub max_age: Option<Span>,
    /// Environments that evidence may come from; null for every declared one.
    pub source_environments: Option<Vec<String>>,
    /// The least lane of evidence.
    pub min_lane: MinLane,
}

impl Default for UncertaintyTierOptions {
    fn default() -> Self {
        let tenths = |count: u32| Rate::from_billionths(count * 100_000_000).unwrap_or(Rate::ONE);
        Self {
            t1_min_score: tenths(7),
            t2_min_score: tenths(4),
            t3_min_score: tenths(1),
            t1_action: Action::Block,
            blocked_statuses: vec![VexStatus::NotAffected],
            t1_other_status_action: Action::Warn,
            t2_action: Action::Warn,
            max_age: None,
            source_environments: None,
            min_lane: MinLane::Verified,
        }
    }
}

impl GateOptions for UncertaintyTierOptions {
    const ID: &'static str = "uncertainty-tier";
    const ORDER: u16 = 300;
    const KEY: &'static str = "UncertaintyTier";
    const THRESHOLDS: &'static [Threshold<Self>] = &[
        Threshold {
            key: "T1MinScore",
            get: |it| Some(Level::rate(it.t1_min_score).between(Some(it.t2_min_score), None)),
            set: |it, value| it.t1_min_score = Level::as_rate(value),
        },
        Threshold {
            key: "T2MinScore",
            get: |it| Some(Level::rate(it.t2_min_score).between(Some(it.t3_min_score), Some(it.t1_min_score))),
            set: |it, value| it.t2_min_score = Level::as_rate(value),
        },
    ];

    fn check(self, options: &Value) -> Result<Self, OptionFault> {
        for (lower, upper, key, expected) in [
            (self.t2_min_score, self.t1_min_score, "T1MinScore", "a number above `T2MinScore`"),
            (self.t3_min_score, self.t2_min_score, "T2MinScore", "a number above `T3MinScore`"),
        ] {
            if lower >= upper {
                return Err(OptionFault::value(key, options.get(key).unwrap_or(&Value::Null), expected));
            }
        }
        Ok(self)
    }
}

impl Gate for UncertaintyTierOptions {
    fn judge(&self, release: &ReleaseContext, telling: Telling) -> Judged {
        let terms = self.terms();
        let selected = eligible::select(release, &terms, |content| match content {
            Content::Uncertainty(uncertainty) => Some(uncertainty),
            _ => None,
        });
        let entries = selected.found.iter().flat_map(|(_, it)| &it.entries);
        let worst = entries.map(|(code, score)| (*score, code.as_str())).max();
        let judged = match worst {
            None => self.nothing(release, telling),
            Some((score, code)) => {
                self.tier(release, score, telling).detail("code", || code).detail("score", || score.decimal())
            }
        };
        judged.resting_on(selected.found.iter().map(|(it, _)| it.envelope())).near(selected.misses(telling))
    }

    fn moments(&self, release: &ReleaseContext) -> Vec<i64> {
        eligible::moments(release, &self.terms())
    }
}

impl UncertaintyTierOptions {
    fn terms(&self) -> Terms<'_> {
        Terms::of(PREDICATE_TYPE, self.min_lane, self.source_environments.as_deref(), self.max_age)
    }

    /// The action of tier 1, and the status that it stands against.
    fn first(&self, release: &ReleaseContext) -> (Action, Option<VexStatus>) {
        let blocked = release.statuses().into_iter().find(|it| self.blocked_statuses.contains(it));
        (if blocked.is_some() { self.t1_action } else { self.t1_other_status_action }, blocked)
    }

    fn nothing(&self, release: &ReleaseContext, telling: Telling) -> Judged {
        let (action, _) = self.first(release);
        let message = || match action {
            Action::Warn => "No uncertainty entries available for this artifact, counted as tier T1 (warn mode)",
            Action::Block => "No uncertainty entries available for this artifact, counted as tier T1",
        };
        telling
            .missing(action.outcome(), "uncertainty_missing", message)
            .detail("tier", || "T1")
            .recommend("attest what is uncertain about the artifact, with score 0 where nothing is")
    }

    fn tier(&self, release: &ReleaseContext, score: Rate, telling: Telling) -> Judged {
        let shown = || score.decimal();
        if score >= self.t1_min_score {
            let (action, blocked) = self.first(release);
            let against = || blocked.map_or_else(String::new, |it| format!(" and blocks status '{it}'"));
            let message = || match action {
                Action::Warn => format!("Uncertainty tier T1 (score {}) is too high (warn mode)", shown()),
                Action::Block => format!("Uncertainty tier T1 (score {}) is too high{}", shown(), against()),
            };
            return telling
                .measured(action.outcome(), "uncertainty_t1", message)
                .detail("tier", || "T1")
                .recommend("resolve the uncertain entries, or ask for another status");
        }
        if score >= self.t2_min_score {
            let message = || match self.t2_action {
                Action::Warn => format!("Uncertainty tier T2 (score {}) is raised (warn mode)", shown()),
                Action::Block => format!("Uncertainty tier T2 (score {}) is raised", shown()),
            };
            return telling
                .measured(self.t2_action.outcome(), "uncertainty_t2", message)
                .detail("tier", || "T2")
                .recommend("resolve the uncertain entries");
        }
        let (outcome, reason, tier) = if score >= self.t3_min_score {
            (Outcome::PassWithNote, "uncertainty_t3", "T3")
        } else {
            (Outcome::Pass, "uncertainty_t4", "T4")
        };
        telling
            .measured(outcome, reason, || format!("Uncertainty tier {tier} (score {}) is acceptable", shown()))
            .detail("tier", || tier)
    }
}
