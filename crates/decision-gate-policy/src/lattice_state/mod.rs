//! The gate on lattice states, order 200: a VEX status must agree with what is known about reachability.
//!
//! States of several attestations are joined; sources that contradict each other give `X`. Each vulnerability that is
//! claimed is looked up, and without a state it is `U`: not known is never not reached.

mod options;
mod predicate;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};

use decision_gate_attest::vex_status::VexStatus;

pub use self::options::{LatticeStateOptions, NoStatusAction};
pub use self::predicate::{LatticeState, PREDICATE_TYPE, Reachability};
use crate::attested::Content;
use crate::context::ReleaseContext;
use crate::eligible::{self, Terms};
use crate::gates::{Gate, GateOptions};
use crate::options::Action;
use crate::result::{Judged, Outcome, Telling};
use crate::vex_trust::VexInput;

impl GateOptions for LatticeStateOptions {
    const ID: &'static str = "lattice-state";
    const ORDER: u16 = 200;
    const KEY: &'static str = "LatticeState";
}

/// How a state stands to a claim.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Stand {
    Agrees,
    Unconfirmed,
    Missing,
    Contradicts,
}

/// One claim against one state, worst last.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Verdict<'a> {
    outcome: Outcome,
    stand: Stand,
    status: VexStatus,
    vulnerability: &'a str,
    state: LatticeState,
}

impl Gate for LatticeStateOptions {
    fn judge(&self, release: &ReleaseContext, telling: Telling) -> Judged {
        let statuses: BTreeSet<_> = release.statuses().into_iter().filter(|it| self.applies(*it)).collect();
        if statuses.is_empty() {
            return self.no_status(telling);
        }
        let terms = self.terms();
        let selected = eligible::select(release, &terms, |content| match content {
            Content::Reachability(reachability) => Some(reachability),
            _ => None,
        });
        let mut states: BTreeMap<&str, LatticeState> = BTreeMap::new();
        for (name, state) in selected.found.iter().flat_map(|(_, it)| &it.states) {
            let known = states.entry(name).or_insert(LatticeState::U);
            *known = known.join(*state);
        }
        let verdicts = self.verdicts(release, &statuses, &states);
        let judged = match verdicts.iter().max() {
            Some(worst) => self.worst(worst, telling),
            None => self.no_state(telling),
        };
        judged
            .detail("claims", || verdicts.len())
            .resting_on(selected.found.iter().map(|(it, _)| it.envelope()))
            .near(selected.misses(telling))
    }

    fn moments(&self, release: &ReleaseContext) -> Vec<i64> {
        eligible::moments(release, &self.terms())
    }
}

impl LatticeStateOptions {
    fn terms(&self) -> Terms<'_> {
        Terms::of(PREDICATE_TYPE, self.min_lane, self.source_environments.as_deref(), self.max_age)
    }

    fn applies(&self, status: VexStatus) -> bool {
        self.apply_to_statuses.contains(&status)
    }

    /// Every claim of the release's VEX under the statuses that are judged; without claims every known state.
    fn verdicts<'a>(
        &self,
        release: &'a ReleaseContext,
        statuses: &BTreeSet<VexStatus>,
        states: &BTreeMap<&'a str, LatticeState>,
    ) -> Vec<Verdict<'a>> {
        let claims: BTreeSet<(&str, VexStatus)> = release.vex.iter().flat_map(VexInput::claims).collect();
        let of_status = |status: VexStatus| {
            let claimed = claims.iter().filter(move |(_, it)| *it == status).map(|(name, _)| *name);
            let mut names: BTreeSet<&'a str> = claimed.collect();
            if names.is_empty() {
                names.extend(states.keys());
            }
            names.into_iter().map(move |name| (name, status))
        };
        let pairs = statuses.iter().flat_map(|status| of_status(*status));
        pairs.map(|(name, status)| self.verdict(name, status, states.get(name).copied())).collect()
    }

    fn verdict<'a>(&self, vulnerability: &'a str, status: VexStatus, state: Option<LatticeState>) -> Verdict<'a> {
        let state = state.unwrap_or(LatticeState::U);
        let within =
            |map: &BTreeMap<VexStatus, Vec<LatticeState>>| map.get(&status).is_some_and(|it| it.contains(&state));
        let (outcome, stand) = if within(&self.pass_states) {
            (Outcome::Pass, Stand::Agrees)
        } else if within(&self.warn_states) {
            (Outcome::Warn, Stand::Unconfirmed)
        } else if state == LatticeState::U {
            (self.missing_state_action.outcome(), Stand::Missing)
        } else {
            (self.failure_action.outcome(), Stand::Contradicts)
        };
        Verdict { outcome, stand, status, vulnerability, state }
    }

    fn worst(&self, worst: &Verdict<'_>, telling: Telling) -> Judged {
        let (status, state, name) = (worst.status, worst.state.word(), worst.vulnerability);
        let mode = if worst.outcome == Outcome::Warn { " (warn mode)" } else { "" };
        let (reason, stands) = match worst.stand {
            Stand::Missing => {
                let judged = self.no_state(telling);
                return judged.detail("vulnerability", || name).detail("status", || status.word());
            }
            Stand::Agrees => {
                let message = || format!("Reachability agrees with status '{status}' (weakest state: {state})");
                return telling.measured(Outcome::Pass, "state_agrees", message);
            }
            Stand::Unconfirmed => ("state_unconfirmed", "does not confirm"),
            Stand::Contradicts if worst.state == LatticeState::X => ("state_contested", "contradicts"),
            Stand::Contradicts => ("state_contradicts", "contradicts"),
        };
        telling
            .measured(worst.outcome, reason, || {
                format!("Lattice state {state} of {name} {stands} status '{status}'{mode}")
            })
            .detail("vulnerability", || name)
            .detail("status", || status.word())
            .detail("state", || state)
            .recommend("confirm by static and runtime analysis that the code is not reached, or change the status")
    }

    fn no_state(&self, telling: Telling) -> Judged {
        let message = || match self.missing_state_action {
            Action::Warn => "No reachability state available for this artifact (warn mode)",
            Action::Block => "No reachability state available for this artifact",
        };
        telling
            .missing(self.missing_state_action.outcome(), "reachability_missing", message)
            .recommend("attest the reachability of every vulnerability that a status is claimed for")
    }

    fn no_status(&self, telling: Telling) -> Judged {
        let outcome = match self.no_status_action {
            NoStatusAction::Pass => Outcome::Pass,
            NoStatusAction::Warn => Outcome::Warn,
            NoStatusAction::Block => Outcome::Block,
        };
        telling.missing(outcome, "no_status_requested", || "No VEX status transition to judge")
    }
}
