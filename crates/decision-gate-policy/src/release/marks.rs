//! What was seen of VEX sources, as marks of the ledger.
//!
//! | mark | height |
//! |---|---|
//! | `version/<document>/<issuer>` | the highest version of a document |
//! | `word/<artifact>/<document>/<issuer>` | when the document last said something about the artifact |
//! | `outcomes/<issuer>` | the highest number of a record about the issuer |
//!
//! A document is the SHA-256 of what it calls itself, so that names have a bound and say nothing of a document's
//! address; an artifact is `sha256:` and its digest. The issuer stands last: its id is any text.

use std::collections::BTreeMap;

use decision_gate_attest::vex::DocumentVersion;
use decision_gate_attest::vex_trust::{Seen, Source};
use decision_gate_core::digest::Digest;
use decision_gate_core::evidence::Subject;
use decision_gate_core::trust::Height;

const VERSION: &str = "version/";
const WORD: &str = "word/";
const OUTCOMES: &str = "outcomes/";

/// Paths below which lies what was seen said about a subject, and recorded about issuers.
pub fn below(subject: &Subject) -> Vec<String> {
    let words = artifacts(subject).into_iter().map(|it| format!("{WORD}{it}/"));
    words.chain([OUTCOMES.to_owned()]).collect()
}

/// Of these marks those that stand for a document or a record by itself, whatever the release.
pub fn names(marks: &BTreeMap<String, Height>) -> Vec<String> {
    marks.keys().filter(|it| it.starts_with(VERSION)).cloned().collect()
}

/// The marks of what was seen in a release of this subject.
pub(super) fn of(seen: &Seen, subject: &Subject) -> BTreeMap<String, Height> {
    let mut marks = BTreeMap::new();
    for ((issuer, document), version) in &seen.versions {
        marks.insert(format!("{VERSION}{document}/{issuer}"), Height::new(version.0));
    }
    for artifact in artifacts(subject) {
        for ((issuer, document), spoke) in &seen.words {
            marks.insert(format!("{WORD}{artifact}/{document}/{issuer}"), Height::from(*spoke));
        }
    }
    for (issuer, last) in &seen.outcomes {
        marks.insert(format!("{OUTCOMES}{issuer}"), Height::from(*last));
    }
    marks
}

/// What marks say of a release of this subject.
pub(super) fn read(marks: &BTreeMap<String, Height>, subject: &Subject) -> Seen {
    let mut seen = Seen::default();
    if marks.is_empty() {
        return seen;
    }
    let artifacts = artifacts(subject);
    for (name, height) in marks {
        let [first, ..] = height.numbers();
        if let Some(source) = name.strip_prefix(VERSION).and_then(source) {
            seen.versions.insert(source, DocumentVersion(height.numbers()));
        } else if let Some(issuer) = name.strip_prefix(OUTCOMES) {
            seen.outcomes.insert(issuer.to_owned(), first);
        } else if let Some((artifact, rest)) = name.strip_prefix(WORD).and_then(|it| it.split_once('/'))
            && artifacts.iter().any(|it| it == artifact)
            && let Some(source) = source(rest)
        {
            let spoke = seen.words.entry(source).or_default();
            *spoke = first.max(*spoke);
        }
    }
    seen
}

fn source(text: &str) -> Option<Source> {
    let (document, issuer) = text.split_once('/')?;
    Some((issuer.to_owned(), Digest::from_hex(document).ok()?))
}

/// What a subject is called in marks: once for each strong digest that all its artifacts have, so that who leaves one out
/// later is still found.
fn artifacts(subject: &Subject) -> Vec<String> {
    let called = |algorithm: &&str| {
        let digests = subject.artifacts().iter().map(|it| it.digest.get(*algorithm).cloned());
        let mut digests: Vec<String> = digests.collect::<Option<_>>()?;
        digests.sort_unstable();
        Some(match digests.as_slice() {
            [one] => format!("{algorithm}:{one}"),
            several => format!("{algorithm}:{}", Digest::of(several.join(",").as_bytes())),
        })
    };
    ["sha256", "sha384", "sha512"].iter().filter_map(called).collect()
}

#[cfg(test)]
mod tests {
    use decision_gate_core::evidence::EvidenceValue;
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;
    use crate::release::{Asked, Brought};

    fn subject(digests: &serde_json::Value) -> Subject {
        serde_json::from_value(json!([{ "digest": digests }])).unwrap()
    }

    proptest! {
        #[test]
        fn marks_are_read_back(issuer in "[a-z/:]{1,12}", id in ".{0,20}", version in any::<[u64; 3]>(), spoke in any::<u64>()) {
            let subject = subject(&json!({ "sha256": "ab".repeat(32), "sha512": "cd".repeat(64) }));
            let source = (issuer.clone(), Digest::of(id.as_bytes()));
            let seen = Seen {
                versions: [(source.clone(), DocumentVersion(version))].into(),
                words: [(source, spoke)].into(),
                outcomes: [(issuer, spoke)].into(),
            };
            let marks = of(&seen, &subject);
            prop_assert_eq!(marks.len(), 4, "a word for each strong digest");
            prop_assert_eq!(read(&marks, &subject), seen);
            prop_assert!(marks.keys().all(|it| names(&marks).contains(it) || below(&subject).iter().any(|path| it.starts_with(path))));
        }
    }

    #[test]
    fn words_are_found_by_whichever_strong_digest_is_given() {
        let (short, long) = ("ab".repeat(32), "cd".repeat(64));
        let seen = Seen { words: [(("acme".into(), Digest::of(b"1")), 7)].into(), ..Seen::default() };
        let marks = of(&seen, &subject(&json!({ "sha256": short, "sha512": long })));
        for known in [json!({ "sha256": short }), json!({ "sha512": long })] {
            assert_eq!(read(&marks, &subject(&known)), seen);
        }
        assert_eq!(read(&marks, &subject(&json!({ "sha256": "ef".repeat(32) }))), Seen::default());
    }

    #[test]
    fn a_source_has_no_say_in_what_was_seen() {
        let mut value = EvidenceValue::Json(json!({ "roots": [], "seen": { "version/x": "9" } }));
        Brought::forget(&mut value);
        assert_eq!(value, Brought::new(Asked::default(), []).to_value());
        let seen = BTreeMap::from([("version/x".to_owned(), Height::from(3))]);
        assert!(Brought::remember(&mut value, &seen));
        assert!(!Brought::remember(&mut value, &seen), "it is no news the second time");
    }
}
