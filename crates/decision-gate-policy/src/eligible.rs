//! Which attestations a gate may count, and what was wrong with the others of their type.

use decision_gate_core::trust::Lane;

use crate::attested::{Attested, Binding, Content};
use crate::context::ReleaseContext;
use crate::options::MinLane;
use crate::result::NearMiss;
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

/// What a gate may count, by digest, each once.
pub(crate) struct Selected<'a, T> {
    pub(crate) found: Vec<(&'a Attested, &'a T)>,
    pub(crate) misses: Vec<NearMiss>,
}

/// Attestations of one type that may count, and near misses.
pub(crate) fn select<'a, T>(
    release: &'a ReleaseContext,
    terms: &Terms<'_>,
    content: impl Fn(&'a Content) -> Option<&'a T>,
) -> Selected<'a, T> {
    let mut selected = Selected { found: Vec::new(), misses: Vec::new() };
    for attested in release.attestations.iter().filter(|it| it.predicate_type() == terms.predicate_type) {
        match (miss(release, terms, attested), content(attested.content())) {
            (Some(miss), _) => selected.misses.push(miss),
            (None, Some(content)) => selected.found.push((attested, content)),
            (None, None) => {}
        }
    }
    selected.found.sort_unstable_by_key(|(it, _)| it.envelope());
    selected.found.dedup_by_key(|(it, _)| it.envelope());
    selected.misses.sort_unstable_by(|a, b| (&a.evidence, &a.code).cmp(&(&b.evidence, &b.code)));
    selected
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

/// What is wrong with it first: contents, subject, lane, environment, time.
fn miss(release: &ReleaseContext, terms: &Terms<'_>, attested: &Attested) -> Option<NearMiss> {
    let near = |code: &str, field: &str, expected: String, seen: String| {
        let evidence = format!("sha256:{}", attested.envelope());
        Some(NearMiss { evidence, code: code.into(), field: field.into(), expected, seen })
    };
    if let Content::Refused(fault) = attested.content() {
        return near(fault.code(), fault.field(), "a predicate that agrees with itself".into(), fault.to_string());
    }
    if attested.binding() == Binding::OtherSubject {
        return near("subject_mismatch", "subject", "the release's artifact".into(), "another artifact".into());
    }
    if attested.lane() < terms.min_lane {
        return near("trust_lane", "lane", terms.min_lane.to_string(), attested.lane().to_string());
    }
    let environment = attested.environment();
    let allowed = match (terms.sources, environment) {
        (Some(sources), Some(name)) => sources.iter().any(|it| it == name),
        (Some(_), None) => false,
        (None, Some(name)) => release.declared_environments.is_empty() || release.declared_environments.contains(name),
        (None, None) => true,
    };
    if !allowed {
        let sources = terms.sources.map_or("a declared environment".into(), |it| it.join(", "));
        return near("environment_mismatch", "environment_id", sources, environment.unwrap_or("none").into());
    }
    let at = release.at;
    match (attested.issued_at(), terms.max_age) {
        (Some(issued), _) if issued > at.saturating_add(SKEW) => {
            near("not_yet", "timestamp", "a time that has come".into(), shown(issued))
        }
        (Some(issued), Some(age)) if at.saturating_sub(issued) > age.millis() => {
            near("too_old", "timestamp", format!("at most {age} old"), shown(issued))
        }
        (None, Some(age)) => near("age_unknown", "timestamp", format!("at most {age} old"), "no time".into()),
        _ => None,
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
