//! Every option below, at and above its boundary, missing and malformed.

#[test]
fn every_case_of_lattice_state_comes_out() {
    crate::tests::table("LatticeState", "lattice-state", include_str!("cases.json"));
}
