//! Puts an entry into JSON that people wrote: every other byte stays, comments and the order of keys too.
//!
//! Some clients allow comments and a comma too many in their files. The text is read by a small scanner that knows where
//! each member stands; what comes out is parsed again, and must be what went in with the entry.

use decision_gate_core::json::{Limits, parse};
use serde_json::{Map, Value};

const LIMITS: Limits = Limits::new(4 << 20, 64);

/// The members of a JSON text that may have comments.
pub(super) fn read(text: &str) -> Result<Map<String, Value>, String> {
    let plain = without_comments(text);
    if plain.trim().is_empty() {
        return Ok(Map::new());
    }
    match parse(plain.as_bytes(), &LIMITS).map_err(|error| error.to_string())?.value {
        Value::Object(members) => Ok(members),
        _ => Err("it is no object".to_owned()),
    }
}

/// The text with `entry` as the member `name` of its member `key`. Nothing where that can't be done without touching the
/// rest.
pub(super) fn with(text: &str, key: &str, name: &str, entry: &Value) -> Result<Option<String>, String> {
    let before = read(text)?;
    let mut wanted = before.clone();
    let servers = wanted.entry(key).or_insert_with(|| Value::Object(Map::new()));
    let Value::Object(servers) = servers else { return Err(format!("`{key}` is no object")) };
    servers.insert(name.to_owned(), entry.clone());
    let written = splice(text, key, name, entry);
    Ok(written.filter(|text| read(text).is_ok_and(|after| after == wanted)))
}

fn splice(text: &str, key: &str, name: &str, entry: &Value) -> Option<String> {
    let Some(open) = text.find('{').filter(|_| !without_comments(text).trim().is_empty()) else {
        let mut servers = Map::new();
        servers.insert(name.to_owned(), entry.clone());
        let mut root = Map::new();
        root.insert(key.to_owned(), Value::Object(servers));
        return Some(format!("{text}{}\n", pretty(&Value::Object(root), 0)));
    };
    // A comment in front may have a brace too.
    let open =
        Scanner::new(text).space().filter(|at| text.get(*at..).is_some_and(|it| it.starts_with('{'))).unwrap_or(open);
    let root = Object::at(text, open)?;
    let Some(servers) = root.member(key) else {
        let mut servers = Map::new();
        servers.insert(name.to_owned(), entry.clone());
        return root.insert(text, key, &Value::Object(servers), 1);
    };
    let servers = Object::at(text, servers.from)?;
    match servers.member(name) {
        None => servers.insert(text, name, entry, 2),
        Some(old) => Some(format!("{}{}{}", text.get(..old.from)?, pretty(entry, 2), text.get(old.to..)?)),
    }
}

/// A value with the indent that clients write, from the second line on.
fn pretty(value: &Value, level: usize) -> String {
    let text = serde_json::to_string_pretty(value).unwrap_or_default();
    text.replace('\n', &format!("\n{}", "  ".repeat(level)))
}

/// Where a value stands.
#[derive(Clone, Copy)]
struct Span {
    from: usize,
    to: usize,
}

/// Where the members of an object stand.
struct Object {
    open: usize,
    members: Vec<(String, Span)>,
    /// Whether a comma follows the last of them.
    ends_with_comma: bool,
}

impl Object {
    fn at(text: &str, open: usize) -> Option<Self> {
        let mut scanner = Scanner { text, at: open };
        scanner.take('{')?;
        let mut object = Self { open, members: Vec::new(), ends_with_comma: false };
        loop {
            scanner.space()?;
            if scanner.take('}').is_some() {
                return Some(object);
            }
            let name = scanner.string()?;
            scanner.space()?;
            scanner.take(':')?;
            let from = scanner.space()?;
            scanner.value()?;
            object.members.push((serde_json::from_str(name).ok()?, Span { from, to: scanner.at }));
            scanner.space()?;
            object.ends_with_comma = scanner.take(',').is_some();
        }
    }

    fn member(&self, name: &str) -> Option<Span> {
        self.members.iter().find(|(known, _)| known == name).map(|(_, span)| *span)
    }

    /// The text with one more member, after the last one.
    fn insert(&self, text: &str, name: &str, value: &Value, level: usize) -> Option<String> {
        let indent = "  ".repeat(level);
        let member = format!("{indent}{}: {}", Value::from(name), pretty(value, level));
        let (at, comma) = match self.members.last() {
            None => (self.open + 1, ""),
            Some((_, last)) => (last.to, if self.ends_with_comma { "" } else { "," }),
        };
        let (before, rest) = text.split_at_checked(at)?;
        // A comma that is there already stays before what is new.
        let (between, rest) =
            if self.ends_with_comma { rest.split_at_checked(rest.find(',')? + 1)? } else { ("", rest) };
        // What follows keeps its line; a brace on the same line gets one of its own.
        let own_line = rest.trim_start_matches([' ', '\t']).starts_with('}');
        let end = if own_line { format!("\n{}", "  ".repeat(level - 1)) } else { String::new() };
        Some(format!("{before}{between}{comma}\n{member}{end}{}", if own_line { rest.trim_start() } else { rest }))
    }
}

/// Reads on in a text.
struct Scanner<'a> {
    text: &'a str,
    at: usize,
}

impl<'a> Scanner<'a> {
    fn new(text: &'a str) -> Self {
        Self { text, at: 0 }
    }

