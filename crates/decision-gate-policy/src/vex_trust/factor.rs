//! The factor that VEX trust adds to confidence.

use decision_gate_attest::rate::Rate;
use decision_gate_attest::vex_trust::{VexTrustStatus, score};

use super::input::VexInput;
use super::options::VexTrustOptions;

/// Makes the factor `vex_trust` of the gate `confidence`, which weighs it by 0.20.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VexTrustConfidenceFactorProvider {
    /// Options that the score is made with.
    pub options: VexTrustOptions,
    /// Below this score it adds nothing.
    pub min_trust_score_contribution: Rate,
    /// What a verified signature adds.
    pub signature_verified_bonus: Rate,
}

impl Default for VexTrustConfidenceFactorProvider {
    fn default() -> Self {
        let rate = |parts| Rate::from_billionths(parts).unwrap_or(Rate::ZERO);
        Self {
            options: VexTrustOptions::default(),
            min_trust_score_contribution: rate(300_000_000),
            signature_verified_bonus: rate(100_000_000),
        }
    }
}

impl VexTrustConfidenceFactorProvider {
    /// The name that metrics and explanations give it.
    pub const NAME: &'static str = "VexTrustConfidenceFactorProvider";
    /// Its weight in the published model, in millionths.
    pub const WEIGHT: u32 = 200_000;

    /// What one status adds.
    pub fn of(&self, status: &VexTrustStatus) -> Rate {
        if status.trust_score < self.min_trust_score_contribution {
            return Rate::ZERO;
        }
        let bonus = if status.signature_verified() { self.signature_verified_bonus.billionths() } else { 0 };
        let sum = status.trust_score.billionths().saturating_add(bonus).min(Rate::ONE.billionths());
        Rate::from_billionths(sum).unwrap_or(Rate::ONE)
    }

    /// What the VEX of a release adds: that of its least trusted transition. Nothing where nothing is claimed.
    pub(super) fn factor(&self, input: &VexInput, at: i64) -> Option<Rate> {
        let options = &self.options;
        let judged = input.transitions().iter().filter(|it| options.apply_to_statuses.contains(&it.status));
        let each = judged.map(|transition| {
            let statuses = input
                .candidates(transition)
                .filter(|it| it.contradicted_by.is_empty())
                .map(|it| score(&it.signals, &options.weights, &options.freshness_rules(), options.min_outcomes, at));
            statuses.map(|it| self.of(&it)).max().unwrap_or(Rate::ZERO)
        });
        each.min()
    }
}
