//! Data shapes: JSON Schemas by name and version, that the payload of a precheck must fit.
//!
//! A caller may write one, so it is held tighter than a contract: bounded in size, in depth and in what checking can
//! cost with all its references followed, and closed to anything outside itself. A reference may not lead back to
//! where it came from. Whether a shape suits the conditions that are judged is in [`types`].

mod types;

use serde_json::Value;

use super::schema::{Misfit, Schema, SchemaError};
use crate::digest::Digest;
use crate::json::canonical;
use crate::scenario::ConditionSpec;

pub use self::types::{ShapeGap, ShapeProblem};

/// The most bytes of a shape in canonical form.
pub const MAX_SHAPE_BYTES: usize = 64 * 1024;

/// The most values in a shape, counted anew at each reference to them.
pub const MAX_SHAPE_NODES: u64 = 4_096;

/// How far a shape may be nested with all references followed.
const MAX_DEPTH: usize = 128;

/// The most work for one payload: values of the shape times the weight of the payload.
const MAX_WORK: u64 = 1 << 24;

/// Keywords that refer by name, which a shape can do without.
const BY_NAME: [&str; 5] = ["$anchor", "$dynamicAnchor", "$dynamicRef", "$recursiveAnchor", "$recursiveRef"];

/// Why a schema can't be a data shape.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ShapeError {
    /// More than [`MAX_SHAPE_BYTES`].
    #[error("the schema has {actual} bytes in canonical form, the limit is {MAX_SHAPE_BYTES}")]
    TooLarge {
        /// Its size.
        actual: usize,
    },
    /// Not a schema, or one that reaches outside itself.
    #[error(transparent)]
    Schema(#[from] SchemaError),
    /// A reference that is not a JSON Pointer into the schema, or leads nowhere.
    #[error("the reference at `{pointer}` does not lead to a place in the schema")]
    Reference {
        /// Where it stands.
        pointer: String,
    },
    /// A reference that leads back to where it came from.
    #[error("the reference at `{pointer}` leads back to itself")]
    Loop {
        /// Where it stands.
        pointer: String,
    },
    /// More than [`MAX_SHAPE_NODES`], or nested too deep, once references are followed.
    #[error("with its references followed, the schema has more than {MAX_SHAPE_NODES} values or {MAX_DEPTH} levels")]
    TooCostly,
}

impl ShapeError {
    /// Stable code.
    pub fn code(&self) -> &'static str {
        match self {
            Self::TooLarge { .. } => "schema_too_large",
            Self::Schema(error) => error.code(),
            Self::Reference { .. } => "schema_reference_invalid",
            Self::Loop { .. } => "schema_reference_loop",
            Self::TooCostly => "schema_too_costly",
        }
    }

    /// Where in the schema, when it has a place.
    pub fn pointer(&self) -> Option<&str> {
        match self {
            Self::Schema(SchemaError::RemoteReference { pointer, .. })
            | Self::Reference { pointer }
            | Self::Loop { pointer } => Some(pointer),
            Self::TooLarge { .. } | Self::Schema(_) | Self::TooCostly => None,
        }
    }

    /// What to do.
    pub fn hint(&self) -> &'static str {
        match self {
            Self::TooLarge { .. } | Self::TooCostly => "describe the conditions only, and repeat less",
            Self::Schema(SchemaError::RemoteReference { .. }) => {
                "put what is meant under `$defs` and refer to it there"
            }
            Self::Schema(_) => "correct the schema; it is read as draft 2020-12",
            Self::Reference { .. } => "refer by JSON Pointer, such as `#/$defs/name`",
            Self::Loop { .. } => "write the levels out; a data shape does not recurse",
        }
    }
}

/// Why a payload does not fit.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PayloadMisfit {
    /// It breaks a rule of the shape.
    #[error("the payload does not match the schema {0}")]
    Rule(Misfit),
    /// To check it would take too long.
    #[error("the payload is too large to be checked by a schema of this size")]
    TooCostly,
}

/// A schema that payloads are checked by.
#[derive(Debug)]
pub struct DataShape {
    root: Value,
    digest: Digest,
    compiled: Schema,
    nodes: u64,
}

impl DataShape {
    /// Checks and compiles a schema.
    ///
    /// # Errors
    /// [`ShapeError`] when it is no schema, reaches outside itself, or would cost too much.
    pub fn new(schema: &Value) -> Result<Self, ShapeError> {
        let bytes = canonical::to_vec(schema);
        if bytes.len() > MAX_SHAPE_BYTES {
            return Err(ShapeError::TooLarge { actual: bytes.len() });
        }
        super::schema::refuse_remote(schema)?;
        let mut walk = Walk { root: schema, nodes: 0, followed: Vec::new(), pointer: String::new() };
        walk.visit(schema, 0)?;
        let nodes = walk.nodes;
        Ok(Self { root: schema.clone(), digest: Digest::of(&bytes), compiled: Schema::compile(schema)?, nodes })
    }

