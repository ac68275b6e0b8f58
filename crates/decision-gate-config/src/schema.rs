//! The JSON Schema of the configuration, and what else can be read off it.
//!
//! The schema is generated from the types that the reader reads into. Environment variables and flags are only
//! texts; the schema says which of them are numbers, which lists, and where a key is a name in its exact case.

use std::collections::BTreeSet;

use decision_gate_core::json::schema::document;
use serde_json::{Map, Value};

use crate::Config;
use crate::error::Fault;
use crate::key_path::{KeyPath, Segment};
use crate::read;
use crate::tree::Tree;

/// The JSON Schema (2020-12) of a configuration file.
pub fn schema() -> Value {
    document::<Config>("config", "Decision Gate configuration")
}

/// The schema as a map of what may stand where.
pub(crate) struct Shapes(Value);

/// Names within keys: what they were taken apart at, and those that are known.
#[derive(Clone, Copy)]
pub(crate) struct Names<'a> {
    pub(crate) separator: &'static str,
    pub(crate) known: &'a BTreeSet<String>,
}

/// Why keys of a variable or a flag lead nowhere, or their text is nothing that may stand there.
pub(crate) enum Unresolved {
    /// No such key.
    Key { at: KeyPath, key: String, allowed: Vec<String> },
    /// No such value.
    Value { at: KeyPath, fault: Fault },
}

impl Shapes {
    pub(crate) fn new() -> Self {
        Self(schema())
    }

    /// Those of another schema.
    pub(crate) fn of(schema: Value) -> Self {
        Self(schema)
    }

    /// What `text` means where `keys` lead, which are in any case but for names. A name may have been taken
    /// apart: known ones are put together first, then as little as leads somewhere.
    ///
    /// # Errors
    /// The path as far as it could be followed, and why no further.
    pub(crate) fn resolve(&self, keys: &[&str], names: &Names<'_>, text: &str) -> Result<(KeyPath, Tree), Unresolved> {
        let (path, node) = self.follow(&self.0, &KeyPath::ROOT, keys, names)?;
        match Kinds::of(&self.views(node)).read(text) {
            Ok(tree) => Ok((path, tree)),
            Err(fault) => Err(Unresolved::Value { at: path, fault }),
        }
    }

    fn follow<'a>(
        &'a self,
        node: &'a Value,
        at: &KeyPath,
        keys: &[&str],
        names: &Names<'_>,
    ) -> Result<(KeyPath, &'a Value), Unresolved> {
        let Some((key, rest)) = keys.split_first() else { return Ok((at.clone(), node)) };
        let views = self.views(node);
        let of_view = |view: &&'a Value| properties(view)?.iter().find(|(name, _)| name.eq_ignore_ascii_case(key));
        if let Some((name, inner)) = views.iter().find_map(of_view) {
            return self.follow(inner, &at.key(name), rest, names);
        }
        let mut others = views.iter().filter_map(|view| view.get("additionalProperties").filter(|it| it.is_object()));
        let Some(inner) = others.next() else {
            let allowed = views.iter().filter_map(|view| properties(view)).flat_map(Map::keys).cloned().collect();
            return Err(Unresolved::Key { at: at.clone(), key: (*key).to_owned(), allowed });
        };
        let splits = (1..=keys.len()).filter_map(|taken| keys.split_at_checked(taken));
        let mut splits: Vec<_> = splits.map(|(name, rest)| (name.join(names.separator), rest)).collect();
        splits.sort_by_key(|(name, _)| !names.known.contains(name));
        let mut first = None;
        for (name, rest) in splits {
            match self.follow(inner, &at.key(name), rest, names) {
                Ok((path, found)) if !is_table(found) => return Ok((path, found)),
                Ok((path, _)) => {
                    let expected = "a further level: an option is set by its whole path".to_owned();
                    let fault = Fault::Type { expected, found: "a table".to_owned() };
                    first = first.or(Some(Unresolved::Value { at: path, fault }));
                }
                Err(unresolved) => first = first.or(Some(unresolved)),
            }
        }
        Err(first.unwrap_or(Unresolved::Key { at: at.clone(), key: (*key).to_owned(), allowed: Vec::new() }))
    }

    /// Every key path that leads through tables only, such as `limits.drain_ms`.
    pub(crate) fn key_paths(&self) -> Vec<String> {
        let mut paths = Vec::new();
        self.collect(&self.0, &KeyPath::ROOT, &mut paths);
        paths
    }

    fn collect(&self, node: &Value, at: &KeyPath, paths: &mut Vec<String>) {
        for view in self.views(node) {
            for (key, inner) in properties(view).into_iter().flatten() {
                let path = at.key(key);
                // The options of a release policy are found by its own schema.
                if key == "PolicyGates" || key == "Logging" {
                    continue;
                }
                paths.push(path.to_string());
                self.collect(inner, &path, paths);
            }
        }
    }

    /// What `text` means at `path`, whose keys may still be in the case of environment variables.
    ///
    /// # Errors
    /// The path as far as it could be followed, and why no further.
    pub(crate) fn read(&self, keys: &[&str], text: &str) -> Result<(KeyPath, Tree), (KeyPath, Fault)> {
        let mut at = KeyPath::ROOT;
        let mut node = &self.0;
        for (depth, key) in keys.iter().enumerate() {
            let views = self.views(node);
            let lower = key.to_lowercase();
            if let Some(inner) = views.iter().find_map(|view| properties(view)?.get(&lower)) {
                (at, node) = (at.key(lower), inner);
                continue;
            }
            // The keys of a map are names: in their exact case, and `__` is part of them.
            if let Some(inner) =
                views.iter().find_map(|view| view.get("additionalProperties").filter(|it| it.is_object()))
            {
                let name = keys.get(depth..).unwrap_or_default().join("__");
                let path = at.key(name);
                return Kinds::of(&self.views(inner))
                    .read(text)
                    .map(|tree| (path.clone(), tree))
                    .map_err(|it| (path, it));
            }
            return Err((at.key(lower.clone()), unknown(&views, lower)));
        }
        let read = Kinds::of(&self.views(node)).read(text);
        read.map(|tree| (at.clone(), tree)).map_err(|fault| (at, fault))
    }

    /// All keys that must stand in the table at `path`, of which `key` is one.
    pub(crate) fn required(&self, path: &KeyPath, key: &str) -> Vec<String> {
        let mut nodes = vec![&self.0];
        for segment in path.segments() {
            let views = nodes.iter().flat_map(|node| self.views(node));
            nodes = match segment {
                Segment::Key(key) => views
                    .filter_map(|view| properties(view).and_then(|it| it.get(key)).or(view.get("additionalProperties")))
                    .collect(),
                Segment::Index(_) => views.filter_map(|view| view.get("items")).collect(),
            };
        }
        let views = nodes.iter().flat_map(|node| self.views(node));
        let lists = views.filter_map(|view| view.get("required")?.as_array());
        let mut lists = lists.filter(|list| list.iter().any(|it| it == key));
        lists.next().into_iter().flatten().filter_map(Value::as_str).map(str::to_owned).collect()
    }

    /// The node and everything that it refers to or offers as an alternative.
    fn views<'a>(&'a self, node: &'a Value) -> Vec<&'a Value> {
        let mut views = vec![node];
        let mut next = 0;
        while let Some(view) = views.get(next).copied() {
            next += 1;
            let target =
                view.get("$ref").and_then(Value::as_str).and_then(|it| self.0.pointer(it.trim_start_matches('#')));
            let choices = ["anyOf", "oneOf"].iter().filter_map(|key| view.get(key)?.as_array()).flatten();
            views.extend(target.into_iter().chain(choices));
        }
        views
    }
}