    fn rest(&self) -> &'a str {
        self.text.get(self.at..).unwrap_or_default()
    }

    fn take(&mut self, wanted: char) -> Option<()> {
        self.rest().starts_with(wanted).then(|| self.at += wanted.len_utf8())
    }

    /// Goes past blanks and comments, and gives where it stands then.
    fn space(&mut self) -> Option<usize> {
        loop {
            let rest = self.rest();
            let length = match rest.trim_start_matches([' ', '\t', '\r', '\n', '\u{feff}']) {
                trimmed if trimmed.len() < rest.len() => rest.len() - trimmed.len(),
                _ if rest.starts_with("//") => rest.find('\n').unwrap_or(rest.len()),
                _ if rest.starts_with("/*") => rest.find("*/")? + 2,
                _ => return Some(self.at),
            };
            self.at += length;
        }
    }

    /// A string with its quotes.
    fn string(&mut self) -> Option<&'a str> {
        let from = self.at;
        self.take('"')?;
        let mut escaped = false;
        let length = self.rest().char_indices().find_map(|(at, letter)| {
            let ends = letter == '"' && !escaped;
            escaped = letter == '\\' && !escaped;
            ends.then_some(at)
        })?;
        self.at += length + 1;
        self.text.get(from..self.at)
    }

    /// Goes past a value.
    fn value(&mut self) -> Option<()> {
        let mut depth = 0_usize;
        loop {
            self.space()?;
            let letter = self.rest().chars().next()?;
            match letter {
                '"' => drop(self.string()?),
                '{' | '[' => {
                    depth += 1;
                    self.at += 1;
                }
                '}' | ']' => {
                    depth = depth.checked_sub(1)?;
                    self.at += 1;
                }
                ',' | ':' if depth > 0 => self.at += 1,
                ',' | ':' => return None,
                _ => {
                    let ends = [',', ':', '}', ']', '{', '[', '"', ' ', '\t', '\r', '\n', '/'];
                    self.at += self.rest().find(ends)?.max(1);
                }
            }
            if depth == 0 {
                return Some(());
            }
        }
    }
}

/// The same text without comments, and without commas that nothing follows.
fn without_comments(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    let mut scanner = Scanner::new(text);
    let mut comma: Option<usize> = None;
    loop {
        let from = scanner.at;
        // What does not end stays, for the parser to refuse.
        let Some(at) = scanner.space() else { return plain + text.get(from..).unwrap_or_default() };
        if at > from {
            plain.push(' ');
        }
        let Some(letter) = scanner.rest().chars().next() else { return plain };
        if matches!(letter, '}' | ']')
            && let Some(at) = comma
        {
            plain.replace_range(at..=at, " ");
        }
        comma = (letter == ',').then_some(plain.len());
        match letter {
            '"' => match scanner.string() {
                Some(string) => plain.push_str(string),
                None => return plain + scanner.rest(),
            },
            letter => {
                plain.push(letter);
                scanner.at += letter.len_utf8();
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn entry() -> Value {
        json!({ "command": "/bin/gate", "args": ["serve"] })
    }

    fn put(text: &str) -> String {
        with(text, "mcpServers", "gate", &entry()).unwrap().unwrap_or_else(|| panic!("entangled: {text}"))
    }

    #[test]
    fn a_file_that_is_not_there_gets_all_of_it() {
        insta::assert_snapshot!(put(""), @r#"
        {
          "mcpServers": {
            "gate": {
              "args": [
                "serve"
              ],
              "command": "/bin/gate"
            }
          }
        }
        "#);
    }

    #[test]
    fn everything_else_stays_as_it_is_written() {
        let settings = "// mine {\n{\n  \"z\": 1, // first\n  \"mcpServers\": {\n    /* theirs */ \"other\": {\"command\": \"x\",},\n  },\n  \"a\": [1, 2,],\n}\n";
        insta::assert_snapshot!(put(settings), @r#"
        // mine {
        {
          "z": 1, // first
          "mcpServers": {
            /* theirs */ "other": {"command": "x",},
            "gate": {
              "args": [
                "serve"
              ],
              "command": "/bin/gate"
            }
          },
          "a": [1, 2,],
        }
        "#);
    }

    #[test]
    fn doing_it_twice_is_doing_it_once() {
        for text in [
            "",
            "{}",
            "{ }\n",
            "{\"a\":1}",
            "{\"mcpServers\":{}}",
            "{\"mcpServers\":{\"gate\":{\"old\":true}},\"b\":\"}\"}",
            "{\"mcpServers\":{\"x\":{}, // y\n}}",
            "\u{feff}{\n\t\"k\\\"\": \"//no\"\n}\n",
            "/* only a comment */",
        ] {
            let once = put(text);
            assert_eq!(put(&once), once, "{text}");
        }
    }

    #[test]
    fn what_is_no_json_is_left_alone() {
        for text in
            ["{", "[]", "{\"a\":1", "{\"a\":1}}", "{\"a\":1,\"a\":2}", "{a:1}", "/* open", "{\"mcpServers\":[]}", "\"x"]
        {
            assert!(with(text, "mcpServers", "gate", &entry()).is_err(), "{text}");
        }
    }

    proptest::proptest! {
        /// Whatever the text is, the rest of it is the same afterwards, or nothing is written.
        #[test]
        fn the_rest_is_the_same_or_nothing_is_written(text in r#"[{}\[\]",:/* \na1\\]{0,40}"#) {
            if let Ok(Some(written)) = with(&text, "mcpServers", "gate", &entry()) {
                let mut before = read(&text).unwrap();
                let mut after = read(&written).unwrap();
                for members in [&mut before, &mut after] {
                    members.remove("mcpServers");
                }
                proptest::prop_assert_eq!(before, after);
            }
        }
    }
}
