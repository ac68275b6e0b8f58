//! A release decision: one row for each gate of the release policy, as the replay made it anew.
//!
//! Where the pack withholds what the release was judged on, the record in the event tells what the gates came to, and
//! not in which words.

use decision_gate_core::ledger::Body;
use decision_gate_core::trust::{ReleaseRecord, ReleaseRow};
use serde_json::Value;

use crate::Verified;
use crate::badge::Badge;
use crate::shown::Shown;
use crate::verdict::Fact;

/// The decision.
pub(crate) struct Release {
    pub(crate) badge: Badge,
    /// The first gate whose block counts.
    pub(crate) decided_by: Option<Shown>,
    pub(crate) facts: Vec<Fact>,
    pub(crate) rows: Vec<Row>,
    pub(crate) notes: Vec<Shown>,
    /// Whether only the record is at hand.
    pub(crate) brief: bool,
}

/// A release gate.
pub(crate) struct Row {
    pub(crate) gate: Shown,
    pub(crate) badge: Badge,
    pub(crate) waived: bool,
    /// Whether it is switched off, and has nothing to say.
    pub(crate) off: bool,
    pub(crate) reason: Shown,
    pub(crate) message: Shown,
    pub(crate) mode: Shown,
    /// What it would have said, where the mode made something else of it.
    pub(crate) would_have: Option<Shown>,
    pub(crate) recommendation: Option<Shown>,
    /// Waivers and near misses.
    pub(crate) more: Vec<Shown>,
}

/// The latest release decision of the run.
pub(crate) fn of(verified: &Verified<'_>) -> Option<Release> {
    verified.account()?.events.iter().rev().find_map(|told| {
        let Body::StepDecided(body) = &told.event.body else { return None };
        let entry = body.evidence.iter().find(|it| it.release.is_some())?;
        let view = told.evaluation.as_ref().and_then(|it| it.condition(&entry.condition_id)?.judged.release.as_ref());
        Some(match view {
            Some(released) => from_view(&released.view),
            None => from_record(entry.release.as_ref()?),
        })
    })
}

fn outcome(word: &str) -> Badge {
    match word {
        "True" => Badge::good("released"),
        "False" => Badge::bad("blocked"),
        _ => Badge::open("held: something is missing"),
    }
}

pub(crate) fn from_view(view: &Value) -> Release {
    let mut facts = Vec::new();
    for (label, name) in [
        ("Policy", "policy"),
        ("To environment", "environment"),
        ("For tenant", "tenant"),
        ("VEX status asked for", "requested_status"),
        ("Lane", "lane"),
        ("Reason", "reason"),
    ] {
        facts.extend(at(view, name).as_str().map(|it| Fact::text(label, it)));
    }
    facts.extend(at(at(view, "policy_digest"), "value").as_str().map(|it| Fact::code("Policy digest", it)));
    Release {
        badge: outcome(word(view, "outcome")),
        decided_by: at(view, "decided_by").as_str().map(Shown::line),
        facts,
        rows: list(view, "gates").map(row).collect(),
        notes: notes(view),
        brief: false,
    }
}

fn row(row: &Value) -> Row {
    let (said, would) = (word(row, "outcome"), word(row, "would_have"));
    let mode = match (word(row, "mode"), word(row, "mode_source")) {
        ("", _) => Shown::line("as configured"),
        (mode, "") => Shown::line(mode),
        (mode, source) => Shown::line(format_args!("{mode}, from {source}")),
    };
    let waivers = list(row, "waived").map(|it| {
        let (who, why, days) = (word(it, "approver"), word(it, "reason"), at(it, "lapses_in_days"));
        Shown::line(format_args!("Waived by {who}: {why} (lapses in {days} days)"))
    });
    let misses = |name: &'static str, what: &'static str| {
        list(row, name).map(move |it| {
            let (code, field) = (word(it, "code"), word(it, "field"));
            Shown::line(format_args!(
                "{what}: {code}, {field} should be {}, not {}",
                word(it, "expected"),
                word(it, "seen")
            ))
        })
    };
    let more = waivers.chain(misses("refused_waivers", "Waiver refused")).chain(misses("near_misses", "Near miss"));
    Row {
        gate: Shown::line(word(row, "gate")),
        badge: Badge::release(said),
        waived: list(row, "waived").next().is_some(),
        off: word(row, "mode") == "Off",
        reason: Shown::line(word(row, "reason")),
        message: Shown::line(word(row, "message")),
        mode,
        would_have: (!would.is_empty() && would != said).then(|| Shown::line(Badge::release(would).word)),
        recommendation: at(row, "recommendation").as_str().filter(|_| said != "Pass").map(Shown::line),
        more: more.collect(),
    }
}

fn notes(view: &Value) -> Vec<Shown> {
    let lapses = list(view, "upcoming").map(|it| {
        Shown::line(format_args!("The waiver of {} lapses in {} days.", word(it, "gate"), at(it, "lapses_in_days")))
    });
    let refused = list(view, "refused").map(|it| {
        let envelope = at(at(it, "envelope"), "value").as_str().unwrap_or_default();
        Shown::line(format_args!("Evidence sha256:{envelope} was refused: {}.", word(it, "code")))
    });
    let passed = list(view, "passed_over")
        .map(|it| Shown::line(format_args!("{} ({}): {}", word(it, "file"), word(it, "place"), word(it, "message"))));
    let lifted = (at(at(view, "if_verified"), "outcome") == "True")
        .then(|| Shown::line("Were all that was handed in verified, the gates would let it through."));
    lapses.chain(refused).chain(passed).chain(lifted).collect()
}

fn from_record(record: &ReleaseRecord) -> Release {
    let mut facts = vec![Fact::text("Policy", &record.policy), Fact::text("To environment", &record.environment)];
    facts.extend(record.tenant.as_ref().map(|it| Fact::text("For tenant", it)));
    facts.push(Fact::text("Reason", &record.reason));
    facts.push(Fact::code("Policy digest", record.policy_digest));
    let row = |row: &ReleaseRow| Row {
        gate: Shown::line(&row.gate),
        badge: Badge::release(&row.outcome),
        waived: !row.waived.is_empty(),
        off: row.mode.as_deref() == Some("Off"),
        reason: Shown::line(&row.reason),
        message: Shown::line(""),
        mode: Shown::line(row.mode.as_deref().unwrap_or("as configured")),
        would_have: row.would_have.as_deref().map(|it| Shown::line(Badge::release(it).word)),
        recommendation: None,
        more: row.waived.iter().map(|it| Shown::line(format_args!("Waived by the statement sha256:{it}"))).collect(),
    };
    Release {
        badge: outcome(record.outcome.word()),
        decided_by: record.decided_by.as_ref().map(Shown::line),
        facts,
        rows: record.gates.iter().map(row).collect(),
        notes: Vec::new(),
        brief: true,
    }
}

fn at<'a>(value: &'a Value, name: &str) -> &'a Value {
    value.get(name).unwrap_or(&Value::Null)
}

fn word<'a>(value: &'a Value, name: &str) -> &'a str {
    at(value, name).as_str().unwrap_or_default()
}

fn list<'a>(value: &'a Value, name: &str) -> impl Iterator<Item = &'a Value> {
    at(value, name).as_array().into_iter().flatten()
}
