//! Texts from elsewhere, made fit to be read: cut to a length, and nothing in them hides or reorders what people see.

use std::fmt::{self, Display};

/// The longest line, in characters.
const LINE: usize = 400;

/// The longest text of several lines, in characters.
const BLOCK: usize = 4_000;

/// A text that a page may show; templates escape it like every other.
///
/// Scenarios, evidence and packs are written by those who are judged: their words must not look like the page's.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Shown(String);

impl Shown {
    /// As one line.
    pub(crate) fn line(text: impl Display) -> Self {
        Self(spell(&text.to_string(), LINE, false))
    }

    /// With its line breaks.
    pub(crate) fn block(text: impl Display) -> Self {
        Self(spell(&text.to_string(), BLOCK, true))
    }

    /// Whole, however long: for what is meant to be copied.
    pub(crate) fn whole(text: impl Display) -> Self {
        Self(spell(&text.to_string(), usize::MAX, true))
    }

    /// Its parts, where what stands between backticks is for machines.
    pub(crate) fn parts(&self) -> Vec<Part<'_>> {
        let parts: Vec<_> = self.0.split('`').collect();
        // A backtick without its partner is one like any other.
        if parts.len() % 2 == 0 {
            return vec![Part { code: false, text: &self.0 }];
        }
        let parts = parts.into_iter().enumerate().map(|(index, text)| Part { code: index % 2 == 1, text });
        parts.filter(|it| !it.text.is_empty()).collect()
    }

    /// Whether there is nothing to see.
    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

/// A part of a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Part<'a> {
    /// Whether it is for machines.
    pub(crate) code: bool,
    pub(crate) text: &'a str,
}

impl Display for Shown {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

fn spell(text: &str, limit: usize, breaks: bool) -> String {
    let mut spelled = String::with_capacity(text.len().min(limit));
    for letter in text.chars().take(limit) {
        match letter {
            '\n' if breaks => spelled.push('\n'),
            letter if is_hidden(letter) => spelled.extend(letter.escape_unicode()),
            letter if letter.is_control() => spelled.extend(letter.escape_default()),
            letter => spelled.push(letter),
        }
    }
    if text.chars().nth(limit).is_some() {
        spelled.push_str(&format!("… (cut: {} characters in all)", text.chars().count()));
    }
    spelled
}

/// Characters that are not seen, or change how others are: marks and overrides of direction, separators, joiners, tags
/// and fillers.
pub(crate) fn is_hidden(letter: char) -> bool {
    matches!(
        letter,
        '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}' | '\u{180b}'..='\u{180f}'
            | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{3164}' | '\u{fe00}'..='\u{fe0f}'
            | '\u{feff}' | '\u{ffa0}' | '\u{fff0}'..='\u{fffb}' | '\u{e0000}'..='\u{e0fff}'
    )
}
