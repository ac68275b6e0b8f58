//! What stands around a page before its first block: what a reader has who follows it, and nothing else. A server that a
//! page needs and that can't be had here leaves the page's commands unrun, and that is said.

use std::fs;
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use decision_gate_services::{Cluster, S3};
use decision_gate_tests::{Clients, Fault, project_root, verifier};

/// Something that the reader of a page has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Need {
    /// `app.tar`, the artifact, and `trace.txt`, what `perf script` wrote while it ran.
    Artifact,
    /// Files of this project, copied to the page's folder: from, to.
    File(&'static str, &'static str),
    /// A file of this text.
    Written(&'static str, &'static str),
    /// Another party's public key, as PEM.
    PublicKey(&'static str),
    /// `venv`, in which the official Python SDK is installed.
    Python,
    /// `docs/verify`, and a `python3` that has what it needs.
    SecondVerifier,
    /// `decision-gate-verify` beside the program.
    Verifier,
    /// `mcp-server-git` on the path, and a repository to look at.
    GitServer,
    /// A PostgreSQL of the page's own; the address that the page shows leads to it.
    Postgres,
    /// A bucket `proofs`, reached by the variables that the page names.
    Bucket,
}

/// The folder of a page, and what makes it more than a folder.
pub(crate) struct Stage {
    root: tempfile::TempDir,
    /// Variables of the shell.
    pub(crate) env: Vec<(String, String)>,
    /// What a page shows, and what stands for it here.
    pub(crate) swaps: Vec<(String, String)>,
    /// The database that the page's statements go to.
    pub(crate) cluster: Option<Cluster>,
    bucket: Option<S3>,
    /// A server that can't be had here.
    pub(crate) missing: Option<&'static str>,
}

impl Stage {
    pub(crate) fn set(needs: &[Need]) -> Result<Self, Fault> {
        let root = tempfile::tempdir().map_err(Fault::io("create", std::env::temp_dir()))?;
        for folder in ["home", "project", "bin"] {
            let path = root.path().join(folder);
            fs::create_dir(&path).map_err(Fault::io("create", path))?;
        }
        let (env, swaps) = (Vec::new(), Vec::new());
        let mut stage = Self { root, env, swaps, cluster: None, bucket: None, missing: None };
        needs.iter().try_for_each(|need| stage.bring(*need))?;
        Ok(stage)
    }

    /// The folder of folders.
    pub(crate) fn root(&self) -> &Path {
        self.root.path()
    }

    /// Where the page's commands run.
    pub(crate) fn folder(&self) -> PathBuf {
        self.root().join("project")
    }

    /// A text of the page with what stands for its addresses here.
    pub(crate) fn played(&self, text: &str) -> String {
        self.swaps.iter().fold(text.to_owned(), |text, (shown, here)| text.replace(shown, here))
    }

    /// Writes a file of the page.
    pub(crate) fn write(&self, name: &str, text: &str) -> Result<PathBuf, Fault> {
        let path = self.folder().join(name);
        let folder = path.parent().unwrap();
        fs::create_dir_all(folder).map_err(Fault::io("create", folder))?;
        fs::write(&path, text).map_err(Fault::io("write", &path))?;
        Ok(path)
    }

