//! Packs that the built commands and the server write: holds, branches, time limits, submissions, releases, runs in a log,
//! pruned runs and redacted ones.

use std::fs;
use std::path::Path;
use std::process::Stdio;

use decision_gate_tests::wire::Era;
use decision_gate_tests::{Fault, Launch, Server, Workspace, binary};
use serde_json::{Value, json};

use crate::both::{Good, judge};
use crate::mutations::{files, flips};
use crate::runs::Files;
use crate::{ANCHORED, as_they_are, both_refuse};

const SUBJECT: &str = "sha256:abababababababababababababababababababababababababababababababab";

/// A folder with a key that signs packs, a log that is signed, and an environment.
struct Site {
    workspace: Workspace,
    checkpoint_key: String,
}

impl Site {
    fn new() -> Result<Self, Fault> {
        let workspace = Workspace::new()?;
        workspace.configure_releases()?;
        let site = Self { workspace, checkpoint_key: String::new() };
        for key in ["gate", "log"] {
            let (private, ring) = (site.at(&format!("{key}.pem")), site.at(&format!("{key}.json")));
            let generate = ["keys", "generate", key, "--private", &private, "--keyring", &ring];
            let launch = generate.iter().fold(Launch::program(binary()?), |launch, argument| launch.arg(*argument));
            assert!(launch.output(Stdio::null())?.status.success(), "{key}");
        }
        let config = fs::read_to_string(site.workspace.config()).map_err(Fault::io("read", site.workspace.config()))?;
        let ledger = "\n[ledger]\norigin = \"gate.example/ledger\"\nsigning_key = \"log.pem\"\n";
        site.workspace.write_config(&format!("{config}{ledger}"))?;
        Ok(site)
    }

    fn at(&self, name: &str) -> String {
        self.workspace.path().join(name).display().to_string()
    }

    /// What a command says, under the configuration.
    fn run(&self, arguments: &[&str]) -> Result<(Option<i32>, String), Fault> {
        let launch = arguments.iter().fold(Launch::program(binary()?), |launch, argument| launch.arg(*argument));
        let output = launch.arg("--config").arg(self.workspace.config()).output(Stdio::null())?;
        let said = [output.stdout, output.stderr].concat();
        Ok((output.status.code(), String::from_utf8_lossy(&said).into_owned()))
    }

    /// Runs a command that writes a signed pack, and takes the pack.
    fn pack(&self, name: &str, exit: i32, arguments: &[&str]) -> Result<Good, Fault> {
        let (folder, key) = (self.at(&name.replace(' ', "-")), self.at("gate.pem"));
        let place = if arguments.contains(&"export") { "--out" } else { "--export" };
        let (code, said) = self.run(&[arguments, &[place, &folder, "--sign", &key]].concat())?;
        assert_eq!(code, Some(exit), "{name}: {said}");
        let mut files = Files::new();
        collect(Path::new(&folder), "", &mut files)?;
        let ring = fs::read(self.at("gate.json")).map_err(Fault::io("read", self.at("gate.json")))?;
        let checkpoint_keys = vec![self.checkpoint_key.clone()];
        Ok(Good { name: name.to_owned(), files, keys: serde_json::from_slice(&ring).unwrap(), checkpoint_keys })
    }

    /// The key of the log; known once there is something in it.
    fn learn_checkpoint_key(&mut self) -> Result<(), Fault> {
        let (code, said) = self.run(&["ledger", "checkpoint", "--format", "json"])?;
        assert_eq!(code, Some(0), "{said}");
        let said: Value = serde_json::from_str(&said).unwrap();
        self.checkpoint_key = said["checkpoint_key"].as_str().unwrap().to_owned();
        Ok(())
    }

    /// A scenario beside the configured one, changed by JSON Pointer.
    fn scenario(&self, name: &str, changes: &[(&str, Value)]) -> Result<String, Fault> {
        let mut spec = self.workspace.scenario()?;
        spec["scenario_id"] = json!(name);
        let ends = |stage: &str| json!({"stage_id": stage, "ungated": true, "advance_to": {"kind": "terminal"}});
        spec["stages"].as_array_mut().unwrap().extend([ends("good"), ends("bad")]);
        for (pointer, value) in changes {
            *spec.pointer_mut(pointer).unwrap() = value.clone();
        }
        let path = self.at(&format!("{name}.json"));
        fs::write(&path, spec.to_string()).map_err(Fault::io("write", &path))?;
        Ok(path)
    }
}

/// Every file below a folder, by its path in it.
fn collect(folder: &Path, prefix: &str, files: &mut Files) -> Result<(), Fault> {
    for entry in fs::read_dir(folder).map_err(Fault::io("read", folder))? {
        let path = entry.map_err(Fault::io("read", folder))?.path();
        let name = format!("{prefix}{}", path.file_name().unwrap_or_default().to_string_lossy());
        if path.is_dir() {
            collect(&path, &format!("{name}/"), files)?;
        } else {
            files.insert(name, fs::read(&path).map_err(Fault::io("read", &path))?);
        }
    }
    Ok(())
}

