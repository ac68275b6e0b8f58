//! Writes `<=`, `>` and `>=` out as RFC 9535 section 2.3.5.2.2 defines them: by `<` and `==`.
//!
//! The library says that `true > false` and that nothing is not `<=` nothing. Where a side is a number or a string it is
//! right, so those stay as they are. An expression must have been parsed before: what is written out has parentheses.

use super::guard::{Side, operand, tokens};

/// The expression without orders that the library gets wrong.
pub(super) fn written_out(path: &str) -> String {
    let mut path = path.to_owned();
    while let Some(next) = without_first(&path) {
        path = next;
    }
    path
}

fn without_first(path: &str) -> Option<String> {
    let tokens = tokens(path);
    (0..tokens.len()).find_map(|at| {
        let (before, rest) = tokens.split_at(at);
        let [sign, after @ ..] = rest else { return None };
        let (left, right) = (operand(before.iter().rev(), -1), operand(after.iter(), 1));
        let is_right = [&left, &right].iter().any(|side| matches!(Side::of(side), Side::Number | Side::Text));
        if is_right || !matches!(sign.text, "<=" | ">" | ">=") {
            return None;
        }
        let (start, end) = (left.first()?.offset, right.last()?.end());
        let (a, b) = (path.get(start..left.last()?.end())?, path.get(right.first()?.offset..end)?);
        let written = match sign.text {
            "<=" => format!("({a}<{b}||{a}=={b})"),
            ">=" => format!("({b}<{a}||{a}=={b})"),
            _ => format!("{b}<{a}"),
        };
        Some([path.get(..start)?, &written, path.get(end..)?].concat())
    })
}
