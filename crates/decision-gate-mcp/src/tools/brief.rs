//! Keeps answers short: a list is cut to what a model can read, and the answer says how much was left out.
//!
//! The bound is in bytes, since names may be long: a list is tried at several lengths, and the first answer that fits
//! is given. What was cut can be had in full where the caller asks for it (`feedback`, an exported pack).

use decision_gate_core::engine::DecisionOutcome;
use decision_gate_core::explain::Explanation;
use serde::Serialize;

/// The most bytes of an answer that was not asked to be long: 2,000 tokens at four bytes each.
const ANSWER_BYTES: usize = 8_000;

/// The most bytes of an explanation that was not asked to be long.
const EXPLANATION_BYTES: usize = 2_048;

/// How many entries of each list to try, most first.
const LENGTHS: [usize; 5] = [48, 24, 12, 6, 3];

/// The answer with the longest lists that still fits; with one entry each if none does.
pub(super) fn fitting<T: Serialize>(make: impl Fn(usize) -> T) -> T {
    let fits = |answer: &T| bytes(answer) <= ANSWER_BYTES;
    LENGTHS.into_iter().map(&make).find(fits).unwrap_or_else(|| make(1))
}

/// The answer with as many of `most` entries as fit, and at least one.
pub(super) fn within<T: Serialize>(most: usize, make: impl Fn(usize) -> T) -> T {
    let mut shown = most;
    loop {
        let answer = make(shown);
        if shown <= 1 || bytes(&answer) <= ANSWER_BYTES {
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

/// Leaves conditions out, last ones first, until the explanation fits. One always stays.
pub(super) fn cut_explanation(mut explanation: Explanation) -> Explanation {
    // Each of these gates is named by the decision, and nothing else is said about it here.
    explanation.gates.retain(|gate| !gate.conditions.is_empty());
    while bytes(&explanation) > EXPLANATION_BYTES && shown_conditions(&explanation) > 1 {
        let Some(condition) = explanation.gates.last_mut().and_then(|gate| gate.conditions.pop()) else { break };
        explanation.gates.retain(|gate| !gate.conditions.is_empty());
        explanation.left_out += 1;
        let named = |it: &decision_gate_core::explain::ConditionWhy| it.condition_id == condition.condition_id;
        if !explanation.gates.iter().flat_map(|gate| &gate.conditions).any(named) {
            let action = format!("`{}`:", condition.condition_id);
            explanation.next_actions.retain(|it| !it.starts_with(&action));
        }
    }
    explanation
}

/// For `skip_serializing_if`: nothing was left out.
#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde hands a reference")]
pub(super) fn is_zero(count: &usize) -> bool {
    *count == 0
}

fn shown_conditions(explanation: &Explanation) -> usize {
    explanation.gates.iter().map(|gate| gate.conditions.len()).sum()
}

fn bytes(answer: &impl Serialize) -> usize {
    // What has no form as JSON is refused where it is written.
    serde_json::to_vec(answer).map_or(0, |bytes| bytes.len())
}

#[cfg(test)]
mod tests {
    use decision_gate_core::condition::Truth;
    use decision_gate_core::explain::{ConditionWhy, GateWhy};

    use super::*;

    fn why(condition: usize) -> ConditionWhy {
        ConditionWhy {
            condition_id: format!("condition-{condition}").as_str().try_into().unwrap(),
            status: Truth::False,
            code: "not_met".into(),
            message: "the value differs".repeat(4),
            asks: "json.path file=tests.json".into(),
            expects: "equals 0".into(),
            seen: None,
        }
    }

    fn gate(id: usize, conditions: Vec<ConditionWhy>) -> GateWhy {
        let gate_id = format!("gate-{id}").as_str().try_into().unwrap();
        GateWhy { gate_id, status: Truth::False, requires: String::new(), conditions }
    }

    fn action(condition: usize) -> String {
        format!("`condition-{condition}`: do something about it")
    }

    #[test]
    fn an_explanation_is_cut_from_its_end_with_its_actions() {
        let gates = (0..30).map(|it| gate(it, if it < 12 { vec![why(it)] } else { Vec::new() })).collect();
        let next_actions = (0..12).map(action).collect();
        let cut = cut_explanation(Explanation { gates, next_actions, left_out: 18 });
        let shown = shown_conditions(&cut);
        assert!(bytes(&cut) <= EXPLANATION_BYTES && (1..12).contains(&shown), "{cut:?}");
        assert_eq!(cut.left_out + shown, 30);
        assert_eq!(cut.next_actions, (0..shown).map(action).collect::<Vec<_>>());
        assert_eq!(cut.gates.len(), shown);
    }

    #[test]
    fn the_action_stays_while_another_gate_has_its_condition() {
        let long = ConditionWhy { message: "x".repeat(2_000), ..why(1) };
        let gates = vec![gate(0, vec![why(1)]), gate(1, vec![long])];
        let cut = cut_explanation(Explanation { gates, next_actions: vec![action(1)], left_out: 0 });
        assert_eq!((cut.left_out, cut.next_actions), (1, vec![action(1)]));
    }

    #[test]
    fn one_condition_stays_however_long_it_is() {
        let long = ConditionWhy { message: "x".repeat(5_000), ..why(1) };
        let whole = Explanation { gates: vec![gate(0, vec![long])], next_actions: vec![action(1)], left_out: 0 };
        assert_eq!(cut_explanation(whole.clone()), whole);
    }

    #[test]
    fn the_longest_lists_that_fit_are_given() {
        let of = |each: usize| fitting(|shown| vec!["x".repeat(each); shown]).len();
        assert_eq!([of(10), of(200), of(600), of(1_000), of(9_000)], [48, 24, 12, 6, 1]);
    }
}
