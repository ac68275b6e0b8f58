//! The documentation that is built in, and finding what to read of it.
//!
//! The pages lie in the binary as they are written: nothing is unpacked, indexed or kept, and nothing of them is touched
//! before somebody asks. A search cuts all of them into passages, ranks these and forgets them; it takes some
//! milliseconds, and a call that is rare needs no index that is there always.

mod pages;
mod passage;
mod rank;

pub(crate) use self::{
    passage::{section, title},
    rank::{Hit, search},
};

/// One page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Page {
    /// Its path below `docs/`.
    pub(crate) path: &'static str,
    /// Its Markdown.
    pub(crate) text: &'static str,
}

/// All pages, by path.
pub(crate) fn pages() -> &'static [Page] {
    pages::PAGES
}

/// The page of that path.
pub(crate) fn page(path: &str) -> Option<&'static Page> {
    pages().iter().find(|page| page.path == path)
}

#[cfg(test)]
mod tests;
