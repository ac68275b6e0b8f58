//! What holds for every trace and every log.

use std::collections::BTreeSet;

use proptest::prelude::*;
use serde_json::{Value, json};

use super::{START, beacons, options};
use crate::builders::{BeaconOptions, Limits, Trace, TraceFormat, beacon_attestations, execution_evidence};

fn frames() -> impl Strategy<Value = String> {
    const NAMES: [&str; 8] =
        ["main", "read", "parse<A, B>", "f (x.py:12)", "0xdeadbeef", "g+0x1f_[k]", "entry_SYSCALL_64", "[unknown]"];
    prop_oneof![proptest::sample::select(&NAMES[..]).prop_map(str::to_owned), "[ -:<-~\u{80}-\u{2030}]{1,12}"]
        .prop_filter("a frame has a name", |it| !it.trim().is_empty())
}

fn stacks() -> impl Strategy<Value = Vec<(Vec<String>, u64)>> {
    proptest::collection::vec((proptest::collection::vec(frames(), 1..5), 1_u64..6), 1..12)
}

fn folded(stacks: &[(Vec<String>, u64)]) -> String {
    stacks.iter().map(|(path, count)| format!("{} {count}\n", path.join(";"))).collect::<Vec<_>>().concat()
}

fn perf(stacks: &[(Vec<String>, u64)]) -> String {
    let sample = |path: &[String]| {
        let frames: String =
            path.iter().rev().map(|it| format!("\t ff {it} (/opt/engine)\n")).collect::<Vec<_>>().concat();
        format!("engine 1/2 3.4: 5 cpu-clock:u:\n{frames}\n")
    };
    stacks.iter().map(|(path, _)| sample(path)).collect()
}

fn bpftrace(stacks: &[(Vec<String>, u64)]) -> String {
    let entry = |path: &[String], count| {
        let frames: String = path.iter().rev().map(|it| format!("    {it}\n")).collect::<Vec<_>>().concat();
        format!("@[\n{frames}]: {count}\n")
    };
    stacks.iter().map(|(path, count)| entry(path, *count)).collect()
}

fn symbols(trace: &Trace) -> BTreeSet<String> {
    trace.paths().flat_map(|(path, _)| path.to_vec()).collect()
}

fn read(text: &str, format: TraceFormat) -> Option<Trace> {
    Trace::read(text.as_bytes(), format, &Limits::DEFAULT).ok()
}

proptest! {
    #[test]
    fn the_order_of_stacks_does_not_matter(stacks in stacks(), seed in any::<prop::sample::Index>()) {
        let mut turned = stacks.clone();
        turned.rotate_left(seed.index(stacks.len()));
        turned.reverse();
        for (format, write) in [
            (TraceFormat::Folded, folded as fn(&[_]) -> String),
            (TraceFormat::PerfScript, perf),
            (TraceFormat::Bpftrace, bpftrace),
        ] {
            let bytes = |stacks: &[_]| {
                execution_evidence(write(stacks).as_bytes(), format, &options(Some("perf"))).map(|it| {
                    decision_gate_core::json::canonical::to_vec(&it.predicates[0])
                })
            };
            let (one, other) = (bytes(&stacks), bytes(&turned));
            prop_assert_eq!(one.is_ok(), other.is_ok());
            if let (Ok(one), Ok(other)) = (one, other) {
                prop_assert_eq!(one, other);
            }
        }
    }

    /// Folded text and a map are two ways to write the same.
    #[test]
    fn a_stack_is_the_same_in_every_format(stacks in stacks()) {
        let (Some(one), Some(other)) = (read(&folded(&stacks), TraceFormat::Folded), read(&bpftrace(&stacks), TraceFormat::Bpftrace))
        else { return Ok(()) };
        if !stacks.iter().any(|(path, _)| path.iter().any(|it| it.contains(';') || it.ends_with(')'))) {
            prop_assert_eq!(one.digest(), other.digest());
        }
    }

    #[test]
    fn the_canonical_form_is_its_own(stacks in stacks()) {
        let Some(trace) = read(&folded(&stacks), TraceFormat::Folded) else { return Ok(()) };
        let again = read(&trace.canonical(), TraceFormat::Folded).expect("a canonical form reads");
        prop_assert_eq!(again.canonical(), trace.canonical());
    }

    #[test]
    fn what_is_cut_is_refused_or_has_less(stacks in stacks(), at in any::<prop::sample::Index>()) {
        for (format, text) in [
            (TraceFormat::Folded, folded(&stacks)),
            (TraceFormat::PerfScript, perf(&stacks)),
            (TraceFormat::Bpftrace, bpftrace(&stacks)),
        ] {
            let Ok(whole) = Trace::read(text.as_bytes(), format, &Limits::DEFAULT) else { continue };
            let cut = &text.as_bytes()[..at.index(text.len())];
            let Ok(cut_trace) = Trace::read(cut, format, &Limits::DEFAULT) else { continue };
            prop_assert!(symbols(&cut_trace).is_subset(&symbols(&whole)));
            let hot = |bytes: &[u8]| {
                let built = execution_evidence(bytes, format, &options(Some("perf"))).unwrap();
                let summary = &built.predicates[0]["trace_summary"];
                (summary["hot_symbol_count"].as_u64().unwrap(), summary["unique_call_paths"].as_u64().unwrap())
            };
            let (less, more) = (hot(cut), hot(text.as_bytes()));
            prop_assert!(less.0 <= more.0 && less.1 <= more.1, "{less:?} of {more:?}");
        }
    }

    #[test]
    fn no_bytes_make_a_reader_panic(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
        for format in TraceFormat::ALL {
            drop(execution_evidence(&bytes, format, &options(Some("perf"))));
        }
        drop(beacon_attestations(&bytes, &beacons()));
    }
}

