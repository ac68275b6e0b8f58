//! What every store must do, as one suite: `store_contract!(Kind)` makes a test of each case.
//!
//! A kind of store says how to make a fresh place and how to open it; opening twice gives two handles to the same
//! data, as two processes would have.

pub(crate) mod audit;
pub(crate) mod build;
pub(crate) mod concurrency;
pub(crate) mod events;
pub(crate) mod log;
pub(crate) mod marks;
pub(crate) mod model;
pub(crate) mod policies;
pub(crate) mod scenarios;
pub(crate) mod schemas;

use std::sync::Arc;

use decision_gate_core::engine::SealedState;
use decision_gate_runtime::ports::{Appended, Store, StoreError, Stream};

/// Where a store under test keeps its data.
pub(crate) trait Ground: Sized {
    /// A fresh, empty place; nothing where there is none to be had, which it says.
    fn fresh() -> Option<Self>;

    /// A handle to the place.
    fn open(&self) -> Arc<dyn Store>;

    /// Changes rows by hand, past the store, with nothing that keeps them together in the way; whether that can be done.
    async fn by_hand(&self, _script: &str) -> bool {
        false
    }

    /// A handle that only reads, all of it at one moment, where there can be one.
    fn at_one_moment(&self) -> Option<Arc<dyn Store>> {
        None
    }

    /// Whether the data outlives its last handle.
    const LASTS: bool;
}

macro_rules! store_contract {
    ($ground:ty) => {
        $crate::contract::store_contract!(@ $ground;
            events: what_is_appended_is_read_back, a_position_is_given_once, a_key_is_given_once_in_a_stream,
                a_run_is_found_only_in_its_scope, what_does_not_fit_together_is_refused, an_append_follows_the_state_that_it_was_decided_on,
                what_was_acknowledged_outlives_the_handle,
                the_tree_grows_by_one_leaf_an_event, a_page_has_the_values_of_its_events;
            scenarios: d10_scenarios_are_kept_and_scoped, d34_a_redefinition_leaves_the_old_version, the_same_version_is_no_new_one,
                a_draft_does_not_replace_a_pinned_scenario, a_version_can_come_back, scenarios_are_listed_in_pages;
            schemas: d10_data_shapes_are_kept_and_scoped, a_registered_version_never_changes,
                a_shelf_takes_so_many_data_shapes, data_shapes_are_listed_in_pages;
            policies: a_policy_is_in_force_until_another_is, an_append_under_an_older_policy_is_refused;
            log: a_log_has_the_heads_of_streams_that_grew, batches_take_so_many_heads_and_lose_none, proofs_are_read_from_tiles,
                a_log_is_of_one_shelf, integrations_beside_writers_lose_nothing, a_checkpoint_is_kept_once_for_a_size,
                pruning_takes_values_and_leaves_proofs, streams_and_shelves_are_listed, all_runs_are_scanned_in_pages,
                rows_are_read_as_they_lie_there;
            marks: marks_only_go_up, a_mark_that_has_gone_higher_is_a_conflict, marks_are_found_by_name_and_below_a_path,
                many_handles_leave_the_highest_mark, marks_are_held_against_the_events_that_raised_them;
            audit: every_table_is_read_as_it_lies_there, an_untouched_ledger_is_sound, what_events_made_is_held_against_them,
                t179_a_row_that_no_event_made_is_not_believed, t183_kept_checkpoints_are_signed_by_whom_they_must_be, t181_a_run_that_was_kept_out_of_the_log_comes_back,
                t218_a_run_without_its_last_event_is_not_believed,
                what_is_written_during_a_check_is_no_change;
            concurrency: d02_forty_callers_lose_nothing, d36_four_clients_keep_all_of_1200_steps, one_failing_append_fails_alone;
        );
        proptest::proptest! {
            #![proptest_config(proptest::prelude::ProptestConfig::with_cases(48))]
            #[test]
            fn any_order_of_calls_is_as_the_model_says(calls in $crate::contract::model::calls()) {
                $crate::contract::model::check::<$ground>(calls)?;
            }
        }
    };
    (@ $ground:ty; $($area:ident: $($case:ident),+;)+) => {
        $($(
            #[tokio::test]
            async fn $case() {
                let Some(ground) = <$ground as $crate::contract::Ground>::fresh() else { return };
                $crate::contract::$area::$case(&ground).await;
            }
        )+)+
    };
}
pub(crate) use store_contract;

/// Starts a run, and gives its state.
pub(crate) async fn started(store: &dyn Store, stream: &Stream) -> Arc<SealedState> {
    let start = build::start(stream.scope, stream.run.as_ref().unwrap().as_str());
    let state = start.state.clone().unwrap();
    store.append(&start).await.unwrap();
    state
}

/// Steps as the orchestrator does: read, decide, append, and again when somebody else was faster.
pub(crate) async fn step(store: &dyn Store, stream: &Stream, trigger: &str) -> Appended {
    loop {
        let head = store.run(stream.scope, stream.run.as_ref().unwrap()).await.unwrap().unwrap();
        match store.append(&build::step(&head.state, trigger, 1)).await {
            Ok(appended) => return appended,
            Err(StoreError::Conflict { .. }) => {}
            Err(other) => panic!("{other}"),
        }
    }
}
