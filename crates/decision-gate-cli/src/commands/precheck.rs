//! `precheck`: the caller's values through the same evaluator, without providers and without a record.

use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};

use clap::Args;
use decision_gate_core::json::{self, JsonError, Limits};
use decision_gate_core::name::{ConditionId, NameError, StageId};
use decision_gate_core::scenario::{Scenario, nearest};
use decision_gate_runtime::{PrecheckRequest, PrecheckSource, RuntimeError};
use serde_json::Value;

use super::Ending;
use super::check::without_configuration;
use crate::arguments::{Format, ReportArguments, ScopeArguments};
use crate::configuration::ConfigurationArguments;
use crate::fault::Fault;
use crate::input;
use crate::output::Output;
use crate::render;
use crate::scenario::{self, Choice};
use crate::session::{Session, block_on};

/// Arguments of `precheck`.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct PrecheckArguments {
    /// A scenario's id, or a scenario file (TOML, YAML, JSON).
    scenario: PathBuf,
    /// Values by condition id, as a JSON object; `-` reads stdin.
    #[arg(long, value_name = "FILE|-")]
    payload: PathBuf,
    /// Which stage; the first when left out.
    #[arg(long, value_name = "ID", value_parser = stage)]
    stage: Option<StageId>,
    #[command(flatten)]
    scope: ScopeArguments,
    #[command(flatten)]
    configuration: ConfigurationArguments,
    #[command(flatten)]
    pub(crate) report: ReportArguments,
}

const EXAMPLES: &str = "\
Your values are asserted: under the default rules a gate that asks for verified evidence stays
unknown. The second answer, as if they were verified, is hypothetical and never gives exit code 0.

Exit codes: 0 the stage would be passed under the trust rules, 1 it would not, 2 no answer.

Examples:
  decision-gate precheck release --payload values.json
  echo '{\"enough_coverage\": 84.5}' | decision-gate precheck release --payload -";

/// What is wrong with the payload.
#[derive(Debug, thiserror::Error)]
pub(crate) enum PayloadFault {
    /// It can't be read.
    #[error("the payload `{}` can't be read: {error}", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// Why not.
        error: io::Error,
    },
    /// It is over the limit.
    #[error("the payload has more than {limit} bytes")]
    TooLarge {
        /// The limit.
        limit: u64,
    },
    /// It is not strict JSON.
    #[error("the payload is not strict json: {0}")]
    Json(JsonError),
    /// It is JSON, but no object.
    #[error("the payload must be an object with values by condition id")]
    NotAnObject,
    /// A key is not the id of a condition.
    #[error("the payload's key `{key}` is no id: {error}")]
    Key {
        /// The key.
        key: String,
        /// Why not.
        error: NameError,
    },
    /// The scenario has no such condition.
    #[error("the scenario has no condition `{condition}`")]
    UnknownCondition {
        /// As written.
        condition: String,
        /// The nearest that it has.
        nearest: Option<String>,
    },
}

impl PayloadFault {
    /// Stable code.
    pub(crate) fn code(&self) -> &'static str {
        match self {
            Self::Unreadable { .. } => "payload_unreadable",
            Self::TooLarge { .. } => "payload_too_large",
            Self::Json(error) => error.code(),
            Self::NotAnObject | Self::Key { .. } => "payload_invalid",
            Self::UnknownCondition { .. } => "condition_unknown",
        }
    }

    /// What to do.
    pub(crate) fn hint(&self) -> String {
        match self {
            Self::Unreadable { .. } => "check the path and its permissions; `-` reads stdin".into(),
            Self::TooLarge { .. } => "supply less, or raise `limits.max_payload_bytes`".into(),
            Self::Json(error) => error.hint().into(),
            Self::NotAnObject => "write it as `{\"condition_id\": value}`".into(),
            Self::UnknownCondition { nearest: Some(nearest), .. } => format!("did you mean `{nearest}`?"),
            Self::Key { .. } | Self::UnknownCondition { nearest: None, .. } => {
                "use condition ids of the scenario as keys".into()
            }
        }
    }
}

/// Prechecks, and says what came of it.
pub(crate) fn run(arguments: &PrecheckArguments, output: Output) -> Result<Ending, Fault> {
    let session = Session::open(&arguments.configuration)?;
    let values = values(&arguments.payload, session.loaded().config().limits.max_payload_bytes.get())?;
    let choice = scenario::choose(&arguments.scenario, session.loaded())?;
    let caller = session.caller(arguments.scope, choice.tenant(), choice.namespace());
    let source = match &choice {
        Choice::Pinned(pinned) => PrecheckSource::Defined(pinned.id.clone()),
        Choice::Defined(id) => PrecheckSource::Defined(id.clone()),
        Choice::Draft(draft) => PrecheckSource::Inline(draft.document.value().clone()),
    };
    let request = PrecheckRequest { source, stage_id: arguments.stage.clone(), values, data_shape: None, time: None };
    let prechecked = block_on(async {
        let answer = session.app().orchestrator().precheck(&caller, &request).await;
        answer.map_err(|error| match (error, &choice) {
            (RuntimeError::Spec(faults), Choice::Draft(draft)) => scenario::refused(&draft.document, faults),
            (error, _) => without_configuration(&session, error),
        })
    })?;
    known(&request.values, &prechecked.scenario)?;
    match arguments.report.format {
        Format::Text => output.answer(&render::precheck::text(&prechecked, session.config_path()))?,
        Format::Json => output.json(&render::precheck::json(&prechecked, session.config_path()))?,
    }
    Ok(if render::precheck::lets_through(&prechecked.answer.decision) { Ending::Yes } else { Ending::No })
}

fn values(path: &Path, limit: u64) -> Result<BTreeMap<ConditionId, Value>, PayloadFault> {
    let bytes = read(path, limit)?;
    let limits = Limits::message(usize::try_from(limit).unwrap_or(usize::MAX));
    match json::parse_exact(&bytes, &limits).map_err(PayloadFault::Json)? {
        Value::Object(values) => {
            let entry = |(key, value): (String, Value)| match ConditionId::try_from(key.as_str()) {
                Ok(id) => Ok((id, value)),
                Err(error) => Err(PayloadFault::Key { key, error }),
            };
            values.into_iter().map(entry).collect()
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Array(_) => {
            Err(PayloadFault::NotAnObject)
        }
    }
}

fn read(path: &Path, limit: u64) -> Result<Vec<u8>, PayloadFault> {
    let unreadable = |error| PayloadFault::Unreadable { path: path.to_owned(), error };
    input::bounded(path, limit).map_err(unreadable)?.ok_or(PayloadFault::TooLarge { limit })
}

fn known(values: &BTreeMap<ConditionId, Value>, scenario: &Scenario) -> Result<(), PayloadFault> {
    let Some(unknown) = values.keys().find(|id| scenario.condition(id).is_none()) else { return Ok(()) };
    let conditions = scenario.spec().conditions.iter().map(|it| it.condition_id.as_str());
    let nearest = nearest(unknown.as_str(), conditions);
    Err(PayloadFault::UnknownCondition { condition: unknown.to_string(), nearest })
}

fn stage(text: &str) -> Result<StageId, String> {
    StageId::try_from(text).map_err(|error| error.to_string())
}
