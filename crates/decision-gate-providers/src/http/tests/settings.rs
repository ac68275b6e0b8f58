use std::time::Duration;

use crate::BuildError;
use crate::http::{HttpHost, HttpProvider, HttpSettings};

fn refused(settings: &HttpSettings) -> BuildError {
    HttpProvider::new(settings).unwrap_err()
}

fn with(host: &str) -> HttpSettings {
    HttpSettings { hosts: vec![HttpHost::named(host)], ..HttpSettings::default() }
}

#[test]
fn settings_that_open_nothing_sensible_are_refused_with_the_reason() {
    assert_eq!(refused(&HttpSettings::default()), BuildError::NoHosts);
    for text in ["", "*", "*.example.com", "https://a.example", "a.example/", "127.1"] {
        assert_eq!(refused(&with(text)).code(), "http_host_invalid", "{text}");
    }
    let twice = vec![HttpHost::named("a.example"), HttpHost::named("A.example")];
    assert_eq!(refused(&HttpSettings { hosts: twice, ..HttpSettings::default() }).code(), "http_host_repeated");
    let zero = BuildError::LimitZero { key: "timeout_ms" };
    assert_eq!(refused(&HttpSettings { timeout: Duration::ZERO, ..with("a.example") }), zero);
    let zero = BuildError::LimitZero { key: "max_response_bytes" };
    assert_eq!(refused(&HttpSettings { max_response_bytes: 0, ..with("a.example") }), zero);
    assert_eq!(refused(&HttpSettings { public_roots: false, ..with("a.example") }), BuildError::NoAuthorities);
    for text in ["", "a\r\nx: y", "ä"] {
        let user_agent = text.to_owned();
        assert_eq!(refused(&HttpSettings { user_agent, ..with("a.example") }), BuildError::UserAgent);
    }
    let host = HttpHost { bearer_token_env: Some("A=B".to_owned()), ..HttpHost::named("a.example") };
    let settings = HttpSettings { hosts: vec![host], ..HttpSettings::default() };
    assert_eq!(refused(&settings).code(), "env_variable_name_invalid");
}

#[test]
fn authorities_that_can_not_be_read_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    for (name, text, reason) in [
        ("empty.pem", Some(""), "no_certificates"),
        ("broken.pem", Some("-----BEGIN CERTIFICATE-----\nnot base64!\n-----END CERTIFICATE-----\n"), "not_pem"),
        ("junk.pem", Some("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"), "not_an_authority"),
        ("missing.pem", None, "not_readable"),
        ("", None, "not_a_file"),
    ] {
        let path = folder.path().join(name);
        if let Some(text) = text {
            std::fs::write(&path, text).unwrap();
        }
        let settings = HttpSettings { ca_file: Some(path.clone()), ..with("a.example") };
        assert_eq!(refused(&settings), BuildError::CaFile { path, reason }, "{name}");
    }
}
