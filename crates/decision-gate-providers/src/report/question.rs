//! What is asked: which fact, of which files, and of which format they must be.

use decision_gate_attest::predicates::FactKind;
use decision_gate_attest::reports::Kind;
use decision_gate_core::evidence::{Fault, Query};
use serde_json::{Map, Value, json};

use super::place::{self, Place, Places, WAYS, text};
use crate::error::bounded;
use crate::params;

const KNOWN: [&str; 7] = ["at_least", "commit", "file", "files", "format", "glob", "root"];

/// A question.
pub(super) struct Question {
    pub(super) kind: Kind,
    pub(super) fact: &'static FactKind,
    pub(super) place: Place,
    /// The commit, in lower case.
    pub(super) commit: Option<String>,
}

impl Question {
    /// The question of a query, which is about one of `places` unless it says where to look.
    pub(super) fn of(query: &Query, places: &Places) -> Result<Self, Box<Fault>> {
        let (kind, fact) = fact(query)?;
        let none = Map::new();
        let params = match &query.params {
            None => &none,
            Some(Value::Object(params)) => params,
            Some(_) => return Err(params::invalid("the parameters must be an object").into()),
        };
        if let Some(unknown) = params.keys().find(|it| !KNOWN.contains(&it.as_str())) {
            let message = format!("`{}` is no parameter of `{}`", bounded(unknown), query.check_id);
            return Err(params::invalid(message).into());
        }
        let commit = text(params, "commit")?.map(str::to_ascii_lowercase);
        if commit.is_some() && kind != Kind::Checks {
            return Err(params::invalid(format!("`commit` is no parameter of `{}`", query.check_id)).into());
        }
        let place = place_of(kind, params, places)?;
        Ok(Self { kind, fact, place, commit })
    }
}

/// The place that a question names, whole; without one that of the settings, of which the question may name the format.
fn place_of(kind: Kind, params: &Map<String, Value>, places: &Places) -> Result<Place, Box<Fault>> {
    if WAYS.iter().any(|way| params.contains_key(*way)) {
        return Place::of(kind, params);
    }
    let Some(set) = places.get(&kind) else { return Err(nowhere(kind).into()) };
    // Half a place of the question and half of the settings would be a place that nobody named.
    if let Some(half) = ["at_least", "root"].into_iter().find(|it| params.contains_key(*it)) {
        let message =
            format!("`{half}` goes with `file`, `files` or `glob`: without them the configuration says where");
        return Err(params::invalid(message).into());
    }
    let format = place::format(kind, params)?.or(set.format);
    Ok(Place { format, ..set.clone() })
}

/// Neither the question nor the settings say where.
fn nowhere(kind: Kind) -> Fault {
    let hint = format!(
        "name `file`, `files` or `glob` in the condition, or `sources.{}` in the settings of the provider",
        kind.word()
    );
    params::missing("nothing says where the report is: no parameter of the condition, and no source of its kind")
        .with_details(json!({ "hint": hint }))
}

/// The fact that a check asks for.
fn fact(query: &Query) -> Result<(Kind, &'static FactKind), Box<Fault>> {
    let id = query.check_id.as_str();
    let named = |kind: Kind| {
        let name = id.strip_prefix(kind.word())?.strip_prefix('.')?;
        Some((kind, kind.facts().iter().find(|it| it.name == name)?))
    };
    let missing = || {
        let message = format!("`{}` has no check `{id}`", query.provider_id);
        Box::new(Fault::new(params::CHECK_MISSING, message))
    };
    Kind::ALL.into_iter().find_map(named).ok_or_else(missing)
}
