//! Looking without touching.

use std::sync::Arc;

use decision_gate_core::digest::Digest;
use decision_gate_core::engine::{DecisionRecord, RunState, SealedState};
use decision_gate_core::gate::GateEvaluation;
use decision_gate_core::ledger::{Body, Event, EvidenceEntry};
use decision_gate_core::name::{RunId, ScenarioId};
use decision_gate_core::policy::{Policy, Relaxation};
use decision_gate_core::scenario::{Scenario, nearest};

use super::{Caller, Orchestrator};
use crate::error::RuntimeError;
use crate::ports::{RunHead, ScenarioListing, Scope, StoredEvent, StoredScenario, Stream};

/// A run and the scenario that it is bound to.
#[derive(Clone, Debug)]
pub struct RunView {
    /// What it has come to.
    pub state: Arc<SealedState>,
    /// The version that it is bound to.
    pub scenario: Arc<Scenario>,
}

/// A decision of a run as the ledger has it: no value is in it.
#[derive(Clone, Debug)]
pub struct DecisionView {
    /// Position of its event.
    pub seq: u64,
    /// The policy that it was decided under.
    pub policy_digest: Digest,
    /// What was decided.
    pub decision: DecisionRecord,
    /// Every condition of the stage, in canonical order; none for the start.
    pub evidence: Vec<EvidenceEntry>,
    /// Every gate of the stage; none for the start.
    pub gates: Vec<GateEvaluation>,
    /// What it rests on that is looser than the defaults.
    pub relaxations: Vec<Relaxation>,
}

/// How many rows are read at a time when one is looked for.
const PAGE: usize = 256;

impl Orchestrator {
    /// Where a run stands. Writes nothing.
    ///
    /// # Errors
    /// [`RuntimeError::RunNotFound`], or [`RuntimeError::ScenarioMismatch`] when it is of another scenario.
    pub async fn status(
        &self,
        caller: &Caller,
        run: &RunId,
        named: Option<&ScenarioId>,
    ) -> Result<RunView, RuntimeError> {
        let scope = self.declared(caller)?;
        let head = self.head(scope, run, named).await?;
        let scenario = self.bound_scenario(scope, &head.state).await?;
        Ok(RunView { state: head.state, scenario })
    }

    /// Current versions of scenarios by id, after `after`.
    ///
    /// # Errors
    /// [`RuntimeError::Store`] when the store can't be read.
    pub async fn scenarios(
        &self,
        caller: &Caller,
        after: Option<&ScenarioId>,
        limit: usize,
    ) -> Result<Vec<ScenarioListing>, RuntimeError> {
        let scope = self.declared(caller)?;
        self.in_force(scope).await?;
        Ok(self.parts.store.scenarios(scope, after, limit).await?)
    }

    /// Runs of a shelf by id, after `after`. Writes nothing.
    ///
    /// # Errors
    /// [`RuntimeError::Store`] when the store can't be read.
    pub async fn runs(&self, caller: &Caller, after: Option<&str>, limit: usize) -> Result<Vec<RunId>, RuntimeError> {
        let scope = self.declared(caller)?;
        // The shelf's own stream comes first, and its name is the empty text.
        let listed = self.parts.store.streams(scope, Some(after.unwrap_or_default()), limit).await?;
        Ok(listed.into_iter().filter_map(|stream| stream.run).collect())
    }

    /// One decision of a run, by its number from 1. Writes nothing.
    ///
    /// # Errors
    /// [`RuntimeError::RunNotFound`]; nothing when the run has fewer decisions.
    pub async fn decision(
        &self,
        caller: &Caller,
        run: &RunId,
        number: u64,
    ) -> Result<Option<DecisionView>, RuntimeError> {
        let scope = self.declared(caller)?;
        let head = self.head(scope, run, None).await?;
        let stream = Stream { scope, run: Some(run.clone()) };
        if !(1..=head.state.decisions).contains(&number) {
            return Ok(None);
        }
        // A decision's event never stands before the position of its number, since others may lie between.
        let mut from = number;
        loop {
            let page = self.parts.store.events(&stream, from, PAGE).await?;
            let Some(last) = page.events.last().map(|it| it.seq) else { return Ok(None) };
            for stored in &page.events {
                let view = decision_of(stored)?.filter(|view| view.decision.seq == number);
                if view.is_some() {
                    return Ok(view);
                }
            }
            from = last + 1;
        }
    }

