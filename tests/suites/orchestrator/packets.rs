//! Entry packets: who is sent which, by label and tag, and what stays of it in events and packs.

use decision_gate_core::digest::Digest;
use decision_gate_core::engine::Issuing;
use decision_gate_core::json::canonical;
use decision_gate_core::ledger::Body;
use decision_gate_core::runpack::{ManifestName, Profile, Verification};
use decision_gate_core::scenario::packets::DispatchTarget;
use decision_gate_runtime::{ExportRequest, StartReply, StartRequest};
use serde_json::{Value, json};

use crate::harness::{Gate, Plan, caller, run_id, start_request, wants_one};

/// One gate before a second stage; a public packet on the way in, and a restricted one on the way on.
fn scenario() -> Value {
    let packet = |id: &str, label: &str, tag: &str| {
        json!({
            "packet_id": id, "schema_id": "note", "content_type": "application/json", "visibility_labels": [label],
            "policy_tags": [tag], "payload": {"kind": "json", "value": {"says": id}}
        })
    };
    let mut spec = wants_one("s", &json!({"give": 1}));
    spec["stages"][0]["entry_packets"] = json!([packet("welcome", "public", "briefing")]);
    let second = json!({
        "stage_id": "disclose", "ungated": true, "gates": [], "entry_packets": [packet("detail", "restricted", "secret")]
    });
    spec["stages"].as_array_mut().unwrap().push(second);
    spec
}

fn targets() -> Vec<DispatchTarget> {
    let targets = json!([
        {"kind": "agent", "agent_id": "a-1"},
        {"kind": "external", "system": "chat", "target": "releases"}
    ]);
    serde_json::from_value(targets).unwrap()
}

async fn begin(packets: Value) -> (Gate, StartReply) {
    let gate = Plan { policy: json!({ "/packets": packets }), ..Plan::default() }.build();
    gate.orchestrator.define(&caller(), &scenario()).await.unwrap();
    let request = StartRequest { dispatch_targets: targets(), ..start_request("s", "run-1") };
    let reply = gate.orchestrator.start(&caller(), &request).await.unwrap();
    (gate, reply)
}

fn rules(rules: &Value) -> Value {
    json!({"engine": "static", "default": "permit", "rules": rules})
}

/// The packets of the run's pack, which must verify.
async fn packed(gate: &Gate) -> Vec<Value> {
    let export = ExportRequest {
        run_id: run_id("run-1"),
        scenario_id: None,
        profile: Profile::Audit,
        verification: Verification::Include,
        manifest_name: ManifestName::standard(),
    };
    let pack = gate.orchestrator.export(&caller(), &export).await.unwrap();
    let file = |wanted: &str| {
        let found = pack.files().find(|(name, _)| name.ends_with(wanted));
        serde_json::from_slice::<Value>(found.unwrap_or_else(|| panic!("no {wanted}")).1).unwrap()
    };
    file("packets.json").as_array().unwrap().clone()
}

#[tokio::test]
async fn each_target_gets_a_receipt_in_answers_and_packs() {
    let (gate, started) = begin(json!({"engine": "permit_all"})).await;
    let step = gate.next(None).await.unwrap();
    assert_eq!(step.decision.outcome.word(), "advance");
    let shown = |reply: (&_, &_, &_), issued: &[_]| -> Vec<Value> {
        let (scenario, state, decision): (
            &decision_gate_core::scenario::Scenario,
            &decision_gate_core::engine::RunState,
            _,
        ) = reply;
        let issuing = Issuing { scenario, run: &state.run, targets: &state.dispatch_targets, decision };
        issued.iter().map(|it| serde_json::to_value(issuing.record(it).unwrap()).unwrap()).collect()
    };
    let first = shown((&started.scenario, &started.state, &started.state.last_decision), &started.packets);
    let second = shown((&step.scenario, &step.state, &step.decision), &step.packets);
    let packed = packed(&gate).await;
    assert_eq!(packed, [first, second].concat());
    for (record, (id, label, tag)) in
        packed.iter().zip([("welcome", "public", "briefing"), ("detail", "restricted", "secret")])
    {
        let envelope = &record["envelope"];
        assert_eq!(envelope["visibility"], json!({"labels": [label], "policy_tags": [tag]}));
        let receipts = record["receipts"].as_array().unwrap();
        assert_eq!(receipts.len(), 2);
        let hash = serde_json::to_value(Digest::of(&canonical::to_vec(envelope))).unwrap();
        for (receipt, target) in receipts.iter().zip(targets()) {
            assert_eq!(receipt["dispatch_id"], format!("mcp-{id}"));
            assert_eq!(receipt["target"], serde_json::to_value(target).unwrap());
            assert_eq!(receipt["receipt_hash"], hash);
            assert_eq!(receipt["dispatched_at"], envelope["issued_at"]);
        }
    }
    let dispatched = |body: &Body| match body {
        Body::RunStarted(body) => body.packets.iter().map(|it| it.dispatched).collect::<Vec<_>>(),
        Body::StepDecided(body) => body.packets.iter().map(|it| it.dispatched).collect(),
        Body::ScenarioDefined(_) | Body::Submitted(_) | Body::PolicyActivated(_) | Body::SchemaRegistered(_) => {
            Vec::new()
        }
    };
    let events = gate.events(Some("run-1")).await;
    assert_eq!(events.iter().map(|it| dispatched(&it.body)).collect::<Vec<_>>(), [vec![2], vec![2]]);
}

#[tokio::test]
async fn a_packet_that_may_not_go_out_breaks_the_run_off() {
    for (packets, wanted) in [
        (json!({"engine": "deny_all"}), ["policy denied disclosure", ""]),
        (rules(&json!([{"effect": "deny", "require_labels": ["public"]}])), ["policy denied disclosure", ""]),
        (rules(&json!([{"effect": "deny", "require_policy_tags": ["secret"]}])), ["", "policy denied disclosure"]),
        (
            rules(&json!([{"effect": "error", "error_message": "ask the owner", "require_labels": ["restricted"]}])),
            ["", "ask the owner"],
        ),
        // The first rule that matches decides, for each target by itself.
        (
            rules(&json!([
                {"effect": "permit", "target_kinds": ["agent"]},
                {"effect": "deny", "forbid_labels": ["public"]}
            ])),
            ["", "policy denied disclosure"],
        ),
        (
            rules(
                &json!([{"effect": "permit", "require_labels": ["restricted"]}, {"effect": "deny", "packet_ids": ["detail"]}]),
            ),
            ["", ""],
        ),
    ] {
        let (gate, started) = begin(packets.clone()).await;
        let reason = |outcome: &Value| outcome["reason"].as_str().unwrap_or_default().to_owned();
        let at_start = reason(&serde_json::to_value(&started.state.last_decision.outcome).unwrap());
        assert_eq!(at_start, wanted[0], "{packets}");
        assert_eq!(started.packets.is_empty(), !wanted[0].is_empty(), "{packets}");
        let step = gate.next(None).await.unwrap();
        if wanted[0].is_empty() {
            assert_eq!(reason(&serde_json::to_value(&step.decision.outcome).unwrap()), wanted[1], "{packets}");
            assert_eq!(step.packets.is_empty(), !wanted[1].is_empty(), "{packets}");
        }
        assert!(!step.state.is_allowed(), "{packets}");
        let went_out = wanted.iter().take_while(|it| it.is_empty()).count();
        assert_eq!(packed(&gate).await.len(), went_out, "{packets}");
    }
}
