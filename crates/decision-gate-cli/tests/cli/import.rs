//! `config import`: configurations of the public project, and what becomes of each key.

use crate::support::Project;
use serde_json::Value;

/// Every key that has a counterpart, and some of each kind that has none.
const OLD: &str = r#"
[server]
transport = "http"
mode = "dev_permissive"
bind = "127.0.0.1:4000"
max_body_bytes = 2097152
[server.limits]
max_inflight = 64
[server.limits.rate_limit]
max_requests = 10
[server.auth]
mode = "bearer_token"
bearer_tokens = ["s3cret-of-the-server"]
[server.tools]
denylist = ["schemas_register", "decision_gate_docs_list"]
[namespace]
allow_default = true
default_tenants = [1, 7]
[dev]
permissive = true
[trust]
min_lane = "asserted"
[trust.default_policy.require_signature]
keys = ["keys/build.pub"]
[evidence]
allow_raw_values = true
[policy]
engine = "deny_all"
[run_state_store]
type = "sqlite"
path = "old.db"
journal_mode = "delete"
max_versions = 100
[schema_registry]
type = "sqlite"
path = "registry.db"
[runpack_storage]
type = "object_store"
provider = "s3"
bucket = "packs-of-ours"
[[providers]]
name = "time"
type = "builtin"
[[providers]]
name = "env"
type = "builtin"
config = { allowlist = ["CI"], denylist = ["TOKEN"] }
[[providers]]
name = "json"
type = "builtin"
config = { root = "evidence", root_id = "evidence-root", max_bytes = 4096 }
[[providers]]
name = "http"
type = "builtin"
config = { allow_http = true, allowed_hosts = ["api.example.com"], hash_algorithm = "sha256" }
[[providers]]
name = "scanner"
type = "mcp"
command = ["scanner", "--fast"]
capabilities_path = "scanner.json"
auth = { bearer_token = "s3cret-of-the-scanner" }
timeouts = { connect_timeout_ms = 100, request_timeout_ms = 5000 }
[typo]
key = 1
"#;

#[test]
fn each_key_is_carried_over_or_named() {
    let project = Project::empty();
    project.write("old.toml", OLD);
    let done = project.run(&["config", "import", "old.toml"]).expect(0);
    assert!(!done.stdout.contains("s3cret"), "a secret was copied: {}", done.stdout);
    insta::assert_snapshot!("imported", done.stdout);
    let report = project.run(&["config", "import", "old.toml", "--format", "json"]).expect(0).json();
    let left: Vec<&str> = report["left"].as_array().unwrap().iter().map(|it| it["key"].as_str().unwrap()).collect();
    assert!(left.contains(&"typo.key") && left.contains(&"providers[4].auth.bearer_token"), "{left:?}");
}

/// As that project writes it in its presets.
#[test]
fn what_is_imported_is_a_configuration() {
    let project = Project::empty();
    std::fs::create_dir_all(project.folder().join("evidence")).unwrap();
    project.write(
        "old.toml",
        "[server]\ntransport = \"stdio\"\nmode = \"strict\"\n[trust]\ndefault_policy = \"audit\"\nmin_lane = \"verified\"\n\
         [evidence]\nallow_raw_values = false\n[run_state_store]\ntype = \"sqlite\"\npath = \"x.db\"\njournal_mode = \"wal\"\n\
         [[providers]]\nname = \"time\"\ntype = \"builtin\"\n[[providers]]\nname = \"json\"\ntype = \"builtin\"\n\
         config = { root = \"evidence\", root_id = \"e\" }\n",
    );
    let done = project.run(&["config", "import", "old.toml", "--out", "new.toml"]).expect(0);
    assert!(!done.stdout.contains("left "), "{}", done.stdout);
    project.run(&["config", "check", "--config", "new.toml"]).expect(0);
    // What is there is never overwritten.
    let again =
        project.run(&["config", "import", "old.toml", "--out", "new.toml", "--format", "json"]).expect(2).json();
    assert_eq!(again["error"]["code"], "file_exists");
    project.write("old.toml", "no toml");
    let broken = project.run(&["config", "import", "old.toml", "--format", "json"]).expect(2).json();
    assert_eq!(broken["error"]["code"], "import_file_invalid");
}

/// The presets of that project, where they are at hand.
#[test]
fn the_presets_of_the_public_project_are_imported() {
    let beside = concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared/vectors");
    let vectors = std::env::var_os("DECISION_GATE_VECTORS").unwrap_or_else(|| beside.into());
    let folder = std::path::PathBuf::from(vectors).join("19-decision-gate-peer").join("configs");
    let Some(folder) = Some(folder).filter(|it| it.is_dir()) else {
        assert!(std::env::var_os("DECISION_GATE_REQUIRE_VECTORS").is_none(), "no vectors");
        println!("skipped: no vectors");
        return;
    };
    let mut count = 0;
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_none_or(|it| it != "toml") {
            continue;
        }
        count += 1;
        let project = Project::empty();
        std::fs::create_dir_all(project.folder().join("evidence")).unwrap();
        let report =
            project.run(&["config", "import", path.to_str().unwrap(), "--out", "new.toml", "--format", "json"]);
        let report: Value = report.expect(0).json();
        assert!(!report["config"].as_str().unwrap().contains("demo-token"), "{}", path.display());
        project.run(&["config", "check", "--config", "new.toml"]).expect(0);
    }
    assert!(count > 0, "no preset");
}
