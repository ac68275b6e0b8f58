//! The traces in `tests/traces/samples`, which were recorded from real programs.

use serde_json::Value;

use super::options;
use crate::builders::{ExecutionOptions, Limits};
use crate::builders::{HotCut, HotMeasure, Trace, TraceFormat, execution_evidence};

const SAMPLES: [(&str, TraceFormat, Option<&str>); 4] = [
    ("engine.perf.txt", TraceFormat::PerfScript, None),
    ("engine.bpftrace.txt", TraceFormat::Bpftrace, None),
    ("tokenize.folded.txt", TraceFormat::Folded, Some("perf")),
    ("npm.pprof.gz", TraceFormat::Pprof, None),
];

fn sample(name: &str) -> Vec<u8> {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../tests/traces/samples/");
    std::fs::read(format!("{path}{name}")).unwrap()
}

fn of_sample(format: TraceFormat, source: Option<&str>) -> ExecutionOptions {
    // A profile has a time of its own.
    let window = options(source).window.filter(|_| format != TraceFormat::Pprof);
    let timestamp = if window.is_some() { options(source).timestamp } else { Some(4_102_444_800_000) };
    ExecutionOptions { window, timestamp, ..options(source) }
}

#[test]
fn every_sample_makes_evidence_that_is_of_use() {
    for (name, format, source) in SAMPLES {
        let built = execution_evidence(&sample(name), format, &of_sample(format, source)).unwrap();
        let [predicate] = built.predicates.as_slice() else { panic!("{name}: one predicate") };
        let notes: Vec<_> = built.notes.iter().map(|it| format!("{}: {}", it.code, it.message)).collect();
        insta::assert_json_snapshot!(
            format!("sample_{}", name.replace('.', "_")),
            serde_json::json!({
                "predicate": predicate,
                "notes": notes,
            })
        );
    }
}

/// Their own profilers tell the same: the functions at which most samples are.
#[test]
fn the_hottest_symbols_are_those_that_the_sample_has_most_of() {
    let count = |text: &str, of: &str| text.matches(of).count();
    let perf = String::from_utf8(sample("engine.perf.txt")).unwrap();
    let trace = Trace::read(perf.as_bytes(), TraceFormat::PerfScript, &Limits::DEFAULT).unwrap();
    let samples: u64 = trace.paths().map(|(_, count)| count).sum();
    assert_eq!(samples, u64::try_from(count(&perf, "cpu-clock:")).unwrap());
    let folded = String::from_utf8(sample("tokenize.folded.txt")).unwrap();
    let trace = Trace::read(folded.as_bytes(), TraceFormat::Folded, &Limits::DEFAULT).unwrap();
    let samples: u64 = trace.paths().map(|(_, count)| count).sum();
    let wanted: u64 = folded.lines().map(|line| line.rsplit(' ').next().unwrap().parse::<u64>().unwrap()).sum();
    assert_eq!(samples, wanted);
    assert!(trace.paths().count() < folded.lines().count(), "lines of one function fall together");
}

#[test]
fn a_sample_in_its_canonical_form_is_the_same_trace() {
    for (name, format, _) in SAMPLES {
        assert_eq!(TraceFormat::detect(&sample(name)), Some(format), "{name}");
        let trace = Trace::read(&sample(name), format, &Limits::DEFAULT).unwrap();
        let again = Trace::read(trace.canonical().as_bytes(), TraceFormat::Folded, &Limits::DEFAULT).unwrap();
        assert_eq!(again.canonical(), trace.canonical(), "{name}");
        assert_eq!(again.digest(), trace.digest(), "{name}");
    }
}

