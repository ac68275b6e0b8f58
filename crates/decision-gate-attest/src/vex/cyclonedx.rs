//! CycloneDX VEX: the vulnerabilities of a bill of materials, 1.4 to 1.7, which are alike.

use std::collections::BTreeMap;

use decision_gate_core::digest::Digest;
use serde_json::Value;

use super::error::{Breaches, Rule, VexError};
use super::model::{
    DocumentVersion, Justification, Stated, Statements, VersionScope, VexDocument, VexFormat, VexStatement,
    Vulnerability, items, text, time,
};
use super::product::Product;
use crate::vex_status::VexStatus;

/// The deepest component within components that is looked at.
const MAX_DEPTH: usize = 32;

pub(super) fn read(value: &Value, digest: Digest) -> Result<VexDocument, VexError> {
    let mut breaches = Breaches::default();
    let version = value.get("specVersion").and_then(Value::as_str);
    let version = version.ok_or(VexError::member("/specVersion", "a text"))?;
    breaches.unless(matches!(version, "1.4" | "1.5" | "1.6" | "1.7"), Rule::FormatVersion, "/specVersion");
    let issued = value.get("metadata").and_then(|it| time(it, "timestamp"));
    let mut components = BTreeMap::new();
    if let Some(root) = value.pointer("/metadata/component") {
        collect(root, 0, &mut components, &mut breaches);
    }
    for component in items(value, "components") {
        collect(component, 0, &mut components, &mut breaches);
    }
    let mut statements = Statements::default();
    for (index, it) in items(value, "vulnerabilities").iter().enumerate() {
        let pointer = format!("/vulnerabilities/{index}");
        vulnerability(it, &pointer, issued, &components, &mut breaches, &mut statements)?;
    }
    Ok(VexDocument {
        digest,
        format: VexFormat::CycloneDx,
        format_version: version.to_owned(),
        id: text(value, "serialNumber"),
        version: Some(value.get("version").map_or(Some(DocumentVersion([1, 0, 0])), DocumentVersion::of)).flatten(),
        issuer: issuer(value.get("metadata").unwrap_or(&Value::Null)),
        issued,
        updated: None,
        statements: statements.into_vec(),
        breaches: breaches.into_vec(),
    })
}

fn issuer(metadata: &Value) -> Option<String> {
    let named = |member: &str| metadata.get(member).and_then(|it| text(it, "name"));
    let author = || items(metadata, "authors").iter().find_map(|it| text(it, "name"));
    named("supplier").or_else(|| named("manufacturer")).or_else(|| named("manufacture")).or_else(author)
}

/// Components by their reference.
fn collect(component: &Value, depth: usize, into: &mut BTreeMap<String, Product>, breaches: &mut Breaches) {
    if let Some(reference) = text(component, "bom-ref") {
        let mut product = Product { id: reference.clone(), purl: None, digests: BTreeMap::new() };
        product = match text(component, "purl") {
            Some(purl) => product.with_purl(&purl),
            None => product.with_purl(&reference),
        };
        for hash in items(component, "hashes") {
            product.add_digest(&text(hash, "alg").unwrap_or_default(), &text(hash, "content").unwrap_or_default());
        }
        if into.insert(reference.clone(), product).is_some() {
            breaches.add(Rule::DefinedTwice, format!("/components ({})", reference.escape_debug()));
        }
    }
    if depth < MAX_DEPTH {
        items(component, "components").iter().for_each(|it| collect(it, depth + 1, into, breaches));
    }
}

