//! Policies: which one is in force, and appends that were decided under an older one.

use decision_gate_core::digest::Digest;
use decision_gate_runtime::ports::{Append, StoreError, Stream};

use super::build::{self, activation, shelf, stream};
use super::{Ground, started};

pub(crate) async fn a_policy_is_in_force_until_another_is(ground: &impl Ground) {
    let store = ground.open();
    assert_eq!(store.active_policy(shelf(1)).await, Ok(None));
    let [one, two] = [b"1".to_vec(), b"2".to_vec()];
    let [first, second] = [Digest::of(&one), Digest::of(&two)];
    for (bytes, epoch) in [(&one, 1), (&one, 1), (&two, 2), (&two, 2), (&one, 3)] {
        let digest = Digest::of(bytes);
        assert_eq!(store.activate_policy(shelf(1), digest, bytes.clone(), activation(shelf(1))).await, Ok(epoch));
        assert_eq!(store.active_policy(shelf(1)).await, Ok(Some((epoch, digest))));
    }
    // Each shelf has its own; the bytes are kept once for all.
    assert_eq!(store.active_policy(shelf(2)).await, Ok(None));
    assert_eq!(store.activate_policy(shelf(2), second, two.clone(), activation(shelf(2))).await, Ok(1));
    assert_eq!(store.policy(first).await, Ok(Some(one.clone())));
    assert_eq!(store.policy(second).await, Ok(Some(two)));
    assert_eq!(store.policy(Digest::of(b"3")).await, Ok(None));
    let log = store.events(&Stream { scope: shelf(1), run: None }, 1, 10).await.unwrap();
    assert_eq!(log.events.len(), 3);
    // Bytes under another digest are no policy.
    let wrong = store.activate_policy(shelf(1), second, one, activation(shelf(1))).await;
    assert_eq!(wrong.unwrap_err().code(), "store_append_invalid");
}

pub(crate) async fn an_append_under_an_older_policy_is_refused(ground: &impl Ground) {
    let (store, other) = (ground.open(), ground.open());
    let state = started(&*store, &stream(shelf(1), "run-1")).await;
    let under = |epoch| Append { policy_epoch: Some(epoch), ..build::step(&state, "first", 1) };
    assert_eq!(store.append(&under(1)).await, Err(StoreError::PolicyEpoch { active: 0, decided: 1 }));
    for (bytes, epoch) in [(b"1", 1), (b"2", 2)] {
        let digest = Digest::of(bytes);
        assert_eq!(other.activate_policy(shelf(1), digest, bytes.to_vec(), activation(shelf(1))).await, Ok(epoch));
    }
    assert_eq!(store.append(&under(1)).await, Err(StoreError::PolicyEpoch { active: 2, decided: 1 }));
    assert_eq!(store.append(&under(2)).await.unwrap().seq, 2);
}
