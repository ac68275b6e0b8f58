//! What a shelf's own events make of scenarios, data shapes and policies, against the tables that say it.
//!
//! A run is started by what these tables say: a row whose origin, order or hash was changed would be law that nobody
//! made. So each row must be exactly what the events leave, and no row may be there that no event made.

use std::collections::{BTreeMap, BTreeSet};

use decision_gate_core::digest::Digest;
use decision_gate_core::ledger::{Body, Event, RunStarted};
use decision_gate_core::name::{ScenarioId, SchemaId, SchemaVersion};
use decision_gate_core::scenario::Origin;

use super::error::LedgerError;
use super::finding::{Findings, LedgerFindingCode as Code};
use super::rows::{Pages, Row, of_shelf};
use crate::ports::{Scope, Store, Stream, Table};

/// What the events of a shelf's own stream have made so far.
#[derive(Debug, Default)]
pub(super) struct Documents {
    scenarios: BTreeMap<ScenarioId, Vec<Version>>,
    shapes: BTreeMap<(SchemaId, SchemaVersion), Shape>,
    /// Policies in the order in which they came into force, with the event of each.
    epochs: Vec<(Digest, u64)>,
    /// Every origin that a version was ever defined with: what runs may have started from.
    defined: BTreeSet<(ScenarioId, Digest, Origin)>,
}

/// A version of a scenario: its number is its place.
#[derive(Debug)]
struct Version {
    hash: Digest,
    origin: Origin,
    defined: u64,
    there: bool,
}

#[derive(Debug)]
struct Shape {
    hash: Digest,
    registered: u64,
    there: bool,
}

impl Documents {
    /// Takes what an event makes.
    pub(super) fn take(&mut self, seq: u64, event: &Event) {
        match &event.body {
            Body::ScenarioDefined(body) => {
                self.defined.insert((body.scenario_id.clone(), body.spec_hash, body.origin));
                let versions = self.scenarios.entry(body.scenario_id.clone()).or_default();
                let version = Version { hash: body.spec_hash, origin: body.origin, defined: seq, there: false };
                match versions.iter_mut().find(|it| it.hash == body.spec_hash) {
                    Some(known) => *known = version,
                    None => versions.push(version),
                }
            }
            Body::SchemaRegistered(body) => {
                let shape = Shape { hash: body.schema_hash, registered: seq, there: false };
                self.shapes.entry((body.schema_id.clone(), body.version.clone())).or_insert(shape);
            }
            Body::PolicyActivated(_) => self.epochs.push((event.policy_digest, seq)),
            Body::RunStarted(_) | Body::StepDecided(_) | Body::Submitted(_) => {}
        }
    }

    /// Why no run can have started like this, if none can.
    pub(super) fn refuse(&self, start: &RunStarted) -> Option<String> {
        let RunStarted { scenario_id, spec_hash, origin, .. } = start;
        if self.defined.contains(&(scenario_id.clone(), *spec_hash, *origin)) {
            return None;
        }
        let origin = origin.word();
        Some(format!("the run started from scenario `{scenario_id}` as {origin}, and no event defined this version so"))
    }

    /// Compares the tables of a shelf with what its events made.
    pub(super) async fn check(
        &mut self,
        store: &dyn Store,
        scope: Scope,
        found: &mut Findings,
    ) -> Result<(), LedgerError> {
        let Self { scenarios, shapes, epochs, .. } = self;
        let shelf = Stream { scope, run: None };
        let (mut pages, table) = (Pages::new(store, Table::Scenarios, of_shelf(scope)), Table::Scenarios);
        while let Some(page) = pages.next().await? {
            page.iter().for_each(|cells| scenario(Row { table, cells }, scenarios, &shelf, found));
        }
        for (id, versions) in scenarios {
            for version in versions.iter().filter(|it| !it.there) {
                let reason = format!("the scenario that it names is gone, or this version of it: `{id}`");
                found.add(Code::DocumentMismatch, &shelf, version.defined, reason);
            }
        }
        let (mut pages, table) = (Pages::new(store, Table::DataShapes, of_shelf(scope)), Table::DataShapes);
        while let Some(page) = pages.next().await? {
            page.iter().for_each(|cells| shape(Row { table, cells }, shapes, &shelf, found));
        }
        for ((id, _), shape) in shapes.iter().filter(|(_, it)| !it.there) {
            let reason = format!("the data shape that it names is gone, or this version of it: `{id}`");
            found.add(Code::DocumentMismatch, &shelf, shape.registered, reason);
        }
        check_epochs(store, &shelf, epochs, found).await
    }
}

