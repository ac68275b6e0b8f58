//! Writers beside each other: what waits for whom, and what happens to those who go away.

use std::sync::Arc;
use std::time::{Duration, Instant};

use decision_gate_core::digest::Digest;
use decision_gate_runtime::ports::{Append, Store as _, StoreError};

use super::super::{PostgresSettings, PostgresStore};
use super::Schema;
use crate::contract::build::{self, activation, shelf, start, stream};
use crate::contract::{Ground as _, started};

/// A second program that holds a row of the ledger in a transaction.
struct Holder(tokio_postgres::Client);

impl Holder {
    async fn of(schema: &Schema, statement: &str) -> Self {
        let mut config = tokio_postgres::Config::new();
        let socket = schema.cluster.socket();
        config.host(socket.to_string_lossy()).user("gate").dbname("gate");
        let (client, connection) = config.connect(tokio_postgres::NoTls).await.unwrap();
        tokio::spawn(connection);
        let begin = format!("SET search_path = {}; BEGIN; {statement}", schema.name);
        client.batch_execute(&begin).await.unwrap();
        Self(client)
    }

    async fn release(self) {
        self.0.batch_execute("ROLLBACK").await.unwrap();
    }
}

#[tokio::test]
async fn no_writer_waits_for_the_writer_of_another_run() {
    let Some(schema) = Schema::fresh() else { return };
    let store = schema.store();
    let held = started(&store, &stream(shelf(1), "held")).await;
    let free = started(&store, &stream(shelf(1), "free")).await;
    let bytes = b"1".to_vec();
    store.activate_policy(shelf(1), Digest::of(&bytes), bytes, activation(shelf(1))).await.unwrap();
    let holder = Holder::of(&schema, "SELECT 1 FROM heads WHERE stream = 'held' FOR UPDATE").await;
    let under = |append: Append| Append { policy_epoch: Some(1), ..append };
    store.append(&under(build::step(&free, "at-once", 1))).await.unwrap();
    store.append(&start(shelf(1), "new")).await.unwrap();
    let impatient =
        PostgresStore::new(PostgresSettings { lock_timeout: Duration::from_millis(100), ..schema.settings() });
    let refused = impatient.unwrap().append(&under(build::step(&held, "later", 1))).await;
    assert!(matches!(refused, Err(StoreError::Locked { .. })), "{refused:?}");
    holder.release().await;
    assert_eq!(store.append(&under(build::step(&held, "later", 1))).await.unwrap().seq, 2);
}

#[tokio::test]
async fn a_policy_comes_into_force_between_appends_and_never_within_one() {
    let Some(schema) = Schema::fresh() else { return };
    let store = schema.store();
    let state = started(&store, &stream(shelf(1), "run-1")).await;
    let bytes = b"1".to_vec();
    store.activate_policy(shelf(1), Digest::of(&bytes), bytes, activation(shelf(1))).await.unwrap();
    // An append holds its shelf's policy until it is written.
    let lock = format!("SELECT pg_advisory_xact_lock_shared({})", super::super::locks::shelf(shelf(1)));
    let holder = Holder::of(&schema, &lock).await;
    let activating = schema.store();
    let second = b"2".to_vec();
    let mut activation = tokio::spawn(async move {
        activating.activate_policy(shelf(1), Digest::of(&second), second, activation(shelf(1))).await
    });
    let waits = tokio::time::timeout(Duration::from_millis(200), &mut activation).await;
    assert!(waits.is_err(), "it came into force during an append");
    holder.release().await;
    assert_eq!(activation.await.unwrap(), Ok(2));
    let decided = Append { policy_epoch: Some(1), ..build::step(&state, "first", 1) };
    assert_eq!(store.append(&decided).await, Err(StoreError::PolicyEpoch { active: 2, decided: 1 }));
}

