use std::sync::atomic::{AtomicUsize, Ordering};

use rmcp::model::{CallToolResult, JsonObject};
use serde_json::{Value, json};

use super::*;
use crate::tools::{self, CallContext, Hints};

/// A tool that counts how often its schema is made.
struct Counted {
    card: Card,
    made: AtomicUsize,
}

impl AnyTool<()> for Counted {
    fn card(&self) -> Card {
        self.card
    }

    fn input_schema(&self) -> JsonObject {
        self.made.fetch_add(1, Ordering::SeqCst);
        JsonObject::new()
    }

    fn output_schema(&self) -> JsonObject {
        JsonObject::new()
    }

    fn call<'a>(
        &'a self,
        _context: &'a CallContext<()>,
        _arguments: JsonObject,
    ) -> std::pin::Pin<Box<dyn Future<Output = CallToolResult> + Send + 'a>> {
        Box::pin(async { CallToolResult::success(Vec::new()) })
    }
}

const CARD: Card = Card {
    name: "counted",
    title: "Counted",
    description: "Count.",
    hints: Hints::APPENDS.open_world(),
    profiles: &[Profile::Ci],
};

#[test]
fn d38_the_tool_list_is_made_once_and_not_at_the_start() {
    static COUNTED: Counted = Counted { card: CARD, made: AtomicUsize::new(0) };
    static TABLE: Table<()> = &[&COUNTED];
    let catalog = Catalog::new(TABLE, "", &Visibility { profile: Profile::Ci, ..Visibility::default() }).unwrap();
    assert_eq!(COUNTED.made.load(Ordering::SeqCst), 0);
    assert_eq!(catalog.texts().len(), 1);
    assert_eq!(catalog.texts().len(), 1);
    assert_eq!(COUNTED.made.load(Ordering::SeqCst), 1);
}

#[test]
fn what_the_build_has_ready_is_not_made_again() {
    static COUNTED: Counted = Counted { card: CARD, made: AtomicUsize::new(0) };
    static TABLE: Table<()> = &[&COUNTED];
    const READY: &str = "{\"name\":\"counted_not\"}\n{\"name\":\"counted\",\"title\":\"ready\"}\n";
    let catalog = Catalog::new(TABLE, READY, &Visibility { profile: Profile::Ci, ..Visibility::default() }).unwrap();
    assert_eq!(catalog.texts(), [r#"{"name":"counted","title":"ready"}"#]);
    assert_eq!(COUNTED.made.load(Ordering::SeqCst), 0);
}

/// The lines that the product is built with are those that its types make.
#[test]
fn the_tool_list_is_up_to_date() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/src/catalog/listed.jsonl");
    let everything = Visibility { profile: Profile::Full, ..Visibility::default() };
    let made = Catalog::new(tools::ALL, "", &everything).unwrap();
    let wanted = made.texts().join("\n") + "\n";
    if std::env::var_os("DECISION_GATE_UPDATE").is_some_and(|it| it == "1") {
        std::fs::write(path, &wanted).unwrap();
    }
    let stored = std::fs::read_to_string(path).unwrap();
    assert!(stored == wanted, "`catalog/listed.jsonl` is stale: run `make gen`");
    let lines = stored.lines().zip(made.tools.keys());
    assert!(lines.clone().count() == tools::ALL.len() && lines.into_iter().all(|(line, name)| is_of(line, name)));
}

#[test]
fn a_listed_tool_says_its_title_twice_and_all_four_hints() {
    static COUNTED: Counted = Counted { card: CARD, made: AtomicUsize::new(0) };
    insta::assert_json_snapshot!(describe(&COUNTED));
}

/// What every tool of the product must keep, whoever wrote it.
#[test]
fn the_tools_of_the_product_are_well_formed() {
    for tool in tools::ALL {
        let card = tool.card();
        let name = card.name;
        let snake = name.chars().all(|it| it.is_ascii_lowercase() || it.is_ascii_digit() || it == '_');
        assert!(snake && (1..=40).contains(&name.len()), "{name}");
        assert!(card.profiles.contains(&Profile::Full), "{name} is not in the profile that has everything");
        assert!(!card.hints.read_only || !card.hints.destructive, "{name} can't be both");
        let (input, output) = (tool.input_schema(), tool.output_schema());
        assert_eq!(input.get("additionalProperties"), Some(&json!(false)), "{name}: deny_unknown_fields is missing");
        for schema in [input, allow_error_form(output)] {
            assert_eq!(schema.get("type"), Some(&json!("object")), "{name}");
            for combinator in ["oneOf", "anyOf", "allOf", "not", "enum", "$schema", "title"] {
                assert!(!schema.contains_key(combinator), "{name} has {combinator} at its root");
            }
            let schema = Value::Object(schema);
            jsonschema::validator_for(&schema).unwrap_or_else(|error| panic!("{name}: {error}"));
            assert!(!schema.to_string().contains(r#""format":"uint"#), "{name}");
        }
        let error = tools::ToolError::internal().with("path", "x").to_value();
        assert!(jsonschema::is_valid(&Value::Object(allow_error_form(tool.output_schema())), &error), "{name}");
    }
    let names: std::collections::BTreeSet<_> = tools::ALL.iter().map(|tool| tool.card().name).collect();
    assert_eq!(names.len(), tools::ALL.len(), "two tools have one name");
}
