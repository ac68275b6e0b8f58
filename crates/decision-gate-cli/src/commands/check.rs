//! `check`: one shot from start to verdict.
//!
//! A run is started and stepped until it completes, holds or fails. Everything is in the ledger, so the run can go on
//! later through the server, and its proof can be exported at any time.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use clap::{Args, ValueEnum};
use decision_gate_core::digest::Digest;
use decision_gate_core::engine::{DecisionOutcome, RunState, RunStatus, SealedState, TriggerKind};
use decision_gate_core::evidence::{Artifact, Subject};
use decision_gate_core::explain::{Explanation, Size};
use decision_gate_core::name::{EnvironmentName, RunId, ScenarioId};
use decision_gate_core::scenario::{Origin, Warning};
use decision_gate_runtime::{Caller, RuntimeError, StartRequest, StepReply, StepRequest};

use super::Ending;
use super::runpack::export::{self, Exported};
use super::verdict::{self, Told, VerdictArguments};
use crate::arguments::ScopeArguments;
use crate::configuration::ConfigurationArguments;
use crate::fault::Fault;
use crate::output::Output;
use crate::render;
use crate::scenario::{self, Choice};
use crate::session::{Session, block_on};

/// Arguments of `check`.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct CheckArguments {
    /// A scenario's id, or a scenario file (TOML, YAML, JSON); a file counts as pinned if the configuration lists it.
    scenario: PathBuf,
    /// What the run is called; made up when left out.
    #[arg(long, value_name = "ID", value_parser = run_id)]
    run_id: Option<RunId>,
    /// Where the change is to go: an environment that the configuration declares.
    #[arg(long, value_name = "NAME", value_parser = environment)]
    environment: Option<EnvironmentName>,
    /// What the run is about; may be given several times, once per artifact.
    #[arg(long, value_name = "sha256:HEX", value_parser = artifact)]
    subject: Vec<Artifact>,
    /// Refuse scenarios that the configuration does not pin.
    #[arg(long, value_enum)]
    require: Option<Require>,
    /// Write the proof to this new folder.
    #[arg(long, value_name = "DIR")]
    export: Option<PathBuf>,
    /// Say nothing but by the exit code; files are written all the same.
    #[arg(long, short)]
    quiet: bool,
    #[command(flatten)]
    scope: ScopeArguments,
    #[command(flatten)]
    configuration: ConfigurationArguments,
    #[command(flatten)]
    pub(crate) verdict: VerdictArguments,
}

/// What a scenario must be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Require {
    /// Listed under `scenarios.files` of the configuration.
    Pinned,
}

const EXAMPLES: &str = "\
Exit codes: 0 allowed, 1 not allowed (held, failed, degraded, evidence out of reach), 2 no decision.

Examples:
  decision-gate check release
  decision-gate check release --require pinned --environment production --format json
  decision-gate check drafts/next.yaml --subject sha256:$(sha256sum app.tar | cut -c1-64)
  decision-gate check release --export proof && decision-gate runpack verify proof
  decision-gate check release --quiet --output junit=gate.xml --output sarif=gate.sarif";

/// No run of a scenario without a cycle has more steps than stages; one with a cycle is cut off here.
const STEPS_PER_STAGE: usize = 2;

/// What a check came to.
pub(crate) struct Checked {
    /// The run as it stands now.
    pub(crate) state: Arc<SealedState>,
    /// Its steps, oldest first.
    pub(crate) steps: Vec<StepReply>,
    /// What is worth a second look.
    pub(crate) notes: Vec<String>,
    /// The file with the scenario, where it is one.
    law: Option<PathBuf>,
}

/// Where things lie.
pub(crate) struct Places {
    /// The configuration file; `None` for the built-in defaults.
    pub(crate) config: Option<PathBuf>,
    /// The ledger; `None` when it is in memory.
    pub(crate) ledger: Option<String>,
}

impl Checked {
    /// Whether the change may advance.
    pub(crate) fn is_allowed(&self) -> bool {
        self.state.is_allowed()
    }

    /// Why the change may not advance; nothing where the last step lets it.
    pub(crate) fn explanation(&self, size: Size) -> Option<Explanation> {
        self.steps.last().and_then(|step| step.explanation(size))
    }

    fn ending(&self) -> Ending {
        if self.is_allowed() { Ending::Yes } else { Ending::No }
    }
}

