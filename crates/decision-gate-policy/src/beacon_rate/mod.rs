//! The gate on beacon rates, order 160 (seed 001): of the beacons that should have come home, enough did.
//!
//! Environment, then data, then count, then rate. Counts and rate are recomputed from the windows; what the caller
//! says in metadata counts only where `MinLane` takes it, else it is a near miss.

mod coverage;
mod options;
#[cfg(test)]
mod tests;

use decision_gate_attest::beacon::PREDICATE_TYPE;
use decision_gate_attest::rate::Rate;
use serde_json::Value;

use self::coverage::{Coverage, coverage, wilson};
pub use self::options::{BeaconRateOptions, LowCountAction, RateBound};
use crate::attested::Content;
use crate::context::ReleaseContext;
use crate::eligible::{self, Terms};
use crate::gates::{Gate, GateOptions, Level, Threshold};
use crate::options::{Action, names};
use crate::result::{Judged, NearMiss, Outcome, Telling};

const RATE: &str = "beacon_verification_rate";
const COUNT: &str = "beacon_verified_count";

impl GateOptions for BeaconRateOptions {
    const ID: &'static str = "beacon-rate";
    const ORDER: u16 = 160;
    const KEY: &'static str = "BeaconRate";
    const THRESHOLDS: &'static [Threshold<Self>] = &[
        Threshold {
            key: "MinVerificationRate",
            get: |it| Some(Level::rate(it.min_verification_rate)),
            set: |it, value| it.min_verification_rate = Level::as_rate(value),
        },
        Threshold {
            key: "MinBeaconCount",
            get: |it| Some(Level::count(it.min_beacon_count)),
            set: |it, value| it.min_beacon_count = value,
        },
    ];
}

impl Gate for BeaconRateOptions {
    fn judge(&self, release: &ReleaseContext, telling: Telling) -> Judged {
        let environment = &release.environment;
        if !names(&self.required_environments, environment) {
            let message = || format!("Beacon rate not required for environment '{environment}'");
            return telling.measured(Outcome::Pass, "environment_not_required", message);
        }
        let terms = Terms::of(PREDICATE_TYPE, self.min_lane, self.source_environments.as_deref(), None);
        let selected = eligible::select(release, &terms, |content| match content {
            Content::Beacon(beacons) => Some(beacons),
            _ => None,
        });
        let windows: Vec<_> = selected.found.iter().map(|(_, window)| *window).collect();
        match coverage(&windows, self.lookback_window, release.at) {
            Some(coverage) => {
                let evidence = selected.found.iter().map(|(it, _)| it.envelope());
                let judged = self.rate(coverage, telling).resting_on(evidence).detail("windows", || windows.len());
                judged.near(selected.misses(telling))
            }
            None => self.by_metadata(release, selected.misses(telling), telling),
        }
    }

    fn moments(&self, release: &ReleaseContext) -> Vec<i64> {
        let Some(lookback) = self.lookback_window else { return Vec::new() };
        let ends = release.attestations.iter().filter_map(|it| match it.content() {
            Content::Beacon(window) => Some(window.window().1.saturating_add(lookback.millis())),
            _ => None,
        });
        // From the last of them on nothing lies within the lookback; until then it covers less and less.
        ends.max().into_iter().collect()
    }
}

impl BeaconRateOptions {
    fn rate(&self, seen: Coverage, telling: Telling) -> Judged {
        let (count, least) = (seen.verified, self.min_beacon_count);
        let judged = if count < least { self.low_count(count, telling) } else { self.against_threshold(seen, telling) };
        judged
            .detail("verified_count", || count)
            .detail("expected_count", || if seen.expected == u64::MAX { Value::Null } else { seen.expected.into() })
            .detail("rate", || seen.rate.decimal())
            .detail("min_verification_rate", || self.min_verification_rate.decimal())
            .detail("min_beacon_count", || least)
    }

    fn low_count(&self, count: u64, telling: Telling) -> Judged {
        let least = self.min_beacon_count;
        let (outcome, consequence) = match self.low_count_action {
            LowCountAction::PassWithNote => (Outcome::PassWithNote, "; rate enforcement deferred"),
            LowCountAction::Warn => (Outcome::Warn, " (warn mode)"),
            LowCountAction::Block => (Outcome::Block, ""),
        };
        let message = || format!("Beacon count ({count}) below minimum ({least}){consequence}");
        telling
            .missing(outcome, "insufficient_beacon_count", message)
            .recommend("let the artifact run longer before it is promoted")
    }

    fn against_threshold(&self, seen: Coverage, telling: Telling) -> Judged {
        let threshold = self.min_verification_rate;
        let decimals = threshold.percent_decimals();
        let percent = |rate: Rate| rate.percent(decimals);
        let compared = match self.rate_bound {
            RateBound::Raw => seen.rate,
            RateBound::Wilson => wilson(seen.verified, seen.expected),
        };
        let shown = || match self.rate_bound {
            RateBound::Raw => percent(seen.rate),
            RateBound::Wilson => format!("{}, lower bound {}", percent(seen.rate), percent(compared)),
        };
        let against = |how: &str, end: &str| format!("Beacon verification rate ({}) {how} threshold ({end})", shown());
        if compared >= threshold {
            return telling.measured(Outcome::Pass, "rate_met", || against("meets", &percent(threshold)));
        }
        let message = || match self.below_threshold_action {
            Action::Warn => against("is below", "warn mode"),
            Action::Block => against("is below", &percent(threshold)),
        };
        telling
            .measured(self.below_threshold_action.outcome(), "rate_below_threshold", message)
            .recommend("find out why beacons were lost, and attest a window without losses")
    }

    fn by_metadata(&self, release: &ReleaseContext, mut misses: Vec<NearMiss>, telling: Telling) -> Judged {
        if release.metadata_lane < self.min_lane.lane() {
            misses.extend(eligible::asserted(&[RATE, COUNT], release, self.min_lane.lane()));
            return self.missing("beacon_data_missing", misses, telling);
        }
        let said = |key: &str| release.metadata.get(key);
        if said(RATE).is_none() && said(COUNT).is_none() {
            return self.missing("beacon_data_missing", misses, telling);
        }
        let rate = said(RATE).and_then(|text| Rate::parse(text));
        let count = said(COUNT).and_then(|text| eligible::count(text));
        match (rate, count) {
            (Some(rate), Some(verified)) => {
                let expected = match u128::from(rate.billionths()) {
                    0 => u64::MAX,
                    parts => u64::try_from((u128::from(verified) * 1_000_000_000).div_ceil(parts)).unwrap_or(u64::MAX),
                };
                self.rate(Coverage { verified, expected, rate }, telling).near(misses)
            }
            (rate, count) => {
                if rate.is_none() {
                    misses.push(eligible::malformed(RATE, "a number from 0.0 to 1.0", said(RATE)));
                }
                if count.is_none() {
                    misses.push(eligible::malformed(COUNT, "a whole number of 0 or more", said(COUNT)));
                }
                self.missing("beacon_data_malformed", misses, telling)
            }
        }
    }

    fn missing(&self, reason: &'static str, misses: Vec<NearMiss>, telling: Telling) -> Judged {
        let message = || match self.missing_beacon_action {
            Action::Warn => "No beacon telemetry data available for this artifact (warn mode)",
            Action::Block => "No beacon telemetry data available for this artifact",
        };
        telling
            .missing(self.missing_beacon_action.outcome(), reason, message)
            .recommend("run the artifact with beacons in a source environment and attest a window of them")
            .near(misses)
    }
}
