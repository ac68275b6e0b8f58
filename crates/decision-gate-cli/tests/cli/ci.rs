//! The shell of the files under `docs/ci`, run as it stands with the environment that a runner gives.

use std::process::Command;

use crate::keys::{private_pem, write_private};
use crate::support::{Done, Project};

const CI: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/ci/");

/// The lines below a key that ends in `|`, without their indent; the first such block after `marker`.
fn block(text: &str, marker: &str) -> String {
    let (_, after) = text.split_once(marker).unwrap();
    let (_, after) = after.split_once("|\n").unwrap();
    let indent = after.len() - after.trim_start().len();
    let lines = after.lines().take_while(|line| line.trim().is_empty() || line.starts_with(&" ".repeat(indent)));
    lines.flat_map(|line| [line.get(indent..).unwrap_or_default(), "\n"]).collect()
}

fn file(name: &str) -> String {
    std::fs::read_to_string(format!("{CI}{name}")).unwrap()
}

/// Runs a script as a runner does, with the built binary on the path.
fn shell(project: &Project, script: &str, variables: &[(&str, &str)]) -> Done {
    let ready = project.command(&[]);
    let program = std::path::Path::new(env!("CARGO_BIN_EXE_decision-gate"));
    let mut shell = Command::new("bash");
    shell
        .args(["--noprofile", "--norc", "-e", "-o", "pipefail", "-c", script])
        .current_dir(project.folder())
        .env_clear();
    shell.envs(ready.get_envs().filter_map(|(name, value)| Some((name, value?))));
    let path = std::env::var("PATH").unwrap();
    shell.env("PATH", format!("{}:{path}", program.parent().unwrap().display()));
    shell.envs(variables.iter().copied());
    project.done(shell.output().unwrap())
}

/// What the runner sets for the action, with an input changed.
fn action(project: &Project, changed: (&str, &str)) -> Done {
    let text = file("action.yml");
    let script = block(&text, "run: ");
    let mut variables = vec![
        ("GATE_SCENARIO", "release"),
        ("GATE_ENVIRONMENT", ""),
        ("GATE_SUBJECT", ""),
        ("GATE_CONFIG", ""),
        ("GATE_REPORTS", "out"),
        ("GATE_SIGNING_KEY", ""),
    ];
    for (name, _) in &variables {
        assert!(text.contains(&format!("{name}: ${{{{ inputs.")), "the action sets {name}");
    }
    assert!(!script.contains("${{"), "no input is pasted into the script");
    variables.retain(|(name, _)| *name != changed.0);
    variables.push(changed);
    variables.extend([("GITHUB_ACTIONS", "true"), ("GITHUB_STEP_SUMMARY", "summary.md"), ("GITHUB_OUTPUT", "output")]);
    shell(project, &script, &variables)
}

#[test]
fn the_action_passes_with_the_change_and_fails_with_it() {
    let project = Project::fresh();
    project.report(3, 2, 85.0);
    let held = action(&project, ("GATE_CONFIG", "")).expect(1);
    assert!(held.stdout.starts_with("::error "), "{}", held.stdout);
    assert_eq!(project.read("output"), "allowed=false\nreports=out\n");
    assert!(project.read("summary.md").contains("not allowed"));
    let project = Project::fresh();
    project.report(3, 0, 85.0);
    action(&project, ("GATE_CONFIG", ".decision-gate/config.toml")).expect(0);
    assert_eq!(project.read("output"), "allowed=true\nreports=out\n");
    for file in ["gate.json", "gate.junit", "gate.sarif", "gate.markdown", "proof/manifest.json"] {
        assert!(!project.read(&format!("out/{file}")).is_empty(), "{file}");
    }
}

#[test]
fn the_action_signs_where_it_has_a_key() {
    let project = Project::fresh();
    project.report(3, 0, 85.0);
    write_private(&project, "gate.pem", &private_pem(9));
    action(&project, ("GATE_SIGNING_KEY", "gate.pem")).expect(0);
    assert!(project.folder().join("out/proof/manifest.sig").is_file());
}

/// What stands in an input is an argument, and never a command.
#[test]
fn an_input_is_no_command() {
    let project = Project::fresh();
    let hostile = "release\"; touch owned; echo \"$(touch owned)`touch owned`";
    action(&project, ("GATE_SCENARIO", hostile)).expect(2);
    assert!(!project.folder().join("owned").exists());
}

#[test]
fn the_gitlab_job_passes_with_the_change_and_fails_with_it() {
    let text = file("gitlab-ci.yml");
    let script = format!("mkdir -p -- \"$GATE_REPORTS\"\n{}", block(&text, "script:"));
    assert!(text.contains("    - mkdir -p -- \"$GATE_REPORTS\"\n"), "the step before it is the one that is run here");
    let variables =
        [("GATE_SCENARIO", "release"), ("GATE_ENVIRONMENT", ""), ("GATE_SUBJECT", ""), ("GATE_REPORTS", "out")];
    for (failed, status) in [(2, 1), (0, 0)] {
        let project = Project::fresh();
        project.report(3, failed, 85.0);
        shell(&project, &script, &variables).expect(status);
        assert!(project.read("out/gate.xml").contains("<testsuites"));
        assert!(project.read("out/gl-code-quality.json").starts_with('['));
    }
}
