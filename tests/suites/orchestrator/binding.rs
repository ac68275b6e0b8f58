//! A run is bound to its scenario and its version; scenarios belong to a tenant and a shelf.

use std::sync::Arc;

use decision_gate_core::name::TenantId;
use decision_gate_core::runpack::{ManifestName, Profile, Verification};
use decision_gate_core::scenario::Origin;
use decision_gate_runtime::{Caller, DraftPolicy, ExportRequest, StepRequest, SubmitRequest};
use decision_gate_store::{SqliteSettings, SqliteStore};
use serde_json::{Value, json};

use crate::harness::{Plan, caller, code, document, found, run_id, start_request, step_request, wants_one};

/// The same stage and gate as [`wants_one`], and a condition that anything meets.
fn weak(id: &str) -> Value {
    let mut spec = wants_one(id, &json!({"give": 1}));
    spec["spec_version"] = "2".into();
    spec
}

#[tokio::test]
async fn d01_another_scenario_can_not_advance_a_run() {
    let gate = Plan::default().build();
    gate.begin(&wants_one("strict", &json!({"give": 2}))).await;
    gate.orchestrator.define(&caller(), &weak("weak")).await.unwrap();
    let other = Some("weak".try_into().unwrap());
    let step = StepRequest { scenario_id: other.clone(), ..step_request("run-1", None) };
    assert_eq!(code(gate.orchestrator.step(&caller(), &step).await), "scenario_mismatch");
    let submit = SubmitRequest { scenario_id: other.clone(), ..document("run-1", None, json!(1)) };
    assert_eq!(code(gate.orchestrator.submit(&caller(), &submit).await), "scenario_mismatch");
    assert_eq!(code(gate.orchestrator.status(&caller(), &run_id("run-1"), other.as_ref()).await), "scenario_mismatch");
    let export = ExportRequest {
        run_id: run_id("run-1"),
        scenario_id: other,
        profile: Profile::Audit,
        verification: Verification::LeaveOut,
        manifest_name: ManifestName::standard(),
    };
    assert_eq!(code(gate.orchestrator.export(&caller(), &export).await), "scenario_mismatch");
    assert_eq!(gate.events(Some("run-1")).await.len(), 1, "nothing was written");
    let own = StepRequest { scenario_id: Some("strict".try_into().unwrap()), ..step_request("run-1", None) };
    assert_eq!(gate.orchestrator.step(&caller(), &own).await.unwrap().decision.outcome.word(), "hold");
}

#[tokio::test]
async fn d34_a_redefinition_never_changes_a_run_that_was_started() {
    let folder = tempfile::tempdir().unwrap();
    let open = || Arc::new(SqliteStore::new(SqliteSettings::file(folder.path().join("ledger.db"))));
    let gate = Plan::on(open()).build();
    let strict = gate.begin(&wants_one("s", &json!({"give": 2}))).await.state.spec_hash;
    assert_eq!(gate.next(None).await.unwrap().decision.outcome.word(), "hold");
    let redefined = gate.orchestrator.define(&caller(), &weak("s")).await.unwrap();
    assert_ne!(redefined.spec_hash, strict);
    assert_eq!(gate.next(None).await.unwrap().decision.outcome.word(), "hold");
    drop(gate);
    let restarted = Plan { seed: 1, ..Plan::on(open()) }.build();
    let reply = restarted.next(None).await.unwrap();
    assert_eq!((reply.decision.outcome.word(), reply.state.spec_hash), ("hold", strict));
    restarted.start("s", "run-2").await.unwrap();
    let fresh = restarted.orchestrator.step(&caller(), &step_request("run-2", None)).await.unwrap();
    assert_eq!((fresh.decision.outcome.word(), fresh.state.spec_hash), ("complete", redefined.spec_hash));
}

