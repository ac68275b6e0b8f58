use serde_json::{Value, json};

use super::*;
use crate::vex_status::VexStatus;

const HEX: &str = "cb7df7ed7dc7981b3aba4e8ccd93ce74decdbbfbf9462bc9474fdbe50356456c";
const AT: &str = "2026-03-01T10:00:00Z";

/// One statement, to be written in each format.
struct Case {
    alias: Option<&'static str>,
    purl: Option<&'static str>,
    digest: Option<&'static str>,
    status: VexStatus,
    /// In the words of OpenVEX and CSAF, and of CycloneDX.
    justification: Option<(&'static str, &'static str)>,
    prose: Option<&'static str>,
}

fn cases() -> Vec<Case> {
    let mut cases = Vec::new();
    let products = [
        (None, Some("pkg:oci/app@1.2"), None),
        (Some("GHSA-aaaa-bbbb-1234"), Some("pkg:cargo/lib@1.0.0"), Some(HEX)),
        (None, None, Some(HEX)),
        (Some("GO-2026-1"), Some("pkg:golang/example.com/a/b?type=module"), None),
        (None, Some("pkg:oci/app@sha256%3Acb7df7ed7dc7981b3aba4e8ccd93ce74decdbbfbf9462bc9474fdbe50356456c"), None),
    ];
    let claims = [
        (VexStatus::NotAffected, Some(("component_not_present", "requires_dependency")), None),
        (VexStatus::NotAffected, Some(("vulnerable_code_not_present", "code_not_present")), Some("removed")),
        (VexStatus::NotAffected, Some(("vulnerable_code_not_in_execute_path", "code_not_reachable")), None),
        (
            VexStatus::NotAffected,
            Some(("vulnerable_code_cannot_be_controlled_by_adversary", "requires_configuration")),
            Some("the option is off"),
        ),
        (VexStatus::NotAffected, Some(("inline_mitigations_already_exist", "protected_by_mitigating_control")), None),
        (VexStatus::NotAffected, None, Some("compiled out")),
        (VexStatus::Affected, None, Some("update to 2.0")),
        (VexStatus::Fixed, None, None),
        (VexStatus::UnderInvestigation, None, None),
    ];
    for (alias, purl, digest) in products {
        for (status, justification, prose) in claims {
            cases.push(Case { alias, purl, digest, status, justification, prose });
        }
    }
    cases
}

fn openvex(case: &Case) -> Value {
    let mut product = json!({ "@id": case.purl.unwrap_or("https://example.com/app") });
    if let Some(hex) = case.digest {
        product["hashes"] = json!({ "sha-256": hex });
    }
    let mut vulnerability = json!({ "name": "CVE-2026-0001" });
    if let Some(alias) = case.alias {
        vulnerability["aliases"] = json!([alias]);
    }
    let mut statement = json!({ "vulnerability": vulnerability, "products": [product], "status": case.status.word() });
    if let Some((word, _)) = case.justification {
        statement["justification"] = json!(word);
    }
    if let Some(prose) = case.prose {
        let member = if case.status == VexStatus::Affected { "action_statement" } else { "impact_statement" };
        statement[member] = json!(prose);
    }
    json!({
        "@context": "https://openvex.dev/ns/v0.2.0", "@id": "https://example.com/vex/1", "author": "Acme PSIRT",
        "timestamp": AT, "version": 3, "statements": [statement],
    })
}

fn cyclonedx(case: &Case, spec_version: &str) -> Value {
    let state = match case.status {
        VexStatus::NotAffected => "not_affected",
        VexStatus::Affected => "exploitable",
        VexStatus::Fixed => "resolved",
        VexStatus::UnderInvestigation => "in_triage",
    };
    let mut component = json!({ "type": "application", "name": "app", "bom-ref": "app" });
    if let Some(purl) = case.purl {
        component["purl"] = json!(purl);
    }
    if let Some(hex) = case.digest {
        component["hashes"] = json!([{ "alg": "SHA-256", "content": hex }]);
    }
    let mut vulnerability =
        json!({ "id": "CVE-2026-0001", "analysis": { "state": state }, "affects": [{ "ref": "app" }] });
    if let Some(alias) = case.alias {
        vulnerability["references"] = json!([{ "id": alias, "source": { "name": "other" } }]);
    }
    if let Some((_, word)) = case.justification {
        vulnerability["analysis"]["justification"] = json!(word);
    }
    if let Some(prose) = case.prose {
        vulnerability["analysis"]["detail"] = json!(prose);
    }
    json!({
        "bomFormat": "CycloneDX", "specVersion": spec_version, "version": 3,
        "serialNumber": "urn:uuid:3e671687-395b-41f5-a30f-a58921a69b79",
        "metadata": { "timestamp": AT, "supplier": { "name": "Acme PSIRT" }, "component": component },
        "vulnerabilities": [vulnerability],
    })
}