#[tokio::test]
async fn a_caller_that_goes_away_leaves_no_half_of_anything() {
    let Some(schema) = Schema::fresh() else { return };
    let settings = PostgresSettings { pool_size: 1, ..schema.settings() };
    let store = Arc::new(PostgresStore::new(settings).unwrap());
    let state = started(&*store, &stream(shelf(1), "run-1")).await;
    for round in 0..20_u32 {
        let (one, append) = (Arc::clone(&store), build::step(&state, &format!("gone-{round}"), 3));
        let call = tokio::spawn(async move { one.append(&append).await.map(|it| it.seq) });
        tokio::time::sleep(Duration::from_micros(u64::from(round) * 60)).await;
        call.abort();
    }
    // Its one connection is whole, and one of them was first.
    let page = store.events(&stream(shelf(1), "run-1"), 1, 10).await.unwrap();
    assert_eq!((page.events.len(), page.values.len()), (2, 3));
}

#[tokio::test]
async fn all_connections_in_use_is_said_after_a_while() {
    let Some(schema) = Schema::fresh() else { return };
    let settings = PostgresSettings { pool_size: 1, connect_timeout: Duration::from_millis(500), ..schema.settings() };
    let store = Arc::new(PostgresStore::new(settings).unwrap());
    let state = started(&*store, &stream(shelf(1), "held")).await;
    let holder = Holder::of(&schema, "SELECT 1 FROM heads FOR UPDATE").await;
    let waiting = Arc::clone(&store);
    let append = tokio::spawn(async move { waiting.append(&build::step(&state, "waits", 1)).await });
    tokio::time::sleep(Duration::from_millis(50)).await;
    let began = Instant::now();
    let refused = store.ready().await.unwrap_err();
    assert!(refused.to_string().contains("`1` connections were in use"), "{refused}");
    assert!(began.elapsed() < Duration::from_secs(10));
    holder.release().await;
    assert_eq!(append.await.unwrap().unwrap().seq, 2);
}

/// Has the server refuse events: while `when` holds, with this state of the SQL standard.
fn refuse(schema: &Schema, state: &str, when: &str) {
    let statements = format!(
        "SET search_path = {}; CREATE SEQUENCE IF NOT EXISTS tries; \
         CREATE OR REPLACE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN \
         IF {when} THEN RAISE EXCEPTION 'as the test wants' USING ERRCODE = '{state}'; END IF; RETURN NEW; END $$; \
         DROP TRIGGER IF EXISTS refuse ON events; \
         CREATE TRIGGER refuse BEFORE INSERT ON events FOR EACH ROW EXECUTE FUNCTION refuse()",
        schema.name
    );
    schema.cluster.sql(&statements).unwrap();
}

#[tokio::test]
async fn a_serialization_failure_is_tried_again_and_what_the_server_refuses_is_said() {
    let Some(schema) = Schema::fresh() else { return };
    let store = schema.store();
    let stream = stream(shelf(1), "run-1");
    let mut state = started(&store, &stream).await;
    // A sequence counts on when a transaction is rolled back: two tries fail, and the third is the one that counts.
    for (round, failure) in ["40001", "40P01"].into_iter().enumerate() {
        refuse(&schema, failure, &format!("nextval('tries') <= {}", round * 3 + 2));
        let append = build::step(&state, &format!("again-{round}"), 2);
        state = append.state.clone().unwrap();
        assert_eq!(store.append(&append).await.map(|it| it.seq), Ok(state.seq), "{failure}");
    }
    for (state_of_sql, code) in [("40001", "store_locked"), ("53100", "store_full"), ("25006", "store_read_only")] {
        refuse(&schema, state_of_sql, "true");
        let refused = store.append(&build::step(&state, "refused", 2)).await.unwrap_err();
        assert_eq!(refused.code(), code, "{refused}");
        assert!(!refused.hint().is_empty(), "{refused}");
    }
    refuse(&schema, "40001", "false");
    let after = build::step(&state, "after", 2);
    store.append(&after).await.unwrap();
    let page = store.events(&stream, 1, 10).await.unwrap();
    assert_eq!((page.events.len(), page.values.len()), (4, 6), "what was refused left nothing");
}
