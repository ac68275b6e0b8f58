//! Where a number of the candidate turns a decision: found by judging again, never by arithmetic on what was shown.
//!
//! A gate's answer changes at most once between the least and the most of a number, so that halving finds the one place,
//! in whole units, and both sides of it were judged.

use decision_gate_core::condition::Truth;
use decision_gate_core::trust::Lane;

use super::verdict::View;
use crate::chain;
use crate::context::ReleaseContext;
use crate::gates::Level;
use crate::mode::Mode;
use crate::options::Switch;
use crate::policy::{ReadyGate, ReleasePolicy, Ungated};
use crate::release::What;
use crate::release::hearing::Bench;
use crate::release::why::counting;
use crate::result::Telling;
use crate::waiver;

/// What a number of the candidate does to one decision.
#[derive(Clone, Copy, Debug)]
pub(super) struct Probe {
    pub(super) gate: &'static str,
    pub(super) key: &'static str,
    pub(super) level: Level,
    /// Whether the least number lets the release through.
    pub(super) first: bool,
    /// The highest number of which that is still so; nothing where it is so of all.
    pub(super) last: Option<u64>,
}

/// Every number that decides, of every gate that can hold the release.
pub(super) fn all(policy: &ReleasePolicy, bench: &Bench, view: &View) -> Vec<Probe> {
    let release = &bench.all;
    let gates = policy.gates(release.environment.as_str(), release.tenant.as_deref());
    let counts = |gate: &&ReadyGate| {
        let asked = view.what == What::Chain || view.what == What::Gate(gate.kind.id);
        asked && matches!(&gate.switch, Switch::On { mode: None | Some(Mode::Block), .. })
    };
    let mut probes = Vec::new();
    for gate in gates.iter().filter(counts) {
        let levels = (gate.kind.levels)(&*gate.gate);
        if levels.is_empty() {
            continue;
        }
        let settings: Vec<_> = bench.contexts().map(|context| Setting::of(policy, context, gate, view.what)).collect();
        probes.extend(levels.into_iter().map(|(key, level)| {
            let lets_through = |value| {
                let Some(other) = (gate.kind.with)(&*gate.gate, key, value) else { return false };
                let other = ReadyGate { kind: gate.kind, switch: gate.switch.clone(), gate: other };
                let mut truths = settings.iter().map(|it| it.truth(&other));
                let whole = truths.next().flatten();
                let holds = |firm: Option<Option<Truth>>| firm.is_none_or(|firm| firm == whole);
                let lane = || if holds(truths.next()) { Lane::Verified } else { Lane::Asserted };
                view.standing(whole, lane).lets_through()
            };
            let (first, last) = turn(level, lets_through);
            Probe { gate: gate.kind.id, key, level, first, last }
        }));
    }
    probes
}

/// What is established beside one gate.
struct Setting<'a> {
    policy: &'a ReleasePolicy,
    context: &'a ReleaseContext,
    what: What,
    rest: Option<Truth>,
}

impl<'a> Setting<'a> {
    fn of(policy: &'a ReleasePolicy, context: &'a ReleaseContext, gate: &ReadyGate, what: What) -> Self {
        let rest = match what {
            What::Gate(_) => None,
            What::Chain => {
                let decision = chain::told(policy, context, Telling::Bare);
                let others = decision.rows.iter().filter(|row| row.gate != gate.kind.id);
                others.filter_map(counting).reduce(Truth::and)
            }
        };
        Self { policy, context, what, rest }
    }

    /// What it comes to with this gate.
    fn truth(&self, gate: &ReadyGate) -> Option<Truth> {
        let row = chain::row(gate, self.policy, self.context, &waiver::of(self.context), Telling::Bare);
        let all = [self.rest, counting(&row)].into_iter().flatten().reduce(Truth::and);
        match (self.what, all, self.policy.ungated()) {
            (What::Chain, None, Ungated::Allow) => Some(Truth::True),
            (What::Chain, None, Ungated::Hold) => Some(Truth::Unknown),
            (What::Chain, Some(_), _) | (What::Gate(_), ..) => all,
        }
    }
}

/// Whether the least value lets through, and the last value of which the same is true.
fn turn(level: Level, lets_through: impl Fn(u64) -> bool) -> (bool, Option<u64>) {
    let first = lets_through(level.least);
    if level.most <= level.least || lets_through(level.most) == first {
        return (first, None);
    }
    // Invariant: `same` is as the least, `other` is not.
    let (mut same, mut other) = (level.least, level.most);
    while other - same > 1 {
        let between = same + (other - same) / 2;
        if lets_through(between) == first { same = between } else { other = between }
    }
    (first, Some(same))
}