#[tokio::test]
async fn d10_scenarios_outlive_the_process_and_belong_to_their_tenant() {
    let folder = tempfile::tempdir().unwrap();
    let open = || Arc::new(SqliteStore::new(SqliteSettings::file(folder.path().join("ledger.db"))));
    let both = || Plan { tenants: vec![1, 2], ..Plan::on(open()) };
    let gate = both().build();
    let defined = gate.orchestrator.define(&caller(), &wants_one("s", &json!({"give": 1}))).await.unwrap();
    drop(gate);
    let gate = both().build();
    assert_eq!(gate.start("s", "run-1").await.unwrap().state.spec_hash, defined.spec_hash);
    let other = Caller { tenant: TenantId::new(2).unwrap(), ..caller() };
    assert_eq!(code(gate.orchestrator.start(&other, &start_request("s", "run-1")).await), "scenario_not_found");
    assert_eq!(code(gate.orchestrator.status(&other, &run_id("run-1"), None).await), "run_not_found");
    assert!(gate.orchestrator.scenarios(&other, None, 10).await.unwrap().is_empty());
    gate.orchestrator.define(&other, &weak("s")).await.unwrap();
    assert_eq!(gate.orchestrator.scenarios(&caller(), None, 10).await.unwrap()[0].spec_hash, defined.spec_hash);
    let third = Caller { tenant: TenantId::new(3).unwrap(), ..caller() };
    assert_eq!(code(gate.orchestrator.define(&third, &weak("s")).await), "tenant_unknown");
}

#[tokio::test]
async fn d24_the_default_tenant_is_the_only_one_that_may_start() {
    let gate = Plan { tenants: vec![1, 2], ..Plan::default() }.build();
    let mut spec = wants_one("s", &json!({"give": 1}));
    spec["default_tenant_id"] = 2.into();
    gate.orchestrator.define(&caller(), &spec).await.unwrap();
    assert_eq!(code(gate.start("s", "run-1").await), "tenant_mismatch");
    let second = Caller { tenant: TenantId::new(2).unwrap(), ..caller() };
    gate.orchestrator.define(&second, &spec).await.unwrap();
    gate.orchestrator.start(&second, &start_request("s", "run-1")).await.unwrap();
    let step = gate.orchestrator.step(&caller(), &step_request("run-1", None)).await;
    assert_eq!(code(step), "run_not_found", "the run is the other tenant's");
}

#[tokio::test]
async fn drafts_may_be_refused_and_pinned_scenarios_can_not_be_replaced() {
    let pinned = wants_one("pinned", &json!({"give": 1}));
    let gate = Plan { drafts: DraftPolicy::Refuse, pinned: vec![pinned.clone()], ..Plan::default() }.build();
    assert_eq!(code(gate.orchestrator.define(&caller(), &weak("draft")).await), "drafts_refused");
    let view = gate.start("pinned", "run-1").await.unwrap();
    assert_eq!(view.state.origin, Origin::Pinned);
    assert!(gate.next(None).await.unwrap().relaxations.is_empty());

    let store = Arc::clone(&gate.store);
    let open = Plan { pinned: vec![pinned], ..Plan::on(store) }.build();
    let mut replaced = weak("pinned");
    replaced["spec_version"] = "3".into();
    assert_eq!(code(open.orchestrator.define(&caller(), &replaced).await), "scenario_pinned");
    open.orchestrator.define(&caller(), &weak("draft")).await.unwrap();
    assert_eq!(code(gate.start("draft", "run-2").await), "drafts_refused", "a draft of another process");
}

#[tokio::test]
async fn what_does_not_exist_is_named_with_the_nearest_that_does() {
    let gate = Plan::default().build();
    gate.begin(&wants_one("release", &json!({"give": 1}))).await;
    let error = gate.start("relaese", "run-2").await.unwrap_err();
    assert_eq!((error.code(), error.hint().as_str()), ("scenario_not_found", "did you mean `release`?"));
    let mut request = start_request("release", "run-2");
    request.environment = Some("production".try_into().unwrap());
    let error = gate.orchestrator.start(&caller(), &request).await.unwrap_err();
    assert_eq!((error.code(), error.hint().as_str()), ("environment_unknown", "declared are `staging`"));
    request.environment = Some("staging".try_into().unwrap());
    assert_eq!(code(gate.orchestrator.start(&caller(), &request).await), "ok");
    assert_eq!(code(gate.orchestrator.status(&caller(), &run_id("nowhere"), None).await), "run_not_found");
    let mut elsewhere = weak("elsewhere");
    elsewhere["namespace_id"] = 2.into();
    gate.orchestrator.define(&caller(), &elsewhere).await.unwrap();
    assert_eq!(code(gate.start("elsewhere", "run-3").await), "scenario_not_found", "it is on another shelf");
    gate.told.tell("unused", found(json!(1)));
}
