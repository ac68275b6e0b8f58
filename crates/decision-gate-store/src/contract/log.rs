//! The log of stream heads: what is integrated, proven, kept and pruned.

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::Arc;

use decision_gate_core::at::Timestamp;
use decision_gate_core::digest::Digest;
use decision_gate_core::ledger::{
    CompactRange, Tiles, consistency_ranges, inclusion_ranges, leaf_hash, root_of, verify_consistency, verify_inclusion,
};
use decision_gate_core::scenario::Origin;
use decision_gate_runtime::ports::{KeptCheckpoint, Store, Stream, Tree};

use super::build::{self, definition, shelf, stream};
use super::{Ground, started, step};

/// The proof that these leaves' roots make, read as a prover does.
async fn proof(store: &dyn Store, tree: &Tree, ranges: Option<Vec<Range<u64>>>) -> Vec<Digest> {
    let ranges = ranges.unwrap();
    let mut tiles = Tiles::default();
    let ids = Tiles::needed(&ranges);
    // A few tiles for each of the levels, however large the tree is.
    assert!(ids.len() <= 8, "{ids:?}");
    for (id, hashes) in store.tiles(tree, ids.into_iter().collect()).await.unwrap() {
        tiles.insert(id, hashes);
    }
    tiles.roots(&ranges).unwrap()
}

async fn all(store: &dyn Store) -> Vec<(String, u64)> {
    let entries = store.log_entries(shelf(1), 0, 1_000).await.unwrap();
    let numbered = (0..).zip(&entries).all(|(index, entry)| entry.index == index);
    assert!(numbered, "{entries:?}");
    let tree = store.log(shelf(1)).await.unwrap();
    assert_eq!(tree.root(), root_of(entries.iter().map(|it| it.head().leaf_hash())));
    entries.into_iter().map(|it| (it.stream.run.map_or_else(String::new, |it| it.to_string()), it.size)).collect()
}

pub(crate) async fn a_log_has_the_heads_of_streams_that_grew(ground: &impl Ground) {
    let store = ground.open();
    assert_eq!(store.log(shelf(1)).await, Ok(CompactRange::default()));
    assert_eq!(store.integrate(shelf(1), 10).await.unwrap().added, 0);
    let (one, two) = (stream(shelf(1), "run-1"), stream(shelf(1), "run-2"));
    started(&*store, &two).await;
    started(&*store, &one).await;
    step(&*store, &one, "first").await;
    store.put_scenario(definition(shelf(1), "release", Origin::Draft, "{}")).await.unwrap();
    let done = store.integrate(shelf(1), 10).await.unwrap();
    assert_eq!((done.added, done.more), (3, false));
    let head = |name: &str, size| (name.to_owned(), size);
    assert_eq!(all(&*store).await, [head("", 1), head("run-1", 2), head("run-2", 1)]);
    let run = store.run(shelf(1), one.run.as_ref().unwrap()).await.unwrap().unwrap();
    let entry = store.log_entry(&one, u64::MAX).await.unwrap().unwrap();
    assert_eq!((entry.index, entry.size, entry.root), (1, 2, run.tree.root()));
    // What did not grow is not written again.
    assert_eq!(store.integrate(shelf(1), 10).await.unwrap().added, 0);
    step(&*store, &one, "second").await;
    assert_eq!(store.integrate(shelf(1), 10).await.unwrap().added, 1);
    assert_eq!(all(&*store).await, [head("", 1), head("run-1", 2), head("run-2", 1), head("run-1", 3)]);
    assert_eq!(store.log_entry(&one, 3).await.unwrap(), Some(entry.clone()));
    assert_eq!(store.log_entry(&one, 1).await.unwrap(), None);
    assert_eq!(store.stream_entries(&one, 0, 10).await.unwrap().iter().map(|it| it.index).collect::<Vec<_>>(), [1, 3]);
    assert_eq!(store.stream_entries(&one, 2, 10).await.unwrap().len(), 1);
    assert_eq!(store.stream_entries(&one, 0, 1).await.unwrap(), [entry]);
}

