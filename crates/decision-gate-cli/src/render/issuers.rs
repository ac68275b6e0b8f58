//! Issuers as text and as JSON.

use std::path::Path;

use decision_gate_attest::issuers::{Accuracy, AccuracyGap, GLOBAL, Issuer, IssuerDirectory, OutcomeTally};
use decision_gate_core::at::Timestamp;
use serde_json::{Value, json};

use super::{BAD, GOOD, Line, OPEN, STRONG, Styled, keys, labelled};

/// What came into the directory.
pub(crate) fn added(issuer: &Issuer, now: Timestamp, path: &Path) -> String {
    let mut text = format!("{} {}  {}\n", Styled(GOOD, "added"), Styled(STRONG, &issuer.id), state(issuer, now));
    facts(&mut text, issuer);
    labelled(&mut text, "issuers", Line(path.display()));
    text
}

/// All of them, one a line.
pub(crate) fn list(directory: &IssuerDirectory, now: Timestamp, path: &Path) -> String {
    let mut text = String::new();
    let width = directory.iter().map(|it| it.id.len()).max().unwrap_or_default();
    for issuer in directory.iter() {
        let id = format!("{:<width$}", issuer.id);
        let about = words(issuer.authority.iter().cloned().map(String::from));
        text.push_str(&format!("{}  {}  {}\n", Styled(STRONG, id), state(issuer, now), Line(about)));
    }
    let count = directory.iter().count();
    labelled(&mut text, "issuers", format_args!("{} ({count})", Line(path.display())));
    text
}

/// One with all that is known of it.
pub(crate) fn one(issuer: &Issuer, tally: Option<OutcomeTally>, now: Timestamp, path: &Path) -> String {
    let mut text = format!("{}  {}\n", Styled(STRONG, &issuer.id), state(issuer, now));
    facts(&mut text, issuer);
    if let Some(tally) = tally {
        labelled(&mut text, "outcomes", outcomes(tally));
    }
    labelled(&mut text, "issuers", Line(path.display()));
    text
}

/// A new record.
pub(crate) fn recorded(issuer: &str, sequence: u64, tally: OutcomeTally, path: &Path) -> String {
    let mut text = format!("{} outcome {sequence} of {}\n", Styled(GOOD, "recorded"), Styled(STRONG, Line(issuer)));
    labelled(&mut text, "outcomes", outcomes(tally));
    labelled(&mut text, "records", Line(path.display()));
    text
}

/// For programs: as in the directory, with the state of each key and whether it counts now.
pub(crate) fn json(issuer: &Issuer, now: Timestamp) -> Value {
    let mut value = serde_json::to_value(issuer).unwrap_or_else(|_| json!({}));
    if let Value::Object(members) = &mut value {
        members.insert("keys".into(), issuer.keys.iter().map(|it| keys::json(it, now)).collect());
        members.insert("counts_now".into(), json!(in_window(issuer, now)));
    }
    value
}

/// Outcomes, for programs.
pub(crate) fn tally_json(tally: OutcomeTally) -> Value {
    let (accuracy, gap) = match tally.accuracy(1) {
        Accuracy::Known(rate) => (json!(rate), Value::Null),
        Accuracy::Unknown(AccuracyGap::TooFew) => (Value::Null, json!("too_few")),
        Accuracy::Unknown(AccuracyGap::Incomplete) => (Value::Null, json!("incomplete")),
    };
    json!({ "recorded": tally.count(), "accuracy": accuracy, "unknown": gap })
}

fn facts(text: &mut String, issuer: &Issuer) {
    labelled(text, "name", Line(&issuer.name));
    labelled(text, "about", Line(words(issuer.authority.iter().cloned().map(String::from))));
    labelled(text, "tenants", Line(words(issuer.tenants.iter().cloned())));
    for key in &issuer.keys {
        labelled(text, "key", format_args!("{} {:?}", key.key_id(), key.key()));
    }
    for (label, time) in [("from", issuer.not_before), ("until", issuer.not_after)] {
        if let Some(time) = time {
            labelled(text, label, time);
        }
    }
}

fn outcomes(tally: OutcomeTally) -> String {
    let count = tally.count();
    match tally.accuracy(1) {
        Accuracy::Known(rate) => format!("{count} recorded, accuracy {}", rate.decimal()),
        Accuracy::Unknown(AccuracyGap::TooFew) => "none recorded".to_owned(),
        Accuracy::Unknown(AccuracyGap::Incomplete) => {
            Styled(BAD, format_args!("{count} recorded and some missing: the accuracy is unknown")).to_string()
        }
    }
}

/// Whether its time has come and is not over, for whatever tenant.
fn in_window(issuer: &Issuer, now: Timestamp) -> bool {
    let tenant = issuer.tenants.first().map_or(GLOBAL, String::as_str);
    issuer.counts(Some(tenant), now)
}

fn state(issuer: &Issuer, now: Timestamp) -> String {
    let keys = issuer.keys.iter().filter(|it| it.judge_time(now).is_ok()).count();
    match (in_window(issuer, now), keys) {
        (false, _) => Styled(BAD, "not in force now").to_string(),
        (true, 0) => Styled(OPEN, "no key in force").to_string(),
        (true, keys) => Styled(GOOD, format_args!("in force, {keys} of {} keys", issuer.keys.len())).to_string(),
    }
}

fn words(words: impl Iterator<Item = String>) -> String {
    words.collect::<Vec<_>>().join(", ")
}
