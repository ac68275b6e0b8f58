//! Every block of code in the documentation, held to what it says it is: commands are run in order with the built binary,
//! documents are read by whoever reads them, calls go to a server. One test a page; a page that has a block and no test,
//! or a block without a kind, fails.

#![cfg(test)]

mod ci;
mod fenced;
mod kind;
mod readers;
mod shell;
mod stage;
mod tests;
mod transcript;
mod walk;

use std::io::Write as _;

use stage::Need::{Artifact, Bucket, File, GitServer, Postgres, PublicKey, Python, SecondVerifier, Verifier, Written};

fn say(text: &str) {
    // A test whose standard error is closed has nobody to tell.
    drop(writeln!(std::io::stderr(), "{text}"));
}

/// A test for each page that has blocks, with what its reader has.
macro_rules! pages {
    ($(fn $name:ident() = $page:literal, [$($need:expr),*];)*) => {
        /// The pages that have a test.
        const PAGES: &[&str] = &[$($page),*];

        $(#[test]
        fn $name() {
            let counts = walk::follow($page, &[$($need),*]);
            say(&format!("{}: {counts}", $page));
        })*
    };
}

/// A scenario that time alone opens, for pages on something else.
const OPEN: &str = "scenario_id: release\nstages:\n  - stage_id: ship\n    gates: [{ gate_id: day, requirement: begun }]\n\
                    conditions:\n  begun: \"time.after(timestamp: 2026-01-01T00:00:00Z)\"\n";
const JUNIT: &str = r#"<testsuite name="unit"><testcase name="adds"/><testcase name="divides"/></testsuite>"#;

pages! {
    fn the_readme() = "README.md", [Written("reports/junit-unit.xml", JUNIT)];
    fn the_tutorial() = "docs/tutorial.md", [];
    fn the_page_on_fuzzing() = "fuzz/README.md", [];
    fn the_first_session_is_up_to_date() = "docs/first-session.md", [];
    fn the_map_of_the_code() = "docs/ARCHITECTURE.md", [];
    fn the_page_on_trust() = "docs/architecture/evidence-trust-anchor.md", [];
    fn the_page_on_trust_in_spanish() = "docs/es/architecture/evidence-trust-anchor.md", [];
    fn the_contract_of_beacons() = "docs/contracts/beacon-attestation-v1.md", [];
    fn the_contract_of_execution_evidence() = "docs/contracts/execution-evidence-v1.md", [];
    fn the_example_of_a_provider() = "docs/examples/provider-python/README.md", [
        Python,
        File("docs/examples/provider-python/provider.py", "provider.py"),
        File("docs/examples/provider-python/statement.py", "statement.py")
    ];
    fn the_guide_on_auditing_a_ledger() = "docs/guides/audit-a-ledger.md", [];
    fn the_guide_on_backtests() = "docs/guides/backtest-a-policy.md", [Artifact];
    fn the_guide_on_gating_a_pipeline() = "docs/guides/gate-in-ci.md", [Artifact];
    fn the_guide_on_reports_of_ci() = "docs/guides/gate-on-ci-reports.md", [Written("reports/lcov.info", "")];
    fn the_guide_on_keys() = "docs/guides/keys.md", [Artifact, PublicKey("builder.pub.pem")];
    fn the_guide_on_releases() = "docs/guides/gate-a-release.md", [Artifact];
    fn the_guide_on_verifying_a_pack() = "docs/guides/verify-a-pack.md", [Artifact, Verifier];
    fn the_guide_on_editors() = "docs/guides/editors.md", [];
    fn the_guide_on_assistants() = "docs/guides/precheck-in-an-ide.md", [];
    fn the_guide_on_agents() = "docs/guides/let-an-agent-ask.md", [];
    fn the_guide_on_beacons() = "docs/guides/make-beacon-attestation.md", [Artifact];
    fn the_guide_on_execution_evidence() = "docs/guides/make-execution-evidence.md", [Artifact];
    fn the_guide_on_clients() = "docs/guides/mcp-clients.md", [];
    fn the_guide_on_pages_of_runs() = "docs/guides/read-a-report.md", [];
    fn the_guide_on_rolling_out() = "docs/guides/roll-out-vex-trust.md", [];
    fn the_guide_on_rotating_keys() = "docs/guides/rotate-keys.md", [
        Python,
        File("docs/examples/provider-python/provider.py", "provider.py"),
        File("docs/examples/provider-python/statement.py", "statement.py")
    ];
    fn the_guide_on_stores() = "docs/guides/stores.md", [Postgres, Bucket, Written("release.yaml", OPEN)];
    fn the_guide_on_providers() = "docs/guides/write-a-provider.md", [
        GitServer,
        Python,
        File("docs/examples/provider-python/provider.py", "provider.py"),
        File("docs/examples/provider-python/statement.py", "statement.py")
    ];
    fn the_guide_on_scenarios() = "docs/guides/write-a-scenario.md", [];
    fn the_specification_of_attestations() = "docs/spec/attestations.md", [Artifact];
    fn the_specification_of_completeness() = "docs/spec/gates/evidence-completeness.md", [];
    fn the_gate_on_execution_evidence() = "docs/modules/policy/gates/execution-evidence-gate.md", [];
    fn the_gate_on_beacons() = "docs/modules/policy/gates/beacon-rate-gate.md", [];
    fn the_gate_on_vex_trust() = "docs/modules/policy/gates/vex-trust-gate.md", [];
    fn the_specification_of_envelopes() = "docs/spec/dsse.md", [];
    fn the_specification_of_events() = "docs/spec/events.md", [];
    fn the_specification_of_statements() = "docs/spec/evidence-statement.md", [];
    fn the_specification_of_explanations() = "docs/spec/explanation.md", [];
    fn the_specification_of_federation() = "docs/spec/federation.md", [];
    fn the_specification_of_confidence() = "docs/spec/gates/confidence.md", [];
    fn the_specification_of_reachability() = "docs/spec/gates/lattice-state.md", [];
    fn the_specification_of_uncertainty() = "docs/spec/gates/uncertainty-tier.md", [];
    fn the_specification_of_the_ledger() = "docs/spec/ledger.md", [];
    fn the_specification_of_policies() = "docs/spec/policy.md", [];
    fn the_specification_of_release_gates() = "docs/spec/release-gates.md", [
        File("config/policy-gates.yaml.sample", "policy-gates.yaml"),
        Written("strict.yaml", "PolicyGates: { VexTrust: { Enabled: true } }\n")
    ];
    fn the_specification_of_reports() = "docs/spec/reports.md", [];
    fn the_specification_of_runpacks() = "docs/spec/runpack.md", [];
    fn the_specification_of_scenarios() = "docs/spec/scenario.md", [];
    fn the_specification_of_keys() = "docs/spec/signatures.md", [];
    fn the_specification_of_vex_trust() = "docs/spec/vex-trust.md", [];
    fn the_second_verifier() = "docs/verify/README.md", [SecondVerifier, Written("release.yaml", OPEN)];
}
