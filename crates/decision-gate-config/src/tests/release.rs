//! Release policies through the configuration: the documented snippets, layers, warnings, and what a hostile file gains.

use std::path::PathBuf;

use super::{root, source};
use crate::{ConfigErrors, Loaded, Source, load};

const ENVIRONMENTS: &str = "environments = [\"production\", \"staging\", \"development\"]\n";

/// A folder with a configuration and the files that it names.
struct Place(tempfile::TempDir);

impl Place {
    fn new(config: &str, files: &[(&str, &str)]) -> Self {
        let place = Self(tempfile::tempdir().unwrap());
        place.write("gate.toml", config);
        files.iter().for_each(|(name, text)| place.write(name, text));
        place
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn write(&self, name: &str, text: &str) {
        let path = self.path(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }

    fn load(&self, variables: &[(&str, &str)]) -> Result<Loaded, ConfigErrors> {
        load(&source(Some(self.path("gate.toml")), variables, &[]))
    }

    /// The errors, or nothing; the folder cut off.
    fn errors(&self) -> String {
        let text = self.load(&[]).err().map(|errors| errors.to_string()).unwrap_or_default();
        text.replace(&format!("{}/", self.0.path().display()), "")
    }

    fn warnings(&self) -> String {
        let loaded = self.load(&[]).unwrap_or_else(|errors| panic!("{errors}"));
        let lines: Vec<_> = loaded.warnings().iter().map(|it| format!("{} {it}", it.code())).collect();
        lines.join("\n").replace(&format!("{}/", self.0.path().display()), "")
    }
}

fn sample(name: &str) -> String {
    let path = root().join("config").join(name);
    std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// The snippets of the three documents, in the order in which they are rolled out.
const SNIPPETS: [&str; 11] = [
    "execution-evidence.json",
    "beacon-rate.json",
    "vex-trust-phase-1.yaml",
    "vex-trust-phase-2.yaml",
    "vex-trust-phase-3-tenants.yaml",
    "vex-trust-phase-4.yaml",
    "vex-trust-phase-5.yaml",
    "vex-trust-rollback-tenant.yaml",
    "vex-trust-rollback-warn.yaml",
    "vex-trust-rollback-disable.yaml",
    "vex-trust-debug-logging.yaml",
];

/// A configuration under which every name of the snippets is declared.
fn declared(policy: &str) -> String {
    let names = ["default", "tenant-with-internal-vex", "high-security-tenant", "affected-tenant"];
    let tenants =
        names.iter().enumerate().map(|(at, name)| format!("[[tenants]]\nid = {}\nname = \"{name}\"\n", at + 1));
    format!("{ENVIRONMENTS}[release]\npolicy = {policy}\n{}", tenants.collect::<String>())
}

#[test]
fn every_snippet_of_the_seeds_loads_through_the_configuration_over_those_before_it() {
    let place = Place::new("", &[]);
    for name in SNIPPETS {
        place.write(name, &sample(&format!("samples/release/{name}")));
    }
    for count in 1..=SNIPPETS.len() {
        place.write("gate.toml", &declared(&format!("{:?}", &SNIPPETS[..count])));
        let loaded = place.load(&[]).unwrap_or_else(|errors| panic!("{errors}"));
        let policy = &loaded.release_policies()["default"];
        let layers: Vec<_> = policy.overlays.iter().map(|it| it.layer.as_str()).collect();
        assert_eq!(layers, SNIPPETS[..count]);
        let at = |pointer: &str| policy.document.tree().pointer(pointer).unwrap().to_string();
        let thresholds = "/PolicyGates/VexTrust/Thresholds";
        match SNIPPETS[count - 1] {
            // What a partial phase leaves out stays as it was.
            "vex-trust-phase-4.yaml" => {
                assert_eq!(at(&format!("{thresholds}/staging/FailureAction")), "\"Warn\"");
                assert_eq!(at(&format!("{thresholds}/staging/MinCompositeScore")), "0.6");
                assert_eq!(at(&format!("{thresholds}/development/RequireIssuerVerified")), "false");
            }
            "vex-trust-phase-5.yaml" => {
                assert_eq!(at(&format!("{thresholds}/staging/FailureAction")), "\"Block\"");
                assert_eq!(at(&format!("{thresholds}/production/FailureAction")), "\"Block\"");
                assert_eq!(at("/PolicyGates/VexTrust/Enabled"), "true");
            }
            "vex-trust-rollback-warn.yaml" => {
                assert_eq!(at(&format!("{thresholds}/production/FailureAction")), "\"Warn\"");
                assert_eq!(at(&format!("{thresholds}/production/MinAccuracyRate")), "0.85");
            }
            "vex-trust-rollback-disable.yaml" => assert_eq!(at("/PolicyGates/VexTrust/Enabled"), "false"),
            _ => {}
        }
    }
}

#[test]
fn the_sample_of_every_option_loads_and_changes_nothing() {
    let place =
        Place::new(&declared("\"policy-gates.yaml\""), &[("policy-gates.yaml", &sample("policy-gates.yaml.sample"))]);
    let loaded = place.load(&[]).unwrap_or_else(|errors| panic!("{errors}"));
    let built_in = decision_gate_policy::options::PolicyDocument::built_in();
    assert_eq!(loaded.release_policies()["default"].document.digest(), built_in.digest());
}

#[test]
fn the_three_formats_and_the_configuration_itself_say_the_same() {
    let place = Place::new(
        "",
        &[
            ("a.yaml", "PolicyGates:\n  BeaconRate:\n    Enabled: true\n    MinVerificationRate: 0.9\n"),
            ("b.json", "{\"PolicyGates\": {\"BeaconRate\": {\"Enabled\": true, \"MinVerificationRate\": 0.9}}}"),
            ("c.toml", "[PolicyGates.BeaconRate]\nEnabled = true\nMinVerificationRate = 0.9\n"),
        ],
    );
    let inline = "{ PolicyGates = { BeaconRate = { Enabled = true, MinVerificationRate = 0.9 } } }";
    let digests = ["\"a.yaml\"", "\"b.json\"", "\"c.toml\"", inline].map(|policy| {
        place.write("gate.toml", &declared(policy));
        place.load(&[]).unwrap().release_policies()["default"].document.digest()
    });
    let variables = [
        ("DECISION_GATE_POLICYGATES__BEACONRATE__ENABLED", "true"),
        ("DECISION_GATE_POLICYGATES__BEACONRATE__MINVERIFICATIONRATE", "0.9"),
    ];
    place.write("gate.toml", ENVIRONMENTS);
    let of_variables = place.load(&variables).unwrap().release_policies()["default"].document.digest();
    assert!(digests.iter().all(|it| *it == of_variables), "{digests:?} {of_variables}");
}

#[test]
fn a_policy_that_has_the_pinned_digest_loads_and_a_variable_changes_it() {
    let place = Place::new(&declared("\"a.yaml\""), &[("a.yaml", "PolicyGates: {BeaconRate: {Enabled: true}}\n")]);
    let digest = place.load(&[]).unwrap().release_policies()["default"].document.digest().to_hex();
    let config = declared(&format!("\"a.yaml\"\npolicy_digest = \"sha256:{digest}\""));
    place.write("gate.toml", &config);
    place.load(&[]).unwrap();
    let covered = place.load(&[("DECISION_GATE_POLICYGATES__BEACONRATE__ENABLED", "false")]).unwrap_err();
    assert_eq!(covered.code(), "policy_pin_mismatch");
    assert!(covered.to_string().contains(&digest), "{covered}");
    // What does not decide is not pinned.
    place.load(&[("DECISION_GATE_LOGGING__LOGLEVEL__Default", "Debug")]).unwrap();
}

#[test]
fn files_of_flags_lie_over_the_variables_and_keep_no_folder_of_this_machine() {
    let place = Place::new(
        &declared("\"a.yaml\""),
        &[
            ("a.yaml", "PolicyGates: {BeaconRate: {MinBeaconCount: 1}}\n"),
            ("more/b.yaml", "PolicyGates: {BeaconRate: {MinBeaconCount: 3}}\n"),
            ("more/c.yaml", "PolicyGates: {BeaconRate: {Enabled: true}}\n"),
        ],
    );
    let variable = [("DECISION_GATE_POLICYGATES__BEACONRATE__MINBEACONCOUNT", "2")];
    let flags = Source {
        policies: vec![place.path("more/b.yaml"), place.path("more/c.yaml")],
        ..source(Some(place.path("gate.toml")), &variable, &[])
    };
    let loaded = load(&flags).unwrap();
    let policy = &loaded.release_policies()["default"];
    let layers: Vec<_> = policy.overlays.iter().map(|it| it.layer.as_str()).collect();
    assert_eq!(layers, ["a.yaml", variable[0].0, "b.yaml", "c.yaml"]);
    let kept = serde_json::to_string(&policy.overlays).unwrap();
    assert!(!kept.contains(&place.0.path().display().to_string()), "{kept}");
    let count =
        policy.document.settings().into_iter().find(|it| it.path.ends_with("BeaconRate.MinBeaconCount")).unwrap();
    assert_eq!((count.value.to_string().as_str(), count.layer.as_str()), ("3", "b.yaml"));
}

#[test]
fn without_a_policy_there_is_none_and_nothing_is_said() {
    let loaded = Place::new(ENVIRONMENTS, &[]).load(&[]).unwrap();
    assert!(loaded.release_policies().is_empty() && loaded.warnings().is_empty() && !loaded.watches());
    assert!(loaded.show_policies().is_empty() && loaded.log_levels().is_empty());
}

#[cfg(unix)]
#[test]
fn a_policy_that_is_reached_through_a_folder_of_evidence_is_refused_wherever_links_lead() {
    use std::os::unix::fs::symlink;
    let attestations = "[release.attestations]\nroots = [{ root_id = \"ci\", path = \"evidence\" }]\n";
    let config = |policy: &str| format!("[release]\npolicy = \"{policy}\"\n{attestations}");
    let place = Place::new("", &[("evidence/own.yaml", "PolicyGates: {}\n"), ("law/gates.yaml", "PolicyGates: {}\n")]);
    symlink(place.path("evidence/own.yaml"), place.path("law/into.yaml")).unwrap();
    symlink(place.path("law/gates.yaml"), place.path("evidence/out.yaml")).unwrap();
    symlink(place.path("law"), place.path("evidence/folder")).unwrap();
    symlink(place.path("evidence/folder"), place.path("through")).unwrap();
    symlink(place.path("evidence"), place.path("alias")).unwrap();
    symlink("loop.yaml", place.path("law/loop.yaml")).unwrap();
    let refused = |policy: &str| {
        place.write("gate.toml", &config(policy));
        place.errors().contains("the evidence root `ci` of `release.attestations`")
    };
    for policy in [
        "evidence/own.yaml",
        "law/../evidence/own.yaml",
        "law/into.yaml",
        "evidence/out.yaml",
        "evidence/folder/gates.yaml",
        "through/gates.yaml",
        "alias/own.yaml",
    ] {
        assert!(refused(policy), "{policy}: {}", place.errors());
    }
    assert!(!refused("law/gates.yaml") && place.errors().is_empty());
    assert!(!refused("law/loop.yaml") && !place.errors().is_empty(), "a loop is an unreadable file and no hang");
    // The root may be a link as well.
    place.write("gate.toml", &config("evidence/own.yaml").replace("path = \"evidence\"", "path = \"alias\""));
    assert!(place.errors().contains("evidence root"), "{}", place.errors());
}

#[test]
fn enabling_the_gate_on_vex_trust_says_which_prerequisites_are_unmet() {
    let place = Place::new(
        &format!("{ENVIRONMENTS}[release]\npolicy = \"a.yaml\"\n"),
        &[("a.yaml", "PolicyGates:\n  VexTrust:\n    Enabled: true\n"), ("issuers.json", "[]")],
    );
    insta::assert_snapshot!(place.warnings(), @r"
    vex_trust_prerequisite_unmet a.yaml:3:14: PolicyGates.VexTrust.Enabled: the gate `vex-trust` is on in policy `default`, and `release.issuers` names no issuer directory (without issuers every claim ends in `issuer_verified`, or in `missing_vex_trust_data`)
    vex_trust_prerequisite_unmet a.yaml:3:14: PolicyGates.VexTrust.Enabled: the gate `vex-trust` is on in policy `default`, and `release.attestations.roots` names no folder that VEX could come from (without documents everything ends in `missing_vex_trust_data`)
    vex_trust_prerequisite_unmet a.yaml:3:14: PolicyGates.VexTrust.Enabled: the gate `vex-trust` is on in policy `default`, and it asks for an accuracy, which needs `release.outcomes` and `release.recorder_keys` (without them the accuracy is unknown; set `MinAccuracyRate: null` to ask for none)
    vex_trust_prerequisite_unmet a.yaml:3:14: PolicyGates.VexTrust.Enabled: the gate `vex-trust` is on in policy `default`, and `release.purls` is empty (only VEX that names artifacts by digest counts then)
    ");
    place.write(
        "gate.toml",
        &format!("{ENVIRONMENTS}[release]\npolicy = \"a.yaml\"\nissuers = \"issuers.json\"\noutcomes = \"outcomes\"\n"),
    );
    insta::assert_snapshot!(place.warnings(), @r"
    vex_trust_prerequisite_unmet a.yaml:3:14: PolicyGates.VexTrust.Enabled: the gate `vex-trust` is on in policy `default`, and the issuer directory is empty (without issuers every claim ends in `issuer_verified`, or in `missing_vex_trust_data`)
    vex_trust_prerequisite_unmet a.yaml:3:14: PolicyGates.VexTrust.Enabled: the gate `vex-trust` is on in policy `default`, and `release.attestations.roots` names no folder that VEX could come from (without documents everything ends in `missing_vex_trust_data`)
    vex_trust_prerequisite_unmet a.yaml:3:14: PolicyGates.VexTrust.Enabled: the gate `vex-trust` is on in policy `default`, and it asks for an accuracy, which needs `release.outcomes` and `release.recorder_keys` (without them the accuracy is unknown; set `MinAccuracyRate: null` to ask for none)
    vex_trust_prerequisite_unmet a.yaml:3:14: PolicyGates.VexTrust.Enabled: the gate `vex-trust` is on in policy `default`, and `release.purls` is empty (only VEX that names artifacts by digest counts then)
    ");
    place.write("a.yaml", "PolicyGates:\n  VexTrust:\n    Enabled: false\n");
    assert_eq!(place.warnings(), "");
    place.write("a.yaml", "PolicyGates:\n  VexTrust:\n    Thresholds:\n      staging:\n        Mode: Shadow\n");
    assert!(
        place.warnings().contains("a.yaml:5:15: PolicyGates.VexTrust.Thresholds.staging.Mode: "),
        "{}",
        place.warnings()
    );
}

#[test]
fn a_threshold_that_lets_everything_pass_loads_with_a_warning_where_it_was_written() {
    let place =
        Place::new(&declared("\"a.yaml\""), &[("a.yaml", &sample("samples/release/vex-trust-rollback-tenant.yaml"))]);
    insta::assert_snapshot!(place.warnings(), @"vex_trust_bypass a.yaml:6:30: PolicyGates.VexTrust.TenantOverrides.affected-tenant.production.MinCompositeScore: `MinCompositeScore` of `0.01` lets everything pass in `production`, for tenant `affected-tenant` (its rows carry `bypass`; raise it once the reason is gone)");
    place.write("a.yaml", "PolicyGates: {VexTrust: {Thresholds: {staging: {MinCompositeScore: 0.01}}}}\n");
    insta::assert_snapshot!(place.warnings(), @"vex_trust_bypass a.yaml:1:68: PolicyGates.VexTrust.Thresholds.staging.MinCompositeScore: `MinCompositeScore` of `0.01` lets everything pass in `staging`, for every tenant without an override (its rows carry `bypass`; raise it once the reason is gone)");
    place.write("a.yaml", "PolicyGates: {VexTrust: {Thresholds: {staging: {MinCompositeScore: 0.011}}}}\n");
    assert_eq!(place.warnings(), "");
}

#[test]
fn log_categories_lead_to_the_targets_of_gates() {
    let text = "Logging:\n  LogLevel:\n    StellaOps.Policy.Engine.Gates.VexTrustGate: Debug\n    \
                StellaOps.Policy.Engine: Warning\n    Default: Information\n    Some.Other: None\n    \
                StellaOps.Policy.Engine.Gates.BeaconGate: Debug\n";
    let place = Place::new(&declared("\"a.yaml\""), &[("a.yaml", text)]);
    let levels = place.load(&[]).unwrap().log_levels();
    let lines: Vec<_> = levels.iter().map(|(target, level)| format!("{target}={level}")).collect();
    assert_eq!(lines, ["decision_gate=info", "decision_gate_policy=warn", "decision_gate_policy::vex_trust=debug"]);
    insta::assert_snapshot!(place.warnings(), @r#"
    policy_log_category_unknown a.yaml:6:5: Logging.LogLevel."Some.Other": no log category `Some.Other` (a gate's category is such as `StellaOps.Policy.Engine.Gates.ConfidenceGate`)
    policy_log_category_unknown a.yaml:7:5: Logging.LogLevel."StellaOps.Policy.Engine.Gates.BeaconGate": no log category `StellaOps.Policy.Engine.Gates.BeaconGate` (did you mean `StellaOps.Policy.Engine.Gates.BeaconRateGate`?)
    "#);
}

#[test]
fn show_gives_each_option_for_each_environment_and_what_tenants_have_of_their_own() {
    let place = Place::new(
        &declared("[\"a.yaml\", \"b.yaml\"]"),
        &[
            ("a.yaml", &sample("samples/release/vex-trust-phase-4.yaml")),
            ("b.yaml", &sample("samples/release/vex-trust-rollback-tenant.yaml")),
        ],
    );
    let loaded = place.load(&[]).unwrap();
    let shown = loaded.show_policies();
    assert_eq!(shown.len(), 1);
    let wanted = |it: &&crate::ShownOption| {
        it.option.starts_with("VexTrust.M") || it.option.starts_with("VexTrust.E") || it.option == "Ungated"
    };
    let lines: Vec<_> = shown[0].options.iter().filter(wanted).map(line).collect();
    insta::assert_snapshot!(lines.join("\n").replace(&format!("{}/", place.0.path().display()), ""), @r#"
    production - VexTrust.Enabled = true (a.yaml: PolicyGates.VexTrust.Enabled, a.yaml:3:14)
    production - VexTrust.ExpiresAfter = "180d" (built-in: PolicyGates.VexTrust.ExpiresAfter, default)
    production - VexTrust.MinAccuracyRate = 0.85 (a.yaml: PolicyGates.VexTrust.Thresholds.production.MinAccuracyRate, a.yaml:8:26)
    production - VexTrust.MinCompositeScore = 0.8 (a.yaml: PolicyGates.VexTrust.Thresholds.production.MinCompositeScore, a.yaml:6:28)
    production - VexTrust.MinOutcomes = 10 (built-in: PolicyGates.VexTrust.MinOutcomes, default)
    production - VexTrust.MissingTrustBehavior = "Warn" (built-in: PolicyGates.VexTrust.MissingTrustBehavior, default)
    production affected-tenant VexTrust.MinCompositeScore = 0.01 (b.yaml: PolicyGates.VexTrust.TenantOverrides.affected-tenant.production.MinCompositeScore, b.yaml:6:30)
    staging - VexTrust.Enabled = true (a.yaml: PolicyGates.VexTrust.Enabled, a.yaml:3:14)
    staging - VexTrust.ExpiresAfter = "180d" (built-in: PolicyGates.VexTrust.ExpiresAfter, default)
    staging - VexTrust.MinAccuracyRate = null (built-in: PolicyGates.VexTrust.Thresholds.staging.MinAccuracyRate, default)
    staging - VexTrust.MinCompositeScore = 0.6 (built-in: PolicyGates.VexTrust.Thresholds.staging.MinCompositeScore, default)
    staging - VexTrust.MinOutcomes = 10 (built-in: PolicyGates.VexTrust.MinOutcomes, default)
    staging - VexTrust.MissingTrustBehavior = "Warn" (built-in: PolicyGates.VexTrust.MissingTrustBehavior, default)
    development - VexTrust.Enabled = true (a.yaml: PolicyGates.VexTrust.Enabled, a.yaml:3:14)
    development - VexTrust.ExpiresAfter = "180d" (built-in: PolicyGates.VexTrust.ExpiresAfter, default)
    development - VexTrust.MinAccuracyRate = null (built-in: PolicyGates.VexTrust.Thresholds.development.MinAccuracyRate, default)
    development - VexTrust.MinCompositeScore = 0.4 (built-in: PolicyGates.VexTrust.Thresholds.development.MinCompositeScore, default)
    development - VexTrust.MinOutcomes = 10 (built-in: PolicyGates.VexTrust.MinOutcomes, default)
    development - VexTrust.MissingTrustBehavior = "Warn" (built-in: PolicyGates.VexTrust.MissingTrustBehavior, default)
    - - Ungated = "Hold" (built-in: PolicyGates.Ungated, default)
    "#);
    let options: std::collections::BTreeSet<_> = shown[0].options.iter().map(|it| it.option.clone()).collect();
    for gate in decision_gate_policy::gates::ALL {
        assert!(options.contains(&format!("{}.Enabled", gate.key)), "{}", gate.key);
    }
}

fn line(it: &crate::ShownOption) -> String {
    let scope = [&it.environment, &it.tenant].map(|name| name.clone().unwrap_or_else(|| "-".into())).join(" ");
    format!("{scope} {} = {} ({}: {}, {})", it.option, it.value, it.layer, it.key, it.origin)
}

#[test]
fn the_files_that_are_watched_are_those_that_say_what_counts() {
    let more =
        "issuers = \"issuers.json\"\n[[trust.keys]]\nkey_id = \"ci\"\nalgorithm = \"ed25519\"\nfile = \"ci.pub\"\n";
    let config = format!("[release]\npolicy = [\"a.yaml\", \"b.yaml\"]\n{more}[store]\npath = \"ledger.db\"\n");
    let empty = "PolicyGates: {}\n";
    let place = Place::new(&config, &[("a.yaml", empty), ("b.yaml", empty)]);
    let loaded = place.load(&[]).unwrap();
    let names: Vec<_> = loaded.files().iter().map(|file| file.file_name().unwrap().to_owned()).collect();
    assert_eq!(names, ["a.yaml", "b.yaml", "ci.pub", "gate.toml", "issuers.json"]);
    assert!(loaded.watches());
}
