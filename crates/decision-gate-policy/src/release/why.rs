//! What holds a release up: the gates whose blocks count, all of which must be mended, when waivers end, and when gates
//! turn since evidence becomes too old.

use decision_gate_core::at::Timestamp;
use decision_gate_core::condition::Truth;
use decision_gate_core::trust::{ReleaseBlock, ReleaseNearMiss, ReleaseTurn, ReleaseWhy, WaiverLapse};

use super::question::What;
use crate::chain::ReleaseDecision;
use crate::outlook::Turn;
use crate::result::{GateResult, NearMiss, Outcome};

/// What to do about a gate that does not say so itself.
const RECOMMENDATION: &str = "bring evidence that meets the gate, or let somebody answer for it with a signed waiver";

/// What holds up the answer to the question, if mending gates helps.
pub(super) fn of(what: What, decision: &ReleaseDecision, aging: &[Turn]) -> ReleaseWhy {
    let asked: Vec<&GateResult> = match what {
        What::Chain => decision.rows.iter().collect(),
        What::Gate(id) => decision.rows.iter().filter(|row| row.gate == id).collect(),
    };
    let blocking: Vec<&GateResult> = asked.iter().copied().filter(|row| blocks(row)).collect();
    let mended = |row: &&GateResult| if blocks(row) { Some(Truth::True) } else { counting(row) };
    let turns = asked.iter().filter_map(mended).reduce(Truth::and) == Some(Truth::True);
    let gates = if turns { blocking.into_iter().map(block).collect() } else { Vec::new() };
    let mut lapses: Vec<_> = asked.iter().filter_map(|row| lapse(row)).collect();
    lapses.sort_by(|a, b| (millis(a.at), &a.gate).cmp(&(millis(b.at), &b.gate)));
    let aging = aging.iter().filter(|turn| asked.iter().any(|row| row.gate == turn.gate));
    ReleaseWhy { gates, lapses, turns: aging.map(turn).collect() }
}

/// Whether the row keeps the answer from being `pass`.
fn blocks(row: &GateResult) -> bool {
    row.outcome == Outcome::Block && counting(row) != Some(Truth::True)
}

/// What a row means where waivers count.
pub(crate) fn counting(row: &GateResult) -> Option<Truth> {
    if row.waived.is_empty() { row.truth } else { row.truth.map(|_| Truth::True) }
}

fn block(row: &GateResult) -> ReleaseBlock {
    let near = |it: &NearMiss| ReleaseNearMiss {
        code: it.code.clone(),
        field: it.field.clone(),
        expected: it.expected.clone(),
        seen: it.seen.clone(),
    };
    ReleaseBlock {
        gate: row.gate.to_owned(),
        status: row.truth.unwrap_or(Truth::Unknown),
        code: row.judged.reason.to_owned(),
        message: row.judged.message.clone(),
        recommendation: row.judged.recommendation.clone().unwrap_or_else(|| RECOMMENDATION.to_owned()),
        near_misses: row.judged.near_misses.iter().chain(&row.refused_waivers).map(near).collect(),
    }
}

/// When the last of a gate's waivers ends.
fn lapse(row: &GateResult) -> Option<WaiverLapse> {
    let at = Timestamp::UnixMillis(row.waived.first()?.expires_at);
    Some(WaiverLapse { at, gate: row.gate.to_owned() })
}

fn turn(turn: &Turn) -> ReleaseTurn {
    let (at, message) = (Timestamp::UnixMillis(turn.at), turn.message.clone());
    ReleaseTurn { at, gate: turn.gate.to_owned(), to: turn.to, message }
}

fn millis(at: Timestamp) -> i64 {
    match at {
        Timestamp::UnixMillis(millis) => millis,
        Timestamp::Logical(_) => i64::MAX,
    }
}
