//! The providers of the public project: the same built-in ones, and servers outside that speak its older protocol.

use toml::{Table, Value};

use super::tree::{Tree, put, take};

/// Keys of every provider that mean the same.
const MOVES: &[(&str, &str)] =
    &[("name", "name"), ("type", "type"), ("allow_raw", "allow_raw"), ("timeouts.request_timeout_ms", "timeout_ms")];

/// Keys of the settings of built-in ones, by name.
const SETTINGS: &[(&str, &[(&str, &str)])] = &[
    ("time", &[("allow_logical", "allow_logical")]),
    (
        "env",
        &[
            ("allowlist", "allow"),
            ("max_value_bytes", "max_value_bytes"),
            ("max_key_bytes", "max_key_bytes"),
            ("overrides", "overrides"),
        ],
    ),
    ("json", &[("root", "root"), ("root_id", "root_id"), ("max_bytes", "max_bytes"), ("allow_yaml", "allow_yaml")]),
    (
        "http",
        &[("timeout_ms", "timeout_ms"), ("max_response_bytes", "max_response_bytes"), ("user_agent", "user_agent")],
    ),
];

/// Sources that say what is open in them: the keys of ours that do, and the key there that would.
const OPENED: &[(&str, &[&str], &str)] = &[
    ("env", &["allow", "overrides"], "config.allowlist"),
    ("http", &["hosts", "allowed_hosts"], "config.allowed_hosts"),
];

/// Keys of servers outside.
const OUTSIDE: &[(&str, &str)] =
    &[("url", "config.url"), ("allow_insecure_http", "config.allow_http"), ("capabilities_path", "config.contract")];

pub(super) fn import(old: &mut Tree, new: &mut Tree) {
    let Some(Value::Array(providers)) = old.take("providers") else { return };
    let mut left = Vec::new();
    for provider in providers {
        let Value::Table(mut provider) = provider else { continue };
        let mut written = Table::new();
        let is_mcp = provider.get("type").and_then(Value::as_str) == Some("mcp");
        let name = provider.get("name").and_then(Value::as_str).unwrap_or_default().to_owned();
        let settings = SETTINGS.iter().find(|(known, _)| !is_mcp && *known == name).map(|(_, keys)| *keys);
        if is_mcp || settings.is_some() {
            move_all(&mut provider, &mut written, MOVES, "");
            trust(&mut provider, &mut written, new);
            match settings {
                Some(settings) => {
                    move_all(&mut provider, &mut written, settings, "config.");
                    if name == "http" {
                        hosts(&mut provider, &mut written);
                    }
                }
                None => outside(&mut provider, &mut written),
            }
            match OPENED.iter().find(|(known, there, _)| *known == name && !is_open(&written, there)) {
                None => new.push("providers", Value::Table(written)),
                // There the whole source is open where nothing is said; here somebody must open it.
                Some((_, _, key)) => put(&mut provider, key, "everything".into()),
            }
        }
        // The place of each in its list stays what it was.
        left.push(Value::Table(provider));
    }
    if left.iter().any(|provider| provider.as_table().is_some_and(|it| !it.is_empty())) {
        old.put("providers", Value::Array(left));
    }
}

fn is_open(written: &Table, keys: &[&str]) -> bool {
    let settings = written.get("config").and_then(Value::as_table);
    settings.is_some_and(|settings| keys.iter().any(|key| settings.contains_key(*key)))
}

fn move_all(from: &mut Table, to: &mut Table, keys: &[(&str, &str)], below: &str) {
    for (old, new) in keys {
        if let Some(value) = take(from, &format!("{below}{old}")) {
            put(to, &format!("{below}{new}"), value);
        }
    }
}

fn trust(provider: &mut Table, written: &mut Table, new: &mut Tree) {
    match provider.remove("trust") {
        Some(Value::String(word)) => put(written, "trust", Value::String(word)),
        Some(Value::Table(policy)) => put(written, "trust", Value::Table(super::signed(policy, new))),
        _ => {}
    }
}

/// There plain `http` is allowed for all hosts or none; here each says so for itself.
fn hosts(provider: &mut Table, written: &mut Table) {
    let Some(Value::Array(hosts)) = take(provider, "config.allowed_hosts") else { return };
    let plain = take(provider, "config.allow_http").and_then(|it| it.as_bool()) == Some(true);
    if plain {
        let row = |host: Value| {
            Value::Table([("host".to_owned(), host), ("allow_http".to_owned(), true.into())].into_iter().collect())
        };
        put(written, "config.hosts", Value::Array(hosts.into_iter().map(row).collect()));
    } else {
        put(written, "config.allowed_hosts", Value::Array(hosts));
    }
}

/// A server that is started, or asked at an address. There a command wins over an address.
fn outside(provider: &mut Table, written: &mut Table) {
    put(written, "config.protocol", "decision-gate-v0".into());
    if let Some(Value::Array(command)) = provider.remove("command")
        && let [program, arguments @ ..] = command.as_slice()
    {
        put(written, "config.command", program.clone());
        put(written, "config.args", Value::Array(arguments.to_vec()));
        move_all(provider, written, &[("capabilities_path", "config.contract")], "");
    } else {
        move_all(provider, written, OUTSIDE, "");
    }
}
