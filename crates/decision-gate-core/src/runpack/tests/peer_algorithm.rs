//! The public project's published verification algorithm (`reference/payloads.md` 4.3), step by step and by itself:
//! it shares no code with the verifier, so that it can judge our packs as that project would.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;
use sha2::{Digest, Sha256};

/// The size limit of that project's readers.
const MAX_ARTIFACT_BYTES: usize = 16_777_216;

/// What it finds; nothing when the pack passes.
pub(crate) fn verify(files: &BTreeMap<String, Vec<u8>>, manifest: &str) -> Vec<String> {
    let Some(manifest) = files.get(manifest).and_then(|bytes| serde_json::from_slice::<Value>(bytes).ok()) else {
        return vec!["invalid manifest".into()];
    };
    if let Some(missing) = undecodable(&manifest) {
        return vec![format!("invalid manifest: {missing}")];
    }
    // 1.
    if manifest["manifest_version"] != "v1" {
        return vec![format!("unsupported manifest version: {}", manifest["manifest_version"])];
    }
    let mut errors = Vec::new();
    // 2.
    if manifest["hash_algorithm"] != "sha256" {
        errors.push("hash algorithm mismatch".into());
    }
    // 3.
    let hashes = &manifest["integrity"]["file_hashes"];
    for entry in hashes.as_array().into_iter().flatten() {
        let path = entry["path"].as_str().unwrap_or_default();
        match read(files, path) {
            Err(error) => errors.push(format!("artifact read failed for {path}: {error}")),
            Ok(bytes) if hex(bytes) != entry["hash"]["value"].as_str().unwrap_or_default() => {
                errors.push(format!("hash mismatch for {path}"));
            }
            Ok(_) => {}
        }
    }
    // 4.
    let root = serde_json_canonicalizer::to_vec(hashes).unwrap_or_default();
    if hex(&root) != manifest["integrity"]["root_hash"]["value"].as_str().unwrap_or_default() {
        errors.push("root hash mismatch".into());
    }
    // 5.
    errors.extend(decisions(files));
    // 6.
    if !manifest["anchor_policy"].is_null() {
        errors.extend(anchors(files, &manifest["anchor_policy"]));
    }
    // 7.
    errors
}

/// The first member that its decoder would miss.
fn undecodable(manifest: &Value) -> Option<&'static str> {
    let strings = ["manifest_version", "scenario_id", "run_id", "hash_algorithm", "verifier_mode"];
    let numbers = ["tenant_id", "namespace_id"];
    let objects = ["generated_at", "spec_hash", "integrity"];
    let missing = strings.into_iter().find(|it| !manifest[*it].is_string());
    let missing = missing.or_else(|| numbers.into_iter().find(|it| manifest[*it].as_u64().is_none_or(|it| it == 0)));
    let missing = missing.or_else(|| objects.into_iter().find(|it| !manifest[*it].is_object()));
    let artifact = |it: &Value| {
        ["artifact_id", "kind", "path", "content_type"].iter().all(|name| it[*name].is_string())
            && it["hash"]["algorithm"] == "sha256"
            && it["required"].is_boolean()
    };
    let listed = manifest["artifacts"].as_array().is_some_and(|all| all.iter().all(artifact));
    missing.or((!listed).then_some("artifacts"))
}

fn read<'a>(files: &'a BTreeMap<String, Vec<u8>>, path: &str) -> Result<&'a [u8], String> {
    if path.starts_with('/') {
        return Err("absolute artifact path not allowed".into());
    }
    if path.split('/').any(|part| part == "..") {
        return Err("artifact path escapes runpack root".into());
    }
    let bytes = files.get(path).ok_or("unable to read artifact metadata")?;
    if bytes.len() > MAX_ARTIFACT_BYTES { Err("artifact exceeds size limit".into()) } else { Ok(bytes) }
}

fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write as _;
    Sha256::digest(bytes).iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

fn decode(files: &BTreeMap<String, Vec<u8>>, path: &str) -> Result<Value, String> {
    serde_json::from_slice(read(files, path)?).map_err(|error| error.to_string())
}

fn decisions(files: &BTreeMap<String, Vec<u8>>) -> Vec<String> {
    let log = match decode(files, "artifacts/decisions.json") {
        Ok(log) => log,
        Err(error) => return vec![format!("decision log read failed: {error}")],
    };
    let mut seen = BTreeSet::new();
    let mut errors = Vec::new();
    for record in log.as_array().into_iter().flatten() {
        let strings = ["decision_id", "trigger_id", "stage_id"].iter().all(|name| record[*name].is_string());
        if !strings || record["seq"].as_u64().is_none() || !is_outcome(&record["outcome"]) {
            errors.push(format!("invalid decision log: {record}"));
        }
        let trigger = record["trigger_id"].as_str().unwrap_or_default();
        if !seen.insert(trigger) {
            errors.push(format!("duplicate decision for trigger {trigger}"));
        }
    }
    errors
}

fn is_outcome(outcome: &Value) -> bool {
    match outcome["kind"].as_str() {
        Some("start" | "complete") => outcome["stage_id"].is_string(),
        Some("advance") => {
            outcome["from_stage"].is_string() && outcome["to_stage"].is_string() && outcome["timeout"].is_boolean()
        }
        Some("hold") => ["unmet_gates", "policy_tags"].iter().all(|it| outcome["summary"][*it].is_array()),
        Some("fail") => outcome["reason"].is_string(),
        _ => false,
    }
}

fn anchors(files: &BTreeMap<String, Vec<u8>>, policy: &Value) -> Vec<String> {
    let (spec, log) = match (decode(files, "artifacts/scenario_spec.json"), decode(files, "artifacts/gate_evals.json"))
    {
        (Ok(spec), Ok(log)) => (spec, log),
        (Err(error), _) | (_, Err(error)) => return vec![error],
    };
    let mut errors = Vec::new();
    for record in log.as_array().into_iter().flatten() {
        for evidence in record["evidence"].as_array().into_iter().flatten().filter(|it| it["result"]["error"].is_null())
        {
            let id = &evidence["condition_id"];
            let condition = spec["conditions"].as_array().into_iter().flatten().find(|it| it["condition_id"] == *id);
            let Some(condition) = condition else {
                errors.push(format!("condition {id} missing from scenario spec"));
                continue;
            };
            let provider = &condition["query"]["provider_id"];
            let entry = policy["providers"].as_array().into_iter().flatten().find(|it| it["provider_id"] == *provider);
            if let Some(requirement) = entry.map(|it| &it["requirement"])
                && let Err(error) = anchor(&evidence["result"]["evidence_anchor"], requirement)
            {
                errors.push(format!("anchor invalid for condition {id}: {error}"));
            }
        }
    }
    errors
}

fn anchor(anchor: &Value, requirement: &Value) -> Result<(), String> {
    if anchor.is_null() {
        return Err("missing evidence_anchor".into());
    }
    if anchor["anchor_type"] != requirement["anchor_type"] {
        return Err("anchor_type mismatch".into());
    }
    let text = anchor["anchor_value"].as_str().unwrap_or_default();
    let value: Value = serde_json::from_str(text).map_err(|_| "anchor_value must be canonical JSON")?;
    for field in requirement["required_fields"].as_array().into_iter().flatten().filter_map(Value::as_str) {
        if !value[field].is_string() && !value[field].is_number() {
            return Err(format!("anchor field {field}"));
        }
    }
    Ok(())
}
