//! The generated schema, of one mind with the reader. That the file is the generated one, the suite `reference` says.

use serde_json::Value;

use super::{here, source};
use crate::tree::Tree;
use crate::{Fault, load, read, schema};

#[test]
fn no_format_of_rust_is_left_and_every_setting_is_described() {
    let text = schema().to_string();
    assert!(!text.contains("uint") && !text.contains("int64"));
    let schema = schema();
    let tables = schema["$defs"].as_object().unwrap().iter().filter(|(_, it)| it["properties"].is_object());
    for (name, table) in tables {
        assert_eq!(table["additionalProperties"], Value::Bool(false), "{name}");
        for (key, property) in table["properties"].as_object().unwrap() {
            assert!(property["description"].is_string(), "{name}.{key}");
        }
    }
}

#[test]
fn d20_the_schema_and_the_reader_agree() {
    let validator = jsonschema::validator_for(&schema()).unwrap();
    let (mut taken, mut refused) = (0, 0);
    for folder in std::fs::read_dir(here().join("cases")).unwrap().map(|it| it.unwrap().path()) {
        let extension = ["toml", "yaml", "json"].into_iter().find(|it| folder.join(format!("input.{it}")).exists());
        let Some(file) = extension.map(|it| folder.join(format!("input.{it}"))) else { continue };
        let Ok((parsed, misread)) = read::file(&file) else { continue };
        let instance = plain(parsed.tree);
        match load(&source(Some(file), &[], &[])) {
            Ok(_) => {
                assert!(validator.is_valid(&instance), "{}: {:?}", folder.display(), validator.validate(&instance));
                taken += 1;
            }
            Err(errors) if misread.is_empty() && errors.errors().iter().any(|it| schema_can_say(&it.fault)) => {
                assert!(!validator.is_valid(&instance), "{}", folder.display());
                refused += 1;
            }
            Err(_) => {}
        }
    }
    assert!(taken > 0 && refused > 0);
}

/// Whether a fault is of the kinds that a schema can express.
fn schema_can_say(fault: &Fault) -> bool {
    match fault {
        Fault::UnknownKey { .. } | Fault::Type { .. } | Fault::Choice { .. } | Fault::MissingKey { .. } => true,
        Fault::Range { .. }
        | Fault::Grammar { .. }
        | Fault::MissingOneOf { .. }
        | Fault::Duplicate { .. }
        | Fault::Conflict { .. }
        | Fault::UnknownName { .. }
        | Fault::RelativePath { .. }
        | Fault::Option { .. }
        | Fault::PolicyDigest { .. }
        | Fault::InEvidenceRoot { .. }
        | Fault::File(_) => false,
    }
}

fn plain(tree: Tree) -> Value {
    match tree {
        Tree::Null | Tree::Removed => Value::Null,
        Tree::Bool(value) => value.into(),
        Tree::Integer(number) => i64::try_from(number).map_or_else(|_| Value::from(1e300), Value::from),
        Tree::Float(number) => number.into(),
        Tree::Text(text) => text.into(),
        Tree::List(items) => items.into_iter().map(plain).collect(),
        Tree::Table(entries) => entries.into_iter().map(|(key, value)| (key, plain(value))).collect(),
        Tree::Named(_, inner) => plain(*inner),
    }
}
