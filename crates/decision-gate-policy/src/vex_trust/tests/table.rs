//! Every option below, at and above its boundary, missing and malformed.

use decision_gate_attest::vex_status::VexStatus;
use decision_gate_core::condition::Truth;
use serde_json::{Value, json};

use super::{DAY, Doc, World, everywhere, judged, seen};
use crate::options::PolicyDocument;
use crate::result::Outcome::{self, Block, Pass, PassWithNote, Warn};
use crate::tests::{policy, release};
use crate::vex_trust::audit_record;

fn check(why: &str, options: &Value, world: &World, wanted: (Outcome, &str)) {
    let row = judged(options, &world.release("production"));
    assert_eq!((row.outcome, row.judged.reason), wanted, "{why}: {} {:?}", row.judged.message, row.judged.details);
}

/// Why, the options, what there is, and the outcome with its reason.
type Row = (&'static str, Value, World, (Outcome, &'static str));

/// Score, accuracy, outcomes and freshness, below, at and above.
fn measures() -> Vec<Row> {
    // A perfect claim scores 1; an accuracy of 90 % takes 0.02, one day makes no difference.
    let ninety = || World::with(|it| it.outcomes = (18, 2));
    let age = |days: i64| World::with(|it| it.docs[0].age = days * DAY);
    let entry = |key: &str, value: Value| everywhere(&json!({ key: value }));
    let production = json!({});
    vec![
        ("perfect", production.clone(), World::good(), (Pass, "trust_met")),
        ("score above", entry("MinCompositeScore", json!(0.979_999)), ninety(), (Pass, "trust_met")),
        ("score at", entry("MinCompositeScore", json!(0.98)), ninety(), (Pass, "trust_met")),
        ("score below", entry("MinCompositeScore", json!(0.980_001)), ninety(), (Block, "composite_score")),
        ("accuracy above", entry("MinAccuracyRate", json!(0.89)), ninety(), (Pass, "trust_met")),
        ("accuracy at", entry("MinAccuracyRate", json!(0.9)), ninety(), (Pass, "trust_met")),
        ("accuracy below", entry("MinAccuracyRate", json!(0.901)), ninety(), (Block, "accuracy_rate")),
        (
            "accuracy not asked",
            entry("MinAccuracyRate", json!(null)),
            World::with(|it| it.outcomes = (9, 0)),
            (Pass, "trust_met"),
        ),
        ("outcomes below", production.clone(), World::with(|it| it.outcomes = (9, 0)), (Block, "accuracy_rate")),
        ("outcomes at", production.clone(), World::with(|it| it.outcomes = (10, 0)), (Pass, "trust_met")),
        ("outcomes asked more", json!({ "MinOutcomes": 21 }), World::good(), (Block, "accuracy_rate")),
        (
            "outcomes cut off",
            production.clone(),
            World::with(|it| it.seen.outcomes = [("acme".to_owned(), 21)].into()),
            (Block, "accuracy_rate"),
        ),
        ("fresh at", production.clone(), age(30), (Pass, "trust_met")),
        ("fresh above", production.clone(), age(31), (Block, "freshness")),
        ("stale accepted", entry("AcceptableFreshness", json!(["fresh", "stale"])), age(31), (Pass, "trust_met")),
        ("stale at", entry("AcceptableFreshness", json!(["fresh", "stale"])), age(180), (Pass, "trust_met")),
        ("expired", entry("AcceptableFreshness", json!(["fresh", "stale"])), age(181), (Block, "freshness")),
        ("of the future", production.clone(), World::with(|it| it.docs[0].age = -300_001), (Block, "freshness")),
        ("within the skew", production.clone(), World::with(|it| it.docs[0].age = -300_000), (Pass, "trust_met")),
        ("fresh for longer", json!({ "FreshFor": "31d" }), age(31), (Pass, "trust_met")),
        ("expires sooner", json!({ "FreshFor": "1h", "ExpiresAfter": "2h" }), age(1), (Block, "freshness")),
        ("rolled back", production.clone(), World::with(|it| it.seen = seen(2)), (Block, "freshness")),
        ("version as seen", production.clone(), World::with(|it| it.seen = seen(1)), (Pass, "trust_met")),
        ("unsigned", production.clone(), World::with(|it| it.docs[0].signer = None), (Block, "composite_score")),
        (
            "no authority",
            production.clone(),
            World::with(|it| it.authority = "pkg:oci/acm"),
            (Block, "composite_score"),
        ),
    ]
}

