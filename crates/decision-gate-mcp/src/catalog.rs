//! The tools that one server lists, and its answer to `tools/list`.
//!
//! Which tools are visible is settled at the start from the profile and the configuration. The list itself, with
//! all schemas, is made at the first `tools/list` and kept.

use std::{
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

/// The visible tools by name.
pub(crate) struct Catalog<A: 'static> {
    tools: BTreeMap<&'static str, &'static dyn AnyTool<A>>,
    list: OnceLock<ListToolsResult>,
}

impl<A: 'static> Catalog<A> {
    pub(crate) fn new(table: Table<A>, visibility: &Visibility) -> Result<Self, ServeError> {
        let known = |name: &str| table.iter().any(|tool| tool.card().name == name);
        let keys = [("server.tools.allow", &visibility.allow), ("server.tools.deny", &visibility.deny)];
        for (key, names) in keys {
            if let Some(name) = names.iter().find(|name| !known(name)) {
                let nearest = nearest(name, table.iter().map(|tool| tool.card().name));
                return Err(ServeError::UnknownTool { key, name: name.clone(), nearest });
            }
        }
        let listed = |card: &Card| {
            let named = |names: &[String]| names.iter().any(|name| name == card.name);
            !named(&visibility.deny) && (card.profiles.contains(&visibility.profile) || named(&visibility.allow))
        };
        let tools = table.iter().map(|tool| (tool.card(), *tool)).filter(|(card, _)| listed(card));
        Ok(Self { tools: tools.map(|(card, tool)| (card.name, tool)).collect(), list: OnceLock::new() })
    }

    /// The visible tool of that name.
    pub(crate) fn get(&self, name: &str) -> Option<&'static dyn AnyTool<A>> {
        self.tools.get(name).copied()
    }

    /// The visible tool that was probably meant.
    pub(crate) fn nearest(&self, name: &str) -> Option<&'static str> {
        nearest(name, self.tools.keys().copied())
    }

    /// The answer to `tools/list`.
    pub(crate) fn list(&self) -> &ListToolsResult {
        self.list.get_or_init(|| {
            let tools = self.tools.values().map(|tool| describe(*tool)).collect();
            ListToolsResult::with_all_items(tools).with_ttl_ms(FRESH_MS).with_cache_scope(CacheScope::Private)
        })
    }
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
        let catalog = Catalog::new(table, visibility)?;
        let cost = |(name, tool): (&&'static str, &&'static dyn AnyTool<A>)| {
            let schema = serde_json::Value::Object(tool.input_schema()).to_string();
            Self { name, bytes: name.len() + tool.card().description.len() + schema.len() }
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
