use super::*;

#[test]
fn every_form_is_one_that_can_be_read() {
    let filled = [
        ("docs", "decision-gate://docs/glossary.md".to_owned()),
        ("run", "decision-gate://runs/run-1?tenant_id=1&namespace_id=2".to_owned()),
        ("decision", "decision-gate://runs/run-1/decisions/decision-3".to_owned()),
        ("pack", "decision-gate://packs/run-1".to_owned()),
        ("policy", format!("decision-gate://policies/{}", "ab".repeat(32))),
    ];
    assert_eq!(FORMS.iter().map(|form| form.name).collect::<Vec<_>>(), filled.each_ref().map(|(name, _)| *name));
    for (form, (_, address)) in FORMS.iter().zip(&filled) {
        assert!(ResourceUri::parse(address).is_some(), "{address}");
        let fixed = form.uri.split('{').next().unwrap();
        assert!(address.starts_with(fixed), "{address}: {fixed}");
    }
}
