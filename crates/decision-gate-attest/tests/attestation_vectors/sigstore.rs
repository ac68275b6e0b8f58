//! Collection 06: Sigstore bundles with the verdicts of the conformance suite.

use std::path::{Path, PathBuf};

use decision_gate_attest::bundle::{self, Item};
use decision_gate_attest::sigstore::leaf::{LeafSignature, leaf_signatures};
use decision_gate_attest::sigstore::{Content, SigstoreBundle};
use decision_gate_core::digest::Digest;
use decision_gate_core::evidence::Subject;
use decision_gate_core::keys::PublicKey;
use serde_json::Value;

use crate::support::{bytes_of, json_of, key_file, list, own_key, text, trusted, verified};
use decision_gate_vectors::Report;

struct Case {
    told: Value,
    bundle: Result<SigstoreBundle, &'static str>,
    artifact: Vec<u8>,
    folder: PathBuf,
}

fn cases(folder: &Path) -> Vec<Case> {
    let root = folder.join("bundle-verify");
    let case = |told: &Value| {
        let folder = root.join(text(told, "id"));
        let artifact = Some(folder.join("artifact")).filter(|it| it.is_file()).unwrap_or_else(|| root.join("a.txt"));
        let bundle = SigstoreBundle::parse(&bytes_of(&folder.join("bundle.sigstore.json")));
        let bundle = bundle.map_err(|error| error.code());
        Case { told: told.clone(), bundle, artifact: bytes_of(&artifact), folder }
    };
    list(&json_of(&folder.join("cases.json")), "cases").iter().map(case).collect()
}

impl Case {
    /// The whole way, with the pinned key of the case if it has one.
    fn verdict(&self) -> Result<(), &'static str> {
        let bundle = self.bundle.as_ref().map_err(|code| *code)?;
        let pinned = self.folder.join("key.pub");
        let key = if pinned.is_file() {
            Some(PublicKey::read(&bytes_of(&pinned)).map_err(|error| error.code())?)
        } else {
            None
        };
        match bundle.content() {
            Content::Message(_) => {
                let message = bundle.message().map_err(|fault| fault.code())?;
                let key = trusted("pinned", key.ok_or("no key")?);
                message.verify(&self.artifact, [&key], |_| Ok(())).map(|_| ()).map_err(|fault| fault.code())
            }
            Content::Dsse { .. } => {
                let envelope = bundle.envelope().map_err(|fault| fault.code())?;
                let statement = verified(envelope, key.ok_or("no key")?)?.into_statement();
                let subject = Subject::of_digest("artifact", Digest::of(&self.artifact));
                if statement.map_err(|error| error.code())?.get().names(&subject) { Ok(()) } else { Err("subject") }
            }
        }
    }
}

/// Verdicts as far as a pinned key reaches: what must be rejected is, and what needs more is unsupported.
pub(crate) fn verdicts(folder: &Path) -> Report {
    let mut report = Report::default();
    for case in cases(folder) {
        let (id, outcome) = (text(&case.told, "id"), case.verdict());
        let malformed = case.told["parse"].is_string();
        let pinned = case.folder.join("key.pub").is_file();
        match (text(&case.told, "expect"), malformed) {
            ("reject", true) => report.refused(id, outcome, &["sigstore_malformed", "key_malformed"]),
            ("accept", _) if pinned => report.case(id, outcome.is_ok(), || format!("{outcome:?}")),
            ("reject", _) if pinned => {
                let expected = ["signature_invalid", "signature_malformed", "key_malformed", "digest_mismatch"];
                report.refused(id, outcome, &expected);
            }
            _ if case.told["leaf_signature"] == "undecodable" => report.refused(id, outcome, &["sigstore_base64"]),
            _ => report.refused(id, outcome, &["sigstore_certificate_unsupported"]),
        }
    }
    report
}

/// What can be said without any root: whether signature and digests fit what came with them.
pub(crate) fn signatures(folder: &Path) -> Report {
    let mut report = Report::default();
    for case in cases(folder) {
        let id = text(&case.told, "id");
        let Some(expected) = case.told["leaf_signature"].as_str() else { continue };
        let pinned = case.folder.join("key.pub");
        let found = match &case.bundle {
            Err("sigstore_base64") => "undecodable",
            Err(code) => code,
            // With a managed key the case's key stands in for the certificate.
            Ok(_) if pinned.is_file() => {
                if case.verdict().is_ok() {
                    "valid"
                } else {
                    "invalid"
                }
            }
            Ok(bundle) => word(leaf_signatures(bundle, Some(&case.artifact))[0]),
        };
        if found == "unknown" {
            // A leaf with P-384 or RSA: nothing is claimed, and the verdict above is unsupported all the same.
            report.known(
                &format!("{id} signature"),
                "unknown: the certificate's key is of an algorithm that is not checked",
            );
            continue;
        }
        report.case(&format!("{id} signature"), found == expected, || format!("{found}, not {expected}"));
        let Ok(bundle) = &case.bundle else { continue };
        if let (Some(expected), Content::Message(message)) =
            (case.told["message_digest_matches_artifact"].as_bool(), bundle.content())
        {
            let found = message.check_digest(&case.artifact).is_ok();
            report.case(&format!("{id} digest"), found == expected, || format!("{found}, not {expected}"));
        }
        if let (Some(expected), "valid") = (case.told["subject_matches_artifact"].as_bool(), expected) {
            let item = Item::Sigstore(Box::new(bundle.clone()));
            let envelope = crate::support::envelope_of(&item);
            let statement = verified(envelope, own_key(&item, &Value::Null).unwrap()).unwrap().into_statement();
            let subject = Subject::of_digest("artifact", Digest::of(&case.artifact));
            let found = statement.unwrap().get().names(&subject);
            report.case(&format!("{id} subject"), found == expected, || format!("{found}, not {expected}"));
        }
    }
    report
}

fn word(leaf: LeafSignature) -> &'static str {
    match leaf {
        LeafSignature::Fits => "valid",
        LeafSignature::DoesNotFit => "invalid",
        LeafSignature::NoKey | LeafSignature::NoFile => "unknown",
    }
}

/// Bundles of real releases: all are read, each signature fits its certificate or not, and none is believed.
pub(crate) fn others(folder: &Path) -> Report {
    let mut report = Report::default();
    let keys = [key_file(&folder.join("bundle-verify/managed-key-and-trusted-root/key.pub"))];
    for file in list(&json_of(&folder.join("other-bundles.json")), "files") {
        let id = text(file, "file");
        let read = bundle::read(&bytes_of(&folder.join(id)));
        report.case(id, !read.items.is_empty() && read.notes.is_empty(), || format!("{:?}", read.notes));
        let mut leaves = Vec::new();
        for (_, item) in &read.items {
            let Item::Sigstore(bundle) = item else {
                report.case(id, false, || "no sigstore bundle".to_owned());
                continue;
            };
            leaves.extend(leaf_signatures(bundle, None).into_iter().map(word));
            let outcome = bundle.envelope().map_err(|fault| fault.code());
            let outcome = outcome.and_then(|envelope| verified(envelope, keys[0].clone()).map(|_| ()));
            report.refused(&format!("{id} pinned"), outcome, &["sigstore_certificate_unsupported"]);
        }
        if let Some(expected) = file["leaf_signature"].as_array() {
            report.case(&format!("{id} signatures"), leaves == *expected, || format!("{leaves:?}"));
        }
    }
    report
}
