//! Files that are missing, too many, renamed, or no files at all.

use proptest::prelude::*;
use serde_json::{Value, json};

use super::fixture::{Forgery, checked, codes, completed, small};
use crate::runpack::{
    Expect, FindingCode, ManifestName, PackFile, PackFiles, PackFormat, Profile, Status, Verdict, verify,
};

const FILES: [&str; 12] = [
    "artifacts/scenario_spec.json",
    "artifacts/triggers.json",
    "artifacts/gate_evals.json",
    "artifacts/decisions.json",
    "artifacts/packets.json",
    "artifacts/submissions.json",
    "artifacts/tool_calls.json",
    "events.json",
    "values.json",
    "trust.json",
    "proofs.json",
    "artifacts/verifier_report.json",
];

#[test]
fn the_layout_is_the_public_one_with_ours_behind_it() {
    let pack = completed().pack(Profile::Audit);
    let paths: Vec<_> = pack.files().map(|(path, _)| path).collect();
    assert_eq!(paths[..12], FILES);
    assert_eq!(paths[12], "manifest.json");
}

#[test]
fn a_file_that_is_gone_renamed_or_no_file_fails() {
    let files = completed().pack(Profile::Audit).to_files();
    for path in FILES {
        let mut without = files.clone();
        let file = without.remove(path).unwrap();
        assert!(codes(&checked(&without, &Expect::default())).contains(&FindingCode::FileMissing), "{path}");
        without.insert(format!("{path}.bak"), file);
        let found = codes(&checked(&without, &Expect::default()));
        assert!(found.contains(&FindingCode::FileUnlisted) && found.contains(&FindingCode::FileMissing), "{path}");
        let mut linked = files.clone();
        linked.insert(path, PackFile::NotRegular);
        assert!(codes(&checked(&linked, &Expect::default())).contains(&FindingCode::FileNotRegular), "{path}");
        let mut large = files.clone();
        large.insert(path, PackFile::TooLarge { actual: 2, limit: 1 });
        assert!(codes(&checked(&large, &Expect::default())).contains(&FindingCode::FileUnreadable), "{path}");
    }
    let mut more = files.clone();
    more.insert("artifacts/extra.json", PackFile::Bytes(b"{}".to_vec()));
    assert_eq!(codes(&checked(&more, &Expect::default())), [FindingCode::FileUnlisted]);
    more.insert("artifacts/extra.json", PackFile::NotRegular);
    assert_eq!(codes(&checked(&more, &Expect::default())), [FindingCode::FileNotRegular]);
}

#[test]
fn a_pack_without_a_manifest_is_no_pack() {
    let report = checked(&PackFiles::default(), &Expect::default());
    assert_eq!((report.verdict, report.format), (Verdict::Failed, PackFormat::Unknown));
    assert_eq!(codes(&report), [FindingCode::ManifestMissing]);
    let files = completed().pack(Profile::Audit).to_files();
    let report = verify(&files, &ManifestName::try_from("runpack.json").unwrap(), &Expect::default());
    assert_eq!(codes(&report), [FindingCode::ManifestMissing]);
}

fn manifest_with(change: impl FnOnce(&mut Value)) -> Vec<FindingCode> {
    let mut forgery = Forgery::of(&small().pack(Profile::Audit));
    forgery.edit("manifest.json", change);
    codes(&forgery.verify())
}

#[test]
fn d03_an_empty_or_shortened_list_fails() {
    let mut forgery = Forgery::of(&small().pack(Profile::Audit));
    forgery.edit("manifest.json", |it| {
        it["integrity"]["file_hashes"] = json!([]);
        it["artifacts"] = json!([]);
    });
    let found = codes(&forgery.seal().verify());
    assert!(found.contains(&FindingCode::ArtifactMissing) && found.contains(&FindingCode::FileUnlisted), "{found:?}");
    for (index, path) in FILES.into_iter().enumerate() {
        let mut forgery = Forgery::of(&small().pack(Profile::Audit));
        forgery.edit("manifest.json", |it| {
            it["integrity"]["file_hashes"].as_array_mut().unwrap().remove(index);
            it["artifacts"].as_array_mut().unwrap().remove(index);
        });
        forgery.0.remove(path);
        let report = forgery.seal().verify();
        let optional = path == "artifacts/verifier_report.json";
        assert_eq!(report.status == Status::Pass, optional, "without {path}");
    }
}

#[test]
fn d03_manifest_fields_are_derived_again() {
    for (pointer, value, code) in [
        ("/spec_hash/value", json!("f".repeat(64)), FindingCode::SpecHash),
        ("/scenario_id", json!("another"), FindingCode::IdMismatch),
        ("/run_id", json!("run-2"), FindingCode::EventScope),
        ("/tenant_id", json!(2), FindingCode::EventScope),
        ("/namespace_id", json!(2), FindingCode::EventScope),
        ("/generated_at/value", json!(1), FindingCode::ManifestDiffers),
        ("/security/dev_permissive", json!(true), FindingCode::ManifestDiffers),
        ("/verifier_mode", json!("offline_with_fetch"), FindingCode::ManifestDiffers),
        ("/anchor_policy/providers", json!([]), FindingCode::ManifestDiffers),
        ("/decision_gate/origin", json!("draft"), FindingCode::ManifestDiffers),
        ("/decision_gate/environment", json!("staging"), FindingCode::ManifestDiffers),
        ("/decision_gate/relaxations", json!(["scenario_draft"]), FindingCode::ManifestDiffers),
        ("/decision_gate/profile", json!("disclosed"), FindingCode::ManifestDiffers),
        ("/decision_gate/format", json!(2), FindingCode::ManifestVersion),
        ("/decision_gate/rules", json!(0), FindingCode::ManifestDiffers),
        ("/manifest_version", json!("v2"), FindingCode::ManifestVersion),
        ("/hash_algorithm", json!("md5"), FindingCode::HashAlgorithm),
        ("/artifacts/0/hash/value", json!("f".repeat(64)), FindingCode::ListsDisagree),
        ("/artifacts/0/required", json!(false), FindingCode::ManifestDiffers),
        ("/artifacts/0/kind", json!("custom"), FindingCode::ArtifactMissing),
        ("/artifacts/7/kind", json!("evidence_log"), FindingCode::ManifestDiffers),
        ("/integrity/root_hash/value", json!("0".repeat(64)), FindingCode::RootHash),
    ] {
        let found = manifest_with(|it| *it.pointer_mut(pointer).unwrap() = value);
        assert!(found.contains(&code), "{pointer}: {found:?}");
    }
    assert!(manifest_with(|it| it["note"] = json!(1)).contains(&FindingCode::ManifestDiffers));
}