fn branches() -> Value {
    let to = |outcome: &str, stage: &str| json!({"gate_id": "quality", "outcome": outcome, "next_stage_id": stage});
    json!({"kind": "branch", "branches": [to("false", "bad"), to("true", "good")], "default": null})
}

/// A conversation: documents that are handed in, and a time limit that goes on with a flag.
fn converse(site: &Site) -> Result<(), Fault> {
    let limit = json!({"timeout_ms": 1, "policy_tags": []});
    let patient = [("/stages/0/timeout", limit), ("/stages/0/on_timeout", json!("advance_with_flag"))];
    let path = site.scenario("late", &[&patient[..], &[("/stages/0/advance_to", branches())]].concat())?;
    let spec: Value = serde_json::from_str(&fs::read_to_string(&path).map_err(Fault::io("read", &path))?).unwrap();
    let mut server = Server::start(&site.workspace, Era::Legacy)?;
    server.answer("scenario_define", &json!({"spec": spec}))?;
    server.answer("scenario_start", &json!({"scenario_id": "late", "run_id": "late"}))?;
    for payload in [
        json!({"kind": "json", "value": {"text": "zwei Fehler", "share": 0.25}}),
        json!({"kind": "bytes", "bytes": [0, 255]}),
    ] {
        server.answer("scenario_submit", &json!({"run_id": "late", "payload": payload}))?;
    }
    server.answer("scenario_trigger", &json!({"trigger": {"run_id": "late", "kind": "tick"}}))?;
    server.answer("scenario_next", &json!({"run_id": "late"}))?;
    server.close()?;
    Ok(())
}

/// Packs of every kind that commands write, all of runs that have ended but the held ones.
fn written() -> Result<(Site, Vec<Good>, Vec<Good>), Fault> {
    let mut site = Site::new()?;
    let path = site.scenario("branches", &[("/stages/0/advance_to", branches())])?;
    let plain = site.at("scenario.json");
    assert_eq!(site.run(&["check", &plain, "--run-id", "first"])?.0, Some(1), "it holds");
    site.learn_checkpoint_key()?;
    let held = site.pack("held", 1, &["check", &plain, "--run-id", "held"])?;
    let evaluate = ["release", "evaluate", "--environment", "production", "--subject", SUBJECT, "--run-id"];
    let blocked = site.pack("blocked", 1, &[&evaluate[..], &["blocked"]].concat())?;
    let mut ended = vec![site.pack("branch on false", 0, &["check", &path, "--run-id", "worse"])?];
    site.workspace.mend()?;
    let about = ["--environment", "production", "--subject", SUBJECT];
    ended.push(site.pack("good", 0, &[&["check", &plain, "--run-id", "good"], &about[..]].concat())?);
    ended.push(site.pack("branch on true", 0, &["check", &path, "--run-id", "better"])?);
    let config = fs::read_to_string(site.workspace.config()).map_err(Fault::io("read", site.workspace.config()))?;
    site.workspace.write_config(&config.replace("\"Block\"", "\"Warn\""))?;
    ended.push(site.pack("released", 0, &[&evaluate[..], &["released"]].concat())?);
    converse(&site)?;
    ended.push(site.pack("late", 0, &["runpack", "export", "late"])?);
    Ok((site, ended, vec![held, blocked]))
}

#[test]
fn both_take_what_the_commands_write() -> Result<(), Fault> {
    let (site, ended, going_on) = written()?;
    for ((ours, theirs), pack) in judge(&ended, &as_they_are(&ended), ANCHORED)?.iter().zip(&ended) {
        assert!(ours.pass, "{}: {ours:?}", pack.name);
        assert_eq!(ours, theirs, "{}", pack.name);
    }
    for ((ours, theirs), pack) in judge(&going_on, &as_they_are(&going_on), crate::SIGNED)?.iter().zip(&going_on) {
        assert!(ours.pass, "{}: {ours:?}", pack.name);
        assert_eq!(ours, theirs, "{}", pack.name);
    }
    // What was taken away or may not be shown keeps a pack from more than hashes, and is no fault.
    let redacted = site.pack("redacted", 0, &["runpack", "export", "good", "--profile", "disclosed"])?;
    assert_eq!(site.run(&["ledger", "prune", "--run", "good"])?.0, Some(0));
    let pruned = site.pack("pruned", 0, &["runpack", "export", "good"])?;
    let less = [redacted, pruned];
    for ((ours, theirs), pack) in judge(&less, &as_they_are(&less), None)?.iter().zip(&less) {
        assert!(ours.pass, "{}: {ours:?}", pack.name);
        assert_eq!(ours.level.as_deref(), Some("hashes"), "{}", pack.name);
        assert_eq!(ours, theirs, "{}", pack.name);
    }
    Ok(())
}

#[test]
fn both_find_what_was_changed_in_what_the_commands_write() -> Result<(), Fault> {
    let (_, ended, _) = written()?;
    let mut cases = Vec::new();
    for (number, pack) in ended.iter().enumerate() {
        cases.extend(files(number, pack, &ended[(number + 1) % ended.len()]));
        cases.extend(flips(number, pack, 101));
    }
    assert!(cases.len() >= 1_000, "{}", cases.len());
    both_refuse(&ended, &cases)
}
