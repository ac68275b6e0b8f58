//! What can be asked of a predicate by name, without knowing where in it that stands.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use crate::predicate::PredicateFault;

/// Something that can be asked of a kind of predicate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FactKind {
    /// Its name behind the word of the format: `builder_id` of `slsa.builder_id`.
    pub name: &'static str,
    /// What it says.
    pub about: &'static str,
    /// What its values look like.
    pub shape: Shape,
    /// One such value, or one of such values, as text.
    pub example: &'static str,
}

impl FactKind {
    /// One value that it may have.
    pub fn example_value(&self) -> Value {
        match self.shape {
            Shape::Text => json!(self.example),
            Shape::Texts => json!([self.example]),
            Shape::Count | Shape::Number => serde_json::from_str(self.example).unwrap_or_default(),
        }
    }
}

/// What the values of a fact look like.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shape {
    /// A text.
    Text,
    /// A whole number of 0 or more.
    Count,
    /// A number.
    Number,
    /// Texts, sorted, none of them twice.
    Texts,
}

impl Shape {
    /// Its JSON Schema.
    pub fn schema(self) -> Value {
        match self {
            Self::Text => json!({ "type": "string" }),
            Self::Count => json!({ "type": "integer", "minimum": 0 }),
            Self::Number => json!({ "type": "number" }),
            Self::Texts => json!({ "type": "array", "items": { "type": "string" } }),
        }
    }
}

/// The facts of one predicate.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Facts(BTreeMap<&'static str, Result<Value, PredicateFault>>);

impl Facts {
    /// With this fact. One that is not said is left out.
    #[must_use]
    pub(crate) fn with(mut self, name: &'static str, value: Option<impl Into<Value>>) -> Self {
        if let Some(value) = value {
            self.0.insert(name, Ok(value.into()));
        }
        self
    }

    /// With these texts, sorted, none of them twice.
    #[must_use]
    pub(crate) fn with_texts(self, name: &'static str, texts: Option<&[String]>) -> Self {
        let sorted = |texts: &[String]| {
            let mut texts = texts.to_vec();
            texts.sort();
            texts.dedup();
            texts
        };
        self.with(name, texts.map(sorted))
    }

    /// With a fact that may be unreadable without the rest being so.
    #[must_use]
    pub(crate) fn with_result(mut self, name: &'static str, fact: Result<Option<Value>, PredicateFault>) -> Self {
        if let Some(fact) = fact.transpose() {
            self.0.insert(name, fact);
        }
        self
    }

    /// What the predicate says; nothing where it does not say it.
    ///
    /// # Errors
    /// [`PredicateFault`] where it says it in a way that is not understood.
    pub fn get(&self, name: &str) -> Result<Option<&Value>, PredicateFault> {
        self.0.get(name).map(Result::as_ref).transpose().map_err(Clone::clone)
    }

    /// All that are said and understood, by name.
    pub fn iter(&self) -> impl Iterator<Item = (&'static str, &Value)> {
        self.0.iter().filter_map(|(name, fact)| Some((*name, fact.as_ref().ok()?)))
    }
}
