//! How the gate judges: for each transition its best claim, of all transitions the worst.

use std::cmp::Reverse;

use decision_gate_attest::issuers::Accuracy;
use decision_gate_attest::rate::Rate;
use decision_gate_attest::vex_status::VexStatus;
use decision_gate_attest::vex_trust::{Claim, Freshness, IssuerVerified, VexTrustStatus, score};
use serde_json::{Value, json};

use super::audit;
use super::input::{Transition, VexInput};
use super::options::{MissingTrustBehavior, VexTrustOptions};
use crate::context::ReleaseContext;
use crate::gates::Gate;
use crate::options::Action;
use crate::result::{Basis, Judged, Outcome, Telling};

/// One thing that is not met.
struct Failure {
    reason: &'static str,
    message: String,
    basis: Basis,
    action: Action,
    recommendation: &'static str,
}

/// A claim and what it comes to.
struct Verdict<'a> {
    transition: &'a Transition,
    claim: &'a Claim,
    status: VexTrustStatus,
    failures: Vec<Failure>,
}

impl Verdict<'_> {
    fn outcome(&self) -> Outcome {
        self.failures.iter().map(|it| it.action.outcome()).max().unwrap_or(Outcome::Pass)
    }
}

impl Gate for VexTrustOptions {
    fn judge(&self, release: &ReleaseContext, telling: Telling) -> Judged {
        let judged = self.judged(release, telling).detail("environment", || release.environment.as_str());
        let judged = if self.bypasses() { judged.detail("bypass", || true) } else { judged };
        audit::complete(judged)
    }

    fn moments(&self, release: &ReleaseContext) -> Vec<i64> {
        let updated = release.vex.iter().flat_map(VexInput::updated);
        let ages = [self.fresh_for, self.expires_after].map(|it| it.millis().saturating_add(1));
        updated.flat_map(|at| ages.map(|age| at.saturating_add(age))).collect()
    }
}

impl VexTrustOptions {
    fn judged(&self, release: &ReleaseContext, telling: Telling) -> Judged {
        if let Some(status) = release.requested_status
            && !self.apply_to_statuses.contains(&status)
        {
            let message = || format!("VEX trust not required for status '{status}'");
            return telling.measured(Outcome::Pass, "status_not_applicable", message);
        }
        if let Some(source) = release.vex.as_ref().and_then(VexInput::withdrawn) {
            let message = || format!("VEX source '{source}' no longer says what it said last about this artifact");
            return self.silent(message, telling);
        }
        let Some(input) = release.vex.as_ref().filter(|it| !it.transitions().is_empty()) else {
            return self.missing(|| "No VEX trust data available for this artifact".to_owned(), telling);
        };
        if let Some(source) = self.sources.as_deref().and_then(|it| input.silent(it)) {
            return self.silent(|| format!("VEX source '{source}' is silent about this artifact"), telling);
        }
        let wanted = |status: VexStatus| match release.requested_status {
            Some(requested) => status == requested,
            None => self.apply_to_statuses.contains(&status),
        };
        let transitions = input.transitions().iter().filter(|it| wanted(it.status));
        let verdicts: Vec<Verdict<'_>> = transitions.filter_map(|it| self.best(input, it, release.at)).collect();
        let worst = verdicts.iter().min_by_key(|it| {
            (Reverse(it.outcome()), it.status.trust_score, &it.transition.vulnerability, it.transition.status)
        });
        match (worst, release.requested_status) {
            (Some(worst), _) => self.answer(worst, &verdicts, telling),
            (None, Some(status)) => {
                let message = || format!("No VEX trust data available for status '{status}' of this artifact");
                self.missing(message, telling)
            }
            (None, None) => {
                let message = || "No VEX status transition to judge for this artifact";
                telling.measured(Outcome::PassWithNote, "no_status_transition", message)
            }
        }
    }

    fn missing(&self, message: impl FnOnce() -> String, telling: Telling) -> Judged {
        let mode = match self.missing_trust_behavior {
            MissingTrustBehavior::Allow => " (allowed)",
            MissingTrustBehavior::Warn => " (warn mode)",
            MissingTrustBehavior::Block => "",
        };
        let outcome = self.missing_trust_behavior.outcome();
        telling
            .missing(outcome, "missing_vex_trust_data", || message() + mode)
            .recommend("hand in VEX that an issuer of the directory signed, and that names the artifact")
    }

    /// What is kept back may be anything, so that the gravest of the actions is taken.
    fn silent(&self, message: impl FnOnce() -> String, telling: Telling) -> Judged {
        let actions = [self.failure_action, self.contradiction_action.unwrap_or(self.failure_action)];
        let gravest = actions.into_iter().map(Action::outcome).chain([self.missing_trust_behavior.outcome()]).max();
        let outcome = gravest.unwrap_or(Outcome::Block);
        let mode = if outcome == Outcome::Block { "" } else { " (warn mode)" };
        telling
            .missing(outcome, "vex_source_silent", || message() + mode)
            .recommend("hand in the issuer's current documents beside those that it has published before")
    }

    /// The claim that speaks best for a transition.
    fn best<'a>(&self, input: &'a VexInput, transition: &'a Transition, at: i64) -> Option<Verdict<'a>> {
        let rules = self.freshness_rules();
        let counted = |it: &&Claim| match (&self.sources, &it.signals.authorised) {
            (None, _) => true,
            (Some(sources), authorised) => authorised.as_ref().is_some_and(|it| sources.contains(it)),
        };
        let all = || input.candidates(transition);
        // Where no listed source says it, what others say is judged, as unverified.
        let listed = all().any(|it| counted(&it));
        let each = all().filter(|it| !listed || counted(it)).map(|claim| {
            let mut signals = claim.signals.clone();
            if !counted(&claim) {
                (signals.issuer, signals.authorised) = (None, None);
            }
            let status = score(&signals, &self.weights, &rules, self.min_outcomes, at);
            let failures = self.failures(claim, &status);
            Verdict { transition, claim, status, failures }
        });
        each.min_by_key(|it| (it.outcome(), Reverse(it.status.trust_score), it.failures.len(), it.claim.evidence))
    }

