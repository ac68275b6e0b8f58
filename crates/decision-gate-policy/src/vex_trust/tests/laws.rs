//! Laws: less evidence never improves the outcome, and its order does not matter.

use decision_gate_attest::vex_status::VexStatus;
use proptest::prelude::*;
use serde_json::{Value, json};

use super::{DAY, Doc, World, judged};
use crate::result::Outcome;

fn docs() -> impl Strategy<Value = Vec<Doc>> {
    let doc = (
        prop::sample::select(vec![None, Some("acme"), Some("beta"), Some("acme"), Some("beta")]),
        prop::sample::select(vec!["CVE-2026-0001", "CVE-2026-0002"]),
        prop::sample::select(VexStatus::ALL.to_vec()),
        prop::sample::select(vec![1_i64, 2, 40, 200]),
        prop::sample::select(vec![true, true, false]),
    );
    prop::collection::vec(doc, 0..5).prop_map(|list| {
        let ids = ["a", "b", "c", "d", "e"];
        let each = list.into_iter().zip(ids).map(|((signer, vulnerability, status, days, digest), id)| Doc {
            signer,
            id,
            version: 1,
            vulnerability,
            status,
            age: days * DAY,
            digest,
        });
        each.collect()
    })
}

/// Every action blocks, and what the ledger has seen must be there.
fn strict() -> Value {
    let lenient =
        json!({ "MinAccuracyRate": null, "MinCompositeScore": 0.7, "AcceptableFreshness": ["fresh", "stale"] });
    json!({
        "MissingTrustBehavior": "Block", "FailureAction": "Block", "Sources": ["acme", "beta"],
        "Thresholds": { "production": lenient },
    })
}

/// The ledger has seen every document of the world.
fn remembered(docs: Vec<Doc>, outcomes: (u64, u64)) -> World {
    World::with(|it| {
        it.docs = docs;
        it.outcomes = outcomes;
        it.seen = it.now();
    })
}

fn holds(world: &World) -> bool {
    judged(&strict(), &world.release("production")).outcome == Outcome::Block
}

#[test]
fn some_worlds_are_let_through_so_that_the_law_says_something() {
    let both = || vec![Doc::good(), Doc { signer: Some("beta"), id: "b", ..Doc::good() }];
    assert!(!holds(&remembered(both(), (12, 0))));
    let mut silent = remembered(both(), (12, 0));
    silent.docs.pop();
    assert!(holds(&silent), "a source that falls silent");
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 512, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn less_evidence_never_lets_through_what_was_held(docs in docs(), refuted in 0_u64..4, at in 0_usize..5, what in 0..3) {
        let world = remembered(docs, (12, refuted));
        let mut less = world.clone();
        match what {
            0 if at < less.docs.len() => drop(less.docs.remove(at)),
            1 => if let Some(doc) = less.docs.get_mut(at) { doc.signer = None },
            _ => less.outcomes = (12, refuted.saturating_sub(1)),
        }
        // An unsigned document that is gone claims less: that is no evidence taken from what is left.
        let claimed_less = world.docs.get(at).is_some_and(|it| it.signer.is_none()) && what == 0;
        prop_assert!(claimed_less || !holds(&world) || holds(&less), "{world:?}");
    }

    #[test]
    fn an_issuer_s_latest_word_can_not_be_kept_back(docs in docs(), at in 0_usize..5, action in 0..3_usize) {
        let mut options = strict();
        options.as_object_mut().unwrap().remove("Sources");
        // Whichever action is the gravest: it is taken.
        for (key, gravest) in [("FailureAction", 0), ("MissingTrustBehavior", 1)] {
            options[key] = json!(if action == 2 || action == gravest { "Block" } else { "Warn" });
        }
        let whole = remembered(docs, (12, 0));
        let mut less = whole.clone();
        let Some(doc) = less.docs.get(at).cloned().filter(|it| it.signer.is_some()) else { return Ok(()) };
        less.docs.remove(at);
        let later = |it: &Doc| it.signer == doc.signer && it.age <= doc.age;
        prop_assume!(!less.docs.iter().any(later));
        let (before, after) = (judged(&options, &whole.release("production")), judged(&options, &less.release("production")));
        prop_assert_eq!((after.outcome, after.judged.reason), (Outcome::Block, "vex_source_silent"));
        prop_assert!(after.outcome >= before.outcome);
    }

    #[test]
    fn the_order_of_evidence_does_not_matter(docs in docs()) {
        let world = remembered(docs, (12, 0));
        let mut turned = world.clone();
        turned.docs.reverse();
        let options = json!({});
        prop_assert_eq!(
            judged(&options, &world.release("production")).judged,
            judged(&options, &turned.release("production")).judged
        );
    }
}
