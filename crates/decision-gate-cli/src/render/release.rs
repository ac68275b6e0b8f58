//! A release decision as text and as JSON: the verdict, one row for each gate with where its mode came from, and what
//! to do.

use std::fmt::Write as _;

use decision_gate_core::explain::Size;
use decision_gate_runtime::ReleaseReply;
use serde_json::{Value, json};

use super::{BAD, FAINT, GOOD, Line, OPEN, Styled, config_line, labelled, path_json};
use crate::commands::check::Places;
use crate::commands::runpack::export::Exported;
use crate::fault::Fault;
use crate::render;

/// Most near misses that are shown of one gate.
const NEAR_MISSES: usize = 3;

/// For people. `exported` is `None` when the proof could not be written.
pub(crate) fn text(reply: &ReleaseReply, exported: Option<&Option<Exported>>, places: &Places) -> String {
    let (style, word) = if reply.is_allowed() { (GOOD, "ALLOWED") } else { (BAD, "NOT ALLOWED") };
    let mut text = format!("{}: {}\n", Styled(style.bold(), word), Line(reason(reply)));
    let none = Value::Null;
    let view = reply.released.as_ref().map_or(&none, |it| &it.view);
    if let Some(gates) = at(view, "gates").as_array() {
        text.push('\n');
        gates.iter().for_each(|it| row(&mut text, it));
    }
    if let Some(explanation) = reply.step.explanation(Size::Whole) {
        super::explanation::text(&mut text, &explanation);
    }
    foot(&mut text, view);
    let state = &reply.step.state;
    let hash = Styled(FAINT, format!("@{}", state.spec_hash.to_hex()));
    labelled(&mut text, "scenario", format_args!("{}{hash} ({})", state.scenario_id, state.origin.word()));
    labelled(&mut text, "run", &state.run);
    config_line(&mut text, places.config.as_deref());
    match &places.ledger {
        Some(place) => labelled(&mut text, "ledger", Line(place)),
        None => labelled(&mut text, "ledger", "in memory, gone when this command ends"),
    }
    if let Some(Some(exported)) = exported {
        labelled(&mut text, "proof", Line(&exported.place));
    }
    text
}

/// Why the verdict is what it is, in one line.
pub(crate) fn reason(reply: &ReleaseReply) -> String {
    let gap = reply.judged.gap.as_ref().map(|gap| format!("{} ({})", gap.message(), gap.code()));
    let blocked = || {
        let view = &reply.released.as_ref()?.view;
        let id = at(view, "decided_by").as_str()?;
        let row = at(view, "gates").as_array()?.iter().find(|it| at(it, "gate") == id)?;
        Some(format!("release gate `{id}`: {} ({})", word(row, "message"), word(row, "reason")))
    };
    match gap.or_else(|| if reply.is_allowed() { None } else { blocked() }) {
        Some(why) => why,
        None if reply.is_allowed() => "no release gate blocks".to_owned(),
        None => "the release gates are not met".to_owned(),
    }
}

fn row(text: &mut String, row: &Value) {
    let outcome = word(row, "outcome");
    let waived = at(row, "waived").as_array().is_some();
    let style = match outcome {
        "Pass" | "PassWithNote" => GOOD,
        "Warn" => OPEN,
        "Block" if waived => OPEN,
        "Block" => BAD,
        _ => FAINT,
    };
    let _ = writeln!(text, "  {} {:<22} {}", at(row, "order"), word(row, "gate"), Styled(style, outcome));
    // A gate that is off has nothing to say.
    if word(row, "mode") == "Off" {
        return said(text, "mode", &format!("Off, from {}", word(row, "mode_source")));
    }
    said(text, word(row, "reason"), word(row, "message"));
    if let Some(mode) = at(row, "mode").as_str() {
        said(
            text,
            "mode",
            &format!("{mode}, from {}; would have: {}", word(row, "mode_source"), word(row, "would_have")),
        );
    }
    for waiver in at(row, "waived").as_array().into_iter().flatten() {
        let days = at(waiver, "lapses_in_days");
        let by = format!("by {}: {} (lapses in {days} days)", word(waiver, "approver"), word(waiver, "reason"));
        said(text, "waived", &by);
    }
    for list in ["refused_waivers", "near_misses"] {
        for miss in at(row, list).as_array().into_iter().flatten().take(NEAR_MISSES) {
            let (field, expected) = (word(miss, "field"), word(miss, "expected"));
            let what = if list == "near_misses" { "near miss" } else { "waiver refused" };
            said(text, what, &format!("{} `{field}`: {expected}, not {}", word(miss, "code"), word(miss, "seen")));
        }
    }
    // What to do about blocks is told below, in one place.
    if let Some(recommendation) = at(row, "recommendation").as_str().filter(|_| !matches!(outcome, "Pass" | "Block")) {
        said(text, "to do", recommendation);
    }
}

