//! A candidate policy over stored decisions: what would have come out otherwise, and by how little.
//!
//! ```text
//! rows ─▶ row ─▶ value, checked ─▶ hearing ─▶ bench ─┬▶ policy in force ─▶ as recorded?
//!                                                    └▶ candidate ───────▶ verdict ─▶ tally ─▶ report
//! ```
//!
//! Each decision is judged at its own recorded time, on what was kept of it, by the functions that judged it live
//! (`release/hearing.rs`, `chain.rs`); first under the policy that was in force, which must give what was recorded, then
//! under the candidate. What can't be judged is counted by its reason and never as agreeing. Read `stored` for what
//! goes in, `report` for what comes out, `probe` for where a number of the policy turns a decision.

mod hearings;
mod held;
mod law;
mod probe;
mod refusal;
pub mod report;
mod row;
mod stored;
mod tally;
#[cfg(test)]
mod tests;
mod verdict;

use std::sync::Arc;

use decision_gate_core::at::Timestamp;
use decision_gate_core::digest::Digest;
use decision_gate_core::evidence::Subject;
use decision_gate_core::ledger::EventKind;
use decision_gate_core::name::{ConditionId, EnvironmentName, NamespaceId, ScenarioId, TenantId};
use decision_gate_core::trust::Occasion;

pub use self::report::Report;
pub use self::stored::{Documents, Extent, Filter, StoredRow, StoredValue, ValueContent};

use self::hearings::Hearings;
use self::held::{Held, Window};
use self::law::{Asking, Law, Library};
use self::refusal::Refusal;
use self::report::{CandidateName, Flip, Place, Standing};
use self::row::{Entry, Row};
use self::tally::Tally;
use self::verdict::View;
use crate::chain::ReleaseDecision;
use crate::options::{OptionFault, Overlays};
use crate::policy::ReleasePolicy;
use crate::release::What;
use crate::release::hearing::truth_of;
use crate::result::Telling;

/// How many rows are hashed together: so few that they are still at hand when they are judged.
const TOGETHER: usize = 32;

/// A candidate policy.
#[derive(Clone, Debug)]
pub struct Candidate {
    name: String,
    policy: Arc<ReleasePolicy>,
}

impl Candidate {
    /// The policy that documents come to.
    ///
    /// # Errors
    /// The first thing that is wrong with them; nothing where a document does not read at all.
    pub fn read(name: impl Into<String>, overlays: &Overlays) -> Result<Self, Option<OptionFault>> {
        let document = overlays.merged().map_err(|(_, faults)| faults.into_iter().next())?;
        let policy = document.policy().map_err(Some)?;
        Ok(Self { name: name.into(), policy: Arc::new(policy) })
    }

    fn name(&self) -> CandidateName {
        CandidateName { policy: self.name.clone(), digest: self.policy.digest() }
    }
}

/// A backtest on its way: rows go in run by run, each run from its start on; runs in any order.
#[derive(Debug)]
pub struct Backtest {
    candidate: Candidate,
    filter: Filter,
    extent: Extent,
    library: Library,
    hearings: Hearings,
    run: Option<Run>,
    tally: Tally,
}

/// What the start of a run says.
#[derive(Clone, Debug)]
struct Run {
    tenant: TenantId,
    namespace: NamespaceId,
    name: String,
    scenario_id: ScenarioId,
    spec_hash: Digest,
    subject: Option<Subject>,
    environment: Option<EnvironmentName>,
}

/// What a decision came to under both policies.
struct Both {
    view: View,
    before: ReleaseDecision,
    /// Nothing where both policies are the same one.
    after: Option<ReleaseDecision>,
    was: Standing,
    is: Standing,
    probes: Vec<probe::Probe>,
}

/// What came of trying one decision.
enum Tried {
    Judged(Box<Both>),
    Differs(String),
    LeftOut,
}

impl Backtest {
    /// A backtest of a candidate.
    pub fn new(candidate: Candidate, filter: Filter, extent: Extent) -> Self {
        Self {
            candidate,
            filter,
            extent,
            library: Library::default(),
            hearings: Hearings::default(),
            run: None,
            tally: Tally::new(extent),
        }
    }

    /// Takes the next row.
    ///
    /// # Errors
    /// When what it names could not be looked up.
    pub fn take<D: Documents>(&mut self, stored: &StoredRow<'_>, documents: &D) -> Result<(), D::Fault> {
        self.take_all(std::slice::from_ref(stored), documents)
    }

