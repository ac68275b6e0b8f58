//! From what a command found to text and JSON. Texts carry colours; the stream takes them out where nobody looks.

pub(crate) mod attest;
pub(crate) mod backtest;
pub(crate) mod bundle;
pub(crate) mod check;
pub(crate) mod doctor;
pub(crate) mod explanation;
pub(crate) mod fault;
pub(crate) mod fit;
pub(crate) mod issuers;
pub(crate) mod keys;
pub(crate) mod precheck;
pub(crate) mod release;
pub(crate) mod report;
pub(crate) mod verify;

use std::fmt::{self, Display, Write as _};
use std::path::Path;

use anstyle::{AnsiColor, Style};
use decision_gate_core::condition::Truth;
use serde_json::Value;

/// Good news.
pub(crate) const GOOD: Style = AnsiColor::Green.on_default();
/// Bad news.
pub(crate) const BAD: Style = AnsiColor::Red.on_default();
/// Neither yet.
pub(crate) const OPEN: Style = AnsiColor::Yellow.on_default();
/// What is only there for reference.
pub(crate) const FAINT: Style = Style::new().dimmed();
/// What to read first.
pub(crate) const STRONG: Style = Style::new().bold();

/// A text in a style.
pub(crate) struct Styled<T>(pub(crate) Style, pub(crate) T);

impl<T: Display> Display for Styled<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}{}", self.0, self.1, self.0.render_reset())
    }
}

/// A text from elsewhere, as one line: what would move the cursor, hide or reorder what people read is spelled out.
///
/// Scenarios, reports and packs are written by those who are judged; their words must not be able to look like ours.
pub(crate) struct Line<T>(pub(crate) T);

impl<T: Display> Display for Line<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(Spelled(f), "{}", self.0)
    }
}

/// JSON from elsewhere, without what would move the cursor, hide or reorder what people read. Such characters stand
/// within texts only, so it stays the same JSON.
pub(crate) fn json_text(json: &str) -> String {
    let mut spelled = String::with_capacity(json.len());
    for letter in json.chars() {
        match letter {
            '\n' => spelled.push('\n'),
            letter if letter.is_control() || is_hidden(letter) => {
                spelled.push_str(&format!("\\u{:04x}", u32::from(letter)));
            }
            letter => spelled.push(letter),
        }
    }
    spelled
}

/// Characters that are not seen and change how others are.
fn is_hidden(letter: char) -> bool {
    matches!(
        letter,
        '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}'
    )
}

struct Spelled<'a, 'b>(&'a mut fmt::Formatter<'b>);

impl fmt::Write for Spelled<'_, '_> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        text.chars().try_for_each(|letter| match letter {
            letter if is_hidden(letter) => write!(self.0, "{}", letter.escape_unicode()),
            letter if letter.is_control() => write!(self.0, "{}", letter.escape_default()),
            letter => self.0.write_char(letter),
        })
    }
}

/// The style of a truth value.
pub(crate) fn truth_style(truth: Truth) -> Style {
    match truth {
        Truth::True => GOOD,
        Truth::False => BAD,
        Truth::Unknown => OPEN,
    }
}

/// A line with a label, such as `ledger  /path`.
pub(crate) fn labelled(text: &mut String, label: &str, value: impl Display) {
    text.push_str(&format!("{} {value}\n", Styled(FAINT, format_args!("{label:<8}"))));
}

/// A path for JSON.
pub(crate) fn path_json(path: Option<&Path>) -> Value {
    path.map_or(Value::Null, |path| Value::String(path.display().to_string()))
}

/// Where the configuration came from.
pub(crate) fn config_line(text: &mut String, path: Option<&Path>) {
    match path {
        Some(path) => labelled(text, "config", Line(path.display())),
        None => labelled(text, "config", "none found; built-in defaults"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_foreign_text_stays_on_its_line_and_can_not_paint() {
        let hostile = "no\nALLOWED\r\u{1b}[2K\u{9b}1A\u{202e}kcab\u{2028}\ttab ä…";
        let shown = r"no\nALLOWED\r\u{1b}[2K\u{9b}1A\u{202e}kcab\u{2028}\ttab ä…";
        assert_eq!(Line(hostile).to_string(), shown);
    }

    #[test]
    fn a_foreign_json_can_not_paint_and_stays_the_same() {
        let hostile = serde_json::json!({ "\u{202e}": "no\nALLOWED\r\u{1b}[2K\u{9b}1A\u{2028}\t ä…" });
        let shown = json_text(&serde_json::to_string_pretty(&hostile).unwrap());
        assert!(shown.chars().all(|it| it == '\n' || !(it.is_control() || is_hidden(it))), "{shown:?}");
        assert_eq!(serde_json::from_str::<Value>(&shown).unwrap(), hostile);
    }
}
