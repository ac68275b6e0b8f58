//! Every option below, at and above its boundary, missing and malformed.

#[test]
fn every_case_of_beacon_rate_comes_out() {
    crate::tests::table("BeaconRate", "beacon-rate", include_str!("cases.json"));
}

/// The textbook formula in floating point, to compare with.
fn by_formula(verified: u64, expected: u64) -> f64 {
    let float = |count: u64| f64::from(u32::try_from(count).unwrap());
    let (n, z) = (float(expected), 1.959_964_f64);
    let p = float(verified) / n;
    let root = (p * (1.0 - p) / n + z * z / (4.0 * n * n)).sqrt();
    (p + z * z / (2.0 * n) - z * root) / (1.0 + z * z / n)
}

#[test]
fn wilson_s_bound_agrees_with_its_formula_and_is_never_above_the_rate() {
    for (verified, expected) in
        [(0, 1), (1, 1), (10, 10), (95, 100), (47, 50), (800_000, 1_000_000), (3, 4_000_000_000)]
    {
        let bound = super::coverage::wilson(verified, expected);
        assert!(bound <= decision_gate_attest::rate::Rate::of(verified, expected).unwrap(), "{verified} of {expected}");
        let seen = f64::from(bound.billionths()) / 1e9;
        assert!((seen - by_formula(verified, expected)).abs() < 2e-6, "{verified} of {expected}: {seen}");
    }
    let most = (1 << 53) - 1;
    assert!(super::coverage::wilson(most, most).billionths() > 999_999_000);
    assert_eq!(super::coverage::wilson(1, 0).billionths(), 0);
}
