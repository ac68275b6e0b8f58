//! Public test vectors of VEX documents: facts, effective statements, the official verdicts on CSAF.
//!
//! Prints one line for each part of the collection and demands all of it. The folder comes from
//! `DECISION_GATE_VECTORS`, else it stands beside the project; where it is absent the tests say so and pass, unless
//! `DECISION_GATE_REQUIRE_VECTORS` is set. A `not_affected` that must not come out is a false accept.

#![cfg(test)]

use std::collections::BTreeMap;
use std::fs;

use decision_gate_attest::vex::{self, Effective, VexDocument, VexFormat, VexStatement, effective};
use decision_gate_attest::vex_status::VexStatus;
use decision_gate_vectors::{Report, cases, collection, text};
use serde_json::{Value, json};

const NAME: &str = "07-vex";

/// What tells the facts of one document apart: vulnerability, product, and the part or the versions of it.
type Key = (String, String, Option<String>);

fn key(format: VexFormat, it: &VexStatement) -> Key {
    let rest = match format {
        VexFormat::OpenVex => it.subcomponent.as_ref().map(|it| it.id.clone()),
        VexFormat::CycloneDx => it.versions.as_ref().map(|it| it.text().to_owned()),
        VexFormat::Csaf => it.stated.status.clone(),
    };
    (it.vulnerability.name.clone(), it.product.as_ref().map_or(String::new(), |it| it.id.clone()), rest)
}

/// Statements that stand: of those about the same in OpenVEX the latest.
fn standing(document: &VexDocument) -> Vec<(Key, VexStatement)> {
    let keyed = document.statements().iter().map(|it| (key(document.format(), it), it.clone()));
    if document.format() != VexFormat::OpenVex {
        return keyed.collect();
    }
    let mut latest: BTreeMap<Key, VexStatement> = BTreeMap::new();
    for (key, it) in keyed {
        if latest.get(&key).is_none_or(|before| before.timestamp <= it.timestamp) {
            latest.insert(key, it);
        }
    }
    latest.into_iter().collect()
}

fn fact_key(format: VexFormat, fact: &Value) -> Key {
    let rest = match format {
        VexFormat::OpenVex => "subcomponent",
        VexFormat::CycloneDx => "version",
        VexFormat::Csaf => "csaf_status",
    };
    (text(fact, "vulnerability").into(), text(fact, "product").into(), fact[rest].as_str().map(str::to_owned))
}

fn status_word(it: &VexStatement) -> String {
    match (it.status, it.stated.status.as_deref()) {
        (Some(status), _) => status.word().to_owned(),
        (None, Some("recommended")) => "recommended".to_owned(),
        (None, _) => "None".to_owned(),
    }
}

fn check_facts(report: &mut Report, id: &str, document: &VexDocument, facts: &[Value]) {
    let standing = standing(document);
    for fact in facts {
        let wanted = fact_key(document.format(), fact);
        let found = standing
            .iter()
            .find(|(key, it)| *key == wanted && fact["status"].as_str().is_none_or(|status| status == status_word(it)));
        let holds = found.is_some_and(|(_, it)| {
            let justification = fact["justification"].as_str();
            let aliases = |fact: &Value| {
                fact["aliases"].as_array().is_none_or(|aliases| {
                    aliases.iter().filter_map(Value::as_str).all(|alias| it.vulnerability.is_called(alias))
                })
            };
            it.stated.justification.as_deref() == justification
                && aliases(fact)
                && (fact["status"].is_string() || it.status.is_none())
        });
        report.case(id, holds, || format!("{fact} is {:?}", found.map(|(_, it)| it)));
        let claimed = standing.iter().any(|(key, it)| *key == wanted && it.status == Some(VexStatus::NotAffected));
        if claimed && fact["status"] != "not_affected" {
            report.false_accepts.push(format!("{id} {wanted:?}"));
        }
    }
}

#[test]
fn every_listed_fact_is_read_and_what_is_no_vex_is_refused() {
    let Some(folder) = collection(NAME) else { return };
    let (mut facts, mut counts, mut refusals) = (Report::default(), Report::default(), Report::default());
    for case in cases(&folder.join("documents.json"), "documents") {
        let id = text(&case, "id");
        // A document that was left out for its licence is not part of the collection.
        let Ok(bytes) = fs::read(folder.join(text(&case, "file"))) else { continue };
        let read = vex::read(&bytes);
        if text(&case, "format") == "not-vex" {
            if read.is_ok() {
                refusals.false_accepts.push(id.to_owned());
            }
            refusals.case(id, read.is_err(), || "accepted".into());
            continue;
        }
        let document = match read {
            Ok(document) => document,
            Err(error) => {
                counts.case(id, false, || error.to_string());
                continue;
            }
        };
        facts_of(&mut facts, &mut counts, &case, &document);
    }
    facts.whole("07-vex facts");
    counts.whole("07-vex documents");
    refusals.whole("07-vex refusals");
}

