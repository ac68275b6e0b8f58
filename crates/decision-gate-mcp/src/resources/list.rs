//! The list of resources, a page at a time: documentation and the policy, then packs, then runs.
//!
//! Hosts list resources as soon as they connect, so the first page touches no ledger and none is made for the others.

use std::time::Duration;

use decision_gate_core::name::RunId;
use futures_util::{StreamExt as _, stream};
use rmcp::model::Resource;

use super::{JSON, MARKDOWN, ResourceUri, Shelf};
use crate::app::{Packs, PacksError};
use crate::{App, docs, error::Refusal, library::ResourcePage, tools::CallContext};

/// How many entries a page has at most.
const PAGE: usize = 50;
/// How many packs are looked into at once.
const AT_ONCE: usize = 8;
/// How long a place of packs may take for a page.
const PATIENCE: Duration = Duration::from_secs(10);

/// Where a page begins.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Place {
    /// After this page of the documentation.
    Pages(Option<String>),
    /// After this pack.
    Packs(Option<String>),
    /// After this run.
    Runs(Option<RunId>),
}

/// A page of what can be read.
pub(crate) async fn list(context: &CallContext<App>, cursor: Option<String>) -> Result<ResourcePage, Refusal> {
    let mut place = match cursor {
        None => Place::Pages(None),
        Some(text) => Place::parse(&text).ok_or(Refusal::Cursor)?,
    };
    let mut left_out = Vec::new();
    loop {
        let (resources, next) = match &place {
            Place::Pages(after) => pages(context, after.as_deref()),
            Place::Packs(after) => match packs(context, after.as_deref()).await {
                Ok(page) => page,
                // A place of packs that does not answer takes nothing else away.
                Err(code) => {
                    left_out.push(code);
                    (Vec::new(), Some(Place::Runs(None)))
                }
            },
            Place::Runs(after) => runs(context, after.as_ref()).await?,
        };
        match next {
            // A page without entries says nothing: what follows is given at once.
            Some(next) if resources.is_empty() => place = next,
            next => return Ok(ResourcePage { resources, next: next.map(|place| place.to_string()), left_out }),
        }
    }
}

fn pages(context: &CallContext<App>, after: Option<&str>) -> (Vec<Resource>, Option<Place>) {
    let mut rest = docs::pages().iter().filter(|page| after.is_none_or(|after| page.path > after));
    let shown: Vec<_> = rest.by_ref().take(PAGE).collect();
    let resource = |page: &&docs::Page| {
        let uri = ResourceUri::Page { path: page.path.to_owned(), section: None };
        let size = u64::try_from(page.text.len()).unwrap_or(u64::MAX);
        let resource = Resource::new(uri.to_string(), page.path).with_title(docs::title(page));
        resource.with_mime_type(MARKDOWN).with_size(size)
    };
    let mut found: Vec<Resource> = shown.iter().map(resource).collect();
    if rest.next().is_some() {
        return (found, shown.last().map(|page| Place::Pages(Some(page.path.to_owned()))));
    }
    let digest = context.app().orchestrator().policy().digest();
    let uri = ResourceUri::Policy { shelf: Shelf::default(), digest };
    found.push(Resource::new(uri.to_string(), "policy").with_title("The configured policy").with_mime_type(JSON));
    (found, Some(Place::Packs(None)))
}

/// A page of packs, or the code of why there is none.
async fn packs(
    context: &CallContext<App>,
    after: Option<&str>,
) -> Result<(Vec<Resource>, Option<Place>), &'static str> {
    let packs = match context.app().packs() {
        Ok(packs) => packs,
        // Where nobody says where packs are, there are none to list.
        Err(_) if !context.app().has_bucket() => return Ok((Vec::new(), Some(Place::Runs(None)))),
        Err(error) => return Err(error.code()),
    };
    match tokio::time::timeout(PATIENCE, packs_of(context, &packs, after)).await {
        Ok(page) => page.map_err(|error| error.code()),
        Err(_) => Err("pack_store_unavailable"),
    }
}

async fn packs_of(
    context: &CallContext<App>,
    packs: &Packs,
    after: Option<&str>,
) -> Result<(Vec<Resource>, Option<Place>), PacksError> {
    let names = packs.names(after, PAGE + 1).await?;
    let next = match names.get(PAGE) {
        Some(_) => names.get(PAGE - 1).map(|last| Place::Packs(Some(last.clone()))),
        None => Some(Place::Runs(None)),
    };
    // Whose a pack is its manifest says: others are not told that it is there.
    let own = |name: String| async move {
        let own = super::read::manifest(context, packs, &name).await.is_ok();
        own.then(|| {
            let uri = ResourceUri::Pack { name: name.clone() }.to_string();
            Resource::new(uri, name.clone()).with_title(format!("Runpack {name}")).with_mime_type(JSON)
        })
    };
    let looks: Vec<_> = names.into_iter().take(PAGE).map(own).collect();
    let found: Vec<Option<Resource>> = stream::iter(looks).buffered(AT_ONCE).collect().await;
    Ok((found.into_iter().flatten().collect(), next))
}

async fn runs(context: &CallContext<App>, after: Option<&RunId>) -> Result<(Vec<Resource>, Option<Place>), Refusal> {
    if !context.app().has_ledger() {
        return Ok((Vec::new(), None));
    }
    let caller = context.app().caller(None, None, None);
    let after = after.map(RunId::as_str);
    let runs =
        context.app().orchestrator().runs(&caller, after, PAGE + 1).await.map_err(|error| Refusal::of_gate(&error))?;
    let next = runs.get(PAGE).and_then(|_| runs.get(PAGE - 1)).map(|last| Place::Runs(Some(last.clone())));
    let resource = |run: RunId| {
        let (name, title) = (run.to_string(), format!("Run {run}"));
        let uri = ResourceUri::Run { shelf: Shelf::default(), run }.to_string();
        Resource::new(uri, name).with_title(title).with_mime_type(JSON)
    };
    Ok((runs.into_iter().take(PAGE).map(resource).collect(), next))
}

impl Place {
    /// The place of a cursor that this server gave, or could have given.
    fn parse(cursor: &str) -> Option<Self> {
        let (kind, after) = cursor.split_once(':')?;
        let after = Some(after).filter(|after| !after.is_empty());
        match kind {
            "docs" => after.filter(|it| docs::page(it).is_some()).map(|it| Self::Pages(Some(it.to_owned()))),
            "packs" => {
                let plain = |name: &&str| name.len() <= 128 && !name.contains(['/', '\\', ':']);
                match after {
                    None => Some(Self::Packs(None)),
                    Some(name) => Some(name).filter(plain).map(|name| Self::Packs(Some(name.to_owned()))),
                }
            }
            "runs" => match after {
                None => Some(Self::Runs(None)),
                Some(run) => RunId::try_from(run).ok().map(|run| Self::Runs(Some(run))),
            },
            _ => None,
        }
    }
}

impl std::fmt::Display for Place {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Pages(after) => write!(f, "docs:{}", after.as_deref().unwrap_or_default()),
            Self::Packs(after) => write!(f, "packs:{}", after.as_deref().unwrap_or_default()),
            Self::Runs(after) => write!(f, "runs:{}", after.as_ref().map(RunId::as_str).unwrap_or_default()),
        }
    }
}
