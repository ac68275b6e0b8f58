//! Packs that would be written or read somewhere else, or over something.

use std::fs;
use std::os::unix::fs::symlink;

use decision_gate_tests::Fault;
use serde_json::{Value, json};

use super::{Gate, RUN};

fn export(name: &str) -> Value {
    json!({"run_id": RUN, "output_dir": name})
}

#[test]
fn d11_packs_lie_under_their_root_and_nowhere_else() -> Result<(), Fault> {
    let mut gate = Gate::open()?;
    let outside = gate.workspace.path().join("outside");
    let absolute = outside.display().to_string();
    let long = "x".repeat(129);
    for name in ["../outside", &absolute, "a/b", "a\\b", "..", ".", "", ".hidden", "-x", "a\u{0}b", "ä", &long] {
        gate.refused("runpack_export", &export(name), "pack_name_invalid")?;
        gate.refused("runpack_verify", &json!({"runpack_dir": name}), "pack_name_invalid")?;
    }
    assert!(!outside.exists());
    gate.refused("runpack_verify", &json!({"runpack_dir": "no-such"}), "pack_not_found")?;
    for manifest in ["../manifest.json", "/etc/passwd", "a/b.json", "", "events.json", "manifest"] {
        let with = |mut arguments: Value| {
            arguments["manifest_name"] = json!(manifest);
            arguments
        };
        gate.refused("runpack_export", &with(export("named")), "manifest_name_invalid")?;
        gate.refused("runpack_verify", &with(json!({"runpack_dir": "named"})), "manifest_name_invalid")?;
    }
    assert!(!gate.workspace.packs().join("named").exists(), "half a pack was left behind");
    gate.ends_unharmed()
}

#[test]
fn d33_nothing_is_overwritten_and_no_link_is_followed() -> Result<(), Fault> {
    let mut gate = Gate::open()?;
    gate.server.answer("runpack_export", &export("first"))?;
    let manifest = gate.workspace.packs().join("first").join("manifest.json");
    let before = fs::read(&manifest).unwrap();
    gate.refused("runpack_export", &export("first"), "pack_exists")?;
    assert_eq!(fs::read(&manifest).unwrap(), before);

    let outside = gate.workspace.path().join("outside");
    fs::create_dir(&outside).unwrap();
    fs::write(outside.join("manifest.json"), "precious").unwrap();
    symlink(&outside, gate.workspace.packs().join("link")).unwrap();
    symlink("no-such", gate.workspace.packs().join("dangling")).unwrap();
    for name in ["link", "dangling"] {
        gate.refused("runpack_export", &export(name), "pack_exists")?;
        gate.refused("runpack_verify", &json!({"runpack_dir": name}), "pack_not_found")?;
    }
    assert_eq!(fs::read(outside.join("manifest.json")).unwrap(), b"precious");
    assert_eq!(fs::read_dir(&outside).unwrap().count(), 1);
    gate.ends_unharmed()
}

#[test]
fn a_pack_whose_files_are_no_files_fails_and_shows_nothing() -> Result<(), Fault> {
    let mut gate = Gate::open()?;
    for file in ["manifest.json", "events.json", "artifacts/decisions.json"] {
        let name = file.replace('/', "_");
        gate.server.answer("runpack_export", &export(&name))?;
        let path = gate.workspace.packs().join(&name).join(file);
        fs::remove_file(&path).unwrap();
        symlink("/etc/passwd", &path).unwrap();
        let linked = gate.server.answer("runpack_verify", &json!({"runpack_dir": name}))?;
        assert_eq!(linked["status"], "fail", "{file}: {linked}");
        assert!(!linked.to_string().contains("root:x"), "{file}: {linked}");
        fs::remove_file(&path).unwrap();
        assert!(std::process::Command::new("mkfifo").arg(&path).status().unwrap().success());
        let piped = gate.server.answer("runpack_verify", &json!({"runpack_dir": name}))?;
        assert_eq!(piped["status"], "fail", "{file}: {piped}");
        gate.lives()?;
    }
    gate.ends_unharmed()
}

#[test]
fn a_pack_that_is_no_pack_fails() -> Result<(), Fault> {
    let mut gate = Gate::open()?;
    let folder = gate.workspace.packs().join("made-up");
    fs::create_dir_all(&folder).unwrap();
    let deep = format!("{{\"a\":{}", "[".repeat(100_000));
    let twice = r#"{"manifest_version":"1","manifest_version":"1"}"#;
    for content in ["", "null", "[]", "{}", deep.as_str(), twice, "{\"manifest_version\":18446744073709551617}"] {
        fs::write(folder.join("manifest.json"), content).unwrap();
        let verdict = gate.server.answer("runpack_verify", &json!({"runpack_dir": "made-up"}))?;
        assert_eq!((&verdict["status"], &verdict["verdict"]), (&json!("fail"), &json!("failed")), "{verdict}");
        assert!(!verdict["findings"].as_array().unwrap().is_empty(), "{verdict}");
        gate.lives()?;
    }
    gate.ends_unharmed()
}

#[test]
fn a_pack_root_that_can_t_be_used_is_said() -> Result<(), Fault> {
    let mut gate = Gate::open()?;
    fs::write(gate.workspace.packs(), "a file").unwrap();
    gate.refused("runpack_export", &export("first"), "pack_root_unusable")?;
    gate.refused("runpack_verify", &json!({"runpack_dir": "first"}), "pack_root_unusable")?;
    gate.ends_unharmed()
}