    fn failures(&self, claim: &Claim, status: &VexTrustStatus) -> Vec<Failure> {
        let mut failures = Vec::new();
        let mut fail = |reason, message: String, basis, recommendation| {
            let contradiction = reason == "contradiction";
            let action = self.contradiction_action.filter(|_| contradiction).unwrap_or(self.failure_action);
            failures.push(Failure { reason, message, basis, action, recommendation });
        };
        if !claim.contradicted_by.is_empty() {
            let (name, others) = (&claim.vulnerability.name, claim.contradicted_by.join(", "));
            let message = format!("Trusted VEX issuers contradict each other on {name}: {others} says otherwise");
            fail("contradiction", message, Basis::Measured, "have the issuers settle which status holds");
        }
        if status.trust_score < self.min_composite_score {
            let (seen, least) = (status.trust_score.decimal(), self.min_composite_score.decimal());
            let message = format!("VEX trust score ({seen}) is below threshold ({least})");
            fail("composite_score", message, Basis::Measured, "see which factor of the breakdown is low");
        }
        if self.require_issuer_verified && status.issuer_verified != IssuerVerified::Yes {
            let (message, basis) = match status.issuer_verified {
                IssuerVerified::WithoutAuthority => ("VEX issuer may not speak about this artifact", Basis::Measured),
                IssuerVerified::Yes | IssuerVerified::Unsigned => ("VEX issuer is not verified", Basis::Missing),
            };
            fail("issuer_verified", message.into(), basis, "add the issuer and its authority to the directory");
        }
        if let Some(least) = self.min_accuracy_rate {
            self.accuracy(status, least, &mut fail);
        }
        if !self.acceptable_freshness.contains(&status.freshness) {
            let words: Vec<&str> = self.acceptable_freshness.iter().map(|it: &Freshness| it.word()).collect();
            let message = format!("VEX data is {}, acceptable is {}", status.freshness.word(), words.join(", "));
            fail("freshness", message, Basis::Measured, "get the issuer's current document");
        }
        failures
    }

    fn accuracy(
        &self,
        status: &VexTrustStatus,
        least: Rate,
        fail: &mut impl FnMut(&'static str, String, Basis, &'static str),
    ) {
        let decimals = least.percent_decimals();
        match status.accuracy {
            Accuracy::Known(rate) if rate >= least => {}
            Accuracy::Known(rate) => {
                let (seen, least) = (rate.percent(decimals), least.percent(decimals));
                let message = format!("VEX issuer accuracy rate ({seen}) is below threshold ({least})");
                fail("accuracy_rate", message, Basis::Measured, "look at the outcomes that refuted the issuer");
            }
            Accuracy::Unknown(_) => {
                let message = format!("VEX issuer accuracy rate is unknown, {} outcomes are needed", self.min_outcomes);
                fail("accuracy_rate", message, Basis::Missing, "record outcomes of the issuer's statements");
            }
        }
    }

    fn answer(&self, worst: &Verdict<'_>, all: &[Verdict<'_>], telling: Telling) -> Judged {
        let status = &worst.status;
        let outcome = worst.outcome();
        // The first failure of the gravest action is the reason.
        let decisive = worst.failures.iter().find(|it| it.action.outcome() == outcome);
        let judged = match decisive {
            None => {
                let message = || {
                    let (seen, least) = (status.trust_score.decimal(), self.min_composite_score.decimal());
                    format!("VEX trust score ({seen}) meets threshold ({least})")
                };
                telling.measured(Outcome::Pass, "trust_met", message)
            }
            Some(failure) => {
                let message = || match failure.action {
                    Action::Warn => format!("{} (warn mode)", failure.message),
                    Action::Block => failure.message.clone(),
                };
                // Where anything that was measured fails, more data would not have helped.
                let measured = worst.failures.iter().any(|it| it.basis == Basis::Measured);
                let basis = if measured { Basis::Measured } else { Basis::Missing };
                let judged = Judged { basis, ..telling.measured(outcome, failure.reason, message) };
                judged.recommend(failure.recommendation)
            }
        };
        let reasons = || worst.failures.iter().map(|it| it.reason).collect::<Vec<_>>();
        let accuracy = || match status.accuracy {
            Accuracy::Known(rate) => Value::from(rate.decimal()),
            Accuracy::Unknown(_) => Value::Null,
        };
        judged
            .detail("vulnerability", || worst.transition.vulnerability.as_str())
            .detail("status", || worst.transition.status.word())
            .detail("subcomponent", || worst.transition.subcomponent.as_ref().map(|it| it.id.clone()))
            .detail("failed", || json!(reasons()))
            .detail("transitions", || all.len())
            .detail("contradicted_by", || json!(worst.claim.contradicted_by))
            .detail("trust_score", || status.trust_score.decimal())
            .detail("tier", || status.tier.word())
            .detail("signature_verified", || status.signature_verified())
            .detail("issuer_id", || status.issuer.as_ref().map(|it| it.0.clone()))
            .detail("issuer_name", || status.issuer.as_ref().map(|it| it.1.clone()))
            .detail("freshness", || status.freshness.word())
            .detail("accuracy_rate", accuracy)
            .detail("breakdown", || json!(status.breakdown))
            .detail("min_composite_score", || self.min_composite_score.decimal())
            .resting_on(all.iter().map(|it| it.claim.evidence))
    }
}
