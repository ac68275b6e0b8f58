//! A release decision as a report: a row for each release gate.

use decision_gate_core::explain::Size;
use decision_gate_runtime::ReleaseReply;
use serde_json::Value;

use super::from_check::{details, envelopes, facts};
use super::{Report, Row, Status, Verification, Waiver};
use crate::commands::runpack::export::Exported;
use crate::render::release::{at, reason, word};

/// The report. `file` is where the policy is written.
pub(crate) fn of(reply: &ReleaseReply, exported: Option<&Exported>, file: Option<String>) -> Report {
    let step = &reply.step;
    let state = &step.state;
    let none = Value::Null;
    let view = reply.released.as_ref().map_or(&none, |it| &it.view);
    let rows: Vec<_> = at(view, "gates").as_array().into_iter().flatten().map(row).collect();
    let environment = state.environment.as_ref().map(|it| format!(" to {it}")).unwrap_or_default();
    let record = reply.released.as_ref().map(|it| &it.record);
    let mut facts = facts(state, Some(step), exported);
    facts.extend(record.map(|it| ("release policy", format!("{}@{}", it.policy, it.policy_digest.to_hex()))));
    facts.extend(record.and_then(|it| it.tenant.clone()).map(|it| ("tenant", it)));
    Report {
        title: format!("release{environment}"),
        allowed: reply.is_allowed(),
        reason: reason(reply),
        rows,
        explanation: step.explanation(Size::Whole),
        notes: notes(view),
        file,
        facts,
        at: step.decision.decided_at,
        verified: Verification {
            subject: state.subject.clone(),
            policy_uri: record.map_or_else(
                || format!("urn:decision-gate:scenario:{}:{}", state.namespace, state.scenario_id),
                |it| format!("urn:decision-gate:release-policy:{}", it.policy),
            ),
            policy_sha256: record.map_or_else(|| state.spec_hash.to_hex(), |it| it.policy_digest.to_hex()),
            envelopes: envelopes(std::slice::from_ref(step)),
            details: details(state, Some(step)),
        },
    }
}

fn row(row: &Value) -> Row {
    let waivers: Vec<_> = at(row, "waived").as_array().into_iter().flatten().map(waiver).collect();
    let status = match (word(row, "outcome"), word(row, "truth")) {
        ("Pass", _) => Status::Passed,
        ("PassWithNote", _) => Status::Noted,
        ("Warn", _) => Status::Warned,
        ("Block", _) if !waivers.is_empty() => Status::Waived,
        ("Block", "False") => Status::Failed,
        ("Block", _) => Status::Unknown,
        _ => Status::NotAsked,
    };
    let mut why = Vec::new();
    if status != Status::NotAsked {
        why.push(format!("{} ({})", word(row, "message"), word(row, "reason")));
    }
    for list in ["near_misses", "refused_waivers"] {
        for miss in at(row, list).as_array().into_iter().flatten() {
            let (code, field) = (word(miss, "code"), word(miss, "field"));
            why.push(format!(
                "near miss: {code} {field}: {} wanted, {} seen",
                word(miss, "expected"),
                word(miss, "seen")
            ));
        }
    }
    let reason = word(row, "reason");
    Row {
        group: "release".to_owned(),
        gate: word(row, "gate").to_owned(),
        status,
        code: reason.to_owned(),
        why,
        waivers,
    }
}

fn waiver(it: &Value) -> Waiver {
    let until = at(it, "expires_at").as_i64().map(|it| decision_gate_core::at::Timestamp::UnixMillis(it).to_string());
    Waiver {
        approver: word(it, "approver").to_owned(),
        reason: word(it, "reason").to_owned(),
        until: until.unwrap_or_default(),
    }
}

fn notes(view: &Value) -> Vec<String> {
    let lapses = at(view, "upcoming").as_array().into_iter().flatten();
    lapses.map(|it| format!("the waiver of {} lapses in {} days", word(it, "gate"), at(it, "lapses_in_days"))).collect()
}
