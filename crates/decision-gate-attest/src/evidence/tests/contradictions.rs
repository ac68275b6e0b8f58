//! The law over whole gates, contradictions included: with an attestation less, or a broken one, or another order, no gate
//! holds that did not hold with all of them.

use decision_gate_core::condition::{Comparator, Truth, judge, meet_lane};
use decision_gate_core::gate::{self, Requirement};
use decision_gate_core::name::{ConditionId, GateId, NamespaceId, TenantId};
use decision_gate_core::policy::{Policy, PolicySnapshot};
use decision_gate_core::trust::{Occasion, Proof, Readers};
use proptest::prelude::*;

use super::*;

/// What is asked: a fact or a path, and how it is compared.
fn conditions() -> Vec<(Query, Comparator, Value)> {
    let fact = ("test.result", json!({}));
    let path = |path: &str| (PREDICATE_CHECK, json!({ "predicate_type": TEST_RESULT, "jsonpath": path }));
    [
        (fact.clone(), "equals", json!("PASSED")),
        (fact.clone(), "not_equals", json!("FAILED")),
        (fact.clone(), "in_set", json!(["PASSED", "WARNED"])),
        (fact, "equals", json!("FAILED")),
        (path("$.url"), "exists", Value::Null),
        (path("$.url"), "not_exists", Value::Null),
        (path("$.passedTests"), "not_exists", Value::Null),
        (path("$.result"), "greater_than", json!(3)),
    ]
    .into_iter()
    .map(|((check, params), comparator, expected)| {
        let query = Query {
            provider_id: ProviderId::try_from("attestation").unwrap(),
            check_id: CheckId::try_from(check).unwrap(),
            params: Some(params),
        };
        (query, serde_json::from_value(json!(comparator)).unwrap(), expected)
    })
    .collect()
}

fn policy(threshold: usize) -> Policy {
    let digest = json!({ "algorithm": "sha256", "value": "0".repeat(64) });
    let mut snapshot: PolicySnapshot = serde_json::from_value(json!({
        "v": 1,
        "trust_requirement": "verified",
        "provider_trust_overrides": {},
        "providers": { "attestation": {
            "answers": "fetched", "max_lane": "verified", "allow_raw": false, "contract": digest, "result_schemas": { "test.result": {}, "predicate": {} },
            "signers": [{ "predicate_types": [TEST_RESULT], "keys": ["a", "b"], "threshold": threshold }],
        }},
        "anchors": {},
        "evidence": { "allow_raw_values": false, "require_provider_opt_in": true, "hash_profile": "kept" },
        "limits": { "max_evidence_bytes": 1_048_576, "max_payload_bytes": 2_097_152 },
        "packets": { "engine": "permit_all" },
        "time": { "source": "server", "max_skew_ms": 300_000 },
    }))
    .unwrap();
    snapshot.keys = Keyring::new(["a", "b", "c"].map(trusted)).unwrap();
    let readers = Readers { attestations: READER, release: |_| Err("no releases here".to_owned()) };
    Policy::new(snapshot).with_readers(Some(readers))
}

/// Files that contradict one another, files that do not count, and files that are nothing.
fn pool() -> Vec<String> {
    let mut all = Vec::new();
    for result in ["PASSED", "FAILED", "WARNED"] {
        for signers in [&["a"][..], &["b"], &["a", "b"], &["c"]] {
            all.push(signed(&tests(result), signers));
            all.push(signed(&json!({ "result": result, "configuration": [], "passedTests": ["x"] }), signers));
        }
    }
    let mut broken: Value = serde_json::from_str(&signed(&tests("PASSED"), &["b"])).unwrap();
    broken["payload"] = json!("e30=");
    all.extend([broken.to_string(), "junk".to_owned(), signed(&json!({ "result": "PASSED" }), &["a"])]);
    all
}

fn id_of(index: usize) -> ConditionId {
    ConditionId::try_from(format!("c{index}")).unwrap()
}

