//! Every option below, at and above its boundary, missing and malformed; and the seed's messages.

#[test]
fn every_case_of_execution_evidence_comes_out() {
    crate::tests::table("ExecutionEvidence", "execution-evidence", include_str!("cases.json"));
}
