//! Clients that other people wrote: the official SDKs and the inspector's command line, installed from their registries
//! by `tests/clients/setup.sh` and run against the binary. What they print is one JSON line per step.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

use crate::binary::run;
use crate::server::without_settings;
use crate::workspace::fixture;
use crate::{Fault, binary, project_root, target_dir};

/// The steps of a whole session, from connecting to an error that the caller can mend.
pub const SESSION_STEPS: [&str; 9] = [
    "connect",
    "tools/list",
    "scenario_define",
    "scenario_start",
    "scenario_next holds",
    "scenario_next completes",
    "runpack_export",
    "runpack_verify",
    "an error the caller can mend",
];

/// An installed set of clients.
#[derive(Debug)]
pub struct Clients {
    folder: PathBuf,
}

/// A session that went through to its end: what it printed, one value per step.
#[derive(Debug)]
pub struct Session {
    /// The steps, in order.
    pub steps: Vec<Value>,
}

impl Clients {
    /// The official Python SDK.
    ///
    /// # Errors
    /// When it can't be installed.
    pub fn python() -> Result<Self, Fault> {
        Self::install("python")
    }

    /// The official TypeScript client, and the inspector.
    ///
    /// # Errors
    /// When they can't be installed.
    pub fn typescript() -> Result<Self, Fault> {
        Self::install("typescript")
    }

    /// The git server of the registry.
    ///
    /// # Errors
    /// When it can't be installed.
    pub fn git_server() -> Result<Self, Fault> {
        Self::install("git-server")
    }

    /// What drives a browser.
    ///
    /// # Errors
    /// When it can't be installed.
    pub fn browser() -> Result<Self, Fault> {
        Self::install("browser")
    }

    /// Opens pages in a browser, and gives what it says of each in light and in dark. `folder` takes its profile and
    /// pictures of the pages.
    ///
    /// # Errors
    /// When a page can't be looked at; the fault holds what was said.
    pub fn look(&self, browser: &Path, folder: &Path, pages: &[PathBuf]) -> Result<Vec<Value>, Fault> {
        let mut script = Command::new("node");
        script.arg(self.folder.join("browser").join("look.mjs")).arg(browser).arg(folder).args(pages);
        Ok(Session::run(&mut script)?.steps)
    }

    /// The tool that checks and tries rules of Prometheus.
    ///
    /// # Errors
    /// When it can't be installed.
    pub fn prometheus() -> Result<Self, Fault> {
        Self::install("prometheus")
    }

    /// The program that checks and tries rules of Prometheus.
    pub fn promtool(&self) -> PathBuf {
        self.folder.join("prometheus").join("promtool")
    }

    /// The interpreter that has the official Python SDK.
    pub fn python_program(&self) -> PathBuf {
        self.folder.join("venv").join("bin").join("python")
    }

    /// The program of the git server.
    pub fn git_server_program(&self) -> PathBuf {
        self.folder.join("git-server").join("bin").join("mcp-server-git")
    }

    fn install(part: &str) -> Result<Self, Fault> {
        let folder = target_dir()?.join("clients");
        fs::create_dir_all(&folder).map_err(Fault::io("create", &folder))?;
        let lock_path = folder.join(format!("{part}.lock"));
        let lock = File::create(&lock_path).map_err(Fault::io("create", &lock_path))?;
        lock.lock().map_err(Fault::io("lock", &lock_path))?;
        let script = project_root().join("tests").join("clients").join("setup.sh");
        run(Command::new("bash").arg(script).arg(&folder).arg(part))?;
        Ok(Self { folder })
    }

    /// Runs the Python session.
    ///
    /// # Errors
    /// When a step fails; the fault holds what the session said.
    pub fn run_python(&self) -> Result<Session, Fault> {
        let script = project_root().join("tests").join("clients").join("python").join("session.py");
        let mut session = Command::new(self.python_program());
        session.env("PYTHONDONTWRITEBYTECODE", "1").arg(script);
        Session::of(&mut session)
    }

    /// Runs one of the scripts in `tests/clients/typescript`.
    ///
    /// # Errors
    /// When a step fails; the fault holds what the session said.
    pub fn run_typescript(&self, script: &str) -> Result<Session, Fault> {
        let folder = self.folder.join("typescript");
        let mut session = Command::new(folder.join("node"));
        session.arg(folder.join(script)).arg(fixture());
        Session::of(&mut session)
    }
}

impl Session {
    /// Adds the server's command line and runs the client.
    fn of(client: &mut Command) -> Result<Self, Fault> {
        client.arg(binary()?).arg("serve");
        Self::run(client)
    }

    fn run(client: &mut Command) -> Result<Self, Fault> {
        without_settings(client);
        let program = Path::new(client.get_program()).to_path_buf();
        let output = client.output().map_err(Fault::io("run", program))?;
        let (stdout, stderr) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
        if !output.status.success() {
            return Err(Fault::Command {
                command: format!("{client:?}"),
                status: output.status.to_string(),
                output: format!("{stdout}{stderr}"),
            });
        }
        let steps = stdout
            .lines()
            .map(|line| serde_json::from_str(line).map_err(|source| Fault::NotJson { line: line.to_owned(), source }));
        Ok(Self { steps: steps.collect::<Result<_, _>>()? })
    }

    /// The names of the steps of one part of the session, such as an era, in order.
    pub fn names<'a>(&'a self, part: &str, named: &str) -> Vec<&'a str> {
        let of_part = self.steps.iter().filter(|step| step.get(part).and_then(Value::as_str) == Some(named));
        of_part.filter_map(|step| step.get("step").and_then(Value::as_str)).collect()
    }
}
