//! The list of resources, a page at a time: documentation and the policy, then packs, then runs.
//!
//! Hosts list resources as soon as they connect, so the first page touches no ledger and none is made for the others.

use decision_gate_core::name::RunId;
use rmcp::model::Resource;

use super::{JSON, MARKDOWN, ResourceUri, Shelf};
use crate::{App, docs, error::Refusal, library::ResourcePage, tools::CallContext};

/// How many entries a page has at most.
const PAGE: usize = 50;

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
    loop {
        let (found, next) = match &place {
            Place::Pages(after) => pages(context, after.as_deref()),
            Place::Packs(after) => packs(context, after.as_deref()).await?,
            Place::Runs(after) => runs(context, after.as_ref()).await?,
        };
        match next {
            // A page without entries says nothing: what follows is given at once.
            Some(next) if found.is_empty() => place = next,
            next => return Ok((found, next.map(|place| place.to_string()))),
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

async fn packs(context: &CallContext<App>, after: Option<&str>) -> Result<(Vec<Resource>, Option<Place>), Refusal> {
    // Where nobody says where packs are, there are none to list.
    let names = match context.app().packs() {
        Ok(packs) => packs.names(after, PAGE + 1).await.map_err(|error| Refusal::Unavailable {
            code: error.code(),
            message: error.to_string(),
            hint: error.hint().to_owned(),
        })?,
        Err(_) => Vec::new(),
    };
    let next = match names.get(PAGE) {
        Some(_) => names.get(PAGE - 1).map(|last| Place::Packs(Some(last.clone()))),
        None => Some(Place::Runs(None)),
    };
    let mut found = Vec::new();
    for name in names.into_iter().take(PAGE) {
        if super::read::manifest(context, &name).await.is_ok() {
            let uri = ResourceUri::Pack { name: name.clone() }.to_string();
            found.push(Resource::new(uri, name.clone()).with_title(format!("Runpack {name}")).with_mime_type(JSON));
        }
    }
    Ok((found, next))
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
