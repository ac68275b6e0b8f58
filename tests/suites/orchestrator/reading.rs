//! Looking writes nothing: status, prechecks and queries leave no event behind.

use std::collections::BTreeMap;

use decision_gate_core::digest::Digest;
use decision_gate_core::engine::DecisionOutcome;
use decision_gate_core::evidence::{Answer, Found, Query};
use decision_gate_runtime::{PrecheckRequest, PrecheckSource, QueryReply, QueryRequest};
use serde_json::{Value, json};

use crate::harness::{Gate, Plan, caller, code, run_id, wants_one};

#[tokio::test]
async fn d09_looking_at_a_run_writes_nothing() {
    let gate = Plan::default().build();
    gate.begin(&wants_one("s", &json!({"give": 2}))).await;
    gate.next(None).await.unwrap();
    let before = (gate.events(Some("run-1")).await, gate.events(None).await);
    for _ in 0..10 {
        let view = gate.orchestrator.status(&caller(), &run_id("run-1"), None).await.unwrap();
        assert_eq!(view.state.seq, 2);
        precheck(&gate, PrecheckSource::Run(run_id("run-1"))).await;
        ask(&gate, json!({"give": 1})).await;
    }
    assert_eq!((gate.events(Some("run-1")).await, gate.events(None).await), before);
}

/// What a precheck says on the value 1 for `c`: under the trust rules, and were it verified.
async fn precheck(gate: &Gate, source: PrecheckSource) -> [&'static str; 2] {
    let values = BTreeMap::from([("c".try_into().unwrap(), json!(1))]);
    let request = PrecheckRequest { source, stage_id: None, values, data_shape: None, time: None };
    let answer = gate.orchestrator.precheck(&caller(), &request).await.unwrap().answer;
    [answer.decision.outcome.word(), answer.if_verified.shown().outcome.word()]
}

#[tokio::test]
async fn d12_a_scenario_that_comes_with_the_call_is_prechecked_as_a_defined_one() {
    let spec = wants_one("s", &json!({"give": 1}));
    for (policy, wanted) in [
        (json!({}), ["hold", "complete"]),
        (json!({"/trust_requirement": "asserted"}), ["complete", "complete"]),
        (
            json!({"/trust_requirement": "asserted", "/provider_trust_overrides": {"p": "verified"}}),
            ["hold", "complete"],
        ),
    ] {
        let gate = Plan { policy, ..Plan::default() }.build();
        assert_eq!(precheck(&gate, PrecheckSource::Inline(spec.clone())).await, wanted);
        gate.begin(&spec).await;
        for source in [
            PrecheckSource::Inline(spec.clone()),
            PrecheckSource::Defined("s".try_into().unwrap()),
            PrecheckSource::Run(run_id("run-1")),
        ] {
            assert_eq!(precheck(&gate, source.clone()).await, wanted, "{source:?}");
        }
    }
}

#[tokio::test]
async fn a_precheck_judges_under_the_policy_that_is_in_force() {
    let one = Plan::default().build();
    one.begin(&wants_one("s", &json!({"give": 1}))).await;
    let loose = Plan {
        policy: json!({"/trust_requirement": "asserted"}),
        seed: 1,
        ..Plan::on(std::sync::Arc::clone(&one.store))
    };
    loose.build().start("s", "run-2").await.unwrap();
    one.next(None).await.unwrap();
    assert_eq!(precheck(&one, PrecheckSource::Run(run_id("run-1"))).await[0], "complete");
    assert_eq!(precheck(&one, PrecheckSource::Inline(wants_one("s", &json!({"give": 1})))).await[0], "complete");
}

#[tokio::test]
async fn a_precheck_stands_where_its_run_stands() {
    let gate = Plan::default().build();
    let mut spec = wants_one("s", &json!({"give": 1}));
    let second = json!({"stage_id": "second", "gates": [{"gate_id": "h", "requirement": {"Not": "c"}}]});
    spec["stages"].as_array_mut().unwrap().push(second);
    gate.begin(&spec).await;
    gate.next(None).await.unwrap();
    let values = BTreeMap::from([("c".try_into().unwrap(), json!(1))]);
    let request = PrecheckRequest {
        source: PrecheckSource::Run(run_id("run-1")),
        stage_id: None,
        values,
        data_shape: None,
        time: None,
    };
    let answer = gate.orchestrator.precheck(&caller(), &request).await.unwrap().answer;
    assert_eq!(answer.stage_id.as_str(), "second");
    assert!(matches!(answer.if_verified.shown().outcome, DecisionOutcome::Hold { .. }));
    let request = PrecheckRequest { stage_id: Some("third".try_into().unwrap()), ..request };
    assert_eq!(code(gate.orchestrator.precheck(&caller(), &request).await), "stage_not_found");
}

async fn ask(gate: &Gate, params: Value) -> QueryReply {
    let query =
        Query { provider_id: "p".try_into().unwrap(), check_id: "ask".try_into().unwrap(), params: Some(params) };
    gate.orchestrator.query(&caller(), &QueryRequest { query, time: None }).await.unwrap()
}

