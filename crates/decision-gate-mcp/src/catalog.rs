//! The tools that one server lists, and its answer to `tools/list`.
//!
//! Which tools are visible is settled at the start from the profile and the configuration. How a tool is listed, with
//! its schemas, is text that the build has ready (`catalog/listed.jsonl`, printed by `make gen`): to make schemas from
//! types costs more memory than all the rest of a server that waits. A tool without such a line has one made once, at
//! the first `tools/list`.

use std::{
    borrow::Cow,
    collections::BTreeMap,
    sync::{Arc, OnceLock},
};

use rmcp::model::{CacheScope, ListToolsResult, Tool, ToolAnnotations};

use crate::{
    error::ServeError,
    tools::{AnyTool, Card, Profile, Table, allow_error_form},
    words::nearest,
};

/// The list stays true as long as the process lives; a client that keeps it longer asks again now and then.
const FRESH_MS: u64 = 300_000;

/// Which tools are listed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Visibility {
    /// The profile to start from.
    pub profile: Profile,
    /// Tools to list besides (`server.tools.allow`).
    pub allow: Vec<String>,
    /// Tools not to list (`server.tools.deny`); wins over everything.
    pub deny: Vec<String>,
}

/// How the tools of the product are listed, a line each in the order of their names.
pub(crate) const LISTED: &str = include_str!("catalog/listed.jsonl");

/// The visible tools by name.
pub(crate) struct Catalog<A: 'static> {
    tools: BTreeMap<&'static str, Entry<A>>,
}

/// A visible tool.
struct Entry<A: 'static> {
    tool: &'static dyn AnyTool<A>,
    listed: OnceLock<Cow<'static, str>>,
}

/// The tools as the text of `tools/list`, for whoever writes the line.
pub(crate) trait ToolList: Send + Sync {
    /// The tools' JSON, in order.
    fn texts(&self) -> Vec<&str>;
}

impl<A: 'static> Catalog<A> {
    /// The tools of `table` that `visibility` lists; `listed` has lines for those that it has lines for.
    pub(crate) fn new(table: Table<A>, listed: &'static str, visibility: &Visibility) -> Result<Self, ServeError> {
        let known = |name: &str| table.iter().any(|tool| tool.card().name == name);
        let keys = [("server.tools.allow", &visibility.allow), ("server.tools.deny", &visibility.deny)];
        for (key, names) in keys {
            if let Some(name) = names.iter().find(|name| !known(name)) {
                let nearest = nearest(name, table.iter().map(|tool| tool.card().name));
                return Err(ServeError::UnknownTool { key, name: name.clone(), nearest });
            }
        }
        let visible = |card: &Card| {
            let named = |names: &[String]| names.iter().any(|name| name == card.name);
            !named(&visibility.deny) && (card.profiles.contains(&visibility.profile) || named(&visibility.allow))
        };
        let entry = |tool: &'static dyn AnyTool<A>| {
            let line = listed.lines().find(|line| is_of(line, tool.card().name));
            let listed = line.map_or_else(OnceLock::new, |line| OnceLock::from(Cow::Borrowed(line)));
            Entry { tool, listed }
        };
        let tools = table.iter().map(|tool| (tool.card(), *tool)).filter(|(card, _)| visible(card));
        Ok(Self { tools: tools.map(|(card, tool)| (card.name, entry(tool))).collect() })
    }

    /// The visible tool of that name.
    pub(crate) fn get(&self, name: &str) -> Option<&'static dyn AnyTool<A>> {
        self.tools.get(name).map(|entry| entry.tool)
    }

    /// The visible tool that was probably meant.
    pub(crate) fn nearest(&self, name: &str) -> Option<&'static str> {
        nearest(name, self.tools.keys().copied())
    }
}

/// The answer to `tools/list` without its tools, which the transport writes from a [`ToolList`].
pub(crate) fn list() -> ListToolsResult {
    ListToolsResult::with_all_items(Vec::new()).with_ttl_ms(FRESH_MS).with_cache_scope(CacheScope::Private)
}

impl<A: 'static> ToolList for Catalog<A> {
    fn texts(&self) -> Vec<&str> {
        let made = |tool| Cow::Owned(serde_json::to_string(&describe(tool)).unwrap_or_default());
        self.tools.values().map(|entry| entry.listed.get_or_init(|| made(entry.tool)).as_ref()).collect()
    }
}

/// Whether a line of [`LISTED`] is about the tool of that name, with which each begins.
fn is_of(line: &str, name: &str) -> bool {
    let rest = line.strip_prefix("{\"name\":\"").and_then(|rest| rest.strip_prefix(name));
    rest.is_some_and(|rest| rest.starts_with('"'))
}

fn describe<A: 'static>(tool: &dyn AnyTool<A>) -> Tool {
    let Card { name, title, description, hints, profiles: _ } = tool.card();
    let annotations = ToolAnnotations::with_title(title)
        .read_only(hints.read_only)
        .destructive(hints.destructive)
        .idempotent(hints.idempotent)
        .open_world(hints.open_world);
    Tool::new(name, description, Arc::new(tool.input_schema()))
        .with_title(title)
        .with_raw_output_schema(Arc::new(allow_error_form(tool.output_schema())))
        .with_annotations(annotations)
}

/// What a visible tool costs a model: bytes of name, description and input schema.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ModelCost {
    /// The tool.
    pub name: &'static str,
    /// Bytes that a model sees.
    pub bytes: usize,
}

impl ModelCost {
    /// What each tool of `table` costs that `visibility` lists, by name.
    ///
    /// # Errors
    ///
    /// If `visibility` names a tool that there is not.
    pub fn of<A: 'static>(table: Table<A>, visibility: &Visibility) -> Result<Vec<Self>, ServeError> {
        let catalog = Catalog::new(table, "", visibility)?;
        let cost = |(name, entry): (&&'static str, &Entry<A>)| {
            let schema = serde_json::Value::Object(entry.tool.input_schema()).to_string();
            Self { name, bytes: name.len() + entry.tool.card().description.len() + schema.len() }
        };
        Ok(catalog.tools.iter().map(cost).collect())
    }

    /// Estimated tokens, at four bytes each.
    pub fn tokens(&self) -> usize {
        self.bytes.div_ceil(4)
    }
}

#[cfg(test)]
mod tests;
