//! What holds when nobody says anything.

use super::{load_bare, load_text};
use crate::sections::providers::BuiltinSettings;
use crate::{Config, Origin};

#[test]
fn without_any_source_everything_is_default() {
    let loaded = load_bare(&[], &[]).unwrap();
    assert_eq!(*loaded.config(), Config::default());
    assert_eq!(loaded.path(), None);
    assert!(loaded.show().iter().all(|shown| shown.origin == Origin::BuiltIn));
    let lines = loaded.show().iter().map(|shown| format!("{} = {}", shown.key, shown.value)).collect::<Vec<_>>();
    insta::assert_snapshot!(lines.join("\n"));
}

#[test]
fn d19_every_key_of_a_provider_has_the_default_that_the_documents_say() {
    let text = r#"
        [[providers]]
        name = "json"
        config = { root = "evidence", root_id = "evidence" }

        [[providers]]
        name = "env"
        config = { allow = ["CI"] }

        [[providers]]
        name = "http"
        config = { allowed_hosts = ["ci.example"] }
    "#;
    let loaded = load_text("gate.toml", text, &[], &[]).unwrap();
    let config = loaded.config();
    for provider in config.providers.listed() {
        assert!(!provider.allow_raw && provider.trust.is_none() && provider.max_lane.is_none());
        match &provider.config {
            BuiltinSettings::Env(env) => {
                assert_eq!((env.max_value_bytes.get(), env.max_key_bytes.get()), (65_536, 255));
                assert_eq!(env.overrides, None);
            }
            BuiltinSettings::Http(http) => {
                let limits = (http.timeout_ms.get(), http.max_response_bytes.get(), http.max_redirects.get());
                assert_eq!(limits, (5_000, 1_048_576, 0));
                assert!(http.public_roots && http.ca_file.is_none() && http.user_agent.is_none());
                let hosts = http.effective_hosts();
                assert!(!hosts[0].allow_http && !hosts[0].allow_private && hosts[0].bearer_token_env.is_none());
            }
            BuiltinSettings::Json(json) => {
                assert_eq!((json.max_bytes.get(), json.allow_yaml), (1_048_576, true));
                let roots = json.effective_roots();
                assert_eq!(roots.iter().map(|root| root.root_id.as_str()).collect::<Vec<_>>(), ["evidence"]);
                assert!(!roots[0].self_attestable && roots[0].path.as_path().is_absolute());
            }
            BuiltinSettings::Attestation(_)
            | BuiltinSettings::Mcp(_)
            | BuiltinSettings::Report(_)
            | BuiltinSettings::Time(_) => {
                unreachable!("none of them is listed")
            }
        }
    }
    let names: Vec<_> = config.providers.effective().iter().map(|provider| provider.name.to_string()).collect();
    assert_eq!(names, ["json", "env", "http", "time"], "time is there without being listed");
}

#[test]
fn p25_nothing_but_time_is_readable_by_default() {
    let providers = Config::default().providers.effective();
    assert_eq!(providers.len(), 1);
    let BuiltinSettings::Time(time) = &providers[0].config else { panic!("{providers:?}") };
    assert!(time.allow_logical);
}

#[test]
fn a_provider_has_the_time_of_all_unless_it_has_its_own() {
    let text = "[limits]\nquery_timeout_ms = 500\n[[providers]]\nname = \"time\"\ntimeout_ms = 200\n";
    let own = load_text("gate.toml", text, &[], &[]).unwrap();
    let shared = load_bare(&[("DECISION_GATE_LIMITS__QUERY_TIMEOUT_MS", "500")], &[]).unwrap();
    let timeout =
        |loaded: &crate::Loaded| loaded.config().providers.effective()[0].query_timeout_ms(&loaded.config().limits);
    assert_eq!((timeout(&own), timeout(&shared)), (200, 500));
}