pub(crate) async fn batches_take_so_many_heads_and_lose_none(ground: &impl Ground) {
    let store = ground.open();
    for run in 0..7 {
        started(&*store, &stream(shelf(1), &format!("run-{run}"))).await;
    }
    let mut taken = Vec::new();
    loop {
        let done = store.integrate(shelf(1), 3).await.unwrap();
        taken.push(done.added);
        if !done.more {
            break;
        }
    }
    assert_eq!(taken, [3, 3, 1]);
    assert_eq!(all(&*store).await, (0..7).map(|run| (format!("run-{run}"), 1)).collect::<Vec<_>>());
}

pub(crate) async fn proofs_are_read_from_tiles(ground: &impl Ground) {
    let store = ground.open();
    let long = stream(shelf(1), "long");
    started(&*store, &long).await;
    let mut heads = BTreeMap::new();
    for round in 1..300_u64 {
        step(&*store, &long, &format!("round-{round}")).await;
        if round % 90 == 0 || round == 299 {
            let log = store.integrate(shelf(1), 10).await.unwrap().tree;
            heads.insert(log.size(), log.root());
        }
    }
    for run in 0..300 {
        started(&*store, &stream(shelf(1), &format!("run-{run:03}"))).await;
    }
    let log = store.integrate(shelf(1), 1_000).await.unwrap().tree;
    assert_eq!(log.size(), 304);
    let of_log = Tree::Log(shelf(1));
    for entry in store.log_entries(shelf(1), 0, 1_000).await.unwrap() {
        let path = proof(&*store, &of_log, inclusion_ranges(entry.index, log.size())).await;
        let leaf = entry.head().leaf_hash();
        assert_eq!(verify_inclusion(entry.index, log.size(), &leaf, &path, &log.root()), Ok(()));
    }
    for (size, root) in heads {
        let path = proof(&*store, &of_log, consistency_ranges(size, log.size())).await;
        assert_eq!(verify_consistency(size, &root, log.size(), &log.root(), &path), Ok(()));
    }
    // Every event of the long run, in each of its heads.
    let of_events = Tree::Events(long.clone());
    let events = store.events(&long, 1, 1_000).await.unwrap().events;
    for entry in store.stream_entries(&long, 0, 10).await.unwrap() {
        for event in events.iter().take_while(|it| it.seq <= entry.size).step_by(17) {
            let path = proof(&*store, &of_events, inclusion_ranges(event.seq - 1, entry.size)).await;
            let leaf = leaf_hash(&event.bytes);
            assert_eq!(verify_inclusion(event.seq - 1, entry.size, &leaf, &path, &entry.root), Ok(()));
        }
    }
}

pub(crate) async fn a_log_is_of_one_shelf(ground: &impl Ground) {
    let store = ground.open();
    started(&*store, &stream(shelf(1), "run-1")).await;
    started(&*store, &stream(shelf(2), "run-1")).await;
    assert_eq!(store.integrate(shelf(1), 10).await.unwrap().added, 1);
    assert_eq!(store.log(shelf(2)).await.unwrap().size(), 0);
    assert_eq!(store.log_entry(&stream(shelf(2), "run-1"), u64::MAX).await, Ok(None));
    assert_eq!(store.integrate(shelf(2), 10).await.unwrap().added, 1);
    // The same run, and not the same head: tenant and namespace are in it.
    let roots = [store.log(shelf(1)).await.unwrap().root(), store.log(shelf(2)).await.unwrap().root()];
    assert_ne!(roots[0], roots[1]);
}

pub(crate) async fn integrations_beside_writers_lose_nothing(ground: &impl Ground) {
    let writers: Vec<_> = (0..4)
        .map(|run| {
            let store = ground.open();
            tokio::spawn(async move {
                let stream = stream(shelf(1), &format!("run-{run}"));
                started(&*store, &stream).await;
                for round in 0..20 {
                    step(&*store, &stream, &format!("round-{round}")).await;
                }
            })
        })
        .collect();
    let integrators: Vec<_> = (0..2)
        .map(|_| {
            let store: Arc<dyn Store> = ground.open();
            tokio::spawn(async move {
                for _ in 0..20 {
                    store.integrate(shelf(1), 2).await.unwrap();
                    tokio::task::yield_now().await;
                }
            })
        })
        .collect();
    for task in writers.into_iter().chain(integrators) {
        task.await.unwrap();
    }
    let store = ground.open();
    while store.integrate(shelf(1), 2).await.unwrap().more {}
    let mut last = BTreeMap::new();
    for (run, size) in all(&*store).await {
        assert!(last.insert(run, size).is_none_or(|before| before < size));
    }
    assert_eq!(last.into_values().collect::<Vec<_>>(), [21; 4]);
    assert_eq!(store.counts(shelf(1)).await.unwrap().pending, 0);
}

