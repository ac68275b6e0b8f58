//! `docs/reference/tools.md` and `schemas/tools/`, from the tool table.

use std::collections::BTreeSet;

use decision_gate_mcp::tools::{ALL, AnyTool, Card};
use decision_gate_mcp::{ModelCost, Visibility};
use decision_gate_tests::project_root;
use serde_json::Value;

use crate::page::{code, head, pretty, table, up_to_date, updates};
use crate::shape::Shape;

fn sorted() -> Vec<&'static dyn AnyTool> {
    let mut tools = ALL.to_vec();
    tools.sort_by_key(|tool| tool.card().name);
    tools
}

fn page() -> String {
    let about = "The tools of the MCP server. `tools/list` shows those of the profile in force (`--profile` or \
                 `server.profile`); `server.tools.allow` and `server.tools.deny` add and remove single ones. Arguments and \
                 answers have their schemas in `schemas/tools/`. What a caller can mend comes back as a result with \
                 `isError` and `{code, message, hint, details}`; the codes are in [codes.md](codes.md).\n";
    let costs =
        ModelCost::of(ALL, &Visibility { profile: decision_gate_mcp::tools::Profile::Full, ..Visibility::default() });
    let costs = costs.unwrap();
    let tokens = |name: &str| costs.iter().find(|it| it.name == name).map_or(0, ModelCost::tokens);
    let rows = sorted().into_iter().map(|tool| {
        let card = tool.card();
        [format!("[{0}](#{0})", card.name), card.title.to_owned(), profiles(&card), tokens(card.name).to_string()]
    });
    let mut page = head("Tools", about) + "\n" + &table(["tool", "title", "profiles", "tokens"], rows);
    for tool in sorted() {
        page.push_str(&section(tool));
    }
    page
}

fn profiles(card: &Card) -> String {
    card.profiles.iter().map(|it| it.word()).collect::<Vec<_>>().join(", ")
}

fn section(tool: &dyn AnyTool) -> String {
    let card = tool.card();
    let hints = [
        (card.hints.read_only, "changes nothing", "adds to the ledger or to a file"),
        (card.hints.destructive, "may take away or overwrite", "takes nothing away"),
        (card.hints.idempotent, "twice is as once", "each call counts"),
        (card.hints.open_world, "may reach other systems", "reaches nothing else"),
    ];
    let hints = hints.map(|(holds, yes, no)| if holds { yes } else { no }).join(", ");
    let schema = Value::Object(tool.input_schema());
    let members = Shape::of(&schema).members();
    let arguments = if members.is_empty() {
        "No arguments.\n".to_owned()
    } else {
        let rows = members.iter().map(|it| {
            let needed = if it.required { "yes" } else { "" };
            [code(it.name), it.shape.words(), needed.to_owned(), it.shape.description().to_owned()]
        });
        table(["argument", "allowed", "required", "meaning"], rows)
    };
    format!("\n## {}\n\n{}\n\nHints: {hints}.\n\n{arguments}", card.name, card.description)
}

#[test]
fn tools_page_is_up_to_date() {
    up_to_date("docs/reference/tools.md", &page());
}

#[test]
fn tool_schemas_are_up_to_date() {
    let folder = "schemas/tools";
    let mut wanted = BTreeSet::new();
    for tool in ALL {
        for (kind, schema) in [("input", tool.input_schema()), ("output", tool.output_schema())] {
            let name = format!("{}.{kind}.json", tool.card().name);
            up_to_date(&format!("{folder}/{name}"), &pretty(&Value::Object(schema)));
            wanted.insert(name);
        }
    }
    for entry in std::fs::read_dir(project_root().join(folder)).unwrap() {
        let entry = entry.unwrap();
        let name = entry.file_name().into_string().unwrap();
        if !wanted.contains(&name) && updates() {
            std::fs::remove_file(entry.path()).unwrap();
        } else {
            assert!(wanted.contains(&name), "`{folder}/{name}` is of no tool: run `make gen`");
        }
    }
}