fn vulnerability(
    value: &Value,
    pointer: &str,
    issued: Option<i64>,
    components: &BTreeMap<String, Product>,
    breaches: &mut Breaches,
    statements: &mut Statements,
) -> Result<(), VexError> {
    let name = text(value, "id");
    breaches.unless(name.is_some(), Rule::NoVulnerabilityId, pointer);
    let Some(name) = name else { return Ok(()) };
    let aliases = items(value, "references").iter().filter_map(|it| text(it, "id")).filter(|it| *it != name).collect();
    let nothing = Value::Null;
    let analysis = value.get("analysis").unwrap_or(&nothing);
    let state = text(analysis, "state");
    let status = match state.as_deref() {
        Some("not_affected" | "false_positive") => Some(VexStatus::NotAffected),
        Some("exploitable") => Some(VexStatus::Affected),
        Some("resolved" | "resolved_with_pedigree") => Some(VexStatus::Fixed),
        Some("in_triage") => Some(VexStatus::UnderInvestigation),
        Some(_) => return Err(VexError::member(format!("{pointer}/analysis/state"), "a state of CycloneDX")),
        None => None,
    };
    let stated = text(analysis, "justification");
    let justification = stated.as_deref().and_then(Justification::parse_cyclonedx);
    breaches.unless(stated.is_none() || justification.is_some(), Rule::UnknownJustification, pointer);
    let detail = text(analysis, "detail");
    let action = text(value, "recommendation").or_else(|| text(value, "workaround"));
    let responds = action.is_some() || detail.is_some() || !items(analysis, "response").is_empty();
    let not_affected = status == Some(VexStatus::NotAffected);
    breaches.unless(!not_affected || justification.is_some() || detail.is_some(), Rule::Unjustified, pointer);
    breaches.unless(status != Some(VexStatus::Affected) || responds, Rule::NoAction, pointer);
    let timestamp = time(analysis, "lastUpdated").or_else(|| time(analysis, "firstIssued"));
    let one = VexStatement {
        vulnerability: Vulnerability { name, aliases },
        product: None,
        versions: None,
        subcomponent: None,
        status,
        stated: Stated { status: state, justification: stated, version_status: None },
        justification,
        impact: detail.clone().filter(|_| not_affected),
        action: action.or(detail).filter(|_| status == Some(VexStatus::Affected)),
        timestamp: timestamp.or_else(|| time(value, "updated")).or(issued),
    };
    for (index, it) in items(value, "affects").iter().enumerate() {
        let pointer = format!("{pointer}/affects/{index}");
        let reference = text(it, "ref").ok_or_else(|| VexError::member(format!("{pointer}/ref"), "a text"))?;
        let product = resolve(&reference, components);
        breaches.unless(product.is_some(), Rule::DanglingReference, &pointer);
        let product = product.unwrap_or_else(|| Product::named(&reference));
        affected(&VexStatement { product: Some(product), ..one.clone() }, it, &pointer, breaches, statements)?;
    }
    Ok(())
}

/// One statement for each version, or one for all.
fn affected(
    one: &VexStatement,
    value: &Value,
    pointer: &str,
    breaches: &mut Breaches,
    statements: &mut Statements,
) -> Result<(), VexError> {
    let versions = items(value, "versions");
    if versions.is_empty() {
        return statements.push(one.clone());
    }
    for version in versions {
        let exact = text(version, "version").map(VersionScope::Exact);
        let scope = exact.or_else(|| text(version, "range").map(VersionScope::Range));
        let scope = scope.ok_or_else(|| VexError::member(format!("{pointer}/versions"), "versions or ranges"))?;
        let status = text(version, "status");
        let safe = matches!(one.status, Some(VexStatus::NotAffected | VexStatus::Fixed));
        let against = safe && matches!(status.as_deref(), Some("affected" | "unknown"));
        breaches.unless(!against, Rule::VersionContradiction, format!("{pointer}/versions"));
        let mut it = one.clone();
        it.stated.version_status = status;
        it.versions = Some(scope);
        statements.push(it)?;
    }
    Ok(())
}

/// A component of this document, a link into another one, or a package URL.
fn resolve(reference: &str, components: &BTreeMap<String, Product>) -> Option<Product> {
    if let Some(product) = components.get(reference) {
        return Some(product.clone());
    }
    let link = reference.strip_prefix("urn:cdx:").or_else(|| reference.strip_prefix("urn:uuid:"));
    if let Some((_, name)) = link.and_then(|it| it.split_once('#')) {
        let product = Product { id: reference.to_owned(), purl: None, digests: BTreeMap::new() };
        return Some(product.with_purl(name));
    }
    let product = Product::named(reference);
    product.purl.is_some().then_some(product)
}
