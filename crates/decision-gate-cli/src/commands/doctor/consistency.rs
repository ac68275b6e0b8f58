//! "Inconsistent decisions": something old is still about that one decision sees and another does not.

use std::collections::BTreeMap;

use decision_gate_attest::issuers::{Accuracy, AccuracyGap};
use decision_gate_config::sections::server::Reload;

use super::Finding;
use super::patient::Patient;

pub(super) fn run(patient: &Patient) -> Vec<Finding> {
    let mut found = outcomes(patient);
    found.extend(copies(patient));
    if let Ok(loaded) = &patient.loaded
        && loaded.config().server.reload == Reload::Off
        && !loaded.release_policies().is_empty()
    {
        let message = "a running server keeps its policies and issuers until it is started anew";
        found.push(Finding::doubt(
            "reload_off",
            message,
            "set `server.reload` to `auto`, or restart servers after a change",
        ));
    }
    found
}

/// Records that can't be read, or of which some are missing.
fn outcomes(patient: &Patient) -> Vec<Finding> {
    let records = match patient.outcomes() {
        Ok(records) => records,
        Err(fault) => return vec![Finding::trouble(fault.code(), fault.to_string(), fault.hint())],
    };
    let directory = patient.issuers().and_then(Result::ok).unwrap_or_default();
    let incomplete = directory
        .iter()
        .filter(|it| records.outcomes.tally(&it.id, 0).accuracy(1) == Accuracy::Unknown(AccuracyGap::Incomplete));
    incomplete
        .map(|it| {
            let message = format!("records of outcomes of issuer `{}` are missing, so its accuracy is unknown", it.id);
            Finding::trouble(
                "outcomes_incomplete",
                message,
                "restore the file of the records: numbers run from 1 without a hole",
            )
        })
        .collect()
}

/// Documents of which an older version lies beside a newer one.
fn copies(patient: &Patient) -> Vec<Finding> {
    let documents = patient.documents();
    let mut newest = BTreeMap::new();
    for it in &documents {
        if let (Some(id), Some(version)) = (it.evidence.document().id(), it.evidence.document().version()) {
            let best = newest.entry((it.issuer.clone(), id)).or_insert(version);
            *best = version.max(*best);
        }
    }
    let old = documents.iter().filter(|it| {
        let (id, version) = (it.evidence.document().id(), it.evidence.document().version());
        id.and_then(|id| newest.get(&(it.issuer.clone(), id))).is_some_and(|best| Some(*best) > version)
    });
    old.map(|it| {
        let message = format!("`{}` is an older version of a VEX document that is there too", it.path.display());
        Finding::doubt("vex_document_outdated", message, "remove it: who reads only this copy decides otherwise")
    })
    .collect()
}
