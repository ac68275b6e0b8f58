//! What two packs say differently, and what of that merely follows from the rest.
//!
//! Nothing is verified here: two packs that differ may both hold, and two that are the same may both be wrong.

use std::collections::BTreeSet;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::difference;
use super::files::{PackFile, PackFiles};
use super::manifest::{CHECKPOINT, EVENTS, PROOFS, SCENARIO_SPEC, TRUST, VALUES};
use super::path::ManifestName;
use super::signature::MANIFEST_SIGNATURE;
use crate::digest::Digest;
use crate::json::{self, Limits};

/// The most places that are listed of one file.
const MAX_PLACES: usize = 20;

/// The longest value that is shown, in characters of JSON.
const MAX_SHOWN: usize = 200;

/// How two packs differ.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct PackDiff {
    /// Files that differ: causes first, then what follows from them.
    pub files: Vec<FileDiff>,
}

/// How one file differs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct FileDiff {
    /// Which file.
    pub path: String,
    /// What it means.
    pub meaning: String,
    /// Whether it only says what follows from files before it.
    pub follows: bool,
    /// Where it differs; empty where one pack has no such file, or it is no JSON.
    pub places: Vec<PlaceDiff>,
    /// How many more places there are.
    pub omitted: u64,
}

/// One place that differs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct PlaceDiff {
    /// Where: JSON Pointer.
    pub pointer: String,
    /// What the first pack has there, cut; nothing where it has nothing.
    pub left: Option<String>,
    /// What the second pack has there, cut; nothing where it has nothing.
    pub right: Option<String>,
}

impl PackDiff {
    /// Whether every byte is the same.
    pub fn is_same(&self) -> bool {
        self.files.is_empty()
    }
}

/// A rank, what a difference in a file means, and whether it only follows from others.
fn meaning(path: &str, manifest: &str) -> (u8, &'static str, bool) {
    let base = path.split('.').next().unwrap_or_default();
    let is_json = std::path::Path::new(path).extension().is_some_and(|it| it == "json");
    let is_part_of = |name: &str| is_json && name.split('.').next() == Some(base);
    if path == SCENARIO_SPEC {
        (0, "another scenario, or another version of it", false)
    } else if path == TRUST {
        (1, "decided under another policy", false)
    } else if is_part_of(EVENTS) {
        (2, "another history: what was asked, seen or decided", false)
    } else if is_part_of(VALUES) {
        (3, "other values, or others of them are withheld", false)
    } else if path.starts_with("attestations/") {
        (4, "other envelopes came with the evidence", false)
    } else if path == PROOFS {
        (5, "made at another time or in another profile, or another place in the log", false)
    } else if path == CHECKPOINT {
        (6, "another checkpoint of the log, or other signatures under it", false)
    } else if path == MANIFEST_SIGNATURE {
        (7, "signed by another key, or another manifest is", false)
    } else if path == manifest {
        (8, "the manifest over all files", true)
    } else if path.starts_with("artifacts/") {
        (9, "a view of events and values", true)
    } else {
        (10, "a file that no pack has", false)
    }
}

fn name(file: Option<&PackFile>) -> Option<Digest> {
    match file? {
        PackFile::Bytes(bytes) => Some(Digest::of(bytes)),
        PackFile::NotRegular | PackFile::Unreadable { .. } | PackFile::TooLarge { .. } => None,
    }
}

fn shown(value: Option<&Value>) -> Option<String> {
    let text = value?.to_string();
    let cut: String = text.chars().take(MAX_SHOWN).collect();
    Some(if cut.len() < text.len() { cut + "…" } else { cut })
}

/// Compares two packs, file by file.
pub fn diff(left: &PackFiles, right: &PackFiles, manifest: &ManifestName) -> PackDiff {
    let paths: BTreeSet<&str> = left.iter().chain(right.iter()).map(|(path, _)| path).collect();
    let mut files: Vec<(u8, FileDiff)> = Vec::new();
    for path in paths {
        let (one, other) = (left.get(path), right.get(path));
        if one == other && name(one).is_some() {
            continue;
        }
        let (rank, meaning, follows) = meaning(path, manifest.as_str());
        let meaning = match (one, other) {
            (Some(_), None) => "only the first pack has it",
            (None, Some(_)) => "only the second pack has it",
            _ => meaning,
        };
        let read = |files: &PackFiles| Some(json::parse(files.bytes(path)?, &Limits::message(usize::MAX)).ok()?.value);
        let (places, omitted) = match (read(left), read(right)) {
            (Some(one), Some(other)) => places(&one, &other),
            _ => (Vec::new(), 0),
        };
        files.push((rank, FileDiff { path: path.to_owned(), meaning: meaning.to_owned(), follows, places, omitted }));
    }
    files.sort_by(|one, other| (one.0, &one.1.path).cmp(&(other.0, &other.1.path)));
    PackDiff { files: files.into_iter().map(|(_, file)| file).collect() }
}

fn places(one: &Value, other: &Value) -> (Vec<PlaceDiff>, u64) {
    let all = difference::all(one, other);
    let omitted = u64::try_from(all.len().saturating_sub(MAX_PLACES)).unwrap_or(u64::MAX);
    let listed = all.into_iter().take(MAX_PLACES).map(|pointer| PlaceDiff {
        left: shown(one.pointer(&pointer)),
        right: shown(other.pointer(&pointer)),
        pointer,
    });
    (listed.collect(), omitted)
}