#[tokio::test]
async fn d13_a_query_never_gives_a_hash_that_was_not_computed_here() {
    let gate = Plan::default().build();
    let told = |claimed: Option<Digest>| {
        let found = Found { claimed_hash: claimed, ..Found::json(json!(5)) };
        gate.told.tell("k", Answer::Found(Box::new(found)));
    };
    for claimed in [None, Some(Digest::of(b"5"))] {
        told(claimed);
        let reply = ask(&gate, json!({"key": "k"})).await;
        assert_eq!(reply.result.evidence_hash, Some(Digest::of(b"5")));
    }
    told(Some(Digest::of(b"6")));
    let reply = ask(&gate, json!({"key": "k"})).await;
    assert_eq!((reply.result.evidence_hash, reply.result.value), (None, None));
    assert_eq!(reply.result.error.unwrap().code, "evidence_hash_mismatch");
}

#[tokio::test]
async fn a_query_is_redacted_unless_everybody_allows_its_value() {
    for (policy, shown) in [
        (json!({}), true),
        (json!({"/evidence/allow_raw_values": false}), false),
        (json!({"/providers/p/allow_raw": false}), false),
        (json!({"/providers/p/allow_raw": false, "/evidence/require_provider_opt_in": false}), true),
    ] {
        let gate = Plan { policy: policy.clone(), ..Plan::default() }.build();
        let reply = ask(&gate, json!({"give": 5})).await;
        assert_eq!((reply.result.value.is_some(), reply.redacted), (shown, !shown), "{policy}");
        assert_eq!(reply.result.evidence_hash, Some(Digest::of(b"5")), "hashes stay under the profile `kept`");
    }
    for profile in ["salted", "withheld"] {
        let policy = json!({"/evidence/allow_raw_values": false, "/evidence/hash_profile": profile});
        let gate = Plan { policy, ..Plan::default() }.build();
        assert_eq!(ask(&gate, json!({"give": 5})).await.result.evidence_hash, None, "{profile}");
    }
}

#[tokio::test]
async fn d14_the_anchor_that_offends_is_kept_in_the_error() {
    let anchors =
        json!({"providers": [{"provider_id": "p", "requirement": {"anchor_type": "a", "required_fields": ["path"]}}]});
    let gate =
        Plan { policy: json!({"/anchors": anchors, "/evidence/allow_raw_values": false}), ..Plan::default() }.build();
    let offending = decision_gate_core::evidence::EvidenceAnchor { anchor_type: "a".into(), anchor_value: "{}".into() };
    let found = Found { anchor: Some(offending), ..Found::json(json!("secret")) };
    gate.told.tell("k", Answer::Found(Box::new(found)));
    let error = ask(&gate, json!({"key": "k"})).await.result.error.unwrap();
    assert_eq!(error.code, "anchor_invalid");
    assert_eq!(error.details.unwrap()["anchor"], json!({"anchor_type": "a", "anchor_value": "{}"}));
}

#[tokio::test]
async fn a_query_that_fits_no_contract_is_refused_before_anybody_is_asked() {
    let gate = Plan::default().build();
    let query = |provider: &str, check: &str, params: Option<Value>| QueryRequest {
        query: Query { provider_id: provider.try_into().unwrap(), check_id: check.try_into().unwrap(), params },
        time: None,
    };
    for (request, wanted) in [
        (query("q", "ask", None), "provider_missing"),
        (query("p", "tell", None), "check_missing"),
        (query("p", "ask", None), "params_missing"),
        (query("p", "ask", Some(json!(1))), "params_invalid"),
    ] {
        assert_eq!(code(gate.orchestrator.query(&caller(), &request).await), wanted);
    }
    assert_eq!(gate.told.asked.load(std::sync::atomic::Ordering::SeqCst), 0);
    assert!(ask(&gate, json!({"absent": true})).await.absent);
}

#[tokio::test]
async fn d21_a_list_of_scenarios_ends_and_does_not_start_again() {
    let gate = Plan::default().build();
    for number in 0..7 {
        gate.orchestrator.define(&caller(), &wants_one(&format!("s{number}"), &json!({"give": 1}))).await.unwrap();
    }
    let page = async |after: Option<&str>| {
        let after = after.map(|it| it.try_into().unwrap());
        let page = gate.orchestrator.scenarios(&caller(), after.as_ref(), 3).await.unwrap();
        page.into_iter().map(|it| it.scenario_id.to_string()).collect::<Vec<_>>()
    };
    assert_eq!(page(None).await, ["s0", "s1", "s2"]);
    assert_eq!(page(Some("s2")).await, ["s3", "s4", "s5"]);
    assert_eq!(page(Some("s5")).await, ["s6"]);
    assert!(page(Some("s6")).await.is_empty());
    assert!(page(Some("zzz")).await.is_empty(), "a name that is not there is a place in the order");
}