fn csaf(case: &Case) -> Value {
    let word = match case.status {
        VexStatus::NotAffected => "known_not_affected",
        VexStatus::Affected => "known_affected",
        VexStatus::Fixed => "fixed",
        VexStatus::UnderInvestigation => "under_investigation",
    };
    let mut helper = json!({});
    if let Some(purl) = case.purl {
        helper["purl"] = json!(purl);
    }
    if let Some(hex) = case.digest {
        helper["hashes"] = json!([{ "filename": "app", "file_hashes": [{ "algorithm": "sha256", "value": hex }] }]);
    }
    let mut vulnerability = json!({
        "cve": "CVE-2026-0001", "notes": [{ "category": "description", "text": "a defect" }],
        "product_status": { word: ["P1"] },
    });
    if let Some(alias) = case.alias {
        vulnerability["ids"] = json!([{ "system_name": "other", "text": alias }]);
    }
    if let Some((word, _)) = case.justification {
        vulnerability["flags"] = json!([{ "label": word, "product_ids": ["P1"] }]);
    }
    if let Some(prose) = case.prose {
        let entry = |category: &str| json!([{ "category": category, "details": prose, "product_ids": ["P1"] }]);
        if case.status == VexStatus::Affected {
            vulnerability["remediations"] = entry("vendor_fix");
        } else {
            vulnerability["threats"] = entry("impact");
        }
    }
    json!({
        "document": {
            "category": "csaf_vex", "csaf_version": "2.0", "title": "App",
            "publisher": { "category": "vendor", "name": "Acme PSIRT", "namespace": "https://example.com" },
            "tracking": {
                "id": "ACME-1", "status": "final", "version": "3", "initial_release_date": AT,
                "current_release_date": AT, "revision_history": [{ "date": AT, "number": "3", "summary": "third" }],
            },
        },
        "product_tree": { "full_product_names": [
            { "name": "App", "product_id": "P1", "product_identification_helper": helper },
        ] },
        "vulnerabilities": [vulnerability],
    })
}

fn parse(value: &Value) -> VexDocument {
    read(value.to_string().as_bytes()).unwrap_or_else(|error| panic!("{error}: {value}"))
}

#[test]
fn one_statement_in_three_formats_gives_one_result() {
    let cases = cases();
    assert!(cases.len() >= 30, "{} triples", cases.len());
    for case in &cases {
        let documents =
            [openvex(case), cyclonedx(case, "1.6"), cyclonedx(case, "1.7"), csaf(case)].map(|value| parse(&value));
        for document in &documents {
            assert!(document.conforms(), "{:?} {:?}", document.format(), document.breaches());
            assert_eq!(document.version(), Some(DocumentVersion([3, 0, 0])));
            assert_eq!(document.claimed_issuer(), Some("Acme PSIRT"));
            assert_eq!(document.updated(), Some(1_772_359_200_000));
            assert_eq!(document.statements().len(), 1);
        }
        let normal: Vec<Value> = documents.iter().map(|it| it.statements()[0].normal()).collect();
        assert!(normal.iter().all(|it| *it == normal[0]), "{normal:#?}");
        assert_eq!(normal[0]["status"], case.status.word());
        let name = case.purl.unwrap_or(match documents[0].format() {
            VexFormat::OpenVex => "https://example.com/app",
            VexFormat::CycloneDx | VexFormat::Csaf => "",
        });
        let found = effective(&documents[0], case.alias.unwrap_or("CVE-2026-0001"), name);
        assert!(matches!(found, Effective::Claimed { status, .. } if status == case.status), "{name}: {found:?}");
    }
}

