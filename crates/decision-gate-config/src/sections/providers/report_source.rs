//! `sources` of the provider `report`: where the reports of a kind are, for conditions that do not say.

use std::borrow::Cow;
use std::fmt;

use decision_gate_attest::reports::{FORMATS, Kind};
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::value::{MapAccessDeserializer, SeqAccessDeserializer};
use serde::de::{Error, MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize};

use super::{JsonRoot, RootId};
use crate::error::Fault;
use crate::sections::Checks;
use crate::values::{Bounded, text_type};

/// Where the reports of each kind are.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct ReportSources {
    /// Of tests: a path or a glob from the root on, a list of paths, or a table.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tests: Option<ReportSource>,
    /// Of coverage, written as that of `tests`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub coverage: Option<ReportSource>,
    /// Of scanners and linters, written as that of `tests`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub findings: Option<ReportSource>,
    /// Of a score, written as that of `tests`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub score: Option<ReportSource>,
    /// Of a quality gate, written as that of `tests`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub quality_gate: Option<ReportSource>,
    /// Of the checks of a commit, written as that of `tests`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub checks: Option<ReportSource>,
    /// Of components, written as that of `tests`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sbom: Option<ReportSource>,
}

/// Where reports are.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(untagged)]
pub enum ReportSource {
    /// A path, or a glob where it has a `*`.
    Path(ReportPath),
    /// Paths.
    Paths(Vec<ReportPath>),
    /// As a condition says it in its parameters.
    Place(ReportPlace),
}

/// Where reports are, as a condition says it in its parameters: `file`, `files` or `glob`, and what goes with them.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct ReportPlace {
    /// One file, from the root on.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub file: Option<ReportPath>,
    /// Several files, whose reports are summed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub files: Option<Vec<ReportPath>>,
    /// All files of a folder that fit; their reports are summed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub glob: Option<ReportPath>,
    /// How many files must fit `glob`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub at_least: Option<Bounded<1, 10_000, 1>>,
    /// The format that they must be of; else the content says.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub format: Option<String>,
    /// The root of the files; needed where there are several.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub root: Option<RootId>,
}

text_type! {
    /// A path from a root on, with `/` between its parts and nothing that leads elsewhere; `*` in its last part is any text.
    ReportPath, ReportPathFault, check_path, { "type": "string", "minLength": 1, "maxLength": 1024 }
}

/// Why a text is no path of a report.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "`{text}` is no path of a report: write it from the root on, with `/` between its parts, without `..`, such as \
     `reports/junit-*.xml`"
)]
pub struct ReportPathFault {
    text: String,
}

fn check_path(text: &str) -> Result<(), ReportPathFault> {
    let part =
        |part: &str| !part.is_empty() && part != ".." && !part.contains('\\') && !part.contains(char::is_control);
    let (folders, name) = text.rsplit_once('/').unwrap_or(("", text));
    let drive = matches!(text.as_bytes(), [letter, b':', ..] if letter.is_ascii_alphabetic());
    let good = text.len() <= 1_024 && !drive && !folders.contains('*') && name != "." && text.split('/').all(part);
    if good { Ok(()) } else { Err(ReportPathFault { text: text.chars().take(80).collect() }) }
}

impl ReportSources {
    /// The sources that there are, by kind.
    pub fn by_kind(&self) -> impl Iterator<Item = (Kind, &ReportSource)> {
        Kind::ALL.into_iter().filter_map(|kind| Some((kind, self.of(kind)?)))
    }

    fn of(&self, kind: Kind) -> Option<&ReportSource> {
        match kind {
            Kind::Tests => &self.tests,
            Kind::Coverage => &self.coverage,
            Kind::Findings => &self.findings,
            Kind::Score => &self.score,
            Kind::QualityGate => &self.quality_gate,
            Kind::Checks => &self.checks,
            Kind::Sbom => &self.sbom,
        }
        .as_ref()
    }

    pub(super) fn check(&self, roots: &[JsonRoot], checks: &mut Checks) {
        for (kind, source) in self.by_kind() {
            checks.key(kind.word(), |checks| source.check(kind, roots, checks));
        }
    }
}

