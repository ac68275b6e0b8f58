//! CycloneDX in JSON: components at every depth, and whether references lead to something that is listed.

use std::collections::BTreeSet;

use super::super::content::Content;
use super::super::error::ReportError;
use super::super::node::Node;
use super::super::summary::{Kind, Sbom, Summary};
use super::{Format, document, length, never};

pub(super) const FORMAT: Format = Format {
    id: "cyclonedx",
    name: "CycloneDX JSON",
    kind: Kind::Sbom,
    fits: |content| content.as_json().and_then(|it| it.get("bomFormat")).is_some_and(|it| it == "CycloneDX"),
    bare: never,
    read,
};

fn read(content: &Content) -> Result<Summary, ReportError> {
    let report = document(content)?;
    let mut refs = BTreeSet::new();
    let mut sbom = Sbom {
        version: report.text("specVersion").map(str::to_owned),
        document_id: report.text("serialNumber").map(str::to_owned),
        vulnerabilities: length(report.array_or_none("vulnerabilities")?.len()),
        ..Sbom::default()
    };
    if let Some(subject) = report.get("metadata").and_then(|it| it.get("component")) {
        let mut own = Sbom::default();
        components(vec![subject.clone()], &mut own, &mut refs)?;
        let version = subject.text("version").map(|it| format!(" {it}")).unwrap_or_default();
        sbom.subject = subject.text("name").map(|name| format!("{name}{version}"));
    }
    components(report.array_or_none("components")?, &mut sbom, &mut refs)?;
    let mut services = Sbom::default();
    components(report.array_or_none("services")?, &mut services, &mut refs)?;
    for dependency in report.array_or_none("dependencies")? {
        sbom.dependencies += 1;
        let targets = dependency.array_or_none("dependsOn")?;
        let named = targets.iter().map(|it| it.value().as_str());
        let dangling = named.chain([dependency.text("ref")]).filter(|it| it.is_none_or(|it| !refs.contains(it)));
        sbom.dangling_references += length(dangling.count());
    }
    Ok(Summary::Sbom(sbom))
}

/// Counts components and those within them.
fn components<'a>(listed: Vec<Node<'a>>, sbom: &mut Sbom, refs: &mut BTreeSet<&'a str>) -> Result<(), ReportError> {
    let mut open = listed;
    while let Some(component) = open.pop() {
        sbom.components += 1;
        sbom.with_purl += u64::from(component.text("purl").is_some_and(|it| !it.is_empty()));
        refs.extend(component.text("bom-ref"));
        open.extend(component.array_or_none("components")?);
        open.extend(component.array_or_none("services")?);
    }
    Ok(())
}
