//! One provider misbehaves, in every way there is; a good one in the same step is decided, and the server lives on.

use std::time::{Duration, Instant};

use decision_gate_tests::Fault;
use serde_json::{Value, json};

use super::{ask, scenario, serve, workspace};

/// What each mode of the test provider costs its own condition.
const MODES: [(&str, &[&str]); 19] = [
    ("hang", &["provider_timeout"]),
    ("mute", &["provider_timeout"]),
    ("gone", &["provider_gone", "provider_not_started"]),
    ("die", &["provider_gone"]),
    ("flood", &["provider_flooding"]),
    ("flood_start", &["provider_flooding"]),
    ("endless", &["provider_flooding", "provider_timeout"]),
    ("long", &["evidence_too_large"]),
    ("misplace", &["provider_timeout"]),
    ("two_ids", &["provider_timeout"]),
    ("twice", &["evidence_invalid"]),
    ("deep", &["evidence_invalid"]),
    ("surrogate", &["evidence_invalid"]),
    ("shape", &["evidence_invalid"]),
    ("inexact", &["number_out_of_range"]),
    ("protocol_error", &["provider_protocol_error"]),
    ("tool_error", &["provider_tool_error"]),
    ("asks", &["provider_asks_back", "evidence_invalid"]),
    ("nowhere", &["provider_not_started"]),
];

/// Those that do something odd and answer all the same.
const ODD: [&str; 2] = ["lie", "junk"];

#[test]
fn d05_a_provider_that_misbehaves_costs_only_its_own_conditions() -> Result<(), Fault> {
    let names: Vec<&str> = MODES.iter().map(|(mode, _)| *mode).chain(ODD).chain(["flood_stderr"]).collect();
    let others: Vec<(&str, &str, &str)> = names.iter().map(|name| (*name, *name, "")).collect();
    let workspace = workspace(&others)?;
    let config = std::fs::read_to_string(workspace.config()).unwrap();
    // One whose program is not there at all.
    let nowhere = config.split("[[providers]]").map(|section| match section.contains("\"nowhere\"") {
        true => section.replace(super::PROVIDER, "./not-there"),
        false => section.to_owned(),
    });
    workspace.write_config(&nowhere.collect::<Vec<_>>().join("[[providers]]"))?;
    let mut server = serve(&workspace)?;
    server.set_patience(Duration::from_mins(1));
    let mut all = names.clone();
    all.push("good");
    server.answer("scenario_define", &json!({ "spec": scenario(&all) }))?;
    server.answer("scenario_start", &json!({ "scenario_id": "federated", "run_id": "run-1" }))?;
    let begun = Instant::now();
    let step = server.answer("scenario_next", &json!({ "run_id": "run-1", "feedback": "evidence" }))?;
    assert!(begun.elapsed() < Duration::from_secs(20), "{:?}", begun.elapsed());
    let of = |name: &str| {
        let evidence = step["evidence"].as_array().into_iter().flatten();
        evidence.clone().find(|it| it["condition_id"] == name).cloned().unwrap_or_else(|| panic!("{name}: {step}"))
    };
    for good in ODD.iter().chain(&["good"]) {
        assert_eq!(of(good)["status"], "True", "{good}: {}", of(good));
    }
    // Whether it answers before its allowance is used up is a race; it is one or the other.
    let flooded = of("flood_stderr");
    assert!(flooded["status"] == "True" || flooded["result"]["error"]["code"] == "provider_flooding", "{flooded}");
    for (mode, codes) in MODES {
        let evidence = of(mode);
        let code = evidence["result"]["error"]["code"].as_str().unwrap_or_default();
        assert_eq!(evidence["status"], "Unknown", "{mode}: {evidence}");
        assert!(codes.contains(&code), "{mode}: {evidence}");
    }
    assert!(!step.to_string().contains("s3cret"), "d22: words of a provider in {step}");
    assert_eq!(ask(&mut server, "good", &json!({}))?["result"]["error"], Value::Null);
    server.close()?;
    Ok(())
}
