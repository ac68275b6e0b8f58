//! Which comparators suit what a shape says of a condition (`reference/payloads.md` 5.4).
//!
//! The type decides; where a shape leaves several open, only what suits all of them is left. `lex_*` and `deep_*` need
//! the shape's consent: `"x-decision-gate": {"allowed_comparators": […]}`, which is then the whole list. A shape that
//! really knows no type says so: `"x-decision-gate": {"dynamic_type": true}`.

use std::collections::BTreeSet;

use serde_json::Value;

use super::resolve;
use crate::condition::{ALL, Comparator};
use crate::name::ConditionId;
use crate::scenario::ConditionSpec;

/// What keeps a shape from describing a condition.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("condition `{condition}`: {problem}")]
pub struct ShapeGap {
    /// Which condition.
    pub condition: ConditionId,
    /// What is wrong.
    pub problem: ShapeProblem,
}

/// Why a shape does not describe a condition.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ShapeProblem {
    /// It says nothing of it.
    #[error("the schema has no property of that name")]
    Undescribed,
    /// It names no type.
    #[error("its property declares no type")]
    Untyped,
    /// The comparator makes no sense for the type, or is not allowed by the shape.
    #[error("`{comparator}` does not suit its property; {} would", words(allowed))]
    Comparator {
        /// The scenario's.
        comparator: String,
        /// What would suit.
        allowed: Vec<String>,
    },
    /// `x-decision-gate.allowed_comparators` is empty or names what does not suit the type.
    #[error("`x-decision-gate.allowed_comparators` of its property is empty, or names what does not suit its type")]
    Override,
}

fn words(all: &[String]) -> String {
    if all.is_empty() {
        "nothing".into()
    } else {
        all.iter().map(|it| format!("`{it}`")).collect::<Vec<_>>().join(", ")
    }
}

type Words = BTreeSet<&'static str>;

const PRESENCE: &[&str] = &["exists", "not_exists"];
const EQUALITY: &[&str] = &["equals", "not_equals"];
const ORDER: &[&str] = &["greater_than", "greater_than_or_equal", "less_than", "less_than_or_equal"];
const LEXICOGRAPHIC: &[&str] =
    &["lex_greater_than", "lex_greater_than_or_equal", "lex_less_than", "lex_less_than_or_equal"];
const DEEP: &[&str] = &["deep_equals", "deep_not_equals"];

/// What suits a type: without more ado, and where the shape consents.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Suits {
    plain: Words,
    consented: Words,
}

impl Suits {
    fn of(lists: &[&[&'static str]], consented: &[&'static str]) -> Self {
        let plain = [PRESENCE].iter().chain(lists).flat_map(|it| it.iter().copied()).collect();
        Self { plain, consented: consented.iter().copied().collect() }
    }

    fn all() -> Self {
        Self { plain: ALL.iter().map(|it| it.word()).collect(), consented: Words::new() }
    }

    fn both(self, other: &Self) -> Self {
        let meet = |one: &Words, two: &Words| one.intersection(two).copied().collect();
        Self { plain: meet(&self.plain, &other.plain), consented: meet(&self.consented, &other.consented) }
    }
}

/// What keeps the shape from describing `condition`.
pub(super) fn gap(root: &Value, condition: &ConditionSpec) -> Option<ShapeGap> {
    let problem = check(root, &condition.condition_id, condition.comparator).err()?;
    Some(ShapeGap { condition: condition.condition_id.clone(), problem })
}

fn check(root: &Value, id: &ConditionId, comparator: Comparator) -> Result<(), ShapeProblem> {
    let property = property(root, id).ok_or(ShapeProblem::Undescribed)?;
    let allowed = allowed(root, property)?;
    if allowed.contains(comparator.word()) {
        return Ok(());
    }
    let allowed = ALL.iter().map(|it| it.word()).filter(|it| allowed.contains(it)).map(str::to_owned).collect();
    Err(ShapeProblem::Comparator { comparator: comparator.word().to_owned(), allowed })
}

/// What the root says of a member: a property, or what it says of all others.
fn property<'a>(root: &'a Value, id: &ConditionId) -> Option<&'a Value> {
    let object = followed(root, root);
    let named = object.get("properties").and_then(|it| it.get(id.as_str()));
    named.or_else(|| object.get("additionalProperties").filter(|it| it.is_object()))
}

