use decision_gate_core::at::Timestamp;
use serde_json::json;

use super::{TimeProvider, TimeSettings};
use crate::tests::{ask_at, cases, code, query, value};

#[test]
fn cases_are_answered_as_they_say() {
    for case in cases("time") {
        let allow_logical = case.told.pointer("/settings/allow_logical").is_none_or(|it| it == true);
        case.check(&TimeProvider::new(TimeSettings { allow_logical }).unwrap());
    }
}

#[test]
fn equal_times_are_neither_after_nor_before_each_other() {
    let time = TimeProvider::new(TimeSettings::default()).unwrap();
    for at in [i64::MIN, -1, 0, 1, 1_767_225_600_000, i64::MAX] {
        for check in ["after", "before"] {
            let query = query(&time, check, Some(json!({ "timestamp": at })));
            assert_eq!(value(&ask_at(&time, &query, Timestamp::UnixMillis(at))), false, "{check} {at}");
        }
    }
}

#[test]
fn parameters_that_make_no_sense_are_faults_and_never_an_answer() {
    let time = TimeProvider::new(TimeSettings::default()).unwrap();
    for params in [None, Some(json!({})), Some(json!([])), Some(json!({ "timestamp": null }))] {
        let answer = ask_at(&time, &query(&time, "after", params), Timestamp::UnixMillis(0));
        assert!(code(&answer).starts_with("params_"), "{answer:?}");
    }
    for timestamp in [json!(1.5), json!("soon"), json!("2026-01-01"), json!("2026-01-01T00:00:00"), json!(true)] {
        let query = query(&time, "after", Some(json!({ "timestamp": timestamp })));
        assert_eq!(code(&ask_at(&time, &query, Timestamp::UnixMillis(0))), "params_invalid", "{timestamp}");
    }
}
