//! From the ledger to a pack.

use std::collections::BTreeSet;

use decision_gate_core::digest::Digest;
use decision_gate_core::ledger::{Event, SideValue};
use decision_gate_core::name::{RunId, ScenarioId};
use decision_gate_core::runpack::{ManifestName, Pack, PackFault, PackFrame, Packer, Profile, Verification};
use tokio::sync::mpsc;

use super::{Caller, Orchestrator};
use crate::error::RuntimeError;
use crate::ledger::{LogSigner, anchor_run};
use crate::meter::Meter;
use crate::ports::{EventPage, Scope, Stream};

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
        let frame = PackFrame {
            spec: scenario.to_bytes(),
            generated_at: self.parts.clock.now(),
            profile: request.profile,
            verification: request.verification,
            manifest_name: request.manifest_name.clone(),
            readers: self.configured.readers(),
            anchor,
        };
        // Building hashes and replays the whole run: on one thread of its own, page by page, so that no more of the run is
        // in memory than the pack itself.
        let (pages, arriving) = mpsc::channel(1);
        let built = tokio::task::spawn_blocking(move || pack(frame, arriving));
        let read = self.pages(scope, &request.run_id, last, &pages, meter).await;
        drop(pages);
        let lost = |_| RuntimeError::Pack { code: "internal_error", reason: "building the pack broke down".into() };
        let built = built.await.map_err(lost)?;
        read?;
        let pack = built.map_err(|fault| RuntimeError::Pack { code: fault.code(), reason: fault.to_string() })?;
        if let Some(seq) = pack.pruned_through() {
            self.excuse(scope, &request.run_id, seq).await?;
        }
        Ok(pack)
    }

    /// That values up to an event are gone must be known: a pack does not say `pruned` of what somebody took away.
    async fn excuse(&self, scope: Scope, run: &RunId, seq: u64) -> Result<(), RuntimeError> {
        let records = self.parts.store.prunings(&Stream { scope, run: Some(run.clone()) }).await?;
        if records.iter().any(|record| record.through >= seq) {
            return Ok(());
        }
        let reason = format!("a value of event {seq} of run `{run}` is gone, and was not pruned");
        Err(RuntimeError::Stored { what: "run", reason })
    }

    /// Hands a run on page by page, each with the policies that are new in it. Ends early where nobody takes any more.
    async fn pages(
        &self,
        scope: Scope,
        run: &RunId,
        last: u64,
        pages: &mpsc::Sender<Page>,
        meter: &Meter,
    ) -> Result<(), RuntimeError> {
        meter.expect(last);
        let stream = Stream { scope, run: Some(run.clone()) };
        let mut known: BTreeSet<Digest> = BTreeSet::new();
        let mut from = 1;
        while from <= last {
            let EventPage { events, values } = self.parts.store.events(&stream, from, PAGE).await?;
            let mut page = Page { policies: Vec::new(), events: Vec::new() };
            let mut values = values.into_iter().filter(|it| it.seq <= last).peekable();
            for event in events.into_iter().filter(|it| it.seq <= last) {
                from = event.seq + 1;
                if let Some(digest) = Event::policy_named(&event.bytes).filter(|it| known.insert(*it)) {
                    page.policies.extend(self.parts.store.policy(digest).await?);
                }
                let mut own = Vec::new();
                while let Some(value) = values.next_if(|it| it.seq == event.seq) {
                    own.push(value.value);
                }
                page.events.push((event.bytes, own));
            }
            if page.events.is_empty() {
                let reason = format!("event {from} of run `{run}` is gone");
                return Err(RuntimeError::Stored { what: "run", reason });
            }
            if pages.send(page).await.is_err() {
                break;
            }
            meter.reach(from - 1);
        }
        Ok(())
    }
}

/// Events with their values, and the policies that none before them named.
struct Page {
    policies: Vec<Vec<u8>>,
    events: Vec<(Vec<u8>, Vec<SideValue>)>,
}

fn pack(frame: PackFrame, mut pages: mpsc::Receiver<Page>) -> Result<Pack, PackFault> {
    let mut packer = Packer::new(frame)?;
    while let Some(Page { policies, events }) = pages.blocking_recv() {
        policies.iter().try_for_each(|bytes| packer.policy(bytes))?;
        events.into_iter().try_for_each(|(bytes, values)| packer.push(&bytes, values))?;
    }
    packer.finish()
}
