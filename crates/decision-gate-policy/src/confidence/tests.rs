//! Every option below, at and above its boundary, missing and malformed.

#[test]
fn every_case_of_confidence_comes_out() {
    crate::tests::table("Confidence", "confidence", include_str!("cases.json"));
}
