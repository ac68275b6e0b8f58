//! A project in a temporary folder, and the built binary in it with an environment of its own.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use serde_json::Value;
use tempfile::TempDir;

/// A project, and a home that nothing else uses.
pub(crate) struct Project {
    root: TempDir,
}

/// What a command did.
pub(crate) struct Done {
    pub(crate) code: Option<i32>,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Project {
    /// With nothing in it.
    pub(crate) fn empty() -> Self {
        let root = tempfile::tempdir().unwrap();
        for folder in ["home", "project"] {
            std::fs::create_dir(root.path().join(folder)).unwrap();
        }
        Self { root }
    }

    /// As `init` writes it.
    pub(crate) fn fresh() -> Self {
        let project = Self::empty();
        project.run(&["init"]).expect(0);
        project
    }

    /// The project's folder.
    pub(crate) fn folder(&self) -> PathBuf {
        self.root.path().join("project")
    }

    /// The user's home.
    pub(crate) fn home(&self) -> PathBuf {
        self.root.path().join("home")
    }

    /// Writes a file, with the folders that it lies in.
    pub(crate) fn write(&self, path: &str, content: &str) {
        let path = self.folder().join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, content).unwrap();
    }

    /// Reads a file.
    pub(crate) fn read(&self, path: &str) -> String {
        std::fs::read_to_string(self.folder().join(path)).unwrap()
    }

    /// The report that the first scenario reads.
    pub(crate) fn report(&self, passed: u32, failed: u32, coverage: f64) {
        let report = serde_json::json!({ "passed": passed, "failed": failed, "coverage": coverage });
        self.write("reports/tests.json", &report.to_string());
    }

    /// The binary in this project, with no variable but those that are needed.
    pub(crate) fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_decision-gate"));
        command.args(arguments).current_dir(self.folder()).env_clear().env("HOME", self.home());
        for (variable, folder) in [
            ("XDG_CONFIG_HOME", "config"),
            ("XDG_STATE_HOME", "state"),
            ("XDG_DATA_HOME", "data"),
            ("XDG_CACHE_HOME", "cache"),
        ] {
            command.env(variable, self.home().join(folder));
        }
        command.stdin(Stdio::null());
        command
    }

    /// Runs it to its end.
    pub(crate) fn run(&self, arguments: &[&str]) -> Done {
        self.done(self.command(arguments).output().unwrap())
    }

    /// Runs it with a text on stdin.
    pub(crate) fn run_with(&self, arguments: &[&str], input: &str) -> Done {
        let mut command = self.command(arguments);
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        // A command that fails early does not read it.
        child.stdin.take().unwrap().write_all(input.as_bytes()).ok();
        self.done(child.wait_with_output().unwrap())
    }

    /// What a finished command did, with the folder's name taken out.
    pub(crate) fn done(&self, output: Output) -> Done {
        let text = |bytes: Vec<u8>| self.settled(&String::from_utf8(bytes).unwrap());
        Done { code: output.status.code(), stdout: text(output.stdout), stderr: text(output.stderr) }
    }

    /// A text without what changes with every run.
    pub(crate) fn settled(&self, text: &str) -> String {
        let root = self.root.path();
        let real = root.canonicalize().unwrap();
        let mut text = text.to_owned();
        for root in [real.as_path(), root] {
            text = text.replace(root.to_str().unwrap(), "[root]");
        }
        ids(&text)
    }
}

/// Replaces `run-` and 16 hexadecimal digits by `run-[id]`.
fn ids(text: &str) -> String {
    let mut parts = text.split("run-");
    let mut settled = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let id = part.split_at_checked(16).filter(|(id, _)| id.bytes().all(|byte| byte.is_ascii_hexdigit()));
        settled.push_str(if id.is_some() { "run-[id]" } else { "run-" });
        settled.push_str(id.map_or(part, |(_, rest)| rest));
    }
    settled
}

impl Done {
    /// The same, once it ended with that code.
    #[track_caller]
    pub(crate) fn expect(self, code: i32) -> Self {
        assert_eq!(self.code, Some(code), "stdout:\n{}\nstderr:\n{}", self.stdout, self.stderr);
        assert!(!self.stderr.contains("panicked"), "{}", self.stderr);
        self
    }

    /// Stdout as one JSON value.
    #[track_caller]
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.stdout).unwrap_or_else(|error| panic!("{error}: {:?}", self.stdout))
    }

    /// Exit code, stdout and stderr as one text.
    pub(crate) fn transcript(&self) -> String {
        let part = |name: &str, text: &str| {
            if text.is_empty() { String::new() } else { format!("--- {name}\n{}\n", text.trim_end()) }
        };
        format!("exit {}\n{}{}", self.code.unwrap(), part("stdout", &self.stdout), part("stderr", &self.stderr))
    }
}

/// A file under `config/samples/`.
pub(crate) fn sample(path: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../config/samples").join(path);
    std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// Every file below a folder, by its path within.
pub(crate) fn files_below(folder: &Path) -> Vec<String> {
    let mut found = Vec::new();
    let mut open = vec![folder.to_owned()];
    while let Some(next) = open.pop() {
        for entry in std::fs::read_dir(next).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                open.push(path);
            } else {
                found.push(path.strip_prefix(folder).unwrap().display().to_string());
            }
        }
    }
    found.sort();
    found
}