fn said(text: &mut String, what: &str, value: &str) {
    let _ = writeln!(text, "        {} {}", Styled(FAINT, format_args!("{what}:")), Line(value));
}

/// A member, or null.
pub(crate) fn at<'a>(value: &'a Value, name: &str) -> &'a Value {
    value.get(name).unwrap_or(&Value::Null)
}

pub(crate) fn word<'a>(value: &'a Value, name: &str) -> &'a str {
    at(value, name).as_str().unwrap_or_default()
}

fn foot(text: &mut String, view: &Value) {
    text.push('\n');
    let notes = |name: &str| at(view, name).as_array().cloned().unwrap_or_default();
    for lapse in notes("upcoming") {
        let (gate, days) = (word(&lapse, "gate"), at(&lapse, "lapses_in_days"));
        labelled(text, "note", Styled(OPEN, Line(format!("the waiver of `{gate}` lapses in {days} days"))));
    }
    for refused in notes("refused") {
        let envelope = at(at(&refused, "envelope"), "value").as_str().unwrap_or_default();
        let why = format!("evidence sha256:{envelope} was refused: {}", word(&refused, "code"));
        labelled(text, "note", Styled(OPEN, Line(why)));
    }
    for passed in notes("passed_over") {
        let why = format!("{} ({}): {}", word(&passed, "file"), word(&passed, "place"), word(&passed, "message"));
        labelled(text, "note", Styled(FAINT, Line(why)));
    }
    if at(at(view, "if_verified"), "outcome") == "True" {
        labelled(text, "note", "were all that was handed in verified, the gates would let it through");
    }
    if let Some(policy) = at(view, "policy").as_str() {
        let digest = at(at(view, "policy_digest"), "value").as_str().unwrap_or_default();
        labelled(text, "policy", format_args!("{}{}", Line(policy), Styled(FAINT, format_args!("@{digest}"))));
        let tenant = at(view, "tenant").as_str().map(|it| format!(" for {it}")).unwrap_or_default();
        labelled(
            text,
            "release",
            Line(format!("to {}{tenant}, lane {}", word(view, "environment"), word(view, "lane"))),
        );
    }
    if let Some(words) = at(view, "relaxations").as_array() {
        let words: Vec<&str> = words.iter().filter_map(Value::as_str).collect();
        labelled(text, "loosened", Line(words.join(", ")));
    }
}

/// For programs.
pub(crate) fn json(reply: &ReleaseReply, exported: Result<&Option<Exported>, &Fault>, places: &Places) -> Value {
    let state = &reply.step.state;
    let gap = reply.judged.gap.as_ref();
    let mut report = json!({
        "verdict": if reply.is_allowed() { "allowed" } else { "not_allowed" },
        "reason": reason(reply),
        "code": gap.map(|gap| gap.code().to_owned()),
        "release": reply.released.as_ref().map(|it| &it.view),
        "run": {
            "run_id": state.run,
            "scenario_id": state.scenario_id,
            "spec_hash": state.spec_hash,
            "origin": state.origin,
            "status": state.status,
            "subject": state.subject,
            "environment": state.environment,
        },
        "decision": reply.step.decision,
        "explanation": reply.step.explanation(Size::Brief),
        "relaxations": reply.step.relaxations,
        "config": path_json(places.config.as_deref()),
        "ledger": places.ledger,
    });
    if let Value::Object(report) = &mut report {
        match exported {
            Ok(None) => {}
            Ok(Some(exported)) => drop(report.insert("runpack".into(), exported.json())),
            Err(fault) => drop(report.insert("error".into(), render::fault::error_json(fault))),
        }
    }
    report
}
