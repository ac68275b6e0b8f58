//! Public test vectors of the JSON layer: canonical form, parsing, JSONPath, and both on real evidence.
//!
//! Each collection has one check that answers how many of its cases hold, which do not, and what was accepted that
//! must be refused. Each test prints `NAME: N of M`. The folder comes from `DECISION_GATE_VECTORS`, else it stands
//! beside the project; where it is absent the tests say so and pass, unless `DECISION_GATE_REQUIRE_VECTORS` is set.

#![cfg(test)]

use std::{collections::BTreeMap, fs, path::Path};

use decision_gate_core::json::{self, Limits, canonical, path::JsonPath};
use decision_gate_vectors::{MAX_BYTES, Report, cases, collection, hex, read, text};
use serde_json::Value;
use sha2::{Digest, Sha256};

/// Cases of the compliance suite that a bound refuses.
const KNOWN_BOUNDS: &str = include_str!("known/jsonpath_bounds.txt");
/// Documents of the evidence queries that the strict reader refuses.
const KNOWN_REFUSED: &str = include_str!("known/refused_documents.txt");

fn read_text(path: &Path) -> String {
    String::from_utf8(read(path)).unwrap()
}

fn sha256(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().fold(String::new(), |hex, byte| hex + &format!("{byte:02x}"))
}

/// The canonical form by the way that documents take, or the code of the refusal.
fn canonical_form(bytes: &[u8]) -> Result<Vec<u8>, &'static str> {
    json::parse(bytes, &Limits::message(MAX_BYTES))
        .map(|parsed| canonical::to_vec(&parsed.value))
        .map_err(|error| error.code())
}

fn shown(form: &Result<Vec<u8>, &'static str>) -> String {
    form.as_ref().map_or_else(|code| (*code).to_owned(), |bytes| String::from_utf8_lossy(bytes).into_owned())
}

fn check_jcs(folder: &Path) -> Report {
    let mut report = Report::default();
    for entry in fs::read_dir(folder.join("pairs/input")).unwrap() {
        let input = entry.unwrap().path();
        let name = input.file_name().unwrap().to_string_lossy().into_owned();
        let form = canonical_form(&read(&input));
        let output = read(&folder.join("pairs/output").join(&name));
        let hex_file = folder.join("pairs/outhex").join(&name).with_extension("txt");
        let same_hex = !hex_file.exists() || hex(&read_text(&hex_file)) == output;
        report.case(&name, same_hex && form.as_ref().is_ok_and(|form| *form == output), || shown(&form));
    }
    for case in cases(&folder.join("derived-docs.json"), "cases") {
        let form = canonical_form(&hex(text(&case, "input_utf8_hex")));
        let holds = form.as_ref().is_ok_and(|form| {
            *form == hex(text(&case, "canonical_hex"))
                && sha256(form) == text(&case, "sha256")
                && canonical::is_canonical(form)
        });
        report.case(text(&case, "id"), holds, || shown(&form));
    }
    for case in cases(&folder.join("reject.json"), "cases") {
        report.refusal(text(&case, "id"), &canonical_form(&hex(text(&case, "input_utf8_hex"))));
    }
    for case in cases(&folder.join("number-policy.json"), "cases") {
        check_number_policy(&mut report, &case);
    }
    for file in ["es6-numbers-first1000.txt", "es6-numbers.txt"] {
        for line in read_text(&folder.join(file)).lines() {
            let (bits, expected) = line.split_once(',').unwrap();
            let value = f64::from_bits(u64::from_str_radix(bits, 16).unwrap());
            let form = canonical::to_vec(&Value::from(value));
            // What is printed is also what comes back, as the same form and without a loss.
            let back = json::parse_exact(&form, &Limits::evidence(64)).map(|value| canonical::to_vec(&value));
            let holds = form == expected.as_bytes() && back.is_ok_and(|back| back == form);
            report.case(line, holds, || String::from_utf8_lossy(&form).into_owned());
        }
    }
    check_signed_document(&mut report, &folder.join("w3c-eddsa-jcs-2022"));
    report
}

