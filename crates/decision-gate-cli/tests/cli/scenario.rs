//! `scenario`: short forms expand to what is hashed, findings name their place, and cases say where they differ.

use crate::support::Project;

const SHIP: &str = r#"scenario_id: ship
stages:
  - stage_id: ship
    gates:
      - { gate_id: quality, requirement: { And: [no_failures, covered] } }
conditions:
  no_failures: "json.path(root: reports, file: tests.json, jsonpath: $.failed) == 0"
  covered: "json.path(root: reports, file: tests.json, jsonpath: $.coverage) >= 80"
"#;

const LONG: &str = r"scenario_id: ship
stages:
  - stage_id: ship
    gates:
      - { gate_id: quality, requirement: { And: [no_failures, covered] } }
conditions:
  - condition_id: covered
    query: { provider_id: json, check_id: path, params: { root: reports, file: tests.json, jsonpath: $.coverage } }
    comparator: greater_than_or_equal
    expected: 80
  - condition_id: no_failures
    query: { provider_id: json, check_id: path, params: { root: reports, file: tests.json, jsonpath: $.failed } }
    comparator: equals
    expected: 0
";

fn project(scenario: &str) -> Project {
    let project = Project::fresh();
    project.write("ship.yaml", scenario);
    project
}

#[test]
fn one_line_and_long_form_are_the_same_scenario() {
    let expanded =
        |text: &str| project(text).run(&["scenario", "expand", "ship.yaml", "--format", "json"]).expect(0).json();
    let (short, long) = (expanded(SHIP), expanded(LONG));
    assert_eq!(short, long);
    let again = project(&short["scenario"].to_string());
    assert_eq!(again.run(&["scenario", "expand", "ship.yaml", "--format", "json"]).expect(0).json(), short);
}

#[test]
fn a_line_that_does_not_read_is_named_with_its_place() {
    let project = project(&SHIP.replace("== 0", "= 0"));
    let done = project.run(&["scenario", "lint", "ship.yaml"]).expect(2);
    assert!(
        done.stderr
            .contains("ship.yaml:7:3: /conditions/no_failures: character 64: `=` does not compare; did you mean `==`?"),
        "{}",
        done.stderr
    );
    let unknown = self::project(&SHIP.replace("no_failures: \"json.path", "no_failures: \"json.paths"));
    let done = unknown.run(&["scenario", "lint", "ship.yaml"]).expect(2);
    assert!(done.stderr.contains("ship.yaml:7:3"), "{}", done.stderr);
}

#[test]
fn findings_name_their_place_and_end_with_1() {
    project(SHIP).run(&["scenario", "lint", "ship.yaml"]).expect(0);
    let contradiction = SHIP.replace("[no_failures, covered]", "[no_failures, { Not: no_failures }]");
    let project = project(&contradiction);
    insta::assert_snapshot!("findings", project.run(&["scenario", "lint", "ship.yaml"]).expect(1).transcript());
    let found = project.run(&["scenario", "lint", "ship.yaml", "--format", "json"]).expect(1).json();
    let codes: Vec<_> = found["findings"].as_array().unwrap().iter().map(|it| it["code"].as_str().unwrap()).collect();
    assert_eq!(codes, ["condition_unused", "gate_never_true"]);
}

#[test]
fn what_a_provider_can_not_reach_is_found() {
    let project = project(SHIP);
    let lax = ["scenario", "lint", "ship.yaml", "--set", "trust.trust_requirement=verified"];
    project.run(&lax).expect(0);
    let env = SHIP.replace("json.path(root: reports, file: tests.json, jsonpath: $.coverage) >= 80", "time.now > 0");
    self::project(&env).run(&["scenario", "lint", "ship.yaml"]).expect(0);
}

#[test]
fn cases_say_where_they_differ() {
    let project = project(SHIP);
    project.write("cases/good.yaml", "evidence: { no_failures: 0, covered: 80 }\nexpect: complete\n");
    let line = ["scenario", "test", "ship.yaml", "--cases", "cases"];
    project.run(&line).expect(0);
    project.write(
        "cases/wrong.yaml",
        "why: not so\nevidence: { no_failures: 1 }\nexpect: advance\ngates: { quality: Unknown }\n",
    );
    project.write(
        "cases/asserted.toml",
        "expect = \"hold\"\nlane = \"asserted\"\n[evidence]\nno_failures = 0\ncovered = 80\n",
    );
    insta::assert_snapshot!("cases_differ", project.run(&line).expect(1).transcript());
    for (text, says) in [
        ("expect: hold\nevidence: { coverd: 1 }\n", "the scenario has no condition `coverd`"),
        ("expect: hold\nstage: shop\n", "the scenario has no stage `shop`"),
        ("expect: hold\ngates: { quantity: True }\n", "the scenario has no gate `quantity`"),
        ("expect: maybe\n", "unknown variant `maybe`"),
        ("expect: hold\ntime: yesterday\n", "`yesterday` is no time of RFC 3339"),
    ] {
        project.write("case.yaml", text);
        let done = project.run(&["scenario", "test", "ship.yaml", "--cases", "case.yaml"]).expect(2);
        assert!(done.stderr.contains("case.yaml:") && done.stderr.contains(says), "{text}: {}", done.stderr);
    }
    project.run(&["scenario", "test", "ship.yaml", "--cases", "reports"]).expect(2);
}
