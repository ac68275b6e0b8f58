//! What the category of a CSAF document demands, and whether its history makes sense.

use std::collections::BTreeSet;

use serde_json::Value;

use super::super::error::{Breaches, Rule};
use super::super::model::{DocumentVersion, items, text};
use super::tree::Tree;

pub(super) fn check(value: &Value, breaches: &mut Breaches) {
    let category = value.pointer("/document/category").and_then(Value::as_str).unwrap_or_default();
    let vulnerabilities = items(value, "vulnerabilities");
    match category {
        "csaf_vex" => vex(value, vulnerabilities, breaches),
        "csaf_security_advisory" => {
            let whole = value.get("product_tree").is_some() && !vulnerabilities.is_empty();
            breaches.unless(whole, Rule::Profile, "/document/category");
            let stated = vulnerabilities.iter().all(|it| it.get("product_status").is_some());
            let noted = vulnerabilities.iter().all(|it| !items(it, "notes").is_empty());
            breaches.unless(stated && noted, Rule::Profile, "/vulnerabilities");
        }
        "csaf_informational_advisory" | "csaf_security_incident_response" => {
            let document = value.get("document").unwrap_or(&Value::Null);
            let of = |list: &str, categories: &[&str]| {
                items(document, list)
                    .iter()
                    .any(|it| text(it, "category").is_some_and(|it| categories.contains(&it.as_str())))
            };
            breaches.unless(of("references", &["external"]), Rule::Profile, "/document/references");
            let tells = of("notes", &["description", "details", "general", "summary"]);
            breaches.unless(tells, Rule::Profile, "/document/notes");
            let informs = category == "csaf_informational_advisory";
            breaches.unless(!(informs && value.get("vulnerabilities").is_some()), Rule::Profile, "/vulnerabilities");
        }
        // A name that can be taken for one of the profiles (6.1.26).
        other => {
            let plain: String = other.chars().filter(|it| !"-_ ".contains(*it)).collect::<String>().to_lowercase();
            let profiles = ["vex", "securityadvisory", "informationaladvisory", "securityincidentresponse", "base"];
            let resembles = profiles.iter().any(|it| plain == *it || plain == format!("csaf{it}"));
            breaches.unless(other == "csaf_base" || !resembles, Rule::Profile, "/document/category");
        }
    }
    let mut names = BTreeSet::new();
    for (index, it) in vulnerabilities.iter().enumerate() {
        let fresh = text(it, "cve").is_none_or(|cve| names.insert(cve));
        breaches.unless(fresh, Rule::DefinedTwice, format!("/vulnerabilities/{index}/cve"));
    }
    tracking(value, breaches);
}

fn vex(value: &Value, vulnerabilities: &[Value], breaches: &mut Breaches) {
    let whole = value.get("product_tree").is_some() && !vulnerabilities.is_empty();
    breaches.unless(whole, Rule::Profile, "/document/category");
    // Its own breaches are reported where the tree is read.
    let tree = Tree::read(value.get("product_tree").unwrap_or(&Value::Null), &mut Breaches::default());
    let Ok(tree) = tree else { return };
    for (index, it) in vulnerabilities.iter().enumerate() {
        let pointer = format!("/vulnerabilities/{index}");
        let named = text(it, "cve").is_some() || !items(it, "ids").is_empty();
        breaches.unless(named, Rule::NoVulnerabilityId, &pointer);
        breaches.unless(!items(it, "notes").is_empty(), Rule::Profile, format!("{pointer}/notes"));
        let status = |word: &str| it.pointer(&format!("/product_status/{word}")).and_then(Value::as_array);
        let claims = ["fixed", "known_affected", "known_not_affected", "under_investigation"];
        let claimed = claims.iter().any(|word| status(word).is_some());
        breaches.unless(claimed, Rule::Profile, format!("{pointer}/product_status"));
        let covered = |lists: &[(&str, Option<&str>)]| -> BTreeSet<String> {
            let entries = lists.iter().flat_map(|(list, category)| {
                items(it, list)
                    .iter()
                    .filter(move |it| category.is_none() || text(it, "category").as_deref() == *category)
            });
            entries.flat_map(|entry| tree.products(entry)).collect()
        };
        let reasons = covered(&[("flags", None), ("threats", Some("impact"))]);
        let actions = covered(&[("remediations", None)]);
        for (word, said, rule) in
            [("known_not_affected", &reasons, Rule::Unjustified), ("known_affected", &actions, Rule::NoAction)]
        {
            let all = status(word).into_iter().flatten().filter_map(Value::as_str).all(|id| said.contains(id));
            breaches.unless(all, rule, format!("{pointer}/product_status/{word}"));
        }
    }
}

fn tracking(value: &Value, breaches: &mut Breaches) {
    let Some(tracking) = value.pointer("/document/tracking") else { return };
    let at = "/document/tracking";
    let Some(text_of) = text(tracking, "version") else { return };
    let numbers: Vec<String> = items(tracking, "revision_history").iter().filter_map(|it| text(it, "number")).collect();
    let read: Option<Vec<DocumentVersion>> = numbers.iter().map(|it| DocumentVersion::parse(it)).collect();
    let (Some(history), Some(version)) = (read, DocumentVersion::parse(&text_of)) else {
        return breaches.add(Rule::Tracking, at);
    };
    let distinct: BTreeSet<&str> = numbers.iter().map(|it| it.split('+').next().unwrap_or(it)).collect();
    breaches.unless(distinct.len() == numbers.len(), Rule::Tracking, format!("{at}/revision_history"));
    breaches.unless(history.iter().max().is_none_or(|it| *it == version), Rule::Tracking, format!("{at}/version"));
    let semantic = |it: &str| it.contains('.');
    let mixed = numbers.iter().any(|it| semantic(it) != semantic(&text_of));
    breaches.unless(!mixed, Rule::Tracking, format!("{at}/revision_history"));
    let early = text_of == "0" || text_of.starts_with("0.") || text_of.contains('-');
    let draft = text(tracking, "status").as_deref() == Some("draft");
    breaches.unless(draft || !early, Rule::Tracking, format!("{at}/status"));
}
