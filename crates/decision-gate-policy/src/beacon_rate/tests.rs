//! Every option below, at and above its boundary, missing and malformed.

#[test]
fn every_case_of_beacon_rate_comes_out() {
    crate::tests::table("BeaconRate", "beacon-rate", include_str!("cases.json"));
}