/// Whether it is a table of further keys and nothing else.
fn is_table(node: &Value) -> bool {
    node.get("additionalProperties").is_some() || properties(node).is_some()
}

fn properties(node: &Value) -> Option<&Map<String, Value>> {
    node.get("properties")?.as_object()
}

/// Why `key` leads nowhere.
fn unknown(views: &[&Value], key: String) -> Fault {
    let allowed: Vec<String> = views.iter().filter_map(|view| properties(view)).flat_map(Map::keys).cloned().collect();
    if allowed.is_empty() {
        let expected = "no further level: a list or a single value is set as a whole".to_owned();
        return Fault::Type { expected, found: format!("key `{key}`") };
    }
    Fault::UnknownKey { key, allowed, elsewhere: None }
}

/// Which kinds of values may stand at a place.
struct Kinds<'a>(Vec<&'a str>);

impl<'a> Kinds<'a> {
    fn of(views: &[&'a Value]) -> Self {
        let types = views.iter().filter_map(|view| view.get("type"));
        let words = |node: &'a Value| match node.as_array() {
            Some(words) => words.iter().filter_map(Value::as_str).collect(),
            None => node.as_str().into_iter().collect::<Vec<_>>(),
        };
        Self(types.flat_map(words).collect())
    }

    fn has(&self, kind: &str) -> bool {
        self.0.contains(&kind)
    }

    /// Reads a text as the kind of value that is wanted. What does not fit stays text; that it does not fit is
    /// found, with the range, where every value is checked.
    fn read(&self, text: &str) -> Result<Tree, Fault> {
        let whole = self.has("array") || self.has("object");
        if whole && text.trim_start().starts_with(['[', '{']) {
            return read::inline(text);
        }
        if self.has("boolean") && (text == "true" || text == "false") {
            return Ok(Tree::Bool(text == "true"));
        }
        if (self.has("integer") || self.has("number"))
            && let Ok(number) = text.parse()
        {
            return Ok(Tree::Integer(number));
        }
        if self.has("number")
            && let Some(number) = text.parse().ok().filter(|it: &f64| it.is_finite())
        {
            return Ok(Tree::Float(number));
        }
        if self.has("null") && text == "null" {
            return Ok(Tree::Null);
        }
        if whole && !self.has("string") {
            let expected =
                if self.has("array") { "a list, such as `[\"a\", \"b\"]`" } else { "a table, such as `{\"a\": 1}`" };
            return Err(Fault::Type { expected: expected.to_owned(), found: format!("string `{text}`") });
        }
        Ok(Tree::Text(text.to_owned()))
    }
}
