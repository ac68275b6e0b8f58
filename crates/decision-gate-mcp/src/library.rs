//! What a server has beside tools: things to read, texts to begin a conversation with, and words that complete an
//! argument. A server without a library declares none of this, and answers none of it.

use std::pin::Pin;

use rmcp::model::{
    ArgumentInfo, CompletionContext, CompletionInfo, GetPromptResult, JsonObject, Prompt, Reference, Resource,
    ResourceContents, ResourceTemplate,
};

use crate::{App, error::Refusal, prompts, resources, tools::CallContext};

/// The future of one answer.
pub(crate) type Answer<'a, T> = Pin<Box<dyn Future<Output = Result<T, Refusal>> + Send + 'a>>;

/// A page of resources.
#[derive(Debug, Default)]
pub(crate) struct ResourcePage {
    /// What can be read.
    pub(crate) resources: Vec<Resource>,
    /// The cursor of the next page.
    pub(crate) next: Option<String>,
    /// Codes of what could not be listed, and is left out.
    pub(crate) left_out: Vec<&'static str>,
}

/// What a server has beside tools.
pub(crate) trait Library<A>: Send + Sync {
    /// A page of what can be read.
    fn resources<'a>(&'a self, context: &'a CallContext<A>, cursor: Option<String>) -> Answer<'a, ResourcePage>;

    /// The forms of addresses that can be read.
    fn templates(&self) -> Vec<ResourceTemplate>;

    /// What lies at an address.
    fn read<'a>(&'a self, context: &'a CallContext<A>, uri: &'a str) -> Answer<'a, Vec<ResourceContents>>;

    /// The texts to begin with.
    fn prompts(&self) -> Vec<Prompt>;

    /// One of them, with its arguments filled in.
    fn prompt<'a>(
        &'a self,
        context: &'a CallContext<A>,
        name: &'a str,
        arguments: JsonObject,
    ) -> Answer<'a, GetPromptResult>;

    /// What an argument may go on with.
    fn complete<'a>(
        &'a self,
        context: &'a CallContext<A>,
        reference: &'a Reference,
        argument: &'a ArgumentInfo,
        known: Option<&'a CompletionContext>,
    ) -> Answer<'a, CompletionInfo>;
}

/// The library of the product.
pub(crate) struct Shelves;

impl Library<App> for Shelves {
    fn resources<'a>(&'a self, context: &'a CallContext<App>, cursor: Option<String>) -> Answer<'a, ResourcePage> {
        Box::pin(resources::list(context, cursor))
    }

    fn templates(&self) -> Vec<ResourceTemplate> {
        resources::templates()
    }

    fn read<'a>(&'a self, context: &'a CallContext<App>, uri: &'a str) -> Answer<'a, Vec<ResourceContents>> {
        Box::pin(resources::read(context, uri))
    }

    fn prompts(&self) -> Vec<Prompt> {
        prompts::list()
    }

    fn prompt<'a>(
        &'a self,
        context: &'a CallContext<App>,
        name: &'a str,
        arguments: JsonObject,
    ) -> Answer<'a, GetPromptResult> {
        Box::pin(prompts::get(context, name, arguments))
    }

    fn complete<'a>(
        &'a self,
        context: &'a CallContext<App>,
        reference: &'a Reference,
        argument: &'a ArgumentInfo,
        known: Option<&'a CompletionContext>,
    ) -> Answer<'a, CompletionInfo> {
        Box::pin(async move {
            match reference {
                Reference::Prompt(prompt) => prompts::complete(context, &prompt.name, argument).await,
                Reference::Resource(template) => resources::complete(context, &template.uri, argument, known).await,
                _ => Err(Refusal::param("params.ref.type", "`ref/prompt` or `ref/resource`")),
            }
        })
    }
}