fn log() -> impl Strategy<Value = Vec<Value>> {
    let event = (0_u64..30, 0_u64..40, 0_i64..30_000);
    let event = event.prop_map(|(sequence, nonce, time)| {
        json!({"sequence": sequence, "nonce": format!("n{nonce}"), "time": START + time, "function": "beat"})
    });
    proptest::collection::vec(event, 1..40)
}

fn lines(events: &[Value]) -> String {
    events.iter().map(|it| format!("{it}\n")).collect::<Vec<_>>().concat()
}

proptest! {
    #[test]
    fn the_order_of_beacons_does_not_matter(log in log(), at in any::<prop::sample::Index>(), length in 1_u64..20_000) {
        let mut turned = log.clone();
        turned.rotate_left(at.index(log.len()));
        for window_millis in [None, Some(length)] {
            let options = BeaconOptions { window_millis, period_millis: Some(700), ..beacons() };
            let built = beacon_attestations(lines(&log).as_bytes(), &options);
            prop_assert_eq!(&built, &beacon_attestations(lines(&turned).as_bytes(), &options));
            let Ok(built) = built else { continue };
            // No window takes the numbers of another, and no beacon is counted twice.
            let number = |it: &Value, name: &str| it[name].as_u64().unwrap();
            for pair in built.predicates.windows(2) {
                prop_assert_eq!(number(&pair[0], "last_sequence") + 1, number(&pair[1], "first_sequence"));
            }
            let verified: u64 = built.predicates.iter().map(|it| number(it, "beacon_count")).sum();
            let numbers: BTreeSet<_> = log.iter().map(|it| it["sequence"].as_u64()).collect();
            let nonces: BTreeSet<_> = log.iter().map(|it| it["nonce"].as_str()).collect();
            prop_assert!(usize::try_from(verified).unwrap() <= numbers.len().min(nonces.len()));
        }
    }

    /// Silence never looks better than a beacon: a longer watch after the last one has no higher rate.
    #[test]
    fn a_longer_silence_never_has_a_higher_rate(log in log(), silence in 0_i64..60_000, more in 0_i64..60_000) {
        let rate = |end| {
            let options = BeaconOptions { end: Some(START + 30_000 + end), period_millis: Some(500), ..beacons() };
            beacon_attestations(lines(&log).as_bytes(), &options).unwrap().predicates[0]["verification_rate"].as_f64()
        };
        prop_assert!(rate(silence + more) <= rate(silence));
    }
}
