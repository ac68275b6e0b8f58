use std::collections::{BTreeMap, BTreeSet};
use std::ffi::OsString;

use decision_gate_core::at::Timestamp;
use decision_gate_core::evidence::Answer;
use decision_gate_core::trust::Lane;
use serde_json::{Value, json};

use super::{EnvProvider, EnvSettings, fault::EnvFault};
use crate::BuildError;
use crate::tests::{ask_at, cases, code, query};

fn asked(settings: EnvSettings, key: &str) -> Answer {
    let env = EnvProvider::new(settings).unwrap();
    let query = query(&env, "get", Some(json!({ "key": key })));
    ask_at(&env, &query, Timestamp::UnixMillis(0))
}

#[test]
fn cases_are_answered_as_they_say() {
    for case in cases("env") {
        let told = &case.told["settings"];
        let number = |name: &str, default: usize| {
            told.get(name).and_then(Value::as_u64).map_or(default, |it| usize::try_from(it).unwrap())
        };
        let settings = EnvSettings {
            allow: told.get("allow").map_or_else(BTreeSet::new, |it| serde_json::from_value(it.clone()).unwrap()),
            max_value_bytes: number("max_value_bytes", EnvSettings::DEFAULT_MAX_VALUE_BYTES),
            max_key_bytes: number("max_key_bytes", EnvSettings::DEFAULT_MAX_KEY_BYTES),
            overrides: told.get("overrides").map(|it| serde_json::from_value(it.clone()).unwrap()),
            max_lane: told.get("max_lane").map(|it| serde_json::from_value(it.clone()).unwrap()),
        };
        case.check(&EnvProvider::new(settings).unwrap());
    }
}

#[test]
fn nothing_is_readable_that_the_settings_do_not_name() {
    assert!(std::env::var_os("PATH").is_some());
    assert_eq!(code(&asked(EnvSettings::default(), "PATH")), "env_key_not_allowed");
    for near in ["path", "PATH ", " PATH", "PATH=", "PATH\0", "*", ""] {
        let settings = EnvSettings { allow: BTreeSet::from(["PATH".to_owned()]), ..EnvSettings::default() };
        assert_eq!(code(&asked(settings, near)), "env_key_not_allowed", "{near:?}");
    }
}

#[test]
fn an_open_variable_is_read_from_the_process() {
    let settings = EnvSettings { allow: BTreeSet::from(["PATH".to_owned()]), ..EnvSettings::default() };
    let answer = asked(settings, "PATH");
    assert_eq!(crate::tests::value(&answer), std::env::var("PATH").unwrap());
}

#[test]
fn overrides_replace_the_process_whole() {
    let allow = BTreeSet::from(["PATH".to_owned()]);
    let overrides = Some(BTreeMap::new());
    let answer =
        asked(EnvSettings { allow, overrides, max_lane: Some(Lane::Asserted), ..EnvSettings::default() }, "PATH");
    assert!(matches!(answer, Answer::Absent { lane_ceiling: Some(Lane::Asserted), .. }), "{answer:?}");
}

#[cfg(unix)]
#[test]
fn a_value_that_is_not_utf8_is_a_fault() {
    use std::os::unix::ffi::OsStringExt as _;

    let limit = EnvSettings::DEFAULT_MAX_VALUE_BYTES;
    let read = super::text("KEY", Some(OsString::from_vec(vec![b'a', 0xFF])), limit);
    assert_eq!(read.map_err(EnvFault::code), Err("env_value_not_utf8"));
}

#[test]
fn no_fault_shows_a_value() {
    let overrides = Some(BTreeMap::from([("TOKEN".to_owned(), "s3cret".to_owned())]));
    let answer = asked(EnvSettings { overrides, max_value_bytes: 3, ..EnvSettings::default() }, "TOKEN");
    assert_eq!(code(&answer), "evidence_too_large");
    assert!(!serde_json::to_string(&answer).unwrap().contains("s3cret"));
}

#[test]
fn settings_that_open_nothing_sensible_are_refused() {
    let refused = |settings: EnvSettings| EnvProvider::new(settings).unwrap_err();
    let allow = |name: &str| EnvSettings { allow: BTreeSet::from([name.to_owned()]), ..EnvSettings::default() };
    for name in ["", "A=B", "A\0"] {
        assert_eq!(refused(allow(name)), BuildError::VariableName { name: name.to_owned() });
    }
    assert_eq!(refused(allow(&"A".repeat(256))).code(), "env_variable_name_too_long");
    assert_eq!(refused(EnvSettings { max_value_bytes: 0, ..allow("A") }).code(), "provider_limit_zero");
    assert_eq!(refused(EnvSettings { max_key_bytes: 0, ..allow("A") }).code(), "provider_limit_zero");
}
