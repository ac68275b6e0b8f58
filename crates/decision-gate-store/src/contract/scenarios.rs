//! Scenarios: persisted, scoped, versioned.

use decision_gate_core::ledger::{Body, Event};
use decision_gate_core::scenario::Origin::{Draft, Pinned};
use decision_gate_runtime::ports::{Scope, Store, StoreError, Stream};

use super::Ground;
use super::build::{definition, shelf};

async fn log_of(store: &dyn Store, scope: Scope) -> Vec<Event> {
    let page = store.events(&Stream { scope, run: None }, 1, 100).await.unwrap();
    page.events.iter().map(|it| Event::read(&it.bytes).unwrap()).collect()
}

pub(crate) async fn d10_scenarios_are_kept_and_scoped<G: Ground>(ground: &G) {
    let keep = (!G::LASTS).then(|| ground.open());
    let put = definition(shelf(1), "release", Draft, r#"{"a":1}"#);
    let stored = ground.open().put_scenario(put.clone()).await.unwrap();
    assert_eq!((stored.version, &stored.spec, stored.spec_hash), (1, &put.spec, put.spec_hash));

    let store = ground.open();
    assert_eq!(store.scenario(shelf(1), &put.scenario_id, None).await, Ok(Some(stored)));
    assert_eq!(store.scenario(shelf(2), &put.scenario_id, None).await, Ok(None));
    assert_eq!(store.scenario(shelf(2), &put.scenario_id, Some(put.spec_hash)).await, Ok(None));
    assert_eq!(store.scenarios(shelf(2), None, 10).await, Ok(Vec::new()));
    // The name is free on another shelf.
    let other = definition(shelf(2), "release", Pinned, r#"{"b":2}"#);
    assert_eq!(store.put_scenario(other).await.unwrap().version, 1);
    assert_eq!(store.scenario(shelf(1), &put.scenario_id, None).await.unwrap().unwrap().spec, put.spec);
    drop(keep);
}

pub(crate) async fn d34_a_redefinition_leaves_the_old_version(ground: &impl Ground) {
    let strict = definition(shelf(1), "release", Draft, r#"{"strict":true}"#);
    let weak = definition(shelf(1), "release", Draft, r#"{"strict":false}"#);
    let store = ground.open();
    store.put_scenario(strict.clone()).await.unwrap();
    let store = ground.open();
    assert_eq!(store.put_scenario(weak.clone()).await.unwrap().version, 2);
    let id = &strict.scenario_id;
    assert_eq!(store.scenario(shelf(1), id, None).await.unwrap().unwrap().spec, weak.spec);
    // A run is bound to a hash, and under that hash lies what lay there when it started.
    let bound = store.scenario(shelf(1), id, Some(strict.spec_hash)).await.unwrap().unwrap();
    assert_eq!((bound.spec, bound.version), (strict.spec, 1));
    let listed = store.scenarios(shelf(1), None, 10).await.unwrap();
    assert_eq!((listed.len(), listed[0].versions, listed[0].spec_hash), (1, 2, weak.spec_hash));
}

pub(crate) async fn the_same_version_is_no_new_one(ground: &impl Ground) {
    let store = ground.open();
    let put = definition(shelf(1), "release", Draft, "{}");
    let first = store.put_scenario(put.clone()).await.unwrap();
    assert_eq!(store.put_scenario(put).await, Ok(first.clone()));
    let log = log_of(&*store, shelf(1)).await;
    assert_eq!(log.len(), 1);
    assert_eq!(log[0].seq, 1);
    assert!(matches!(&log[0].body, Body::ScenarioDefined(body) if body.spec_hash == first.spec_hash));
}

pub(crate) async fn a_draft_does_not_replace_a_pinned_scenario(ground: &impl Ground) {
    let store = ground.open();
    let draft = |spec: &str| definition(shelf(1), "release", Draft, spec);
    let pinned = |spec: &str| definition(shelf(1), "release", Pinned, spec);
    store.put_scenario(draft("1")).await.unwrap();
    // A file takes a draft over, with the same text or another.
    assert_eq!(store.put_scenario(pinned("1")).await.unwrap().origin, Pinned);
    assert_eq!(store.put_scenario(pinned("2")).await.unwrap().version, 2);
    for spec in ["1", "3"] {
        let refused = store.put_scenario(draft(spec)).await;
        assert_eq!(refused, Err(StoreError::Pinned { scenario: "release".into() }));
    }
    // To define what is in force already changes nothing.
    let same = store.put_scenario(draft("2")).await.unwrap();
    assert_eq!((same.origin, same.version), (Pinned, 2));
    let origins: Vec<_> = log_of(&*store, shelf(1))
        .await
        .into_iter()
        .filter_map(|event| if let Body::ScenarioDefined(body) = event.body { Some(body.origin) } else { None })
        .collect();
    assert_eq!(origins, [Draft, Pinned, Pinned]);
    let other = definition(shelf(1), "another", Draft, "3");
    store.put_scenario(other).await.unwrap();
}

pub(crate) async fn a_version_can_come_back(ground: &impl Ground) {
    let store = ground.open();
    let [one, two] = ["1", "2"].map(|spec| definition(shelf(1), "release", Pinned, spec));
    for put in [&one, &two, &one] {
        store.put_scenario(put.clone()).await.unwrap();
    }
    let current = store.scenario(shelf(1), &one.scenario_id, None).await.unwrap().unwrap();
    assert_eq!((current.spec, current.version), (one.spec, 1));
    let listed = store.scenarios(shelf(1), None, 10).await.unwrap();
    assert_eq!((listed[0].spec_hash, listed[0].versions), (one.spec_hash, 2));
    // The log says what was in force when.
    assert_eq!(log_of(&*store, shelf(1)).await.len(), 3);
}

pub(crate) async fn scenarios_are_listed_in_pages(ground: &impl Ground) {
    let store = ground.open();
    let names = ["a", "a-b", "b", "c"];
    for name in ["c", "a", "b", "a-b"] {
        store.put_scenario(definition(shelf(1), name, Draft, "{}")).await.unwrap();
    }
    let (mut seen, mut after) = (Vec::new(), None);
    loop {
        let page = store.scenarios(shelf(1), after.as_ref(), 2).await.unwrap();
        let Some(last) = page.last() else { break };
        after = Some(last.scenario_id.clone());
        seen.extend(page.iter().map(|it| it.scenario_id.to_string()));
    }
    assert_eq!(seen, names);
}
