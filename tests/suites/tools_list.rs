//! `tools/list` of the built binary: what each profile shows, what it costs a model, and the forms that hosts and
//! model APIs accept.

#![cfg(test)]

use decision_gate_tests::wire::Era;
use decision_gate_tests::{Fault, Launch, Server, Workspace};
use serde_json::{Value, json};

const PROFILES: [&str; 3] = ["agent", "ci", "full"];

/// What a profile's list stays under, in tokens at four bytes each of name, description and input schema: what hosts hand to
/// a model. Tokenizers in use count less: `o200k_base` 0.89 and `cl100k_base` 0.85 of it.
const BUDGETS: [(&str, usize); 2] = [("agent", 2_500), ("full", 6_000)];

fn start(workspace: &Workspace, profile: &str, era: Era) -> Result<Server, Fault> {
    let mut server = Launch::serve(&workspace.config())?.arg("--profile").arg(profile).spawn(era)?;
    server.open()?;
    Ok(server)
}

fn listed(profile: &str, era: Era) -> Result<Value, Fault> {
    let workspace = Workspace::new()?;
    start(&workspace, profile, era)?.result("tools/list", json!({}))
}

fn tools(profile: &str) -> Result<Vec<Value>, Fault> {
    let list = listed(profile, Era::Legacy)?;
    Ok(list["tools"].as_array().unwrap().clone())
}

fn text<'a>(tool: &'a Value, key: &str) -> &'a str {
    tool[key].as_str().unwrap_or_else(|| panic!("no {key}: {tool}"))
}

/// What a model pays for a tool.
fn bytes(tool: &Value) -> usize {
    text(tool, "name").len() + text(tool, "description").len() + tool["inputSchema"].to_string().len()
}

fn hints(tool: &Value) -> String {
    let said = |key: &str| tool["annotations"][key].as_bool().unwrap_or_else(|| panic!("no {key}: {tool}"));
    [
        ("readOnlyHint", "reads"),
        ("destructiveHint", "destroys"),
        ("idempotentHint", "idempotent"),
        ("openWorldHint", "open world"),
    ]
    .iter()
    .map(|(key, word)| if said(key) { (*word).to_owned() } else { format!("not {word}") })
    .collect::<Vec<_>>()
    .join(", ")
}

#[test]
fn what_each_profile_shows() -> Result<(), Fault> {
    for profile in PROFILES {
        let tools = tools(profile)?;
        let total: usize = tools.iter().map(bytes).sum();
        let mut page = format!("{} tools, {} tokens\n", tools.len(), total.div_ceil(4));
        for tool in &tools {
            let (name, title) = (text(tool, "name"), text(tool, "title"));
            let tokens = bytes(tool).div_ceil(4);
            page.push_str(&format!(
                "\n{name} ({title}; {tokens} tokens; {})\n  {}\n",
                hints(tool),
                text(tool, "description")
            ));
        }
        insta::assert_snapshot!(profile, page);
    }
    Ok(())
}

#[test]
fn the_lists_cost_no_more_than_their_budgets() -> Result<(), Fault> {
    for (profile, budget) in BUDGETS {
        let tools = tools(profile)?;
        let tokens = tools.iter().map(bytes).sum::<usize>().div_ceil(4);
        assert!(tokens < budget, "{profile}: {tokens} tokens of {budget}");
    }
    assert!(tools("agent")?.len() <= 15);
    Ok(())
}

#[test]
fn every_tool_has_its_title_twice_and_all_four_hints() -> Result<(), Fault> {
    for tool in tools("full")? {
        assert_eq!(tool["title"], tool["annotations"]["title"], "{tool}");
        assert!(!text(&tool, "title").is_empty() && !text(&tool, "description").is_empty(), "{tool}");
        // Panics when one is left out: the protocol's defaults are the worst case.
        hints(&tool);
        let name = text(&tool, "name");
        assert!(name.len() <= 40 && name.bytes().all(|it| it.is_ascii_lowercase() || it == b'_'), "{name}");
    }
    Ok(())
}

/// Visits a schema with all that is in it.
fn walk(schema: &Value, visit: &mut dyn FnMut(&serde_json::Map<String, Value>)) {
    match schema {
        Value::Object(members) => {
            visit(members);
            members.values().for_each(|member| walk(member, visit));
        }
        Value::Array(items) => items.iter().for_each(|item| walk(item, visit)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

#[test]
fn the_schemas_have_the_form_that_hosts_accept() -> Result<(), Fault> {
    for tool in tools("full")? {
        let name = text(&tool, "name");
        for key in ["inputSchema", "outputSchema"] {
            let schema = &tool[key];
            assert_eq!(schema["type"], "object", "{name} {key}");
            for combinator in ["oneOf", "anyOf", "allOf", "not", "if", "enum", "const", "$ref"] {
                assert_eq!(schema.get(combinator), None, "{name} {key} has {combinator} at its root");
            }
            let compiled = jsonschema::draft202012::options().build(schema);
            assert!(compiled.is_ok(), "{name} {key}: {compiled:?}");
            assert!(jsonschema::draft202012::meta::is_valid(schema), "{name} {key} is no schema of 2020-12");
            walk(schema, &mut |members| {
                assert!(!members.contains_key("$schema"), "{name} {key}: $schema");
                let format = members.get("format").and_then(Value::as_str).unwrap_or_default();
                let own = ["uint", "int", "float", "double"].iter().any(|it| format.starts_with(it));
                assert!(!own, "{name} {key}: format {format}");
                let reference = members.get("$ref").and_then(Value::as_str).unwrap_or("#/");
                assert!(reference.starts_with("#/"), "{name} {key}: {reference}");
            });
        }
        assert_eq!(tool["inputSchema"]["additionalProperties"], false, "{name}");
    }
    Ok(())
}

#[test]
fn the_list_is_the_same_in_every_process_and_era() -> Result<(), Fault> {
    for profile in PROFILES {
        let first = listed(profile, Era::Legacy)?;
        assert_eq!(first["tools"].to_string(), listed(profile, Era::Legacy)?["tools"].to_string(), "{profile}");
        let modern = listed(profile, Era::Modern)?;
        assert_eq!(first["tools"].to_string(), modern["tools"].to_string(), "{profile}");
        assert!(modern["ttlMs"].as_u64().is_some_and(|it| it > 0), "{profile}: {}", modern["ttlMs"]);
        assert_eq!(modern["cacheScope"], "private", "{profile}");
        assert_eq!(modern["resultType"], "complete", "{profile}");
        let names: Vec<&str> = modern["tools"].as_array().unwrap().iter().map(|it| text(it, "name")).collect();
        assert!(names.is_sorted(), "{names:?}");
    }
    Ok(())
}

#[test]
fn the_configuration_allows_and_denies_tools() -> Result<(), Fault> {
    let workspace = Workspace::new()?;
    let sets = ["server.profile=agent", "server.tools.allow=[\"scenario_define\"]", "server.tools.deny=[\"precheck\"]"];
    let launch = sets.iter().fold(Launch::serve(&workspace.config())?, |launch, set| launch.arg("--set").arg(*set));
    let mut server = launch.spawn(Era::Legacy)?;
    server.open()?;
    let list = server.result("tools/list", json!({}))?.to_string();
    assert!(list.contains("\"scenario_define\""), "{list}");
    let denied = server.request("tools/call", json!({"name": "precheck", "arguments": {"payload": {}}}))?;
    assert_eq!(denied.pointer("/error/data/code"), Some(&json!("tool_not_found")), "{denied}");
    Ok(())
}
