//! The official Python SDK, as its registry has it, takes a scenario from define to verified runpack in both eras, and
//! looks around: resources, prompts, completion, progress and notices; and it is the client of a job in CI.

use std::fs;
use std::process::{Command, Output};

use decision_gate_tests::{Clients, Fault, SESSION_STEPS, Workspace, binary, project_root};

/// What it does after the session that all clients go through.
const LOOK_AROUND: [&str; 5] = ["resources", "prompts", "completion", "progress", "notices"];

#[test]
fn the_python_sdk_goes_from_define_to_a_verified_runpack() -> Result<(), Fault> {
    let session = Clients::python()?.run_python()?;
    for era in ["legacy", "modern"] {
        assert_eq!(session.names("era", era), [&SESSION_STEPS[..], &LOOK_AROUND[..]].concat(), "{era}");
    }
    Ok(())
}

/// Runs the job of `docs/ci/gitlab-ci.yml` that asks over MCP, as it stands there.
fn job(workspace: &Workspace) -> Result<Output, Fault> {
    let path = project_root().join("docs/ci/gitlab-ci.yml");
    let text = fs::read_to_string(&path).map_err(Fault::io("read", &path))?;
    let job = text.split_once(".decision-gate-mcp:").map(|(_, job)| job);
    let script = job.and_then(|job| job.lines().find_map(|line| line.trim().strip_prefix("- python3")));
    // Without the job there is nothing to run, and its answers are missed.
    let script = script.unwrap_or_default();
    let clients = Clients::python()?;
    let folders = [clients.python_program(), binary()?];
    let folders = folders.iter().filter_map(|it| it.parent()).map(|it| it.display().to_string());
    let path = folders.chain([std::env::var("PATH").unwrap_or_default()]).collect::<Vec<_>>().join(":");
    let mut shell = Command::new("bash");
    shell.args(["-e", "-c", &format!("python3{script}")]).current_dir(project_root()).env_clear();
    shell.env("PATH", path).env("HOME", workspace.path()).env("PYTHONDONTWRITEBYTECODE", "1");
    shell.env("GATE_CONFIG", workspace.config()).env("GATE_SCENARIO", "release");
    shell.output().map_err(Fault::io("run", "bash"))
}

#[test]
fn a_job_asks_over_mcp_and_ends_with_the_verdict() -> Result<(), Fault> {
    let workspace = Workspace::new()?;
    let config = fs::read_to_string(workspace.config()).map_err(Fault::io("read", workspace.config()))?;
    workspace.write_config(&format!("[scenarios]\nfiles = [\"scenario.json\"]\n{config}"))?;
    let said = |output: &Output| String::from_utf8_lossy(&[&output.stdout[..], &output.stderr].concat()).into_owned();
    let held = job(&workspace)?;
    assert_eq!(held.status.code(), Some(1), "{}", said(&held));
    assert!(said(&held).contains("next: `"), "{}", said(&held));
    workspace.mend()?;
    let passed = job(&workspace)?;
    assert_eq!(passed.status.code(), Some(0), "{}", said(&passed));
    Ok(())
}
