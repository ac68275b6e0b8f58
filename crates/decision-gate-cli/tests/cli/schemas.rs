//! `schema`: what is printed is what is published, editors find it, and it is of one mind with who reads the documents.

use std::path::Path;

use serde_json::Value;

use crate::support::{Project, sample};

const NAMES: [&str; 4] = ["config", "scenario", "case", "release-policy"];

fn published(name: &str) -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("../../schemas/{name}.schema.json"))
}

fn printed(project: &Project, name: &str) -> String {
    project.run(&["schema", "print", name]).expect(0).stdout
}

/// The type of a case is the command's own, so its schema is written here.
#[test]
fn case_schema_is_up_to_date() {
    let wanted = printed(&Project::empty(), "case");
    if std::env::var_os("DECISION_GATE_UPDATE").is_some_and(|it| it == "1") {
        std::fs::write(published("case"), &wanted).unwrap();
    }
    let stored = std::fs::read_to_string(published("case")).unwrap_or_default();
    assert!(stored == wanted, "`schemas/case.schema.json` is stale: run `make gen`");
}

#[test]
fn what_is_printed_is_what_is_published_under_a_name_that_is_no_address() {
    let project = Project::empty();
    project.run(&["schema", "write", "schemas"]).expect(0);
    for name in NAMES {
        let text = printed(&project, name);
        assert!(text == std::fs::read_to_string(published(name)).unwrap(), "{name}");
        assert_eq!(text, project.read(&format!("schemas/{name}.schema.json")));
        let schema: Value = serde_json::from_str(&text).unwrap();
        assert_eq!(schema["$id"], format!("urn:decision-gate:schema:{name}:v1"));
        assert_eq!(schema["$schema"], "https://json-schema.org/draft/2020-12/schema");
        assert!(jsonschema::draft202012::meta::is_valid(&schema), "{name}");
        // An editor that follows references stays within the file.
        let references = text.split("\"$ref\": \"").skip(1).all(|rest| rest.starts_with("#/$defs/"));
        assert!(references, "{name}");
    }
    assert_eq!(printed(&project, "config"), project.run(&["config", "schema"]).expect(0).stdout);
    project.run(&["schema", "print", "verdict"]).expect(2);
}

/// The schema that a file names for editors, from the file's own folder.
fn named(project: &Project, file: &str, mark: &str) -> Value {
    let text = project.read(file);
    let path = text.lines().find_map(|line| line.strip_prefix(mark)).unwrap_or_else(|| panic!("{file}:\n{text}"));
    assert!(Path::new(path).is_relative() && !path.contains(':'), "{path}");
    let schema = project.folder().join(file).parent().unwrap().join(path);
    serde_json::from_slice(&std::fs::read(&schema).unwrap_or_else(|_| panic!("{}", schema.display()))).unwrap()
}

fn document(project: &Project, file: &str) -> Value {
    decision_gate_config::document(&project.folder().join(file)).unwrap().value().clone()
}

#[test]
fn what_init_writes_names_its_schemas_and_fits_them() {
    let with_reports = Project::empty();
    with_reports.write("reports/junit.xml", "<testsuite name=\"a\"><testcase name=\"b\"/></testsuite>");
    with_reports.run(&["init"]).expect(0);
    for project in [Project::fresh(), with_reports] {
        for (file, mark) in [
            (".decision-gate/config.toml", "#:schema "),
            (".decision-gate/scenarios/release.yaml", "# yaml-language-server: $schema="),
        ] {
            let validator = jsonschema::validator_for(&named(&project, file, mark)).unwrap();
            let document = document(&project, file);
            assert!(validator.is_valid(&document), "{file}: {:?}", validator.validate(&document));
        }
        // What an older version wrote is written anew.
        project.write(".decision-gate/schemas/scenario.schema.json", "{}");
        project.run(&["schema", "write"]).expect(0);
        assert_eq!(project.read(".decision-gate/schemas/scenario.schema.json"), printed(&project, "scenario"));
    }
}

/// Cases of the sample scenario: what is said, and whether it is a case.
const CASES: &[(&str, bool)] = &[
    ("expect: hold", true),
    ("why: nothing is known\nexpect: hold\ngates: { tests: Unknown }", true),
    ("expect: hold\nlane: asserted\nevidence: { no_test_failed: 1 }\ngates: { tests: False, coverage: Unknown }", true),
    ("expect: hold\ngates: { tests: false }\nstage: release\ntime: 2026-11-22T00:00:00Z", true),
    ("expect: hold\nstage: null\ntime: null", true),
    ("why: no expectation", false),
    ("expect: pass", false),
    ("expect: hold\nexpects: hold", false),
    ("expect: hold\nlane: believed", false),
    ("expect: hold\ngates: { tests: Maybe }", false),
    ("expect: hold\ngates: [tests]", false),
    ("expect: hold\nevidence: [1]", false),
    ("expect: hold\ntime: 7", false),
    ("expect: hold\nwhy: [a, b]", false),
];

#[test]
fn the_reader_of_cases_and_their_schema_are_of_one_mind() {
    let project = Project::fresh();
    let validator = jsonschema::validator_for(&serde_json::from_str(&printed(&project, "case")).unwrap()).unwrap();
    for (index, (text, is_case)) in CASES.iter().enumerate() {
        let yaml = format!("case-{index}.yaml");
        project.write(&yaml, text);
        let document = document(&project, &yaml);
        let json = format!("case-{index}.json");
        project.write(&json, &document.to_string());
        for file in [yaml, json] {
            let done = project.run(&["scenario", "test", "release", "--cases", &file]);
            // 1 is a case that comes out otherwise, which is one.
            assert_eq!(done.code < Some(2), *is_case, "{text}: {}{}", done.stdout, done.stderr);
        }
        assert_eq!(validator.is_valid(&document), *is_case, "{text}: {:?}", validator.validate(&document));
    }
}

#[test]
fn the_samples_of_configurations_fit_the_schema() {
    let project = Project::empty();
    let validator = jsonschema::validator_for(&serde_json::from_str(&printed(&project, "config")).unwrap()).unwrap();
    for name in ["samples/every-key.toml", "presets/local.toml", "presets/ci.toml", "presets/hardened.toml"] {
        project.write("sample.toml", &sample(&format!("../{name}")));
        let document = document(&project, "sample.toml");
        assert!(validator.is_valid(&document), "{name}: {:?}", validator.validate(&document));
    }
}