fn facts_of(facts: &mut Report, counts: &mut Report, case: &Value, document: &VexDocument) {
    let id = text(case, "id");
    check_facts(facts, id, document, case["facts"].as_array().unwrap());
    let mut counted: BTreeMap<String, usize> = BTreeMap::new();
    for (_, it) in standing(document) {
        *counted.entry(status_word(&it)).or_default() += 1;
    }
    let counted = json!(counted);
    let right = document.format().word() == text(case, "format") && counted == case["statuses"];
    counts.case(id, right, || format!("{counted} is not {}", case["statuses"]));
    // The official schema's word: what it refuses is never relied on.
    let refused = case["schema_valid"] == false && document.format() == VexFormat::OpenVex;
    let claims = document.statements().iter().any(|it| it.status == Some(VexStatus::NotAffected));
    if refused && document.conforms() && claims {
        counts.false_accepts.push(format!("{id} fails its schema"));
    }
}

fn check_effective(report: &mut Report, case: &Value, document: &Value) {
    let id = text(case, "id");
    let (vulnerability, product) = (text(&case["query"], "vulnerability"), text(&case["query"], "product"));
    let read = vex::read(document.to_string().as_bytes());
    let valid = read.as_ref().is_ok_and(VexDocument::conforms);
    let found = read.as_ref().map_or(Effective::Unknown, |it| effective(it, vulnerability, product));
    let expected = case["expect_status"].as_str();
    let holds = match found {
        Effective::Claimed { status, .. } => Some(status.word()) == expected,
        Effective::Unknown | Effective::Conflict => {
            expected.is_none_or(|it| !VexStatus::ALL.iter().any(|status| status.word() == it))
        }
    };
    let said = case["expect_document"].as_str().is_none_or(|it| it == "invalid-or-unknown" || (it == "valid") == valid);
    report.case(id, holds && said, || format!("{found:?}, {expected:?}, {:?}", read.map(|it| it.breaches().to_vec())));
    if expected != Some("not_affected") && matches!(found, Effective::Claimed { status: VexStatus::NotAffected, .. }) {
        report.false_accepts.push(id.to_owned());
    }
}

#[test]
fn the_effective_status_of_openvex_is_the_expected_one() {
    let Some(folder) = collection(NAME) else { return };
    let (mut derived, mut known) = (Report::default(), Report::default());
    for case in cases(&folder.join("derived-openvex.json"), "cases") {
        check_effective(&mut derived, &case, &case["document"]);
    }
    for case in cases(&folder.join("effective-statement.json"), "cases") {
        // Statements alone: upstream's test gives them no document, and no reasons.
        let mut statements = case["statements"].clone();
        for it in statements.as_array_mut().unwrap() {
            it["impact_statement"] = json!("as stated");
        }
        let document = json!({
            "@context": "https://openvex.dev/ns/v0.2.0", "@id": "https://example.com/vex", "author": "someone",
            "timestamp": "2023-01-01T00:00:00Z", "version": 1, "statements": statements,
        });
        check_effective(&mut known, &case, &document);
    }
    for case in cases(&folder.join("openvex-spec-examples.json"), "cases") {
        let read = vex::read(case["document"].to_string().as_bytes());
        let holds = match case["schema_valid"].as_bool() {
            Some(valid) => read.as_ref().is_ok_and(VexDocument::conforms) == valid,
            None => read.is_err(),
        };
        known.case(text(&case, "id"), holds, || format!("{read:?}"));
    }
    derived.whole("07-vex derived");
    known.whole("07-vex effective");
}

/// Mandatory tests that are about references, profiles and contradictions of statuses, and the history of versions.
const SUBSET: [&str; 11] =
    ["6.1.1", "6.1.2", "6.1.3", "6.1.4", "6.1.5", "6.1.6", "6.1.16", "6.1.22", "6.1.23", "6.1.26", "6.1.33"];

#[test]
fn csaf_documents_are_valid_and_invalid_as_the_standard_says() {
    let Some(folder) = collection(NAME) else { return };
    let mut report = Report::default();
    for case in cases(&folder.join("csaf-2.0-mandatory.json"), "cases") {
        let (id, test) = (text(&case, "id"), text(&case, "test"));
        let Ok(bytes) = fs::read(folder.join(text(&case, "file"))) else { continue };
        let read = vex::read(&bytes);
        let conforms = read.as_ref().is_ok_and(VexDocument::conforms);
        let why = || format!("{test}: {:?}", read.as_ref().map(|it| it.breaches().to_vec()));
        match text(&case, "expect") {
            "valid" => report.case(id, conforms, why),
            _ if SUBSET.contains(&test) || test.starts_with("6.1.27.") => {
                if conforms {
                    report.false_accepts.push(id.to_owned());
                }
                report.case(id, !conforms, why);
            }
            // Not of the subset: read without a crash.
            _ => report.case(id, true, why),
        }
    }
    report.whole("07-vex csaf");
}
