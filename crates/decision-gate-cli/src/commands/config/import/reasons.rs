//! Why a key of the public project has no counterpart. The longest key that fits wins.

const REASONS: &[(&str, &str)] = &[
    ("server.transport", "this server speaks over its standard streams only"),
    ("server.mode", "nothing is permissive as a whole: loosen single settings, which every decision then says"),
    ("server.bind", "this server speaks over its standard streams only"),
    ("server.tls", "this server speaks over its standard streams only"),
    ("server.tls_termination", "this server speaks over its standard streams only"),
    (
        "server.limits.rate_limit",
        "one client speaks to one process; `limits.max_in_flight` bounds what it may ask at once",
    ),
    ("server.auth", "whoever starts the process is the caller; who may start it is the system's to say"),
    ("server.auth.allowed_tools", "hide tools by `server.profile` and `server.tools.deny`"),
    ("server.audit", "every decision is in the ledger, and the log on stderr has the rest (`logging`)"),
    ("server.feedback", "each call says how much it wants to hear, and values are shown as `evidence` says"),
    ("server.tools.mode", "a hidden tool is never called"),
    ("server.tools.denylist", "there is no tool of that name here"),
    ("namespace.allow_default", "open namespaces by number: `tenants[].namespaces`"),
    ("namespace.authority", "namespaces are opened in the configuration: `tenants[].namespaces`"),
    ("dev", "nothing is permissive as a whole: `trust.trust_requirement` and `max_lane` are set one by one"),
    ("provider_discovery", "hide the tools by `server.tools.deny`; how long answers are is bounded"),
    ("validation", "scenarios are always checked strictly, and all comparators are there"),
    ("run_state_store.journal_mode", "the ledger is always in WAL mode"),
    ("run_state_store.max_versions", "no event is ever dropped; `ledger prune` takes old values away"),
    (
        "schema_registry",
        "data shapes are kept in the ledger; pin them under `schemas`, and hide `schemas_register` by `server.tools.deny`",
    ),
    ("docs", "the documentation is built in, and nothing can be added to it"),
    ("runpack_storage", "packs are kept in a folder, or in a bucket of an S3-compatible store"),
    ("providers[].type", "there is no provider of that kind here"),
    ("providers[].name", "there is no built-in provider of that name here"),
    (
        "providers[].auth.bearer_token",
        "secrets do not stand in files: set a variable and name it in `bearer_token_env`",
    ),
    ("providers[].timeouts.connect_timeout_ms", "`timeout_ms` bounds the whole answer"),
    ("providers[].trust", "name the keys under `trust.keys` first"),
    (
        "providers[].config.allowlist",
        "nothing is open here until it is named: add the provider with the variables in `allow`",
    ),
    ("providers[].config.allowed_hosts", "nothing is open here until it is named: add the provider with its `hosts`"),
    ("providers[].config.denylist", "variables are closed unless they are named in `allow`"),
    ("providers[].config.hash_algorithm", "it is always SHA-256"),
    ("providers[].config.allow_http", "each host says so for itself: `hosts[].allow_http`"),
];

/// Why a key has no counterpart.
pub(super) fn of(key: &str) -> &'static str {
    let plain = without_places(key);
    let fits = |known: &str| plain.strip_prefix(known).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'));
    let longest = REASONS.iter().filter(|(known, _)| fits(known)).max_by_key(|(known, _)| known.len());
    longest
        .map_or("it is no key of that project's configuration, which passes over what it does not know", |(_, why)| why)
}

/// `providers[2].name` as `providers[].name`.
fn without_places(key: &str) -> String {
    let mut plain = String::with_capacity(key.len());
    let mut inside = false;
    for letter in key.chars() {
        inside = match letter {
            '[' => true,
            ']' => false,
            _ => inside,
        };
        if !inside || letter == '[' {
            plain.push(letter);
        }
    }
    plain
}