pub(crate) async fn a_checkpoint_is_kept_once_for_a_size(ground: &impl Ground) {
    let (store, other) = (ground.open(), ground.open());
    started(&*store, &stream(shelf(1), "run-1")).await;
    let tree = store.integrate(shelf(1), 10).await.unwrap().tree;
    let kept = |root, note: &str| KeptCheckpoint { size: 1, root, note: note.to_owned() };
    assert_eq!(store.last_checkpoint(shelf(1)).await, Ok(None));
    store.keep_checkpoint(shelf(1), kept(tree.root(), "note")).await.unwrap();
    other.keep_checkpoint(shelf(1), kept(tree.root(), "note with a cosignature")).await.unwrap();
    let found = store.last_checkpoint(shelf(1)).await.unwrap();
    assert_eq!(found, Some(kept(tree.root(), "note with a cosignature")));
    // No second history, and no checkpoint of what is not there.
    let forked = other.keep_checkpoint(shelf(1), kept(Digest::of(b"other"), "forked")).await;
    assert_eq!(forked.unwrap_err().code(), "store_append_invalid");
    let ahead = KeptCheckpoint { size: 2, ..kept(tree.root(), "ahead") };
    assert_eq!(store.keep_checkpoint(shelf(1), ahead).await.unwrap_err().code(), "store_append_invalid");
    step(&*store, &stream(shelf(1), "run-1"), "first").await;
    let tree = store.integrate(shelf(1), 10).await.unwrap().tree;
    let second = KeptCheckpoint { size: 2, root: tree.root(), note: "second".into() };
    store.keep_checkpoint(shelf(1), second.clone()).await.unwrap();
    assert_eq!(store.last_checkpoint(shelf(1)).await, Ok(Some(second.clone())));
    assert_eq!(store.checkpoints(shelf(1), 2, 10).await, Ok(vec![second]));
    assert_eq!(store.checkpoints(shelf(1), 0, 10).await.unwrap().len(), 2);
    assert_eq!(store.checkpoints(shelf(2), 0, 10).await, Ok(Vec::new()));
}

pub(crate) async fn pruning_takes_values_and_leaves_proofs(ground: &impl Ground) {
    let store = ground.open();
    let (one, other) = (stream(shelf(1), "run-1"), stream(shelf(1), "run-2"));
    for stream in [&one, &other] {
        started(&*store, stream).await;
        step(&*store, stream, "first").await;
        step(&*store, stream, "second").await;
    }
    let before = store.events(&one, 1, 10).await.unwrap();
    let at = Timestamp::UnixMillis(1_700_000_000_000);
    let pruned = store.prune(&one, 2, at).await.unwrap();
    assert_eq!((pruned.through, pruned.values), (2, 1));
    assert_eq!(store.prune(&one, 2, at).await.unwrap().values, 0);
    assert_eq!(store.prunings(&one).await, Ok(vec![pruned]));
    assert_eq!(store.prunings(&other).await, Ok(Vec::new()));
    let after = store.events(&one, 1, 10).await.unwrap();
    assert_eq!(after.events, before.events);
    assert_eq!(after.values.iter().map(|it| it.seq).collect::<Vec<_>>(), [3]);
    assert_eq!(store.events(&other, 1, 10).await.unwrap().values.len(), 2);
    let counts = store.counts(shelf(1)).await.unwrap();
    assert_eq!((counts.streams, counts.events, counts.values, counts.pruned), (2, 6, 3, 1));
    // The run goes on.
    step(&*store, &one, "third").await;
}

