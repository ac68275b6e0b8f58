//! `docs/reference/config.md` and `schemas/config.schema.json`, from the types that the configuration is read into.

use serde_json::Value;

use crate::page::{code, head, pretty, table, up_to_date};
use crate::shape::Shape;

/// A row of a section: key, what may stand there, default, what it is.
type Row<T = String> = [T; 4];

const HEAD: Row<&str> = ["key", "allowed", "default", "meaning"];
/// Where each provider has its own settings.
const OWN: &str = "providers[].config";
/// Places of reports by kind, all written alike, and the kind of which it is told how.
const SOURCES: &str = "providers[].config.sources.";
const IN_FULL: &str = "tests";
/// Where a release policy may stand; its options have pages and a schema of their own.
const POLICIES: [&str; 2] = ["release.policy", "release.policies[].policy"];

fn page(schema: &Value) -> String {
    let about = "Every key of a configuration file: TOML, YAML or JSON. Layers, lowest first: built-in defaults, the file, \
                 environment variables (`DECISION_GATE_` and the key in capitals, `__` between its parts, such as \
                 `DECISION_GATE_LIMITS__QUERY_TIMEOUT_MS`), flags. Unknown keys are errors. A key without a default may be \
                 left out unless it says *required*. Presets are in `config/presets/`, the schema in \
                 `schemas/config.schema.json`; `decision-gate config show` prints each value with its origin.\n";
    let mut page = head("Configuration", about);
    for section in Shape::of(schema).members() {
        let mut rows = Vec::new();
        collect(section.shape, section.name, &mut rows);
        page.push_str(&format!("\n## {}\n\n{}\n\n", section.name, section.shape.description()));
        page.push_str(&table(HEAD, rows));
        if section.name == "providers" {
            page.push_str(&own_settings(schema));
        }
    }
    page
}

/// The tables of what each provider takes under its own `config`.
fn own_settings(schema: &Value) -> String {
    let mut text = String::new();
    for rule in schema["$defs"]["Provider"]["allOf"].as_array().unwrap() {
        let by = |key: &str| rule["if"]["properties"][key]["const"].as_str();
        // An external server has any name, and says by its type what it is.
        let name = by("name").or_else(|| by("type")).unwrap();
        let mut rows = Vec::new();
        collect(Shape::within(schema, &rule["then"]["properties"]["config"]), OWN, &mut rows);
        text.push_str(&format!("\n### {} of `{name}`\n\n{}", code(OWN), table(HEAD, rows)));
    }
    text
}

/// The rows below a key; of a list those of its elements, of a table with free names those of its entries.
fn collect(shape: Shape<'_>, at: &str, rows: &mut Vec<Row>) {
    let members = shape.members();
    if !members.is_empty() {
        for member in members {
            add(member.shape, &format!("{at}.{}", member.name), member.required, rows);
        }
    } else if let Some(items) = shape.items() {
        let of = format!("{at}[]");
        if items.members().is_empty() {
            rows.push([code(at), shape.words(), shape.default().unwrap_or_default(), shape.description().to_owned()]);
        } else {
            collect(items, &of, rows);
        }
    }
}

fn add(shape: Shape<'_>, key: &str, required: bool, rows: &mut Vec<Row>) {
    let default = if required { "*required*".to_owned() } else { shape.default().unwrap_or_default() };
    let below = rows.len() + 1;
    rows.push([code(key), shape.words(), default, shape.description().to_owned()]);
    match shape.entries() {
        _ if key == OWN || POLICIES.contains(&key) => {}
        _ if key.strip_prefix(SOURCES).is_some_and(|kind| kind != IN_FULL && !kind.contains('.')) => {}
        Some(entry) if shape.members().is_empty() => {
            rows.push([code(&format!("{key}.<name>")), entry.words(), String::new(), entry.description().to_owned()]);
        }
        _ => collect_below(shape, key, below, rows),
    }
}

/// As [`collect`], but a list of plain values has its row already.
fn collect_below(shape: Shape<'_>, key: &str, below: usize, rows: &mut Vec<Row>) {
    collect(shape, key, rows);
    let own = code(key);
    let rest = rows.split_off(below);
    rows.extend(rest.into_iter().filter(|row| row[0] != own));
}

#[test]
fn config_page_is_up_to_date() {
    up_to_date("docs/reference/config.md", &page(&decision_gate_config::schema()));
}

#[test]
fn config_schema_is_up_to_date() {
    up_to_date("schemas/config.schema.json", &pretty(&decision_gate_config::schema()));
}
