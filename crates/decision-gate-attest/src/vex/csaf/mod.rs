//! CSAF 2.0 documents: product tree, statuses, and why.
//!
//! Of the mandatory tests of CSAF 2.0 section 6.1 those are kept that decide what a statement is about and says:
//! references (6.1.1 to 6.1.5), status and flag contradictions (6.1.6, 6.1.33), one entry for each vulnerability
//! (6.1.23), profiles (6.1.27) and the version history (6.1.16, 6.1.17, 6.1.22, 6.1.30).

mod profile;
mod tree;

use std::collections::{BTreeMap, BTreeSet};

use decision_gate_core::digest::Digest;
use serde_json::Value;

use self::tree::Tree;
use super::error::{Breaches, Rule, VexError};
use super::model::{
    DocumentVersion, Justification, Stated, Statements, VexDocument, VexFormat, VexStatement, Vulnerability, items,
    text, time,
};
use crate::vex_status::VexStatus;

/// Lists of a product status, and what each claims. `recommended` claims nothing.
const STATUSES: [(&str, Option<VexStatus>); 8] = [
    ("known_affected", Some(VexStatus::Affected)),
    ("first_affected", Some(VexStatus::Affected)),
    ("last_affected", Some(VexStatus::Affected)),
    ("fixed", Some(VexStatus::Fixed)),
    ("first_fixed", Some(VexStatus::Fixed)),
    ("known_not_affected", Some(VexStatus::NotAffected)),
    ("under_investigation", Some(VexStatus::UnderInvestigation)),
    ("recommended", None),
];

pub(super) fn read(value: &Value, digest: Digest) -> Result<VexDocument, VexError> {
    let mut breaches = Breaches::default();
    let document = value.get("document").unwrap_or(&Value::Null);
    let version = text(document, "csaf_version").ok_or(VexError::member("/document/csaf_version", "a text"))?;
    breaches.unless(version == "2.0", Rule::FormatVersion, "/document/csaf_version");
    let nothing = Value::Null;
    let publisher = document.get("publisher").unwrap_or(&nothing);
    let tracking = document.get("tracking").unwrap_or(&nothing);
    for (value, at, member) in [
        (document, "/document", "category"),
        (document, "/document", "title"),
        (publisher, "/document/publisher", "name"),
        (publisher, "/document/publisher", "namespace"),
        (tracking, "/document/tracking", "id"),
        (tracking, "/document/tracking", "version"),
        (tracking, "/document/tracking", "status"),
    ] {
        breaches.unless(text(value, member).is_some(), Rule::Member, format!("{at}/{member}"));
    }
    let (issued, updated) = (time(tracking, "initial_release_date"), time(tracking, "current_release_date"));
    breaches.unless(issued.is_some() && updated.is_some(), Rule::Member, "/document/tracking");
    profile::check(value, &mut breaches);
    let tree = Tree::read(value.get("product_tree").unwrap_or(&nothing), &mut breaches)?;
    let mut statements = Statements::default();
    for (index, it) in items(value, "vulnerabilities").iter().enumerate() {
        let pointer = format!("/vulnerabilities/{index}");
        let reader = Reader { value: it, pointer: &pointer, tree: &tree, updated: updated.or(issued) };
        reader.read(&mut breaches, &mut statements)?;
    }
    let namespace = text(publisher, "namespace").unwrap_or_default();
    Ok(VexDocument {
        digest,
        format: VexFormat::Csaf,
        format_version: version,
        id: text(tracking, "id").map(|id| format!("{namespace} {id}")),
        version: tracking.get("version").and_then(DocumentVersion::of),
        issuer: text(publisher, "name"),
        issued,
        updated,
        statements: statements.into_vec(),
        breaches: breaches.into_vec(),
    })
}

/// One vulnerability of a document.
struct Reader<'a> {
    value: &'a Value,
    pointer: &'a str,
    tree: &'a Tree,
    updated: Option<i64>,
}

/// Something that is said of products.
type Said<T> = BTreeMap<String, T>;