fn tree() -> impl Strategy<Value = Requirement> {
    let leaf = (0..conditions().len()).prop_map(|index| Requirement::Condition(id_of(index)));
    leaf.prop_recursive(3, 12, 3, |inner| {
        let several = || prop::collection::vec(inner.clone(), 1..4);
        prop_oneof![
            several().prop_map(Requirement::And),
            several().prop_map(Requirement::Or),
            inner.clone().prop_map(|part| Requirement::Not(Box::new(part))),
            (several(), any::<prop::sample::Index>()).prop_map(|(reqs, min)| {
                let min = u8::try_from(min.index(reqs.len()) + 1).unwrap();
                Requirement::RequireGroup { min, reqs }
            }),
        ]
    })
}

fn judged(policy: &Policy, files: &[String]) -> Vec<decision_gate_core::condition::Judged> {
    let named = files.iter().enumerate().map(|(index, text)| (format!("{index:03}"), text.clone().into_bytes()));
    let brought =
        Answer::Found(Box::new(Found { value: Collected::new(named).to_value(), ..Found::json(Value::Null) }));
    let subject = subject();
    let occasion = Occasion {
        tenant: TenantId::new(1).unwrap(),
        namespace: NamespaceId::new(1).unwrap(),
        run: None,
        subject: Some(&subject),
        environment: None,
        at: AT,
    };
    let judge = |(query, comparator, expected): &(Query, Comparator, Value)| {
        let judged = judge(query, *comparator, expected, Some(&brought), policy, occasion);
        meet_lane(&judged, Lane::Verified).into_owned()
    };
    conditions().iter().map(judge).collect()
}

fn holds(tree: &Requirement, policy: &Policy, files: &[String]) -> bool {
    let judged = judged(policy, files);
    let truth = |id: &ConditionId, need| {
        let index: usize = id.as_str().trim_start_matches('c').parse().unwrap();
        judged[index].status_for(need)
    };
    gate::evaluate(&GateId::try_from("g").unwrap(), tree, &truth).status == Truth::True
}

#[test]
fn what_one_signer_says_stands_beside_what_another_says_and_both_are_on_record() {
    let files = [signed(&tests("PASSED"), &["a"]), signed(&tests("FAILED"), &["b"])];
    let both = judged(&policy(1), &files);
    let passed = &both[0];
    assert_eq!(passed.status, Truth::True);
    let Some(Proof::Attested(proof)) = &passed.proof else { panic!("{passed:?}") };
    assert_eq!((proof.signers.clone(), proof.against.len()), (vec![id("a")], 1));
    // A gate that wants it to hold has it, and so has one that wants it not to.
    let leaf = Requirement::Condition(id_of(0));
    assert!(holds(&leaf, &policy(1), &files));
    assert!(holds(&Requirement::Not(Box::new(leaf.clone())), &policy(1), &files));
    // Where both must say the same, neither stands, and losing one changes nothing.
    for fewer in [&files[..], &files[..1], &files[1..]] {
        assert!(!holds(&leaf, &policy(2), fewer));
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(160))]

    #[test]
    fn less_never_opens_a_gate_that_more_held(
        tree in tree(),
        picked in prop::collection::vec(any::<prop::sample::Index>(), 1..6),
        threshold in 1_usize..3,
        lost in any::<prop::sample::Index>(),
        cut in any::<prop::sample::Index>(),
    ) {
        let (policy, pool) = (policy(threshold), pool());
        let files: Vec<_> = picked.iter().map(|index| pool[index.index(pool.len())].clone()).collect();
        let all = holds(&tree, &policy, &files);
        let reversed: Vec<_> = files.iter().rev().cloned().collect();
        prop_assert_eq!(holds(&tree, &policy, &reversed), all);
        prop_assert_eq!(holds(&tree, &policy, &[reversed.join("\n")]), all);
        if !all {
            let mut fewer = files.clone();
            fewer.remove(lost.index(files.len()));
            prop_assert!(!holds(&tree, &policy, &fewer), "{:?} without {}", tree, lost.index(files.len()));
            let mut corrupted = files.clone();
            let file = &mut corrupted[lost.index(files.len())];
            file.truncate(cut.index(file.len()));
            prop_assert!(!holds(&tree, &policy, &corrupted), "{:?}", tree);
        }
    }
}
