//! Why a call could not be carried out. A fault is not a verdict: nothing was decided and nothing written.

use decision_gate_core::contract::shape::{PayloadMisfit, ShapeError, ShapeGap};
use decision_gate_core::engine::{ClockRegressed, StartFault, StepFault, SubmitFault};
use decision_gate_core::policy::PolicyReadError;
use decision_gate_core::scenario::{SpecFaults, SpecProblem};

use crate::ledger::LedgerError;
use crate::orchestrator::MAX_DESCRIPTION_BYTES;
use crate::ports::{EntropyError, StoreError};

/// Why a call could not be carried out.
#[derive(Debug, thiserror::Error)]
pub enum RuntimeError {
    /// No such run.
    #[error("run `{run}` does not exist")]
    RunNotFound {
        /// Which.
        run: String,
    },
    /// No such scenario, or no such version of it.
    #[error("scenario `{scenario}` is not defined")]
    ScenarioNotFound {
        /// Which.
        scenario: String,
        /// The nearest that is.
        nearest: Option<String>,
    },
    /// The run is bound to another scenario than the call names (DESIGN P2).
    #[error("run `{run}` is bound to scenario `{bound}`, not `{named}`")]
    ScenarioMismatch {
        /// Which run.
        run: String,
        /// What it is bound to.
        bound: String,
        /// What the call names.
        named: String,
    },
    /// A run of that name exists.
    #[error("run `{run}` exists already")]
    RunExists {
        /// Which.
        run: String,
    },
    /// No release policy is configured.
    #[error("no release policy is configured")]
    ReleaseNotConfigured,
    /// No release policy of that name, or several and none is named.
    #[error("{}", policy_text(policy.as_deref(), known))]
    ReleasePolicyUnknown {
        /// Which, if one was named.
        policy: Option<String>,
        /// Those there are.
        known: Vec<String>,
    },
    /// The trigger id was used for something else.
    #[error("trigger `{trigger}` was decided with another payload or kind")]
    TriggerConflict {
        /// Which.
        trigger: String,
    },
    /// The submission id was used for something else.
    #[error("submission `{submission}` was taken with another payload or content type")]
    SubmissionConflict {
        /// Which.
        submission: String,
    },
    /// Others were faster, time after time.
    #[error("others advanced run `{run}` at the same time")]
    RunConflict {
        /// Which.
        run: String,
    },
    /// No such stage.
    #[error("scenario `{scenario}` has no stage `{stage}`")]
    StageNotFound {
        /// Which scenario.
        scenario: String,
        /// Which stage.
        stage: String,
    },
    /// The scenario is refused.
    #[error("{0}")]
    Spec(SpecFaults),
    /// A query does not fit its provider's contract.
    #[error("{problem}")]
    Query {
        /// JSON Pointer into the query.
        pointer: String,
        /// What is wrong.
        problem: SpecProblem,
    },
    /// The configuration does not take drafts.
    #[error("scenario `{scenario}` is a draft, and the configuration refuses drafts")]
    DraftsRefused {
        /// Which.
        scenario: String,
    },
    /// The environment is not declared.
    #[error("environment `{environment}` is not declared")]
    EnvironmentUnknown {
        /// Which.
        environment: String,
        /// Those that are.
        declared: Vec<String>,
    },
    /// The tenant is not declared.
    #[error("tenant {tenant} is not declared")]
    TenantUnknown {
        /// Which.
        tenant: u64,
    },
    /// The namespace is not open to the tenant.
    #[error("namespace {namespace} is not open to tenant {tenant}")]
    NamespaceUnknown {
        /// Which.
        namespace: u64,
        /// Whose call.
        tenant: u64,
        /// Those that are open to it.
        open: Vec<u64>,
    },
    /// No such data shape.
    #[error("schema `{schema}` version `{version}` is not registered")]
    SchemaNotFound {
        /// Which.
        schema: String,
        /// Its version.
        version: String,
    },
    /// The configuration pins another content under this name.
    #[error("schema `{schema}` version `{version}` is pinned by the configuration with another content")]
    SchemaPinned {
        /// Which.
        schema: String,
        /// Its version.
        version: String,
    },
    /// A schema can't be a data shape.
    #[error(transparent)]
    Shape(#[from] ShapeError),
    /// A description is too long.
    #[error("the description has {actual} bytes, the limit is {MAX_DESCRIPTION_BYTES}")]
    DescriptionTooLong {
        /// Its size.
        actual: usize,
    },
    /// A payload does not fit its data shape.
    #[error("{0}")]
    Payload(PayloadMisfit),
    /// A data shape does not describe the conditions that are judged.
    #[error("{}", lines(gaps))]
    ShapeGaps {
        /// What is missing or does not suit.
        gaps: Vec<ShapeGap>,
    },
    /// The caller's clock is off by more than is tolerated.
    #[error("the time of the call ({given}) differs from the server's ({server}) by more than {max_skew_ms} ms")]
    TimeSkew {
        /// The caller's.
        given: String,
        /// The server's.
        server: String,
        /// How far it may be off.
        max_skew_ms: u64,
    },
    /// A payload is over the limit.
    #[error("the payload has {actual} bytes, the limit is {limit}")]
    PayloadTooLarge {
        /// Its size.
        actual: u64,
        /// The limit.
        limit: u64,
    },
    /// The server's clock went back.
    #[error(transparent)]
    Clock(#[from] ClockRegressed),
    /// A step can't be decided.
    #[error(transparent)]
    Step(#[from] StepFault),
    /// A run can't start.
    #[error(transparent)]
    Start(#[from] StartFault),
    /// A submission can't be taken.
    #[error(transparent)]
    Submit(#[from] SubmitFault),
    /// The store could not do it.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The log can't be signed, or proves nothing.
    #[error(transparent)]
    Ledger(#[from] LedgerError),
    /// No random bytes.
    #[error(transparent)]
    Entropy(#[from] EntropyError),
    /// The policy in force can't be read.
    #[error(transparent)]
    Policy(#[from] PolicyReadError),
    /// What the store holds contradicts itself.
    #[error("the stored {what} can't be read: {reason}")]
    Stored {
        /// What.
        what: &'static str,
        /// Why not.
        reason: String,
    },
    /// A pack can't be built.
    #[error("the runpack can't be built: {reason}")]
    Pack {
        /// Stable code.
        code: &'static str,
        /// Why not.
        reason: String,
    },
}

impl RuntimeError {
    /// Stable code.
    pub fn code(&self) -> &'static str {
        match self {
            Self::RunNotFound { .. } => "run_not_found",
            Self::ScenarioNotFound { .. } => "scenario_not_found",
            Self::ScenarioMismatch { .. } => "scenario_mismatch",
            Self::RunExists { .. } => "run_exists",
            Self::ReleaseNotConfigured => "release_not_configured",
            Self::ReleasePolicyUnknown { .. } => "release_policy_unknown",
            Self::TriggerConflict { .. } => "trigger_conflict",
            Self::SubmissionConflict { .. } => "submission_conflict",
            Self::RunConflict { .. } => "run_conflict",
            Self::StageNotFound { .. } => "stage_not_found",
            Self::Spec(faults) => faults.code(),
            Self::Query { problem, .. } => problem.code(),
            Self::DraftsRefused { .. } => "drafts_refused",
            Self::EnvironmentUnknown { .. } => "environment_unknown",
            Self::TenantUnknown { .. } => "tenant_unknown",
            Self::NamespaceUnknown { .. } => "namespace_unknown",
            Self::SchemaNotFound { .. } => "schema_not_found",
            Self::SchemaPinned { .. } => "schema_pinned",
            Self::Shape(error) => error.code(),
            Self::DescriptionTooLong { .. } => "description_too_long",
            Self::Payload(PayloadMisfit::Rule(_)) => "payload_schema_mismatch",
            Self::Payload(PayloadMisfit::TooCostly) => "payload_too_costly",
            Self::ShapeGaps { .. } => "data_shape_mismatch",
            Self::TimeSkew { .. } => "time_skew",
            Self::PayloadTooLarge { .. } => "payload_too_large",
            Self::Clock(error) => error.code(),
            Self::Step(error) => error.code(),
            Self::Start(error) => error.code(),
            Self::Submit(error) => error.code(),
            Self::Store(error) => error.code(),
            Self::Ledger(error) => error.code(),
            Self::Entropy(_) => "entropy_unavailable",
            Self::Policy(_) => "policy_invalid",
            Self::Stored { .. } => "store_corrupt",
            Self::Pack { code, .. } => code,
        }
    }

    /// What to do.
    pub fn hint(&self) -> String {
        let list = |names: &[String]| names.iter().map(|it| format!("`{it}`")).collect::<Vec<_>>().join(", ");
        match self {
            Self::RunNotFound { .. } => "start it with scenario_start, or check the run_id and namespace".into(),
            Self::ScenarioNotFound { nearest: Some(nearest), .. } => format!("did you mean `{nearest}`?"),
            Self::ScenarioNotFound { nearest: None, .. } => "scenarios_list shows what is defined".into(),
            Self::ScenarioMismatch { bound, .. } => format!("leave scenario_id out, or name `{bound}`"),
            Self::RunExists { .. } => "choose another run_id, or leave it out".into(),
            Self::ReleaseNotConfigured => "name a policy under `release.policy` of the configuration".into(),
            Self::ReleasePolicyUnknown { known, .. } => format!("configured are: {}", known.join(", ")),
            Self::TriggerConflict { .. } => "use a new trigger_id for a new request".into(),
            Self::SubmissionConflict { .. } => "use a new submission_id for a new document".into(),
            Self::RunConflict { .. } => "call scenario_status, then scenario_next again; nothing was written".into(),
            Self::StageNotFound { .. } => "name a stage of the scenario".into(),
            Self::Spec(faults) => faults.iter().next().map(|fault| fault.problem.hint()).unwrap_or_default(),
            Self::Query { problem, .. } => problem.hint(),
            Self::DraftsRefused { .. } => "list its file under `scenarios.files` in the configuration".into(),
            Self::EnvironmentUnknown { declared, .. } if declared.is_empty() => {
                "declare it under `environments` in the configuration".into()
            }
            Self::EnvironmentUnknown { declared, .. } => format!("declared are {}", list(declared)),
            Self::TenantUnknown { .. } => "declare it under `[[tenants]]` in the configuration".into(),
            Self::NamespaceUnknown { open, .. } => {
                let open = open.iter().map(ToString::to_string).collect::<Vec<_>>();
                format!("open to it are {}; others go under `namespaces` of its `[[tenants]]` entry", list(&open))
            }
            Self::SchemaNotFound { .. } => "schemas_list shows what there is".into(),
            Self::SchemaPinned { .. } => "register it under another version; a pinned one changes in its file".into(),
            Self::Shape(error) => error.hint().into(),
            Self::DescriptionTooLong { .. } => "shorten it".into(),
            Self::Payload(PayloadMisfit::Rule(_)) => "correct the payload, or name another data_shape".into(),
            Self::Payload(PayloadMisfit::TooCostly) => {
                "send only the values of the stage, or use a smaller schema".into()
            }
            Self::ShapeGaps { .. } => "name a data_shape that describes the conditions of the stage".into(),
            Self::TimeSkew { .. } => "leave the time out: the server's clock counts".into(),
            Self::PayloadTooLarge { .. } => "hand in a reference, or raise `limits.max_payload_bytes`".into(),
            Self::Step(StepFault::TriggerReserved) => "use another trigger_id".into(),
            Self::Step(StepFault::Payload(error)) | Self::Submit(SubmitFault::Payload(error)) => error.hint().into(),
            Self::Step(StepFault::Time(_)) | Self::Clock(ClockRegressed::Mixed(_)) => {
                "a run keeps one kind of time: give the kind that it was started with".into()
            }
            Self::Start(StartFault::Namespace { .. } | StartFault::Tenant { .. }) => {
                "start it for the tenant and on the namespace that the scenario names".into()
            }
            Self::Clock(ClockRegressed::TooFar { .. }) => "check the machine's clock; nothing was written".into(),
            Self::Step(_) | Self::Start(_) | Self::Submit(_) => "scenario_status shows where the run stands".into(),
            Self::Store(error) => error.hint().into(),
            Self::Ledger(error) => error.hint().into(),
            Self::Entropy(_) => "call again; nothing was written".into(),
            Self::Policy(_) | Self::Stored { .. } => "keep the store as it is and run `decision-gate doctor`".into(),
            Self::Pack { .. } => "see the reason; nothing was written".into(),
        }
    }
}

fn lines(gaps: &[ShapeGap]) -> String {
    gaps.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n")
}

fn policy_text(policy: Option<&str>, known: &[String]) -> String {
    match policy {
        Some(policy) => format!("there is no release policy `{policy}`"),
        None => format!("there are {} release policies, and none is named", known.len()),
    }
}
