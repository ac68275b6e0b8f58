//! Counting: everything adds up, and of examples those are kept that come first, so that no order of reading matters.

use std::collections::{BTreeMap, BTreeSet};

use super::probe::Probe;
use super::refusal::Refusal;
use super::report::{
    CandidateName, Curve, CurveStep, Differing, Flip, Flips, OutcomeCount, Place, Report, Side, Standing, Turn, Turned,
    Unjudged,
};
use super::stored::Extent;
use crate::gates::Unit;

/// What was counted so far.
#[derive(Debug)]
pub(super) struct Tally {
    extent: Extent,
    read: u64,
    judged: u64,
    left_out: u64,
    refused: BTreeMap<String, (u64, BTreeSet<Place>)>,
    differing: (u64, BTreeSet<Differing>),
    outcomes: BTreeMap<(Standing, Standing), u64>,
    flips: Flips,
    examples: BTreeMap<Place, Flip>,
    curves: BTreeMap<(&'static str, &'static str, String), Line>,
}

/// A curve on its way.
#[derive(Debug)]
struct Line {
    unit: Unit,
    most: u64,
    in_force: BTreeSet<u64>,
    decisions: u64,
    /// How many the least value lets through.
    first: u64,
    /// How many more, and how many fewer, above a value.
    turns: BTreeMap<u64, Turned>,
}

impl Tally {
    pub(super) fn new(extent: Extent) -> Self {
        Self {
            extent,
            read: 0,
            judged: 0,
            left_out: 0,
            refused: BTreeMap::new(),
            differing: (0, BTreeSet::new()),
            outcomes: BTreeMap::new(),
            flips: Flips::default(),
            examples: BTreeMap::new(),
            curves: BTreeMap::new(),
        }
    }

    /// A decision that the filters leave out.
    pub(super) fn leave_out(&mut self) {
        self.left_out += 1;
    }

    /// A decision that can't be judged.
    pub(super) fn refuse(&mut self, refusal: &Refusal, place: impl FnOnce() -> Place) {
        self.read += 1;
        let (count, examples) = match self.refused.get_mut(refusal.code()) {
            Some(known) => known,
            None => self.refused.entry(refusal.code().to_owned()).or_default(),
        };
        *count += 1;
        keep(examples, place(), self.extent.examples);
    }

    /// A decision that does not come out as it was recorded.
    pub(super) fn differ(&mut self, place: Place, what: String) {
        self.read += 1;
        self.differing.0 += 1;
        keep(&mut self.differing.1, Differing { place, what }, self.extent.examples);
    }

    /// A decision that was judged by both.
    pub(super) fn judge(&mut self, before: Standing, after: Standing) {
        self.read += 1;
        self.judged += 1;
        *self.outcomes.entry((before, after)).or_default() += 1;
    }

    /// Whether a flip at this place would be among the examples.
    pub(super) fn shows(&self, place: &Place) -> bool {
        let last = self.examples.last_key_value().map(|(last, _)| last);
        self.examples.len() < self.extent.examples || last.is_some_and(|last| place < last)
    }

    /// A decision that would change.
    pub(super) fn flip(&mut self, flip: &Flip) {
        let to_hold = flip.before.outcome.lets_through();
        // Whoever holds it, then or now.
        let by = if to_hold { &flip.after } else { &flip.before };
        let tenant = flip.tenant.clone().unwrap_or_else(|| flip.place.tenant_id.to_string());
        let gate = by.gate.as_deref().unwrap_or("none");
        let Flips { all, by_gate, by_environment, by_tenant, by_reason } = &mut self.flips;
        let counts =
            [(by_gate, gate), (by_environment, &flip.environment), (by_tenant, &tenant), (by_reason, &by.reason)];
        let each = counts.map(|(counts, name)| counts.entry(name.to_owned()).or_default());
        for turned in [all].into_iter().chain(each) {
            *(if to_hold { &mut turned.to_hold } else { &mut turned.to_allow }) += 1;
        }
    }

    /// One of the decisions that would change, to be shown.
    pub(super) fn show(&mut self, flip: Flip) {
        self.examples.insert(flip.place.clone(), flip);
        if self.examples.len() > self.extent.examples {
            self.examples.pop_last();
        }
    }

