//! Patterns of `match` and `search`: RFC 9485, as far as the library reads it alike.
//!
//! The library compiles a pattern anew for each string that it asks about, says no if it can't, and takes much that the
//! RFC doesn't (`\d`, lazy repeats, class intersection). So a pattern is cut into the pieces that RFC 9485 has, what it
//! costs to compile and to follow is added up, and it is compiled once to know that it can be.

use std::{mem, sync::LazyLock};

use regex::Regex;

use super::{JsonPathError, PathFault};

const MAX_BYTES: usize = 128;
const MAX_REPEATS: usize = 256;
const MAX_COMPILE: usize = 100_000;

/// `(`, `|`, or `)` or an atom with its repeat.
static PIECE: LazyLock<Option<Regex>> = LazyLock::new(|| {
    let category = r"\\[pP]\{(?:L[lmotu]?|M[cen]?|N[dlo]?|P[cdefios]?|Z[lps]?|S[ckmo]?|C[cfno]?)\}";
    let escape = r"\\[()*+\-.?\[\\\]^{|}nrt]";
    let end = format!(r"(?:[^\\\[\]\-]|{escape})");
    let part = format!(r"(?:{category}|{end}(?:-{end})?)");
    let atom = format!(r"[^\\*+?(){{}}\[\]|^$]|{escape}|{category}|\[\^?(?:-|{part}){part}*-?\]");
    let repeat = r"[*+?]|\{(?<least>[0-9]+)(?:,(?<most>[0-9]*))?\}";
    Regex::new(&format!(r"^(?:(?<sign>[(|])|(?<atom>\)|{atom})(?:{repeat})?)")).ok()
});

/// What patterns cost.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Pattern {
    /// Steps to compile.
    compile: usize,
    /// How many places in it may be followed at a time.
    atoms: usize,
    /// Most copies of an atom.
    repeats: usize,
}

impl Pattern {
    /// Reads a string of an expression, with its quotes.
    pub(super) fn read(string: &str, offset: usize) -> Result<Self, JsonPathError> {
        let refused = |fault| JsonPathError::Refused { fault, offset };
        let pattern = unquoted(string).ok_or_else(|| refused(PathFault::PatternInvalid))?;
        if pattern.len() > MAX_BYTES {
            return Err(refused(PathFault::PatternTooLong));
        }
        let mut cost = Self::of(&pattern).ok_or_else(|| refused(PathFault::PatternInvalid))?;
        cost.compile = cost.compile.saturating_add(if is_wide(&pattern) { 2_800 } else { 400 });
        if cost.repeats > MAX_REPEATS {
            return Err(refused(PathFault::PatternRepeat));
        }
        if cost.compile > MAX_COMPILE {
            return Err(refused(PathFault::PatternTooComplex));
        }
        // As the library writes it.
        let compiled = Regex::new(&format!("(?R)({pattern})"));
        compiled.map(|_| cost).map_err(|_| refused(PathFault::PatternInvalid))
    }

    /// Adds up the pieces; nothing if one is not RFC 9485.
    fn of(pattern: &str) -> Option<Self> {
        // Anchors are no part of the RFC, but its compliance suite has them at the ends.
        let rest = pattern.strip_prefix('^').unwrap_or(pattern);
        let mut rest = rest.strip_suffix('$').unwrap_or(rest);
        let (mut open, mut sum) = (Vec::new(), Self::default());
        while !rest.is_empty() {
            let piece = PIECE.as_ref()?.captures(rest)?;
            rest = rest.get(piece.get(0)?.end()..)?;
            let (outside, inside) = match piece.name("atom").map(|atom| atom.as_str()) {
                Some(")") => (open.pop()?, sum),
                // The engine reads them as operators.
                Some(class) if class.starts_with('[') && (class.contains("&&") || class.contains("~~")) => return None,
                Some(atom) => (sum, Self { compile: steps_to_compile(atom), atoms: 1, repeats: 1 }),
                None => {
                    if piece.name("sign")?.as_str() == "(" {
                        open.push(mem::take(&mut sum));
                    }
                    continue;
                }
            };
            let count = |name| piece.name(name).filter(|digits| !digits.is_empty());
            let copies = count("most").or_else(|| count("least"));
            sum = outside.and(inside, copies.map_or(1, |digits| digits.as_str().parse().unwrap_or(usize::MAX)));
        }
        Some(sum)
    }

    /// Both, the other one `copies` times.
    pub(super) fn and(self, other: Self, copies: usize) -> Self {
        let times = |count: usize| count.saturating_mul(copies.max(1));
        Self {
            compile: self.compile.saturating_add(times(other.compile)),
            atoms: self.atoms.saturating_add(times(other.atoms)),
            repeats: self.repeats.max(times(other.repeats)),
        }
    }

    /// Steps to compile and to match a text.
    pub(super) fn steps(self, text_bytes: usize) -> usize {
        self.compile.saturating_add(text_bytes.saturating_mul(self.atoms) / 4)
    }
}

fn steps_to_compile(atom: &str) -> usize {
    let categories = atom.matches("\\p").count() + atom.matches("\\P").count();
    8 * atom.chars().count() + if is_wide(atom) { 240 } else { 0 } + 16_000 * categories
}

/// Whether it may match characters beyond ASCII.
fn is_wide(pattern: &str) -> bool {
    !pattern.is_ascii() || [".", "[^", "\\p", "\\P"].iter().any(|wide| pattern.contains(wide))
}

/// The escapes of a JSONPath string are those of JSON, and `\'`.
fn unquoted(string: &str) -> Option<String> {
    let single = string.strip_prefix('\'').and_then(|rest| rest.strip_suffix('\''));
    let json = single.map(|inside| format!("\"{}\"", inside.replace('"', "\\\"").replace("\\'", "'")));
    serde_json::from_str(json.as_deref().unwrap_or(string)).ok()
}
