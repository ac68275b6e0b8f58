//! Names that point at things outside the configuration: providers, anchors and tools.

use std::path::Path;

use decision_gate_core::name::ProviderId;

use super::{load_text, outcome};
use crate::sections::anchors::KnownAnchor;

fn known() -> Vec<KnownAnchor> {
    let anchor = |provider: &str, anchor_type: &str, fields: &[&str]| KnownAnchor {
        provider: ProviderId::try_from(provider).unwrap(),
        anchor_type: anchor_type.to_owned(),
        fields: fields.iter().map(|field| (*field).to_owned()).collect(),
    };
    vec![anchor("json", "file_path_rooted", &["path", "root_id"]), anchor("time", "evaluation_time", &["at"])]
}

/// One anchor setting, checked against what there is.
fn check(provider: &str, anchor_type: &str, field: &str) -> String {
    let text = format!(
        "[[anchors.providers]]\nprovider_id = \"{provider}\"\nanchor_type = \"{anchor_type}\"\nrequired_fields = [\"{field}\"]\n"
    );
    let loaded = load_text("gate.toml", &text, &[], &[]).unwrap();
    let folder = loaded.path().and_then(Path::parent).unwrap().to_owned();
    match loaded.check_anchors(&known()) {
        Ok(()) => "met".to_owned(),
        Err(errors) => outcome(&Err(errors), &folder),
    }
}

#[test]
fn d14_a_policy_that_nothing_can_meet_fails_at_load() {
    let says = [
        check("json", "file_path_rooted", "path"),
        check("jsn", "file_path_rooted", "path"),
        check("json", "file_path", "path"),
        check("json", "file_path_rooted", "pth"),
    ];
    insta::assert_snapshot!(says.join("\n"), @r"
    met
    gate.toml:2:15: anchors.providers[0].provider_id: no provider with anchors is named `jsn` (did you mean `json`? known: `json`, `time`)
    gate.toml:3:15: anchors.providers[0].anchor_type: no anchor type is named `file_path` (did you mean `file_path_rooted`? known: `file_path_rooted`)
    gate.toml:4:19: anchors.providers[0].required_fields: no anchor field is named `pth` (did you mean `path`? known: `path`, `root_id`)
    ");
}

#[test]
fn the_policy_is_the_one_that_evidence_is_judged_by() {
    let text =
        "[[anchors.providers]]\nprovider_id = \"json\"\nanchor_type = \"t\"\nrequired_fields = [\"b\", \"a\", \"b\"]\n";
    let policy = load_text("gate.toml", text, &[], &[]).unwrap().config().anchors.policy();
    let provider = ProviderId::try_from("json").unwrap();
    let requirement = policy.requirement(&provider).unwrap();
    assert_eq!(
        (requirement.anchor_type.as_str(), requirement.required_fields.as_slice()),
        ("t", &["a".to_owned(), "b".to_owned()][..])
    );
}

#[test]
fn a_tool_that_there_is_not_is_an_error_where_it_was_written() {
    let variables = [("DECISION_GATE_SERVER__TOOLS__DENY", r#"["scenario_defin"]"#)];
    let loaded = load_text("gate.toml", "[server.tools]\nallow = [\"precheck\"]\n", &variables, &[]).unwrap();
    let errors = loaded.check_tools(&["precheck", "scenario_define"]).unwrap_err();
    insta::assert_snapshot!(errors, @"DECISION_GATE_SERVER__TOOLS__DENY: server.tools.deny[0]: no tool is named `scenario_defin` (did you mean `scenario_define`? known: `precheck`, `scenario_define`)");
    assert!(loaded.check_tools(&["precheck", "scenario_defin"]).is_ok());
}

#[test]
fn every_kind_of_report_may_have_a_source() {
    use decision_gate_attest::reports::Kind;

    let schema = crate::schema();
    let properties = schema["$defs"]["ReportSources"]["properties"].as_object().unwrap();
    for kind in Kind::ALL {
        assert!(properties.contains_key(kind.word()), "{}", kind.word());
    }
    assert_eq!(properties.len(), Kind::ALL.len());
}