    /// Takes the next rows: the same as one after the other, and faster.
    ///
    /// # Errors
    /// When what they name could not be looked up.
    pub fn take_all<D: Documents>(&mut self, rows: &[StoredRow<'_>], documents: &D) -> Result<(), D::Fault> {
        for rows in rows.chunks(TOGETHER) {
            let (window, read) = Window::of(rows, &self.filter);
            for (held, row) in window.iter().zip(read) {
                if let Some(row) = row {
                    self.row(&held, row, documents)?;
                }
            }
        }
        Ok(())
    }

    fn row<D: Documents>(
        &mut self,
        held: &Held<'_, '_>,
        row: Result<Row<'_>, Refusal>,
        documents: &D,
    ) -> Result<(), D::Fault> {
        let is_step = held.stored.kind == EventKind::StepDecided.word();
        match row {
            Ok(row) if row.kind == EventKind::RunStarted => {
                self.run = Run::of(held.stored, row);
                Ok(())
            }
            Ok(row) if row.kind == EventKind::StepDecided => self.step(held, &row, documents),
            Ok(_) => Ok(()),
            // Of what is no decision only the start of a run matters, and each decision of that run will miss it.
            Err(refusal) if is_step || refusal == Refusal::EventMisplaced => {
                self.tally.refuse(&refusal, || place(held.stored, None, None));
                Ok(())
            }
            Err(_) => Ok(()),
        }
    }

    /// Counts a run that nothing can be read of, by the name that it goes by.
    pub fn pass_over(&mut self, run: &str, code: &'static str) {
        let place = || Place {
            tenant_id: TenantId::FIRST,
            namespace_id: NamespaceId::FIRST,
            run_id: run.to_owned(),
            seq: 0,
            decision_id: None,
            condition_id: None,
        };
        self.tally.refuse(&Refusal::Unanswered(code.into()), place);
    }

    /// What was found.
    pub fn finish(self) -> Report {
        self.tally.report(self.candidate.name())
    }

    fn step<D: Documents>(&mut self, held: &Held<'_, '_>, row: &Row<'_>, documents: &D) -> Result<(), D::Fault> {
        let stored = held.stored;
        if let Timestamp::UnixMillis(at) = row.at
            && !self.filter.takes_time(at)
        {
            self.tally.leave_out();
            return Ok(());
        }
        let law = self.library.law(row.policy_digest, documents)?;
        let is_source = |entry: &&Entry<'_>| {
            entry.release.is_some() || law.as_ref().is_ok_and(|law| law.has_source(&entry.provider_id.0))
        };
        let mut releases = row.body.evidence.iter().filter(is_source).peekable();
        if releases.peek().is_none() {
            self.tally.refuse(&Refusal::OtherProvider, || place(stored, Some(row), None));
        }
        for entry in releases {
            let place = || place(stored, Some(row), Some(entry));
            match self.entry(held, row, entry, &law, documents)? {
                Ok(Tried::Judged(both)) => self.count(row, place, &both),
                Ok(Tried::Differs(what)) => self.tally.differ(place(), what),
                Ok(Tried::LeftOut) => self.tally.leave_out(),
                Err(refusal) => self.tally.refuse(&refusal, place),
            }
        }
        Ok(())
    }

    /// One release decision, judged anew by both policies.
    fn entry<D: Documents>(
        &mut self,
        held: &Held<'_, '_>,
        row: &Row<'_>,
        entry: &Entry<'_>,
        law: &Result<Arc<Law>, Refusal>,
        documents: &D,
    ) -> Result<Result<Tried, Refusal>, D::Fault> {
        let stored = held.stored;
        if !self.is_meant(stored, entry) {
            return Ok(Ok(Tried::LeftOut));
        }
        let Some(run) = self.run.as_ref().filter(|it| it.is_of(stored)) else {
            return Ok(Err(Refusal::RunStartMissing));
        };
        let law = match law {
            Ok(law) => law,
            Err(refusal) => return Ok(Err(refusal.clone())),
        };
        let Ok(condition) = ConditionId::try_from(entry.condition_id.0.as_ref()) else {
            return Ok(Err(Refusal::EventInvalid));
        };
        let (shelf, version) = ((run.tenant, run.namespace), (&run.scenario_id, run.spec_hash));
        Ok(match self.library.asking(shelf, version, &condition, documents)? {
            Ok(asking) => held.value(entry).and_then(|canonical| {
                self.judge(row, entry, law, &asking, canonical, || place(stored, Some(row), Some(entry)))
            }),
            Err(refusal) => Err(refusal),
        })
    }

    /// Whether the filters mean it, as far as the event says.
    fn is_meant(&self, stored: &StoredRow<'_>, entry: &Entry<'_>) -> bool {
        let recorded = entry.release.as_ref();
        let run = self.run.as_ref().filter(|it| it.is_of(stored));
        let environment = recorded.map(|it| it.environment.0.as_ref());
        let environment = environment.or_else(|| run?.environment.as_ref().map(EnvironmentName::as_str));
        let policy = recorded.map(|it| it.policy.0.as_ref());
        environment.is_none_or(|it| self.filter.takes_environment(it))
            && policy.is_none_or(|it| self.filter.takes_policy(it))
    }

