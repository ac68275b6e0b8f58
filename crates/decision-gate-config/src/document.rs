//! A document that the configuration names, such as a scenario: TOML, YAML or JSON by its ending, with the places of
//! its values, so that whoever checks it can name file and line.

use std::path::{Path, PathBuf};

use decision_gate_core::json;
use serde_json::{Map, Value};

use crate::error::{ConfigErrors, FileFault};
use crate::key_path::{KeyPath, Segment};
use crate::origin::Origin;
use crate::read;
use crate::tree::{Marks, Tree};

/// A document with the places of its values.
#[derive(Debug)]
pub struct Document {
    path: PathBuf,
    value: Value,
    marks: Marks,
}

impl Document {
    /// What it says.
    pub fn value(&self) -> &Value {
        &self.value
    }

    /// Where the value at a JSON Pointer was written, or the nearest one around it: `file:line:column`.
    pub fn place(&self, pointer: &str) -> String {
        let mut marks = &self.marks;
        for token in pointer.split('/').skip(1) {
            let key = token.replace("~1", "/").replace("~0", "~");
            let index = key.parse().ok().map(Segment::Index);
            let inner =
                marks.inner.get(&Segment::Key(key)).or_else(|| index.as_ref().and_then(|it| marks.inner.get(it)));
            // What may be written as a list or by name is counted in the order of the names.
            let inner = inner.or_else(|| token.parse().ok().and_then(|index| marks.inner.values().nth(index)));
            match inner {
                Some(inner) => marks = inner,
                None => break,
            }
        }
        let mark = marks.key.or(marks.value);
        let (line, column) = mark.map_or((None, None), |mark| (Some(mark.line), Some(mark.column)));
        Origin::File { path: self.path.clone(), line, column }.to_string()
    }
}

/// Reads the document at `path`.
///
/// # Errors
/// Everything that keeps it from being read, with its places. Numbers that RFC 8785 can't carry exactly are refused.
pub fn document(path: &Path) -> Result<Document, ConfigErrors> {
    let (parsed, misread) = read::file(path)?;
    if let Some(errors) = ConfigErrors::of(misread, false) {
        return Err(errors);
    }
    let value = value(&parsed.tree).map_err(|problem| {
        let origin = Origin::File { path: path.to_owned(), line: None, column: None };
        ConfigErrors::one(origin, KeyPath::ROOT, FileFault::Syntax { problem })
    })?;
    Ok(Document { path: path.to_owned(), value, marks: parsed.marks })
}

pub(crate) fn value(tree: &Tree) -> Result<Value, String> {
    let number = |text: String| {
        json::parse_exact(text.as_bytes(), &json::Limits::message(64))
            .map_err(|_| format!("`{text}` is a number that JSON can't carry exactly"))
    };
    Ok(match tree {
        Tree::Null | Tree::Removed => Value::Null,
        Tree::Bool(value) => Value::Bool(*value),
        Tree::Integer(integer) => number(integer.to_string())?,
        Tree::Float(float) => serde_json::Number::from_f64(*float)
            .map(Value::Number)
            .ok_or_else(|| format!("`{float}` is no number of JSON"))?,
        Tree::Text(text) => Value::String(text.clone()),
        Tree::List(items) => Value::Array(items.iter().map(value).collect::<Result<_, _>>()?),
        Tree::Table(entries) => {
            let member = |(key, inner): (&String, &Tree)| Ok((key.clone(), value(inner)?));
            Value::Object(entries.iter().map(member).collect::<Result<Map<_, _>, String>>()?)
        }
        Tree::Named(_, inner) => value(inner)?,
    })
}
