//! A configuration that changes under a running server: it counts with the next call, or it is refused and the one
//! before stays.

use std::io::{BufRead, BufReader, Write};
use std::process::{Child, ChildStdin, ChildStdout, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

use serde_json::{Value, json};

use crate::support::Project;

const CONFIG: &str = ".decision-gate/config.toml";
const WATCH: &str = "[server]\nreload = \"watch\"\nreload_interval_ms = 100\n";
const IN_FORCE: &str = "the changed configuration is in force";
const REFUSED: &str = "the changed configuration is refused";

/// Longer than any of it takes.
const PATIENCE: Duration = Duration::from_mins(1);

/// A running server and its log.
struct Server {
    child: Child,
    stdin: ChildStdin,
    stdout: BufReader<ChildStdout>,
    log: Receiver<String>,
    calls: u64,
}

impl Server {
    fn start(project: &Project, more: &[&str]) -> Self {
        let line = [&["serve", "--config", CONFIG, "--profile", "full"], more].concat();
        let mut command = project.command(&line);
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let (sender, log) = channel();
        let stderr = BufReader::new(child.stderr.take().unwrap());
        std::thread::spawn(move || stderr.lines().map_while(Result::ok).try_for_each(|line| sender.send(line)));
        let (stdin, stdout) = (child.stdin.take().unwrap(), BufReader::new(child.stdout.take().unwrap()));
        let mut server = Self { child, stdin, stdout, log, calls: 0 };
        let client = json!({ "name": "test", "version": "1" });
        let params = json!({ "protocolVersion": "2025-11-25", "capabilities": {}, "clientInfo": client });
        server.ask("initialize", &params);
        server
    }

    fn ask(&mut self, method: &str, params: &Value) -> Value {
        self.calls += 1;
        let request = json!({ "jsonrpc": "2.0", "id": self.calls, "method": method, "params": params });
        writeln!(self.stdin, "{request}").unwrap();
        let mut answer = String::new();
        self.stdout.read_line(&mut answer).unwrap();
        serde_json::from_str::<Value>(&answer).unwrap()["result"].take()
    }

    fn call(&mut self, tool: &str, arguments: &Value) -> Value {
        self.ask("tools/call", &json!({ "name": tool, "arguments": arguments }))["structuredContent"].take()
    }

    /// What a precheck of values that would pass comes to.
    fn precheck(&mut self) -> String {
        let payload = json!({ "tests_ran": 3, "no_test_failed": 0, "enough_coverage": 84.5 });
        let answer = self.call("precheck", &json!({ "scenario_id": "release", "payload": payload }));
        answer["decision"]["kind"].as_str().unwrap_or_else(|| panic!("{answer}")).to_owned()
    }

    /// The next line of the log.
    fn next_line(&self) -> String {
        self.log.recv_timeout(PATIENCE).unwrap_or_else(|_| panic!("the log says nothing more"))
    }

    /// The next line of the log that says this.
    fn says(&self, text: &str) -> String {
        let mut before = Vec::new();
        loop {
            let Ok(line) = self.log.recv_timeout(PATIENCE) else { panic!("the log never says `{text}`: {before:#?}") };
            if line.contains(text) {
                return line;
            }
            before.push(line);
        }
    }

    #[cfg(unix)]
    fn hang_up(&self) {
        let id = self.child.id().to_string();
        std::process::Command::new("kill").args(["-s", "HUP", &id]).status().unwrap();
    }

    fn end(mut self) {
        drop(self.stdin);
        assert_eq!(self.child.wait().unwrap().code(), Some(0));
    }
}

/// The configuration of a project, with more at its start.
fn project(more: &str) -> (Project, String) {
    let project = Project::fresh();
    let config = project.read(CONFIG);
    project.write(CONFIG, &format!("{more}{config}"));
    (project, config)
}

#[test]
fn a_changed_file_counts_with_the_next_call_and_a_broken_one_is_refused() {
    let (project, config) = project(WATCH);
    let mut server = Server::start(&project, &[]);
    assert_eq!(server.precheck(), "hold");

    project.write(CONFIG, &format!("{WATCH}[trust]\ntrust_requirement = \"asserted\"\n{config}"));
    server.says(IN_FORCE);
    assert_eq!(server.precheck(), "complete");

    project.write(CONFIG, &format!("{WATCH}[trust]\ntrust_requirment = \"verified\"\n{config}"));
    let line = server.says(REFUSED);
    assert!(line.contains("config_unknown_key") && line.contains("did you mean `trust_requirement`?"), "{line}");
    assert_eq!(server.precheck(), "complete", "the one before stays");

    project.write(CONFIG, &format!("{WATCH}{config}"));
    server.says(IN_FORCE);
    assert_eq!(server.precheck(), "hold");
    server.end();
}

#[test]
fn what_is_fixed_while_a_server_runs_is_refused_with_its_name() {
    let (project, config) = project(WATCH);
    let mut server = Server::start(&project, &[]);
    let moved = config.replace("path = \"ledger.db\"", "path = \"other.db\"");
    assert_ne!(moved, config);
    project.write(CONFIG, &format!("{WATCH}[trust]\ntrust_requirement = \"asserted\"\n{moved}"));
    let line = server.says(REFUSED);
    assert!(line.contains("config_restart_needed") && line.contains("`store` can't change"), "{line}");
    assert_eq!(server.precheck(), "hold", "nothing of it counts");
    server.end();
}

#[cfg(unix)]
#[test]
fn a_hangup_asks_for_it_where_nobody_watches() {
    let (project, config) = project("");
    let mut server = Server::start(&project, &[]);
    project.write(CONFIG, &format!("[trust]\ntrust_requirement = \"asserted\"\n{config}"));
    server.hang_up();
    server.says(IN_FORCE);
    assert_eq!(server.precheck(), "complete");
    server.end();
}

#[test]
fn a_policy_file_is_watched_and_its_rollback_is_one_change() {
    let head = "environments = [\"production\", \"staging\", \"development\"]\n[release]\npolicy = \"gates.yaml\"\n";
    let (project, _) = project(&format!("{head}[server]\nreload_interval_ms = 100\n"));
    let sample = |name: &str| crate::support::sample(&format!("release/vex-trust-{name}.yaml"));
    project.write(".decision-gate/gates.yaml", &sample("phase-4"));
    let server = Server::start(&project, &[]);
    let line = server.says("vex_trust_prerequisite_unmet");
    assert!(line.contains("release.issuers"), "{line}");
    project.write(".decision-gate/gates.yaml", &sample("rollback-disable"));
    server.says(IN_FORCE);
    project.write(".decision-gate/gates.yaml", "PolicyGates:\n  VexTrust:\n    Enabled: off\n");
    let line = server.says(REFUSED);
    assert!(line.contains("gates.yaml:3:14") && line.contains("policy_invalid_value"), "{line}");
    server.end();
}

#[test]
fn another_server_on_the_ledger_decides_under_the_newer_policy() {
    let (project, config) = project(WATCH);
    project.report(120, 0, 91.5);
    let mut watching = Server::start(&project, &[]);
    let mut other = Server::start(&project, &["--set", "server.reload=off"]);
    let mut run = |name: &str| {
        let answer = other.call("scenario_start", &json!({ "scenario_id": "release", "run_id": name }));
        assert_eq!(answer["run_id"], name, "{answer}");
    };
    run("before");
    run("after");
    watching.call("scenarios_list", &json!({}));
    let before = other.call("scenario_next", &json!({ "run_id": "before" }));
    assert_eq!(before["decision"]["outcome"]["kind"], "complete", "{before}");

    let strict = config.replace("\n[providers.config]", "max_lane = \"asserted\"\n\n[providers.config]");
    assert_ne!(strict, config);
    project.write(CONFIG, &format!("{WATCH}{strict}"));
    watching.says(IN_FORCE);
    let after = other.call("scenario_next", &json!({ "run_id": "after" }));
    assert_eq!(after["decision"]["outcome"]["kind"], "hold", "{after}");
    watching.end();
    other.end();
}

const HEX: &str = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08";

/// A project with the release policy `gates.yaml` under phase 4 of the rollout, and VEX that nobody signed.
fn release_project() -> Project {
    let tenants = ["default", "affected-tenant"].iter().enumerate();
    let tenants = tenants.map(|(at, name)| format!("[[tenants]]\nid = {}\nname = \"{name}\"\n", at + 1));
    let head = format!(
        "environments = [\"production\", \"staging\", \"development\"]\n[release]\npolicy = [\"gates.yaml\", \"rollback.yaml\"]\n\
         [release.attestations]\nroots = [{{ root_id = \"ci\", path = \"../attestations\" }}]\n\
         [server]\nreload_interval_ms = 100\n{}",
        tenants.collect::<String>()
    );
    let (project, _) = project(&head);
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().as_millis();
    let at = decision_gate_core::at::Timestamp::UnixMillis(i64::try_from(now).unwrap() - 3_600_000);
    let vex = json!({
        "@context": "https://openvex.dev/ns/v0.2.0", "@id": "https://acme.example/vex", "author": "anybody",
        "timestamp": at.to_string(), "version": 1,
        "statements": [{
            "vulnerability": { "name": "CVE-2026-0001" },
            "products": [{ "@id": "pkg:oci/acme/app@1.0", "hashes": { "sha-256": HEX } }],
            "status": "not_affected", "impact_statement": "so",
        }],
    });
    project.write("attestations/vex.json", &vex.to_string());
    project.write(".decision-gate/gates.yaml", &crate::support::sample("release/vex-trust-phase-4.yaml"));
    project.write(".decision-gate/rollback.yaml", "PolicyGates: {}\n");
    project
}

impl Server {
    /// What the gate on VEX trust says of the release, or that it is off.
    fn vex_trust(&mut self, tenant: &str) -> String {
        let subject = json!([format!("sha256:{HEX}")]);
        let asked = json!({ "subject": subject, "environment": "production", "tenant": tenant });
        let answer = self.call("release_evaluate", &asked);
        let rows = answer["gates"].as_array().unwrap_or_else(|| panic!("{answer}"));
        match rows.iter().find(|row| row["gate"] == "vex-trust") {
            Some(row) => format!("{} {}", row["outcome"].as_str().unwrap(), row["reason"].as_str().unwrap()),
            None => "off".to_owned(),
        }
    }
}

#[test]
fn each_rollback_takes_effect_with_the_next_release() {
    let project = release_project();
    let mut server = Server::start(&project, &[]);
    let both = |server: &mut Server| ["default", "affected-tenant"].map(|tenant| server.vex_trust(tenant));
    let blocked = ["Block composite_score".to_owned(), "Block composite_score".to_owned()];
    assert_eq!(both(&mut server), blocked);
    let change = |server: &mut Server, text: &str| {
        project.write(".decision-gate/rollback.yaml", text);
        server.says(IN_FORCE);
        both(server)
    };
    let sample = |name: &str| crate::support::sample(&format!("release/vex-trust-rollback-{name}.yaml"));
    // The override lets score and issuer pass; accuracy is still judged, and nothing is recorded.
    assert_eq!(change(&mut server, &sample("tenant")), ["Block composite_score", "Block accuracy_rate"]);
    let tenant = sample("tenant") + "          MinAccuracyRate: null\n";
    assert_eq!(change(&mut server, &tenant)[1], "Pass trust_met");
    assert_eq!(change(&mut server, &sample("warn")), ["Warn composite_score", "Warn composite_score"]);
    assert_eq!(change(&mut server, &sample("disable")), ["off", "off"]);
    assert_eq!(change(&mut server, "PolicyGates: {}\n"), blocked);
    server.end();
}

#[test]
fn a_gate_s_log_level_follows_the_policy() {
    let project = release_project();
    let mut server = Server::start(&project, &[]);
    server.vex_trust("default");
    project.write(".decision-gate/rollback.yaml", &crate::support::sample("release/vex-trust-debug-logging.yaml"));
    let said: Vec<_> =
        std::iter::from_fn(|| Some(server.next_line())).take_while(|it| !it.contains(IN_FORCE)).collect();
    assert!(said.iter().all(|line| !line.contains("a release gate was asked")), "{said:?}");
    server.vex_trust("default");
    let line = server.says("a release gate was asked");
    assert!(line.contains("decision_gate_policy::vex_trust") && line.contains("composite_score"), "{line}");
    server.end();
}
