//! The files under `config/` against the documents that asked for them: keys and values, line by line, and that they
//! load over each other.

use std::path::Path;

use serde_json::{Value, json};

use crate::options::PolicyDocument;

/// The snippets of the rollout guide (seed 003) as they came, without indentation and comments.
const ROLLOUT: [(&str, &[&str]); 9] = [
    ("vex-trust-phase-1.yaml", &["PolicyGates:", "VexTrust:", "Enabled: false"]),
    (
        "vex-trust-phase-2.yaml",
        &[
            "PolicyGates:",
            "VexTrust:",
            "Enabled: true",
            "Thresholds:",
            "production:",
            "MinCompositeScore: 0.80",
            "RequireIssuerVerified: true",
            "FailureAction: Warn",
            "staging:",
            "MinCompositeScore: 0.60",
            "RequireIssuerVerified: true",
            "FailureAction: Warn",
            "development:",
            "MinCompositeScore: 0.40",
            "RequireIssuerVerified: false",
            "FailureAction: Warn",
            "MissingTrustBehavior: Warn",
        ],
    ),
    (
        "vex-trust-phase-3-tenants.yaml",
        &[
            "PolicyGates:",
            "VexTrust:",
            "TenantOverrides:",
            "tenant-with-internal-vex:",
            "production:",
            "MinCompositeScore: 0.70",
            "high-security-tenant:",
            "production:",
            "MinCompositeScore: 0.90",
        ],
    ),
    (
        "vex-trust-phase-4.yaml",
        &[
            "PolicyGates:",
            "VexTrust:",
            "Enabled: true",
            "Thresholds:",
            "production:",
            "MinCompositeScore: 0.80",
            "RequireIssuerVerified: true",
            "MinAccuracyRate: 0.85",
            "AcceptableFreshness:",
            "- fresh",
            "FailureAction: Block",
            "staging:",
            "FailureAction: Warn",
            "development:",
            "FailureAction: Warn",
        ],
    ),
    (
        "vex-trust-phase-5.yaml",
        &[
            "PolicyGates:",
            "VexTrust:",
            "Thresholds:",
            "staging:",
            "MinCompositeScore: 0.60",
            "RequireIssuerVerified: true",
            "FailureAction: Block",
        ],
    ),
    ("vex-trust-rollback-disable.yaml", &["PolicyGates:", "VexTrust:", "Enabled: false"]),
    (
        "vex-trust-rollback-warn.yaml",
        &[
            "PolicyGates:",
            "VexTrust:",
            "Thresholds:",
            "production:",
            "FailureAction: Warn",
            "staging:",
            "FailureAction: Warn",
            "development:",
            "FailureAction: Warn",
        ],
    ),
    (
        "vex-trust-rollback-tenant.yaml",
        &[
            "PolicyGates:",
            "VexTrust:",
            "TenantOverrides:",
            "affected-tenant:",
            "production:",
            "MinCompositeScore: 0.01",
            "RequireIssuerVerified: false",
        ],
    ),
    ("vex-trust-debug-logging.yaml", &["Logging:", "LogLevel:", "StellaOps.Policy.Engine.Gates.VexTrustGate: Debug"]),
];

fn text(name: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../config").join(name);
    std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

fn read(name: &str) -> Value {
    if Path::new(name).extension().is_some_and(|it| it == "json") {
        return serde_json::from_str(&text(name)).unwrap();
    }
    serde_saphyr::from_str(&text(name)).unwrap()
}

#[test]
fn the_rollout_samples_have_the_guide_s_keys_and_values() {
    for (name, wanted) in ROLLOUT {
        let text = text(&format!("samples/release/{name}"));
        let lines: Vec<_> = text.lines().map(|line| line.split(" #").next().unwrap().trim()).collect();
        assert_eq!(lines, wanted, "{name}");
    }
}

#[test]
fn indentation_is_restored() {
    let at =
        |name: &str, pointer: &str| read(&format!("samples/release/vex-trust-{name}.yaml")).pointer(pointer).cloned();
    let vex = "/PolicyGates/VexTrust";
    assert_eq!(at("phase-1", &format!("{vex}/Enabled")), Some(json!(false)));
    assert_eq!(at("phase-2", &format!("{vex}/MissingTrustBehavior")), Some(json!("Warn")));
    assert_eq!(at("phase-2", &format!("{vex}/Thresholds/development/RequireIssuerVerified")), Some(json!(false)));
    let tenant = format!("{vex}/TenantOverrides/high-security-tenant/production/MinCompositeScore");
    assert_eq!(at("phase-3-tenants", &tenant), Some(json!(0.9)));
    assert_eq!(at("phase-4", &format!("{vex}/Thresholds/production/AcceptableFreshness")), Some(json!(["fresh"])));
    assert_eq!(at("phase-4", &format!("{vex}/Thresholds/staging")), Some(json!({ "FailureAction": "Warn" })));
    let logging = json!({ "LogLevel": { "StellaOps.Policy.Engine.Gates.VexTrustGate": "Debug" } });
    assert_eq!(at("debug-logging", "/Logging"), Some(logging));
}

#[test]
fn the_json_samples_are_the_built_in_values() {
    let built_in = PolicyDocument::built_in();
    for (name, gate) in [("execution-evidence", "ExecutionEvidence"), ("beacon-rate", "BeaconRate")] {
        let sample = read(&format!("samples/release/{name}.json"));
        for (key, value) in sample["PolicyGates"][gate].as_object().unwrap() {
            assert_eq!(&built_in.tree()["PolicyGates"][gate][key], value, "{gate}.{key}");
        }
    }
}

#[test]
fn every_sample_loads_over_those_before_it() {
    let mut document = PolicyDocument::built_in();
    let names = ["execution-evidence.json", "beacon-rate.json"].into_iter().chain(ROLLOUT.map(|(name, _)| name));
    for name in names {
        document.overlay(name, &read(&format!("samples/release/{name}"))).unwrap_or_else(|it| panic!("{name}: {it:?}"));
        document.policy().unwrap_or_else(|it| panic!("{name}: {it}"));
    }
    document.overlay("policy-gates.yaml.sample", &read("policy-gates.yaml.sample")).unwrap();
    document.policy().unwrap();
    assert_eq!(document.log_levels()["StellaOps.Policy.Engine.Gates.VexTrustGate"], "Debug");
}

#[test]
fn a_policy_reads_the_same_from_toml() {
    let toml: Value = toml::from_str("[PolicyGates.BeaconRate]\nEnabled = true\nMinVerificationRate = 0.9\n").unwrap();
    let (mut left, mut right) = (PolicyDocument::built_in(), PolicyDocument::built_in());
    left.overlay("a", &toml).unwrap();
    right
        .overlay("b", &json!({ "PolicyGates": { "BeaconRate": { "Enabled": true, "MinVerificationRate": 0.9 } } }))
        .unwrap();
    assert_eq!(left.digest(), right.digest());
}
