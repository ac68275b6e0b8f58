//! The chain of release gates, all of them on, evidence parsed, against `regorus` on the same policy written in Rego
//! (`release_chain/policy.rego`), after checking that both give the same answers on 10,000 random releases. Also how
//! far the slowest evaluations are from the middle one.

use std::hint::black_box;
use std::time::{Duration, Instant};

use decision_gate_policy::chain::{ReleaseDecision, evaluate};
use decision_gate_policy::policy::ReleasePolicy;
use regorus::{Engine, Value as RegoValue};
use serde_json::{Value, json};

use crate::fault::Fault;
use crate::setup::Setup;
use crate::stats::{Pair, Summary, median_time};
use crate::table::{Bar, Row, Unit};

pub(super) mod backtest;
mod pieces;
mod releases;
mod vex;

use releases::Release;

/// Releases on which both sides must agree.
const RELEASES: usize = 10_000;
const PAIRS: usize = 60;
/// Evaluations of one side of a pair.
const BLOCK: usize = 100;
const TAILS: usize = 9;
const RULE: &str = "data.release.decision";

pub(crate) fn run(setup: &Setup) -> Result<Vec<Row>, Fault> {
    let policy = releases::policy()?;
    let releases = releases::all(RELEASES)?;
    let mut engine = engine()?;
    let inputs: Vec<RegoValue> = releases.iter().map(|it| RegoValue::from(it.input.clone())).collect();
    let reached = agree(&policy, &releases, &mut engine, &inputs)?;
    Ok(vec![speed(setup, &policy, &releases, &mut engine, &inputs, reached)?, tail(setup, &policy, &releases)])
}

fn engine() -> Result<Engine, Fault> {
    let mut engine = Engine::new();
    let text = include_str!("release_chain/policy.rego");
    engine.add_policy("policy.rego".to_owned(), text.to_owned()).map_err(rego)?;
    Ok(engine)
}

fn rego(error: impl std::fmt::Display) -> Fault {
    Fault::NotComparable(format!("regorus: {error:#}"))
}

fn theirs(engine: &mut Engine, input: &RegoValue) -> Result<RegoValue, Fault> {
    engine.set_input(input.clone());
    engine.eval_rule(RULE.to_owned()).map_err(rego)
}

/// Refuses a comparison where the answers differ; gives how many different ones there were.
fn agree(
    policy: &ReleasePolicy,
    releases: &[Release],
    engine: &mut Engine,
    inputs: &[RegoValue],
) -> Result<usize, Fault> {
    let mut answers = std::collections::BTreeSet::new();
    for (release, input) in releases.iter().zip(inputs) {
        let ours = answer(&evaluate(policy, &release.context));
        let rego = theirs(engine, input)?.to_json_str().map_err(rego)?;
        let rego: Value = serde_json::from_str(&rego).map_err(rego_json)?;
        if ours != rego {
            let input = &release.input;
            return Err(Fault::NotComparable(format!("the answers differ: ours {ours}, theirs {rego}, on {input}")));
        }
        answers.insert(ours.to_string());
    }
    Ok(answers.len())
}

fn rego_json(error: serde_json::Error) -> Fault {
    rego(error)
}

/// What both sides are asked for: outcome, reason, who decided, and outcome and reason of every gate.
fn answer(decision: &ReleaseDecision) -> Value {
    let rows: Vec<_> = decision.rows.iter().map(|it| json!([it.gate, it.outcome, it.judged.reason])).collect();
    json!({
        "truth": decision.truth.word(),
        "reason": decision.reason,
        "decided_by": decision.decided_by.unwrap_or_default(),
        "rows": rows,
    })
}

fn speed(
    setup: &Setup,
    policy: &ReleasePolicy,
    releases: &[Release],
    engine: &mut Engine,
    inputs: &[RegoValue],
    reached: usize,
) -> Result<Row, Fault> {
    let count = f64::from(u32::try_from(BLOCK).unwrap_or(u32::MAX));
    let mut pairs = Vec::new();
    for number in 0..setup.pairs(PAIRS) {
        let from = number * BLOCK % RELEASES;
        let ours =
            || releases.iter().skip(from).take(BLOCK).for_each(|it| drop(black_box(evaluate(policy, &it.context))));
        let mut rego = || inputs.iter().skip(from).take(BLOCK).try_for_each(|it| theirs(engine, it).map(drop));
        let (mine, floor);
        if number % 2 == 0 {
            mine = timed(ours);
            let began = Instant::now();
            rego()?;
            floor = began.elapsed();
        } else {
            let began = Instant::now();
            rego()?;
            floor = began.elapsed();
            mine = timed(ours);
        }
        pairs.push(Pair { ours: count / mine.as_secs_f64(), floor: count / floor.as_secs_f64() });
    }
    let what = format!(
        "release chain, 7 gates, against `regorus` on the same policy ({RELEASES} releases agree, {reached} answers)"
    );
    Ok(Row { what, summary: Summary::of(&pairs), unit: Unit::PerSecond, bar: Bar::AtLeast(20.0) })
}

/// The 99th percentile of single evaluations beside their median.
fn tail(setup: &Setup, policy: &ReleasePolicy, releases: &[Release]) -> Row {
    let mut pairs = Vec::new();
    for _ in 0..setup.pairs(TAILS) {
        let mut times: Vec<Duration> =
            releases.iter().map(|it| timed(|| drop(black_box(evaluate(policy, &it.context))))).collect();
        times.sort_unstable();
        let high = times.get(times.len() * 99 / 100).copied().unwrap_or_default();
        pairs.push(Pair::of_times(high, median_time(times)));
    }
    let what = "release chain, 99th percentile of single evaluations, against their median".to_owned();
    Row { what, summary: Summary::of(&pairs), unit: Unit::Time, bar: Bar::AtMost(10.0) }
}

fn timed(work: impl FnOnce()) -> Duration {
    let began = Instant::now();
    work();
    began.elapsed()
}
