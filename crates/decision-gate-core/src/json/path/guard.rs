//! What an expression may be, checked on its tokens before the library parses it, and what of it decides its cost.
//!
//! It refuses what would be too much whatever the document, and what the library answers otherwise than RFC 9535. It
//! lets through what is no JSONPath at all, which is the library's to refuse.

use std::sync::LazyLock;

use regex::Regex;

use super::{JsonPathError, PathFault, pattern::Pattern};
use crate::json::{JsonError, Limits, parse_exact, pointer};

pub(super) const MAX_BYTES: usize = 512;
pub(super) const MAX_NESTING: i32 = 32;
pub(super) const MAX_FILTERS: usize = 4;
pub(super) const MAX_DESCENDANTS: u32 = 2;

/// Strings, numbers, words, signs of two characters and of one. A quote alone is a string without an end.
static TOKEN: LazyLock<Option<Regex>> = LazyLock::new(|| {
    let string = r#"'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*""#;
    let word = r"[A-Za-z_\x{80}-\x{10ffff}][0-9A-Za-z_\x{80}-\x{10ffff}]*";
    Regex::new(&format!(r"(?s){string}|[-0-9][-+.0-9eE]*|{word}|\.\.|[=!<>]=|&&|\|\||[^ \t\n\r]")).ok()
});

/// What the guard has seen of an expression that it let through.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Guarded {
    /// Signs that let it select more than one node.
    pub(super) plural_signs: usize,
    pub(super) descendants: u32,
    /// Segments outside filters, or more.
    pub(super) segments: usize,
    /// Levels that it goes down, or more, if it has no descendant segment.
    levels: usize,
    /// How often selectors side by side can select one node, or more.
    pub(super) copies: usize,
    /// Steps that filters take for each node that they look at.
    pub(super) filter_steps: usize,
    /// 1 if nodes are compared with nodes, which goes all the way down, else 0.
    pub(super) node_comparisons: u32,
    /// All patterns.
    pub(super) patterns: Pattern,
    /// Where numbers that are compared stand: `/` and the name of the last member, nothing for anywhere.
    compared: Vec<Option<String>>,
}

impl Guarded {
    /// Whether a filter may compare the number at `pointer`, or a value that has it within.
    pub(super) fn may_compare(&self, pointer: &str) -> bool {
        let is_below = |name: &String| format!("{pointer}/").contains(&format!("{name}/"));
        self.compared.iter().any(|name| name.as_ref().is_none_or(is_below))
    }

    /// Levels of a document that it can reach.
    pub(super) fn reach(&self) -> usize {
        if self.descendants + self.node_comparisons > 0 { usize::MAX } else { self.levels }
    }

    pub(super) fn compares_numbers(&self) -> bool {
        !self.compared.is_empty()
    }
}

/// A piece of an expression; strings have their quotes.
#[derive(Clone, Copy, Debug)]
pub(super) struct Token<'t> {
    pub(super) text: &'t str,
    pub(super) offset: usize,
}

impl Token<'_> {
    pub(super) fn end(self) -> usize {
        self.offset + self.text.len()
    }

    fn refused(self, fault: PathFault) -> JsonPathError {
        JsonPathError::Refused { fault, offset: self.offset }
    }

    fn is_text(self) -> bool {
        self.text.starts_with(['"', '\''])
    }

    fn is_number(self) -> bool {
        self.text.starts_with(|first: char| first == '-' || first.is_ascii_digit())
    }
}

/// All tokens of an expression.
pub(super) fn tokens(path: &str) -> Vec<Token<'_>> {
    let found = TOKEN.iter().flat_map(|token| token.find_iter(path));
    found.map(|found| Token { text: found.as_str(), offset: found.start() }).collect()
}

/// An open bracket or parenthesis.
struct Open {
    is_bracket: bool,
    is_filter: bool,
    selectors: usize,
}

struct Guard {
    open: Vec<Open>,
    seen: Guarded,
}

/// Refuses an expression that is beyond a bound.
pub(super) fn check(path: &str) -> Result<Guarded, JsonPathError> {
    if path.len() > MAX_BYTES {
        return Err(JsonPathError::Refused { fault: PathFault::TooLong, offset: MAX_BYTES });
    }
    inspect(path)
}

