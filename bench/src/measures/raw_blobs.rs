//! How fast the verifier goes through large files that it can only hash: a pack in the public project's form with raw
//! files beside its artifacts, verified whole, against the bare hash of the same bytes.

use std::hint::black_box;
use std::time::Instant;

use decision_gate_core::digest::Digest;
use decision_gate_core::json::canonical;
use decision_gate_core::runpack::{Expect, ManifestName, PackFile, PackFiles, Status, verify};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use super::runpack_verify::exported;
use crate::fault::Fault;
use crate::setup::Setup;
use crate::stats::{Pair, Summary};
use crate::table::{Bar, Row, Unit};

const BLOBS: usize = 8;
const BLOB_BYTES: usize = 8 << 20;
/// Events of the run beside them: their replay is part of what is measured.
const EVENTS: u32 = 10;
const PAIRS: usize = 20;
const MANIFEST: &str = "manifest.json";
/// What only our packs have, and the report, which would have to be made again.
const LEFT_OUT: [&str; 5] =
    ["events.json", "values.json", "trust.json", "proofs.json", "artifacts/verifier_report.json"];

pub(crate) fn run(setup: &Setup) -> Result<Vec<Row>, Fault> {
    let files = with_blobs(exported(setup, EVENTS)?)?;
    let bytes: Vec<&[u8]> = files.iter().filter_map(|(path, _)| files.bytes(path)).collect();
    let size: usize = bytes.iter().map(|it| it.len()).sum();
    let size = f64::from(u32::try_from(size).unwrap_or(u32::MAX));
    let manifest = ManifestName::standard();
    let mut pairs = Vec::new();
    for _ in 0..setup.pairs(PAIRS) {
        let began = Instant::now();
        let report = verify(black_box(&files), &manifest, &Expect::default());
        let ours = size / began.elapsed().as_secs_f64();
        if report.status != Status::Pass {
            return Err(Fault::NotComparable(format!("a pack that holds was refused: {:?}", report.findings.first())));
        }
        let began = Instant::now();
        for bytes in &bytes {
            black_box(Sha256::digest(black_box(bytes)));
        }
        pairs.push(Pair { ours, floor: size / began.elapsed().as_secs_f64() });
    }
    let what = format!("verification of a pack with {BLOBS} raw files of 8 MiB, against bare SHA-256 of its bytes");
    Ok(vec![Row { what, summary: Summary::of(&pairs), unit: Unit::Rate, bar: Bar::AtLeast(0.7) }])
}

/// The pack without what only ours have, with raw files that its manifest lists.
fn with_blobs(mut files: PackFiles) -> Result<PackFiles, Fault> {
    let unusable = || Fault::NotComparable("the manifest of a pack does not read".to_owned());
    let manifest = files.bytes(MANIFEST).ok_or_else(unusable)?;
    let mut manifest: Value = serde_json::from_slice(manifest).map_err(|_| unusable())?;
    manifest.as_object_mut().ok_or_else(unusable)?.remove("decision_gate");
    for path in LEFT_OUT {
        files.remove(path);
    }
    for list in ["/integrity/file_hashes", "/artifacts"] {
        let list = manifest.pointer_mut(list).and_then(Value::as_array_mut).ok_or_else(unusable)?;
        list.retain(|it| it["path"].as_str().is_some_and(|path| !LEFT_OUT.contains(&path)));
    }
    for number in 0..BLOBS {
        let path = format!("artifacts/raw-{number}.bin");
        let bytes: Vec<u8> = (0..BLOB_BYTES).map(|at| (at.wrapping_mul(31 + number) >> 3).to_le_bytes()[0]).collect();
        let hash = json!(Digest::of(&bytes));
        let kind = "application/octet-stream";
        push(&mut manifest, "/integrity/file_hashes", json!({"path": path, "hash": hash}));
        push(
            &mut manifest,
            "/artifacts",
            json!({
                "artifact_id": path, "kind": "custom", "path": path, "content_type": kind, "hash": hash, "required": true,
            }),
        );
        files.insert(path, PackFile::Bytes(bytes));
    }
    let hashes = manifest.pointer("/integrity/file_hashes").ok_or_else(unusable)?;
    let root = json!(Digest::of(&canonical::to_vec(hashes)));
    if let Some(place) = manifest.pointer_mut("/integrity/root_hash") {
        *place = root;
    }
    files.insert(MANIFEST, PackFile::Bytes(canonical::to_vec(&manifest)));
    Ok(files)
}

fn push(manifest: &mut Value, list: &str, item: Value) {
    if let Some(list) = manifest.pointer_mut(list).and_then(Value::as_array_mut) {
        list.push(item);
    }
}
