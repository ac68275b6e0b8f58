//! One shell for a page, so that what a block sets the next one has: the built program is first on its path, its home and
//! every setting are its own.

use std::fs;
use std::io::{BufRead as _, BufReader, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use decision_gate_tests::{Fault, binary};

/// Stands before the exit code of a command.
const MARK: &str = "@@ ended: ";

/// A shell that waits for the next command.
pub(crate) struct Shell {
    child: Child,
    stdin: ChildStdin,
    stdout: BufReader<ChildStdout>,
    script: PathBuf,
}

/// What a command said on both streams, and its exit code.
pub(crate) struct Said {
    pub(crate) output: String,
    pub(crate) code: i32,
}

impl Shell {
    /// In a folder, with a home beside it and these variables.
    pub(crate) fn open(root: &Path, env: &[(String, String)]) -> Result<Self, Fault> {
        let mut command = Command::new("bash");
        for (name, _) in std::env::vars_os().filter(|(name, _)| is_a_setting(&name.to_string_lossy())) {
            command.env_remove(name);
        }
        command.args(["--noprofile", "--norc"]).current_dir(root.join("project"));
        command.envs(surroundings(root)?).envs(env.iter().cloned());
        let piped = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
        let mut child = piped.spawn().map_err(Fault::io("run", "bash"))?;
        let (stdin, stdout) = (child.stdin.take().unwrap(), BufReader::new(child.stdout.take().unwrap()));
        Ok(Self { child, stdin, stdout, script: root.join("command.sh") })
    }

    /// Runs one command to its end.
    pub(crate) fn run(&mut self, command: &str) -> Result<Said, Fault> {
        fs::write(&self.script, command).map_err(Fault::io("write", &self.script))?;
        // The command must not read what is meant for the shell.
        let line = format!(". '{}' </dev/null 2>&1; printf '\\n{MARK}%s\\n' \"$?\"\n", self.script.display());
        self.stdin.write_all(line.as_bytes()).map_err(Fault::io("write to", "bash"))?;
        let mut output = String::new();
        loop {
            let mut line = Vec::new();
            let length = self.stdout.read_until(b'\n', &mut line).map_err(Fault::io("read from", "bash"))?;
            let line = String::from_utf8_lossy(&line);
            if let Some(code) = line.strip_prefix(MARK) {
                return Ok(Said { output, code: code.trim().parse().unwrap() });
            }
            assert!(length > 0, "the shell ended:\n$ {command}\n{output}");
            output.push_str(&line);
        }
    }
}

impl Drop for Shell {
    fn drop(&mut self) {
        // It may have ended by itself.
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

/// The path and the homes of a page.
pub(crate) fn surroundings(root: &Path) -> Result<Vec<(String, String)>, Fault> {
    let program = binary()?;
    let (tools, path) = (root.join("bin"), std::env::var("PATH").unwrap_or_default());
    let path = format!("{}:{}:{path}", program.parent().unwrap().display(), tools.display());
    let home = |name: &str, folder: &str| (name.to_owned(), root.join(folder).display().to_string());
    Ok(vec![
        ("PATH".to_owned(), path),
        home("HOME", "home"),
        home("XDG_CONFIG_HOME", "home/config"),
        home("XDG_STATE_HOME", "home/state"),
        home("XDG_DATA_HOME", "home/data"),
        home("XDG_CACHE_HOME", "home/cache"),
    ])
}

/// Whether a variable of whoever runs the tests would change what the commands do.
fn is_a_setting(name: &str) -> bool {
    ["DECISION_GATE_", "CLICOLOR", "GITHUB_", "GITLAB_", "AWS_", "PG"].iter().any(|it| name.starts_with(it))
}

/// Whether a text is one that the shell would take.
pub(crate) fn parses(text: &str) -> Result<(), String> {
    let mut shell = Command::new("bash").arg("-n").stdin(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    shell.stdin.take().unwrap().write_all(text.as_bytes()).unwrap();
    let output = shell.wait_with_output().unwrap();
    if output.status.success() { Ok(()) } else { Err(String::from_utf8_lossy(&output.stderr).into_owned()) }
}
