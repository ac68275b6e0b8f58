//! What every measurement starts from: the two programs, a folder of its own for each server, and how many pairs to
//! take.

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};
use tempfile::TempDir;

use crate::fault::Fault;
use crate::server::{Era, Server};

const CONFIG: &str = r#"
[server]
profile = "full"

[store]
type = "sqlite"
path = "ledger.db"

[runpacks]
root = "packs"

[[providers]]
name = "time"
type = "builtin"
"#;

/// The programs, and how much to measure.
#[derive(Debug)]
pub(crate) struct Setup {
    ours: PathBuf,
    floor: PathBuf,
    quick: bool,
    events: u64,
}

/// A folder with a configuration; gone when dropped.
#[derive(Debug)]
pub(crate) struct Folder {
    dir: TempDir,
}

impl Setup {
    /// Takes the programs that `make bench` built beside this one, unless others are named.
    pub(crate) fn new(ours: Option<PathBuf>, floor: Option<PathBuf>, quick: bool, events: u64) -> Result<Self, Fault> {
        let driver = std::env::current_exe().map_err(Fault::io("find", "this program"))?;
        let beside = |name: &str| driver.with_file_name(name).with_extension(std::env::consts::EXE_EXTENSION);
        let ours = ours.unwrap_or_else(|| beside("decision-gate"));
        let floor = floor.unwrap_or_else(|| beside("echo-server"));
        for program in [&ours, &floor] {
            if !program.is_file() {
                return Err(Fault::NotBuilt(program.clone()));
            }
        }
        Ok(Self { ours, floor, quick, events })
    }

    /// How many pairs to take: a few when only the driver itself is tried.
    pub(crate) fn pairs(&self, wanted: usize) -> usize {
        if self.quick { (wanted / 10).max(3) } else { wanted }
    }

    /// How many events a large ledger has: a few when only the driver itself is tried.
    pub(crate) fn events(&self) -> u64 {
        if self.quick { self.events.min(20_000) } else { self.events }
    }

    /// Starts the product in `folder`.
    pub(crate) fn ours(&self, era: Era, folder: &Folder) -> Result<Server, Fault> {
        Server::start(era, &self.ours, &[Path::new("serve"), Path::new("--config"), &folder.config()])
    }

    /// Starts the bare server.
    pub(crate) fn floor(&self, era: Era) -> Result<Server, Fault> {
        Server::start(era, &self.floor, &[])
    }

    /// Starts the bare server so that it answers `result` to every call.
    pub(crate) fn floor_answering(&self, era: Era, folder: &Folder, result: &Value) -> Result<Server, Fault> {
        let path = folder.path().join("reply.json");
        fs::write(&path, result.to_string()).map_err(Fault::io("write", &path))?;
        Server::start(era, &self.floor, &[&path])
    }
}

impl Folder {
    /// A new folder with the configuration that all measurements share.
    pub(crate) fn new() -> Result<Self, Fault> {
        let dir = tempfile::Builder::new()
            .prefix("decision-gate-bench-")
            .tempdir()
            .map_err(Fault::io("create", std::env::temp_dir()))?;
        let folder = Self { dir };
        fs::write(folder.config(), CONFIG).map_err(Fault::io("write", folder.config()))?;
        Ok(folder)
    }

    /// The same with a scenario in a file that the configuration pins.
    pub(crate) fn with_pinned(scenario: &Value) -> Result<Self, Fault> {
        let folder = Self::new()?;
        let file = folder.path().join("scenario.json");
        fs::write(&file, scenario.to_string()).map_err(Fault::io("write", &file))?;
        let config = format!("{CONFIG}\n[scenarios]\nfiles = [\"scenario.json\"]\n");
        fs::write(folder.config(), config).map_err(Fault::io("write", folder.config()))?;
        Ok(folder)
    }

    /// Where it is.
    pub(crate) fn path(&self) -> &Path {
        self.dir.path()
    }

    /// The ledger in it.
    pub(crate) fn ledger(&self) -> PathBuf {
        self.path().join("ledger.db")
    }

    fn config(&self) -> PathBuf {
        self.path().join("decision-gate.toml")
    }
}

/// A scenario of one stage whose gate wants all of `conditions` conditions on the time, each of them `comparator` 0.
pub(crate) fn scenario(id: &str, conditions: usize, comparator: &str) -> Value {
    let ids: Vec<String> = (0..conditions).map(|number| format!("c{number:03}")).collect();
    let leaves: Vec<Value> = ids.iter().map(|id| json!({"Condition": id})).collect();
    let specs: Vec<Value> = ids
        .iter()
        .map(|id| {
            let query = json!({"provider_id": "time", "check_id": "now"});
            json!({"condition_id": id, "query": query, "comparator": comparator, "expected": 0, "policy_tags": []})
        })
        .collect();
    json!({
        "scenario_id": id,
        "namespace_id": 1,
        "spec_version": "1",
        "stages": [{
            "stage_id": "only",
            "entry_packets": [],
            "gates": [{"gate_id": "all", "requirement": {"And": leaves}}],
            "advance_to": {"kind": "terminal"},
            "timeout": null,
            "on_timeout": "fail",
        }],
        "conditions": specs,
        "policies": [],
        "schemas": [],
        "default_tenant_id": 1,
    })
}