/// A change to a document, and the rule that it breaks.
#[test]
fn a_document_that_breaks_a_rule_is_read_and_claims_nothing() {
    let case = Case {
        alias: None,
        purl: Some("pkg:oci/app@1.2"),
        digest: None,
        status: VexStatus::NotAffected,
        justification: Some(("component_not_present", "code_not_present")),
        prose: None,
    };
    let table: Vec<(Value, &str, Value, Rule)> = vec![
        (openvex(&case), "/@context", json!("https://openvex.dev/ns"), Rule::FormatVersion),
        (openvex(&case), "/author", json!(""), Rule::Member),
        (openvex(&case), "/timestamp", json!("yesterday"), Rule::Member),
        (openvex(&case), "/version", json!(0), Rule::Member),
        (openvex(&case), "/statements", json!([]), Rule::NoStatement),
        (openvex(&case), "/statements/0/justification", json!("trust_me"), Rule::UnknownJustification),
        (openvex(&case), "/statements/0/justification", json!(null), Rule::Unjustified),
        (openvex(&case), "/statements/0/status", json!("affected"), Rule::NoAction),
        (cyclonedx(&case, "2.0"), "/version", json!(1), Rule::FormatVersion),
        (cyclonedx(&case, "1.6"), "/vulnerabilities/0/affects/0/ref", json!("else"), Rule::DanglingReference),
        (
            cyclonedx(&case, "1.6"),
            "/vulnerabilities/0/affects/0",
            json!({ "ref": "app", "versions": [{ "version": "1.2", "status": "affected" }] }),
            Rule::VersionContradiction,
        ),
        (
            csaf(&case),
            "/vulnerabilities/0/product_status",
            json!({ "known_not_affected": ["P1"], "known_affected": ["P1"] }),
            Rule::StatusContradiction,
        ),
        (csaf(&case), "/vulnerabilities/0/flags/0/product_ids", json!(["P2"]), Rule::DanglingReference),
        (csaf(&case), "/vulnerabilities/0/flags/0/product_ids", json!([]), Rule::Unjustified),
        (csaf(&case), "/document/tracking/version", json!("2"), Rule::Tracking),
        (csaf(&case), "/document/csaf_version", json!("2.1"), Rule::FormatVersion),
    ];
    for (mut document, pointer, value, rule) in table {
        *document.pointer_mut(pointer).unwrap() = value;
        let read = parse(&document);
        assert!(read.breaches().iter().any(|it| it.rule == rule), "{pointer}: {:?}", read.breaches());
        assert_eq!(effective(&read, "CVE-2026-0001", "pkg:oci/app@1.2"), Effective::Unknown, "{pointer}");
    }
}

#[test]
fn what_is_no_vex_is_refused_with_its_code() {
    let unknown_status = {
        let mut it = openvex(&cases()[0]);
        it["statements"][0]["status"] = json!("Not_Affected");
        it.to_string()
    };
    for (text, code) in [
        ("{}", "vex_format_unknown"),
        ("[]", "vex_format_unknown"),
        ("{", "json_truncated"),
        (r#"{"@context":"a","@context":"b","statements":[]}"#, "json_duplicate_key"),
        (r#"{"bomFormat":"CycloneDX"}"#, "vex_member_invalid"),
        (unknown_status.as_str(), "vex_member_invalid"),
    ] {
        let error = read(text.as_bytes()).unwrap_err();
        let same = error.code() == code || (code.starts_with("json_") && error.code().starts_with("json_"));
        assert!(same, "{text}: {}", error.code());
    }
    assert!(read(&vec![b' '; MAX_DOCUMENT_BYTES + 1]).is_err());
}

#[test]
fn a_package_url_covers_what_it_names_and_nothing_by_prefix() {
    let covers = |own: &str, asked: &str| Purl::parse(own).unwrap().covers(&Purl::parse(asked).unwrap());
    for (own, asked, wanted) in [
        ("pkg:oci/app", "pkg:oci/app@1", true),
        ("pkg:oci/app@1", "pkg:oci/app@1", true),
        ("pkg:oci/app@1", "pkg:oci/app@10", false),
        ("pkg:oci/app@1", "pkg:oci/app", false),
        ("pkg:oci/app", "pkg:oci/apple", false),
        ("pkg:OCI/app", "pkg:oci/app", true),
        ("pkg:oci/a%70p", "pkg:oci/app", true),
        ("pkg:apk/wolfi/git@1?arch=x86_64", "pkg:apk/wolfi/git@1?arch=x86_64&distro=w", true),
        ("pkg:apk/wolfi/git@1?arch=armv7", "pkg:apk/wolfi/git@1?arch=x86_64", false),
    ] {
        assert_eq!(covers(own, asked), wanted, "{own} {asked}");
    }
    for text in ["oci/app", "pkg:app", "pkg:/x", "pkg:oci/", "pkg:oci/a%zz", "pkg:o i/app"] {
        assert_eq!(Purl::parse(text), None, "{text}");
    }
    assert_eq!(Purl::parse("pkg:npm/%40scope/name@1").unwrap().path, "npm/@scope/name");
    let below = |path: &str, prefix: &str| Purl::parse(path).unwrap().is_below(prefix);
    assert!(below("pkg:oci/acme/app", "oci/acme") && below("pkg:oci/acme", "oci/acme"));
    assert!(!below("pkg:oci/acme-evil/app", "oci/acme") && below("pkg:oci/acme/app", "oci/acme/"));
}

#[test]
fn versions_of_documents_compare_as_numbers() {
    let parse = |text| DocumentVersion::parse(text);
    assert!(parse("10") > parse("9") && parse("1.10.0") > parse("1.9.9") && parse("1.0.0-1") == parse("1"));
    for text in ["", "v1", "1.", "1.2.3.4", "-1", "99999999999999999999"] {
        assert_eq!(parse(text), None, "{text}");
    }
}
