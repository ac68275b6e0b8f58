//! Texts of others on their way into a format. All of them are one line first: what would move a cursor, hide, reorder
//! or break a line is spelled out ([`Line`]), so each format has only its own marks left to escape.

use crate::render::Line;

/// The longest text that goes into a report, in characters.
const MAX_TEXT: usize = 2_000;

/// One line of a bounded length.
pub(super) fn line(text: &str) -> String {
    let mut cut: String = text.chars().take(MAX_TEXT).collect();
    if cut.len() < text.len() {
        cut.push('…');
    }
    Line(cut).to_string()
}

/// For XML, in attributes and in content: no character that XML 1.0 does not know is left after [`line`], but two that
/// are no characters at all.
pub(super) fn xml(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for letter in line(text).chars() {
        match letter {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&apos;"),
            '\u{fffe}' | '\u{ffff}' => escaped.push('\u{fffd}'),
            letter => escaped.push(letter),
        }
    }
    escaped
}

/// For GitHub's Markdown, in paragraphs and in cells of tables: no mark-up, no link, no mention, no HTML.
pub(crate) fn markdown(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for letter in line(text).chars() {
        match letter {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            // As entities, since a link or a mention is found in the text behind a backslash too.
            '@' => escaped.push_str("&#64;"),
            ':' => escaped.push_str("&#58;"),
            '|' => escaped.push_str("&#124;"),
            '`' => escaped.push_str("&#96;"),
            '\\' | '*' | '_' | '{' | '}' | '[' | ']' | '(' | ')' | '#' | '+' | '!' | '~' | '$' | '.' | '-' => {
                escaped.push('\\');
                escaped.push(letter);
            }
            letter => escaped.push(letter),
        }
    }
    escaped
}

/// For what follows `::` in a workflow command of GitHub.
pub(super) fn command(text: &str) -> String {
    line(text).replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

/// For a property of such a command.
pub(super) fn property(text: &str) -> String {
    command(text).replace(':', "%3A").replace(',', "%2C")
}

/// A relative path as a URI reference: all but plain characters percent-encoded.
pub(super) fn uri(path: &str) -> String {
    let mut escaped = String::with_capacity(path.len());
    for byte in path.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' | b'/' => {
                escaped.push(char::from(byte));
            }
            byte => escaped.push_str(&format!("%{byte:02X}")),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Everything that an attacker has been seen to try in one text.
    const HOSTILE: &str =
        "a]]><x y=\"'&|b`c`\r\n::error::%0A\u{1b}[31m\u{202e}\u{0}@all https://e.vil [l](u) ![i](u) \u{ffff}";

    #[test]
    fn nothing_leaves_its_line_in_any_format() {
        for escaped in [line(HOSTILE), xml(HOSTILE), markdown(HOSTILE), command(HOSTILE), property(HOSTILE)] {
            assert!(!escaped.contains(['\n', '\r', '\u{1b}', '\0', '\u{202e}']), "{escaped:?}");
        }
    }

    #[test]
    fn xml_has_no_marks_left() {
        let escaped = xml(HOSTILE);
        assert!(!escaped.contains(['<', '>', '"', '\'', '\u{ffff}']), "{escaped}");
        assert!(
            escaped
                .split('&')
                .skip(1)
                .all(|it| ["amp;", "lt;", "gt;", "quot;", "apos;"].iter().any(|entity| it.starts_with(entity)))
        );
    }

    #[test]
    fn markdown_has_no_marks_left() {
        let escaped = markdown(HOSTILE);
        assert!(!escaped.contains(['<', '>', '|', '`', '@', ':']), "{escaped}");
        assert!(!escaped.replace("\\[", "").replace("\\]", "").contains(['[', ']']), "{escaped}");
        // A backslash of theirs does not take ours away.
        assert_eq!(markdown(r"\|\*"), r"\\&#124;\\\*");
    }

    #[test]
    fn a_command_takes_no_percent_sequence_of_others() {
        assert_eq!(command("100%\n%0A"), r"100%25\n%250A");
        assert_eq!(property("a:b,c%3A"), "a%3Ab%2Cc%253A");
    }

    #[test]
    fn a_path_is_a_uri_reference() {
        assert_eq!(uri("a b/c:d#e?ä.yaml"), "a%20b/c%3Ad%23e%3F%C3%A4.yaml");
    }

    #[test]
    fn a_long_text_is_cut() {
        assert_eq!(line(&"ä".repeat(3_000)).chars().count(), MAX_TEXT + 1);
    }
}
