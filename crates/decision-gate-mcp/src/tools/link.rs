//! A link from a tool's answer to a resource.

use rmcp::model::{ContentBlock, Resource};

/// A resource that has what an answer leaves out.
#[derive(Clone, Debug, PartialEq)]
pub struct Link(Resource);

impl Link {
    /// A link to JSON at `uri`.
    pub fn new(uri: impl Into<String>, name: impl Into<String>) -> Self {
        Self(Resource::new(uri, name).with_mime_type("application/json"))
    }

    pub(super) fn into_content(self) -> ContentBlock {
        ContentBlock::resource_link(self.0)
    }
}