    /// A policy that is or was in force on the shelf of a caller, or is configured. Writes nothing.
    ///
    /// # Errors
    /// [`RuntimeError::Store`] when the store can't be read; nothing when it never was in force there.
    pub async fn policy_of(&self, caller: &Caller, digest: Digest) -> Result<Option<Arc<Policy>>, RuntimeError> {
        let scope = self.declared(caller)?;
        if digest == self.configured.digest() {
            return Ok(Some(Arc::clone(&self.configured)));
        }
        if !self.was_in_force(scope, digest).await? {
            return Ok(None);
        }
        let bytes = self.parts.store.policy(digest).await?;
        Ok(bytes.map(|bytes| Policy::read(&bytes)).transpose()?.map(Arc::new))
    }

    /// A store keeps policies of all shelves; whether this shelf had it, its own stream says.
    async fn was_in_force(&self, scope: Scope, digest: Digest) -> Result<bool, RuntimeError> {
        let stream = Stream { scope, run: None };
        let mut from = 1;
        loop {
            let page = self.parts.store.events(&stream, from, PAGE).await?;
            let Some(last) = page.events.last().map(|it| it.seq) else { return Ok(false) };
            for stored in &page.events {
                if read(stored)?.policy_digest == digest {
                    return Ok(true);
                }
            }
            from = last + 1;
        }
    }

    pub(super) async fn head(
        &self,
        scope: Scope,
        run: &RunId,
        named: Option<&ScenarioId>,
    ) -> Result<RunHead, RuntimeError> {
        let missing = || RuntimeError::RunNotFound { run: run.to_string() };
        let head = self.parts.store.run(scope, run).await?.ok_or_else(missing)?;
        bound_as_named(&head.state, named)?;
        Ok(head)
    }

    pub(super) async fn current_scenario(&self, scope: Scope, id: &ScenarioId) -> Result<StoredScenario, RuntimeError> {
        self.scenario_version(scope, id, None).await
    }

    /// One version of a scenario; the current one where none is named.
    pub(super) async fn scenario_version(
        &self,
        scope: Scope,
        id: &ScenarioId,
        version: Option<Digest>,
    ) -> Result<StoredScenario, RuntimeError> {
        if let Some(stored) = self.parts.store.scenario(scope, id, version).await? {
            return Ok(stored);
        }
        let known = self.parts.store.scenarios(scope, None, 1_000).await?;
        let nearest = nearest(id.as_str(), known.iter().map(|it| it.scenario_id.as_str()));
        Err(RuntimeError::ScenarioNotFound { scenario: id.to_string(), nearest })
    }

    pub(super) async fn bound_scenario(&self, scope: Scope, state: &RunState) -> Result<Arc<Scenario>, RuntimeError> {
        if let Some(scenario) = self.at_hand(state.spec_hash) {
            return Ok(scenario);
        }
        let missing = || RuntimeError::Stored { what: "scenario", reason: "the version of a run is gone".into() };
        let stored =
            self.parts.store.scenario(scope, &state.scenario_id, Some(state.spec_hash)).await?.ok_or_else(missing)?;
        self.parsed(stored.spec_hash, &stored.spec)
    }

    fn at_hand(&self, hash: Digest) -> Option<Arc<Scenario>> {
        self.scenarios.lock().ok()?.get(&hash).cloned()
    }
}

/// Whether a run is bound to the scenario that a call names.
pub(super) fn bound_as_named(state: &RunState, named: Option<&ScenarioId>) -> Result<(), RuntimeError> {
    match named {
        Some(named) if *named != state.scenario_id => Err(RuntimeError::ScenarioMismatch {
            run: state.run.to_string(),
            bound: state.scenario_id.to_string(),
            named: named.to_string(),
        }),
        Some(_) | None => Ok(()),
    }
}

fn read(stored: &StoredEvent) -> Result<Event, RuntimeError> {
    Event::read(&stored.bytes).map_err(|error| RuntimeError::Stored { what: "event", reason: error.to_string() })
}

/// The decision of an event, if it has one.
fn decision_of(stored: &StoredEvent) -> Result<Option<DecisionView>, RuntimeError> {
    let event = read(stored)?;
    let (seq, policy_digest) = (event.seq, event.policy_digest);
    Ok(match event.body {
        Body::RunStarted(body) => Some(DecisionView {
            seq,
            policy_digest,
            decision: body.decision,
            evidence: Vec::new(),
            gates: Vec::new(),
            relaxations: body.relaxations,
        }),
        Body::StepDecided(body) => Some(DecisionView {
            seq,
            policy_digest,
            decision: body.decision,
            evidence: body.evidence,
            gates: body.gates,
            relaxations: body.relaxations,
        }),
        Body::ScenarioDefined(_) | Body::Submitted(_) | Body::PolicyActivated(_) | Body::SchemaRegistered(_) => None,
    })
}
