//! Every row of a ledger, checked: its tables themselves, then shelf by shelf the streams, the documents and marks that
//! their events made, the log over their heads, and the checkpoints over the log.
//!
//! A row that does not read is a finding, and the rest is checked as if it were not there. Only a ledger that can't be read
//! at all is an error.

use std::collections::BTreeSet;

use decision_gate_core::ledger::{Checkpoint, CheckpointTrust, is_origin_of, shelf_of};
use decision_gate_core::name::{NamespaceId, RunId, TenantId};

use super::documents::check_policies;
use super::error::LedgerError;
use super::finding::{Findings, LedgerFinding, LedgerFindingCode as Code};
use super::log::{Log, Outside};
use super::rows::{first, of_shelf, shown, tables_of};
use super::sign::LogSigner;
use super::stream::{self, Seen};
use crate::ports::{Cell, Scope, Store, StoreError, Stream, Table};

/// How many streams are taken at a time.
const PAGE: usize = 1_000;

/// A checkpoint that whoever checks has from elsewhere, and whose it must be.
#[derive(Clone, Debug)]
pub struct KnownCheckpoint {
    /// The note.
    pub note: Vec<u8>,
    /// Whose checkpoints are believed.
    pub trust: CheckpointTrust,
}

/// What a ledger is held against that does not lie in it.
#[derive(Clone, Copy, Debug, Default)]
pub struct HeldAgainst<'a> {
    /// A checkpoint from elsewhere, which the log must go on from.
    pub checkpoint: Option<&'a KnownCheckpoint>,
    /// Whose kept checkpoints are accepted, on the shelves that it has a key for.
    pub keys: Option<&'a CheckpointTrust>,
    /// Who signs here: what bears their name must be signed by them, where no keys are given.
    pub signer: Option<&'a LogSigner>,
}

/// What a check came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LedgerReport {
    /// What is wrong, in the order of the streams and their events.
    pub findings: Vec<LedgerFinding>,
    /// How many more findings there were.
    pub omitted: u64,
    /// How many shelves were read.
    pub shelves: u64,
    /// How many streams were read.
    pub streams: u64,
    /// How many events were read.
    pub events: u64,
    /// How many values were read.
    pub values: u64,
    /// How many values were pruned.
    pub pruned: u64,
    /// How many heads in the log were read.
    pub entries: u64,
    /// How many checkpoints the logs were compared with.
    pub checkpoints: u64,
}

impl LedgerReport {
    /// Whether nothing was found.
    pub fn is_sound(&self) -> bool {
        self.findings.is_empty() && self.omitted == 0
    }
}

/// Reads and checks every row, and holds the ledger against what is given.
///
/// # Errors
/// [`LedgerError`] where the ledger can't be read, or the checkpoint is not accepted. What is wrong with rows is in the
/// report.
pub async fn verify_ledger(store: &dyn Store, against: HeldAgainst<'_>) -> Result<LedgerReport, LedgerError> {
    let known = against.checkpoint.map(|it| it.trust.judge(&it.note)).transpose()?.map(|it| it.checkpoint);
    let mut check =
        Check { store, against, findings: Findings::default(), seen: Seen::default(), entries: 0, compared: 0 };
    let (mut scopes, of_none) = check.shelves().await?;
    let shelves = u64::try_from(scopes.len()).unwrap_or(u64::MAX);
    if let Some(known) = &known {
        // Of a shelf that was emptied nothing is left but what others have of it.
        let (tenant, namespace) =
            shelf_of(&known.origin).ok_or_else(|| LedgerError::OtherLog { origin: known.origin.clone() })?;
        scopes.insert(Scope { tenant, namespace });
    }
    // A key that meets no checkpoint checks nothing, and must not look as if it had.
    for origin in against.keys.iter().flat_map(|keys| keys.given_logs()) {
        let shelf = shelf_of(origin).map(|(tenant, namespace)| Scope { tenant, namespace });
        if shelf.is_none_or(|shelf| !scopes.contains(&shelf)) {
            return Err(LedgerError::KeyOfOtherLog { origin: origin.to_owned() });
        }
    }
    for scope in scopes {
        let known = known.as_ref().filter(|it| is_origin_of(&it.origin, scope.tenant, scope.namespace));
        check.shelf(scope, known).await?;
    }
    let policies = check_policies(store, &check.seen.policies, &mut check.findings).await;
    check.found(policies, None)?;
    // After everything that has an event: the first finding is the first event that is not as it was.
    of_none.into_iter().for_each(|reason| check.findings.of_all(Code::RowMalformed, reason));
    let changes = store.schema_changes().await;
    let changes = check.found(changes.map_err(LedgerError::from), None)?.unwrap_or_default();
    changes.into_iter().for_each(|change| check.findings.of_all(Code::SchemaChanged, change));
    let Check { findings, seen, entries, compared, .. } = check;
    let (findings, omitted) = findings.into_parts();
    let Seen { streams, events, values, pruned, .. } = seen;
    Ok(LedgerReport { findings, omitted, shelves, streams, events, values, pruned, entries, checkpoints: compared })
}

