//! Whom a call may speak for: tenants and namespaces come from the configuration, and what belongs to others is as if
//! it were not there.

use std::collections::BTreeMap;

use decision_gate_core::name::{NamespaceId, TenantId};
use decision_gate_core::runpack::{ManifestName, Profile, Verification};
use decision_gate_runtime::{Caller, ExportRequest, PrecheckRequest, PrecheckSource, RuntimeError};
use serde_json::json;

use crate::harness::{Gate, Plan, caller, code, document, run_id, start_request, step_request, wants_one};

fn of(tenant: u64, namespace: u64) -> Caller {
    let (tenant, namespace) = (TenantId::new(tenant).unwrap(), NamespaceId::new(namespace).unwrap());
    Caller { tenant, namespace, ..caller() }
}

fn said<T>(result: Result<T, RuntimeError>) -> (&'static str, String, String) {
    let error = result.err().unwrap();
    (error.code(), error.to_string(), error.hint())
}

/// Every way to name a run, and what `caller` is told.
async fn told_of_a_run(gate: &Gate, caller: &Caller, run: &str) -> Vec<(&'static str, String, String)> {
    let orchestrator = &gate.orchestrator;
    let export = ExportRequest {
        run_id: run_id(run),
        scenario_id: None,
        profile: Profile::Audit,
        verification: Verification::LeaveOut,
        manifest_name: ManifestName::standard(),
    };
    let precheck = PrecheckRequest {
        source: PrecheckSource::Run(run_id(run)),
        stage_id: None,
        values: BTreeMap::default(),
        data_shape: None,
        time: None,
    };
    vec![
        said(orchestrator.status(caller, &run_id(run), None).await),
        said(orchestrator.status(caller, &run_id(run), Some(&"s".try_into().unwrap())).await),
        said(orchestrator.step(caller, &step_request(run, Some("t-1"))).await),
        said(orchestrator.submit(caller, &document(run, Some("d-1"), json!(1))).await),
        said(orchestrator.export(caller, &export).await),
        said(orchestrator.precheck(caller, &precheck).await),
    ]
}

#[tokio::test]
async fn what_is_anothers_is_told_as_what_does_not_exist() {
    let gate = Plan { tenants: vec![1, 2], ..Plan::default() }.build();
    gate.begin(&wants_one("s", &json!({"give": 1}))).await;
    for stranger in [of(2, 1), of(1, 2)] {
        let theirs = told_of_a_run(&gate, &stranger, "run-1").await;
        let nobodys = told_of_a_run(&gate, &stranger, "run-2").await;
        let renamed: Vec<_> =
            nobodys.into_iter().map(|(code, text, hint)| (code, text.replace("run-2", "run-1"), hint)).collect();
        assert_eq!(theirs, renamed);
        // No hint either: the nearest name is looked for among one's own.
        let scenario = |id: &str| start_request(id, "run-1");
        let theirs = said(gate.orchestrator.start(&stranger, &scenario("s")).await);
        let nobodys = said(gate.orchestrator.start(&stranger, &scenario("q")).await);
        assert_eq!(theirs, (nobodys.0, nobodys.1.replace("`q`", "`s`"), nobodys.2));
    }
    assert_eq!(gate.events(Some("run-1")).await.len(), 1, "nothing was written");
}

#[tokio::test]
async fn a_tenant_or_namespace_that_is_not_open_is_refused_before_anything_is_looked_up() {
    let gate = Plan { namespaces: Some(vec![1, 3]), ..Plan::default() }.build();
    gate.begin(&wants_one("s", &json!({"give": 1}))).await;
    for (stranger, wanted) in [(of(2, 1), "tenant_unknown"), (of(1, 2), "namespace_unknown")] {
        for run in ["run-1", "run-2"] {
            for (code, _, hint) in told_of_a_run(&gate, &stranger, run).await {
                assert_eq!(code, wanted);
                assert!(hint.contains("[[tenants]]"), "{hint}");
            }
        }
        assert_eq!(code(gate.orchestrator.scenarios(&stranger, None, 10).await), wanted);
        assert_eq!(code(gate.orchestrator.schemas(&stranger, None, 10).await), wanted);
        assert_eq!(code(gate.orchestrator.start(&stranger, &start_request("s", "run-2")).await), wanted);
    }
    assert!(gate.orchestrator.scenarios(&of(1, 3), None, 10).await.unwrap().is_empty());
    // The shelf that a scenario names itself counts as well.
    let mut elsewhere = wants_one("s", &json!({"give": 1}));
    elsewhere["namespace_id"] = 2.into();
    let (code, text, hint) = said(gate.orchestrator.define(&caller(), &elsewhere).await);
    assert_eq!((code, text.as_str()), ("namespace_unknown", "namespace 2 is not open to tenant 1"));
    assert_eq!(hint, "open to it are `1`, `3`; others go under `namespaces` of its `[[tenants]]` entry");
}

#[tokio::test]
async fn d24_a_scenario_for_another_tenant_is_not_prechecked_either() {
    let gate = Plan { tenants: vec![1, 2], ..Plan::default() }.build();
    let mut spec = wants_one("s", &json!({"give": 1}));
    spec["default_tenant_id"] = 2.into();
    let request = PrecheckRequest {
        source: PrecheckSource::Inline(spec),
        stage_id: None,
        values: BTreeMap::default(),
        data_shape: None,
        time: None,
    };
    assert_eq!(code(gate.orchestrator.precheck(&caller(), &request).await), "tenant_mismatch");
    assert_eq!(code(gate.orchestrator.precheck(&of(2, 1), &request).await), "ok");
}
