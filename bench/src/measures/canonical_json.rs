//! Canonical JSON of a value in memory, against the best crate there is, on a small document and a large one, after
//! checking that both write the same bytes.

use std::hint::black_box;
use std::time::{Duration, Instant};

use decision_gate_core::json::canonical;
use serde_json::{Value, json};

use crate::fault::Fault;
use crate::setup::Setup;
use crate::stats::{Pair, Summary};
use crate::table::{Bar, Row, Unit};

const PAIRS: usize = 200;
/// Work per side of a pair, in bytes written.
const BLOCK: usize = 450_000;

pub(crate) fn run(setup: &Setup) -> Result<Vec<Row>, Fault> {
    [("0.5 KB", 2), ("45 KB", 180)].map(|(size, records)| row(setup, size, records)).into_iter().collect()
}

fn row(setup: &Setup, size: &str, records: u32) -> Result<Row, Fault> {
    let document = document(records);
    let bytes = canonical::to_vec(&document);
    if theirs(&document)? != bytes {
        return Err(Fault::NotComparable(format!("the canonical forms of the {size} document differ")));
    }
    let times = (BLOCK / bytes.len()).max(1);
    let written = rate(times * bytes.len());
    let mut pairs = Vec::new();
    for number in 0..setup.pairs(PAIRS) {
        let (mine, crates);
        if number % 2 == 0 {
            mine = time(times, || drop(black_box(canonical::to_vec(black_box(&document)))));
            crates = time(times, || drop(black_box(theirs(black_box(&document)))));
        } else {
            crates = time(times, || drop(black_box(theirs(black_box(&document)))));
            mine = time(times, || drop(black_box(canonical::to_vec(black_box(&document)))));
        }
        pairs.push(Pair { ours: written(mine), floor: written(crates) });
    }
    let what = format!("canonical JSON, {size} (here {} B), against `serde_json_canonicalizer`", bytes.len());
    Ok(Row { what, summary: Summary::of(&pairs), unit: Unit::Rate, bar: Bar::AtLeast(4.0) })
}

fn theirs(document: &Value) -> Result<Vec<u8>, Fault> {
    let form = serde_json_canonicalizer::to_vec(document);
    form.map_err(|error| Fault::NotComparable(format!("serde_json_canonicalizer: {error}")))
}

fn time(times: usize, work: impl Fn()) -> Duration {
    let began = Instant::now();
    for _ in 0..times {
        work();
    }
    began.elapsed()
}

/// Bytes a second.
fn rate(bytes: usize) -> impl Fn(Duration) -> f64 {
    let bytes = u32::try_from(bytes).unwrap_or(u32::MAX);
    move |took| f64::from(bytes) / took.as_secs_f64()
}

/// A report as a tool writes it: names, times, counts, fractions, text that needs escapes, and a name beyond ASCII.
fn document(records: u32) -> Value {
    let record = |number: u32| {
        json!({
            "name": format!("suite::case_{number:04}"),
            "outcome": if number.is_multiple_of(7) { "failed" } else { "passed" },
            "started_at": 1_700_000_000_000_i64 + i64::from(number) * 137,
            "seconds": f64::from(number) * 0.0137 + 0.25,
            "assertions": number * 3,
            "message": format!("line {number}\n\texpected \"a\" — got \"b\""),
            "tags": ["unit", "fast", null, true],
            "größe": {"lines": number, "covered": 0.75},
        })
    };
    let cases: Vec<Value> = (0..records).map(record).collect();
    json!({"tool": "nextest", "version": "0.9", "cases": cases})
}