/// A check on its way.
struct Check<'a> {
    store: &'a dyn Store,
    against: HeldAgainst<'a>,
    findings: Findings,
    seen: Seen,
    entries: u64,
    compared: u64,
}

impl Check<'_> {
    /// Every shelf that any table has a row of; and what there is of tenants and namespaces that can't be.
    async fn shelves(&self) -> Result<(BTreeSet<Scope>, Vec<String>), LedgerError> {
        let (mut shelves, mut of_none) = (BTreeSet::new(), Vec::new());
        for table in Table::ALL.iter().filter(|table| **table != Table::Policies) {
            let mut after = Vec::new();
            loop {
                let row = match first(self.store, *table, Vec::new(), after).await {
                    Ok(Some(row)) => row,
                    Ok(None) => break,
                    // What it lacks is found where it is read.
                    Err(LedgerError::Store(StoreError::Corrupt { .. })) => break,
                    Err(other) => return Err(other),
                };
                after = row.iter().take(2).cloned().collect();
                match scope_of(&after) {
                    Some(scope) => drop(shelves.insert(scope)),
                    None => {
                        let of: Vec<String> = after.iter().map(shown).collect();
                        let reason =
                            format!("table `{}` has rows of tenant and namespace {}", table.name(), of.join(" and "));
                        of_none.push(reason);
                    }
                }
            }
        }
        Ok((shelves, of_none))
    }

    async fn shelf(&mut self, scope: Scope, known: Option<&Checkpoint>) -> Result<(), LedgerError> {
        let shelf = Stream { scope, run: None };
        self.seen.of_shelf();
        // First the shelf's own stream: runs are started by what it defines.
        let own = stream::check(self.store, &shelf, &mut self.seen, &mut self.findings).await;
        self.found(own, Some(&shelf))?;
        let mut after = Vec::new();
        loop {
            let names = self.store.raw_streams(scope, Some(&after), PAGE).await;
            let Some(names) = self.found(names.map_err(LedgerError::from), Some(&shelf))? else { break };
            for name in &names {
                self.run(scope, name).await?;
            }
            let more = names.len() == PAGE;
            match names.into_iter().next_back().filter(|_| more) {
                Some(last) => after = last,
                None => break,
            }
        }
        let marks = std::mem::take(&mut self.seen.marks).check(self.store, scope, &mut self.findings).await;
        self.found(marks, Some(&shelf))?;
        let own = self.against.signer.and_then(|it| it.verifier_key(scope).ok());
        let trust = self.against.keys.or(self.against.checkpoint.map(|it| &it.trust));
        let mut log = Log::new(self.store, scope, Outside { known, trust, own: own.as_ref() });
        let checked = log.check(&mut self.findings).await;
        self.entries += log.tree.size();
        self.compared += log.compared;
        self.found(checked, Some(&shelf))?;
        Ok(())
    }

    async fn run(&mut self, scope: Scope, name: &[u8]) -> Result<(), LedgerError> {
        let run = String::from_utf8(name.to_vec()).ok().and_then(|name| RunId::try_from(name).ok());
        if let Some(run) = run {
            let stream = Stream { scope, run: Some(run) };
            let checked = stream::check(self.store, &stream, &mut self.seen, &mut self.findings).await;
            self.found(checked, Some(&stream))?;
            return Ok(());
        }
        let (shelf, name) = (Stream { scope, run: None }, Cell::Text(name.to_vec()));
        let mut within = of_shelf(scope);
        within.push(name.clone());
        for (table, row) in tables_of(self.store, &within).await? {
            let place = row.get(3).filter(|_| table.key().len() > 3).map_or_else(String::new, |it| {
                format!(", the first of them with {} {}", table.key().get(3).unwrap_or(&""), shown(it))
            });
            let reason =
                format!("table `{}` has rows of stream {}, which is no run's name{place}", table.name(), shown(&name));
            self.findings.add(Code::RowMalformed, &shelf, None, reason);
        }
        Ok(())
    }

    /// Takes a part of the database that does not read for a finding.
    fn found<T>(&mut self, part: Result<T, LedgerError>, place: Option<&Stream>) -> Result<Option<T>, LedgerError> {
        match part {
            Ok(part) => Ok(Some(part)),
            Err(LedgerError::Store(StoreError::Corrupt { what, .. })) => {
                let reason = format!("not everything can be read here: {what}");
                match place {
                    Some(place) => self.findings.add(Code::RowMalformed, place, None, reason),
                    None => self.findings.of_all(Code::RowMalformed, reason),
                }
                Ok(None)
            }
            Err(other) => Err(other),
        }
    }
}

fn scope_of(cells: &[Cell]) -> Option<Scope> {
    let [Cell::Integer(tenant), Cell::Integer(namespace)] = cells else { return None };
    let (tenant, namespace) = (u64::try_from(*tenant).ok()?, u64::try_from(*namespace).ok()?);
    Some(Scope { tenant: TenantId::new(tenant)?, namespace: NamespaceId::new(namespace)? })
}
