//! Puts a table into TOML that people wrote: every other line stays.

use toml::{Table, Value};

/// The tables of a TOML text.
pub(super) fn read(text: &str) -> Result<Table, String> {
    text.parse::<Table>().map_err(|error| error.message().to_owned())
}

/// The text with the table `key.name`. Nothing where that can't be done without touching the rest.
pub(super) fn with(text: &str, key: &str, name: &str, entry: &Table) -> Result<Option<String>, String> {
    let mut wanted = read(text)?;
    let servers = wanted.entry(key).or_insert_with(|| Value::Table(Table::new()));
    let Value::Table(servers) = servers else { return Err(format!("`{key}` is no table")) };
    servers.insert(name.to_owned(), Value::Table(entry.clone()));
    let written = format!("{}{}", kept(text, key, name), table(key, name, entry));
    Ok(Some(written).filter(|written| read(written).is_ok_and(|after| after == wanted)))
}

/// The table as text.
pub(super) fn table(key: &str, name: &str, entry: &Table) -> String {
    let mut text = format!("[{key}.{name}]\n");
    for (name, value) in entry {
        text.push_str(&format!("{name} = {value}\n"));
    }
    text
}

/// The lines without those of the table that is there, with an empty line at the end.
fn kept(text: &str, key: &str, name: &str) -> String {
    let own = format!("[{key}.{name}]");
    let below = format!("[{key}.{name}.");
    let mut skipping = false;
    let mut kept = String::new();
    for line in text.split_inclusive('\n') {
        let header = line.trim_start().starts_with('[').then(|| line.split_whitespace().collect::<String>());
        if let Some(header) = header {
            let header = header.replace('"', "");
            skipping = header.starts_with(&own) || header.starts_with(&below);
        }
        if !skipping {
            kept.push_str(line);
        }
    }
    let kept = kept.trim_end();
    if kept.is_empty() { String::new() } else { format!("{kept}\n\n") }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry() -> Table {
        Table::from_iter([
            ("command".to_owned(), Value::from("/bin/gate")),
            ("args".to_owned(), Value::from(vec!["serve"])),
        ])
    }

    fn put(text: &str) -> String {
        with(text, "mcp_servers", "decision-gate", &entry()).unwrap().unwrap()
    }

    #[test]
    fn everything_else_stays_as_it_is_written() {
        let old = "# mine\nmodel = \"x\" # kept\n\n[mcp_servers.decision-gate]\ncommand = \"old\"\n\n\
                   [mcp_servers.\"decision-gate\".env]\nA = \"1\"\n\n[mcp_servers.other]\ncommand = \"y\"\n";
        insta::assert_snapshot!(put(old), @r#"
        # mine
        model = "x" # kept

        [mcp_servers.other]
        command = "y"

        [mcp_servers.decision-gate]
        args = ["serve"]
        command = "/bin/gate"
        "#);
        assert_eq!(put(&put(old)), put(old));
        assert_eq!(put(&put("")), put(""));
    }

    #[test]
    fn what_can_not_be_told_apart_is_left_alone() {
        let inline = "mcp_servers = { decision-gate = { command = \"x\" } }\n";
        assert_eq!(with(inline, "mcp_servers", "decision-gate", &entry()), Ok(None));
        let dotted = "[mcp_servers]\ndecision-gate.command = \"x\"\n";
        assert_eq!(with(dotted, "mcp_servers", "decision-gate", &entry()), Ok(None));
        assert!(with("a = ", "mcp_servers", "decision-gate", &entry()).is_err());
        assert!(with("mcp_servers = 1", "mcp_servers", "decision-gate", &entry()).is_err());
    }

    #[test]
    fn a_header_within_a_text_is_no_header() {
        let text = "note = '''\n[mcp_servers.decision-gate]\nx\n'''\n";
        assert_eq!(with(text, "mcp_servers", "decision-gate", &entry()), Ok(None));
    }
}
