//! Whose schema it is: an empty one becomes a ledger, another program's is left alone, a newer one is refused.

use decision_gate_runtime::ports::{Store as _, StoreError};
use tokio::task::JoinSet;

use super::Schema;
use crate::contract::build::{shelf, start, stream};
use crate::contract::{Ground as _, started};

#[tokio::test]
async fn an_empty_schema_becomes_a_ledger_and_so_does_none() {
    let (Some(none), Some(empty)) = (Schema::fresh(), Schema::fresh()) else { return };
    empty.cluster.sql(&format!("CREATE SCHEMA {}", empty.name)).unwrap();
    for schema in [&none, &empty] {
        schema.store().ready().await.unwrap();
        let marker = format!("SELECT application, version FROM {}.ledger_marker", schema.name);
        assert_eq!(schema.cluster.sql(&marker).unwrap(), "decision-gate-ledger|2");
    }
}

#[tokio::test]
async fn many_servers_may_make_the_tables_at_once() {
    let Some(schema) = Schema::fresh() else { return };
    let mut servers = JoinSet::new();
    for server in 0..12 {
        let store = schema.store();
        servers.spawn(async move { store.append(&start(shelf(1), &format!("run-{server}"))).await });
    }
    assert!(servers.join_all().await.iter().all(|it| it.as_ref().is_ok_and(|it| it.seq == 1)));
}

#[tokio::test]
async fn a_schema_of_another_program_is_left_alone() {
    let Some(schema) = Schema::fresh() else { return };
    let name = &schema.name;
    schema.cluster.sql(&format!("CREATE SCHEMA {name}; CREATE TABLE {name}.events (theirs INTEGER)")).unwrap();
    let refused = schema.store().append(&start(shelf(1), "run-1")).await.unwrap_err();
    assert_eq!((refused.code(), refused.to_string().contains("another program")), ("store_version", true), "{refused}");
    let tables = format!("SELECT count(*) FROM information_schema.tables WHERE table_schema = '{name}'");
    assert_eq!(schema.cluster.sql(&tables).unwrap(), "1");

    schema.cluster.sql(&format!("DROP TABLE {name}.events")).unwrap();
    schema.store().ready().await.unwrap();
    schema.cluster.sql(&format!("UPDATE {name}.ledger_marker SET application = 'other'")).unwrap();
    let refused = schema.store().ready().await.unwrap_err();
    assert!(refused.to_string().contains("the application `other`"), "{refused}");
}

#[tokio::test]
async fn a_newer_ledger_is_refused() {
    let Some(schema) = Schema::fresh() else { return };
    schema.store().ready().await.unwrap();
    schema.cluster.sql(&format!("UPDATE {}.ledger_marker SET version = 99", schema.name)).unwrap();
    let refused = schema.store().ready().await.unwrap_err();
    assert_eq!(refused.code(), "store_version");
    assert!(refused.to_string().contains("schema version `99`"), "{refused}");
    assert!(refused.hint().contains("version that wrote it"), "{}", refused.hint());
}

#[tokio::test]
async fn rows_that_were_changed_by_hand_are_found() {
    let Some(schema) = Schema::fresh() else { return };
    let (store, name) = (schema.store(), &schema.name);
    let stream = stream(shelf(1), "run-1");
    let state = started(&store, &stream).await;
    store.append(&crate::contract::build::step(&state, "first", 1)).await.unwrap();
    for (change, undo, says) in [
        (
            "UPDATE events SET bytes = bytes || 'x' WHERE seq = 2",
            "UPDATE events SET bytes = substr(bytes, 1, length(bytes) - 1) WHERE seq = 2",
            "does not have its hash",
        ),
        ("UPDATE events SET seq = 7 WHERE seq = 1", "UPDATE events SET seq = 1 WHERE seq = 7", "event `1` is missing"),
        ("UPDATE heads SET seq = 3", "UPDATE heads SET seq = 2", ""),
    ] {
        schema.cluster.sql(&format!("SET search_path = {name}; {change}")).unwrap();
        let refused = store.events(&stream, 1, 10).await.unwrap_err();
        assert!(matches!(refused, StoreError::Corrupt { .. }), "{change}: {refused}");
        assert!(refused.to_string().contains(says), "{change}: {refused}");
        schema.cluster.sql(&format!("SET search_path = {name}; {undo}")).unwrap();
    }
    assert_eq!(store.events(&stream, 1, 10).await.unwrap().events.len(), 2);
}

#[tokio::test]
async fn t182_what_makes_a_table_do_something_else_is_found() {
    let Some(schema) = Schema::fresh() else { return };
    let store = schema.store();
    store.ready().await.unwrap();
    assert_eq!(store.schema_changes().await, Ok(Vec::new()));
    schema
        .by_hand(
            "CREATE FUNCTION forget() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END'; \
             CREATE TRIGGER quiet BEFORE INSERT ON pending_heads FOR EACH ROW EXECUTE FUNCTION forget(); \
             CREATE RULE nothing AS ON DELETE TO side_values DO INSTEAD NOTHING; \
             ALTER TABLE events ENABLE ROW LEVEL SECURITY; ALTER INDEX heads_pkey RENAME TO other",
        )
        .await;
    assert_eq!(
        store.schema_changes().await.unwrap(),
        [
            "there is a foreign index `other`",
            "there is a foreign row security of `events`",
            "there is a foreign rule `nothing` of `side_values`",
            "there is a foreign trigger `quiet` of `pending_heads`",
            "the index `heads_pkey` is gone",
        ]
    );
}
