//! Data shapes: persisted, scoped, and never changed.

use decision_gate_core::ledger::{Body, Event};
use decision_gate_runtime::ports::{PutSchema, StoreError, Stream};

use super::Ground;
use super::build::{registration, shelf};

pub(crate) async fn d10_data_shapes_are_kept_and_scoped<G: Ground>(ground: &G) {
    let keep = (!G::LASTS).then(|| ground.open());
    let put = PutSchema { description: Some("what tests say".into()), ..registration(shelf(1), "report", "1", "{}") };
    let stored = ground.open().put_schema(put.clone()).await.unwrap();
    assert_eq!((&stored.schema, stored.schema_hash, stored.registered), (&put.schema, put.schema_hash, 1));
    assert_eq!(stored.description.as_deref(), Some("what tests say"));

    let store = ground.open();
    let (id, version) = (&put.schema_id, &put.version);
    assert_eq!(store.schema(shelf(1), id, version).await, Ok(Some(stored)));
    assert_eq!(store.schema(shelf(2), id, version).await, Ok(None));
    assert_eq!(store.schema(shelf(1), id, &"2".try_into().unwrap()).await, Ok(None));
    assert!(store.schemas(shelf(2), None, 10).await.unwrap().is_empty());
    // The name is free on another shelf.
    let other = store.put_schema(registration(shelf(2), "report", "1", "true")).await.unwrap();
    assert_eq!(other.registered, 1);
    assert_eq!(store.schema(shelf(1), id, version).await.unwrap().unwrap().schema, put.schema);
    drop(keep);
}

pub(crate) async fn a_registered_version_never_changes(ground: &impl Ground) {
    let store = ground.open();
    let first = store.put_schema(registration(shelf(1), "report", "1", "{}")).await.unwrap();
    let again = PutSchema { description: Some("other".into()), ..registration(shelf(1), "report", "1", "{}") };
    assert_eq!(store.put_schema(again).await, Ok(first.clone()), "the same schema changes nothing");
    let taken = StoreError::SchemaTaken { schema: "report".into(), version: "1".into() };
    assert_eq!(store.put_schema(registration(shelf(1), "report", "1", "true")).await, Err(taken));
    assert_eq!(store.put_schema(registration(shelf(1), "report", "2", "true")).await.unwrap().registered, 2);
    assert_eq!(store.schema(shelf(1), &first.schema_id, &first.version).await, Ok(Some(first.clone())));
    let log = store.events(&Stream { scope: shelf(1), run: None }, 1, 10).await.unwrap();
    let events: Vec<_> = log.events.iter().map(|it| Event::read(&it.bytes).unwrap()).collect();
    assert_eq!(events.len(), 2, "one event for each version");
    assert!(matches!(&events[0].body, Body::SchemaRegistered(body) if body.schema_hash == first.schema_hash));
}

pub(crate) async fn a_shelf_takes_so_many_data_shapes(ground: &impl Ground) {
    let store = ground.open();
    let put = |id: &str, schema: &str| PutSchema { max_entries: 2, ..registration(shelf(1), id, "1", schema) };
    for id in ["a", "b"] {
        store.put_schema(put(id, "{}")).await.unwrap();
    }
    assert_eq!(store.put_schema(put("c", "{}")).await, Err(StoreError::SchemasFull { limit: 2 }));
    store.put_schema(put("a", "{}")).await.unwrap();
    let wrong = PutSchema { schema: b"true".to_vec(), ..put("d", "{}") };
    assert_eq!(store.put_schema(wrong).await.unwrap_err().code(), "store_append_invalid");
}

pub(crate) async fn data_shapes_are_listed_in_pages(ground: &impl Ground) {
    let store = ground.open();
    for (id, version) in [("b", "1"), ("a", "2"), ("a-b", "1"), ("a", "10")] {
        store.put_schema(registration(shelf(1), id, version, "{}")).await.unwrap();
    }
    let (mut seen, mut after) = (Vec::new(), None);
    loop {
        let page = store.schemas(shelf(1), after.as_ref().map(|(id, version)| (id, version)), 3).await.unwrap();
        let Some(last) = page.last() else { break };
        after = Some((last.schema_id.clone(), last.version.clone()));
        seen.extend(page.iter().map(|it| format!("{} {}", it.schema_id, it.version)));
    }
    assert_eq!(seen, ["a 10", "a 2", "a-b 1", "b 1"]);
}