    /// What the numbers of the candidate do to one decision.
    pub(super) fn draw(&mut self, environment: &str, probes: &[Probe]) {
        for Probe { gate, key, level, first, last } in probes {
            let line = self.curves.entry((gate, key, environment.to_owned())).or_insert_with(|| Line {
                unit: level.unit,
                most: level.most,
                in_force: BTreeSet::new(),
                decisions: 0,
                first: 0,
                turns: BTreeMap::new(),
            });
            line.most = line.most.max(level.most);
            line.in_force.insert(level.value);
            line.decisions += 1;
            line.first += u64::from(*first);
            if let Some(last) = last {
                let turned = line.turns.entry(*last).or_default();
                *(if *first { &mut turned.to_hold } else { &mut turned.to_allow }) += 1;
            }
        }
    }

    /// All of it.
    pub(super) fn report(self, candidate: CandidateName) -> Report {
        let unjudged = |(code, (count, examples)): (String, (u64, BTreeSet<Place>))| {
            (code, Unjudged { count, examples: examples.into_iter().collect() })
        };
        let outcome = |((before, after), count)| OutcomeCount { before, after, count };
        let shown = u64::try_from(self.examples.len()).unwrap_or(u64::MAX);
        let most = self.extent.curves.unwrap_or(0);
        Report {
            candidate,
            read: self.read,
            judged: self.judged,
            left_out: self.left_out,
            not_judgeable: self.refused.into_iter().map(unjudged).collect(),
            differing: self.differing.1.into_iter().collect(),
            differing_count: self.differing.0,
            outcomes: self.outcomes.into_iter().map(outcome).collect(),
            examples_omitted: self.flips.all.sum().saturating_sub(shown),
            flips: self.flips,
            examples: self.examples.into_values().collect(),
            curves: self
                .curves
                .into_iter()
                .map(|((gate, key, place), line)| line.curve(gate, key, place, most))
                .collect(),
        }
    }
}

fn keep<T: Ord>(examples: &mut BTreeSet<T>, example: T, most: usize) {
    examples.insert(example);
    if examples.len() > most {
        examples.pop_last();
    }
}

impl Line {
    fn curve(self, gate: &str, key: &str, environment: String, most: usize) -> Curve {
        let mut steps = Vec::new();
        let mut through = self.first;
        for (value, Turned { to_hold, to_allow }) in &self.turns {
            steps.push(CurveStep { up_to: self.unit.write(*value), let_through: through });
            through = (through + to_allow).saturating_sub(*to_hold);
        }
        steps.push(CurveStep { up_to: self.unit.write(self.most), let_through: through });
        let all = steps.len();
        let steps = thinned(steps, most);
        Curve {
            gate: gate.to_owned(),
            key: key.to_owned(),
            environment,
            in_force: self.in_force.into_iter().map(|it| self.unit.write(it)).collect(),
            decisions: self.decisions,
            steps_omitted: u64::try_from(all - steps.len()).unwrap_or(u64::MAX),
            steps,
        }
    }
}

/// At most so many, evenly, the first and the last among them.
fn thinned(steps: Vec<CurveStep>, most: usize) -> Vec<CurveStep> {
    let (all, most) = (steps.len(), most.max(2));
    if all <= most {
        return steps;
    }
    let kept: BTreeSet<usize> = (0..most).map(|it| it * (all - 1) / (most - 1)).collect();
    steps.into_iter().enumerate().filter(|(index, _)| kept.contains(index)).map(|(_, step)| step).collect()
}

/// Where each number of the candidate turns a decision, of those that do.
pub(super) fn turns(probes: &[Probe]) -> Vec<Turn> {
    let turn = |it: &Probe| {
        let value = it.last?;
        Some(Turn {
            gate: it.gate.to_owned(),
            key: it.key.to_owned(),
            in_force: it.level.unit.write(it.level.value),
            value: it.level.unit.write(value),
            at: if it.first { Side::LetThrough } else { Side::Held },
        })
    };
    probes.iter().filter_map(turn).collect()
}
