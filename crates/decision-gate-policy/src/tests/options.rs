//! Overlays, origins, and what is wrong with a document.

use serde_json::{Value, json};

use crate::gates::ALL;
use crate::options::{Overlays, PolicyDocument, document_schema};

fn fault(gates: &Value) -> String {
    let mut document = PolicyDocument::built_in();
    let fault = match document.overlay("test", &json!({ "PolicyGates": gates })) {
        Err(faults) => faults[0].clone(),
        Ok(()) => document.policy().map(|_| ()).unwrap_err(),
    };
    format!("{}: {fault}; {}", fault.code(), fault.hint())
}

#[test]
fn what_is_wrong_is_named_with_its_path() {
    let table = [
        (
            json!({ "BeaconRat": {} }),
            "policy_unknown_key: `PolicyGates.BeaconRat` is no option; did you mean `BeaconRate`?",
        ),
        (
            json!({ "BeaconRate": { "MinVerificationrate": 1 } }),
            "policy_unknown_key: `PolicyGates.BeaconRate.MinVerificationrate` is no option; did you mean `MinVerificationRate`?",
        ),
        (
            json!({ "BeaconRate": { "MinVerificationRate": 1.2 } }),
            "policy_invalid_value: `PolicyGates.BeaconRate.MinVerificationRate` must be a number from 0.0 to 1.0 with at most 9 decimals, not `1.2`; write a number from 0.0 to 1.0 with at most 9 decimals",
        ),
        (
            json!({ "BeaconRate": { "MinBeaconCount": -1 } }),
            "policy_invalid_value: `PolicyGates.BeaconRate.MinBeaconCount` must be a whole number of 0 or more, not `-1`; write a whole number of 0 or more",
        ),
        (
            json!({ "BeaconRate": { "Enabled": "yes" } }),
            "policy_invalid_value: `PolicyGates.BeaconRate.Enabled` must be true or false, not `yes`; write true or false",
        ),
        (
            json!({ "BeaconRate": { "Environments": { "staging": { "LookbackWindow": "5 minutes" } } } }),
            "policy_invalid_value: `PolicyGates.BeaconRate.Environments.staging.LookbackWindow` must be a length of time such as `24h` or null, not `5 minutes`; write a length of time such as `24h` or null",
        ),
        (
            json!({ "BeaconRate": { "TenantOverrides": { "acme": { "production": { "Mode": "Loud" } } } } }),
            "policy_invalid_value: `PolicyGates.BeaconRate.TenantOverrides.acme.production.Mode` must be one of `Off`, `Shadow`, `Warn`, `Block` or null, not `Loud`; write one of `Off`, `Shadow`, `Warn`, `Block` or null",
        ),
        (
            json!({ "Confidence": { "MinConfidence": 0.5 } }),
            "policy_unknown_key: `PolicyGates.Confidence.MinConfidence` is no option; allowed are `BelowThresholdAction`, `Enabled`, `MaxAge`, `MinLane`, `Mode`, `SourceEnvironments`, `TenantOverrides`, `Thresholds`, `Weights`",
        ),
        (
            json!({ "UncertaintyTier": { "T1MinScore": 0.4 } }),
            "policy_invalid_value: `PolicyGates.UncertaintyTier.T1MinScore` must be a number above `T2MinScore`, not `0.4`; write a number above `T2MinScore`",
        ),
        (
            json!({ "ExecutionEvidence": 5 }),
            "policy_invalid_value: `PolicyGates.ExecutionEvidence` must be a table of keys, not `5`; write a table of keys",
        ),
    ];
    for (gates, wanted) in table {
        assert_eq!(fault(&gates), wanted);
    }
}

#[test]
fn a_refused_overlay_changes_nothing() {
    let mut document = PolicyDocument::built_in();
    let before = document.digest();
    let overlay = json!({ "PolicyGates": { "BeaconRate": { "Enabled": true, "Nonsense": 1 } } });
    assert!(document.overlay("test", &overlay).is_err());
    assert_eq!(document.digest(), before);
}