/// A cut that falls between two entries gives a smaller trace, any other is seen.
#[test]
fn a_sample_that_is_cut_anywhere_is_refused_or_has_less() {
    for (name, format, _) in SAMPLES {
        let whole = sample(name);
        let trace = Trace::read(&whole, format, &Limits::DEFAULT).unwrap();
        for end in (0..whole.len()).step_by(whole.len() / 300 + 1) {
            let Ok(cut) = Trace::read(&whole[..end], format, &Limits::DEFAULT) else { continue };
            let known: std::collections::BTreeMap<_, _> = trace.paths().collect();
            assert!(cut.paths().all(|(path, count)| known.get(path).is_some_and(|it| *it >= count)), "{name} at {end}");
        }
    }
}

#[test]
fn what_is_hot_is_cut_as_the_predicate_says() {
    let text = "main;a 90\nmain;b 9\nmain;c 1\nmain;d;e_[k] 1\n[unknown] 3\n";
    let hot = |hot: HotCut| -> (Value, Vec<String>) {
        let options = ExecutionOptions { hot, ..options(Some("perf")) };
        let built = execution_evidence(text.as_bytes(), TraceFormat::Folded, &options).unwrap();
        let symbols = built.predicates[0]["trace_summary"]["hot_symbols"].clone();
        (symbols, built.notes.iter().map(|it| it.message.clone()).collect())
    };
    let unresolved = "3 of 104 samples have no symbol of the program".to_owned();
    let default = HotCut::DEFAULT;
    assert_eq!(hot(default), (serde_json::json!(["a", "b"]), vec![unresolved.clone()]));
    assert_eq!(hot(HotCut { min_samples: 1, ..default }).0, serde_json::json!(["a", "b", "c", "d"]));
    assert_eq!(hot(HotCut { min_permille: 87, ..default }).0, serde_json::json!(["a"]));
    assert_eq!(hot(HotCut { min_permille: 86, ..default }).0, serde_json::json!(["a", "b"]));
    assert_eq!(hot(HotCut { measure: HotMeasure::TotalSamples, ..default }).0, serde_json::json!(["a", "b", "main"]));
    let cut = "1 more symbols are hot; `max_symbols` is 1".to_owned();
    assert_eq!(hot(HotCut { max_symbols: 1, ..default }), (serde_json::json!(["a"]), vec![unresolved, cut]));
}

#[test]
fn options_that_do_not_fit_are_named() {
    let build = |options: &ExecutionOptions| {
        let fault = execution_evidence(b"a;b 3\n", TraceFormat::Folded, options).unwrap_err();
        format!("{}: {fault}", fault.code())
    };
    let good = options(Some("etw"));
    let cases = [
        (options(None), "attest_option_needed: `trace_source` is needed: a trace in this format may be of any source"),
        (
            options(Some("dtrace")),
            "attest_option_range: `trace_source` must be one of `ebpf`, `etw`, `dyld`, `perf`, `pprof`",
        ),
        (
            ExecutionOptions { window: None, ..good.clone() },
            "attest_option_needed: `window` is needed: the trace does not say when it was recorded",
        ),
        (
            ExecutionOptions { window: Some((5, 4)), ..good.clone() },
            "predicate_field_malformed: the options make a predicate that no gate takes: `observation_window.end` must be a time at or after `start`",
        ),
        (
            ExecutionOptions { timestamp: Some(0), ..good.clone() },
            "predicate_field_malformed: the options make a predicate that no gate takes: `timestamp` must be a time at or after the end of the observation window",
        ),
        (
            ExecutionOptions { artifact_id: String::new(), ..good.clone() },
            "predicate_field_malformed: the options make a predicate that no gate takes: `artifact_id` must be a text that is not empty",
        ),
        (
            ExecutionOptions { hot: HotCut { min_samples: 0, ..HotCut::DEFAULT }, ..good.clone() },
            "attest_option_range: `min_samples` must be 1 or more",
        ),
        (
            ExecutionOptions { hot: HotCut { min_permille: 1_001, ..HotCut::DEFAULT }, ..good },
            "attest_option_range: `min_permille` must be a number from 0 to 1000",
        ),
    ];
    for (options, wanted) in cases {
        assert_eq!(build(&options), wanted);
    }
}
