//! `docs/guides/rotate-keys.md`, run as it stands: its files are written, its commands go to one shell, and what it shows
//! must be said in that order. The provider is the example in Python, which signs.

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};

use decision_gate_tests::{Clients, Fault, binary, project_root};

const GUIDE: &str = "docs/guides/rotate-keys.md";

/// What a guide is made of, in its order.
enum Step {
    /// A block that begins with a comment of one word: a file of that name.
    File { name: String, text: String },
    /// A command, and what it is shown to say.
    Run { command: String, says: Vec<String> },
}

fn steps(guide: &str) -> Vec<Step> {
    let mut steps = Vec::new();
    for block in guide.split("\n```").skip(1).step_by(2) {
        let (kind, text) = block.split_once('\n').unwrap();
        match kind {
            "console" => steps.extend(commands(text)),
            _ => {
                let name = text.strip_prefix("# ").and_then(|rest| rest.lines().next()).unwrap();
                steps.push(Step::File { name: name.to_owned(), text: format!("{text}\n") });
            }
        }
    }
    steps
}

fn commands(text: &str) -> Vec<Step> {
    let mut found: Vec<(String, Vec<String>)> = Vec::new();
    for line in text.lines() {
        if let Some(command) = line.strip_prefix("$ ") {
            found.push((command.to_owned(), Vec::new()));
        } else {
            let (command, says) = found.last_mut().unwrap();
            match line.strip_prefix('>') {
                Some(more) => command.push_str(&format!("\n{}", more.strip_prefix(' ').unwrap_or(more))),
                None => says.push(line.to_owned()),
            }
        }
    }
    found.into_iter().map(|(command, says)| Step::Run { command, says }).collect()
}

/// A folder as the guide asks for it: the example, its environment, nothing else.
fn folder() -> Result<tempfile::TempDir, Fault> {
    let folder = tempfile::tempdir().map_err(Fault::io("create", std::env::temp_dir()))?;
    for name in ["provider.py", "statement.py"] {
        let from = project_root().join("docs/examples/provider-python").join(name);
        fs::copy(&from, folder.path().join(name)).map_err(Fault::io("copy", from))?;
    }
    let python = Clients::python()?.python_program();
    let venv = python.ancestors().nth(2).unwrap();
    std::os::unix::fs::symlink(venv, folder.path().join("venv")).map_err(Fault::io("link to", venv))?;
    Ok(folder)
}

/// The shell in that folder, with the built program first in its path and no settings of whoever runs the tests.
fn shell(folder: &Path, script: &str) -> Result<String, Fault> {
    let file = folder.join("guide.sh");
    fs::write(&file, script).map_err(Fault::io("write", &file))?;
    let program = binary()?;
    let path = std::env::var("PATH").unwrap();
    let mut shell = Command::new("bash");
    shell.arg(file).current_dir(folder).stdin(Stdio::null()).env("HOME", folder);
    shell.env("PATH", format!("{}:{path}", program.parent().unwrap().display()));
    for (name, _) in std::env::vars_os().filter(|(name, _)| {
        let name = name.to_string_lossy();
        ["DECISION_GATE_", "XDG_", "CLICOLOR"].iter().any(|it| name.starts_with(it))
    }) {
        shell.env_remove(name);
    }
    let output = shell.output().map_err(Fault::io("run", "bash"))?;
    Ok(String::from_utf8(output.stdout).unwrap())
}

/// Lines are compared without the space that aligns them.
fn plain(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[test]
fn the_story_of_a_rotation_goes_as_it_is_told() -> Result<(), Fault> {
    let guide = fs::read_to_string(project_root().join(GUIDE)).unwrap();
    let folder = folder()?;
    let (mut script, mut told) = ("exec 2>&1\n".to_owned(), Vec::new());
    for step in steps(&guide) {
        match step {
            Step::File { name, text } => {
                let path = folder.path().join(name);
                fs::write(&path, text).map_err(Fault::io("write", path))?;
            }
            Step::Run { command, says } => {
                script.push_str(&format!("{command}\nprintf '\\n@@ %s\\n' \"$?\"\n"));
                told.push((command, says));
            }
        }
    }
    assert!(told.len() > 25, "{} commands", told.len());
    let said = shell(folder.path(), &script)?;
    let outputs: Vec<_> = said.split("\n@@ ").collect();
    assert_eq!(outputs.len(), told.len() + 1, "{said}");
    for (index, (command, says)) in told.iter().enumerate() {
        // What stands before the mark is the output of the command, what follows it its exit code.
        let output = outputs[index].split_once('\n').map_or("", |(_, rest)| rest);
        let output = if index == 0 { outputs[0] } else { output };
        let code = outputs[index + 1].lines().next().unwrap();
        assert_eq!(code, "0", "$ {command}\n{output}");
        let mut rest = plain(output);
        for line in says {
            let (_, after) =
                rest.split_once(&plain(line)).unwrap_or_else(|| panic!("no `{line}`:\n$ {command}\n{output}"));
            rest = after.to_owned();
        }
    }
    Ok(())
}
