//! What something consists of.

use crate::predicates::{FactKind, Facts, Shape};

pub(super) const FACTS: &[FactKind] = &[
    FactKind {
        name: "components",
        about: "How many components or packages it lists.",
        shape: Shape::Count,
        example: "42",
    },
    FactKind { name: "with_purl", about: "How many of them have a package URL.", shape: Shape::Count, example: "42" },
    FactKind { name: "files", about: "How many files it lists.", shape: Shape::Count, example: "0" },
    FactKind {
        name: "dependencies",
        about: "How many dependencies or relationships it lists.",
        shape: Shape::Count,
        example: "41",
    },
    FactKind {
        name: "dangling_references",
        about: "How many references lead to nothing that it lists.",
        shape: Shape::Count,
        example: "0",
    },
    FactKind {
        name: "vulnerabilities",
        about: "How many vulnerabilities it lists.",
        shape: Shape::Count,
        example: "0",
    },
    FactKind { name: "version", about: "The version of its format.", shape: Shape::Text, example: "1.6" },
    FactKind { name: "subject", about: "What it is about, if it says.", shape: Shape::Text, example: "shop 1.4.2" },
    FactKind {
        name: "document_id",
        about: "Its own id, if it says.",
        shape: Shape::Text,
        example: "urn:uuid:3e671687-395b-41f5-a30f-a58921a69b79",
    },
];

/// A list of what something consists of.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Sbom {
    /// Components or packages.
    pub components: u64,
    /// Those with a package URL.
    pub with_purl: u64,
    /// Files.
    pub files: u64,
    /// Dependencies or relationships.
    pub dependencies: u64,
    /// References to nothing that is listed.
    pub dangling_references: u64,
    /// Vulnerabilities.
    pub vulnerabilities: u64,
    /// The version of the format.
    pub version: Option<String>,
    /// What it is about.
    pub subject: Option<String>,
    /// Its own id.
    pub document_id: Option<String>,
}

impl Sbom {
    pub(super) fn facts(&self) -> Facts {
        Facts::default()
            .with("components", Some(self.components))
            .with("with_purl", Some(self.with_purl))
            .with("files", Some(self.files))
            .with("dependencies", Some(self.dependencies))
            .with("dangling_references", Some(self.dangling_references))
            .with("vulnerabilities", Some(self.vulnerabilities))
            .with("version", self.version.clone())
            .with("subject", self.subject.clone())
            .with("document_id", self.document_id.clone())
    }

    pub(super) fn plus(self, other: &Self) -> Self {
        let same = |one: Option<String>, other: &Option<String>| one.filter(|it| Some(it) == other.as_ref());
        Self {
            components: self.components.saturating_add(other.components),
            with_purl: self.with_purl.saturating_add(other.with_purl),
            files: self.files.saturating_add(other.files),
            dependencies: self.dependencies.saturating_add(other.dependencies),
            dangling_references: self.dangling_references.saturating_add(other.dangling_references),
            vulnerabilities: self.vulnerabilities.saturating_add(other.vulnerabilities),
            version: same(self.version, &other.version),
            subject: same(self.subject, &other.subject),
            document_id: same(self.document_id, &other.document_id),
        }
    }

    pub(super) fn nothing(&self) -> Option<&'static str> {
        (self.components == 0 && self.files == 0).then_some("nothing is listed")
    }
}
