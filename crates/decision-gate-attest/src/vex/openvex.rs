//! OpenVEX 0.2.0, and what older documents have in its place.

use std::collections::BTreeSet;

use decision_gate_core::digest::Digest;
use serde_json::Value;

use super::error::{Breaches, Rule, VexError};
use super::model::{
    DocumentVersion, Justification, Stated, Statements, VexDocument, VexFormat, VexStatement, Vulnerability, items,
    text, time,
};
use super::product::Product;
use crate::vex_status::VexStatus;

/// The context of the version that is asked for.
const CONTEXT: &str = "https://openvex.dev/ns/v0.2.0";
/// What a document may have.
const DOCUMENT: [&str; 9] =
    ["@context", "@id", "author", "role", "timestamp", "last_updated", "version", "tooling", "statements"];
/// What a statement may have.
const STATEMENT: [&str; 13] = [
    "@id",
    "version",
    "vulnerability",
    "timestamp",
    "last_updated",
    "products",
    "status",
    "supplier",
    "status_notes",
    "justification",
    "impact_statement",
    "action_statement",
    "action_statement_timestamp",
];

pub(super) fn read(value: &Value, digest: Digest) -> Result<VexDocument, VexError> {
    let mut breaches = Breaches::default();
    let context = value.get("@context").and_then(Value::as_str).ok_or(VexError::member("/@context", "a text"))?;
    breaches.unless(context == CONTEXT, Rule::FormatVersion, "/@context");
    breaches.unless(has_only(value, &DOCUMENT), Rule::Member, "");
    for member in ["@id", "author"] {
        breaches.unless(text(value, member).is_some(), Rule::Member, format!("/{member}"));
    }
    let issued = time(value, "timestamp");
    breaches.unless(issued.is_some(), Rule::Member, "/timestamp");
    let version = value.get("version");
    breaches.unless(version.and_then(Value::as_u64).is_some_and(|it| it > 0), Rule::Member, "/version");
    let updated = value.get("last_updated").map(|_| time(value, "last_updated"));
    breaches.unless(updated != Some(None), Rule::Member, "/last_updated");
    let listed = value.get("statements").and_then(Value::as_array);
    let listed = listed.ok_or(VexError::member("/statements", "an array"))?;
    breaches.unless(!listed.is_empty(), Rule::NoStatement, "/statements");
    let mut statements = Statements::default();
    for (index, it) in listed.iter().enumerate() {
        statement(it, &format!("/statements/{index}"), issued, &mut breaches, &mut statements)?;
    }
    Ok(VexDocument {
        digest,
        format: VexFormat::OpenVex,
        format_version: context.to_owned(),
        id: text(value, "@id"),
        version: version.and_then(DocumentVersion::of),
        issuer: text(value, "author"),
        issued,
        updated: updated.flatten(),
        statements: statements.into_vec(),
        breaches: breaches.into_vec(),
    })
}

fn statement(
    value: &Value,
    pointer: &str,
    issued: Option<i64>,
    breaches: &mut Breaches,
    statements: &mut Statements,
) -> Result<(), VexError> {
    let word = value.get("status").and_then(Value::as_str);
    let status = VexStatus::ALL.into_iter().find(|it| Some(it.word()) == word);
    let status = status.ok_or_else(|| VexError::member(format!("{pointer}/status"), "one of the four VEX statuses"))?;
    breaches.unless(has_only(value, &STATEMENT), Rule::Member, pointer);
    let vulnerability = vulnerability(value.get("vulnerability"), &format!("{pointer}/vulnerability"), breaches)?;
    let stated = text(value, "justification");
    let justification = stated.as_deref().and_then(Justification::parse);
    breaches.unless(stated.is_none() || justification.is_some(), Rule::UnknownJustification, pointer);
    let impact = text(value, "impact_statement");
    let action = text(value, "action_statement");
    let justified = justification.is_some() || impact.is_some();
    breaches.unless(status != VexStatus::NotAffected || justified, Rule::Unjustified, pointer);
    breaches.unless(status != VexStatus::Affected || action.is_some(), Rule::NoAction, pointer);
    let own = value.get("timestamp").map(|_| time(value, "timestamp"));
    breaches.unless(own != Some(None), Rule::Member, format!("{pointer}/timestamp"));
    let products = value.get("products").map_or(&[] as &[Value], |_| items(value, "products"));
    let one = |product: Option<Product>, subcomponent: Option<Product>| VexStatement {
        vulnerability: vulnerability.clone(),
        product,
        versions: None,
        subcomponent,
        status: Some(status),
        stated: Stated { status: Some(status.word().into()), justification: stated.clone(), version_status: None },
        justification,
        impact: impact.clone(),
        action: action.clone(),
        timestamp: own.flatten().or(issued),
    };
    if products.is_empty() {
        return statements.push(one(None, None));
    }
    for (index, it) in products.iter().enumerate() {
        let pointer = format!("{pointer}/products/{index}");
        let product = product(it, &pointer, breaches)?;
        let parts = items(it, "subcomponents");
        if parts.is_empty() {
            statements.push(one(Some(product.clone()), None))?;
        }
        for (index, part) in parts.iter().enumerate() {
            let part = self::product(part, &format!("{pointer}/subcomponents/{index}"), breaches)?;
            statements.push(one(Some(product.clone()), Some(part)))?;
        }
    }
    Ok(())
}

fn has_only(value: &Value, known: &[&str]) -> bool {
    value.as_object().is_some_and(|members| members.keys().all(|it| known.contains(&it.as_str())))
}

fn vulnerability(value: Option<&Value>, pointer: &str, breaches: &mut Breaches) -> Result<Vulnerability, VexError> {
    let aliases = |value: &Value| -> BTreeSet<String> {
        items(value, "aliases").iter().filter_map(Value::as_str).map(str::to_owned).collect()
    };
    match value {
        // As 0.0.1 had it.
        Some(Value::String(name)) if !name.is_empty() => {
            breaches.add(Rule::Member, pointer);
            Ok(Vulnerability { name: name.clone(), aliases: BTreeSet::new() })
        }
        Some(object @ Value::Object(_)) => {
            let (name, id) = (text(object, "name"), text(object, "@id"));
            breaches.unless(name.is_some(), Rule::NoVulnerabilityId, pointer);
            let name = name.or(id).ok_or_else(|| VexError::member(pointer, "a vulnerability with a name"))?;
            Ok(Vulnerability { name, aliases: aliases(object) })
        }
        _ => Err(VexError::member(pointer, "a vulnerability")),
    }
}

fn product(value: &Value, pointer: &str, breaches: &mut Breaches) -> Result<Product, VexError> {
    if let Value::String(name) = value {
        breaches.add(Rule::Member, pointer);
        return Ok(Product::named(name));
    }
    let purl = value.pointer("/identifiers/purl").and_then(Value::as_str);
    let other = || value.get("identifiers").and_then(Value::as_object)?.values().find_map(Value::as_str);
    let id = text(value, "@id").or_else(|| purl.or_else(other).map(str::to_owned));
    let id = id.or_else(|| value.get("hashes").map(|_| String::new()));
    let id = id.ok_or_else(|| VexError::member(pointer, "a product with an `@id`, an identifier or a hash"))?;
    let mut product = Product { id: id.clone(), purl: None, digests: std::collections::BTreeMap::new() };
    product = purl.map_or(product.clone(), |it| product.with_purl(it)).with_purl(&id);
    for (name, hash) in value.get("hashes").and_then(Value::as_object).into_iter().flatten() {
        product.add_digest(name, hash.as_str().unwrap_or_default());
    }
    Ok(product)
}