pub(crate) async fn streams_and_shelves_are_listed(ground: &impl Ground) {
    let store = ground.open();
    assert_eq!(store.scopes().await, Ok(Vec::new()));
    for (namespace, run) in [(2, "b"), (1, "b"), (1, "a")] {
        started(&*store, &stream(shelf(namespace), run)).await;
    }
    store.put_scenario(definition(shelf(1), "release", Origin::Draft, "{}")).await.unwrap();
    assert_eq!(store.scopes().await, Ok(vec![shelf(1), shelf(2)]));
    let own = Stream { scope: shelf(1), run: None };
    let all = vec![own, stream(shelf(1), "a"), stream(shelf(1), "b")];
    assert_eq!(store.streams(shelf(1), None, 10).await, Ok(all.clone()));
    assert_eq!(store.streams(shelf(1), None, 1).await.unwrap(), all[..1]);
    assert_eq!(store.streams(shelf(1), Some(""), 10).await.unwrap(), all[1..]);
    assert_eq!(store.streams(shelf(1), Some("a"), 10).await.unwrap(), all[2..]);
}

pub(crate) async fn all_runs_are_scanned_in_pages(ground: &impl Ground) {
    let store = ground.open();
    let (mine, elsewhere) = (shelf(1), shelf(2));
    let mut wanted = Vec::new();
    for run in ["run-2", "run-1", "run-10", "Run"] {
        let stream = stream(mine, run);
        let state = started(&*store, &stream).await;
        let one = build::step(&state, "first", 2);
        let two = build::step(one.state.as_ref().unwrap(), "second", 0);
        wanted.push((run.to_owned(), 1, Vec::new(), 0));
        wanted.push((run.to_owned(), 2, one.event.to_bytes(), one.values.len()));
        wanted.push((run.to_owned(), 3, two.event.to_bytes(), 0));
        store.append(&one).await.unwrap();
        store.append(&two).await.unwrap();
        started(&*store, &build::stream(elsewhere, run)).await;
    }
    wanted.sort();
    store.put_scenario(definition(mine, "release", Origin::Draft, "{}")).await.unwrap();
    for limit in [1, 2, 5, 100] {
        let (mut found, mut after) = (Vec::new(), None::<(String, i64)>);
        loop {
            let from = after.as_ref().map(|(run, seq)| (run.as_str(), *seq));
            let page = store.scan(mine, from, limit).await.unwrap();
            assert!(page.len() <= limit);
            let Some(last) = page.last() else { break };
            after = Some((last.run.clone(), last.seq));
            found.extend(page);
        }
        let seen = found.iter().map(|it| {
            let bytes = if it.seq == 1 { Vec::new() } else { it.bytes.clone() };
            (it.run.clone(), it.seq, bytes, it.values.len())
        });
        assert_eq!(seen.collect::<Vec<_>>(), wanted, "{limit}");
        assert!(found.iter().all(|it| it.leaf == leaf_hash(&it.bytes).as_bytes()));
    }
}

pub(crate) async fn rows_are_read_as_they_lie_there(ground: &impl Ground) {
    let store = ground.open();
    let stream = stream(shelf(1), "run-1");
    let state = started(&*store, &stream).await;
    let append = build::step(&state, "first", 2);
    store.append(&append.clone()).await.unwrap();
    let page = store.raw_events(&stream, 1, 10).await.unwrap();
    assert_eq!(
        page.events.iter().map(|it| (it.seq, it.kind.as_str())).collect::<Vec<_>>(),
        [(1, "run_started"), (2, "step_decided")]
    );
    let row = &page.events[1];
    assert_eq!((row.bytes.clone(), row.key.as_deref()), (append.event.to_bytes(), Some("first")));
    assert_eq!(row.leaf, append.event.leaf_hash().as_bytes());
    assert_eq!(
        page.values.iter().map(|it| it.slot.as_str()).collect::<Vec<_>>(),
        ["evidence:condition-0000", "evidence:condition-0001"]
    );
    assert_eq!(store.raw_events(&stream, 1, 1).await.unwrap().values, []);
    let head = store.raw_head(&stream).await.unwrap().unwrap();
    assert_eq!((head.size, head.peaks.len()), (2, 32));
    assert_eq!(head.state_digest.as_deref(), append.event.state_digest.as_ref().map(|it| it.as_bytes().as_slice()));
    assert_eq!(store.raw_head(&build::stream(shelf(2), "run-1")).await, Ok(None));
}
