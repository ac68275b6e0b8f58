//! Keeps answers short: a list is cut to what a model can read, and the answer says how much was left out.
//!
//! The bound is in bytes, since names may be long: a list is tried at several lengths, and the first answer that fits
//! is given. What was cut can be had in full where the caller asks for it (`feedback`, an exported pack).

use decision_gate_core::engine::DecisionOutcome;
use decision_gate_core::json::size;
use serde::Serialize;

/// The most bytes of an answer that was not asked to be long: 2,000 tokens at four bytes each.
const ANSWER_BYTES: usize = 8_000;

/// How many entries of each list to try, most first.
const LENGTHS: [usize; 5] = [48, 24, 12, 6, 3];

/// The answer with the longest lists that still fits; with one entry each if none does.
pub(super) fn fitting<T: Serialize>(make: impl Fn(usize) -> T) -> T {
    let fits = |answer: &T| size(answer) <= ANSWER_BYTES;
    LENGTHS.into_iter().map(&make).find(fits).unwrap_or_else(|| make(1))
}

/// The same where only one list is cut, and how long that is: of one entry nothing can be left out, so it needs no
/// measuring.
pub(super) fn fitting_list<T: Serialize>(entries: usize, make: impl Fn(usize) -> T) -> T {
    if entries > 1 { fitting(make) } else { make(1) }
}

/// The answer with as many of `most` entries as fit, and at least one.
pub(super) fn within<T: Serialize>(most: usize, make: impl Fn(usize) -> T) -> T {
    let mut shown = most;
    loop {
        let answer = make(shown);
        if shown <= 1 || size(&answer) <= ANSWER_BYTES {
            return answer;
        }
        shown -= 1;
    }
}

/// Cuts a list, and gives how many entries were left out.
pub(super) fn cut<T>(list: &mut Vec<T>, shown: usize) -> usize {
    let left_out = list.len().saturating_sub(shown);
    list.truncate(shown);
    left_out
}

/// How many unmet gates a decision names.
pub(super) fn unmet_gates(outcome: &DecisionOutcome) -> usize {
    match outcome {
        DecisionOutcome::Hold { summary } => summary.unmet_gates.len(),
        DecisionOutcome::Start { .. }
        | DecisionOutcome::Complete { .. }
        | DecisionOutcome::Advance { .. }
        | DecisionOutcome::Fail { .. } => 0,
    }
}

/// Cuts the unmet gates that a hold names, and gives how many were left out.
pub(super) fn cut_unmet_gates(outcome: &mut DecisionOutcome, shown: usize) -> usize {
    match outcome {
        DecisionOutcome::Hold { summary } => cut(&mut summary.unmet_gates, shown),
        DecisionOutcome::Start { .. }
        | DecisionOutcome::Complete { .. }
        | DecisionOutcome::Advance { .. }
        | DecisionOutcome::Fail { .. } => 0,
    }
}

/// For `skip_serializing_if`: nothing was left out.
#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde hands a reference")]
pub(super) fn is_zero(count: &usize) -> bool {
    *count == 0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_longest_lists_that_fit_are_given() {
        let of = |each: usize| fitting(|shown| vec!["x".repeat(each); shown]).len();
        assert_eq!([of(10), of(200), of(600), of(1_000), of(9_000)], [48, 24, 12, 6, 1]);
    }
}
