//! SLSA build provenance, versions 1 and 0.2: who built an artifact, how, and from what.
//!
//! Required is what the two versions require. Times are kept as they were signed. What the external parameters mean
//! depends on the build type, so they are listed by name and otherwise left to JSONPath.

use decision_gate_core::dsse::Verified;
use decision_gate_core::intoto::Statement;
use serde_json::Value;

use super::members::Optional as _;
use super::{FactKind, Facts, Format, PredicateError, Shape, typed};
use crate::predicate::{Members, PredicateFault};

const V1: &str = "https://slsa.dev/provenance/v1";
const V0_2: &str = "https://slsa.dev/provenance/v0.2";

pub(super) const FORMAT: Format = Format {
    word: "slsa",
    predicate_types: &[V1, V0_2],
    facts: &[
        FactKind {
            name: "builder_id",
            about: "Who built it.",
            shape: Shape::Text,
            example: "https://ci.example/builder",
        },
        FactKind {
            name: "build_type",
            about: "How it was built.",
            shape: Shape::Text,
            example: "https://ci.example/build/v1",
        },
        FactKind {
            name: "external_parameters",
            about: "Names of what the caller set.",
            shape: Shape::Texts,
            example: "ref",
        },
        FactKind {
            name: "dependencies",
            about: "What went into it, as URIs.",
            shape: Shape::Texts,
            example: "git+https://git.example/app@refs/heads/main",
        },
        FactKind {
            name: "source_uri",
            about: "Where the build was configured (version 0.2).",
            shape: Shape::Text,
            example: "git+https://git.example/app@refs/heads/main",
        },
        FactKind { name: "invocation_id", about: "Which build it was.", shape: Shape::Text, example: "run-7" },
        FactKind {
            name: "started_on",
            about: "When it began, as signed.",
            shape: Shape::Text,
            example: "2026-01-01T00:00:00Z",
        },
        FactKind {
            name: "finished_on",
            about: "When it ended, as signed.",
            shape: Shape::Text,
            example: "2026-01-01T00:05:00Z",
        },
    ],
    read: |predicate_type, predicate| Provenance::read(predicate_type, predicate).map(Provenance::into_facts),
};

/// How an artifact came to be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Provenance {
    /// Who built it.
    pub builder_id: String,
    /// How it was built.
    pub build_type: String,
    /// Names of what the caller set.
    pub external_parameters: Vec<String>,
    /// URIs of what went into it.
    pub dependencies: Vec<String>,
    /// Where the build was configured; only version 0.2 has a place for it.
    pub source_uri: Option<String>,
    /// Which build it was.
    pub invocation_id: Option<String>,
    /// When it began, as signed.
    pub started_on: Option<String>,
    /// When it ended, as signed.
    pub finished_on: Option<String>,
}

impl Provenance {
    /// The provenance that was signed.
    ///
    /// # Errors
    /// [`PredicateError`].
    pub fn of(statement: &Verified<Statement>) -> Result<Self, PredicateError> {
        typed(statement, FORMAT.predicate_types, Self::read)
    }

    fn read(predicate_type: &str, predicate: &Value) -> Result<Self, PredicateFault> {
        let predicate = Members::of(predicate)?;
        if predicate_type == V0_2 { Self::read_v0_2(predicate) } else { Self::read_v1(predicate) }
    }

    fn read_v1(predicate: Members<'_>) -> Result<Self, PredicateFault> {
        let definition = predicate.object("buildDefinition")?;
        let details = predicate.object("runDetails")?;
        let metadata = details.maybe_object("metadata")?;
        Ok(Self {
            builder_id: details.object("builder")?.text("id")?.to_owned(),
            build_type: definition.text("buildType")?.to_owned(),
            external_parameters: definition.names("externalParameters")?,
            dependencies: uris(definition, "resolvedDependencies")?,
            source_uri: None,
            invocation_id: part(metadata, |it| it.maybe_text("invocationId"))?,
            started_on: part(metadata, |it| it.maybe_time("startedOn"))?,
            finished_on: part(metadata, |it| it.maybe_time("finishedOn"))?,
        })
    }

    fn read_v0_2(predicate: Members<'_>) -> Result<Self, PredicateFault> {
        let invocation = predicate.maybe_object("invocation")?;
        let parameters = |it: &Members<'_>| it.get("parameters").map(|_| it.names("parameters")).transpose();
        let source = part(invocation, |it| it.maybe_object("configSource"))?;
        let metadata = predicate.maybe_object("metadata")?;
        Ok(Self {
            builder_id: predicate.object("builder")?.text("id")?.to_owned(),
            build_type: predicate.text("buildType")?.to_owned(),
            external_parameters: part(invocation, parameters)?.unwrap_or_default(),
            dependencies: uris(predicate, "materials")?,
            source_uri: part(source, |it| it.maybe_text("uri"))?,
            invocation_id: part(metadata, |it| it.maybe_text("buildInvocationId"))?,
            started_on: part(metadata, |it| it.maybe_time("buildStartedOn"))?,
            finished_on: part(metadata, |it| it.maybe_time("buildFinishedOn"))?,
        })
    }

    fn into_facts(self) -> Facts {
        Facts::default()
            .with("builder_id", Some(self.builder_id))
            .with("build_type", Some(self.build_type))
            .with_texts("external_parameters", Some(&self.external_parameters))
            .with_texts("dependencies", Some(&self.dependencies))
            .with("source_uri", self.source_uri)
            .with("invocation_id", self.invocation_id)
            .with("started_on", self.started_on)
            .with("finished_on", self.finished_on)
    }
}

fn uris<'a>(members: Members<'a>, name: &'a str) -> Result<Vec<String>, PredicateFault> {
    let dependencies = members.maybe_objects(name)?;
    dependencies.iter().filter_map(|it| it.maybe_text("uri").transpose()).collect()
}

/// What stands in an object that may be left out.
fn part<'a, T>(
    members: Option<Members<'a>>,
    read: impl FnOnce(&Members<'a>) -> Result<Option<T>, PredicateFault>,
) -> Result<Option<T>, PredicateFault> {
    members.as_ref().map_or(Ok(None), read)
}
