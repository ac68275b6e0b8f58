//! What settings of stores are allowed and worth a second look.

use super::load_text;

fn warnings(postgres: &str) -> Vec<String> {
    let text =
        format!("[store]\ntype = \"postgres\"\n[store.postgres]\ndatabase = \"ledger\"\nuser = \"gate\"\n{postgres}\n");
    let loaded = load_text("gate.toml", &text, &[], &[]).unwrap_or_else(|errors| panic!("{errors}"));
    loaded.warnings().iter().map(|it| format!("{} {it}", it.code())).collect()
}

#[test]
fn a_server_that_is_not_asked_who_it_is_is_said() {
    for quiet in [
        "host = \"db.example\"",
        "host = \"db.example\"\ntls = \"verify_full\"",
        "host = \"/run/postgresql\"",
        "host = \"127.0.0.1\"",
        "host = \"::1\"\ntls = \"encrypt\"",
        "host = \"localhost\"\ntls = \"off\"",
    ] {
        assert!(warnings(quiet).is_empty(), "{quiet}");
    }
    for (looser, says) in [("off", "is not encrypted"), ("encrypt", "its certificate is not checked")] {
        let said = warnings(&format!("host = \"db.example\"\ntls = \"{looser}\""));
        assert_eq!(said.len(), 1);
        assert!(said[0].starts_with("store_tls_unverified ") && said[0].contains(says), "{said:?}");
        assert!(said[0].contains("store.postgres.tls") && said[0].contains("7:7"), "{said:?}");
    }
}