    fn bring(&mut self, need: Need) -> Result<(), Fault> {
        match need {
            Need::Artifact => {
                self.write("app.tar", "the artifact")?;
                self.copy("tests/traces/samples/engine.perf.txt", "trace.txt")
            }
            Need::File(from, to) => self.copy(from, to),
            Need::Written(name, text) => self.write(name, text).map(drop),
            Need::PublicKey(name) => {
                self.script(&format!("openssl genpkey -algorithm ed25519 | openssl pkey -pubout -out {name}"))
            }
            Need::Python => {
                let python = Clients::python()?.python_program();
                link(python.ancestors().nth(2).unwrap(), &self.folder().join("venv"))
            }
            Need::SecondVerifier => {
                let folder = project_root().join("docs/verify");
                for entry in fs::read_dir(&folder).map_err(Fault::io("read", &folder))?.map(Result::unwrap) {
                    let path = format!("docs/verify/{}", entry.file_name().display());
                    self.copy(&path, &path)?;
                }
                let (python, program) = (Clients::python()?.python_program(), self.root().join("bin/python3"));
                // A link would lead the interpreter away from its packages.
                let script = format!("#!/bin/sh\nexec '{}' -B \"$@\"\n", python.display());
                fs::write(&program, script).map_err(Fault::io("write", &program))?;
                fs::set_permissions(&program, fs::Permissions::from_mode(0o755)).map_err(Fault::io("open", &program))
            }
            Need::Verifier => link(&verifier()?, &self.root().join("bin/decision-gate-verify")),
            Need::GitServer => {
                let server = Clients::git_server()?.git_server_program();
                link(&server, &self.root().join("bin/mcp-server-git"))?;
                self.script("git init --quiet")
            }
            Need::Postgres => self.start_postgres(),
            Need::Bucket => {
                self.start_bucket();
                Ok(())
            }
        }
    }

    fn copy(&self, from: &str, to: &str) -> Result<(), Fault> {
        let (from, to) = (project_root().join(from), self.folder().join(to));
        fs::create_dir_all(to.parent().unwrap()).map_err(Fault::io("create", &to))?;
        fs::copy(from, &to).map(drop).map_err(Fault::io("copy to", to))
    }

    fn script(&self, script: &str) -> Result<(), Fault> {
        let mut shell = Command::new("bash");
        let quiet = shell.args(["-euo", "pipefail", "-c", script]).current_dir(self.folder()).stderr(Stdio::null());
        let status = quiet.status().map_err(Fault::io("run", "bash"))?;
        assert!(status.success(), "{script}");
        Ok(())
    }

    fn start_postgres(&mut self) -> Result<(), Fault> {
        let Some(cluster) = Cluster::own(&[], &[]).unwrap() else {
            self.missing = Some("PostgreSQL");
            return Ok(());
        };
        self.swaps.push(("db.example".to_owned(), cluster.socket().display().to_string()));
        // A socket needs no authority.
        self.swaps.push(("ca_file = ".to_owned(), "# ca_file = ".to_owned()));
        self.cluster = Some(cluster);
        let secret = self.write("secrets/ledger", "what nobody sees")?;
        fs::set_permissions(&secret, fs::Permissions::from_mode(0o600)).map_err(Fault::io("close", &secret))?;
        self.script(
            "openssl req -x509 -newkey ed25519 -nodes -keyout key.tmp -subj /CN=authority -out authorities.pem && rm key.tmp",
        )
    }

    fn start_bucket(&mut self) {
        let Some(bucket) = S3::start().unwrap() else {
            self.missing = Some("object store");
            return;
        };
        let mut set = |name: &str, value: &str| self.env.push((name.to_owned(), value.to_owned()));
        set("AWS_ACCESS_KEY_ID", S3::KEY_ID);
        set("AWS_SECRET_ACCESS_KEY", S3::SECRET);
        set("AWS_ENDPOINT_URL", bucket.endpoint());
        set("AWS_ALLOW_HTTP", "true");
        self.bucket = Some(bucket);
    }

    /// Sends statements to the page's database.
    pub(crate) fn statements(&self, text: &str) -> Result<(), String> {
        let cluster = self.cluster.as_ref().ok_or("the page has no database")?;
        // One after the other: a database can't be made inside a transaction.
        let each = text.split_inclusive(";\n").filter(|it| !it.trim().is_empty());
        each.map(|it| cluster.sql(it)).try_for_each(|it| it.map(drop).map_err(|it| it.to_string()))
    }
}

fn link(to: &Path, from: &Path) -> Result<(), Fault> {
    symlink(to, from).map_err(Fault::io("link to", to))
}
