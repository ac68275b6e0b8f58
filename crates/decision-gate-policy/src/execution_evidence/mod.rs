//! The gate on execution evidence, order 150 (seed 000): the artifact was seen running, and enough of it was seen.
//!
//! Environment, then evidence, then quality. One attestation must meet both minimums: two weak ones are no strong one.
//! Metadata of the caller counts only where `MinLane` takes it; else it is a near miss.

mod options;
#[cfg(test)]
mod tests;

use decision_gate_attest::execution_evidence::{ExecutionEvidence, PREDICATE_TYPE};

pub use self::options::ExecutionEvidenceOptions;
use crate::attested::Content;
use crate::context::ReleaseContext;
use crate::eligible::{self, Terms};
use crate::gates::{Gate, GateOptions, Level, Threshold};
use crate::options::{Action, names};
use crate::result::{Judged, NearMiss, Outcome, Telling};

const HAS: &str = "has_execution_evidence";
const HOT: &str = "execution_evidence_hot_symbol_count";
const PATHS: &str = "execution_evidence_unique_call_paths";

impl GateOptions for ExecutionEvidenceOptions {
    const ID: &'static str = "execution-evidence";
    const ORDER: u16 = 150;
    const KEY: &'static str = "ExecutionEvidence";
    const THRESHOLDS: &'static [Threshold<Self>] = &[
        Threshold {
            key: "MinHotSymbolCount",
            get: |it| Some(Level::count(it.min_hot_symbol_count)),
            set: |it, value| it.min_hot_symbol_count = value,
        },
        Threshold {
            key: "MinUniqueCallPaths",
            get: |it| Some(Level::count(it.min_unique_call_paths)),
            set: |it, value| it.min_unique_call_paths = value,
        },
    ];
}

impl Gate for ExecutionEvidenceOptions {
    fn judge(&self, release: &ReleaseContext, telling: Telling) -> Judged {
        let environment = &release.environment;
        if !names(&self.required_environments, environment) {
            let message = || format!("Execution evidence not required for environment '{environment}'");
            return telling.measured(Outcome::Pass, "environment_not_required", message);
        }
        let terms = self.terms();
        let selected = eligible::select(release, &terms, |content| match content {
            Content::Execution(evidence) => Some(evidence),
            _ => None,
        });
        let shown = |it: &ExecutionEvidence| (it.hot_symbol_count(), it.unique_call_paths());
        // The best that meets both, else the best: more hot symbols, then more call paths, then the digest.
        let best = selected.found.iter().max_by_key(|(it, evidence)| {
            let (hot, paths) = shown(evidence);
            (self.enough(hot, paths), hot, paths, std::cmp::Reverse(it.envelope()))
        });
        if let Some((attested, evidence)) = best {
            let (hot, paths) = shown(evidence);
            return self
                .quality(hot, paths, telling)
                .resting_on([attested.envelope()])
                .detail("environment_id", || evidence.environment_id())
                .detail("trace_source", || evidence.trace_source())
                .near(selected.misses(telling));
        }
        self.by_metadata(release, selected.misses(telling), telling)
    }

    fn moments(&self, release: &ReleaseContext) -> Vec<i64> {
        eligible::moments(release, &self.terms())
    }
}

impl ExecutionEvidenceOptions {
    fn terms(&self) -> Terms<'_> {
        Terms::of(PREDICATE_TYPE, self.min_lane, self.source_environments.as_deref(), self.max_age)
    }

    fn enough(&self, hot: u64, paths: u64) -> bool {
        hot >= self.min_hot_symbol_count && paths >= self.min_unique_call_paths
    }

    fn quality(&self, hot: u64, paths: u64, telling: Telling) -> Judged {
        let (least_hot, least_paths) = (self.min_hot_symbol_count, self.min_unique_call_paths);
        let judged = if self.enough(hot, paths) {
            let message =
                || format!("Execution evidence meets quality thresholds (hot symbols: {hot}, call paths: {paths})");
            telling.measured(Outcome::Pass, "quality_met", message)
        } else {
            let message = || {
                format!(
                    "Execution evidence trace quality is insufficient: hot symbols {hot} < {least_hot} or call paths {paths} < {least_paths}"
                )
            };
            telling
                .measured(self.insufficient_quality_action.outcome(), "insufficient_trace_quality", message)
                .recommend("trace a longer run under real load, and attest it again")
        };
        judged
            .detail("hot_symbol_count", || hot)
            .detail("unique_call_paths", || paths)
            .detail("min_hot_symbol_count", || least_hot)
            .detail("min_unique_call_paths", || least_paths)
    }

    fn by_metadata(&self, release: &ReleaseContext, mut misses: Vec<NearMiss>, telling: Telling) -> Judged {
        if release.metadata_lane < self.min_lane.lane() {
            misses.extend(eligible::asserted(&[HAS, HOT, PATHS], release, self.min_lane.lane()));
            return self.missing("execution_evidence_missing", misses, telling);
        }
        let said = |key: &str| release.metadata.get(key);
        match said(HAS).map(String::as_str) {
            None if said(HOT).is_none() && said(PATHS).is_none() => {
                self.missing("execution_evidence_missing", misses, telling)
            }
            Some("false") => self.missing("execution_evidence_missing", misses, telling),
            Some("true") => {
                let (hot, paths) = (count(release, HOT), count(release, PATHS));
                match (hot, paths) {
                    (Ok(hot), Ok(paths)) => self.quality(hot, paths, telling).near(misses),
                    (hot, paths) => {
                        misses.extend([hot.err(), paths.err()].into_iter().flatten());
                        self.missing("execution_evidence_malformed", misses, telling)
                    }
                }
            }
            other => {
                misses.push(eligible::malformed(HAS, "`true` or `false`", other.map(str::to_owned).as_ref()));
                self.missing("execution_evidence_malformed", misses, telling)
            }
        }
    }

    fn missing(&self, reason: &'static str, misses: Vec<NearMiss>, telling: Telling) -> Judged {
        let message = || match self.missing_evidence_action {
            Action::Warn => "No execution evidence found for this artifact (warn mode)",
            Action::Block => "No execution evidence found for this artifact in required environment",
        };
        telling
            .missing(self.missing_evidence_action.outcome(), reason, message)
            .recommend("run the artifact in a source environment and attest its trace")
            .near(misses)
    }
}

fn count(release: &ReleaseContext, key: &str) -> Result<u64, NearMiss> {
    let seen = release.metadata.get(key);
    let read = seen.and_then(|text| eligible::count(text));
    read.ok_or_else(|| eligible::malformed(key, "a whole number of 0 or more", seen))
}