/// Refuses an expression that is beyond a bound other than its length.
pub(super) fn inspect(path: &str) -> Result<Guarded, JsonPathError> {
    let tokens = tokens(path);
    let mut depth = 0;
    for token in &tokens {
        depth = (depth + step(token.text)).max(0);
        if depth > MAX_NESTING {
            return Err(token.refused(PathFault::TooDeep));
        }
    }
    let mut guard = Guard { open: Vec::new(), seen: Guarded { copies: 1, ..Guarded::default() } };
    for at in 0..tokens.len() {
        let (before, rest) = tokens.split_at(at);
        if let [token, after @ ..] = rest {
            guard.token(*token, before, after)?;
        }
    }
    Ok(guard.seen)
}

impl Guard {
    fn token(&mut self, token: Token<'_>, before: &[Token<'_>], after: &[Token<'_>]) -> Result<(), JsonPathError> {
        let filters = self.open.iter().filter(|open| open.is_filter).count();
        let is_segment = matches!(token.text, "[" | "." | "..");
        self.seen.levels += usize::from(is_segment);
        self.seen.segments += usize::from(is_segment && filters == 0);
        self.seen.filter_steps += usize::from(filters > 0);
        self.seen.plural_signs += usize::from(matches!(token.text, ".." | "*" | ":" | "?" | ","));
        let is_spaced = before.last().is_some_and(|last| last.end() < token.offset);
        match (token.text, self.open.last_mut()) {
            // The library panics on some strings without an end.
            ("'" | "\"", _) => return Err(token.refused(PathFault::Syntax)),
            (sign @ ("[" | "("), _) => {
                self.open.push(Open { is_bracket: sign == "[", is_filter: false, selectors: 1 });
            }
            ("]" | ")", Some(open)) => {
                self.seen.copies = self.seen.copies.saturating_mul(open.selectors);
                self.open.pop();
            }
            (",", Some(open)) if open.is_bracket => (open.selectors, open.is_filter) = (open.selectors + 1, false),
            ("?", _) if filters == MAX_FILTERS => return Err(token.refused(PathFault::FilterTooDeep)),
            ("?", Some(open)) => open.is_filter = true,
            ("$", _) if filters > 0 => return Err(token.refused(PathFault::RootInFilter)),
            ("..", _) if filters > 0 => return Err(token.refused(PathFault::DescendantInFilter)),
            ("..", _) if self.seen.descendants == MAX_DESCENDANTS => {
                return Err(token.refused(PathFault::TooManyDescendants));
            }
            ("..", _) if is_spaced => return Err(token.refused(PathFault::Spelling)),
            ("..", _) => self.seen.descendants += 1,
            ("==" | "!=" | "<" | "<=" | ">" | ">=", _) => self.comparison(before, after),
            _ if token.is_text() && has_unread_surrogate(token.text) => return Err(token.refused(PathFault::Spelling)),
            _ if token.is_number() && filters > 0 => self.number(token, before, after)?,
            _ if filters > 0 && after.first().is_some_and(|next| next.text == "(") => self.function(token, after)?,
            _ => {}
        }
        Ok(())
    }

    /// Notes what a comparison looks at.
    fn comparison(&mut self, before: &[Token<'_>], after: &[Token<'_>]) {
        let sides = [Side::of(&operand(before.iter().rev(), -1)), Side::of(&operand(after.iter(), 1))];
        match sides {
            [Side::Node(left), Side::Node(right)] => {
                self.seen.node_comparisons = 1;
                self.seen.compared.extend([left, right]);
            }
            [Side::Node(node), Side::Number | Side::Made] | [Side::Number | Side::Made, Side::Node(node)] => {
                self.seen.compared.push(node);
            }
            _ => {}
        }
    }