fn check_number_policy(report: &mut Report, case: &Value) {
    let (id, input, es6) = (text(case, "id"), text(case, "input"), text(case, "es6_canonical"));
    let form = canonical_form(input.as_bytes());
    let exact = json::parse_exact(input.as_bytes(), &Limits::evidence(MAX_BYTES));
    let exact_holds = match &exact {
        Ok(value) => canonical::to_vec(value) == input.as_bytes() && input == es6,
        Err(error) => error.code() == "number_out_of_range" && input != es6,
    };
    let holds = exact_holds && form.as_ref().is_ok_and(|form| form == es6.as_bytes());
    report.case(id, holds, || format!("{}, exact: {exact:?}", shown(&form)));
}

/// Canonical forms and hashes of the signed document. Its signature is checked where keys are.
fn check_signed_document(report: &mut Report, folder: &Path) {
    let document = canonical_form(&read(&folder.join("unsigned.json")));
    let options = canonical_form(&read(&folder.join("proofConfigJCS.json")));
    let hash = |form: &Result<Vec<u8>, &str>| form.as_ref().map_or_else(|code| (*code).to_owned(), |form| sha256(form));
    let expected = |name: &str| read_text(&folder.join(name)).trim().to_owned();
    let (document_hash, options_hash) = (hash(&document), hash(&options));
    let holds = shown(&document) == expected("canonDocJCS.txt")
        && shown(&options) == expected("proofCanonJCS.txt")
        && document_hash == expected("docHashJCS.txt")
        && options_hash == expected("proofHashJCS.txt")
        && format!("{options_hash}{document_hash}") == expected("combinedHashJCS.txt");
    report.case("w3c-eddsa-jcs-2022", holds, || format!("{}\n{}", shown(&document), shown(&options)));
}

fn check_parsing(folder: &Path) -> Report {
    let mut report = Report::default();
    for case in cases(&folder.join("cases.json"), "cases") {
        let id = text(&case, "id");
        let bytes = read(&folder.join(id));
        let form = canonical_form(&bytes);
        let same_form = |form: &Vec<u8>| case["jcs_hex"].as_str().is_none_or(|expected| *form == hex(expected));
        match text(&case, "strict_expect") {
            "reject" => report.refusal(id, &form),
            "accept" => report.case(id, form.as_ref().is_ok_and(same_form), || shown(&form)),
            "accept-or-depth-limit" => {
                let holds = form == Err("json_too_deep") || form.as_ref().is_ok_and(same_form);
                report.case(id, holds, || shown(&form));
            }
            other => report.case(id, false, || format!("unknown expectation {other}")),
        }
        // Whatever the text is, its envelope can be looked at.
        json::scan_envelope(&bytes);
    }
    report
}

/// Name to code, from a list of what is refused.
fn known(list: &'static str) -> BTreeMap<&'static str, &'static str> {
    let lines = list.lines().filter(|line| !line.is_empty() && !line.starts_with('#'));
    lines.map(|line| line.split_once(' ').unwrap()).collect()
}

/// What a path selects: values, and normalized paths.
fn select(selector: &str, document: &Value) -> Result<(Vec<Value>, Vec<String>), &'static str> {
    let path = JsonPath::parse(selector).map_err(|error| error.code())?;
    let matches = path.query(document).map_err(|error| error.code())?;
    for node in &matches.nodes {
        let pointed = document.pointer(&node.location.pointer());
        assert!(pointed.is_some_and(|value| std::ptr::eq(value, node.value)), "{selector}: pointer");
    }
    Ok(matches.nodes.iter().map(|node| (node.value.clone(), node.location.to_string())).unzip())
}

