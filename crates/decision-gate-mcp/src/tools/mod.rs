//! The tool table, and what a tool is.
//!
//! A tool is one file in this folder: a unit struct that implements [`Tool`], its argument type and its answer type,
//! and one line in [`ALL`]. Everything else (schemas, argument errors, the `isError` form, the text beside the
//! structured answer, panics, profiles) is done here once, for all of them.

mod arguments;
mod brief;
mod context;
mod data_shape;
mod erased;
mod link;
mod outcome;
mod page;
mod progress;
mod run;
mod schema;
mod shared;
mod step;

mod attestation_verify;
mod decision_gate_docs_search;
mod evidence_query;
mod policy_backtest;
mod precheck;
mod provider_check_schema_get;
mod provider_contract_get;
mod providers_list;
mod release_evaluate;
mod runpack_export;
mod runpack_verify;
mod scenario_define;
mod scenario_next;
mod scenario_start;
mod scenario_status;
mod scenario_submit;
mod scenario_trigger;
mod scenarios_list;
mod schemas_get;
mod schemas_list;
mod schemas_register;

use std::future::Future;

use schemars::JsonSchema;
use serde::{Serialize, de::DeserializeOwned};

pub(crate) use self::{arguments::explain, context::ClientSource, schema::allow_error_form};
pub use self::{
    context::{CallContext, ClaimedClient},
    erased::{AnyTool, Erased},
    link::Link,
    outcome::ToolError,
    progress::Progress,
};
use crate::App;

/// Tools by reference, as [`ALL`] lists them.
pub type Table<A = App> = &'static [&'static dyn AnyTool<A>];

/// Every tool of the product. The order here means nothing: `tools/list` sorts by name.
pub static ALL: Table = &[
    &Erased(attestation_verify::AttestationVerify),
    &Erased(decision_gate_docs_search::DecisionGateDocsSearch),
    &Erased(evidence_query::EvidenceQuery),
    &Erased(policy_backtest::PolicyBacktest),
    &Erased(precheck::Precheck),
    &Erased(provider_check_schema_get::ProviderCheckSchemaGet),
    &Erased(provider_contract_get::ProviderContractGet),
    &Erased(providers_list::ProvidersList),
    &Erased(release_evaluate::ReleaseEvaluate),
    &Erased(runpack_export::RunpackExport),
    &Erased(runpack_verify::RunpackVerify),
    &Erased(scenario_define::ScenarioDefine),
    &Erased(scenario_next::ScenarioNext),
    &Erased(scenario_start::ScenarioStart),
    &Erased(scenario_status::ScenarioStatus),
    &Erased(scenario_submit::ScenarioSubmit),
    &Erased(scenario_trigger::ScenarioTrigger),
    &Erased(scenarios_list::ScenariosList),
    &Erased(schemas_get::SchemasGet),
    &Erased(schemas_list::SchemasList),
    &Erased(schemas_register::SchemasRegister),
];

/// One thing that a client can ask for.
///
/// ```text
/// #[derive(Deserialize, JsonSchema)]
/// #[serde(deny_unknown_fields)]
/// pub(super) struct Arguments { /** The run. */ run_id: String }
///
/// impl Tool for ScenarioStatus {
///     type Arguments = Arguments;
///     type Answer = Answer;
///     const CARD: Card = Card { name: "scenario_status", … };
///
///     async fn call(&self, context: &CallContext, arguments: Arguments) -> Result<Answer, ToolError> { … }
/// }
/// ```
///
/// The call runs on the server's only thread: what blocks belongs on a thread of its own. A cancelled call is not
/// dropped, so that no write is cut in half; it watches [`CallContext::cancellation`] where it can stop early.
pub trait Tool<A = App>: Send + Sync + 'static
where
    A: Send + Sync + 'static,
{
    /// What the caller sends; with `deny_unknown_fields`.
    type Arguments: DeserializeOwned + JsonSchema + Send;
    /// What the caller gets; an object on the wire.
    type Answer: Serialize + JsonSchema + Summary + Send;

    /// What the tool list says.
    const CARD: Card;

    /// Does it.
    fn call(
        &self,
        context: &CallContext<A>,
        arguments: Self::Arguments,
    ) -> impl Future<Output = Result<Self::Answer, ToolError>> + Send;
}

/// The compact text that stands beside a structured answer, for clients that show text only.
pub trait Summary {
    /// The same facts in a few lines.
    fn text(&self) -> String;

    /// Resources that have what is too long to be said here.
    fn links(&self) -> Vec<Link> {
        Vec::new()
    }
}

/// What the tool list says about a tool, apart from its schemas.
#[derive(Clone, Copy, Debug)]
pub struct Card {
    /// The name: `snake_case`, at most 40 characters.
    pub name: &'static str,
    /// The name for people.
    pub title: &'static str,
    /// What it does and when to call it: the model pays for each word.
    pub description: &'static str,
    /// What it may do to the world.
    pub hints: Hints,
    /// Where it is listed without being asked for.
    pub profiles: &'static [Profile],
}

/// What a tool may do to the world. All four are said, since the protocol's defaults are the worst case.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(clippy::struct_excessive_bools, reason = "the protocol has these four booleans")]
pub struct Hints {
    /// It changes nothing.
    pub read_only: bool,
    /// It may take away or overwrite what is there.
    pub destructive: bool,
    /// Calling it twice is as calling it once.
    pub idempotent: bool,
    /// It reaches systems outside this server and its files.
    pub open_world: bool,
}

impl Hints {
    /// Only looks, and only at what this server has.
    pub const READS: Self = Self { read_only: true, destructive: false, idempotent: true, open_world: false };
    /// Adds to the ledger: each call counts.
    pub const APPENDS: Self = Self { read_only: false, destructive: false, idempotent: false, open_world: false };
    /// Adds to the ledger or to a file once, however often it is called.
    pub const APPENDS_ONCE: Self = Self { read_only: false, destructive: false, idempotent: true, open_world: false };

    /// The same, for a tool that may reach outside.
    #[must_use]
    pub const fn open_world(self) -> Self {
        Self { open_world: true, ..self }
    }
}

/// Which tools are listed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Profile {
    /// For a model that works towards a gate: few tools, none that defines.
    #[default]
    Agent,
    /// For a pipeline.
    Ci,
    /// Everything.
    Full,
}

impl Profile {
    /// All of them, smallest first.
    pub const ALL: &'static [Self] = &[Self::Agent, Self::Ci, Self::Full];

    /// Its word in flags and configuration.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Agent => "agent",
            Self::Ci => "ci",
            Self::Full => "full",
        }
    }

    /// The profile of that word.
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|profile| profile.word() == word)
    }
}
