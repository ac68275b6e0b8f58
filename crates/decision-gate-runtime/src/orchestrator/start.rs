//! Starting runs.

use std::sync::Arc;

use decision_gate_core::at::Timestamp;
use decision_gate_core::digest::Digest;
use decision_gate_core::engine::{self, SealedState, Start};
use decision_gate_core::evidence::Subject;
use decision_gate_core::ledger::IssuedPacket;
use decision_gate_core::name::{EnvironmentName, RunId, ScenarioId};
use decision_gate_core::scenario::packets::DispatchTarget;
use decision_gate_core::scenario::{Origin, Scenario};

use super::{Caller, DraftPolicy, Orchestrator};
use crate::error::RuntimeError;
use crate::ports::{Append, StoreError, Stream};

/// What to start.
#[derive(Clone, Debug)]
pub struct StartRequest {
    /// Which scenario; its current version.
    pub scenario_id: ScenarioId,
    /// The run's name; made up when left out.
    pub run_id: Option<RunId>,
    /// What the run is about.
    pub subject: Option<Subject>,
    /// Where it is to go: a declared environment.
    pub environment: Option<EnvironmentName>,
    /// Whom packets go to.
    pub dispatch_targets: Vec<DispatchTarget>,
    /// Whether the first stage's packets are issued.
    pub issue_entry_packets: bool,
    /// The caller's time.
    pub time: Option<Timestamp>,
    /// Ties calls of several systems together.
    pub correlation_id: Option<String>,
}

/// A run that was started.
#[derive(Clone, Debug)]
pub struct StartReply {
    /// Where it stands.
    pub state: Arc<SealedState>,
    /// The version that it is bound to.
    pub scenario: Arc<Scenario>,
    /// The packets of the first stage.
    pub packets: Vec<IssuedPacket>,
}

impl Orchestrator {
    /// Starts a run, bound to the current version of its scenario for good.
    ///
    /// # Errors
    /// [`RuntimeError`] when the scenario is not defined or not for this caller, or the run exists.
    pub async fn start(&self, caller: &Caller, request: &StartRequest) -> Result<StartReply, RuntimeError> {
        self.start_version(caller, request, None).await
    }

    /// The same with one version of the scenario, whatever the current one is.
    pub(super) async fn start_version(
        &self,
        caller: &Caller,
        request: &StartRequest,
        version: Option<Digest>,
    ) -> Result<StartReply, RuntimeError> {
        let scope = self.declared(caller)?;
        self.declared_environment(request.environment.as_ref())?;
        let (mut epoch, mut policy) = self.in_force(scope).await?;
        let stored = self.scenario_version(scope, &request.scenario_id, version).await?;
        if stored.origin == Origin::Draft && self.parts.drafts == DraftPolicy::Refuse {
            return Err(RuntimeError::DraftsRefused { scenario: request.scenario_id.to_string() });
        }
        let scenario = self.parsed(stored.spec_hash, &stored.spec)?;
        let run = match &request.run_id {
            Some(run) => run.clone(),
            None => RunId::try_from(self.fresh_id("run")?).map_err(engine::StartFault::from)?,
        };
        let stream = Stream { scope, run: Some(run.clone()) };
        for _ in 0..super::retry::TRIES {
            let started = engine::start(Start {
                tenant: scope.tenant,
                namespace: scope.namespace,
                run: &run,
                scenario: &scenario,
                origin: stored.origin,
                subject: request.subject.as_ref(),
                environment: request.environment.as_ref(),
                dispatch_targets: &request.dispatch_targets,
                issue_entry_packets: request.issue_entry_packets,
                correlation_id: request.correlation_id.as_deref(),
                policy: &policy,
                at: self.clock(request.time)?,
                actor: caller.actor.as_deref(),
            })?;
            let state = Arc::new(started.state);
            let append = Append {
                stream: stream.clone(),
                event: started.event,
                values: Vec::new(),
                state: Some(Arc::clone(&state)),
                follows: None,
                policy_epoch: Some(epoch),
                marks: Vec::new(),
            };
            match self.parts.store.append(&append).await {
                Ok(_) => {
                    self.written.keep(&stream, &state);
                    return Ok(StartReply { state, scenario, packets: started.packets });
                }
                Err(StoreError::Conflict { .. }) => return Err(RuntimeError::RunExists { run: run.to_string() }),
                Err(StoreError::PolicyEpoch { .. }) => (epoch, policy) = self.reread_policy(scope).await?,
                Err(error) => return Err(error.into()),
            }
        }
        Err(RuntimeError::RunConflict { run: run.to_string() })
    }

    fn declared_environment(&self, named: Option<&EnvironmentName>) -> Result<(), RuntimeError> {
        match named.filter(|it| !self.parts.environments.contains(*it)) {
            None => Ok(()),
            Some(unknown) => {
                let declared = self.parts.environments.iter().map(ToString::to_string).collect();
                Err(RuntimeError::EnvironmentUnknown { environment: unknown.to_string(), declared })
            }
        }
    }
}
