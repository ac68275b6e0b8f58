//! One page of a list: how much of it is asked for, and where the next one begins.

use super::ToolError;

const DEFAULT_LIMIT: usize = 20;
const MAX_LIMIT: usize = 200;

/// How many items a page holds.
#[derive(Clone, Copy)]
pub(super) struct Page(usize);

impl Page {
    /// A page of this many items.
    ///
    /// # Errors
    /// `invalid_arguments` for a number out of range.
    pub(super) fn of(limit: Option<usize>) -> Result<Self, ToolError> {
        let limit = limit.unwrap_or(DEFAULT_LIMIT);
        if !(1..=MAX_LIMIT).contains(&limit) {
            let hint = format!("use 1 to {MAX_LIMIT}");
            return Err(ToolError::new("invalid_arguments", format!("`limit` is {limit}"), hint).with("path", "/limit"));
        }
        Ok(Self(limit))
    }

    /// How many items to ask for: one more than the page holds tells whether there is another.
    pub(super) fn ask(self) -> usize {
        self.0 + 1
    }

    /// The items of the page, and the cursor of the next one if there is one.
    pub(super) fn cut<T, C>(self, mut listed: Vec<T>, cursor: impl Fn(&T) -> C) -> (Vec<T>, Option<C>) {
        let more = listed.len() > self.0;
        listed.truncate(self.0);
        let next = listed.last().filter(|_| more).map(cursor);
        (listed, next)
    }
}
