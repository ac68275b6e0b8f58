//! Layers: what each source sets, merged by `figment`, later over earlier.
//!
//! Tables merge key by key, everything else, lists too, replaces what was there. Where a value of the merged
//! configuration came from is the last layer that has something at its path.

use std::collections::BTreeMap;
use std::path::PathBuf;

use figment::value::{Dict, Empty, Num, Tag, Value};
use figment::{Figment, Metadata, Profile, Provider};

use crate::key_path::{KeyPath, Segment};
use crate::origin::Origin;
use crate::tree::{Mark, Marks, Tree};

/// Who sets the values of a layer.
#[derive(Clone, Debug)]
pub(crate) enum Setter {
    File(PathBuf),
    Variable(String),
    Flag(String),
}

impl Setter {
    /// The setter without a place in it.
    pub(crate) fn origin(&self) -> Origin {
        match self {
            Self::File(path) => Origin::File { path: path.clone(), line: None, column: None },
            Self::Variable(name) => Origin::Variable { name: name.clone() },
            Self::Flag(name) => Origin::Flag { name: name.clone() },
        }
    }
}

/// What one source sets.
#[derive(Clone, Debug)]
pub(crate) struct Layer {
    pub(crate) setter: Setter,
    pub(crate) tree: Tree,
    pub(crate) marks: Marks,
}

impl Layer {
    /// A layer that sets the one value at `path`.
    pub(crate) fn single(setter: Setter, path: &KeyPath, value: Tree) -> Self {
        let marks = Marks::single(path, unplaced(&value));
        let tree = path.segments().iter().rev().fold(value, |inner, segment| match segment {
            Segment::Key(key) => Tree::Table(BTreeMap::from([(key.clone(), inner)])),
            Segment::Index(_) => Tree::List(vec![inner]),
        });
        Self { setter, tree, marks }
    }

    fn origin(&self, marks: &Marks, at: At) -> Origin {
        let mark: Option<Mark> = match at {
            At::Key => marks.key.or(marks.value),
            At::Value => marks.value.or(marks.key),
        };
        match &self.setter {
            Setter::File(path) => Origin::File {
                path: path.clone(),
                line: mark.map(|mark| mark.line),
                column: mark.map(|mark| mark.column),
            },
            Setter::Variable(name) => Origin::Variable { name: name.clone() },
            Setter::Flag(name) => Origin::Flag { name: name.clone() },
        }
    }
}

/// Whether a fault is about a key or about the value beside it.
#[derive(Clone, Copy)]
pub(crate) enum At {
    Key,
    Value,
}

/// All layers, lowest first; the built-in defaults lie below them.
#[derive(Clone, Debug, Default)]
pub(crate) struct Layers(pub(crate) Vec<Layer>);

impl Layers {
    /// The values of all layers in one tree.
    pub(crate) fn merged(&self) -> Result<Tree, String> {
        let merged = self.0.iter().fold(Figment::new(), Figment::merge);
        let mut profiles = merged.data().map_err(|error| error.to_string())?;
        let entries = profiles.remove(&Profile::Default).unwrap_or_default();
        Ok(Tree::Table(entries.into_iter().map(|(key, value)| (key, from_figment(value))).collect()))
    }

    /// Who set the value at exactly `path`, if anybody did.
    pub(crate) fn setter_of(&self, path: &KeyPath) -> Option<Origin> {
        self.0.iter().rev().find_map(|layer| Some(layer.origin(layer.marks.at(path)?, At::Value)))
    }

    /// Where a fault about `path` should point: at its place, else at the nearest place around it.
    pub(crate) fn place_of(&self, path: &KeyPath, at: At) -> Origin {
        let whole = self.0.iter().rev().find_map(|layer| Some(layer.origin(layer.marks.at(path)?, at)));
        match (whole, path.split_last()) {
            (Some(origin), _) => origin,
            (None, Some((parents, _))) => self.place_of(&KeyPath::from(parents.to_vec()), At::Value),
            (None, None) => Origin::BuiltIn,
        }
    }
}

impl Provider for &Layer {
    fn metadata(&self) -> Metadata {
        Metadata::default()
    }

    fn data(&self) -> Result<figment::value::Map<Profile, Dict>, figment::Error> {
        let Value::Dict(_, entries) = to_figment(&self.tree) else { return Ok(Profile::Default.collect(Dict::new())) };
        Ok(Profile::Default.collect(entries))
    }
}

/// The shape of a value without places: variables and flags have none.
fn unplaced(tree: &Tree) -> Marks {
    let inner = if let Tree::Table(entries) = tree {
        entries.iter().map(|(key, value)| (Segment::Key(key.clone()), unplaced(value))).collect()
    } else if let Tree::List(items) = tree {
        items.iter().enumerate().map(|(index, item)| (Segment::Index(index), unplaced(item))).collect()
    } else {
        BTreeMap::new()
    };
    Marks { inner, ..Marks::default() }
}

fn to_figment(tree: &Tree) -> Value {
    let tag = Tag::Default;
    match tree {
        Tree::Null => Value::Empty(tag, Empty::None),
        Tree::Removed => Value::Empty(tag, Empty::Unit),
        Tree::Bool(value) => Value::Bool(tag, *value),
        Tree::Integer(number) => Value::Num(tag, Num::I128(*number)),
        Tree::Float(number) => Value::Num(tag, Num::F64(*number)),
        Tree::Text(text) => Value::String(tag, text.clone()),
        Tree::List(items) => Value::Array(tag, items.iter().map(to_figment).collect()),
        Tree::Named(_, inner) => to_figment(inner),
        Tree::Table(entries) => {
            Value::Dict(tag, entries.iter().map(|(key, value)| (key.clone(), to_figment(value))).collect())
        }
    }
}

fn from_figment(value: Value) -> Tree {
    match value {
        Value::Empty(_, Empty::None) => Tree::Null,
        Value::Empty(_, Empty::Unit) => Tree::Removed,
        Value::Bool(_, value) => Tree::Bool(value),
        Value::Char(_, character) => Tree::Text(character.to_string()),
        Value::String(_, text) => Tree::Text(text),
        Value::Num(_, Num::F64(number)) => Tree::Float(number),
        Value::Num(_, Num::F32(number)) => Tree::Float(number.into()),
        Value::Num(_, number) => match (number.to_i128(), number.to_u128()) {
            (Some(number), _) => Tree::Integer(number),
            (None, number) => Tree::Integer(number.and_then(|it| i128::try_from(it).ok()).unwrap_or(i128::MAX)),
        },
        Value::Array(_, items) => Tree::List(items.into_iter().map(from_figment).collect()),
        Value::Dict(_, entries) => {
            Tree::Table(entries.into_iter().map(|(key, value)| (key, from_figment(value))).collect())
        }
    }
}
