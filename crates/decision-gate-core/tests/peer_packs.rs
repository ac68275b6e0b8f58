//! Runpacks of the public project: what it wrote passes, what was changed fails (collection 19).
//!
//! `rewrite` cases are consistent in themselves; they must fail for who knows the root hash of the pack that they
//! were made from. The folder comes from `DECISION_GATE_VECTORS`, else it stands beside the project.

#![cfg(test)]

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use decision_gate_core::digest::Digest;
use decision_gate_core::runpack::{
    Expect, Level, ManifestName, PackFile, PackFiles, PackFormat, Report, Status, Verdict, verify,
};
use decision_gate_vectors::collection;
use serde_json::Value;

#[path = "../src/runpack/tests/peer_algorithm.rs"]
mod peer_algorithm;

const NAME: &str = "19-decision-gate-peer";

/// Everything below `root`, as a caller of the verifier finds it.
fn walk(root: &Path, below: &str, files: &mut PackFiles) {
    for entry in fs::read_dir(root.join(below)).unwrap() {
        let entry = entry.unwrap();
        let name = entry.file_name().into_string().unwrap();
        let path = if below.is_empty() { name } else { format!("{below}/{name}") };
        let kind = entry.file_type().unwrap();
        if kind.is_dir() {
            walk(root, &path, files);
        } else if kind.is_file() {
            files.insert(path, PackFile::Bytes(fs::read(entry.path()).unwrap()));
        } else {
            files.insert(path, PackFile::NotRegular);
        }
    }
}

fn open(folder: &Path, dir: &str) -> PackFiles {
    let mut files = PackFiles::default();
    walk(&folder.join(dir), "", &mut files);
    files
}

fn check(files: &PackFiles, expect: &Expect) -> Report {
    verify(files, &ManifestName::standard(), expect)
}

/// The root hash that who received the pack from its maker would know.
fn known_root(folder: &Path, dir: &str) -> Option<Digest> {
    let base = dir.split("--").next()?;
    let manifest = fs::read(folder.join(base).join("manifest.json")).ok()?;
    let manifest: Value = serde_json::from_slice(&manifest).ok()?;
    Digest::from_hex(manifest.pointer("/integrity/root_hash/value")?.as_str()?).ok()
}

/// Whether the answer is the expected one for the expected class of reason.
fn holds(folder: &Path, case: &Value) -> Result<(), String> {
    let text = |name: &str| case[name].as_str().unwrap();
    let dir = text("dir");
    let files = open(folder, dir);
    let plain = check(&files, &Expect::default());
    let codes: Vec<_> = plain.findings.iter().map(|it| it.code.code()).collect();
    let told = format!("{codes:?}");
    let expected = match text("cls") {
        "upstream" => plain.status == Status::Pass && plain.format == PackFormat::PublicV1,
        "rewrite" => {
            let expect = Expect { root_hash: known_root(folder, dir), ..Expect::default() };
            let pinned = check(&files, &expect);
            expect.root_hash.is_some() && pinned.findings.iter().any(|it| it.code.code() == "expected_root_hash")
        }
        "semantic" => {
            let replay = plain.facets.integrity.level == Level::All || codes.contains(&"trigger_duplicate");
            plain.status == Status::Fail && replay
        }
        "policy" if text("expect") == "pass-or-fail" => true,
        "hash" => {
            let reasons =
                ["file_hash_mismatch", "file_missing", "root_hash_mismatch", "artifact_missing", "file_unlisted"];
            plain.status == Status::Fail && codes.iter().any(|code| reasons.contains(code))
        }
        "policy" => plain.status == Status::Fail && codes == ["file_unlisted"],
        "structure" => {
            let hashes = ["file_hash_mismatch"];
            plain.status == Status::Fail && codes.iter().any(|code| !hashes.contains(code))
        }
        other => return Err(format!("unknown class {other}")),
    };
    let never = plain.verdict != Verdict::Allowed && plain.facets.replay.level <= Level::Partial;
    if text("expect") == "fail" && plain.status == Status::Pass && !expected {
        println!("{NAME}: false accept {dir}");
    }
    if expected && never { Ok(()) } else { Err(told) }
}

#[test]
fn packs_of_the_public_project_are_judged_as_expected() {
    let Some(folder) = collection(NAME) else { return };
    let suite: Value = serde_json::from_slice(&fs::read(folder.join("runpacks.json")).unwrap()).unwrap();
    let cases = suite["cases"].as_array().unwrap();
    assert!(!cases.is_empty());
    let failures: Vec<_> = cases
        .iter()
        .filter_map(|case| holds(&folder, case).err().map(|told| format!("{}: {told}", case["id"].as_str().unwrap())))
        .collect();
    println!("{NAME} runpacks: {} of {}", cases.len() - failures.len(), cases.len());
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}

/// Our copy of the published algorithm is the algorithm: it sees what its authors say that it sees.
#[test]
fn the_published_algorithm_sees_hashes_and_duplicates_and_no_more() {
    let Some(folder) = collection(NAME) else { return };
    let suite: Value = serde_json::from_slice(&fs::read(folder.join("runpacks.json")).unwrap()).unwrap();
    let passes = |dir: &str| {
        let files: BTreeMap<String, Vec<u8>> = open(&folder, dir)
            .iter()
            .filter_map(|(path, file)| match file {
                PackFile::Bytes(bytes) => Some((path.to_owned(), bytes.clone())),
                PackFile::NotRegular | PackFile::Unreadable { .. } | PackFile::TooLarge { .. } => None,
            })
            .collect();
        peer_algorithm::verify(&files, "manifest.json").is_empty()
    };
    for case in suite["cases"].as_array().unwrap() {
        let dir = case["dir"].as_str().unwrap();
        match case["cls"].as_str().unwrap() {
            "upstream" => assert!(passes(dir), "{dir}"),
            "hash" => assert!(!passes(dir), "{dir}"),
            _ => {}
        }
    }
}
