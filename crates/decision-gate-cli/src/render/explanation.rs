//! An explanation for people: what to do, what it leads to, what comes by itself.

use std::fmt::Write as _;

use decision_gate_core::explain::{Explanation, NextActions};

use super::{FAINT, Line, STRONG, Styled};

/// The most times that are told.
const MAX_UPCOMING: usize = 3;

/// What to do, and what time alone will change.
pub(crate) fn text(text: &mut String, explanation: &Explanation) {
    next_actions(text, &explanation.next_actions);
    if explanation.upcoming.is_empty() {
        return;
    }
    let _ = writeln!(text, "\n{}", Styled(STRONG, "what comes by itself"));
    for it in explanation.upcoming.iter().take(MAX_UPCOMING) {
        let _ = writeln!(text, "  - {}: {}: {}", Line(it.at), Line(&it.of), Line(&it.then));
    }
    if let Some(more) = explanation.upcoming.len().checked_sub(MAX_UPCOMING + 1) {
        let _ = writeln!(text, "  {}", Styled(FAINT, format_args!("and {} more", more + 1)));
    }
}

fn next_actions(text: &mut String, next: &NextActions) {
    let (changes, note) = (&next.changes, &next.note);
    if changes.is_empty() && note.is_none() {
        return;
    }
    let _ = writeln!(text, "\n{}", Styled(STRONG, "what to do"));
    for change in changes {
        let _ = writeln!(text, "  - {}", Line(&change.text));
    }
    if let Some(outcome) = next.outcome() {
        let _ = writeln!(text, "  {}", Styled(FAINT, Line(format!("then {outcome}"))));
    }
    if let Some(note) = note {
        let _ = writeln!(text, "  - {}", Line(note));
    }
}
