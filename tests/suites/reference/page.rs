//! How a page is written and compared.

use std::fs;

use decision_gate_tests::project_root;
use serde_json::Value;

/// Compares `text` with the file at `path`, or writes it under `DECISION_GATE_UPDATE=1`.
pub(crate) fn up_to_date(path: &str, text: &str) {
    let file = project_root().join(path);
    if updates() {
        fs::create_dir_all(file.parent().unwrap()).unwrap();
        fs::write(&file, text).unwrap();
    }
    let stored = fs::read_to_string(&file).unwrap_or_default();
    assert!(stored == text, "`{path}` is stale: run `make gen`");
}

/// Whether files are written and not only compared.
pub(crate) fn updates() -> bool {
    std::env::var_os("DECISION_GATE_UPDATE").is_some_and(|it| it == "1")
}

/// A schema as it stands in a file.
pub(crate) fn pretty(schema: &Value) -> String {
    format!("{}\n", serde_json::to_string_pretty(schema).unwrap())
}

/// The head of a page: its title, and that it is printed.
pub(crate) fn head(title: &str, about: &str) -> String {
    format!("# {title}\n\n<!-- printed by `make gen` -->\n\n{}\n", about.trim_end())
}

/// A table; `|` and line ends in cells are made harmless.
pub(crate) fn table<const N: usize>(head: [&str; N], rows: impl IntoIterator<Item = [String; N]>) -> String {
    let line = |cells: &[String]| format!("| {} |\n", cells.join(" | "));
    let mut text = line(&head.map(str::to_owned));
    text.push_str(&format!("|{}\n", "---|".repeat(N)));
    for row in rows {
        text.push_str(&line(&row.map(|cell| cell.trim().replace('|', "\\|").replace('\n', " "))));
    }
    text
}

/// The text as code, or nothing for nothing.
pub(crate) fn code(text: &str) -> String {
    if text.is_empty() { String::new() } else { format!("`{text}`") }
}
