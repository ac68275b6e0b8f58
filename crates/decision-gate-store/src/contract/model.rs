//! Random calls against a model that is three maps.

use std::collections::BTreeMap;
use std::sync::Arc;

use decision_gate_core::digest::Digest;
use decision_gate_core::ledger::Event;
use decision_gate_core::scenario::Origin;
use decision_gate_runtime::ports::{Append, Scope, Store, StoreError, Stream};
use proptest::prelude::*;

use super::Ground;
use super::build::{self, activation, definition, shelf};

/// A call, over one of two handles.
#[derive(Clone, Debug)]
pub(crate) struct Call {
    handle: usize,
    namespace: u64,
    what: What,
}

#[derive(Clone, Debug)]
enum What {
    /// Appends to a run what was decided `stale` events ago, under the current or an older policy.
    Append { run: u8, key: u8, stale: u64, old_policy: bool },
    /// Defines a version of a scenario.
    Define { id: u8, spec: u8, pinned: bool },
    /// Puts a policy in force.
    Activate { policy: u8 },
    /// Gives both handles up, and opens new ones.
    Reopen,
}

/// Any calls.
pub(crate) fn calls() -> impl Strategy<Value = Vec<Call>> {
    let append = (0..3_u8, 0..24_u8, prop_oneof![4 => Just(0_u64), 1 => 1..3_u64], proptest::bool::weighted(0.1));
    let what = prop_oneof![
        8 => append.prop_map(|(run, key, stale, old_policy)| What::Append { run, key, stale, old_policy }),
        3 => (0..2_u8, 0..3_u8, any::<bool>()).prop_map(|(id, spec, pinned)| What::Define { id, spec, pinned }),
        2 => (0..3_u8).prop_map(|policy| What::Activate { policy }),
        1 => Just(What::Reopen),
    ];
    let call = (0..2_usize, 1..3_u64, what).prop_map(|(handle, namespace, what)| Call { handle, namespace, what });
    proptest::collection::vec(call, 1..60)
}

/// The versions of one scenario in order, and which is current.
#[derive(Default)]
struct Versions {
    known: Vec<(String, Origin)>,
    current: usize,
}

#[derive(Default)]
struct Model {
    streams: BTreeMap<Stream, Vec<Append>>,
    scenarios: BTreeMap<(Scope, String), Versions>,
    policies: BTreeMap<Scope, Vec<Digest>>,
    logs: BTreeMap<Scope, u64>,
}

/// Makes the calls on a store and on the model, and compares.
pub(crate) fn check<G: Ground>(calls: Vec<Call>) -> Result<(), TestCaseError> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let Some(ground) = G::fresh() else { return Ok(()) };
        let mut handles = [ground.open(), ground.open()];
        let mut model = Model::default();
        for call in calls {
            let (scope, store) = (shelf(call.namespace), Arc::clone(&handles[call.handle]));
            match call.what {
                What::Append { run, key, stale, old_policy } => {
                    let append = model.decide(scope, run, key, stale, old_policy);
                    let expected = model.append(&append);
                    prop_assert_eq!(store.append(&append).await.map(|it| it.seq), expected);
                }
                What::Define { id, spec, pinned } => {
                    let origin = if pinned { Origin::Pinned } else { Origin::Draft };
                    let (id, spec) = (format!("scenario-{id}"), format!("{spec}"));
                    let stored = store.put_scenario(definition(scope, &id, origin, &spec)).await;
                    prop_assert_eq!(stored.map(|it| it.version), model.define(scope, &id, origin, spec));
                }
                What::Activate { policy } => {
                    let bytes = vec![policy];
                    let digest = Digest::of(&bytes);
                    let epoch = store.activate_policy(scope, digest, bytes, activation(scope)).await;
                    prop_assert_eq!(epoch, Ok(model.activate(scope, digest)));
                }
                What::Reopen if G::LASTS => {
                    drop(store);
                    handles = [ground.open(), ground.open()];
                }
                What::Reopen => {}
            }
        }
        model.compare(&*handles[0]).await
    })
}

impl Model {
    fn decide(&self, scope: Scope, run: u8, key: u8, stale: u64, old_policy: bool) -> Append {
        let run = format!("run-{run}");
        let events = self.streams.get(&build::stream(scope, &run)).map_or(&[][..], Vec::as_slice);
        let known = events.len().saturating_sub(usize::try_from(stale).unwrap());
        let mut append = match events[..known].last() {
            Some(before) => build::step(before.state.as_ref().unwrap(), &format!("key-{key}"), usize::from(key % 3)),
            None => build::start(scope, &run),
        };
        append.policy_epoch = Some(self.epoch(scope) + u64::from(old_policy));
        append
    }

