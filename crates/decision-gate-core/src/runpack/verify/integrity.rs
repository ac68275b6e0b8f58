//! Steps 1 to 5: the manifest, its lists, the files that there are, and their hashes. Both formats share them.

use std::collections::{BTreeMap, BTreeSet};

use serde::Deserialize;
use serde_json::Value;

use crate::digest::Digest;
use crate::json::{self, Limits};
use crate::runpack::files::{PackFile, PackFiles};
use crate::runpack::finding::{FindingCode, Findings};
use crate::runpack::manifest::{
    ArtifactKind, CHECKPOINT, EVENTS, HASH_ALGORITHM, MANIFEST_VERSION, Manifest, Own, PACK_FORMAT, PROOFS, REQUIRED,
    TRUST, VALUES, VERIFIER_REPORT, root_hash,
};
use crate::runpack::path::{ManifestName, check_path};
use crate::runpack::signature::MANIFEST_SIGNATURE;

/// The most bytes of a manifest that are read.
const MAX_MANIFEST_BYTES: usize = 64 << 20;

/// A manifest that reads.
#[derive(Debug)]
pub(crate) struct Sealed<'a> {
    pub(crate) name: &'a str,
    pub(crate) bytes: &'a [u8],
    pub(crate) manifest: Manifest,
    pub(crate) checked_files: u64,
    listed: BTreeMap<String, Digest>,
}

impl Sealed<'_> {
    /// Whether the pack is one of ours: it says so, or it has files that only ours have.
    pub(crate) fn is_ours(&self) -> bool {
        self.manifest.decision_gate.is_some()
            || [EVENTS, VALUES, TRUST, PROOFS, CHECKPOINT].iter().any(|path| self.lists(path))
    }

    /// Whether a path is listed.
    pub(crate) fn lists(&self, path: &str) -> bool {
        self.listed.contains_key(path)
    }

    /// The hash that is listed for a path.
    pub(crate) fn hash(&self, path: &str) -> Option<Digest> {
        self.listed.get(path).copied()
    }

    /// The part of the manifest that is ours.
    pub(crate) fn own(&self, findings: &mut Findings) -> Option<Own> {
        let Some(value) = &self.manifest.decision_gate else {
            findings.at(FindingCode::ManifestInvalid, self.name, "/decision_gate", "the member is missing");
            return None;
        };
        match Own::deserialize(value) {
            Ok(own) if own.format == PACK_FORMAT => Some(own),
            Ok(own) => {
                let reason = format!("format {} is not known here (known: {PACK_FORMAT})", own.format);
                findings.at(FindingCode::ManifestVersion, self.name, "/decision_gate/format", reason);
                None
            }
            Err(error) => {
                findings.at(FindingCode::ManifestInvalid, self.name, "/decision_gate", error);
                None
            }
        }
    }
}

/// Steps 1 to 5. `None` when there is no manifest to go on with.
pub(super) fn check<'a>(
    files: &'a PackFiles,
    name: &'a ManifestName,
    expected_root: Option<Digest>,
    findings: &mut Findings,
) -> Option<Sealed<'a>> {
    let name = name.as_str();
    // Step 1: the manifest is there and reads strictly.
    let bytes = read_file(files, name, FindingCode::ManifestMissing, findings)?;
    let manifest = read_manifest(bytes, name, findings)?;
    // Step 2: every path stays within the pack and is listed once.
    check_paths(&manifest, name, findings);
    // Step 3: both lists agree, and the required artifacts are among them.
    check_lists(&manifest, name, findings);
    // Step 4: every listed file is there, and nothing else.
    // Step 5: hashes of the files, and over them the root hash.
    let checked_files = check_files(files, &manifest, name, findings);
    let root = root_hash(&manifest.integrity.file_hashes);
    if root != manifest.integrity.root_hash {
        let reason = format!("the file hashes give `{root}`");
        findings.at(FindingCode::RootHash, name, "/integrity/root_hash", reason);
    }
    if let Some(expected) = expected_root.filter(|expected| *expected != manifest.integrity.root_hash) {
        let reason = format!("expected `{expected}`, the pack has `{}`", manifest.integrity.root_hash);
        findings.at(FindingCode::ExpectedRootHash, name, "/integrity/root_hash", reason);
    }
    let listed = manifest.integrity.file_hashes.iter().map(|it| (it.path.clone(), it.hash)).collect();
    Some(Sealed { name, bytes, manifest, checked_files, listed })
}

/// The bytes of a file; a finding for anything else.
fn read_file<'a>(files: &'a PackFiles, path: &str, missing: FindingCode, findings: &mut Findings) -> Option<&'a [u8]> {
    match files.get(path) {
        Some(PackFile::Bytes(bytes)) => return Some(bytes),
        None => findings.add(missing, path, "there is no such file"),
        Some(PackFile::NotRegular) => {
            findings.add(FindingCode::FileNotRegular, path, "not a regular file; links and devices are not followed");
        }
        Some(PackFile::Unreadable { reason }) => findings.add(FindingCode::FileUnreadable, path, reason),
        Some(PackFile::TooLarge { actual, limit }) => {
            let reason = format!("the file has {actual} bytes, the limit is {limit}");
            findings.add(FindingCode::FileUnreadable, path, reason);
        }
    }
    None
}