    /// The schema.
    pub fn schema(&self) -> &Value {
        &self.root
    }

    /// Its canonical JSON: what is kept.
    pub fn to_bytes(&self) -> Vec<u8> {
        canonical::to_vec(&self.root)
    }

    /// Digest of that.
    pub fn digest(&self) -> Digest {
        self.digest
    }

    /// Whether a payload fits.
    ///
    /// # Errors
    /// [`PayloadMisfit`] with the first place where it does not; never with the value that stands there.
    pub fn check(&self, payload: &Value) -> Result<(), PayloadMisfit> {
        if self.nodes.saturating_mul(weight(payload)) > MAX_WORK {
            return Err(PayloadMisfit::TooCostly);
        }
        self.compiled.check(payload).map_err(PayloadMisfit::Rule)
    }

    /// What keeps the shape from describing these conditions: each must have a declared type, and a comparator that
    /// suits it.
    pub fn gaps<'a>(&self, conditions: impl Iterator<Item = &'a ConditionSpec>) -> Vec<ShapeGap> {
        conditions.filter_map(|condition| types::gap(&self.root, condition)).collect()
    }
}

/// How much of a payload there is to look at: its values, and a part of its texts.
fn weight(value: &Value) -> u64 {
    let text = |text: &str| u64::try_from(text.len() / 16).unwrap_or(u64::MAX);
    let inner: u64 = match value {
        Value::Object(members) => members.iter().map(|(name, member)| text(name) + weight(member)).sum(),
        Value::Array(items) => items.iter().map(weight).sum(),
        Value::String(string) => text(string),
        Value::Null | Value::Bool(_) | Value::Number(_) => 0,
    };
    inner + 1
}

/// What a reference such as `#/$defs/name` leads to.
fn resolve<'a>(root: &'a Value, reference: &str) -> Option<&'a Value> {
    // What is percent-encoded reads differently in a URI and in a pointer, so it is not taken at all.
    let pointer = reference.strip_prefix('#').filter(|it| !it.contains('%'))?;
    root.pointer(pointer)
}

/// A walk over everything that a check can come to.
struct Walk<'a> {
    root: &'a Value,
    nodes: u64,
    followed: Vec<&'a str>,
    pointer: String,
}

impl<'a> Walk<'a> {
    fn visit(&mut self, value: &'a Value, depth: usize) -> Result<(), ShapeError> {
        self.nodes += 1;
        if self.nodes > MAX_SHAPE_NODES || depth > MAX_DEPTH {
            return Err(ShapeError::TooCostly);
        }
        match value {
            Value::Object(members) => members.iter().try_for_each(|(name, member)| {
                let length = self.pointer.len();
                self.pointer.push('/');
                self.pointer.push_str(&name.replace('~', "~0").replace('/', "~1"));
                match member.as_str() {
                    Some(reference) if name == "$ref" => self.follow(reference, depth)?,
                    Some(_) if BY_NAME.contains(&name.as_str()) => {
                        return Err(ShapeError::Reference { pointer: self.pointer.clone() });
                    }
                    Some(_) | None => self.visit(member, depth + 1)?,
                }
                self.pointer.truncate(length);
                Ok(())
            }),
            Value::Array(items) => items.iter().enumerate().try_for_each(|(index, item)| {
                let length = self.pointer.len();
                self.pointer.push_str(&format!("/{index}"));
                self.visit(item, depth + 1)?;
                self.pointer.truncate(length);
                Ok(())
            }),
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => Ok(()),
        }
    }

    fn follow(&mut self, reference: &'a str, depth: usize) -> Result<(), ShapeError> {
        let target = resolve(self.root, reference);
        let target = target.ok_or_else(|| ShapeError::Reference { pointer: self.pointer.clone() })?;
        let target_pointer = reference.trim_start_matches('#');
        let goes_round = self.followed.contains(&reference)
            || target_pointer.is_empty()
            || self.pointer.strip_prefix(target_pointer).is_some_and(|rest| rest.starts_with('/'));
        if goes_round {
            return Err(ShapeError::Loop { pointer: self.pointer.clone() });
        }
        let back = std::mem::replace(&mut self.pointer, target_pointer.to_owned());
        self.followed.push(reference);
        self.visit(target, depth + 1)?;
        self.followed.pop();
        self.pointer = back;
        Ok(())
    }
}

#[cfg(test)]
mod tests;
