//! `make run`: takes a real release through the real server over stdio and prints what happens.
//!
//! precheck → start → a hold that says what is missing → the mended reports → advance → export → offline verify →
//! a tampered copy is refused. Every step is checked; the first surprise ends it with exit code 1.

use std::fmt::Write as _;
use std::fs;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

use decision_gate_core::digest::Digest;
use decision_gate_tests::wire::Era;
use decision_gate_tests::{Answer, Fault, Launch, Server, binary, project_root};
use serde_json::{Value, json};

fn main() -> ExitCode {
    match demo() {
        Ok(()) => ExitCode::SUCCESS,
        Err(surprise) => {
            drop(writeln!(io::stderr(), "\nsurprise: {surprise}"));
            ExitCode::FAILURE
        }
    }
}

#[derive(Debug, thiserror::Error)]
enum Surprise {
    #[error("{0}")]
    Server(#[from] Fault),
    #[error("{0}")]
    Io(#[from] io::Error),
    #[error("{step}: expected {wanted}, got {got}")]
    Other { step: &'static str, wanted: String, got: String },
}

fn demo() -> Result<(), Surprise> {
    let folder = tempfile::tempdir()?;
    prepare(folder.path())?;
    say("# A release gate, from real reports to a proof that anybody can check\n")?;
    say("$ decision-gate serve --config decision-gate.toml      (an MCP server over stdio; we are its client)")?;
    let mut server = Launch::serve(&folder.path().join("decision-gate.toml"))?.spawn(Era::Legacy)?;
    let opened = server.open()?;
    say(&format!("connected, protocol {}\n", opened.get("protocolVersion").and_then(Value::as_str).unwrap_or("?")))?;

    let artifact = Digest::of(&fs::read(binary()?)?).to_hex();
    say("## 1. Precheck: what would the gate say if these numbers were true?")?;
    let claimed = json!({"tests_ran": 100, "no_test_failed": 0, "lints_finished": true, "covered": 95.0});
    step(&mut server, "precheck", &json!({"scenario_id": "release", "payload": claimed}), "/decision/kind", "hold")?;

    say("## 2. Start a run about this very binary, for production")?;
    let start = json!({
        "scenario_id": "release", "run_id": "release-1", "environment": "production",
        "subject": [{"name": "decision-gate", "digest": {"sha256": artifact}}],
    });
    step(&mut server, "scenario_start", &start, "/status", "active")?;

    say("## 3. Ask to advance: the gate reads the reports itself, and holds")?;
    let next = json!({"run_id": "release-1"});
    step(&mut server, "scenario_next", &next, "/decision/outcome/kind", "hold")?;

    say("## 4. Mend it: run the missing tests and the lints, so that their reports are there")?;
    copy(&reports("after"), &folder.path().join("reports"))?;
    for entry in ["clippy.json", "coverage.json", "tests.json"] {
        say(&format!("   reports/{entry}"))?;
    }
    say("")?;
    let done = step(&mut server, "scenario_next", &next, "/decision/outcome/kind", "complete")?;

    say("## 5. Export the proof, and verify it offline against the scenario that we meant")?;
    step(&mut server, "runpack_export", &json!({"run_id": "release-1"}), "/runpack_dir", "release-1")?;
    let spec = done.structured.pointer("/spec_hash/value").and_then(Value::as_str).unwrap_or_default().to_owned();
    let verify =
        json!({"runpack_dir": "release-1", "expect_scenario": format!("release@{spec}"), "require_pinned": true});
    step(&mut server, "runpack_verify", &verify, "/verdict", "allowed")?;
    let closed = server.close()?;
    say(&format!("the server ended with {}\n", closed.status))?;

    say("## 6. The auditor's verifier, on a copy in which somebody turned the hold into a pass")?;
    offline(&folder.path().join("packs/release-1"), &folder.path().join("tampered"))?;
    say("done: real reports, a real hold, a real proof, and a forgery that was found")?;
    Ok(())
}

/// Calls a tool, prints its text, and checks one fact of its answer.
fn step(
    server: &mut Server,
    tool: &'static str,
    arguments: &Value,
    pointer: &str,
    wanted: &str,
) -> Result<Answer, Surprise> {
    say(&format!("> {tool} {}", brief(arguments)))?;
    let answer = server.call(tool, arguments)?;
    let mut text = String::new();
    for line in answer.text.lines() {
        let _ = writeln!(text, "  {line}");
    }
    say(&text)?;
    let got = answer.structured.pointer(pointer).and_then(Value::as_str).unwrap_or_default();
    if got == wanted && !answer.is_error {
        Ok(answer)
    } else {
        let got = if answer.is_error { answer.text } else { got.to_owned() };
        Err(Surprise::Other { step: tool, wanted: wanted.to_owned(), got })
    }
}

/// Runs the offline verifier on the pack and on a tampered copy.
fn offline(pack: &Path, copy_to: &Path) -> Result<(), Surprise> {
    let verifier = binary()?.with_file_name(format!("decision-gate-verify{}", std::env::consts::EXE_SUFFIX));
    copy(pack, copy_to)?;
    let decisions = copy_to.join("artifacts/decisions.json");
    let forged = fs::read_to_string(&decisions)?.replacen("\"kind\":\"hold\"", "\"kind\":\"complete\"", 1);
    fs::write(&decisions, forged)?;
    for (folder, wanted) in [(pack, 0), (copy_to, 1)] {
        let name = folder.file_name().and_then(|it| it.to_str()).unwrap_or_default();
        say(&format!("$ decision-gate-verify {name}"))?;
        let output = Command::new(&verifier).arg(folder).output()?;
        for line in String::from_utf8_lossy(&output.stdout).lines().take(12) {
            say(&format!("  {line}"))?;
        }
        let code = output.status.code();
        say(&format!("  exit code {}\n", code.map_or_else(|| "none".to_owned(), |code| code.to_string())))?;
        if code != Some(wanted) {
            let got = format!("{code:?}: {}", String::from_utf8_lossy(&output.stderr));
            return Err(Surprise::Other { step: "decision-gate-verify", wanted: wanted.to_string(), got });
        }
    }
    Ok(())
}

fn prepare(folder: &Path) -> io::Result<()> {
    let root = project_root();
    fs::copy(root.join("tests/demo/decision-gate.toml"), folder.join("decision-gate.toml"))?;
    fs::create_dir(folder.join("scenarios"))?;
    fs::copy(root.join("config/samples/scenarios/release.yaml"), folder.join("scenarios/release.yaml"))?;
    copy(&reports("before"), &folder.join("reports"))
}

fn reports(which: &str) -> PathBuf {
    project_root().join("tests/demo/reports").join(which)
}

/// Copies a folder with everything in it.
fn copy(from: &Path, to: &Path) -> io::Result<()> {
    fs::create_dir_all(to)?;
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        let target = to.join(entry.file_name());
        if entry.file_type()?.is_dir() {
            copy(&entry.path(), &target)?;
        } else {
            fs::copy(entry.path(), target)?;
        }
    }
    Ok(())
}

/// Arguments on one line, long ones cut.
fn brief(arguments: &Value) -> String {
    let text = arguments.to_string();
    if text.chars().count() > 150 { text.chars().take(150).chain("…".chars()).collect() } else { text }
}

fn say(line: &str) -> io::Result<()> {
    writeln!(io::stdout().lock(), "{line}")
}