fn followed<'a>(root: &'a Value, schema: &'a Value) -> &'a Value {
    let mut schema = schema;
    // No reference leads back to itself, so this ends.
    while let Some(target) = schema.get("$ref").and_then(Value::as_str).and_then(|it| resolve(root, it)) {
        schema = target;
    }
    schema
}

fn allowed(root: &Value, property: &Value) -> Result<Words, ShapeProblem> {
    let extension = |schema: &Value| schema.get("x-decision-gate").cloned().unwrap_or_default();
    let given = [property, followed(root, property)].map(extension);
    let dynamic = given.iter().any(|it| it.get("dynamic_type") == Some(&Value::Bool(true)));
    let suits = if dynamic { Suits::all() } else { suits(root, property).ok_or(ShapeProblem::Untyped)? };
    let Some(list) = given.iter().find_map(|it| it.get("allowed_comparators")) else { return Ok(suits.plain) };
    let list = list.as_array().filter(|it| !it.is_empty()).ok_or(ShapeProblem::Override)?;
    let known = |word: &Value| {
        let word = Comparator::named(word.as_str()?)?.word();
        (suits.plain.contains(word) || suits.consented.contains(word)).then_some(word)
    };
    list.iter().map(known).collect::<Option<Words>>().ok_or(ShapeProblem::Override)
}

/// What suits every value that the schema lets through; nothing when it names no type. `null` beside another type
/// says only that the value may be missing.
fn suits(root: &Value, schema: &Value) -> Option<Suits> {
    let schema = followed(root, schema);
    if schema.get("enum").or_else(|| schema.get("const")).is_some() {
        return Some(Suits::of(&[EQUALITY, &["in_set"]], &[]));
    }
    if let Some(kinds) = schema.get("type") {
        let kinds: Vec<&str> = match kinds.as_str() {
            Some(kind) => vec![kind],
            None => kinds.as_array()?.iter().filter_map(Value::as_str).collect(),
        };
        return narrowed(kinds.into_iter(), |kind| *kind == "null", |kind| Some(of_kind(root, schema, kind)));
    }
    let branches = ["oneOf", "anyOf"].iter().find_map(|it| schema.get(it)).and_then(Value::as_array)?;
    let is_null = |branch: &&Value| followed(root, branch).get("type").is_some_and(|it| it == "null");
    narrowed(branches.iter(), is_null, |branch| suits(root, branch))
}

fn narrowed<T>(
    all: impl Iterator<Item = T>,
    is_null: impl Fn(&T) -> bool,
    suits: impl Fn(T) -> Option<Suits>,
) -> Option<Suits> {
    let (null, others): (Vec<T>, Vec<T>) = all.partition(is_null);
    let mut found = others.into_iter().map(suits).collect::<Option<Vec<_>>>()?.into_iter();
    let first = found.next();
    match first {
        Some(first) => Some(found.fold(first, |all, one| all.both(&one))),
        None => (!null.is_empty()).then(|| Suits::of(&[EQUALITY], &[])),
    }
}

fn of_kind(root: &Value, schema: &Value, kind: &str) -> Suits {
    let format = schema.get("format").and_then(Value::as_str);
    match (kind, format) {
        ("boolean", _) | ("string", Some("uuid")) => Suits::of(&[EQUALITY, &["in_set"]], &[]),
        ("integer" | "number", _) | ("string", Some("date" | "date-time")) => {
            Suits::of(&[EQUALITY, ORDER, &["in_set"]], &[])
        }
        ("string", _) => Suits::of(&[EQUALITY, &["contains", "in_set"]], LEXICOGRAPHIC),
        ("array", _) if schema.get("items").is_some_and(|items| is_scalar(root, items)) => {
            Suits::of(&[&["contains"]], DEEP)
        }
        _ => Suits::of(&[], DEEP),
    }
}

fn is_scalar(root: &Value, items: &Value) -> bool {
    let items = followed(root, items);
    let scalar = |kind: &Value| kind.as_str().is_some_and(|kind| kind != "array" && kind != "object");
    match items.get("type") {
        Some(Value::Array(kinds)) => kinds.iter().all(scalar),
        Some(kind) => scalar(kind),
        None => items
            .get("enum")
            .and_then(Value::as_array)
            .is_some_and(|all| !all.iter().any(|it| it.is_array() || it.is_object())),
    }
}
