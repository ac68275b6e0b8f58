//! SPDX 3 in JSON-LD: the elements of its graph.

use serde_json::Value;

use super::super::content::Content;
use super::super::error::ReportError;
use super::super::node::Node;
use super::super::summary::{Kind, Sbom, Summary};
use super::{Format, document, has, length, never};

pub(super) const FORMAT: Format = Format {
    id: "spdx3",
    name: "SPDX 3 JSON-LD",
    kind: Kind::Sbom,
    fits: |content| {
        let context = content.as_json().and_then(|it| it.get("@context"));
        let spdx = |it: &Value| it.as_str().is_some_and(|it| it.starts_with("https://spdx.org/rdf/3."));
        let named = context.is_some_and(|it| spdx(it) || it.as_array().is_some_and(|all| all.iter().any(spdx)));
        named && has(content, &["@graph"])
    },
    bare: never,
    read,
};

fn read(content: &Content) -> Result<Summary, ReportError> {
    let elements = document(content)?.array("@graph")?;
    let of = |kind: &str| elements.iter().filter(|it| it.text("type") == Some(kind)).cloned().collect::<Vec<_>>();
    let packages = of("software_Package");
    let text = |element: Option<&Node<'_>>, name: &str| element.and_then(|it| it.text(name)).map(str::to_owned);
    let (documents, creations) = (of("SpdxDocument"), of("CreationInfo"));
    let with_purl = packages.iter().filter(|it| it.text("software_packageUrl").is_some());
    let relationships = elements.iter().filter_map(|it| it.text("type")).filter(|it| it.ends_with("Relationship"));
    Ok(Summary::Sbom(Sbom {
        components: length(packages.len()),
        with_purl: length(with_purl.count()),
        files: length(of("software_File").len()),
        dependencies: length(relationships.count()),
        dangling_references: 0,
        vulnerabilities: length(of("security_Vulnerability").len()),
        version: text(creations.first(), "specVersion"),
        subject: text(documents.first(), "name"),
        document_id: text(documents.first(), "spdxId"),
    }))
}
