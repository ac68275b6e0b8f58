//! All gates of a release, asked in order, and the one answer that they come to.
//!
//! Every gate is asked, so that one call shows everything. `decided_by` is the first block that counts; warnings add
//! up. The answer is the strong Kleene conjunction of the rows: a measured block is False, a block for want of data
//! is Unknown, and both hold. A chain of which no gate proved anything holds too, unless the policy says otherwise.

use decision_gate_core::condition::Truth;
use decision_gate_core::digest::Digest;
use decision_gate_core::name::EnvironmentName;
use decision_gate_core::trust::Lane;

use crate::attested::Attested;
use crate::context::ReleaseContext;
use crate::mode::{Mode, Origin};
use crate::options::Switch;
use crate::policy::{ReadyGate, ReleasePolicy, Ungated};
use crate::result::{Basis, GateResult, Judged, NearMiss, Outcome, Telling, truth};
use crate::waiver::{self, Waiver};

/// What a chain came to.
#[derive(Clone, Debug, PartialEq)]
pub struct ReleaseDecision {
    /// True lets through; False and Unknown hold.
    pub truth: Truth,
    /// Stable code of what it came to.
    pub reason: &'static str,
    /// The first gate whose block counts.
    pub decided_by: Option<&'static str>,
    /// One row for each gate, in order.
    pub rows: Vec<GateResult>,
    /// Waivers that will lapse soon, soonest first.
    pub upcoming: Vec<Lapse>,
    /// What is looser than it should be: hashed with the decision.
    pub relaxations: Vec<String>,
    /// Where the release is to go.
    pub environment: EnvironmentName,
    /// For whom.
    pub tenant: Option<String>,
    /// Digest of the policy.
    pub policy: Digest,
}

/// A waiver that will lapse soon, and would turn its gate back into a block.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Lapse {
    /// When, in milliseconds since 1970.
    pub at: i64,
    /// Whole days until then.
    pub in_days: u64,
    /// Which gate.
    pub gate: &'static str,
    /// Digest of the waiver's envelope.
    pub waiver: Digest,
}

/// What a chain would come to were all of trust passed. Never a decision: there is no way from here to one.
#[derive(Clone, Debug, PartialEq)]
pub struct Hypothetical(ReleaseDecision);

impl ReleaseDecision {
    /// Rows that say something to know: warnings and notes, in order.
    pub fn warnings(&self) -> impl Iterator<Item = &GateResult> {
        self.rows.iter().filter(|row| matches!(row.outcome, Outcome::Warn | Outcome::PassWithNote))
    }
}

impl Hypothetical {
    /// What it would be.
    pub fn would_be(&self) -> Truth {
        self.0.truth
    }

    /// One row for each gate, in order.
    pub fn rows(&self) -> &[GateResult] {
        &self.0.rows
    }

    /// The first gate whose block would count.
    pub fn decided_by(&self) -> Option<&'static str> {
        self.0.decided_by
    }
}

/// Asks every gate. Same policy, same release, same decision.
pub fn evaluate(policy: &ReleasePolicy, release: &ReleaseContext) -> ReleaseDecision {
    told(policy, release, Telling::Whole)
}

/// The same, with as much of it told as is wanted.
pub(crate) fn told(policy: &ReleasePolicy, release: &ReleaseContext, telling: Telling) -> ReleaseDecision {
    let waivers = waiver::of(release);
    let gates = policy.gates(release.environment.as_str(), release.tenant.as_deref());
    let rows = gates.iter().map(|gate| row(gate, policy, release, &waivers, telling));
    decision(policy, release, rows.collect())
}

/// What decides of the same release under another policy than the one that it was told by: where both ask the same, that
/// answer stands.
pub(crate) fn told_again(
    policy: &ReleasePolicy,
    release: &ReleaseContext,
    (teller, told): (&ReleasePolicy, &ReleaseDecision),
) -> ReleaseDecision {
    let waivers = waiver::of(release);
    let [gates, asked] = [policy, teller].map(|it| it.gates(release.environment.as_str(), release.tenant.as_deref()));
    // What a waiver covers depends on the rules on waivers too.
    let asked = if teller.waivers() == policy.waivers() { asked } else { &[] };
    // In every policy the gates stand in the same order.
    let known = asked.iter().zip(&told.rows).map(Some).chain(std::iter::repeat(None));
    let rows = gates.iter().zip(known).map(|(gate, known)| match known {
        Some((other, row)) if other.is_same(gate) => row.clone(),
        _ => row(gate, policy, release, &waivers, Telling::Bare),
    });
    decision(policy, release, rows.collect())
}

fn decision(policy: &ReleasePolicy, release: &ReleaseContext, rows: Vec<GateResult>) -> ReleaseDecision {
    let decided_by = rows.iter().find(|row| row.outcome == Outcome::Block && row.waived.is_empty());
    let decided_by = decided_by.map(|row| row.gate);
    let (truth, reason) = combine(policy, &rows);
    let relaxations = relaxations(policy, reason, &rows);
    let upcoming = upcoming(policy, &rows);
    ReleaseDecision {
        truth,
        reason,
        decided_by,
        rows,
        upcoming,
        relaxations,
        environment: release.environment.clone(),
        tenant: release.tenant.clone(),
        policy: policy.digest(),
    }
}