#[test]
fn overlays_are_merged_field_by_field_and_each_value_says_who_wrote_it() {
    let mut document = PolicyDocument::built_in();
    let overlay = |value: Value| json!({ "PolicyGates": { "BeaconRate": value } });
    document.overlay("base.yaml", &overlay(json!({ "Enabled": true, "MinBeaconCount": 20 }))).unwrap();
    document
        .overlay("site.yaml", &overlay(json!({ "MinBeaconCount": 30, "RequiredEnvironments": ["staging"] })))
        .unwrap();
    let said = |key: &str| {
        let path = format!("PolicyGates.BeaconRate.{key}");
        let settings = document.settings();
        let setting = settings.iter().find(|it| it.path == path).unwrap();
        format!("{} {}", setting.value, setting.layer)
    };
    assert_eq!(said("Enabled"), "true base.yaml");
    assert_eq!(said("MinBeaconCount"), "30 site.yaml");
    assert_eq!(said("RequiredEnvironments"), "[\"staging\"] site.yaml");
    assert_eq!(said("MinVerificationRate"), "0.8 built-in");
}

#[test]
fn the_schema_takes_what_the_reader_takes() {
    let validator = jsonschema::validator_for(&document_schema()).unwrap();
    let document = PolicyDocument::built_in();
    // Built-in values stand at the base even where a file may write them in entries only.
    let errors: Vec<_> = validator.iter_errors(document.tree()).map(|it| it.to_string()).collect();
    assert!(errors.iter().all(|it| it.contains("MinConfidence") || it.contains("MinCompositeScore")), "{errors:?}");
    let bad = json!({ "PolicyGates": { "BeaconRate": { "MinVerificationRate": 2 } } });
    assert!(!validator.is_valid(&bad));
}

#[test]
fn documents_lie_over_one_another_in_order_and_survive_being_kept() {
    let mut overlays = Overlays::default();
    overlays.push("base.yaml", json!({ "PolicyGates": { "BeaconRate": { "MinBeaconCount": 20 } } }));
    overlays.push("site.yaml", json!({ "PolicyGates": { "BeaconRate": { "MinBeaconCount": 30 } } }));
    let kept: Overlays = serde_json::from_value(json!(overlays)).unwrap();
    let merged = kept.merged().unwrap();
    assert_eq!(merged.tree().pointer("/PolicyGates/BeaconRate/MinBeaconCount"), Some(&json!(30)));

    overlays.push("wrong.yaml", json!({ "PolicyGates": { "BeaconRat": {} } }));
    let (layer, faults) = overlays.merged().unwrap_err();
    assert_eq!((layer.as_str(), faults.len()), ("wrong.yaml", 1));
}

#[test]
fn every_option_of_a_gate_stands_in_its_table() {
    let tables = [
        ("EvidenceCompleteness", include_str!("../evidence_completeness/cases.json")),
        ("ExecutionEvidence", include_str!("../execution_evidence/cases.json")),
        ("BeaconRate", include_str!("../beacon_rate/cases.json")),
        ("LatticeState", include_str!("../lattice_state/cases.json")),
        ("VexTrust", include_str!("../vex_trust/tests/table.rs")),
        ("UncertaintyTier", include_str!("../uncertainty_tier/cases.json")),
        ("Confidence", include_str!("../confidence/cases.json")),
    ];
    assert_eq!(tables.len(), ALL.len());
    for gate in ALL {
        let (_, table) = tables.iter().find(|(key, _)| *key == gate.key).unwrap();
        let schema = (gate.schema)();
        let options = schema["properties"].as_object().unwrap().keys();
        let missing: Vec<_> = options.filter(|option| !table.contains(&format!("\"{option}\""))).collect();
        assert!(missing.is_empty(), "{}: {missing:?}", gate.key);
    }
}
