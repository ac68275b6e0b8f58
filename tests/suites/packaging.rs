//! What goes out with the binary: the bundle for MCP hosts and the entry of the registry, made from the binary under test
//! and held against the rules that both publish; and the server as a host starts it from the unpacked bundle.

#![cfg(test)]

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};

use decision_gate_tests::wire::Era;
use decision_gate_tests::{Fault, Launch, Workspace, binary, project_root};
use serde_json::{Value, json};

const VERSION: &str = env!("CARGO_PKG_VERSION");

/// Packs the binary, and gives the bundle's path.
fn pack(out: &Path) -> Result<String, Fault> {
    let script = project_root().join("packaging").join("pack.sh");
    let packed =
        Command::new("bash").arg(script).arg(binary()?).arg(out).output().map_err(Fault::io("run", "pack.sh"))?;
    assert!(packed.status.success(), "{}", String::from_utf8_lossy(&packed.stderr));
    Ok(String::from_utf8(packed.stdout).unwrap().trim().to_owned())
}

fn read(path: &Path) -> Value {
    serde_json::from_slice(&fs::read(path).unwrap()).unwrap()
}

fn text<'a>(value: &'a Value, pointer: &str) -> &'a str {
    value.pointer(pointer).and_then(Value::as_str).unwrap_or_else(|| panic!("no {pointer}: {value}"))
}

#[test]
fn the_bundle_is_what_hosts_install_and_starts_as_they_start_it() -> Result<(), Fault> {
    let workspace = Workspace::new()?;
    let out = workspace.path().join("out");
    let bundle = pack(&out)?;
    let unpacked = workspace.path().join("unpacked");
    let unzip = Command::new("python3").args(["-m", "zipfile", "-e", &bundle]).arg(&unpacked).status().unwrap();
    assert!(unzip.success());
    let manifest = read(&unpacked.join("manifest.json"));
    assert_eq!((text(&manifest, "/manifest_version"), text(&manifest, "/version")), ("0.3", VERSION));
    for key in ["/name", "/description", "/author/name", "/server/entry_point", "/license"] {
        assert!(!text(&manifest, key).is_empty(), "{key}");
    }
    assert_eq!(text(&manifest, "/server/type"), "binary");
    assert!(unpacked.join(text(&manifest, "/server/entry_point")).is_file());
    let platforms = manifest["compatibility"]["platforms"].as_array().unwrap();
    assert!(platforms.iter().all(|it| ["linux", "darwin", "win32"].contains(&it.as_str().unwrap())), "{platforms:?}");
    assert!(!manifest.to_string().contains('@'), "a name was not filled in: {manifest}");
    start(&manifest, &unpacked, &workspace)
}

/// Fills the host's names in and starts what comes out.
fn start(manifest: &Value, folder: &Path, workspace: &Workspace) -> Result<(), Fault> {
    let config = workspace.config();
    let filled = |text: &str| {
        let text = text.replace("${__dirname}", folder.to_str().unwrap());
        let text = text.replace("${user_config.configuration}", config.to_str().unwrap());
        assert!(!text.contains("${"), "{text}");
        text
    };
    let command = filled(text(manifest, "/server/mcp_config/command"));
    // The archiver that unpacked it here keeps no permissions; hosts do.
    let made = Command::new("chmod").arg("+x").arg(&command).status().unwrap();
    assert!(made.success());
    let args = manifest["server"]["mcp_config"]["args"].as_array().unwrap();
    let launch = args.iter().fold(Launch::program(command), |launch, arg| launch.arg(filled(arg.as_str().unwrap())));
    let mut server = launch.spawn(Era::Legacy)?;
    server.open()?;
    let tools = server.result("tools/list", json!({}))?;
    assert!(!tools["tools"].as_array().unwrap().is_empty());
    assert!(server.close()?.status.success());
    Ok(())
}

/// The rules of the registry's schema of 2025-12-11 that concern this entry.
#[test]
fn the_entry_of_the_registry_names_the_very_bundle() -> Result<(), Fault> {
    let workspace = Workspace::new()?;
    let bundle = pack(workspace.path())?;
    let entry = read(&workspace.path().join("server.json"));
    let (owner, name) = text(&entry, "/name").split_once('/').unwrap();
    assert!(
        owner.starts_with("io.github.") && name == "decision-gate" && (3..=200).contains(&text(&entry, "/name").len())
    );
    assert!((1..=100).contains(&text(&entry, "/description").chars().count()), "{}", text(&entry, "/description"));
    assert_eq!(text(&entry, "/version"), VERSION);
    let package = &entry["packages"][0];
    assert_eq!((text(package, "/registryType"), text(package, "/transport/type")), ("mcpb", "stdio"));
    assert!(
        text(package, "/identifier").starts_with("https://")
            && text(package, "/identifier").rsplit_once('.').is_some_and(|(_, ending)| ending == "mcpb")
    );
    assert!(bundle.ends_with(text(package, "/identifier").rsplit('/').next().unwrap()), "{bundle}");
    let sum = Command::new("sha256sum").arg(&bundle).stdout(Stdio::piped()).output().unwrap();
    let sum = String::from_utf8(sum.stdout).unwrap();
    assert_eq!(Some(text(package, "/fileSha256")), sum.split(' ').next());
    // Editors are served too.
    for name in ["config", "scenario", "case", "release-policy"] {
        let schema = read(&workspace.path().join(format!("schemas/{name}.schema.json")));
        assert_eq!(text(&schema, "/$id"), format!("urn:decision-gate:schema:{name}:v1"));
    }
    // The same binary gives the same bundle.
    let again = pack(&workspace.path().join("again"))?;
    assert!(fs::read(&bundle).unwrap() == fs::read(again).unwrap(), "two bundles of one binary differ");
    Ok(())
}
