//! A folder of its own for each test: a configuration, a scenario and evidence that first fails its gate, copied from
//! `tests/clients/workspace`, which the clients that other people wrote use too.

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;
use tempfile::TempDir;

use crate::{Fault, project_root};

/// A configured folder; gone when dropped.
#[derive(Debug)]
pub struct Workspace {
    dir: TempDir,
}

impl Workspace {
    /// Copies the fixture into a new folder.
    ///
    /// # Errors
    /// When the folder can't be written.
    pub fn new() -> Result<Self, Fault> {
        let dir = tempfile::Builder::new()
            .prefix("decision-gate-")
            .tempdir()
            .map_err(Fault::io("create", std::env::temp_dir()))?;
        copy(&fixture(), dir.path())?;
        Ok(Self { dir })
    }

    /// The folder.
    pub fn path(&self) -> &Path {
        self.dir.path()
    }

    /// The configuration file.
    pub fn config(&self) -> PathBuf {
        self.path().join("decision-gate.toml")
    }

    /// The ledger that the configuration names.
    pub fn ledger(&self) -> PathBuf {
        self.path().join("ledger.db")
    }

    /// The folder that runpacks are exported to.
    pub fn packs(&self) -> PathBuf {
        self.path().join("packs")
    }

    /// Replaces the configuration.
    ///
    /// # Errors
    /// When it can't be written.
    pub fn write_config(&self, toml: &str) -> Result<(), Fault> {
        write(&self.config(), toml.as_bytes())
    }

    /// Puts the ledger into a schema of a PostgreSQL database, reached by the folder of its socket.
    ///
    /// # Errors
    /// When the configuration can't be read or written.
    pub fn keep_ledger_in(&self, socket: &Path, database: &str, schema: &str) -> Result<(), Fault> {
        let path = self.config();
        let text = fs::read_to_string(&path).map_err(Fault::io("read", &path))?;
        let (socket, patience) = (socket.display(), "connect_timeout_ms = 2000");
        let store = format!(
            "type = \"postgres\"\n\n[store.postgres]\nhost = \"{socket}\"\ndatabase = \"{database}\"\n\
             user = \"{database}\"\nschema = \"{schema}\"\n{patience}"
        );
        self.write_config(&text.replace("type = \"sqlite\"\npath = \"ledger.db\"", &store))
    }

    /// Adds an environment `production`, and a release policy whose execution gate blocks where there is no evidence.
    ///
    /// # Errors
    /// When the configuration can't be read or written.
    pub fn configure_releases(&self) -> Result<(), Fault> {
        let path = self.config();
        let text = fs::read_to_string(&path).map_err(Fault::io("read", &path))?;
        let release = r#"
[release]
policy = { PolicyGates = { ExecutionEvidence = { Enabled = true, MissingEvidenceAction = "Block" } } }
"#;
        self.write_config(&format!("environments = [\"production\"]\n{text}{release}"))
    }

    /// The scenario `release`: one stage whose gate wants no failed test and enough coverage.
    ///
    /// # Errors
    /// When the fixture can't be read.
    pub fn scenario(&self) -> Result<Value, Fault> {
        let path = self.path().join("scenario.json");
        let bytes = fs::read(&path).map_err(Fault::io("read", &path))?;
        serde_json::from_slice(&bytes).map_err(|source| Fault::BadFile { path, source })
    }

    /// Writes a file into the evidence root.
    ///
    /// # Errors
    /// When it can't be written.
    pub fn write_evidence(&self, name: &str, bytes: &[u8]) -> Result<(), Fault> {
        write(&self.path().join("evidence").join(name), bytes)
    }

    /// Puts the mended report in place, with which the gate passes.
    ///
    /// # Errors
    /// When it can't be written.
    pub fn mend(&self) -> Result<(), Fault> {
        let (from, to) = (self.path().join("mended/tests.json"), self.path().join("evidence/tests.json"));
        fs::copy(&from, &to).map(drop).map_err(Fault::io("copy to", to))
    }
}

/// The folder that workspaces are copies of.
pub(crate) fn fixture() -> PathBuf {
    project_root().join("tests").join("clients").join("workspace")
}

fn write(path: &Path, bytes: &[u8]) -> Result<(), Fault> {
    fs::write(path, bytes).map_err(Fault::io("write", path))
}

fn copy(from: &Path, to: &Path) -> Result<(), Fault> {
    fs::create_dir_all(to).map_err(Fault::io("create", to))?;
    for entry in fs::read_dir(from).map_err(Fault::io("read", from))? {
        let entry = entry.map_err(Fault::io("read", from))?;
        let (source, target) = (entry.path(), to.join(entry.file_name()));
        if source.is_dir() {
            copy(&source, &target)?;
        } else {
            fs::copy(&source, &target).map_err(Fault::io("copy to", target))?;
        }
    }
    Ok(())
}