impl ReportSource {
    /// The place, whichever form it was written in.
    pub fn place(&self) -> ReportPlace {
        match self {
            Self::Path(path) if path.as_str().contains('*') => {
                ReportPlace { glob: Some(path.clone()), ..ReportPlace::default() }
            }
            Self::Path(path) => ReportPlace { file: Some(path.clone()), ..ReportPlace::default() },
            Self::Paths(paths) => ReportPlace { files: Some(paths.clone()), ..ReportPlace::default() },
            Self::Place(place) => place.clone(),
        }
    }

    fn check(&self, kind: Kind, roots: &[JsonRoot], checks: &mut Checks) {
        let place = self.place();
        let ways = [("file", place.file.is_some()), ("files", place.files.is_some()), ("glob", place.glob.is_some())];
        let said: Vec<_> = ways.iter().filter(|(_, said)| *said).map(|(way, _)| *way).collect();
        let conflict = |this: &str, other: &str| Fault::Conflict { this: this.to_owned(), other: other.to_owned() };
        match said.as_slice() {
            [] => checks.report(Fault::MissingOneOf { keys: ways.iter().map(|(way, _)| (*way).to_owned()).collect() }),
            [one, other, ..] => checks.report(conflict(one, other)),
            ["glob"] => {}
            [other] if place.at_least.is_some() => checks.report(conflict("at_least", other)),
            [_] => {}
        }
        let files = place.files.as_deref().unwrap_or_default();
        if place.files.is_some() && !(1..=256).contains(&files.len()) {
            let (expected, found) = ("1 to 256 paths".to_owned(), format!("a list of {}", files.len()));
            checks.report(Fault::Range { expected, found });
        }
        if matches!(self, Self::Paths(_)) {
            checks.unique(files, "file of a source", "", |file| file.as_str().to_owned());
        } else {
            checks.key("files", |checks| checks.unique(files, "file of a source", "", |it| it.as_str().to_owned()));
        }
        check_format(kind, place.format.as_deref(), checks);
        check_root(place.root.as_ref(), roots, checks);
    }
}

fn check_format(kind: Kind, format: Option<&str>, checks: &mut Checks) {
    let known: Vec<_> = FORMATS.into_iter().filter(|it| it.kind == kind).map(|it| it.id).collect();
    if let Some(format) = format.filter(|it| !known.contains(it)) {
        let (name, known) = (format.to_owned(), known.into_iter().map(str::to_owned).collect());
        checks.key("format", |it| it.report(Fault::UnknownName { what: "format of that kind", name, known }));
    }
}

fn check_root(root: Option<&RootId>, roots: &[JsonRoot], checks: &mut Checks) {
    match root {
        Some(root) if roots.iter().all(|it| it.root_id != *root) => {
            let (name, known) =
                (root.as_str().to_owned(), roots.iter().map(|it| it.root_id.as_str().to_owned()).collect());
            checks.key("root", |it| it.report(Fault::UnknownName { what: "root", name, known }));
        }
        None if roots.len() > 1 => {
            let problem = "there are several roots, and it does not say by `root` which one is meant".to_owned();
            checks.report(Fault::Grammar { problem });
        }
        _ => {}
    }
}

impl<'de> Deserialize<'de> for ReportSource {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(AnySource)
    }
}

struct AnySource;

impl<'de> Visitor<'de> for AnySource {
    type Value = ReportSource;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a path, a glob, a list of paths, or a table with `file`, `files` or `glob`")
    }

    fn visit_str<E: Error>(self, path: &str) -> Result<ReportSource, E> {
        ReportPath::try_from(path.to_owned()).map(ReportSource::Path).map_err(E::custom)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, list: A) -> Result<ReportSource, A::Error> {
        Vec::deserialize(SeqAccessDeserializer::new(list)).map(ReportSource::Paths)
    }

    fn visit_map<A: MapAccess<'de>>(self, table: A) -> Result<ReportSource, A::Error> {
        ReportPlace::deserialize(MapAccessDeserializer::new(table)).map(ReportSource::Place)
    }
}

impl JsonSchema for ReportSource {
    fn schema_name() -> Cow<'static, str> {
        "ReportSource".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let path = generator.subschema_for::<ReportPath>();
        let place = generator.subschema_for::<ReportPlace>();
        json_schema!({ "anyOf": [path, { "type": "array", "items": path, "minItems": 1 }, place] })
    }
}