/// The same were all of trust passed for what was supplied: lanes of attestations and metadata, and nothing else.
pub fn precheck(policy: &ReleasePolicy, release: &ReleaseContext) -> Hypothetical {
    let trusted = ReleaseContext {
        attestations: release.attestations.iter().map(Attested::if_verified).collect(),
        metadata_lane: Lane::Verified,
        ..release.clone()
    };
    Hypothetical(evaluate(policy, &trusted))
}

/// Strong Kleene over what the rows prove; what is waived holds for this purpose.
fn combine(policy: &ReleasePolicy, rows: &[GateResult]) -> (Truth, &'static str) {
    let counting = |row: &GateResult| if row.waived.is_empty() { row.truth } else { row.truth.map(|_| Truth::True) };
    match rows.iter().filter_map(counting).reduce(Truth::and) {
        Some(Truth::True) => (Truth::True, "gates_met"),
        Some(Truth::False) => (Truth::False, "gate_blocked"),
        Some(Truth::Unknown) => (Truth::Unknown, "gate_unknown"),
        None => match policy.ungated() {
            Ungated::Hold => (Truth::Unknown, "no_gate_asked"),
            Ungated::Allow => (Truth::True, "ungated"),
        },
    }
}

/// What one gate comes to, with its mode and its waivers.
pub(crate) fn row(
    gate: &ReadyGate,
    policy: &ReleasePolicy,
    release: &ReleaseContext,
    waivers: &[(&Attested, &Waiver)],
    telling: Telling,
) -> GateResult {
    let (id, order) = (gate.kind.id, gate.kind.order);
    let told = |source: &Origin| (telling == Telling::Whole).then(|| source.clone());
    let (mode, mode_source) = match &gate.switch {
        Switch::Off(source) => return off(id, order, told(source), telling),
        Switch::On { mode, source } => (mode.unwrap_or(Mode::Block), told(source)),
    };
    let mut judged = gate.gate.judge(release, telling);
    if judged.basis == Basis::Missing && judged.outcome != Outcome::Pass && telling == Telling::Whole {
        judged = judged.near(rejected(release));
    }
    let would_have = judged.outcome;
    let outcome = under(mode, would_have);
    let (waived, refused_waivers) = match outcome {
        Outcome::Block => waiver::cover(id, &judged, release, waivers, policy.waivers()),
        _ => (Vec::new(), Vec::new()),
    };
    let (truth, mode) = (truth(outcome, judged.basis), Some(mode));
    GateResult { gate: id, order, outcome, would_have, truth, judged, mode, mode_source, waived, refused_waivers }
}

/// What a mode makes of what a gate says.
fn under(mode: Mode, said: Outcome) -> Outcome {
    match (mode, said) {
        (Mode::Shadow | Mode::Off, _) => Outcome::Skip,
        (Mode::Warn, Outcome::Block) => Outcome::Warn,
        _ => said,
    }
}

/// What a gate says of a release under its mode, waivers aside; nothing where it is off.
pub(crate) fn said(gate: &ReadyGate, release: &ReleaseContext) -> Option<(Outcome, Judged)> {
    let Switch::On { mode, .. } = &gate.switch else { return None };
    let judged = gate.gate.judge(release, Telling::Whole);
    Some((under(mode.unwrap_or(Mode::Block), judged.outcome), judged))
}

fn off(gate: &'static str, order: u16, mode_source: Option<Origin>, telling: Telling) -> GateResult {
    GateResult {
        gate,
        order,
        outcome: Outcome::Skip,
        would_have: Outcome::Skip,
        truth: None,
        judged: telling.measured(Outcome::Skip, "gate_off", || "Gate is off"),
        mode: Some(Mode::Off),
        mode_source,
        waived: Vec::new(),
        refused_waivers: Vec::new(),
    }
}

/// Evidence that was refused before anybody read it, as near misses: any gate may have lacked it.
fn rejected(release: &ReleaseContext) -> impl Iterator<Item = NearMiss> {
    let mut all: Vec<_> = release.rejected.iter().collect();
    all.sort_unstable();
    all.into_iter().map(|it| NearMiss {
        evidence: format!("sha256:{}", it.envelope),
        code: it.code.clone(),
        field: "signature".into(),
        expected: "evidence whose check succeeds".into(),
        seen: it.code.clone(),
    })
}

/// Of every waived gate the instant at which its last waiver ends, where that is soon.
fn upcoming(policy: &ReleasePolicy, rows: &[GateResult]) -> Vec<Lapse> {
    let within = policy.waivers().report_within.millis().unsigned_abs() / 86_400_000;
    let last = rows.iter().filter_map(|row| Some((row.gate, row.waived.first()?)));
    let soon = last.filter(|(_, it)| it.lapses_in_days <= within);
    let lapse = |(gate, it): (_, &waiver::Waived)| Lapse {
        at: it.expires_at,
        in_days: it.lapses_in_days,
        gate,
        waiver: it.waiver,
    };
    let mut all: Vec<_> = soon.map(lapse).collect();
    all.sort_unstable();
    all
}

fn relaxations(policy: &ReleasePolicy, reason: &str, rows: &[GateResult]) -> Vec<String> {
    let mut loose = Vec::new();
    if reason == "ungated" {
        loose.push("release_ungated".to_owned());
    }
    if policy.waivers().failed_evidence == crate::options::FailedEvidence::Cover {
        loose.push("waivers_cover_failed_evidence".to_owned());
    }
    let waived = rows.iter().filter(|row| !row.waived.is_empty());
    loose.extend(waived.map(|row| format!("waived:{}", row.gate)));
    loose
}
