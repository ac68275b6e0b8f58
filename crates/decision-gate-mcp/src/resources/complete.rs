//! What the variables of an address may go on with.

use decision_gate_core::name::RunId;
use rmcp::model::{ArgumentInfo, CompletionContext, CompletionInfo};

use super::{FORMS, Shelf};
use crate::{App, docs, error::Refusal, tools::CallContext};

/// The most words of one answer.
const MAX_WORDS: usize = CompletionInfo::MAX_VALUES;

/// How many rows are looked through for words that begin as asked.
const LOOKED_AT: usize = 1_000;

/// What the variable `argument` of an address of the form `template` may go on with.
pub(crate) async fn complete(
    context: &CallContext<App>,
    template: &str,
    argument: &ArgumentInfo,
    known: Option<&CompletionContext>,
) -> Result<CompletionInfo, Refusal> {
    let Some(form) = FORMS.iter().find(|form| form.uri == template) else {
        return Err(Refusal::unknown_resource(template));
    };
    let known = |name: &str| known.and_then(|it| it.get_argument(name));
    let shelf = Shelf::of(known("tenant_id").map(String::as_str), known("namespace_id").map(String::as_str));
    let begun = argument.value.as_str();
    let app = context.app();
    match (form.name, argument.name.as_str()) {
        ("docs", "path") => Ok(matching(docs::pages().iter().map(|page| page.path.to_owned()), begun)),
        ("run" | "decision", "run_id") => runs_beginning(context, shelf, begun).await,
        ("decision", "decision_id") => {
            let run = known("run_id").and_then(|run| RunId::try_from(run.as_str()).ok());
            let decisions = match run {
                Some(run) => super::run_view(context, shelf, &run).await.ok(),
                None => None,
            };
            let count = decisions.and_then(|it| it.get("decisions")?.as_u64()).unwrap_or_default();
            // The latest ones are the likely ones.
            Ok(matching((1..=count).rev().map(|number| format!("decision-{number}")), begun))
        }
        ("pack", "name") => {
            let names = match app.packs() {
                Ok(packs) => packs.names(None, LOOKED_AT).await.unwrap_or_default(),
                Err(_) => Vec::new(),
            };
            Ok(matching(names, begun))
        }
        ("policy", "digest") => Ok(matching([app.orchestrator().policy().digest().to_hex()], begun)),
        (_, "tenant_id") => {
            Ok(matching(app.loaded().config().tenants.list().iter().map(|it| it.id.to_string()), begun))
        }
        (_, "namespace_id") => {
            let tenant = app.caller(shelf.tenant, None, None).tenant;
            let declared = app.loaded().config().tenants.list();
            let open = declared.iter().find(|it| it.id == tenant).and_then(|it| it.namespaces.clone());
            Ok(matching(open.into_iter().flatten().map(|it| it.to_string()), begun))
        }
        (_, name) => Err(Refusal::param("params.argument.name", &format!("a variable of the template, not `{name}`"))),
    }
}

/// Runs of a shelf whose ids begin so.
pub(crate) async fn runs_beginning(
    context: &CallContext<App>,
    shelf: Shelf,
    begun: &str,
) -> Result<CompletionInfo, Refusal> {
    if !context.app().has_ledger() {
        return Ok(CompletionInfo::default());
    }
    let caller = context.app().caller(shelf.tenant, shelf.namespace, None);
    // A shelf that is not open has nothing to go on with.
    let runs = context.app().orchestrator().runs(&caller, None, LOOKED_AT).await.unwrap_or_default();
    Ok(matching(runs.into_iter().map(|run| run.to_string()), begun))
}

/// The words that begin so, as many as an answer may have.
pub(crate) fn matching(words: impl IntoIterator<Item = String>, begun: &str) -> CompletionInfo {
    let mut values: Vec<String> = words.into_iter().filter(|word| word.starts_with(begun)).collect();
    let total = values.len();
    values.truncate(MAX_WORDS);
    let mut info = CompletionInfo::default();
    info.values = values;
    info.total = u32::try_from(total).ok();
    info.has_more = Some(total > MAX_WORDS);
    info
}