    /// A number within a filter: an index must count from the start, and a literal must be exact.
    fn number(&self, token: Token<'_>, before: &[Token<'_>], after: &[Token<'_>]) -> Result<(), JsonPathError> {
        let is_selector = match before.last().map(|last| last.text) {
            Some("[" | ":") => true,
            Some(",") => self.open.last().is_some_and(|open| open.is_bracket),
            _ => false,
        };
        let is_in_slice = [before.last(), after.first()].iter().any(|near| near.is_some_and(|near| near.text == ":"));
        if is_selector {
            let is_negative_index = token.text.starts_with('-') && !is_in_slice;
            return if is_negative_index { Err(token.refused(PathFault::NegativeIndexInFilter)) } else { Ok(()) };
        }
        match parse_exact(token.text.as_bytes(), &Limits::message(MAX_BYTES)) {
            Err(JsonError::NumberOutOfRange { .. }) => Err(token.refused(PathFault::LiteralOutOfRange)),
            _ => Ok(()),
        }
    }

    /// A function within a filter, and what stands after its name.
    fn function(&mut self, name: Token<'_>, after: &[Token<'_>]) -> Result<(), JsonPathError> {
        match name.text {
            "match" | "search" => {}
            word if !word.starts_with(|first: char| first.is_ascii_lowercase()) => return Ok(()),
            "length" | "count" | "value" => return Ok(()),
            _ => return Err(name.refused(PathFault::UnknownFunction)),
        }
        let input = operand(after.iter().skip(1), 1);
        let Some([Token { text: ",", .. }, argument, close, ..]) = after.get(input.len() + 1..) else { return Ok(()) };
        match Side::of(&[*argument]) {
            Side::Text if close.text == ")" => {
                let pattern = Pattern::read(argument.text, argument.offset)?;
                self.seen.patterns = self.seen.patterns.and(pattern, 1);
                // A text of the expression is matched for every node.
                let is_constant = matches!(Side::of(&input), Side::Text);
                self.seen.filter_steps += if is_constant { pattern.steps(MAX_BYTES) } else { 0 };
                Ok(())
            }
            Side::Number | Side::Word if close.text == ")" => Ok(()),
            Side::Number | Side::Text | Side::Word | Side::Made | Side::Node(_) => {
                Err(argument.refused(PathFault::PatternNotLiteral))
            }
        }
    }
}

/// One side of a comparison, or an argument.
pub(super) enum Side {
    Number,
    Text,
    Word,
    /// A number that is made, or none.
    Made,
    /// A node: `/` and the name of the member that it is, if it is one.
    Node(Option<String>),
}

impl Side {
    pub(super) fn of(tokens: &[Token<'_>]) -> Self {
        let name = match tokens {
            [only] if only.is_number() => return Self::Number,
            [only] if only.is_text() => return Self::Text,
            [Token { text: "true" | "false" | "null", .. }] => return Self::Word,
            [Token { text: "length" | "count", .. }, ..] => return Self::Made,
            [.., Token { text: ".", .. }, name] => name.text,
            [.., Token { text: "[", .. }, name, _] if name.is_text() && !name.text.contains('\\') => {
                name.text.trim_matches(['"', '\''])
            }
            _ => return Self::Node(None),
        };
        let mut reference = String::new();
        pointer::push_key(&mut reference, name);
        Self::Node(Some(reference))
    }
}

/// The tokens of one side of a comparison or of one argument, read on (1) or back (-1) from where it starts.
pub(super) fn operand<'a, 't: 'a>(tokens: impl Iterator<Item = &'a Token<'t>>, direction: i32) -> Vec<Token<'t>> {
    let mut depth = 0;
    let is_part = |token: &&Token<'_>| {
        let step = step(token.text) * direction;
        depth += step;
        depth > 0 || (depth == 0 && (step != 0 || !matches!(token.text, "&&" | "||" | "," | "?" | "!")))
    };
    let mut found: Vec<_> = tokens.take_while(is_part).copied().collect();
    if direction < 0 {
        found.reverse();
    }
    found
}

/// What a sign adds to the nesting.
fn step(sign: &str) -> i32 {
    match sign {
        "[" | "(" => 1,
        "]" | ")" => -1,
        _ => 0,
    }
}

/// The library reads the first half of a pair only from `\uD8` to `\uDB`, in capitals.
fn has_unread_surrogate(string: &str) -> bool {
    let unread = ["d8", "d9", "da", "db", "dA", "dB", "Da", "Db"];
    string.split("\\u").skip(1).any(|digits| unread.iter().any(|start| digits.starts_with(start)))
}
