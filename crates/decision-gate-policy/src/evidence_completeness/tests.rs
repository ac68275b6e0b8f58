//! Every option below, at and above its boundary, missing and malformed.

#[test]
fn every_case_of_evidence_completeness_comes_out() {
    crate::tests::table("EvidenceCompleteness", "evidence-completeness", include_str!("cases.json"));
}
