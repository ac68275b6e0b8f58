//! Collection 14: what tests ran through, and thresholds at the very value.

use decision_gate_attest::reports::{Counted, Coverage, Summary};
use decision_gate_vectors::{Report, text};
use serde_json::Value;

use crate::{count, each, evidence, stated};

fn same(found: Option<Counted>, covered: &Value, total: &Value) -> bool {
    let (covered, total) = (covered.as_u64().unwrap_or_default(), total.as_u64().unwrap_or_default());
    found.map_or(total == 0, |it| (it.covered(), it.total()) == (covered, total))
}

fn number(text: &Value) -> Option<f64> {
    text.as_f64().or_else(|| text.as_str()?.parse().ok())
}

/// Whether a ratio is the printed one, as numbers to six digits, or to the four that some tools print.
fn printed(found: Option<Counted>, rate: &Value) -> bool {
    let Some(rate) = number(rate) else { return true };
    let found = found.and_then(|it| it.ratio()).and_then(|it| it.as_f64()).unwrap_or_default();
    let digits = rate.to_string().len();
    (found - rate).abs() < if digits <= 6 { 0.000_051 } else { 0.000_001 }
}

fn holds(case: &Value, found: &Coverage) -> bool {
    let counter = |name: &str, it: Option<Counted>| {
        let counter = &case["counters"][name];
        let total = count(counter, "covered") + count(counter, "missed");
        same(it, &counter["covered"], &Value::from(total))
    };
    let member = |name: &str, it: Option<Counted>| {
        let member = &case[name];
        member.is_null() || same(it, &member["covered"], &member["count"])
    };
    match text(case, "format") {
        "lcov" => same(Some(found.lines), &case["lh"], &case["lf"]),
        "jacoco" => {
            counter("LINE", Some(found.lines))
                && counter("BRANCH", found.branches)
                && counter("METHOD", found.functions)
                && counter("INSTRUCTION", found.instructions)
        }
        "cobertura" => {
            let stated = |name: &str| case[name].as_str().map(|it| it.parse::<u64>().unwrap());
            let counted = stated("lines_valid").is_none_or(|it| it == found.lines.total())
                && stated("lines_covered").is_none_or(|it| it == found.lines.covered());
            counted
                && printed(Some(found.lines), &case["line_rate"])
                && (found.branches.is_none() || printed(found.branches, &case["branch_rate"]))
        }
        _ => {
            member("lines", Some(found.lines))
                && member("functions", found.functions)
                && member("regions", found.regions)
                && member("branches", found.branches)
                && printed(Some(found.lines), &case["lines"]["percent"].as_f64().map(|it| it / 100.0).into())
        }
    }
}

#[test]
fn coverage_reports_come_to_their_facts() {
    let mut report = Report::default();
    let there = each("14-ci-coverage", |case, id, bytes| {
        let read = stated(bytes, None);
        let found = matches!(&read, Ok(Summary::Coverage(it)) if holds(case, it));
        report.case(id, found, || format!("{read:?}, not {case}"));
        // Shown as a decimal that is not above it, and less than a step of twelve decimals below it.
        let Ok(Summary::Coverage(found)) = evidence(bytes, None) else { return };
        let facts = Summary::Coverage(found).facts();
        let shown = scaled(facts.get("lines").unwrap().unwrap());
        let (covered, total) = (u128::from(found.lines.covered()) * UNIT, u128::from(found.lines.total()));
        if shown * total > covered {
            report.false_accepts.push(format!("{id} is shown above what it is"));
        }
        report.case(id, (shown + 1) * total > covered, || format!("{shown} for {:?}", found.lines));
    });
    if there {
        report.whole("14-ci-coverage");
    }
}

const UNIT: u128 = 1_000_000_000_000;

/// A decimal from 0 to 1 in steps of twelve decimals.
fn scaled(decimal: &Value) -> u128 {
    let text = decimal.to_string();
    let (whole, rest) = text.split_once('.').unwrap_or((&text, ""));
    whole.parse::<u128>().unwrap() * UNIT + format!("{rest:0<12}").parse::<u128>().unwrap()
}
