//! A decision is made under the policy that is in force when it is written.

use std::sync::Arc;

use decision_gate_core::ledger::Body;
use decision_gate_store::{SqliteSettings, SqliteStore};
use serde_json::json;

use crate::harness::{Gate, Plan, found, wants_one};

fn shared() -> Arc<dyn decision_gate_runtime::Store> {
    Arc::new(SqliteStore::new(SqliteSettings::memory()))
}

fn other(store: Arc<dyn decision_gate_runtime::Store>, policy: serde_json::Value) -> Gate {
    Plan { policy, seed: 1, ..Plan::on(store) }.build()
}

#[tokio::test]
async fn a_policy_that_another_process_puts_in_force_counts_at_once() {
    let store = shared();
    let one = Plan::on(Arc::clone(&store)).build();
    one.begin(&wants_one("s", &json!({"give": 1}))).await;
    let first = one.orchestrator.policy().digest();
    let strict = other(store, json!({"/providers/p/max_lane": "asserted"}));
    strict.start("s", "run-2").await.unwrap();
    let reply = one.next(Some("t")).await.unwrap();
    assert_eq!(reply.decision.outcome.word(), "hold", "evidence of `p` is no longer verified");
    let events = one.events(Some("run-1")).await;
    let digests: Vec<_> = events.iter().map(|it| it.policy_digest).collect();
    assert_eq!(digests, [first, strict.orchestrator.policy().digest()]);
    assert_eq!(one.submit(None, json!(1)).await.unwrap().state.seq, 3);
}

#[tokio::test]
async fn the_log_of_the_shelf_says_which_policy_replaced_which() {
    let store = shared();
    let one = Plan::on(Arc::clone(&store)).build();
    one.begin(&wants_one("s", &json!({"give": 1}))).await;
    let two = other(store, json!({"/evidence/allow_raw_values": false}));
    two.start("s", "run-2").await.unwrap();
    let replaced: Vec<_> = one
        .events(None)
        .await
        .into_iter()
        .filter_map(|event| match event.body {
            Body::PolicyActivated(body) => Some((body.replaces, event.policy_digest)),
            _ => None,
        })
        .collect();
    let (first, second) = (one.orchestrator.policy().digest(), two.orchestrator.policy().digest());
    assert_eq!(replaced, [(None, first), (Some(first), second)]);
}

#[tokio::test]
async fn the_same_policy_again_is_no_new_one() {
    let store = shared();
    let one = Plan::on(Arc::clone(&store)).build();
    one.begin(&wants_one("s", &json!({"give": 1}))).await;
    let before = one.events(None).await.len();
    let two = other(store, json!({}));
    two.start("s", "run-2").await.unwrap();
    assert_eq!(one.events(None).await.len(), before);
}

#[tokio::test]
async fn limits_that_json_would_round_do_not_make_two_policies_one() {
    let limit = |bytes: u64| {
        let plan = Plan { policy: json!({"/limits/max_evidence_bytes": bytes}), ..Plan::default() };
        plan.build().orchestrator.policy().digest()
    };
    assert_ne!(limit(u64::MAX), limit(1));
    let odd = Plan {
        policy: json!({"/limits/max_evidence_bytes": u64::MAX, "/evidence/allow_raw_values": false}),
        ..Plan::default()
    };
    assert_ne!(limit(u64::MAX), odd.build().orchestrator.policy().digest());
    let policy = decision_gate_core::policy::Policy::read(
        &Plan { policy: json!({"/time/max_skew_ms": u64::MAX}), ..Plan::default() }
            .build()
            .orchestrator
            .policy()
            .to_bytes(),
    );
    assert!(policy.is_ok(), "{policy:?}");
}

#[tokio::test]
async fn decisions_say_what_is_looser_than_the_defaults() {
    let plan = Plan { policy: json!({"/trust_requirement": "asserted", "/time/source": "caller"}), ..Plan::default() };
    let gate = plan.build();
    gate.begin(&wants_one("s", &json!({"key": "k"}))).await;
    gate.told.tell("k", found(json!(1)));
    let reply = gate.next(None).await.unwrap();
    let words: Vec<_> = reply.relaxations.iter().map(|it| serde_json::to_value(it).unwrap()).collect();
    assert_eq!(words, ["trust_requirement_asserted", "time_source_caller", "scenario_draft"]);
}
