//! Blocks that are parts of a pipeline: what they hand to our action or template, it takes.

use std::collections::BTreeSet;

use decision_gate_tests::project_root;
use serde_json::Value;

fn ours(path: &str) -> Result<Value, String> {
    let document =
        decision_gate_config::document(&project_root().join(path)).map_err(|it| format!("{path}: {it:?}"))?;
    Ok(document.value().clone())
}

fn names(value: &Value) -> BTreeSet<&str> {
    value.as_object().into_iter().flatten().map(|(name, _)| name.as_str()).collect()
}

/// Steps of a GitHub workflow.
pub(crate) fn github(steps: &Value) -> Result<(), String> {
    for step in steps.as_array().ok_or("no list of steps")? {
        let uses = step["uses"].as_str().unwrap_or_default();
        match uses.strip_prefix("./") {
            None if step["run"].is_string() || uses.split_once('@').is_some_and(|(_, version)| !version.is_empty()) => {
            }
            None => return Err(format!("a step runs something, or uses an action with its version: {step}")),
            Some(folder) => {
                let action = ours(&format!("{folder}/action.yml"))?;
                let (known, given) = (names(&action["inputs"]), names(&step["with"]));
                let missing =
                    known.iter().filter(|it| action["inputs"][**it]["required"] == true && !given.contains(*it));
                let wrong: Vec<_> = given.difference(&known).chain(missing).collect();
                if !wrong.is_empty() {
                    return Err(format!("inputs of `{uses}` that are unknown or missing: {wrong:?}"));
                }
            }
        }
    }
    Ok(())
}

/// Jobs of a GitLab pipeline.
pub(crate) fn gitlab(pipeline: &Value) -> Result<(), String> {
    let template = ours(pipeline["include"].as_str().ok_or("no template")?)?;
    for (name, job) in pipeline.as_object().into_iter().flatten().filter(|(name, _)| *name != "include") {
        let base = job["extends"].as_str().ok_or_else(|| format!("`{name}` extends nothing"))?;
        let known = names(&template[base]["variables"]);
        let unknown: Vec<_> = names(&job["variables"]).difference(&known).copied().collect();
        if known.is_empty() || !unknown.is_empty() {
            return Err(format!("`{base}` is no job of the template, or has no {unknown:?}"));
        }
    }
    Ok(())
}
