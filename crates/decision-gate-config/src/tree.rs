//! A parsed value before it has a type, the same for TOML, YAML, JSON, environment variables and flags.
//!
//! [`Marks`] stand beside a [`Tree`] and remember where each key and value was written. They are a tree too, so
//! that the memory they take is linear in the file.

use std::cell::Cell;
use std::collections::BTreeMap;

use crate::key_path::{KeyPath, Segment};

/// A value without a type.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) enum Tree {
    #[default]
    Null,
    Bool(bool),
    Integer(i128),
    Float(f64),
    Text(String),
    List(Vec<Tree>),
    Table(BTreeMap<String, Tree>),
    /// Settings whose shape depends on a name that stands elsewhere.
    Named(&'static str, Box<Tree>),
    /// A list item that was found faulty; it keeps its place so that the indices of its neighbours stay true.
    Removed,
}

impl Tree {
    pub(crate) fn table() -> Self {
        Self::Table(BTreeMap::new())
    }

    /// How a message calls this value.
    pub(crate) fn describe(&self) -> String {
        match self {
            Self::Null => "null".to_owned(),
            Self::Bool(value) => format!("boolean `{value}`"),
            Self::Integer(number) => format!("integer `{number}`"),
            Self::Float(number) => format!("decimal number `{number}`"),
            Self::Text(text) => format!("string `{}`", cut(text)),
            Self::List(_) => "a list".to_owned(),
            Self::Table(_) | Self::Named(..) => "a table".to_owned(),
            Self::Removed => "nothing".to_owned(),
        }
    }

    fn entries(&self) -> Option<&BTreeMap<String, Self>> {
        if let Self::Named(_, inner) = self {
            return inner.entries();
        }
        if let Self::Table(entries) = self { Some(entries) } else { None }
    }

    fn entries_mut(&mut self) -> Option<&mut BTreeMap<String, Self>> {
        if let Self::Named(_, inner) = self {
            return inner.entries_mut();
        }
        if let Self::Table(entries) = self { Some(entries) } else { None }
    }

    pub(crate) fn get(&self, key: &str) -> Option<&Self> {
        self.entries()?.get(key)
    }

    pub(crate) fn get_mut(&mut self, key: &str) -> Option<&mut Self> {
        self.entries_mut()?.get_mut(key)
    }

    pub(crate) fn items_mut(&mut self) -> &mut [Self] {
        if let Self::List(items) = self { items } else { &mut [] }
    }

    pub(crate) fn text(&self) -> Option<&str> {
        if let Self::Text(text) = self { Some(text) } else { None }
    }

    /// The value at `path`.
    pub(crate) fn at(&self, path: &KeyPath) -> Option<&Self> {
        path.segments().iter().try_fold(self, |tree, segment| match (segment, tree) {
            (Segment::Key(key), tree) => tree.get(key),
            (Segment::Index(index), Self::List(items)) => items.get(*index),
            (Segment::Index(_), _) => None,
        })
    }

    /// Takes the value at `path` out, so that what is left can be read on. Nothing there is nothing to do.
    pub(crate) fn remove(&mut self, path: &KeyPath) {
        let Some((parents, last)) = path.split_last() else {
            *self = Self::table();
            return;
        };
        let mut at = self;
        for segment in parents {
            let next = match segment {
                Segment::Key(key) => at.get_mut(key),
                Segment::Index(index) => at.items_mut().get_mut(*index),
            };
            match next {
                Some(next) => at = next,
                None => return,
            }
        }
        match last {
            Segment::Key(key) => {
                if let Some(entries) = at.entries_mut() {
                    entries.remove(key);
                }
            }
            Segment::Index(index) => {
                if let Some(item) = at.items_mut().get_mut(*index) {
                    *item = Self::Removed;
                }
            }
        }
    }
}

/// A line and a column, both from 1; columns count characters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Mark {
    pub(crate) line: u32,
    pub(crate) column: u32,
}

/// Where a value and what is in it were written.
#[derive(Clone, Debug, Default)]
pub(crate) struct Marks {
    /// Where its key stands, for values in a table.
    pub(crate) key: Option<Mark>,
    /// Where it stands itself.
    pub(crate) value: Option<Mark>,
    pub(crate) inner: BTreeMap<Segment, Marks>,
}

impl Marks {
    /// The marks at `path`, if the value is there at all.
    pub(crate) fn at(&self, path: &KeyPath) -> Option<&Self> {
        path.segments().iter().try_fold(self, |marks, segment| marks.inner.get(segment))
    }

    /// Marks of a single value at `path`, without places: variables and flags have none.
    pub(crate) fn single(path: &KeyPath, leaf: Self) -> Self {
        path.segments()
            .iter()
            .rev()
            .fold(leaf, |inner, segment| Self { inner: BTreeMap::from([(segment.clone(), inner)]), ..Self::default() })
    }
}

/// Turns byte offsets into lines and columns. It remembers the last one: a file may be one long line.
pub(crate) struct Lines<'a> {
    text: &'a str,
    starts: Vec<usize>,
    last: Cell<Place>,
}

/// Characters of a line that lie before an offset.
#[derive(Clone, Copy, Default)]
struct Place {
    offset: usize,
    characters: usize,
}

impl<'a> Lines<'a> {
    pub(crate) fn new(text: &'a str) -> Self {
        let after_newlines = text.bytes().enumerate().filter(|(_, byte)| *byte == b'\n').map(|(at, _)| at + 1);
        Self { text, starts: std::iter::once(0).chain(after_newlines).collect(), last: Cell::default() }
    }

    pub(crate) fn mark(&self, offset: usize) -> Mark {
        let offset = offset.min(self.text.len());
        let line = self.starts.partition_point(|start| *start <= offset);
        let start = self.starts.get(line.saturating_sub(1)).copied().unwrap_or(0);
        let last = self.last.get();
        let known = if (start..=offset).contains(&last.offset) { last } else { Place { offset: start, characters: 0 } };
        let between = self.text.as_bytes().get(known.offset..offset).unwrap_or_default();
        // Continuation bytes of UTF-8 are no characters of their own.
        let characters = known.characters + between.iter().filter(|byte| **byte & 0xC0 != 0x80).count();
        self.last.set(Place { offset, characters });
        Mark { line: small(line), column: small(characters + 1) }
    }
}

/// The longest piece of a value that is repeated in a message.
const MAX_SHOWN: usize = 80;

/// A text as far as a message repeats it.
pub(crate) fn cut(text: &str) -> String {
    if text.chars().count() <= MAX_SHOWN {
        return text.to_owned();
    }
    text.chars().take(MAX_SHOWN).chain("…".chars()).collect()
}

/// A line or column number; files are at most 1 MiB, so none is cut.
pub(crate) fn small(number: usize) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}
