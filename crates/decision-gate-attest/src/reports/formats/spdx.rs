//! SPDX 2 in JSON.

use std::collections::BTreeSet;

use super::super::content::Content;
use super::super::error::ReportError;
use super::super::node::Node;
use super::super::summary::{Kind, Sbom, Summary};
use super::{Format, document, length, never};

pub(super) const FORMAT: Format = Format {
    id: "spdx",
    name: "SPDX 2 JSON",
    kind: Kind::Sbom,
    fits: |content| {
        let version = content.as_json().and_then(|it| it.get("spdxVersion")).and_then(|it| it.as_str());
        version.is_some_and(|it| it.starts_with("SPDX-2."))
    },
    bare: never,
    read,
};

fn read(content: &Content) -> Result<Summary, ReportError> {
    let report = document(content)?;
    let (packages, files) = (report.array_or_none("packages")?, report.array_or_none("files")?);
    let relationships = report.array_or_none("relationships")?;
    let elements = packages.iter().chain(&files).chain([&report]).filter_map(|it| it.text("SPDXID"));
    let snippets = report.array_or_none("snippets")?;
    let known: BTreeSet<_> = elements.chain(snippets.iter().filter_map(|it| it.text("SPDXID"))).collect();
    let dangling = |relationship: &Node<'_>| {
        let ends = ["spdxElementId", "relatedSpdxElement"].into_iter().map(|it| relationship.text(it));
        let is_dangling = |end: Option<&str>| end.is_none_or(|end| !is_elsewhere(end) && !known.contains(end));
        length(ends.filter(|end| is_dangling(*end)).count())
    };
    let mut with_purl = 0;
    for package in &packages {
        let references = package.array_or_none("externalRefs")?;
        with_purl += u64::from(references.iter().any(|it| it.text("referenceType") == Some("purl")));
    }
    Ok(Summary::Sbom(Sbom {
        components: length(packages.len()),
        with_purl,
        files: length(files.len()),
        dependencies: length(relationships.len()),
        dangling_references: relationships.iter().map(dangling).sum(),
        vulnerabilities: 0,
        version: report.text("spdxVersion").map(str::to_owned),
        subject: report.text("name").map(str::to_owned),
        document_id: report.text("documentNamespace").map(str::to_owned),
    }))
}

/// Whether a reference is to another document or to nothing on purpose.
fn is_elsewhere(reference: &str) -> bool {
    reference.starts_with("DocumentRef-") || matches!(reference, "NONE" | "NOASSERTION")
}
