//! Which pages are built in, printed by `make gen`.

use super::Page;

macro_rules! page {
    ($path:literal) => {
        Page { path: $path, text: include_str!(concat!("../../../../docs/", $path)) }
    };
}

/// By path.
pub(super) static PAGES: &[Page] = &[
    page!("ARCHITECTURE.md"),
    page!("README.md"),
    page!("architecture/evidence-trust-anchor.md"),
    page!("ci/README.md"),
    page!("comparison.md"),
    page!("contracts/beacon-attestation-v1.md"),
    page!("contracts/execution-evidence-v1.md"),
    page!("examples/provider-python/README.md"),
    page!("glossary.md"),
    page!("guides/audit-a-ledger.md"),
    page!("guides/backtest-a-policy.md"),
    page!("guides/gate-in-ci.md"),
    page!("guides/gate-on-ci-reports.md"),
    page!("guides/keys.md"),
    page!("guides/make-beacon-attestation.md"),
    page!("guides/make-execution-evidence.md"),
    page!("guides/mcp-clients.md"),
    page!("guides/read-a-report.md"),
    page!("guides/roll-out-vex-trust.md"),
    page!("guides/rotate-keys.md"),
    page!("guides/stores.md"),
    page!("guides/troubleshoot-release-gates.md"),
    page!("guides/when-a-store-fails.md"),
    page!("guides/write-a-provider.md"),
    page!("guides/write-a-scenario.md"),
    page!("modules/policy/gates/beacon-rate-gate.md"),
    page!("modules/policy/gates/execution-evidence-gate.md"),
    page!("modules/policy/gates/vex-trust-gate.md"),
    page!("reference/codes.md"),
    page!("reference/comparators.md"),
    page!("reference/config.md"),
    page!("reference/providers.md"),
    page!("reference/tools.md"),
    page!("spec/attestations.md"),
    page!("spec/dsse.md"),
    page!("spec/events.md"),
    page!("spec/evidence-statement.md"),
    page!("spec/explanation.md"),
    page!("spec/federation.md"),
    page!("spec/gates/confidence.md"),
    page!("spec/gates/evidence-completeness.md"),
    page!("spec/gates/lattice-state.md"),
    page!("spec/gates/uncertainty-tier.md"),
    page!("spec/ledger.md"),
    page!("spec/policy.md"),
    page!("spec/release-gates.md"),
    page!("spec/reports.md"),
    page!("spec/runpack.md"),
    page!("spec/scenario.md"),
    page!("spec/signatures.md"),
    page!("spec/vex-trust.md"),
    page!("threats.md"),
    page!("tutorial.md"),
    page!("verify/README.md"),
];
