//! Every option below, at and above its boundary, missing and malformed.

#[test]
fn every_case_of_uncertainty_tier_comes_out() {
    crate::tests::table("UncertaintyTier", "uncertainty-tier", include_str!("cases.json"));
}
