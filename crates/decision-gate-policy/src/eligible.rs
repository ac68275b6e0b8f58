//! Which attestations a gate may count, and what was wrong with the others of their type.

use decision_gate_attest::predicate::PredicateFault;
use decision_gate_core::trust::Lane;

use crate::attested::{Attested, Binding, Content};
use crate::context::ReleaseContext;
use crate::options::MinLane;
use crate::result::{NearMiss, Telling};
use crate::span::Span;

/// How far clocks of builders may be ahead, in milliseconds.
const SKEW: i64 = 300_000;

/// What a gate takes.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Terms<'a> {
    predicate_type: &'a str,
    min_lane: Lane,
    /// Environments that evidence may come from; without any, every declared one.
    sources: Option<&'a [String]>,
    max_age: Option<Span>,
}

impl<'a> Terms<'a> {
    pub(crate) fn of(
        predicate_type: &'a str,
        min_lane: MinLane,
        sources: Option<&'a [String]>,
        max_age: Option<Span>,
    ) -> Self {
        Self { predicate_type, min_lane: min_lane.lane(), sources, max_age }
    }
}

/// What a gate may count, by digest, each once, and what of the same type it may not.
pub(crate) struct Selected<'a, T> {
    pub(crate) found: Vec<(&'a Attested, &'a T)>,
    flawed: Vec<(&'a Attested, Flaw<'a>)>,
    terms: Terms<'a>,
}

/// What is wrong with an attestation first: contents, subject, lane, environment, time.
enum Flaw<'a> {
    Refused(&'a PredicateFault),
    OtherSubject,
    Lane,
    Environment,
    NotYet(i64),
    TooOld(i64, Span),
    AgeUnknown(Span),
}

/// Attestations of one type that may count, and those that may not.
pub(crate) fn select<'a, T>(
    release: &'a ReleaseContext,
    terms: &Terms<'a>,
    content: impl Fn(&'a Content) -> Option<&'a T>,
) -> Selected<'a, T> {
    let mut selected = Selected { found: Vec::new(), flawed: Vec::new(), terms: *terms };
    for attested in release.attestations.iter().filter(|it| it.predicate_type() == terms.predicate_type) {
        match (flaw(release, terms, attested), content(attested.content())) {
            (Some(flaw), _) => selected.flawed.push((attested, flaw)),
            (None, Some(content)) => selected.found.push((attested, content)),
            (None, None) => {}
        }
    }
    selected.found.sort_unstable_by_key(|(it, _)| it.envelope());
    selected.found.dedup_by_key(|(it, _)| it.envelope());
    selected
}

impl<T> Selected<'_, T> {
    /// What nearly counted.
    pub(crate) fn misses(&self, telling: Telling) -> Vec<NearMiss> {
        if telling == Telling::Bare {
            return Vec::new();
        }
        let mut misses: Vec<_> = self.flawed.iter().map(|(it, flaw)| flaw.told(it, &self.terms)).collect();
        misses.sort_unstable_by(|a, b| (&a.evidence, &a.code).cmp(&(&b.evidence, &b.code)));
        misses
    }
}

/// When attestations of the type begin to count, and when they become too old.
pub(crate) fn moments(release: &ReleaseContext, terms: &Terms<'_>) -> Vec<i64> {
    let of_type = release.attestations.iter().filter(|it| it.predicate_type() == terms.predicate_type);
    let issued = of_type.filter_map(Attested::issued_at);
    let of = |issued: i64| {
        let too_old = terms.max_age.map(|age| issued.saturating_add(age.millis()).saturating_add(1));
        [Some(issued.saturating_sub(SKEW)), too_old].into_iter().flatten()
    };
    issued.flat_map(of).collect()
}

fn flaw<'a>(release: &ReleaseContext, terms: &Terms<'_>, attested: &'a Attested) -> Option<Flaw<'a>> {
    if let Content::Refused(fault) = attested.content() {
        return Some(Flaw::Refused(fault));
    }
    if attested.binding() == Binding::OtherSubject {
        return Some(Flaw::OtherSubject);
    }
    if attested.lane() < terms.min_lane {
        return Some(Flaw::Lane);
    }
    let allowed = match (terms.sources, attested.environment()) {
        (Some(sources), Some(name)) => sources.iter().any(|it| it == name),
        (Some(_), None) => false,
        (None, Some(name)) => release.declared_environments.is_empty() || release.declared_environments.contains(name),
        (None, None) => true,
    };
    if !allowed {
        return Some(Flaw::Environment);
    }
    let at = release.at;
    match (attested.issued_at(), terms.max_age) {
        (Some(issued), _) if issued > at.saturating_add(SKEW) => Some(Flaw::NotYet(issued)),
        (Some(issued), Some(age)) if at.saturating_sub(issued) > age.millis() => Some(Flaw::TooOld(issued, age)),
        (None, Some(age)) => Some(Flaw::AgeUnknown(age)),
        _ => None,
    }
}

impl Flaw<'_> {
    fn told(&self, attested: &Attested, terms: &Terms<'_>) -> NearMiss {
        let (code, field, expected, seen) = match self {
            Self::Refused(fault) => {
                (fault.code(), fault.field(), "a predicate that agrees with itself".into(), fault.to_string())
            }
            Self::OtherSubject => {
                ("subject_mismatch", "subject", "the release's artifact".into(), "another artifact".into())
            }
            Self::Lane => ("trust_lane", "lane", terms.min_lane.to_string(), attested.lane().to_string()),
            Self::Environment => {
                let sources = terms.sources.map_or("a declared environment".into(), |it| it.join(", "));
                ("environment_mismatch", "environment_id", sources, attested.environment().unwrap_or("none").into())
            }
            Self::NotYet(issued) => ("not_yet", "timestamp", "a time that has come".into(), shown(*issued)),
            Self::TooOld(issued, age) => ("too_old", "timestamp", format!("at most {age} old"), shown(*issued)),
            Self::AgeUnknown(age) => ("age_unknown", "timestamp", format!("at most {age} old"), "no time".into()),
        };
        let evidence = format!("sha256:{}", attested.envelope());
        NearMiss { evidence, code: code.into(), field: field.into(), expected, seen }
    }
}

fn shown(millis: i64) -> String {
    decision_gate_core::at::Timestamp::UnixMillis(millis).to_string()
}

/// Metadata of the caller that was not believed.
pub(crate) fn asserted(keys: &[&str], release: &ReleaseContext, min_lane: Lane) -> Vec<NearMiss> {
    let said = keys.iter().filter_map(|key| Some((*key, release.metadata.get(*key)?)));
    said.map(|(key, seen)| NearMiss {
        evidence: key.to_owned(),
        code: "trust_lane".into(),
        field: key.to_owned(),
        expected: min_lane.to_string(),
        seen: format!("{} ({seen})", release.metadata_lane),
    })
    .collect()
}

/// Metadata that is missing or malformed.
pub(crate) fn malformed(key: &str, expected: &str, seen: Option<&String>) -> NearMiss {
    let (code, seen) = match seen {
        Some(seen) => ("metadata_malformed", seen.chars().take(64).collect()),
        None => ("metadata_missing", "nothing".to_owned()),
    };
    NearMiss { evidence: key.into(), code: code.into(), field: key.into(), expected: expected.into(), seen }
}

/// A count as metadata writes it: digits only.
pub(crate) fn count(text: &str) -> Option<u64> {
    let plain = !text.is_empty() && text.bytes().all(|it| it.is_ascii_digit());
    text.parse().ok().filter(|it| plain && *it < 1 << 53)
}