#[test]
fn paths_that_lead_elsewhere_fail() {
    for (path, code) in [
        ("../events.json", FindingCode::PathInvalid),
        ("/etc/hostname", FindingCode::PathInvalid),
        ("C:\\events.json", FindingCode::PathInvalid),
        ("artifacts/triggers.json", FindingCode::PathDuplicate),
        ("EVENTS.json", FindingCode::PathCase),
        ("manifest.json", FindingCode::PathCase),
    ] {
        let found = manifest_with(|it| {
            it["integrity"]["file_hashes"][8]["path"] = json!(path);
            it["artifacts"][8]["path"] = json!(path);
        });
        assert!(found.contains(&code), "{path}: {found:?}");
    }
}

#[test]
fn a_manifest_is_strict_and_canonical() {
    let manifest = |change: &dyn Fn(String) -> String| {
        let mut forgery = Forgery::of(&small().pack(Profile::Audit));
        let text = String::from_utf8(forgery.0["manifest.json"].clone()).unwrap();
        forgery.0.insert("manifest.json".into(), change(text).into_bytes());
        codes(&forgery.verify())
    };
    assert_eq!(
        manifest(&|text| text.replace("\"run_id\":", "\"run_id\":\"run-2\",\"run_id\":")),
        [FindingCode::ManifestInvalid]
    );
    assert_eq!(manifest(&|text| text.replace("\"artifacts\":", " \"artifacts\":")), [FindingCode::ManifestDiffers]);
    assert_eq!(manifest(&|text| text.replace("\"run_id\"", "\"run\"")), [FindingCode::ManifestInvalid]);
}

#[test]
fn a_pack_of_ours_does_not_pass_for_one_of_the_public_project() {
    let mut forgery = Forgery::of(&completed().pack(Profile::Audit));
    forgery.edit("manifest.json", |it| {
        it.as_object_mut().unwrap().remove("decision_gate");
    });
    assert_eq!(codes(&forgery.verify()), [FindingCode::ManifestInvalid]);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn verification_is_total(path in 0..13_usize, bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        let mut files = small().pack(Profile::Audit).to_files();
        let path = FILES.get(path).copied().unwrap_or("manifest.json");
        files.insert(path, PackFile::Bytes(bytes));
        prop_assert_eq!(checked(&files, &Expect::default()).status, Status::Fail);
    }
}

#[test]
fn hostile_schemas_and_trees_do_not_bring_the_verifier_down() {
    let mut hostile = super::fixture::policy();
    let schemas = &mut hostile.providers.get_mut(&"json".parse().unwrap()).unwrap().result_schemas;
    schemas.insert("value".parse().unwrap(), json!({ "$ref": "#" }));
    let mut live =
        super::fixture::Live::start_under(&super::fixture::release(), crate::scenario::Origin::Pinned, hostile);
    live.next(&[("no-failures", super::fixture::file(json!(3)))]);
    let report = checked(&live.pack(Profile::Audit).to_files(), &Expect::default());
    assert_eq!(report.status, Status::Pass);
}

#[test]
fn d20_a_report_fits_its_published_schema() {
    let schema = serde_json::to_value(schemars::schema_for!(crate::runpack::Report)).unwrap();
    let schema = crate::contract::schema::Schema::compile(&schema).unwrap();
    let pack = completed().pack(Profile::Audit).to_files();
    for report in [
        checked(&pack, &completed().expect()),
        checked(&completed().pack(Profile::Disclosed).to_files(), &Expect::default()),
        checked(&PackFiles::default(), &Expect::default()),
    ] {
        let value = serde_json::to_value(&report).unwrap();
        assert_eq!(schema.check(&value), Ok(()));
        let read: crate::runpack::Report = serde_json::from_value(value).unwrap();
        assert_eq!(read, report);
    }
}

#[test]
fn d33_a_pack_names_plain_files_below_its_directory_and_nothing_else() {
    let pack = completed().pack(Profile::Audit);
    for (path, _) in pack.files() {
        assert_eq!(crate::runpack::check_path(path), Ok(()), "{path}");
    }
    for name in ["../manifest.json", "/etc/manifest.json", "a\\b.json", "events.json", "manifest.json/"] {
        assert!(ManifestName::try_from(name).is_err(), "{name}");
    }
}

#[test]
fn codes_are_stable_and_distinct() {
    let mut codes: Vec<_> = FindingCode::ALL.iter().map(|it| it.code()).collect();
    insta::assert_snapshot!(codes.join(" "));
    codes.sort_unstable();
    codes.dedup();
    assert_eq!(codes.len(), FindingCode::ALL.len());
}