/// Who signed, what is missing, and what the gate is applied to.
fn sources() -> Vec<Row> {
    let ninety = || World::with(|it| it.outcomes = (18, 2));
    let age = |days: i64| World::with(|it| it.docs[0].age = days * DAY);
    let entry = |key: &str, value: Value| everywhere(&json!({ key: value }));
    let production = json!({});
    vec![
        (
            "issuer asked for",
            entry("MinCompositeScore", json!(0.1)),
            World::with(|it| it.authority = "pkg:oci/acm"),
            (Block, "issuer_verified"),
        ),
        (
            "issuer not asked for",
            everywhere(&json!({ "MinCompositeScore": 0.1, "RequireIssuerVerified": false, "MinAccuracyRate": null })),
            World::with(|it| it.docs[0].signer = None),
            (Pass, "trust_met"),
        ),
        ("warns", entry("FailureAction", json!("Warn")), age(31), (Warn, "freshness")),
        ("listed source", json!({ "Sources": ["acme"] }), World::good(), (Pass, "trust_met")),
        ("silent source", json!({ "Sources": ["acme", "beta"] }), World::good(), (Block, "vex_source_silent")),
        ("nothing to judge", production.clone(), World::with(|it| it.docs.clear()), (Warn, "missing_vex_trust_data")),
        (
            "nothing, blocked",
            json!({ "MissingTrustBehavior": "Block" }),
            World::with(|it| it.docs.clear()),
            (Block, "missing_vex_trust_data"),
        ),
        (
            "nothing, allowed",
            json!({ "MissingTrustBehavior": "Allow" }),
            World::with(|it| it.docs.clear()),
            (PassWithNote, "missing_vex_trust_data"),
        ),
        (
            "another status",
            production.clone(),
            World::with(|it| it.docs[0].status = VexStatus::Affected),
            (PassWithNote, "no_status_transition"),
        ),
        (
            "applied to it",
            json!({ "ApplyToStatuses": ["affected"] }),
            World::with(|it| it.docs[0].status = VexStatus::Affected),
            (Pass, "trust_met"),
        ),
        (
            "weights",
            json!({ "Weights": { "Signature": 0, "Issuer": 0, "Accuracy": 1_000_000, "Freshness": 0, "Specificity": 0 } }),
            ninety(),
            (Pass, "trust_met"),
        ),
    ]
}

#[test]
fn every_option_decides_at_its_boundary() {
    for (why, options, world, wanted) in measures().into_iter().chain(sources()) {
        check(why, &options, &world, wanted);
    }
}

#[test]
fn contradicting_issuers_are_an_outcome_of_their_own() {
    let against = |status| World::with(|it| it.docs.push(Doc { signer: Some("beta"), id: "b", status, ..Doc::good() }));
    check("affected", &json!({}), &against(VexStatus::Affected), (Block, "contradiction"));
    check("fixed", &json!({}), &against(VexStatus::Fixed), (Block, "contradiction"));
    check("no claim", &json!({}), &against(VexStatus::UnderInvestigation), (Pass, "trust_met"));
    let warned = json!({ "ContradictionAction": "Warn" });
    check("warned", &warned, &against(VexStatus::Affected), (Warn, "contradiction"));
    let unsigned = World::with(|it| {
        it.docs.push(Doc { signer: None, id: "b", status: VexStatus::Affected, ..Doc::good() });
    });
    check("nobody", &json!({}), &unsigned, (Pass, "trust_met"));
    // The same issuer later on replaces its own word.
    let replaced = World::with(|it| {
        it.docs.push(Doc { id: "b", status: VexStatus::Affected, age: DAY / 2, ..Doc::good() });
    });
    check("replaced", &json!({}), &replaced, (Block, "freshness"));
}

#[test]
fn a_requested_status_is_judged_alone() {
    let mut release = World::good().release("production");
    for (status, wanted) in [
        (VexStatus::NotAffected, (Pass, "trust_met")),
        (VexStatus::Fixed, (Warn, "missing_vex_trust_data")),
        (VexStatus::Affected, (Pass, "status_not_applicable")),
    ] {
        release.requested_status = Some(status);
        let row = judged(&json!({}), &release);
        assert_eq!((row.outcome, row.judged.reason), wanted, "{status}");
    }
    // Without one every transition is: the worst decides.
    let two = World::with(|it| {
        it.docs.push(Doc {
            id: "b",
            vulnerability: "CVE-2026-0002",
            status: VexStatus::Fixed,
            age: 40 * DAY,
            ..Doc::good()
        });
    });
    let row = judged(&json!({}), &two.release("production"));
    assert_eq!((row.outcome, row.judged.reason, row.truth), (Block, "freshness", Some(Truth::False)));
}

#[test]
fn block_on_missing_data_is_unknown_and_on_measured_data_false() {
    let missing = judged(&json!({ "MissingTrustBehavior": "Block" }), &release("production"));
    assert_eq!(
        (missing.truth, missing.judged.message.as_str()),
        (Some(Truth::Unknown), "No VEX trust data available for this artifact")
    );
    let measured = judged(&json!({}), &World::with(|it| it.docs[0].age = 31 * DAY).release("production"));
    assert_eq!(measured.truth, Some(Truth::False));
    let unknown = judged(&json!({}), &World::with(|it| it.outcomes = (0, 0)).release("production"));
    assert_eq!((unknown.truth, unknown.judged.reason), (Some(Truth::Unknown), "accuracy_rate"));
}

