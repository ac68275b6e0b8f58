//! Keys as text and as JSON. Only public ones get here.

use std::path::Path;

use decision_gate_core::at::Timestamp;
use decision_gate_core::keys::{Keyring, TrustedKey};
use serde_json::{Value, json};

use super::{BAD, FAINT, GOOD, Line, STRONG, Styled, labelled};

/// What came into a keyring.
pub(crate) fn added(done: &str, key: &TrustedKey, keyring: &Path, private: Option<&Path>) -> String {
    let mut text = format!("{} {}\n", Styled(GOOD, done), Styled(STRONG, key.key_id()));
    facts(&mut text, key);
    labelled(&mut text, "keyring", Line(keyring.display()));
    if let Some(private) = private {
        labelled(&mut text, "private", format_args!("{} (keep it secret)", Line(private.display())));
    }
    text
}

/// All of them, one a line.
pub(crate) fn list(keyring: &Keyring, now: Timestamp, path: &Path) -> String {
    let mut text = String::new();
    let width = keyring.iter().map(|key| key.key_id().as_str().len()).max().unwrap_or_default();
    for key in keyring.iter() {
        let id = format!("{:<width$}", key.key_id().as_str());
        text.push_str(&format!("{}  {:<10}  {}\n", Styled(STRONG, id), key.key().algorithm().word(), state(key, now)));
        for (label, words) in scopes(key) {
            text.push_str(&format!("  {}\n", Styled(FAINT, format_args!("{label} {}", Line(words.join(", "))))));
        }
    }
    labelled(&mut text, "keyring", format_args!("{} ({} keys)", Line(path.display()), keyring.len()));
    text
}

/// One with all that is known of it.
pub(crate) fn one(key: &TrustedKey, now: Timestamp, path: &Path) -> String {
    let mut text = format!("{}  {}\n", Styled(STRONG, key.key_id()), state(key, now));
    facts(&mut text, key);
    labelled(&mut text, "keyring", Line(path.display()));
    text
}

/// What no longer counts.
pub(crate) fn revoked(keys: &[TrustedKey], path: &Path) -> String {
    let mut text = String::new();
    for key in keys {
        text.push_str(&format!("{} {}", Styled(BAD, "revoked"), Styled(STRONG, key.key_id())));
        if let Some(revocation) = key.revocation() {
            text.push_str(&format!(" ({}) from {} on", revocation.reason, revocation.at));
        }
        text.push('\n');
    }
    labelled(&mut text, "keyring", Line(path.display()));
    text
}

/// For programs: as in the keyring, with its fingerprint and whether it counts now.
pub(crate) fn json(key: &TrustedKey, now: Timestamp) -> Value {
    let mut value = serde_json::to_value(key).unwrap_or_else(|_| json!({}));
    if let Value::Object(members) = &mut value {
        members.insert("fingerprint".into(), json!(key.key().fingerprint()));
        members.insert("state".into(), json!(key.judge_time(now).err().map_or("in_force", |fault| fault.code())));
    }
    value
}

fn facts(text: &mut String, key: &TrustedKey) {
    labelled(text, "key", format_args!("{:?}", key.key()));
    labelled(text, "spki", format_args!("sha256:{}", key.key().fingerprint().to_hex()));
    if let Some(not_before) = key.not_before() {
        labelled(text, "from", not_before);
    }
    if let Some(not_after) = key.not_after() {
        labelled(text, "until", not_after);
    }
    for (label, words) in scopes(key) {
        labelled(text, label, Line(words.join(", ")));
    }
}

/// Whom and what it may sign for, where that is bounded.
fn scopes(key: &TrustedKey) -> impl Iterator<Item = (&'static str, Vec<String>)> {
    let providers = key.providers().map(|it| ("for", it.iter().map(ToString::to_string).collect()));
    let types = key.predicate_types().map(|it| ("types", it.iter().cloned().collect()));
    [providers, types].into_iter().flatten()
}

fn state(key: &TrustedKey, now: Timestamp) -> String {
    match key.judge_time(now) {
        Ok(()) => match key.not_after() {
            Some(until) => Styled(GOOD, format_args!("in force until {until}")).to_string(),
            None => Styled(GOOD, "in force").to_string(),
        },
        Err(fault) => Styled(BAD, word(key, fault.code())).to_string(),
    }
}

fn word(key: &TrustedKey, code: &str) -> String {
    match (code, key.revocation(), key.not_before(), key.not_after()) {
        ("key_revoked", Some(revocation), ..) => format!("revoked {} ({})", revocation.at, revocation.reason),
        ("key_not_yet_valid", _, Some(from), _) => format!("not valid before {from}"),
        ("key_expired", _, _, Some(until)) => format!("expired {until}"),
        _ => "can't be judged by this clock".to_owned(),
    }
}