fn check_jsonpath(folder: &Path) -> Report {
    let mut report = Report::default();
    let bounds = known(KNOWN_BOUNDS);
    for case in cases(&folder.join("cts.json"), "tests") {
        let (id, selector) = (text(&case, "id"), text(&case, "selector"));
        if case["invalid_selector"] == true {
            report.refusal(id, &JsonPath::parse(selector));
            continue;
        }
        let outcome = select(selector, &case["document"]);
        let why = || format!("{selector} gives {outcome:?}");
        if let Some(code) = bounds.get(id) {
            report.case(id, outcome.as_ref().err() == Some(code), why);
            continue;
        }
        let alternatives = |one: &str, many: &str| match case.get(many) {
            Some(many) => many.as_array().unwrap().clone(),
            None => vec![case[one].clone()],
        };
        let (values, paths) = (alternatives("result", "results"), alternatives("result_paths", "results_paths"));
        let holds = outcome.as_ref().is_ok_and(|(nodes, locations)| {
            let (nodes, locations) = (Value::from(nodes.clone()), Value::from(locations.clone()));
            values.iter().zip(&paths).any(|(values, paths)| json::equal(values, &nodes) && *paths == locations)
        });
        report.case(id, holds, why);
    }
    report
}

/// The document of a case, unless it was left out of the collection.
fn evidence(folder: &Path, case: &Value) -> Option<Vec<u8>> {
    let path = folder.join("..").join(text(case, "document"));
    path.exists().then(|| read(&path))
}

fn check_evidence_queries(folder: &Path) -> Report {
    let mut report = Report::default();
    for case in cases(&folder.join("jcs-hashes.json"), "cases") {
        let Some(bytes) = evidence(folder, &case) else { continue };
        let form = canonical_form(&bytes);
        let holds = form.as_ref().is_ok_and(|form| {
            Some(form.len() as u64) == case["canonical_len"].as_u64() && sha256(form) == text(&case, "canonical_sha256")
        });
        report.case(text(&case, "document"), holds, || shown(&form).chars().take(200).collect());
    }
    let refused = known(KNOWN_REFUSED);
    for case in cases(&folder.join("jsonpath.json"), "cases") {
        let Some(bytes) = evidence(folder, &case) else { continue };
        let document = json::parse(&bytes, &Limits::evidence(MAX_BYTES));
        let code = document.as_ref().err().map(json::JsonError::code);
        let document = document.map_or_else(|_| serde_json::from_slice(&bytes).unwrap(), |parsed| parsed.value);
        let as_known = code == refused.get(text(&case, "document")).copied();
        let outcome = select(text(&case, "query"), &document);
        let holds = as_known
            && outcome.as_ref().is_ok_and(|(values, paths)| {
                let expected = case["paths"].as_array().unwrap().iter().map(|path| path.as_str().unwrap().to_owned());
                let expected = expected.zip(case["values"].as_array().unwrap());
                let found = paths.iter().cloned().zip(values);
                // The order of members is not fixed by the RFC, so nodes are compared by where they stand.
                same_nodes(expected.collect(), found.collect())
            });
        report.case(text(&case, "id"), holds, || format!("{} gives {outcome:?}", case["query"]));
    }
    report
}

fn same_nodes(mut left: Vec<(String, &Value)>, mut right: Vec<(String, &Value)>) -> bool {
    left.sort_by(|a, b| a.0.cmp(&b.0));
    right.sort_by(|a, b| a.0.cmp(&b.0));
    left.len() == right.len() && left.iter().zip(&right).all(|(a, b)| a.0 == b.0 && json::equal(a.1, b.1))
}

#[test]
fn canonical_form_vectors_hold() {
    let name = "01-jcs-rfc8785";
    if let Some(folder) = collection(name) {
        check_jcs(&folder).whole(name);
    }
}

#[test]
fn jsonpath_compliance_suite_holds() {
    let name = "08-jsonpath-cts";
    if let Some(folder) = collection(name) {
        check_jsonpath(&folder).whole(name);
    }
}

#[test]
fn parsing_vectors_hold() {
    let name = "09-json-parsing";
    if let Some(folder) = collection(name) {
        check_parsing(&folder).whole(name);
    }
}

#[test]
fn evidence_query_vectors_hold() {
    let name = "24-evidence-queries";
    if let Some(folder) = collection(name) {
        check_evidence_queries(&folder).whole(name);
    }
}