impl Reader<'_> {
    fn read(&self, breaches: &mut Breaches, statements: &mut Statements) -> Result<(), VexError> {
        let (flags, impacts) = (self.flags(breaches), self.prose("threats", Some("impact"), breaches));
        let actions = self.prose("remediations", None, breaches);
        self.check_references(breaches);
        let claims = self.claims(breaches);
        // Where no identifier is demanded, what is said without one is said of nothing. `profile` demands them.
        let Some(vulnerability) = self.vulnerability() else { return Ok(()) };
        for (id, found) in claims {
            for (word, status) in found {
                let flag = flags.get(&id);
                let not_affected = status == Some(VexStatus::NotAffected);
                let resolved = self.tree.resolve(&id);
                statements.push(VexStatement {
                    vulnerability: vulnerability.clone(),
                    product: Some(resolved.product),
                    versions: None,
                    subcomponent: resolved.subcomponent,
                    status,
                    stated: Stated { status: Some(word.into()), justification: flag.cloned(), version_status: None },
                    justification: flag.filter(|_| not_affected).and_then(|it| Justification::parse(it)),
                    impact: impacts.get(&id).cloned().filter(|_| not_affected),
                    action: actions.get(&id).cloned().filter(|_| status == Some(VexStatus::Affected)),
                    timestamp: self.updated,
                })?;
            }
        }
        Ok(())
    }

    fn vulnerability(&self) -> Option<Vulnerability> {
        let mut ids = items(self.value, "ids").iter().filter_map(|it| text(it, "text"));
        let name = text(self.value, "cve").or_else(|| ids.next());
        // Numbers of one tracker among the ids are no names: another vendor's number would be the same.
        let name = name?;
        let global = |id: &String| {
            let tracker = id.split_once('-').map(|(tracker, _)| tracker);
            tracker.is_some_and(|it| !it.is_empty() && it.bytes().all(|byte| byte.is_ascii_alphabetic()))
                && id.bytes().any(|it| it.is_ascii_digit())
                && !id.contains(char::is_whitespace)
        };
        let aliases = ids.filter(global).filter(|it| *it != name).collect();
        Some(Vulnerability { name, aliases })
    }

    /// Product to what is claimed, each status once, in the words of the first list that has it.
    fn claims(&self, breaches: &mut Breaches) -> Said<Vec<(&'static str, Option<VexStatus>)>> {
        let mut claims: Said<Vec<(&'static str, Option<VexStatus>)>> = BTreeMap::new();
        for (word, status) in STATUSES {
            let list = self.value.pointer(&format!("/product_status/{word}")).and_then(Value::as_array);
            for id in list.into_iter().flatten().filter_map(Value::as_str) {
                let found = claims.entry(id.to_owned()).or_default();
                if !found.iter().any(|(_, it)| *it == status) {
                    found.push((word, status));
                }
            }
        }
        for (id, found) in &claims {
            let claimed = found.iter().filter(|(_, status)| status.is_some()).count();
            breaches.unless(claimed <= 1, Rule::StatusContradiction, format!("{}/product_status ({id})", self.pointer));
        }
        claims
    }

    fn flags(&self, breaches: &mut Breaches) -> Said<String> {
        let mut flags = BTreeMap::new();
        for (index, flag) in items(self.value, "flags").iter().enumerate() {
            let pointer = format!("{}/flags/{index}", self.pointer);
            let label = text(flag, "label").unwrap_or_default();
            breaches.unless(Justification::parse(&label).is_some(), Rule::UnknownJustification, &pointer);
            for id in self.tree.products(flag) {
                let before = flags.insert(id, label.clone());
                breaches.unless(before.is_none_or(|it| it == label), Rule::FlagContradiction, &pointer);
            }
        }
        flags
    }

    /// What the entries of a list say of products; the first for each.
    fn prose(&self, list: &str, category: Option<&str>, breaches: &mut Breaches) -> Said<String> {
        let mut said = BTreeMap::new();
        for (index, entry) in items(self.value, list).iter().enumerate() {
            if category.is_some() && text(entry, "category").as_deref() != category {
                continue;
            }
            let Some(details) = text(entry, "details") else {
                breaches.add(Rule::Member, format!("{}/{list}/{index}/details", self.pointer));
                continue;
            };
            for id in self.tree.products(entry) {
                said.entry(id).or_insert_with(|| details.clone());
            }
        }
        said
    }

    /// Everything that names products or groups names defined ones.
    fn check_references(&self, breaches: &mut Breaches) {
        let mut named = BTreeSet::new();
        for list in ["flags", "threats", "remediations", "notes", "involvements"] {
            for entry in items(self.value, list) {
                named.extend(items(entry, "product_ids").iter().filter_map(Value::as_str));
                for group in items(entry, "group_ids").iter().filter_map(Value::as_str) {
                    let at = format!("{}/{list}", self.pointer);
                    breaches.unless(self.tree.has_group(group), Rule::DanglingReference, at);
                }
            }
        }
        for list in ["scores", "metrics"] {
            let entries = items(self.value, list).iter();
            named.extend(entries.flat_map(|it| items(it, "products")).filter_map(Value::as_str));
        }
        for (word, _) in STATUSES {
            let list = self.value.pointer(&format!("/product_status/{word}")).and_then(Value::as_array);
            named.extend(list.into_iter().flatten().filter_map(Value::as_str));
        }
        for id in named {
            let known = self.tree.has_product(id);
            breaches.unless(known, Rule::DanglingReference, format!("{} ({})", self.pointer, id.escape_debug()));
        }
    }
}
