//! A project whose ledger is in PostgreSQL: every command goes to it, and the doctor knows what keeps it away.

use decision_gate_services::{Cluster, NAME};

use crate::support::Project;

fn on(host: &str, more: &str) -> Project {
    let project = Project::fresh();
    let config = project.read(".decision-gate/config.toml");
    let (before, after) = config.split_once("[store]").unwrap();
    let after = after.split_once("\n[").map_or(String::new(), |(_, rest)| format!("\n[{rest}"));
    let store = format!(
        "[store]\ntype = \"postgres\"\n[store.postgres]\nhost = \"{host}\"\ndatabase = \"{NAME}\"\nuser = \"{NAME}\"\n\
         schema = \"{}\"\nconnect_timeout_ms = 1000\n{more}\n",
        Cluster::fresh_name()
    );
    project.write(".decision-gate/config.toml", &format!("{before}{store}{after}"));
    project
}

#[test]
fn every_command_uses_the_ledger_in_the_database() {
    let Some(cluster) = Cluster::shared().unwrap() else { return };
    let project = on(&cluster.socket().display().to_string(), "");
    project.report(12, 1, 71.5);
    let held = project.run(&["check", "release", "--run-id", "one"]).expect(1);
    assert!(held.stdout.contains("ledger   postgresql:"), "{}", held.stdout);
    project.report(12, 0, 84.5);
    project.run(&["check", "release", "--run-id", "two", "--export", "proof"]).expect(0);
    let verified = project.run(&["runpack", "verify", "proof", "--format", "json"]).expect(0).json();
    assert_eq!((&verified["verdict"], &verified["facets"]["replay"]["level"]), (&"consistent".into(), &"all".into()));
    project.run(&["runpack", "export", "one"]).expect(0);
    project.run(&["doctor"]).expect(0);
    assert!(!project.folder().join(".decision-gate/ledger.db").exists());
}

#[test]
fn a_database_that_is_not_there_is_said_by_every_command() {
    let project = on("127.0.0.1", "port = 1\npassword_env = \"LEDGER_PASSWORD\"");
    let unset = project.run(&["check", "release", "--format", "json"]).expect(2).json();
    assert_eq!(unset["error"]["code"], "store_unavailable", "{unset}");
    assert!(unset["error"]["message"].as_str().unwrap().contains("`LEDGER_PASSWORD`"), "{unset}");
    let secret = "not-to-be-shown";
    for (command, code) in [(["check", "release"], "store_unavailable"), (["doctor", "--verbose"], "store_not_open")] {
        let arguments: Vec<&str> =
            command.into_iter().filter(|it| *it != "--verbose").chain(["--format", "json"]).collect();
        let mut asked = project.command(&arguments);
        let done = project.done(asked.env("LEDGER_PASSWORD", secret).output().unwrap());
        assert!(done.stdout.contains(&format!("\"{code}\"")), "{}", done.stdout);
        assert!(done.stdout.contains("postgresql://127.0.0.1:1/gate"), "{}", done.stdout);
        assert!(!done.stdout.contains(secret) && !done.stderr.contains(secret), "{}{}", done.stdout, done.stderr);
    }
    // Checking the configuration needs no database.
    project.run(&["config", "check"]).expect(0);
}
