//! YAML 1.2 through `serde-saphyr`, every node wrapped in its location.
//!
//! Aliases are allowed and bounded; merge keys, tags that mean nothing here, duplicate keys, further documents
//! and the YAML 1.1 booleans (`yes`, `off`) are not, since each of them is a way to say something else than is read.

use std::fmt;

use serde::Deserialize;
use serde::de::{Deserializer, MapAccess, SeqAccess, Visitor};
use serde_saphyr::budget::BudgetBreach;
use serde_saphyr::options::{DuplicateKeyPolicy, MergeKeyPolicy};
use serde_saphyr::{Error, Location, Options, Spanned, UserMessageFormatter};

use super::{MAX_DEPTH, MAX_FILE_BYTES, Misread, Parsed};
use crate::key_path::Segment;
use crate::tree::{Mark, Marks, Tree, small};

/// The most values in a file, those that aliases repeat included.
const MAX_NODES: usize = 100_000;

pub(super) fn read(text: &str) -> Result<Parsed, Misread> {
    // An empty document has no node to be located.
    if text.lines().all(|line| line.trim_start().is_empty() || line.trim_start().starts_with('#')) {
        return Ok(Parsed { tree: Tree::Null, ..Parsed::default() });
    }
    let node: Spanned<Node> = serde_saphyr::from_str_with_options(text, options()).map_err(|error| {
        let mark = error.location().and_then(mark);
        Misread::syntax(mark, problem(&error))
    })?;
    let (tree, marks) = node.value.take(&node.referenced);
    Ok(Parsed { tree, marks, misreads: Vec::new() })
}

fn options() -> Options {
    serde_saphyr::options! {
        budget: serde_saphyr::budget! {
            max_reader_input_bytes: usize::try_from(MAX_FILE_BYTES).ok(),
            max_depth: MAX_DEPTH,
            max_nodes: MAX_NODES,
            max_documents: 1,
        },
        alias_limits: serde_saphyr::alias_limits! {
            max_total_replayed_events: MAX_NODES,
            max_replay_stack_depth: 16,
        },
        duplicate_keys: DuplicateKeyPolicy::Error,
        merge_keys: MergeKeyPolicy::Error,
        reject_unsupported_tags: true,
        strict_booleans: true,
        with_snippet: false,
    }
}

/// What is wrong, in one line and without the place, which stands before it anyway.
#[expect(clippy::wildcard_enum_match_arm, reason = "the crate's errors are many and their own words do for the rest")]
fn problem(error: &Error) -> String {
    match error.without_snippet() {
        Error::AliasError { error, .. } => problem(error),
        Error::DuplicateMappingKey { key: Some(key), .. } => format!("duplicate key `{key}`"),
        Error::MergeKeyNotAllowed { .. } => "merge keys (`<<`) are not allowed".to_owned(),
        Error::Budget { breach: BudgetBreach::Documents { .. }, .. } | Error::MultipleDocuments { .. } => {
            "one document is expected, and here a second one starts".to_owned()
        }
        Error::Budget { breach: BudgetBreach::Depth { .. }, .. } => {
            format!("lists and tables nest deeper than `{MAX_DEPTH}` levels")
        }
        Error::Budget { .. }
        | Error::AliasReplayLimitExceeded { .. }
        | Error::AliasExpansionLimitExceeded { .. }
        | Error::AliasReplayStackDepthExceeded { .. }
        | Error::AliasReplayCounterOverflow { .. } => {
            format!("the file holds more than `{MAX_NODES}` values or too many aliases")
        }
        other => first_line(&other.render_with_formatter(&UserMessageFormatter)),
    }
}

fn first_line(text: &str) -> String {
    let line = text.lines().next().unwrap_or_default();
    line.rfind(" at line ").and_then(|at| line.get(..at)).unwrap_or(line).trim().to_owned()
}

fn mark(location: Location) -> Option<Mark> {
    let (line, column) = (usize::try_from(location.line()).ok()?, usize::try_from(location.column()).ok()?);
    (line > 0).then(|| Mark { line: small(line), column: small(column) })
}

/// Any YAML value.
enum Node {
    Scalar(Tree),
    List(Vec<Spanned<Node>>),
    Table(Vec<(Spanned<String>, Spanned<Node>)>),
}

impl Node {
    fn take(self, at: &Location) -> (Tree, Marks) {
        let mut marks = Marks { value: mark(*at), ..Marks::default() };
        let tree = match self {
            Self::Scalar(tree) => tree,
            Self::List(items) => Tree::List(
                items
                    .into_iter()
                    .enumerate()
                    .map(|(index, item)| {
                        let (tree, inner) = item.value.take(&item.referenced);
                        marks.inner.insert(Segment::Index(index), inner);
                        tree
                    })
                    .collect(),
            ),
            Self::Table(entries) => Tree::Table(
                entries
                    .into_iter()
                    .map(|(key, item)| {
                        let (tree, mut inner) = item.value.take(&item.referenced);
                        inner.key = mark(key.referenced);
                        marks.inner.insert(Segment::Key(key.value.clone()), inner);
                        (key.value, tree)
                    })
                    .collect(),
            ),
        };
        (tree, marks)
    }
}

impl<'de> Deserialize<'de> for Node {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(AnyNode)
    }
}

struct AnyNode;

impl<'de> Visitor<'de> for AnyNode {
    type Value = Node;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a yaml value")
    }

    fn visit_unit<E>(self) -> Result<Node, E> {
        Ok(Node::Scalar(Tree::Null))
    }

    fn visit_none<E>(self) -> Result<Node, E> {
        Ok(Node::Scalar(Tree::Null))
    }

    fn visit_bool<E>(self, value: bool) -> Result<Node, E> {
        Ok(Node::Scalar(Tree::Bool(value)))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Node, E> {
        Ok(Node::Scalar(Tree::Integer(value.into())))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Node, E> {
        Ok(Node::Scalar(Tree::Integer(value.into())))
    }

    fn visit_i128<E>(self, value: i128) -> Result<Node, E> {
        Ok(Node::Scalar(Tree::Integer(value)))
    }

    fn visit_u128<E>(self, value: u128) -> Result<Node, E> {
        Ok(Node::Scalar(Tree::Integer(i128::try_from(value).unwrap_or(i128::MAX))))
    }

    fn visit_f64<E>(self, value: f64) -> Result<Node, E> {
        Ok(Node::Scalar(Tree::Float(value)))
    }

    fn visit_str<E>(self, value: &str) -> Result<Node, E> {
        Ok(Node::Scalar(Tree::Text(value.to_owned())))
    }

    fn visit_string<E>(self, value: String) -> Result<Node, E> {
        Ok(Node::Scalar(Tree::Text(value)))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Node, A::Error> {
        let mut items = Vec::new();
        while let Some(item) = list.next_element()? {
            items.push(item);
        }
        Ok(Node::List(items))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut table: A) -> Result<Node, A::Error> {
        let mut entries = Vec::new();
        while let Some(entry) = table.next_entry()? {
            entries.push(entry);
        }
        Ok(Node::Table(entries))
    }
}
