//! `decision_gate_docs_search`: what the documentation says about something.

use decision_gate_core::digest::Digest;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::brief::within;
use super::{CallContext, Card, Hints, Profile, Summary, Tool, ToolError};
use crate::docs::{self, Hit};
use crate::resources::ResourceUri;

/// `decision_gate_docs_search`.
pub(super) struct DecisionGateDocsSearch;

const DEFAULT_LIMIT: usize = 5;
const MAX_LIMIT: usize = 20;
const MAX_QUERY: usize = 400;

/// What it takes.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Arguments {
    /// Words, or an error code.
    query: String,
    /// 1-20, default 5.
    #[serde(default)]
    limit: Option<usize>,
    /// next_cursor.
    #[serde(default)]
    cursor: Option<String>,
}

/// A section that has the words.
#[derive(Clone, Serialize, JsonSchema)]
pub(super) struct Item {
    /// Page and heading.
    title: String,
    /// The section as a resource.
    uri: String,
    /// The lines that fit best.
    excerpt: String,
}

/// What it gives.
#[derive(Serialize, JsonSchema)]
pub(super) struct Answer {
    /// Best first.
    items: Vec<Item>,
    /// How many sections have a word of the query.
    total: usize,
    /// Where the next page begins; left out on the last.
    #[serde(skip_serializing_if = "Option::is_none")]
    next_cursor: Option<String>,
}

impl Summary for Answer {
    fn text(&self) -> String {
        if self.items.is_empty() {
            return "nothing in the documentation has these words; try fewer, or other ones".to_owned();
        }
        let one = |it: &Item| format!("{}\n{}\n{}", it.title, it.uri, it.excerpt);
        let mut text = self.items.iter().map(one).collect::<Vec<_>>().join("\n\n");
        if let Some(cursor) = &self.next_cursor {
            text.push_str(&format!("\n\n{} sections in all; more with cursor {cursor}", self.total));
        }
        text
    }
}

impl Tool for DecisionGateDocsSearch {
    type Arguments = Arguments;
    type Answer = Answer;

    const CARD: Card = Card {
        name: "decision_gate_docs_search",
        title: "Search the documentation",
        description: "Search this server's documentation.",
        hints: Hints::READS,
        profiles: Profile::ALL,
    };

    async fn call(&self, _context: &CallContext, arguments: Arguments) -> Result<Answer, ToolError> {
        let Arguments { query, limit, cursor } = arguments;
        let wrong = |path: &'static str, message: String, hint: String| {
            ToolError::new("invalid_arguments", message, hint).with("path", path)
        };
        if query.trim().is_empty() || query.len() > MAX_QUERY {
            let message = format!("`query` has {} bytes", query.trim().len());
            return Err(wrong("/query", message, format!("give a few words, at most {MAX_QUERY} bytes")));
        }
        let limit = limit.unwrap_or(DEFAULT_LIMIT);
        if !(1..=MAX_LIMIT).contains(&limit) {
            return Err(wrong("/limit", format!("`limit` is {limit}"), format!("use 1 to {MAX_LIMIT}")));
        }
        let asked = Cursor::of(&query);
        let from = match cursor {
            None => 0,
            Some(text) => asked.offset(&text).ok_or_else(|| {
                let hint = "hand back `next_cursor` of the page before, with the same query";
                wrong("/cursor", "the cursor is not one of this query".to_owned(), hint.to_owned())
            })?,
        };
        // It reads all pages, which is nothing for the thread that answers everybody.
        let hits = tokio::task::spawn_blocking(move || docs::search(&query)).await;
        let hits = hits.map_err(|_| ToolError::internal())?;
        let total = hits.len();
        let items: Vec<Item> = hits.into_iter().skip(from).take(limit).map(Item::from).collect();
        Ok(within(items.len(), |shown| {
            let items: Vec<Item> = items.iter().take(shown).cloned().collect();
            let next = from + items.len();
            Answer { next_cursor: (next < total && !items.is_empty()).then(|| asked.at(next)), total, items }
        }))
    }
}

impl From<Hit> for Item {
    fn from(hit: Hit) -> Self {
        let section = Some(hit.anchor).filter(|anchor| !anchor.is_empty());
        let uri = ResourceUri::Page { path: hit.path.to_owned(), section }.to_string();
        Self { title: hit.title, uri, excerpt: hit.excerpt }
    }
}

/// Cursors of one query: a position, and what tells that it is of that query.
struct Cursor(String);

impl Cursor {
    fn of(query: &str) -> Self {
        Self(Digest::of(query.as_bytes()).to_hex().chars().take(8).collect())
    }

    fn at(&self, offset: usize) -> String {
        format!("{offset}-{}", self.0)
    }

    fn offset(&self, cursor: &str) -> Option<usize> {
        let (offset, query) = cursor.split_once('-')?;
        let offset = offset.parse::<usize>().ok().filter(|it| it.to_string() == offset)?;
        (query == self.0).then_some(offset)
    }
}