    fn epoch(&self, scope: Scope) -> u64 {
        self.policies.get(&scope).map_or(0, |epochs| u64::try_from(epochs.len()).unwrap())
    }

    fn append(&mut self, append: &Append) -> Result<u64, StoreError> {
        let active = self.epoch(append.stream.scope);
        let events = self.streams.entry(append.stream.clone()).or_default();
        let seq = append.event.seq;
        let is_next = u64::try_from(events.len()).unwrap() + 1 == seq;
        let decided = append.policy_epoch.unwrap();
        if is_next && active != decided {
            return Err(StoreError::PolicyEpoch { active, decided });
        }
        let key_is_taken = append.event.key.is_some() && events.iter().any(|it| it.event.key == append.event.key);
        if !is_next || key_is_taken {
            return Err(StoreError::Conflict { seq });
        }
        events.push(append.clone());
        Ok(seq)
    }

    fn define(&mut self, scope: Scope, id: &str, origin: Origin, spec: String) -> Result<u64, StoreError> {
        let Versions { known, current } = self.scenarios.entry((scope, id.to_owned())).or_default();
        let in_force = known.get(*current).cloned();
        let is_in_force = in_force.as_ref().is_some_and(|(text, by)| *text == spec && *by >= origin);
        if !is_in_force && in_force.is_some_and(|(_, by)| by > origin) {
            return Err(StoreError::Pinned { scenario: id.to_owned() });
        }
        if !is_in_force {
            *self.logs.entry(scope).or_default() += 1;
            *current = known.iter().position(|(text, _)| *text == spec).unwrap_or(known.len());
            match known.get_mut(*current) {
                Some(version) => version.1 = origin,
                None => known.push((spec, origin)),
            }
        }
        Ok(u64::try_from(*current).unwrap() + 1)
    }

    fn activate(&mut self, scope: Scope, digest: Digest) -> u64 {
        let epochs = self.policies.entry(scope).or_default();
        if epochs.last() != Some(&digest) {
            epochs.push(digest);
            *self.logs.entry(scope).or_default() += 1;
        }
        u64::try_from(epochs.len()).unwrap()
    }

    async fn compare(&self, store: &dyn Store) -> Result<(), TestCaseError> {
        for (stream, events) in &self.streams {
            let page = store.events(stream, 1, usize::MAX).await.unwrap();
            let stored: Vec<_> = page.events.iter().map(|it| Event::read(&it.bytes).unwrap()).collect();
            prop_assert_eq!(stored, events.iter().map(|it| it.event.clone()).collect::<Vec<_>>());
            let values: Vec<_> = page.values.into_iter().map(|it| it.value).collect();
            prop_assert_eq!(values, events.iter().flat_map(|it| it.values.clone()).collect::<Vec<_>>());
            let head = store.run(stream.scope, stream.run.as_ref().unwrap()).await.unwrap();
            prop_assert_eq!(head.map(|it| it.state), events.last().and_then(|it| it.state.clone()));
        }
        for ((scope, id), Versions { known, current }) in &self.scenarios {
            let id = id.as_str().try_into().unwrap();
            let found = store.scenario(*scope, &id, None).await.unwrap();
            let expected = known.get(*current).cloned();
            prop_assert_eq!(found.map(|it| (String::from_utf8(it.spec).unwrap(), it.origin)), expected);
            for (text, origin) in known {
                let found = store.scenario(*scope, &id, Some(Digest::of(text.as_bytes()))).await.unwrap().unwrap();
                prop_assert_eq!((found.spec, found.origin), (text.clone().into_bytes(), *origin));
            }
        }
        for (scope, epochs) in &self.policies {
            let active = store.active_policy(*scope).await.unwrap();
            prop_assert_eq!(active, epochs.last().map(|digest| (u64::try_from(epochs.len()).unwrap(), *digest)));
        }
        for (scope, length) in &self.logs {
            let log = store.events(&Stream { scope: *scope, run: None }, 1, usize::MAX).await.unwrap();
            prop_assert_eq!(u64::try_from(log.events.len()).unwrap(), *length);
        }
        Ok(())
    }
}