fn scenario(row: Row<'_>, made: &mut BTreeMap<ScenarioId, Vec<Version>>, shelf: &Stream, found: &mut Findings) {
    let read = || -> Result<_, String> {
        let (id, version, hash) =
            (row.name::<ScenarioId>("scenario_id")?, row.number("version")?, row.digest("spec_hash")?);
        Ok((id, version, hash, row.text("origin")?, row.number("defined")?, row.bytes("spec")?))
    };
    let (id, version, hash, origin, defined, spec) = match read() {
        Ok(read) => read,
        Err(unread) => return found.add(Code::RowMalformed, shelf, None, unread),
    };
    let versions = made.get_mut(&id).map(Vec::as_mut_slice).unwrap_or_default();
    let Some((place, made)) = (1..).zip(versions).find(|(_, made)| made.hash == hash) else {
        let reason = format!("version `{version}` of scenario `{id}` is there as {origin}, and no event defined it");
        return found.add(Code::DocumentMismatch, shelf, None, reason);
    };
    made.there = true;
    let mut wrong = |why: String| {
        let reason = format!("version `{version}` of scenario `{id}` {why}");
        found.add(Code::DocumentMismatch, shelf, made.defined, reason);
    };
    if Digest::of(spec) != hash {
        wrong("does not have its hash".to_owned());
    }
    if origin != made.origin.word() {
        wrong(format!("stands as `{origin}`, and the event makes it {}", made.origin.word()));
    }
    if version != place {
        wrong(format!("is number {place} in the order of the events"));
    }
    if defined != made.defined {
        wrong(format!("stands as defined by event {defined}"));
    }
}

fn shape(row: Row<'_>, made: &mut BTreeMap<(SchemaId, SchemaVersion), Shape>, shelf: &Stream, found: &mut Findings) {
    let read = || -> Result<_, String> {
        let key = (row.name::<SchemaId>("schema_id")?, row.name::<SchemaVersion>("version")?);
        Ok((key, row.digest("schema_hash")?, row.number("registered")?, row.bytes("schema")?))
    };
    let (key, hash, registered, schema) = match read() {
        Ok(read) => read,
        Err(unread) => return found.add(Code::RowMalformed, shelf, None, unread),
    };
    let Some(made) = made.get_mut(&key) else {
        let reason = format!("version `{}` of data shape `{}` is there, and no event registered it", key.1, key.0);
        return found.add(Code::DocumentMismatch, shelf, None, reason);
    };
    made.there = true;
    if hash != made.hash || registered != made.registered || Digest::of(schema) != hash {
        let reason = format!("version `{}` of data shape `{}` is not what the event registered", key.1, key.0);
        found.add(Code::DocumentMismatch, shelf, made.registered, reason);
    }
}

async fn check_epochs(
    store: &dyn Store,
    shelf: &Stream,
    made: &[(Digest, u64)],
    found: &mut Findings,
) -> Result<(), LedgerError> {
    let (table, mut seen) = (Table::PolicyEpochs, BTreeSet::new());
    let mut pages = Pages::new(store, table, of_shelf(shelf.scope));
    while let Some(page) = pages.next().await? {
        for cells in &page {
            let row = Row { table, cells };
            let (epoch, digest) = match row.number("epoch").and_then(|epoch| Ok((epoch, row.digest("digest")?))) {
                Ok(read) => read,
                Err(unread) => {
                    found.add(Code::RowMalformed, shelf, None, unread);
                    continue;
                }
            };
            let index = epoch.checked_sub(1).and_then(|it| usize::try_from(it).ok());
            match index.and_then(|index| made.get(index)) {
                Some((expected, seq)) => {
                    seen.insert(epoch);
                    if *expected != digest {
                        let reason = format!("epoch {epoch} of the shelf's policies has another policy than the event");
                        found.add(Code::DocumentMismatch, shelf, *seq, reason);
                    }
                }
                None => {
                    let reason = format!("epoch {epoch} of the shelf's policies was made by no event");
                    found.add(Code::DocumentMismatch, shelf, None, reason);
                }
            }
        }
    }
    for (epoch, (_, seq)) in (1_u64..).zip(made).filter(|(epoch, _)| !seen.contains(epoch)) {
        let reason = format!("epoch {epoch} of the shelf's policies, which it began, is gone");
        found.add(Code::DocumentMismatch, shelf, *seq, reason);
    }
    Ok(())
}

/// Finds policies that no event of any shelf put in force.
pub(super) async fn check_policies(
    store: &dyn Store,
    named: &BTreeSet<Digest>,
    findings: &mut Findings,
) -> Result<(), LedgerError> {
    let table = Table::Policies;
    let mut pages = Pages::new(store, table, Vec::new());
    while let Some(page) = pages.next().await? {
        for cells in &page {
            match (Row { table, cells }).digest("digest") {
                Err(unread) => findings.of_all(Code::RowMalformed, unread),
                Ok(digest) if !named.contains(&digest) => {
                    findings
                        .of_all(Code::DocumentMismatch, format!("the policy `{digest}` was put in force by no event"));
                }
                Ok(_) => {}
            }
        }
    }
    Ok(())
}
