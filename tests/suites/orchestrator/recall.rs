//! An answer that is given again is explained as it was the first time, from what the ledger kept.

use decision_gate_core::explain::{Size, Smallest, TimeLimit};
use decision_gate_core::name::RunId;
use decision_gate_runtime::ports::{Scope, Stream};
use decision_gate_runtime::{Forgotten, StepReply};
use serde_json::{Value, json};

use crate::harness::{EPOCH, Gate, Plan, at, caller, found, wants_one};

/// Two stages, the first with a time limit.
fn two_stages() -> Value {
    let condition = |id: &str| {
        json!({
            "condition_id": id, "comparator": "equals", "expected": 1,
            "query": {"provider_id": "p", "check_id": "ask", "params": {"key": id}},
        })
    };
    json!({
        "scenario_id": "s",
        "stages": [
            {
                "stage_id": "first", "gates": [{"gate_id": "g", "requirement": {"And": ["k", "l"]}}],
                "timeout": {"timeout_ms": 3_600_000}, "on_timeout": "fail", "advance_to": "linear",
            },
            {"stage_id": "second", "gates": [{"gate_id": "h", "requirement": "m"}]},
        ],
        "conditions": [condition("k"), condition("l"), condition("m")],
    })
}

async fn holding(plan: Plan) -> (Gate, StepReply) {
    let gate = plan.build();
    gate.told.tell("k", found(json!(2)));
    gate.begin(&two_stages()).await;
    let first = gate.next(Some("t")).await.unwrap();
    assert_eq!((first.decision.outcome.word(), first.repeated), ("hold", false));
    (gate, first)
}

fn same(again: &StepReply, first: &StepReply) {
    assert!(again.repeated && again.forgotten.is_none());
    for size in [Size::Brief, Size::Whole] {
        assert_eq!(again.explanation(size), first.explanation(size));
    }
    let gates = |reply: &StepReply| reply.evaluation.as_ref().map(|it| it.gates.clone());
    assert_eq!(gates(again), gates(first));
}

#[tokio::test]
async fn an_answer_that_is_given_again_is_explained_as_the_first_time() {
    let (gate, first) = holding(Plan::default()).await;
    let explained = first.explanation(Size::Whole).unwrap();
    assert_eq!(explained.evidence.len(), 2, "{explained:?}");
    assert_eq!(explained.upcoming[0].what, TimeLimit::StageTimeout);
    // Whatever has become of the world since.
    gate.told.tell("k", found(json!(1)));
    gate.clock.set(EPOCH + 1_000_000);
    same(&gate.next(Some("t")).await.unwrap(), &first);
    assert_eq!(gate.events(Some("run-1")).await.len(), 2, "nothing is stored for it");
}

#[tokio::test]
async fn it_is_so_after_the_run_has_gone_on() {
    let (gate, first) = holding(Plan::default()).await;
    gate.clock.set(EPOCH + 1_000);
    let second = gate.next(Some("u")).await.unwrap();
    gate.told.tell("k", found(json!(1)));
    gate.told.tell("l", found(json!(1)));
    gate.clock.set(EPOCH + 2_000);
    let advance = gate.next(Some("v")).await.unwrap();
    assert_eq!(advance.decision.outcome.word(), "advance");
    for (trigger, before) in [("t", &first), ("u", &second), ("v", &advance)] {
        same(&gate.next(Some(trigger)).await.unwrap(), before);
    }
    gate.told.tell("m", found(json!(1)));
    let last = gate.next(None).await.unwrap();
    assert_eq!(last.decision.outcome.word(), "complete");
    same(&gate.next(Some("w")).await.unwrap(), &last);
    same(&gate.next(Some("t")).await.unwrap(), &first);
}

#[tokio::test]
async fn a_policy_that_shows_less_now_shows_less_of_what_was_decided_before() {
    let (gate, first) = holding(Plan::default()).await;
    let seen = |reply: &StepReply| {
        let explanation = reply.explanation(Size::Whole).unwrap();
        explanation.evidence.iter().filter_map(|it| it.seen.clone()).collect::<Vec<_>>()
    };
    assert_eq!(seen(&first), ["2"]);
    let mut closed = Plan::on(std::sync::Arc::clone(&gate.store));
    closed.policy = json!({"/evidence/allow_raw_values": false});
    let closed = closed.build();
    let again = closed.next(Some("t")).await.unwrap();
    assert!(again.repeated && again.forgotten.is_none());
    assert_eq!(seen(&again), Vec::<String>::new());
    assert_ne!(again.policy.digest(), again.told_under.digest(), "judged by the policy of then");
    // And one that shows more now shows no more than was shown then.
    let held = closed.next(Some("u")).await.unwrap();
    assert_eq!(seen(&held), Vec::<String>::new());
    let opened = Plan::on(std::sync::Arc::clone(&gate.store)).build();
    assert_eq!(seen(&opened.next(Some("u")).await.unwrap()), Vec::<String>::new());
}

#[tokio::test]
async fn where_values_were_pruned_that_is_said() {
    let (gate, first) = holding(Plan::default()).await;
    let run = RunId::try_from("run-1").unwrap();
    let scope = Scope { tenant: caller().tenant, namespace: caller().namespace };
    gate.store.prune(&Stream { scope, run: Some(run) }, 2, at(5)).await.unwrap();
    let again = gate.next(Some("t")).await.unwrap();
    assert_eq!((again.decision, again.forgotten), (first.decision.clone(), Some(Forgotten::ValuesGone)));
    let again = gate.next(Some("t")).await.unwrap();
    let next = again.explanation(Size::Brief).unwrap().next_actions;
    assert_eq!((next.changes.len(), next.smallest), (0, Smallest::NotFound));
    assert!(next.note.unwrap().contains("no longer kept"));
}

#[tokio::test]
async fn a_step_that_time_decided_has_nothing_to_explain_then_and_now() {
    let gate = Plan::default().build();
    let mut spec = wants_one("s", &json!({"key": "k"}));
    spec["stages"][0]["timeout"] = json!({"timeout_ms": 1_000});
    spec["stages"][0]["on_timeout"] = json!("fail");
    gate.begin(&spec).await;
    gate.clock.set(EPOCH + 10_000);
    let mut tick = crate::harness::step_request("run-1", Some("tick"));
    tick.kind = decision_gate_core::engine::TriggerKind::Tick;
    let first = gate.orchestrator.step(&caller(), &tick).await.unwrap();
    assert_eq!((first.decision.outcome.word(), first.evaluation.is_none()), ("fail", true));
    same(&gate.orchestrator.step(&caller(), &tick).await.unwrap(), &first);
}
