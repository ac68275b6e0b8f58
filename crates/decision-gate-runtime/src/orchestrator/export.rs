//! From the ledger to a pack.

use std::collections::BTreeSet;

use decision_gate_core::digest::Digest;
use decision_gate_core::ledger::{Event, SideValue};
use decision_gate_core::name::{RunId, ScenarioId};
use decision_gate_core::runpack::{ManifestName, Pack, PackInput, Profile, Verification, build};

use super::{Caller, Orchestrator};
use crate::error::RuntimeError;
use crate::ledger::{LogSigner, anchor_run};
use crate::meter::Meter;
use crate::ports::{Scope, Stream};

/// How many events are read at a time.
const PAGE: usize = 512;

/// What to export.
#[derive(Clone, Debug)]
pub struct ExportRequest {
    /// Which run.
    pub run_id: RunId,
    /// When given, the run must be bound to it.
    pub scenario_id: Option<ScenarioId>,
    /// How much of the values the pack shows.
    pub profile: Profile,
    /// Whether the pack is verified and carries the report of that.
    pub verification: Verification,
    /// How the manifest is called.
    pub manifest_name: ManifestName,
}

impl Orchestrator {
    /// Makes a pack of a run, at any time of its life. Writes nothing.
    ///
    /// # Errors
    /// [`RuntimeError`] when the run does not exist or the ledger does not hold together.
    pub async fn export(&self, caller: &Caller, request: &ExportRequest) -> Result<Pack, RuntimeError> {
        self.export_metered(caller, request, None, &Meter::default()).await
    }

    /// The same with a checkpoint of the log that has the run's head, which is signed if none that is kept has it.
    ///
    /// # Errors
    /// As [`Orchestrator::export`], and where the log can't be signed.
    pub async fn export_anchored(
        &self,
        caller: &Caller,
        request: &ExportRequest,
        signer: &LogSigner,
    ) -> Result<Pack, RuntimeError> {
        self.export_metered(caller, request, Some(signer), &Meter::default()).await
    }

    /// The same, anchored where there is a signer; `meter` counts the events that were read.
    ///
    /// # Errors
    /// As the other two.
    pub async fn export_metered(
        &self,
        caller: &Caller,
        request: &ExportRequest,
        signer: Option<&LogSigner>,
        meter: &Meter,
    ) -> Result<Pack, RuntimeError> {
        let scope = self.declared(caller)?;
        let head = self.head(scope, &request.run_id, request.scenario_id.as_ref()).await?;
        let scenario = self.bound_scenario(scope, &head.state).await?;
        let (anchor, last) = match signer {
            None => (None, head.state.seq),
            Some(signer) => {
                let (anchor, size) = anchor_run(&*self.parts.store, scope, &request.run_id, signer).await?;
                (Some(anchor), size)
            }
        };
        let (events, values) = self.whole_run(scope, &request.run_id, last, meter).await?;
        let input = PackInput {
            spec: scenario.to_bytes(),
            policies: self.policies_of(&events).await?,
            events,
            values,
            generated_at: self.parts.clock.now(),
            profile: request.profile,
            verification: request.verification,
            manifest_name: request.manifest_name.clone(),
            readers: self.configured.readers(),
            anchor,
        };
        // Building hashes and replays the whole run: not on the thread that answers everybody else.
        let built = tokio::task::spawn_blocking(move || build(input)).await;
        let lost = |_| RuntimeError::Pack { code: "internal_error", reason: "building the pack broke down".into() };
        built.map_err(lost)?.map_err(|fault| RuntimeError::Pack { code: fault.code(), reason: fault.to_string() })
    }

    async fn whole_run(&self, scope: Scope, run: &RunId, last: u64, meter: &Meter) -> Result<WholeRun, RuntimeError> {
        meter.expect(last);
        let stream = Stream { scope, run: Some(run.clone()) };
        let (mut events, mut values) = (Vec::new(), Vec::new());
        let mut from = 1;
        while from <= last {
            let page = self.parts.store.events(&stream, from, PAGE).await?;
            if page.events.is_empty() {
                let reason = format!("event {from} of run `{run}` is gone");
                return Err(RuntimeError::Stored { what: "run", reason });
            }
            for event in page.events.into_iter().filter(|it| it.seq <= last) {
                from = event.seq + 1;
                events.push(event.bytes);
            }
            values.extend(page.values.into_iter().filter(|it| it.seq <= last).map(|it| (it.seq, it.value)));
            meter.reach(from - 1);
        }
        Ok((events, values))
    }

    async fn policies_of(&self, events: &[Vec<u8>]) -> Result<Vec<Vec<u8>>, RuntimeError> {
        let damaged = |reason: String| RuntimeError::Stored { what: "event", reason };
        let mut digests: BTreeSet<Digest> = BTreeSet::new();
        for bytes in events {
            digests.insert(Event::read(bytes).map_err(|error| damaged(error.to_string()))?.policy_digest);
        }
        let mut policies = Vec::new();
        for digest in digests {
            policies.extend(self.parts.store.policy(digest).await?);
        }
        Ok(policies)
    }
}

type WholeRun = (Vec<Vec<u8>>, Vec<(u64, SideValue)>);
