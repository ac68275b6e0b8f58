//! The phases and rollbacks of `docs/guides/roll-out-vex-trust.md`, as they stand there.

use serde_json::Value;

use super::{DAY, World};
use crate::chain::evaluate;
use crate::context::ReleaseContext;
use crate::options::PolicyDocument;
use crate::result::Outcome::{self, Block, Pass, Skip, Warn};
use crate::tests::row;

const GUIDE: &str = include_str!("../../../../../docs/guides/roll-out-vex-trust.md");

/// The YAML below a heading of the guide.
fn yaml(heading: &str) -> Value {
    let (_, section) = GUIDE.split_once(&format!("{heading}\n")).unwrap_or_else(|| panic!("{heading}"));
    let (_, block) = section.split_once("```yaml release-policy\n").unwrap();
    let (text, _) = block.split_once("```").unwrap();
    serde_saphyr::from_str(text).unwrap()
}

fn judge(document: &PolicyDocument, release: &ReleaseContext) -> Outcome {
    row(&evaluate(&document.policy().unwrap(), release), "vex-trust").outcome
}

#[test]
fn every_phase_and_every_rollback_does_what_the_guide_says() {
    let bad = World::with(|it| it.docs[0].age = 200 * DAY);
    let environments = ["production", "staging", "development"];
    // Heading, and the outcome of untrusted VEX in production, staging and development.
    let steps: [(&str, [Outcome; 3]); 8] = [
        ("### Phase 1: Feature flag", [Skip, Skip, Skip]),
        ("### Phase 2: Shadow mode", [Warn, Warn, Warn]),
        ("### Phase 3: Threshold tuning", [Warn, Warn, Warn]),
        ("### Phase 4: Production enforcement", [Block, Warn, Warn]),
        ("### Phase 5: Full rollout", [Block, Block, Warn]),
        ("### Per-tenant disable", [Block, Block, Warn]),
        ("### Switch to warn mode", [Warn, Warn, Warn]),
        ("### Immediate disable", [Skip, Skip, Skip]),
    ];
    let mut document = PolicyDocument::built_in();
    for (heading, wanted) in steps {
        document.overlay(heading, &yaml(heading)).unwrap_or_else(|it| panic!("{heading}: {it:?}"));
        let found = environments.map(|it| judge(&document, &bad.release(it)));
        assert_eq!(found, wanted, "{heading}");
        let trusted = environments.map(|it| judge(&document, &World::good().release(it)));
        let passes = trusted.iter().all(|it| matches!(it, Pass | Skip));
        assert!(passes, "{heading}: {trusted:?}");
    }
}

#[test]
fn tenants_have_their_own_thresholds_in_phases_three_and_rollback() {
    let mut document = PolicyDocument::built_in();
    for heading in ["### Phase 2: Shadow mode", "### Phase 3: Threshold tuning", "### Phase 4: Production enforcement"]
    {
        document.overlay(heading, &yaml(heading)).unwrap();
    }
    document
        .overlay(
            "no accuracy",
            &serde_json::json!({ "PolicyGates": { "VexTrust": { "Thresholds": {
        "production": { "MinAccuracyRate": null } } } } }),
        )
        .unwrap();
    // Without recorded outcomes a claim by digest scores 0.80.
    let release = |tenant: Option<&str>| {
        let mut release = World::with(|it| it.outcomes = (0, 0)).release("production");
        release.tenant = tenant.map(str::to_owned);
        release
    };
    assert_eq!(judge(&document, &release(None)), Pass);
    assert_eq!(judge(&document, &release(Some("tenant-with-internal-vex"))), Pass);
    assert_eq!(judge(&document, &release(Some("high-security-tenant"))), Block);
    let heading = "### Per-tenant disable";
    document.overlay(heading, &yaml(heading)).unwrap();
    let decision = evaluate(&document.policy().unwrap(), &release(Some("affected-tenant")));
    let details = &row(&decision, "vex-trust").judged.details;
    assert!(details.iter().any(|(name, value)| *name == "bypass" && *value == true), "{details:?}");
}
