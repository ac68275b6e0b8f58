//! Beacons: what came, what came twice, and what should have come.

use serde_json::{Value, json};

use super::{START, beacons};
use crate::builders::{BeaconOptions, Built, beacon_attestations};

/// A beacon each second: its number, its nonce.
fn line(sequence: u64, nonce: &str, second: i64) -> String {
    let line = json!({"sequence": sequence, "nonce": nonce, "time": START + second * 1_000, "function": "beat"});
    format!("{line}\n")
}

fn steady(numbers: impl IntoIterator<Item = u64>) -> String {
    numbers.into_iter().map(|it| line(it, &format!("n{it}"), i64::try_from(it).unwrap())).collect()
}

fn build(log: &str, options: &BeaconOptions) -> Built {
    beacon_attestations(log.as_bytes(), options).unwrap()
}

/// First and last number, how many came, gaps.
fn counted(predicate: &Value) -> [u64; 4] {
    ["first_sequence", "last_sequence", "beacon_count", "sequence_gaps"].map(|it| predicate[it].as_u64().unwrap())
}

#[test]
fn forty_seven_of_fifty_is_a_rate_of_094() {
    let log = steady((1..=50).filter(|it| ![7, 8, 30].contains(it)));
    insta::assert_json_snapshot!(build(&log, &beacons()).predicates);
}

#[test]
fn replayed_nonces_and_duplicate_numbers_are_unverified() {
    let mut log = steady(1..=10);
    log += &line(11, "n3", 11);
    log += &line(4, "new", 12);
    log += &line(12, "n12", 12);
    log += &line(12, "n12", 12);
    let built = build(&log, &beacons());
    assert_eq!(counted(&built.predicates[0]), [1, 12, 11, 1]);
    assert_eq!(built.predicates[0]["unverified"], json!({"replayed_nonces": 2, "duplicate_sequences": 1, "late": 0}));
    let codes: Vec<_> = built.notes.iter().map(|it| it.code).collect();
    assert_eq!(codes, ["replayed_nonces", "duplicate_sequences"]);
}

#[test]
fn silence_at_either_end_is_expected_and_did_not_come() {
    let log = steady(20..=29);
    let window = |start: i64, end: i64, period_millis| BeaconOptions {
        start: Some(START + start),
        end: Some(START + end),
        period_millis,
        ..beacons()
    };
    for (start, end, period, wanted) in [
        (20_000, 29_000, Some(1_000), [20, 29, 10, 0]),
        // Due at the very end is not yet due.
        (20_000, 30_000, Some(1_000), [20, 29, 10, 0]),
        (20_000, 30_001, Some(1_000), [20, 30, 10, 1]),
        (20_000, 60_000, Some(1_000), [20, 59, 10, 30]),
        (20_000, 60_000, None, [20, 59, 10, 30]),
        (15_000, 29_000, Some(1_000), [15, 29, 10, 5]),
        // Before number 1 nothing was due.
        (-600_000, 29_000, Some(1_000), [1, 29, 10, 19]),
        (22_000, 25_000, Some(1_000), [22, 25, 4, 0]),
    ] {
        let built = build(&log, &window(start, end, period));
        assert_eq!(counted(&built.predicates[0]), wanted, "{start} to {end}");
    }
    let built = build(&log, &window(20_000, 60_000, None));
    assert_eq!(built.predicates[0]["period"], json!({"millis": 1_000, "from": "log"}));
    assert!(built.notes.iter().any(|it| it.code == "period_from_log"));
    let fault = beacon_attestations(steady([5]).as_bytes(), &window(0, 60_000, None)).unwrap_err();
    assert_eq!(fault.code(), "attest_option_needed");
}

#[test]
fn windows_follow_each_other_without_a_hole() {
    // Nothing from 12 to 33: the rest of one window, a whole one, the beginning of a third.
    let log = steady((0..12).chain(34..40));
    let options = BeaconOptions { window_millis: Some(10_000), period_millis: Some(1_000), ..beacons() };
    let built = build(&log, &options);
    let windows: Vec<_> = built.predicates.iter().map(counted).collect();
    assert_eq!(windows, [[0, 9, 10, 0], [10, 19, 2, 8], [20, 29, 0, 10], [30, 39, 6, 4]]);
    // A number of a window that is over comes too late.
    let log = log + &line(15, "late", 36);
    let built = build(&log, &options);
    let late = &built.predicates[3];
    assert_eq!((counted(late), &late["unverified"]["late"]), ([30, 39, 6, 4], &json!(1)));
    // A nonce of an earlier window is not fresh in a later one.
    let log = steady(0..20) + &line(20, "n3", 20);
    let built = build(&log, &options);
    assert_eq!(built.predicates.len(), 2, "nothing is verified in the third, and nothing more is due: {built:?}");
}

#[test]
fn what_a_line_lacks_is_named() {
    let good = line(1, "a", 1);
    for (second, wanted) in [
        ("{\"sequence\":1", "input_cut_off"),
        ("{\"sequence\":1,\"sequence\":2}\n", "beacon_log_not_json"),
        (
            "{\"sequence\":1,\"nonce\":\"a\",\"time\":\"now\",\"function\":\"f\"}\n",
            "line 2: `time` must be a time as RFC 3339",
        ),
        (
            "{\"sequence\":-1,\"nonce\":\"a\",\"time\":1,\"function\":\"f\"}\n",
            "line 2: `sequence` must be a whole number of 0 or more",
        ),
        ("{\"sequence\":1,\"time\":1,\"function\":\"f\"}\n", "line 2: `nonce` is missing"),
        ("{\"sequence\":1,\"nonce\":\"b\",\"time\":1,\"function\":\"f\"}\n", "the log has beacons of `beat`, `f`"),
        ("[]\n", "line 2: `predicate` must be an object"),
    ] {
        let fault = beacon_attestations(format!("{good}{second}").as_bytes(), &beacons()).unwrap_err();
        assert!([fault.to_string().as_str(), fault.code()].contains(&wanted), "{second}: {} {fault}", fault.code());
    }
    let other = BeaconOptions { beacon_function: Some("other".into()), ..beacons() };
    assert_eq!(beacon_attestations(good.as_bytes(), &other).unwrap_err().code(), "beacon_log_empty");
    let rfc =
        "{\"sequence\":1,\"nonce\":\"a\",\"time\":\"2026-01-01T00:00:01Z\",\"function\":\"beat\",\"host\":\"h\"}\n";
    assert_eq!(build(rfc, &beacons()), build(&good, &beacons()));
}

#[test]
fn numbers_that_begin_anew_are_told_of() {
    let log = steady(1..=5)
        + &(1..=5).map(|it| line(it, &format!("again{it}"), 10 + i64::try_from(it).unwrap())).collect::<String>();
    let built = build(&log, &beacons());
    assert!(built.notes.iter().any(|it| it.code == "sequence_restarted"));
    assert_eq!(counted(&built.predicates[0])[2], 5);
}