/// Checks, and says what came of it.
pub(crate) fn run(arguments: &CheckArguments, output: Output) -> Result<Ending, Fault> {
    // What can't be written is better found before the run than after it.
    let ready = arguments.verdict.ready(arguments.export.is_some(), !arguments.subject.is_empty())?;
    let target = arguments.export.as_deref().map(export::target).transpose()?;
    let session = Session::open(&arguments.configuration)?;
    let places = Places { config: session.config_path().map(Path::to_owned), ledger: session.ledger_place()? };
    let progress = output.quiet(arguments.quiet).progress("asking for evidence");
    let (checked, exported) = block_on(async {
        let (caller, checked) = check(&session, arguments).await?;
        let exported = match target {
            None => Ok(None),
            Some(target) => {
                let (run, profile) = (&checked.state.run, session.app().export_profile());
                export::export(&session, &caller, run, target, profile, ready.key(), &progress).await.map(Some)
            }
        };
        Ok((checked, exported))
    })?;
    drop(progress);
    let told = told(&checked, &exported, &places);
    arguments.verdict.tell(&ready, &told, arguments.quiet, output)?;
    match exported {
        Ok(_) => Ok(checked.ending()),
        // As JSON the report has told it.
        Err(_) if arguments.verdict.is_json() && !arguments.quiet => Ok(Ending::Undecided),
        Err(fault) => Err(fault),
    }
}

fn told(checked: &Checked, exported: &Result<Option<Exported>, Fault>, places: &Places) -> Told {
    let file = checked.law.as_deref().and_then(verdict::below_here);
    Told {
        report: render::report::of_check(checked, exported.as_ref().ok().and_then(Option::as_ref), file),
        text: render::check::text(checked, exported.as_ref().ok(), places),
        json: render::check::json(checked, exported.as_ref(), places),
    }
}

async fn check(session: &Session, arguments: &CheckArguments) -> Result<(Caller, Checked), Fault> {
    let choice = scenario::choose(&arguments.scenario, session.loaded())?;
    let caller = session.caller(arguments.scope, choice.tenant(), choice.namespace());
    let start = begin(session, &caller, arguments, &choice).await?;
    let (state, steps) = to_its_end(session, &caller, start.state).await?;
    let notes = notes(&choice, &state, &start.warnings, &steps);
    let law = match &choice {
        Choice::Pinned(pinned) => Some(pinned.path.clone()),
        Choice::Draft(_) => Some(arguments.scenario.clone()),
        Choice::Defined(_) => None,
    };
    Ok((caller, Checked { state, steps, notes, law }))
}

struct Begun {
    state: Arc<SealedState>,
    warnings: Vec<Warning>,
}

/// Starts a run of the version that is meant, and of no other.
async fn begin(
    session: &Session,
    caller: &Caller,
    arguments: &CheckArguments,
    choice: &Choice,
) -> Result<Begun, Fault> {
    let pinned_only = arguments.require == Some(Require::Pinned);
    let not_pinned = |id: &ScenarioId| Fault::NotPinned { scenario: id.to_string() };
    let orchestrator = session.app().orchestrator();
    let (id, hash, warnings) = match choice {
        Choice::Pinned(pinned) => (pinned.id.clone(), Some(pinned.hash), Vec::new()),
        Choice::Defined(id) if pinned_only => return Err(unknown_or(session, caller, id, not_pinned(id)).await),
        Choice::Defined(id) => (id.clone(), None, Vec::new()),
        Choice::Draft(draft) if pinned_only => return Err(not_pinned(&draft.spec.scenario_id)),
        Choice::Draft(draft) => match orchestrator.define(caller, draft.document.value()).await {
            Ok(defined) => (defined.scenario_id, Some(defined.spec_hash), defined.warnings),
            Err(RuntimeError::Spec(faults)) => return Err(scenario::refused(&draft.document, faults)),
            Err(error) => return Err(error.into()),
        },
    };
    let request = StartRequest {
        scenario_id: id.clone(),
        run_id: arguments.run_id.clone(),
        subject: subject(&arguments.subject)?,
        environment: arguments.environment.clone(),
        dispatch_targets: Vec::new(),
        issue_entry_packets: false,
        time: None,
        correlation_id: None,
    };
    let view = orchestrator.start(caller, &request).await.map_err(|error| without_configuration(session, error))?;
    if differs(hash, view.state.spec_hash) || (pinned_only && view.state.origin != Origin::Pinned) {
        return Err(Fault::Redefined { scenario: id.to_string() });
    }
    Ok(Begun { state: view.state, warnings })
}