#[test]
fn the_audit_record_has_the_guide_s_keys_and_no_others() {
    let row = judged(&json!({}), &World::good().release("production"));
    let record = audit_record(&row);
    assert_eq!(
        record,
        json!({
            "VexTrustScore": 1.0, "VexTrustTier": "high", "VexSignatureVerified": true, "VexIssuerId": "acme",
            "VexIssuerName": "acme PSIRT", "VexTrustGateResult": "Pass", "VexTrustGateReason": "trust_met",
        })
    );
    let missing = audit_record(&judged(&json!({}), &release("production")));
    assert_eq!(missing["VexTrustGateReason"], "missing_vex_trust_data");
    assert_eq!(missing.as_object().unwrap().len(), 7);
    assert_eq!(missing["VexTrustScore"], Value::Null);
}

#[test]
fn a_threshold_that_bypasses_says_so() {
    for (least, bypass) in [(0.01, true), (0.010_001, false), (0.0, true)] {
        let row = judged(&everywhere(&json!({ "MinCompositeScore": least })), &World::good().release("production"));
        let noted = row.judged.details.iter().any(|(name, value)| *name == "bypass" && value == true);
        assert_eq!(noted, bypass, "{least}");
    }
}

#[test]
fn malformed_options_are_refused_with_their_path() {
    for (gate, path) in [
        (everywhere(&json!({ "MinCompositeScore": 1.1 })), "MinCompositeScore"),
        (everywhere(&json!({ "MinCompositeScore": "0.8" })), "MinCompositeScore"),
        (everywhere(&json!({ "MinAccuracyRate": -0.1 })), "MinAccuracyRate"),
        (everywhere(&json!({ "AcceptableFreshness": ["new"] })), "AcceptableFreshness"),
        (everywhere(&json!({ "AcceptableFreshness": [] })), "AcceptableFreshness"),
        (everywhere(&json!({ "FailureAction": "block" })), "FailureAction"),
        (everywhere(&json!({ "RequireIssuerVerified": "yes" })), "RequireIssuerVerified"),
        (everywhere(&json!({ "MinCompositScore": 0.8 })), "MinCompositScore"),
        (json!({ "MissingTrustBehavior": "Ignore" }), "MissingTrustBehavior"),
        (json!({ "ApplyToStatuses": ["none"] }), "ApplyToStatuses"),
        (json!({ "Weights": { "Signature": 1 } }), "Weights"),
        (json!({ "FreshFor": "200d" }), "ExpiresAfter"),
        (json!({ "FreshFor": "0d" }), "FreshFor"),
        (json!({ "Sources": [] }), "Sources"),
    ] {
        let mut document = PolicyDocument::built_in();
        let fault = match document.overlay("test", &json!({ "PolicyGates": { "VexTrust": gate } })) {
            Err(faults) => faults.first().unwrap().clone(),
            Ok(()) => document.policy().unwrap_err(),
        };
        assert!(fault.path().contains(path), "{path}: {fault}");
    }
}

#[test]
fn a_gate_that_is_off_changes_no_other_row() {
    let without = crate::chain::evaluate(&policy(&json!({})), &release("production"));
    let with = crate::chain::evaluate(&policy(&json!({})), &World::good().release("production"));
    let others = |rows: &[crate::result::GateResult]| {
        rows.iter().filter(|it| it.gate != "vex-trust").cloned().collect::<Vec<_>>()
    };
    assert_eq!(others(&without.rows), others(&with.rows));
    assert_eq!(super::row(&with, "vex-trust").outcome, Outcome::Skip);
}

#[test]
fn the_confidence_factor_follows_the_score() {
    let factor = |world: World| world.input().confidence_factor().map(decision_gate_attest::rate::Rate::decimal);
    assert_eq!(factor(World::good()).as_deref(), Some("1.0"));
    // 0.25 of an unsigned claim by digest is below 0.30; where the claim is signed, 0.10 comes on top.
    assert_eq!(factor(World::with(|it| it.docs[0].signer = None)).as_deref(), Some("0.0"));
    assert_eq!(factor(World::with(|it| it.outcomes = (0, 0))).as_deref(), Some("0.9"));
    assert_eq!(factor(World::with(|it| it.docs.clear())), None);
}

/// That of `docs/spec/vex-trust.md`.
#[test]
fn the_worked_example_comes_to_what_the_page_says() {
    for (outcomes, score, tier) in [((18, 2), "0.95", "high"), ((0, 0), "0.77", "medium")] {
        let world = World::with(|it| {
            (it.docs[0].digest, it.docs[0].age, it.outcomes) = (false, 10 * DAY, outcomes);
        });
        let row = judged(&json!({}), &world.release("production"));
        let detail = |name: &str| row.judged.details.iter().find(|(it, _)| *it == name).unwrap().1.clone();
        assert_eq!((detail("trust_score"), detail("tier")), (json!(score), json!(tier)));
    }
}