fn read_manifest(bytes: &[u8], name: &str, findings: &mut Findings) -> Option<Manifest> {
    let value = match json::parse_exact(bytes, &Limits::message(MAX_MANIFEST_BYTES)) {
        Ok(value) => value,
        Err(error) => {
            findings.add(FindingCode::ManifestInvalid, name, error);
            return None;
        }
    };
    for (member, known, code) in [
        ("manifest_version", MANIFEST_VERSION, FindingCode::ManifestVersion),
        ("hash_algorithm", HASH_ALGORITHM, FindingCode::HashAlgorithm),
    ] {
        if let Some(Value::String(text)) = value.get(member)
            && text != known
        {
            let shown: String = text.chars().take(64).collect();
            findings.at(code, name, format!("/{member}"), format!("`{shown}` is not known here (known: `{known}`)"));
            return None;
        }
    }
    match serde_path_to_error::deserialize(value) {
        Ok(manifest) => Some(manifest),
        Err(error) => {
            let pointer = crate::scenario::pointer_of(error.path());
            findings.at(FindingCode::ManifestInvalid, name, pointer, error.inner());
            None
        }
    }
}

fn check_paths(manifest: &Manifest, name: &str, findings: &mut Findings) {
    let mut seen = BTreeSet::new();
    let mut folded = BTreeSet::from([name.to_lowercase(), MANIFEST_SIGNATURE.to_owned()]);
    for (index, file) in manifest.integrity.file_hashes.iter().enumerate() {
        let pointer = || format!("/integrity/file_hashes/{index}/path");
        let path = file.path.as_str();
        if let Err(fault) = check_path(path) {
            findings.at(FindingCode::PathInvalid, name, pointer(), fault);
        }
        if !seen.insert(path) {
            findings.at(FindingCode::PathDuplicate, name, pointer(), "the path is listed twice");
        } else if !folded.insert(path.to_lowercase()) {
            let reason =
                "the path differs from another one, or from those of the manifest and its signature, in case at most";
            findings.at(FindingCode::PathCase, name, pointer(), reason);
        }
    }
}

fn check_lists(manifest: &Manifest, name: &str, findings: &mut Findings) {
    let hashes = &manifest.integrity.file_hashes;
    let artifacts = &manifest.artifacts;
    if hashes.len() != artifacts.len() {
        let reason = format!("{} artifacts, {} file hashes", artifacts.len(), hashes.len());
        findings.at(FindingCode::ListsDisagree, name, "/artifacts", reason);
    }
    for (index, (artifact, file)) in artifacts.iter().zip(hashes).enumerate() {
        if artifact.path != file.path || artifact.hash != file.hash {
            let reason = "the artifact and the file hash at this place have another path or hash";
            findings.at(FindingCode::ListsDisagree, name, format!("/artifacts/{index}"), reason);
        }
    }
    let kinds: BTreeMap<&str, ArtifactKind> = artifacts.iter().map(|it| (it.path.as_str(), it.kind)).collect();
    for (path, kind) in REQUIRED {
        match kinds.get(path) {
            Some(listed) if *listed == kind => {}
            Some(_) => findings.add(FindingCode::ArtifactMissing, path, "the artifact is listed as another kind"),
            None => findings.add(FindingCode::ArtifactMissing, path, "a pack must have this artifact"),
        }
    }
    if kinds.get(VERIFIER_REPORT).is_some_and(|kind| *kind != ArtifactKind::VerifierReport) {
        findings.add(FindingCode::ArtifactMissing, VERIFIER_REPORT, "the artifact is listed as another kind");
    }
}

/// How many listed files were read and hashed.
fn check_files(files: &PackFiles, manifest: &Manifest, name: &str, findings: &mut Findings) -> u64 {
    // The signature is over the manifest, so the manifest can't name it.
    let mut listed = BTreeSet::from([name, MANIFEST_SIGNATURE]);
    let mut checked = 0;
    for (index, file) in manifest.integrity.file_hashes.iter().enumerate() {
        if !listed.insert(&file.path) || check_path(&file.path).is_err() {
            continue;
        }
        let Some(bytes) = read_file(files, &file.path, FindingCode::FileMissing, findings) else {
            continue;
        };
        checked += 1;
        let actual = Digest::of(bytes);
        if actual != file.hash {
            let reason = format!(
                "the file has hash `{actual}`, the manifest says `{}` at `/integrity/file_hashes/{index}`",
                file.hash
            );
            findings.add(FindingCode::FileHash, &file.path, reason);
        }
    }
    for (path, file) in files.iter().filter(|(path, _)| !listed.contains(path)) {
        match file {
            PackFile::NotRegular => {
                findings.add(FindingCode::FileNotRegular, path, "not a regular file, and not in the manifest");
            }
            PackFile::Bytes(_) | PackFile::Unreadable { .. } | PackFile::TooLarge { .. } => {
                findings.add(FindingCode::FileUnlisted, path, "the manifest does not name this file");
            }
        }
    }
    checked
}