    fn judge(
        &mut self,
        row: &Row<'_>,
        entry: &Entry<'_>,
        law: &Arc<Law>,
        asking: &Asking,
        canonical: &[u8],
        at: impl FnOnce() -> Place,
    ) -> Result<Tried, Refusal> {
        let run = self.run.as_ref().ok_or(Refusal::RunStartMissing)?;
        let source = law.source(&asking.query.provider_id)?;
        let occasion = Occasion {
            tenant: run.tenant,
            namespace: run.namespace,
            run: None,
            subject: run.subject.as_ref(),
            environment: run.environment.as_ref(),
            at: row.at,
        };
        let unanswered = |fault: Box<decision_gate_core::evidence::Fault>| match &entry.gap {
            Some(gap) => Refusal::Unanswered(gap.0.clone().into_owned().into()),
            None => Refusal::Unanswered(fault.code.as_str().to_owned().into()),
        };
        let place = source.judge.place(&asking.question, &occasion).map_err(unanswered)?;
        let (_, policy) = source.judge.policy(&asking.question).map_err(unanswered)?;
        let heard = self.hearings.hear(law, source, asking, &place, canonical)?;
        let asked = asking.question.what;
        let what = self.filter.gate.map_or(asked, What::Gate);
        let floor = law.policy.required_lane(&asking.query.provider_id);
        let need = asking.lane.map_or(floor, |lane| lane.max(floor));
        let bench = heard.on(source, asking, &place, need);
        let view = View { what, is_question: what == asked, need, cap: source.max_lane };
        let before = bench.decide(policy, Telling::Bare);
        let Some(record) = &entry.release else {
            return Ok(Tried::Differs("a judgement, of which there is no record".to_owned()));
        };
        if let Some(what) = record.differs(&before) {
            return Ok(Tried::Differs(what));
        }
        let candidate = &*self.candidate.policy;
        let after = (candidate.digest() != policy.digest()).then(|| bench.decide_again(candidate, (policy, &before)));
        let stands = |policy: &ReleasePolicy, decision: &ReleaseDecision| {
            view.standing(truth_of(what, decision), || bench.lane(policy, what, decision))
        };
        let was = stands(policy, &before);
        let is = after.as_ref().map_or(was, |after| stands(candidate, after));
        let flips = was.lets_through() != is.lets_through();
        let shown = flips && self.tally.shows(&at());
        let probes =
            if shown || self.extent.curves.is_some() { probe::all(candidate, bench, &view) } else { Vec::new() };
        Ok(Tried::Judged(Box::new(Both { view, before, after, was, is, probes })))
    }

    fn count(&mut self, row: &Row<'_>, at: impl FnOnce() -> Place, both: &Both) {
        let Both { view, before, after, was, is, probes } = both;
        let after = after.as_ref().unwrap_or(before);
        self.tally.judge(*was, *is);
        if self.extent.curves.is_some() {
            self.tally.draw(before.environment.as_str(), probes);
        }
        if was.lets_through() == is.lets_through() {
            return;
        }
        let flip = Flip {
            place: at(),
            at: row.at,
            environment: before.environment.to_string(),
            tenant: before.tenant.clone(),
            before: view.came(before, *was),
            after: view.came(after, *is),
            turns_at: Vec::new(),
        };
        self.tally.flip(&flip);
        if self.tally.shows(&flip.place) {
            let turns_at = tally::turns(probes);
            self.tally.show(Flip { turns_at, ..flip });
        }
    }
}

impl Run {
    fn of(stored: &StoredRow<'_>, row: Row<'_>) -> Option<Self> {
        Some(Self {
            tenant: stored.tenant,
            namespace: stored.namespace,
            name: stored.run.to_owned(),
            scenario_id: row.body.scenario_id?,
            spec_hash: row.body.spec_hash?,
            subject: row.body.subject,
            environment: row.body.environment,
        })
    }

    fn is_of(&self, stored: &StoredRow<'_>) -> bool {
        self.tenant == stored.tenant && self.namespace == stored.namespace && self.name == stored.run
    }
}

fn place(stored: &StoredRow<'_>, row: Option<&Row<'_>>, entry: Option<&Entry<'_>>) -> Place {
    let decision = row.and_then(|it| it.body.decision.as_ref());
    Place {
        tenant_id: stored.tenant,
        namespace_id: stored.namespace,
        run_id: stored.run.to_owned(),
        seq: stored.seq,
        decision_id: decision.map(|it| it.decision_id.0.clone().into_owned()),
        condition_id: entry.map(|it| it.condition_id.0.clone().into_owned()),
    }
}
