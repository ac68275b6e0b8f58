//! What a role may do, and looking without writing: the doctor's side of a database.

use std::fs;
use std::path::Path;

use decision_gate_core::at::Timestamp;
use decision_gate_core::digest::Digest;
use decision_gate_core::scenario::Origin;
use decision_gate_runtime::ports::{KeptCheckpoint, Store, StoreError};

use super::super::{PostgresSettings, PostgresStore};
use super::Schema;
use crate::Opening;
use crate::contract::build::{activation, definition, registration, shelf, start, step, stream};
use crate::contract::{Ground as _, started};

const AT: Timestamp = Timestamp::UnixMillis(1_700_000_000_000);

/// The statements of the guide, for a role and schema of a test.
fn grants(schema: &str, role: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/guides/stores.md");
    let guide = fs::read_to_string(path).unwrap();
    let mut blocks = guide.split("```text\n").skip(1).filter_map(|it| it.split_once("```").map(|(sql, _)| sql));
    let sql = blocks.find(|it| it.contains("GRANT")).unwrap();
    let sql = sql.replace("TO gate", &format!("TO {role}")).replace("decision_gate", schema);
    assert!(sql.contains(role) && sql.contains(schema), "{sql}");
    sql
}

/// Everything that is ever written.
async fn all_that_is_written(store: &dyn Store, run: &str) -> Result<(), StoreError> {
    let (scope, run) = (shelf(1), stream(shelf(1), run));
    let state = started(store, &run).await;
    store.append(&step(&state, "first", 1)).await?;
    store.put_scenario(definition(scope, run.run.as_ref().unwrap().as_str(), Origin::Draft, "{}")).await?;
    store.put_schema(registration(scope, "report", run.run.as_ref().unwrap().as_str(), "{}")).await?;
    store
        .activate_policy(
            scope,
            Digest::of(run.run.as_ref().unwrap().as_str().as_bytes()),
            run.run.as_ref().unwrap().as_str().into(),
            activation(scope),
        )
        .await?;
    store.integrate(scope, 100).await?;
    let log = store.log(scope).await?;
    let kept = KeptCheckpoint { size: log.size(), root: log.root(), note: "note".into() };
    store.keep_checkpoint(scope, kept).await?;
    store.prune(&run, 2, AT).await?;
    Ok(())
}

#[tokio::test]
async fn the_privileges_of_the_guide_are_enough_and_each_is_needed() {
    let Some(schema) = Schema::fresh() else { return };
    let (owner, name) = (schema.store(), &schema.name);
    owner.ready().await.unwrap();
    let role = format!("{name}_role");
    schema.cluster.sql(&format!("CREATE ROLE {role} LOGIN")).unwrap();
    let settings = PostgresSettings { user: role.clone(), ..schema.settings() };
    let examine = async || PostgresStore::new(settings.clone()).unwrap().examine().await;
    let refused = examine().await.unwrap_err();
    assert_eq!((refused.code(), refused.to_string().contains("USAGE")), ("store_denied", true), "{refused}");
    schema.cluster.sql(&grants(name, &role)).unwrap();
    examine().await.unwrap();
    let store = PostgresStore::new(settings.clone()).unwrap();
    all_that_is_written(&store, "run-1").await.unwrap();
    // One thing less, and both the doctor and the call say so.
    schema.cluster.sql(&format!("REVOKE DELETE ON {name}.side_values FROM {role}")).unwrap();
    let refused = examine().await.unwrap_err();
    assert!(refused.to_string().ends_with("the role lacks DELETE on side_values"), "{refused}");
    let told = store.prune(&stream(shelf(1), "run-1"), 9, AT).await.unwrap_err();
    assert_eq!((refused.code(), told.code()), ("store_denied", "store_denied"));
    assert!(told.hint().contains("privileges"), "{}", told.hint());
    // A role that may only read.
    schema.cluster.sql(&format!("REVOKE ALL ON ALL TABLES IN SCHEMA {name} FROM {role}; GRANT SELECT ON ALL TABLES IN SCHEMA {name} TO {role}")).unwrap();
    let refused = examine().await.unwrap_err();
    assert!(refused.to_string().contains("INSERT on events"), "{refused}");
    let reader = PostgresStore::new(PostgresSettings { opening: Opening::ToRead, ..settings }).unwrap();
    assert_eq!(reader.events(&stream(shelf(1), "run-1"), 1, 10).await.unwrap().events.len(), 2);
    schema.cluster.sql(&format!("DROP OWNED BY {role}; DROP ROLE {role}")).unwrap();
}

#[tokio::test]
async fn looking_makes_and_changes_nothing_and_says_what_a_call_would() {
    let (Some(schema), Some(other)) = (Schema::fresh(), Schema::fresh()) else { return };
    let name = &schema.name;
    let look = PostgresStore::new(PostgresSettings { opening: Opening::ToRead, ..schema.settings() }).unwrap();
    look.examine().await.unwrap();
    assert_eq!(look.ready().await.unwrap_err().code(), "store_unavailable");
    let there = format!("SELECT count(*) FROM pg_namespace WHERE nspname = '{name}'");
    assert_eq!(schema.cluster.sql(&there).unwrap(), "0");

    let store = schema.store();
    assert_eq!(store.latest().await, Ok(None));
    let state = started(&store, &stream(shelf(1), "run-1")).await;
    assert_eq!(look.latest().await, Ok(Some(state.last_event_at)));
    look.examine().await.unwrap();
    schema.cluster.sql(&format!("UPDATE {name}.ledger_marker SET version = 1")).unwrap();
    for refused in [look.examine().await.unwrap_err(), fresh(&schema).ready().await.unwrap_err()] {
        assert!(matches!(refused, StoreError::Older { version: 1, .. }), "{refused}");
    }
    schema.cluster.sql(&format!("UPDATE {name}.ledger_marker SET version = 99")).unwrap();
    assert_eq!(look.examine().await.unwrap_err().code(), "store_version");

    schema.cluster.sql(&format!("CREATE SCHEMA {0}; CREATE TABLE {0}.events (theirs INTEGER)", other.name)).unwrap();
    assert_eq!(fresh(&other).examine().await.unwrap_err().code(), "store_version");
}

#[tokio::test]
async fn a_database_that_takes_no_writes_is_found() {
    let Some(schema) = Schema::fresh() else { return };
    schema.store().ready().await.unwrap();
    let role = format!("{}_reader", schema.name);
    let sql = "CREATE ROLE %r LOGIN SUPERUSER; ALTER ROLE %r SET default_transaction_read_only = on";
    schema.cluster.sql(&sql.replace("%r", &role)).unwrap();
    let store = PostgresStore::new(PostgresSettings { user: role.clone(), ..schema.settings() }).unwrap();
    assert_eq!(store.examine().await.unwrap_err().code(), "store_read_only");
    assert_eq!(store.append(&start(shelf(1), "run-1")).await.unwrap_err().code(), "store_read_only");
    schema.cluster.sql(&format!("DROP ROLE {role}")).unwrap();
}

fn fresh(schema: &Schema) -> PostgresStore {
    PostgresStore::new(PostgresSettings { opening: Opening::ToRead, ..schema.settings() }).unwrap()
}