fn differs(wanted: Option<Digest>, got: Digest) -> bool {
    wanted.is_some_and(|wanted| wanted != got)
}

/// That nothing of that name is defined, if it is so; else `otherwise`.
async fn unknown_or(session: &Session, caller: &Caller, id: &ScenarioId, otherwise: Fault) -> Fault {
    match session.app().orchestrator().scenarios(caller, None, 1_000).await {
        Ok(known) if known.iter().any(|it| it.scenario_id == *id) => otherwise,
        Ok(known) => {
            let known = known.iter().map(|it| it.scenario_id.as_str());
            let nearest = decision_gate_core::scenario::nearest(id.as_str(), known);
            without_configuration(session, RuntimeError::ScenarioNotFound { scenario: id.to_string(), nearest })
        }
        Err(error) => error.into(),
    }
}

/// Without a configuration no name can mean anything, and that is the thing to say.
pub(crate) fn without_configuration(session: &Session, error: RuntimeError) -> Fault {
    if let RuntimeError::ScenarioNotFound { scenario, nearest: None } = &error
        && session.config_path().is_none()
    {
        return Fault::NothingConfigured { scenario: scenario.clone() };
    }
    error.into()
}

async fn to_its_end(
    session: &Session,
    caller: &Caller,
    mut state: Arc<SealedState>,
) -> Result<(Arc<SealedState>, Vec<StepReply>), Fault> {
    let mut steps = Vec::<StepReply>::new();
    let mut bound = None;
    while state.status == RunStatus::Active && bound.is_none_or(|bound| steps.len() < bound) {
        let request = StepRequest {
            run_id: state.run.clone(),
            scenario_id: Some(state.scenario_id.clone()),
            trigger_id: None,
            kind: TriggerKind::AgentRequestNext,
            source_id: None,
            payload: None,
            time: None,
            correlation_id: None,
        };
        let reply = session.app().orchestrator().step(caller, &request).await?;
        bound = Some(reply.scenario.spec().stages.len().saturating_mul(STEPS_PER_STAGE));
        state = Arc::clone(&reply.state);
        let goes_on = matches!(reply.decision.outcome, DecisionOutcome::Advance { .. });
        steps.push(reply);
        if !goes_on {
            break;
        }
    }
    session.app().telemetry().flush().await;
    Ok((state, steps))
}

fn notes(choice: &Choice, state: &RunState, warnings: &[Warning], steps: &[StepReply]) -> Vec<String> {
    let mut notes: Vec<String> = warnings.iter().map(|it| format!("{}: {}", it.path, it.message)).collect();
    match (choice, state.origin) {
        (Choice::Defined(_), Origin::Pinned) => {
            notes.push("the ledger has this scenario as pinned, but this configuration does not list it".into());
        }
        (_, Origin::Draft) => {
            notes.push("this scenario is a draft: the configuration does not list it under `scenarios.files`".into());
        }
        (_, Origin::Pinned) => {}
    }
    let cut_off = steps.last().is_some_and(|it| matches!(it.decision.outcome, DecisionOutcome::Advance { .. }));
    if cut_off && state.status == RunStatus::Active {
        notes.push(format!("cut off after {} steps; the run goes round in circles", steps.len()));
    }
    notes
}

/// The artifacts as one subject.
pub(crate) fn subject(artifacts: &[Artifact]) -> Result<Option<Subject>, Fault> {
    if artifacts.is_empty() {
        return Ok(None);
    }
    let subject = Subject::try_from(artifacts.to_vec());
    subject.map(Some).map_err(|error| Fault::Usage { message: format!("--subject: {error}") })
}

/// Parses `ALGORITHM:HEX`.
pub(crate) fn artifact(text: &str) -> Result<Artifact, String> {
    let (algorithm, hex) = text.split_once(':').ok_or("write it as `sha256:` and the digest in hexadecimal")?;
    let digest = [(algorithm.to_owned(), hex.to_owned())].into();
    let artifact = Artifact { name: None, digest };
    Subject::try_from(vec![artifact.clone()]).map_err(|error| error.to_string())?;
    Ok(artifact)
}

/// Parses the id of a run.
pub(crate) fn run_id(text: &str) -> Result<RunId, String> {
    RunId::try_from(text).map_err(|error| error.to_string())
}

/// Parses the name of an environment.
pub(crate) fn environment(text: &str) -> Result<EnvironmentName, String> {
    EnvironmentName::try_from(text).map_err(|error| error.to_string())
}
