//! Backtests over runs that the real engine decided: a ledger in memory, and the candidates that tests bring.

mod cases;
mod damage;
mod laws;

use std::collections::BTreeMap;
use std::convert::Infallible;

use decision_gate_core::digest::Digest;
use decision_gate_core::ledger::leaf_hash;
use decision_gate_core::name::{NamespaceId, ScenarioId, TenantId};
use serde_json::{Value, json};

use super::{Backtest, Candidate, Documents, Extent, Filter, Report, StoredRow, StoredValue, ValueContent};
use crate::options::Overlays;
use crate::release::tests::{Ran, World};

/// An event and what lies beside it.
#[derive(Clone)]
pub(super) struct Kept {
    pub(super) run: String,
    pub(super) seq: u64,
    pub(super) kind: &'static str,
    pub(super) bytes: Vec<u8>,
    pub(super) leaf: Vec<u8>,
    pub(super) values: Vec<(String, Vec<u8>, Vec<u8>)>,
}

/// A ledger in memory, run by run.
#[derive(Clone, Default)]
pub(super) struct Ledger {
    pub(super) runs: Vec<Vec<Kept>>,
    pub(super) policies: BTreeMap<Digest, Vec<u8>>,
    pub(super) scenarios: BTreeMap<Digest, Vec<u8>>,
}

impl Documents for Ledger {
    type Fault = Infallible;

    fn policy(&self, digest: Digest) -> Result<Option<Vec<u8>>, Infallible> {
        Ok(self.policies.get(&digest).cloned())
    }

    fn scenario(
        &self,
        _: (TenantId, NamespaceId),
        _: &ScenarioId,
        spec_hash: Digest,
    ) -> Result<Option<Vec<u8>>, Infallible> {
        Ok(self.scenarios.get(&spec_hash).cloned())
    }
}

impl Ledger {
    /// Keeps a run as the store does.
    pub(super) fn keep(&mut self, run: &str, ran: &Ran) {
        let kept = |seq, kind, bytes: Vec<u8>, values| {
            let leaf = leaf_hash(&bytes).as_bytes().to_vec();
            Kept { run: run.to_owned(), seq, kind, bytes, leaf, values }
        };
        let values = ran.decided.values.iter();
        let values = values.map(|it| (it.slot.name(), it.salt.as_bytes().to_vec(), it.canonical.clone()));
        self.runs.push(vec![
            kept(1, "run_started", ran.start.clone(), Vec::new()),
            kept(2, "step_decided", ran.decided.event.to_bytes(), values.collect()),
        ]);
        self.policies.insert(ran.policy.digest(), ran.policy.to_bytes());
        self.scenarios.insert(ran.scenario.hash(), ran.scenario.to_bytes());
    }

    /// What a candidate would do to all of it. Whoever takes the rows together finds the same as who takes one by one.
    pub(super) fn backtest(&self, gates: &Value, filter: Filter, extent: Extent) -> Report {
        let values: Vec<Vec<_>> = self.runs.iter().flatten().map(values).collect();
        let rows: Vec<_> = self.runs.iter().flatten().zip(&values).map(|(row, values)| stored(row, values)).collect();
        let mut one_by_one = Backtest::new(candidate(gates), filter.clone(), extent);
        let mut together = Backtest::new(candidate(gates), filter, extent);
        for row in &rows {
            let Ok(()) = one_by_one.take(row, self);
        }
        let Ok(()) = together.take_all(&rows, self);
        let report = together.finish();
        assert_eq!(report, one_by_one.finish());
        report
    }
}

fn values(row: &Kept) -> Vec<StoredValue<'_>> {
    let values = row.values.iter();
    values
        .map(|(slot, salt, canonical)| StoredValue { slot, content: ValueContent::Whole { salt, canonical } })
        .collect()
}

fn stored<'a>(row: &'a Kept, values: &'a [StoredValue<'a>]) -> StoredRow<'a> {
    StoredRow {
        tenant: TenantId::FIRST,
        namespace: NamespaceId::FIRST,
        run: &row.run,
        seq: row.seq,
        kind: row.kind,
        bytes: &row.bytes,
        leaf: Some(&row.leaf),
        values,
    }
}

/// A candidate of these gates.
pub(super) fn candidate(gates: &Value) -> Candidate {
    let mut overlays = Overlays::default();
    overlays.push("candidate.yaml", json!({ "PolicyGates": gates }));
    Candidate::read("candidate", &overlays).unwrap()
}

/// All that a backtest tells.
pub(super) const WHOLE: Extent = Extent { examples: 100, curves: Some(100) };

/// A ledger of these worlds.
pub(super) fn ledger(worlds: &[World]) -> Ledger {
    let mut ledger = Ledger::default();
    for (index, world) in worlds.iter().enumerate() {
        let run = format!("run-{index:02}");
        ledger.keep(&run, &world.run_as(&run));
    }
    ledger
}
