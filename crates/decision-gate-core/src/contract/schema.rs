//! JSON Schema 2020-12, closed: no reference leaves the document, patterns never backtrack.

use std::sync::OnceLock;

use serde_json::Value;

use super::plain;

/// Why a schema is refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SchemaError {
    /// A reference to something outside the document. Nothing is ever fetched or opened for a schema.
    #[error("`$ref` to `{reference}` at `{pointer}`: only references within the schema (`#…`) are allowed")]
    RemoteReference {
        /// The reference.
        reference: String,
        /// Where it stands.
        pointer: String,
    },
    /// Nested deeper than [`MAX_SCHEMA_DEPTH`].
    #[error("a schema may be nested at most {MAX_SCHEMA_DEPTH} deep")]
    TooDeep,
    /// Not a valid schema.
    #[error("not a valid JSON Schema 2020-12: {reason}")]
    Invalid {
        /// What the compiler said.
        reason: String,
    },
}

impl SchemaError {
    /// Stable code.
    pub fn code(&self) -> &'static str {
        match self {
            Self::RemoteReference { .. } => "schema_remote_reference",
            Self::TooDeep => "schema_too_deep",
            Self::Invalid { .. } => "schema_invalid",
        }
    }
}

/// How deep a schema may be nested.
pub const MAX_SCHEMA_DEPTH: usize = 32;

/// A schema that is known to be valid. One of the plain keywords is compiled once a value does not surely fit it, any
/// other at once.
#[derive(Debug)]
pub struct Schema {
    plain: Option<Value>,
    compiled: OnceLock<Option<jsonschema::Validator>>,
}

/// Where and why a value does not fit.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("at `{pointer}`: {reason}")]
pub struct Misfit {
    /// JSON Pointer into the value; empty for the whole.
    pub pointer: String,
    /// Which rule it breaks. Never shows the value itself.
    pub reason: String,
}

impl Schema {
    /// Proves `schema` valid, and compiles it where that takes a compiler.
    ///
    /// # Errors
    /// [`SchemaError`] when it refers outside itself or is not a schema.
    pub fn compile(schema: &Value) -> Result<Self, SchemaError> {
        refuse_remote(schema)?;
        if plain::is_plain(schema) {
            return Ok(Self { plain: Some(schema.clone()), compiled: OnceLock::new() });
        }
        let compiled = compile(schema).map_err(|error| {
            let place = match error.instance_path().to_string() {
                place if place.is_empty() => String::new(),
                place => format!("at `{place}`: "),
            };
            SchemaError::Invalid { reason: format!("{place}{error}").chars().take(300).collect() }
        })?;
        Ok(Self { plain: None, compiled: OnceLock::from(Some(compiled)) })
    }

    /// Whether `value` fits.
    pub fn fits(&self, value: &Value) -> bool {
        self.surely_fits(value) || self.compiled().is_some_and(|schema| schema.is_valid(value))
    }

    /// The first misfit of `value`.
    ///
    /// # Errors
    /// [`Misfit`] when it does not fit.
    pub fn check(&self, value: &Value) -> Result<(), Misfit> {
        if self.surely_fits(value) {
            return Ok(());
        }
        let unusable = || Misfit { pointer: String::new(), reason: "the schema can't be used".to_owned() };
        self.compiled().ok_or_else(unusable)?.validate(value).map_err(|error| Misfit {
            pointer: error.instance_path().to_string(),
            reason: error.masked_with("the value").to_string().chars().take(300).collect(),
        })
    }

    fn surely_fits(&self, value: &Value) -> bool {
        self.plain.as_ref().is_some_and(|schema| plain::surely_fits(schema, value))
    }

    /// Nothing for what can't be compiled, which a plain schema never is.
    fn compiled(&self) -> Option<&jsonschema::Validator> {
        self.compiled.get_or_init(|| self.plain.as_ref().and_then(|schema| compile(schema).ok())).as_ref()
    }
}

fn compile(schema: &Value) -> Result<jsonschema::Validator, jsonschema::ValidationError<'static>> {
    jsonschema::options()
        .with_draft(jsonschema::Draft::Draft202012)
        .with_pattern_options(jsonschema::PatternOptions::regex().size_limit(1 << 20))
        .should_validate_formats(true)
        .build(schema)
}

/// Refuses references that leave the document, wherever they stand, and what is nested too deep.
pub(super) fn refuse_remote(schema: &Value) -> Result<(), SchemaError> {
    refuse_below(schema, &mut String::new(), 0)
}

fn refuse_below(value: &Value, pointer: &mut String, depth: usize) -> Result<(), SchemaError> {
    if depth > MAX_SCHEMA_DEPTH {
        return Err(SchemaError::TooDeep);
    }
    match value {
        Value::Object(members) => {
            for (name, member) in members {
                let length = pointer.len();
                pointer.push('/');
                pointer.push_str(name);
                let refers = matches!(name.as_str(), "$ref" | "$dynamicRef" | "$recursiveRef" | "$schema" | "$id");
                if refers && let Value::String(reference) = member {
                    let known =
                        name == "$schema" && reference.starts_with("https://json-schema.org/draft/2020-12/schema");
                    if !known && !reference.starts_with('#') {
                        return Err(SchemaError::RemoteReference {
                            reference: reference.clone(),
                            pointer: pointer.clone(),
                        });
                    }
                }
                refuse_below(member, pointer, depth + 1)?;
                pointer.truncate(length);
            }
            Ok(())
        }
        Value::Array(items) => items.iter().try_for_each(|item| refuse_below(item, pointer, depth + 1)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn d32_a_schema_never_reaches_outside_itself() {
        for reference in ["file:///etc/passwd", "http://127.0.0.1:9/x", "https://example.org/s.json", "other.json"] {
            let error = Schema::compile(&json!({"properties": {"a": {"$ref": reference}}})).unwrap_err();
            assert_eq!(error.code(), "schema_remote_reference");
        }
        let inner = Schema::compile(&json!({"$defs": {"n": {"type": "integer"}}, "$ref": "#/$defs/n"})).unwrap();
        assert!(inner.fits(&json!(3)) && !inner.fits(&json!("3")));
    }

    #[test]
    fn a_misfit_names_the_place_and_never_the_value() {
        let schema = Schema::compile(&json!({"properties": {"a": {"type": "integer"}}})).unwrap();
        let misfit = schema.check(&json!({"a": "s3cret"})).unwrap_err();
        assert_eq!(misfit.pointer, "/a");
        assert!(!misfit.to_string().contains("s3cret"), "{misfit}");
    }
}
