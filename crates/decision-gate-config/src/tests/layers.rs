//! How layers lie upon each other.

use super::{load_bare, load_text};
use crate::{Environment, Fault, Origin, Source, load};

#[test]
fn tables_merge_key_by_key_and_lists_are_replaced() {
    let text = r#"
        environments = ["staging", "production"]
        [trust.provider_trust_overrides]
        json = "asserted"
        Json = "asserted"
    "#;
    let variables = [
        ("DECISION_GATE_ENVIRONMENTS", r#"["lab"]"#),
        ("DECISION_GATE_TRUST__PROVIDER_TRUST_OVERRIDES__Json", "verified"),
        ("DECISION_GATE_TRUST__PROVIDER_TRUST_OVERRIDES__env", "verified"),
    ];
    let loaded = load_text("gate.toml", text, &variables, &[]).unwrap();
    let names: Vec<_> = loaded.config().environments.names().iter().map(ToString::to_string).collect();
    assert_eq!(names, ["lab"]);
    let overrides: Vec<_> = loaded
        .config()
        .trust
        .provider_trust_overrides
        .iter()
        .map(|(provider, lane)| format!("{provider} {lane}"))
        .collect();
    assert_eq!(overrides, ["Json verified", "env verified", "json asserted"], "names in maps keep their case");
}

#[test]
fn a_value_keeps_the_case_and_the_spaces_that_it_has() {
    let loaded = load_bare(&[("DECISION_GATE_STORE__PATH", "/srv/My Ledger/1")], &[]).unwrap();
    assert_eq!(loaded.store_path().unwrap().display().to_string(), "/srv/My Ledger/1");
}

#[test]
fn a_string_that_looks_like_a_number_stays_a_string() {
    let variables = [("DECISION_GATE_TENANTS", r#"[{"id": 7, "name": "7"}]"#)];
    let loaded = load_bare(&variables, &["environments=[\"1\"]"]).unwrap();
    assert_eq!(loaded.config().tenants.list()[0].name.as_str(), "7");
    assert_eq!(loaded.config().environments.names()[0].as_str(), "1");
}

#[cfg(unix)]
#[test]
fn a_variable_that_is_not_text_is_an_error_only_if_it_is_ours() {
    use std::ffi::OsString;
    use std::os::unix::ffi::OsStringExt as _;
    let broken = || OsString::from_vec(vec![b'a', 0xFF]);
    let environment = |name: &str| [(name.to_owned(), broken())].into_iter().collect::<Environment>();
    let run = |name: &str| load(&Source { environment: environment(name), ..Source::default() });
    assert!(run("SOMETHING_ELSE").is_ok() && run("DECISION_GATE_LOG").is_ok());
    let errors = run("DECISION_GATE_STORE__PATH").unwrap_err();
    insta::assert_snapshot!(errors, @"DECISION_GATE_STORE__PATH: the value is not utf-8");
}

#[test]
fn paths_are_relative_to_the_folder_of_the_file_whichever_layer_they_come_from() {
    let text = "[runpacks]\nroot = \"packs\"\n[scenarios]\nfiles = [\"a.json\", \"/b.json\"]\n";
    let loaded = load_text("gate.toml", text, &[("DECISION_GATE_STORE__PATH", "ledger.db")], &[]).unwrap();
    let folder = loaded.path().unwrap().parent().unwrap().to_owned();
    assert_eq!(loaded.store_path().unwrap(), folder.join("ledger.db"));
    assert_eq!(loaded.runpacks_root().unwrap(), folder.join("packs"));
    let files: Vec<_> = loaded.config().scenarios.files.iter().map(|path| path.as_path().to_owned()).collect();
    assert_eq!(files, [folder.join("a.json"), "/b.json".into()]);
}

#[test]
fn without_a_home_there_is_an_error_and_never_a_ledger_in_memory() {
    let homeless = load_bare(&[], &[]).unwrap();
    insta::assert_snapshot!(homeless.store_path().unwrap_err(), @"store.path: there is no home directory to keep the ledger in (set the path in the configuration, or XDG_STATE_HOME or HOME)");
    assert_eq!(homeless.runpacks_root().unwrap_err().code(), "config_no_home");
    for (variables, path) in [
        (&[("HOME", "/home/a")][..], "/home/a/.local/state/decision-gate/ledger.db"),
        (&[("HOME", "/home/a"), ("XDG_STATE_HOME", "/state")], "/state/decision-gate/ledger.db"),
        (&[("HOME", "/home/a"), ("XDG_STATE_HOME", "state")], "/home/a/.local/state/decision-gate/ledger.db"),
    ] {
        assert_eq!(load_bare(variables, &[]).unwrap().store_path().unwrap().display().to_string(), path);
    }
}

#[test]
fn errors_are_also_json_with_codes() {
    let variables = [("DECISION_GATE_SERVER__PROFILE", "agnt")];
    let errors = load_text("gate.toml", "limit = 1\n", &variables, &["time.source="]).unwrap_err();
    let mut json = errors.to_json();
    json["errors"][0]["origin"]["path"] = "gate.toml".into();
    json["errors"][0]["allowed"] = "…".into();
    json["errors"][0]["hint"] = "…".into();
    insta::assert_json_snapshot!(json, @r#"
    {
      "errors": [
        {
          "allowed": "…",
          "code": "config_unknown_key",
          "hint": "…",
          "key": "limit",
          "message": "unknown key `limit`",
          "nearest": "limits",
          "origin": {
            "column": 1,
            "kind": "file",
            "line": 1,
            "path": "gate.toml"
          }
        },
        {
          "allowed": [
            "agent",
            "ci",
            "full"
          ],
          "code": "config_choice",
          "hint": "did you mean `agent`? allowed: `agent`, `ci`, `full`",
          "key": "server.profile",
          "message": "`agnt` is not one of the allowed values",
          "nearest": "agent",
          "origin": {
            "kind": "environment",
            "variable": "DECISION_GATE_SERVER__PROFILE"
          }
        },
        {
          "allowed": [
            "server",
            "caller"
          ],
          "code": "config_choice",
          "hint": "allowed: `server`, `caller`",
          "key": "time.source",
          "message": "`` is not one of the allowed values",
          "nearest": null,
          "origin": {
            "flag": "--set",
            "kind": "flag"
          }
        }
      ],
      "more": false
    }
    "#);
}

#[test]
fn a_flood_of_errors_is_cut() {
    let text: String = (0..1_000).map(|number| format!("stranger_{number} = 1")).collect::<Vec<_>>().join("\n");
    let errors = load_text("gate.toml", &text, &[], &[]).unwrap_err();
    assert_eq!(errors.errors().len(), crate::MAX_ERRORS);
    assert!(errors.more() && errors.to_string().ends_with("only the first 100 errors are listed"));
}

#[test]
fn d17_a_flag_needs_a_key_and_a_value() {
    for assignment in ["limits.drain_ms", "=1", " =1"] {
        let error = crate::Flag::set("--set", assignment).unwrap_err();
        assert!(matches!(error.errors()[0].fault, Fault::Type { .. }), "{assignment}");
        assert!(matches!(error.errors()[0].origin, Origin::Flag { .. }));
    }
    let flag = crate::Flag::set("--set", "logging.level=a=debug").unwrap();
    assert_eq!((flag.key(), flag.value()), ("logging.level", "a=debug"));
}
